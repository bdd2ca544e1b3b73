/** The car's stints and changes of driver, over the laps of all monitors. */

/** @import { LapRow, Telemetry } from "./types.js" */

import { currentRun } from "./laps.js";
import { known } from "./race_progress.js";

/**
 * A monitor and the last that it said.
 * @typedef {object} Seat
 * @property {string} monitor_id
 * @property {string | null} driver
 * @property {Telemetry} telemetry
 * @property {boolean} is_active whether it has the car
 */

/** @typedef {{ time_s: number, estimated: boolean }} Sum `estimated`: it is not exact */

/**
 * `number` is from 1, counted over all monitors; `laps` are completed.
 * @typedef {{ number: number, driver: string | null, laps: number } & Sum} Stint
 */

/**
 * A change of driver: the lap on which it came; when it was noticed or, of one that only the laps
 * tell, when the lap before had ended.
 * @typedef {{ lap: number | null, at: string | null, from: string, to: string }} Swap
 */

/**
 * The laps of the run that is driven: those since the lap counter last went back, none when it has
 * just done so.
 * @param {LapRow[]} rows of the car, oldest first
 * @param {Seat | null} seat the active one
 * @returns {LapRow[]}
 */
export function lapsOfRun(rows, seat) {
  const run = currentRun(rows);
  const newest = run.at(-1);
  if (newest === undefined || seat === null) return run;
  const [lap, number] = [known(seat.telemetry.lap), known(seat.telemetry.run)];
  // Each monitor counts its own runs; the lap of another one's frame is all that can be compared.
  const is_counted = newest.monitor_id === seat.monitor_id && number !== null;
  const is_past = is_counted ? newest.run < number : lap !== null && newest.lap > lap;
  return is_past ? [] : run;
}

/**
 * Whether a stint begins with a lap.
 * @param {LapRow} row
 * @param {LapRow} before
 */
export function beginsStint(row, before) {
  if (isOther(row.driver, before.driver)) return true;
  // Each monitor counts its own stints.
  const [stint, stint_before] = [known(row.stint), known(before.stint)];
  if (row.monitor_id === before.monitor_id && stint !== null && stint_before !== null) {
    return stint !== stint_before;
  }
  return row.kind === "out" || row.kind === "pit";
}

/**
 * @param {LapRow[]} run oldest first
 * @returns {Stint[]} those that have a completed lap, oldest first
 */
export function stintsOf(run) {
  /** @type {Stint[]} */
  const stints = [];
  for (const [index, row] of run.entries()) {
    const before = run[index - 1];
    const { time_s, estimated } = timeOf(row, before);
    const stint = stints.at(-1);
    if (stint === undefined || before === undefined || beginsStint(row, before)) {
      stints.push({ number: stints.length + 1, driver: row.driver, laps: 1, time_s, estimated });
    } else {
      stint.driver ??= row.driver;
      stint.laps += 1;
      stint.time_s += time_s;
      stint.estimated ||= estimated;
    }
  }
  return stints;
}

/**
 * The stint being driven; its laps and time are those of telemetry where it has them.
 * @param {LapRow[]} run oldest first
 * @param {Seat | null} seat the active one
 * @returns {(Omit<Stint, "time_s"> & { time_s: number | null }) | null}
 */
export function currentStint(run, seat) {
  const newest = run.at(-1);
  if (seat === null || (newest === undefined && known(seat.telemetry.lap) === null)) return null;
  const { stint_laps, stint_time, lap_time } = seat.telemetry;
  const stints = stintsOf(run);
  const last = stints.at(-1);
  const is_same = newest !== undefined && last !== undefined && !isPast(newest, seat);
  const past = is_same ? last : { number: stints.length + 1, laps: 0, time_s: 0, estimated: true };
  const [running, said] = [known(lap_time), known(stint_time)];
  return {
    number: past.number,
    driver: seat.driver,
    laps: known(stint_laps) ?? past.laps,
    time_s: said ?? (running === null ? null : past.time_s + running),
    estimated: said === null && past.estimated,
  };
}

/**
 * The changes of driver, oldest first, with one on the lap being driven.
 * @param {LapRow[]} run oldest first
 * @param {Seat | null} seat the active one
 * @returns {Swap[]}
 */
export function swapsOf(run, seat) {
  const watch = new SwapWatch();
  /** @type {(Swap | null)[]} */
  const swaps = [];
  /** @type {string | null} */
  let at = null;
  for (const { lap, driver, finished_at } of run) {
    swaps.push(watch.look(driver, lap, at));
    at = finished_at;
  }
  if (seat !== null) swaps.push(watch.look(seat.driver, known(seat.telemetry.lap), at));
  return swaps.filter((swap) => swap !== null);
}

/** Notices that another driver has the car; a name that is unknown for a while is no change. */
export class SwapWatch {
  /** @type {string | null} */
  #driver = null;

  /**
   * @param {string | null} driver of the active monitor
   * @param {number | null} lap
   * @param {string | null} at
   * @returns {Swap | null} the change since the last look
   */
  look(driver, lap, at) {
    const from = this.#driver;
    if (!driver) return null;
    this.#driver = driver;
    return from === null || from === driver ? null : { lap, at, from, to: driver };
  }
}

/**
 * The time of a lap, for who finished it.
 * @param {LapRow} row
 * @param {LapRow | undefined} before
 * @returns {Sum}
 */
export function timeOf({ lap_time, complete, driver }, before) {
  // The lap of a swap has its whole time, and two who drove it.
  const is_shared = complete === false && isOther(driver, before?.driver ?? null);
  return { time_s: lap_time ?? 0, estimated: is_shared || lap_time === null };
}

/**
 * Whether both are known and differ.
 * @param {string | null} driver
 * @param {string | null} other
 */
export function isOther(driver, other) {
  return Boolean(driver) && Boolean(other) && driver !== other;
}

/**
 * Whether the newest lap belongs to a stint that is over.
 * @param {LapRow} newest
 * @param {Seat} seat
 */
function isPast(newest, { driver, telemetry }) {
  if (isOther(driver, newest.driver)) return true;
  const [lap, stint_laps] = [known(telemetry.lap), known(telemetry.stint_laps)];
  // The row of a lap may come later than the frame that counts it.
  if (lap !== null && stint_laps !== null) return newest.lap < lap - stint_laps;
  return newest.kind === "in";
}
