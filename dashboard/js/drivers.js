/** How long each driver has driven, and what the crew's rules leave. */

/** @import { Seat, Sum } from "./stint.js" */
/** @import { LapRow } from "./types.js" */

import { known } from "./race_progress.js";
import { isOther, timeOf } from "./stint.js";

/** @type {Sum} */
const NOTHING = Object.freeze({ time_s: 0, estimated: false });

/**
 * What the crew's rules say of each driver, in s; null is no rule.
 * @typedef {object} Rules
 * @property {number | null} min_total
 * @property {number | null} max_total
 * @property {number | null} max_continuous
 */

/**
 * @typedef {object} DriverTime
 * @property {string} driver
 * @property {boolean} is_driving
 * @property {number} laps completed in this run
 * @property {number} time_s driven in this run
 * @property {number} continuous_s since the driver got in; 0 for who is not in the car
 * @property {number | null} may_s what a rule leaves, below 0 when it is broken; null without one
 * @property {number | null} must_s what a rule still asks for; null without one
 * @property {boolean} estimated whether a lap has no time or driver, or was shared by two
 */

/**
 * The laps of a driver on one monitor.
 * @typedef {{ driver: string, monitor_id: string, laps: number, run: number } & Sum} Tally
 */

/**
 * The drivers that `meta` names, that monitors name and that drove. What telemetry says of the
 * time on its own monitor wins over that monitor's laps.
 * @param {LapRow[]} run oldest first
 * @param {Seat[]} seats
 * @param {Readonly<Rules>} rules
 * @param {readonly unknown[] | null} [entered]
 * @returns {DriverTime[]}
 */
export function driversOf(run, seats, rules, entered) {
  const tallies = talliesOf(run);
  const active = seats.find((seat) => seat.is_active) ?? null;
  const open = active === null ? null : openLap(active, run.at(-1));
  const is_nameless = run.some((row) => !row.driver);
  return namesOf(tallies, seats, entered ?? []).map((driver) => {
    const own = tallies.filter((tally) => tally.driver === driver);
    const seat = active?.driver === driver ? active : null;
    const total = totalOf(driver, own, seats, open);
    const at_once =
      seat === null || open === null ? NOTHING : added([open, sinceSwap(run, driver)]);
    const continuous_s = Math.min(at_once.time_s, total.time_s);
    return {
      driver,
      is_driving: seat !== null,
      laps: own.reduce((sum, { laps }) => sum + laps, 0),
      time_s: total.time_s,
      continuous_s,
      may_s: mayDrive(rules, total.time_s, continuous_s, seat),
      must_s: rules.min_total === null ? null : Math.max(0, rules.min_total - total.time_s),
      estimated: is_nameless || total.estimated || at_once.estimated,
    };
  });
}

/**
 * @param {LapRow[]} run
 * @returns {Tally[]} in the order in which they first drove
 */
function talliesOf(run) {
  /** @type {Map<string, Tally>} */
  const tallies = new Map();
  for (const [index, row] of run.entries()) {
    const { driver, monitor_id } = row;
    if (!driver) continue;
    const key = `${monitor_id} ${driver}`;
    const tally = tallies.get(key) ?? { driver, monitor_id, laps: 0, ...NOTHING };
    const sum = added([tally, timeOf(row, run[index - 1])]);
    tallies.set(key, { ...tally, ...sum, laps: tally.laps + 1, run: row.run });
  }
  return [...tallies.values()];
}

/**
 * @param {Tally[]} tallies
 * @param {Seat[]} seats
 * @param {readonly unknown[]} entered
 */
function namesOf(tallies, seats, entered) {
  const names = [...entered, ...[...seats, ...tallies].map(({ driver }) => driver)];
  return [...new Set(names.flatMap((name) => (typeof name === "string" && name ? name : [])))];
}

/**
 * @param {string} driver
 * @param {Tally[]} tallies of the driver
 * @param {Seat[]} seats
 * @param {Sum | null} open what of the lap that is not over was driven
 * @returns {Sum}
 */
function totalOf(driver, tallies, seats, open) {
  const seated = seats.filter((seat) => seat.driver === driver);
  const monitors = new Set([...seated, ...tallies].map(({ monitor_id }) => monitor_id));
  const sums = [...monitors].map((id) => {
    const tally = tallies.find(({ monitor_id }) => monitor_id === id);
    const seat = seated.find(({ monitor_id }) => monitor_id === id);
    return timeOn(tally, seat, open);
  });
  return added(sums);
}

/**
 * The time of a driver on one monitor.
 * @param {Tally | undefined} tally
 * @param {Seat | undefined} seat
 * @param {Sum | null} open
 * @returns {Sum}
 */
function timeOn(tally, seat, open) {
  const said = known(seat?.telemetry.drive_time);
  // The last frame of a monitor without the car may be of a run that is over.
  const is_of_run = seat?.is_active === true || tally?.run === known(seat?.telemetry.run);
  if (said !== null && is_of_run) return { time_s: said, estimated: false };
  return added([tally ?? NOTHING, (seat?.is_active ? open : null) ?? NOTHING]);
}

/**
 * The laps since the driver of the car got in.
 * @param {LapRow[]} run
 * @param {string} driver
 * @returns {Sum}
 */
function sinceSwap(run, driver) {
  const first = run.findLastIndex((row) => row.driver !== driver) + 1;
  return added(run.slice(first).map((row, index) => timeOf(row, run[first + index - 1])));
}

/**
 * What the driver of the car has driven of the lap that is not over.
 * @param {Seat} seat
 * @param {LapRow | undefined} newest lap of the car
 * @returns {Sum}
 */
function openLap({ driver, telemetry }, newest) {
  const [lap_time, stint_time] = [known(telemetry.lap_time), known(telemetry.stint_time)];
  if (lap_time === null) return { time_s: 0, estimated: true };
  const is_shared = isOther(driver, newest?.driver ?? null);
  if (!is_shared) return { time_s: lap_time, estimated: false };
  return { time_s: Math.min(lap_time, stint_time ?? Infinity), estimated: stint_time === null };
}

/**
 * @param {Readonly<Rules>} rules
 * @param {number} total_s
 * @param {number} continuous_s
 * @param {Seat | null} seat
 */
function mayDrive({ max_total, max_continuous }, total_s, continuous_s, seat) {
  const said = known(seat?.telemetry.drive_time_remaining);
  const left_s = said ?? (max_total === null ? Infinity : max_total - total_s);
  const at_once_s = max_continuous === null ? Infinity : max_continuous - continuous_s;
  const may_s = Math.min(left_s, at_once_s);
  return may_s === Infinity ? null : may_s;
}

/**
 * @param {Sum[]} sums
 * @returns {Sum}
 */
function added(sums) {
  let [time_s, estimated] = [0, false];
  for (const sum of sums) {
    time_s += sum.time_s;
    estimated ||= sum.estimated;
  }
  return { time_s, estimated };
}
