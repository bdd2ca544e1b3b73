/**
 * The lap table of the car: rows of all monitors, merged by (monitor, run, lap).
 *
 * `laps/<k>` is the truth; a `lap` event only fills in until its chunk has come.
 */

/** @import { Arrival, LapMessage, LapRow, LapsMessage, LapSummary } from "./types.js" */

import { Slot } from "./slot.js";
import { largest } from "./stats.js";

/**
 * @typedef {object} MonitorLaps
 * @property {Map<string, Slot<LapsMessage>>} chunks
 * @property {Slot<LapMessage>} last
 * @property {Map<string, LapRow>} events
 */

export class LapTable {
  /** Rises with each change, so that readers can keep what they computed. */
  revision = 0;

  /** @type {Map<string, MonitorLaps>} */
  #monitors = new Map();

  /**
   * @param {string} monitor_id
   * @param {string} name `laps/<k>`
   * @param {Arrival<LapsMessage>} arrival
   * @param {number} at_ms
   */
  offerChunk(monitor_id, name, arrival, at_ms) {
    const { chunks } = this.#of(monitor_id);
    const slot = chunks.get(name) ?? new Slot();
    chunks.set(name, slot);
    if (slot.offer(arrival, at_ms)) this.revision += 1;
  }

  /**
   * @param {string} monitor_id
   * @param {Arrival<LapMessage>} arrival
   * @param {number} at_ms
   */
  offerLap(monitor_id, arrival, at_ms) {
    const laps = this.#of(monitor_id);
    if (!laps.last.offer(arrival, at_ms)) return;
    const row = rowOfSummary(monitor_id, arrival.data.lap_summary);
    if (row === null) return;
    laps.events.set(key(row), row);
    this.revision += 1;
  }

  /**
   * @param {string} monitor_id
   * @param {string} name `lap` or `laps/<k>`
   */
  remove(monitor_id, name) {
    const laps = this.#monitors.get(monitor_id);
    if (laps === undefined) return;
    if (name === "lap") {
      laps.events.clear();
      laps.last = new Slot();
    } else {
      laps.chunks.delete(name);
    }
    if (laps.events.size === 0 && laps.chunks.size === 0) this.#monitors.delete(monitor_id);
    this.revision += 1;
  }

  clear() {
    this.#monitors.clear();
    this.revision += 1;
  }

  /** The messages that are held, each with when it came. */
  *values() {
    for (const [monitor_id, { chunks, last }] of this.#monitors) {
      for (const [channel, { held }] of [...chunks, /** @type {const} */ (["lap", last])]) {
        if (held !== null) yield { channel, monitor_id, at_ms: held.at_ms, data: held.data };
      }
    }
  }

  /** @param {string} monitor_id */
  has(monitor_id) {
    return this.#monitors.has(monitor_id);
  }

  /**
   * All laps, oldest first. Monitors' clocks differ, so each is set right by its own skew.
   * @param {(monitor_id: string) => number} skewOf ms to add to that monitor's times
   * @returns {LapRow[]}
   */
  rows(skewOf) {
    /** @type {{ row: LapRow, at_ms: number }[]} */
    const timed = [];
    for (const [monitor_id, laps] of this.#monitors) {
      const skew_ms = skewOf(monitor_id);
      for (const row of merged(monitor_id, laps)) {
        timed.push({ row, at_ms: Date.parse(row.finished_at) + skew_ms });
      }
    }
    timed.sort((a, b) => a.at_ms - b.at_ms || a.row.run - b.row.run || a.row.lap - b.row.lap);
    return timed.map(({ row }) => row);
  }

  /**
   * @param {string} monitor_id
   * @returns {MonitorLaps}
   */
  #of(monitor_id) {
    const known = this.#monitors.get(monitor_id);
    if (known !== undefined) return known;
    /** @type {MonitorLaps} */
    const laps = { chunks: new Map(), last: new Slot(), events: new Map() };
    this.#monitors.set(monitor_id, laps);
    return laps;
  }
}

/**
 * The laps since the lap counter last went back: those of this race, whoever drove.
 * `run` cannot say it, because each monitor counts its own.
 * @param {LapRow[]} rows oldest first
 */
export function currentRun(rows) {
  let first = rows.length;
  let lap = Infinity;
  while (first > 0) {
    const older = rows[first - 1];
    if (older === undefined || older.lap > lap) break;
    lap = older.lap;
    first -= 1;
  }
  return rows.slice(first);
}

/**
 * Whether the time of a lap may be the best.
 * @param {LapRow} row
 */
export function counts({ lap_time, valid, complete }) {
  return lap_time !== null && valid !== false && complete !== false;
}

/**
 * The best time that counts.
 * @param {LapRow[]} rows
 * @returns {number | null}
 */
export function bestLapTime(rows) {
  let best = Infinity;
  for (const row of rows) {
    if (row.lap_time !== null && counts(row)) best = Math.min(best, row.lap_time);
  }
  return best === Infinity ? null : best;
}

/**
 * @param {string} monitor_id
 * @param {MonitorLaps} laps
 */
function merged(monitor_id, { chunks, events }) {
  const rows = new Map(events);
  for (const { held } of chunks.values()) {
    if (held === null) continue;
    for (const row of rowsOfChunk(monitor_id, held.data)) rows.set(key(row), row);
  }
  return rows.values();
}

/** @param {LapRow} row */
function key(row) {
  return `${row.run}/${row.lap}`;
}

/**
 * @param {string} monitor_id
 * @param {LapSummary} lap
 */
function rowOfSummary(monitor_id, lap) {
  const { fl, fr, rl, rr } = lap.tire_wear ?? {};
  const wear = { wear_fl: fl, wear_fr: fr, wear_rl: rl, wear_rr: rr };
  const cells = new Map(Object.entries({ ...lap, ...wear, compound: lap.tire_compounds?.fl }));
  return rowOf(monitor_id, (name) => cells.get(name));
}

/**
 * What was read of a chunk: with each lap one chunk is new, and a day has ten.
 * @type {WeakMap<LapsMessage, LapRow[]>}
 */
const READ = new WeakMap();

/**
 * The same rows each time it is asked of the same chunk.
 * @param {string} monitor_id
 * @param {LapsMessage} chunk
 * @returns {LapRow[]}
 */
function rowsOfChunk(monitor_id, chunk) {
  const known = READ.get(chunk);
  if (known !== undefined) return known;
  // A Map, because column names are a publisher's text and may be `__proto__`.
  const places = new Map(chunk.columns.map((name, place) => [name, place]));
  const rows = chunk.rows.flatMap((cells) => {
    return rowOf(monitor_id, (name) => cells[places.get(name) ?? -1]) ?? [];
  });
  READ.set(chunk, rows);
  return rows;
}

/**
 * @param {string} monitor_id
 * @param {(column: string) => unknown} cell
 * @returns {LapRow | null} null when it cannot be told which lap it is
 */
function rowOf(monitor_id, cell) {
  const number = (/** @type {string} */ name) => numberIn(cell(name));
  const text = (/** @type {string} */ name) => textIn(cell(name));
  const flag = (/** @type {string} */ name) => flagIn(cell(name));
  const [run, lap, finished_at] = [number("run"), number("lap"), text("finished_at")];
  if (run === null || lap === null || finished_at === null) return null;
  const wear = (/** @type {string} */ corner) => number(`wear_${corner}`);
  const [fl, fr, rl, rr] = [wear("fl"), wear("fr"), wear("rl"), wear("rr")];
  return {
    monitor_id,
    run,
    lap,
    finished_at,
    lap_time: number("lap_time"),
    sector_times: numbersIn(cell("sector_times")),
    driver: text("driver"),
    kind: text("kind"),
    valid: flag("valid"),
    yellow: flag("yellow"),
    complete: flag("complete"),
    fuel_used: number("fuel_used"),
    fuel_left: number("fuel_left"),
    fuel_added: number("fuel_added"),
    energy_used: number("energy_used"),
    energy_left: number("energy_left"),
    tire_wear: { fl, fr, rl, rr },
    wear_max: largest([fl, fr, rl, rr]),
    compound: text("compound"),
    stint: number("stint"),
    stint_lap: number("stint_lap"),
    position: number("position"),
    class_position: number("class_position"),
    track_temp: number("track_temp"),
    wetness: number("wetness"),
  };
}

const numberIn = (/** @type {unknown} */ cell) => (typeof cell === "number" ? cell : null);
const textIn = (/** @type {unknown} */ cell) => (typeof cell === "string" ? cell : null);
const flagIn = (/** @type {unknown} */ cell) => (typeof cell === "boolean" ? cell : null);

/**
 * @param {unknown} cell
 * @returns {number[]}
 */
const numbersIn = (cell) => (Array.isArray(cell) ? cell : []);
