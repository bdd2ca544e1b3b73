/**
 * The lap table of the car: rows of all monitors, merged by (monitor, run, lap).
 *
 * `laps/<k>` is the truth; a `lap` event only fills in until its chunk has come.
 */

/** @import { Arrival, Cell, LapMessage, LapRow, LapsMessage, LapSummary } from "./types.js" */

import { Slot } from "./slot.js";

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
 * @returns {LapRow}
 */
function rowOfSummary(monitor_id, lap) {
  const { fl, fr, rl, rr } = lap.tire_wear ?? {};
  return {
    monitor_id,
    run: lap.run,
    lap: lap.lap,
    finished_at: lap.finished_at,
    lap_time: lap.lap_time ?? null,
    sector_times: lap.sector_times ?? [],
    driver: lap.driver ?? null,
    kind: lap.kind ?? null,
    valid: lap.valid ?? null,
    yellow: lap.yellow ?? null,
    complete: lap.complete ?? null,
    fuel_used: lap.fuel_used ?? null,
    fuel_left: lap.fuel_left ?? null,
    fuel_added: lap.fuel_added ?? null,
    energy_used: lap.energy_used ?? null,
    energy_left: lap.energy_left ?? null,
    tire_wear: lap.tire_wear ?? null,
    wear_max: largest([fl, fr, rl, rr]),
    compound: lap.tire_compounds?.fl ?? null,
    stint: lap.stint ?? null,
    stint_lap: lap.stint_lap ?? null,
    position: lap.position ?? null,
    class_position: lap.class_position ?? null,
    track_temp: lap.track_temp ?? null,
    wetness: lap.wetness ?? null,
  };
}

/**
 * @param {string} monitor_id
 * @param {LapsMessage} chunk
 * @returns {LapRow[]}
 */
function rowsOfChunk(monitor_id, { columns, rows }) {
  // A Map, because column names are a publisher's text and may be `__proto__`.
  const places = new Map(columns.map((name, place) => [name, place]));
  return rows.flatMap((cells) => {
    const cell = (/** @type {string} */ name) => cells[places.get(name) ?? -1];
    const run = numberIn(cell("run"));
    const lap = numberIn(cell("lap"));
    const finished_at = textIn(cell("finished_at"));
    if (run === null || lap === null || finished_at === null) return [];
    const sectors = cell("sector_times");
    const wear = (/** @type {string} */ corner) => numberIn(cell(`wear_${corner}`));
    const tire_wear = { fl: wear("fl"), fr: wear("fr"), rl: wear("rl"), rr: wear("rr") };
    return {
      monitor_id,
      run,
      lap,
      finished_at,
      lap_time: numberIn(cell("lap_time")),
      sector_times: Array.isArray(sectors) ? sectors : [],
      driver: textIn(cell("driver")),
      kind: textIn(cell("kind")),
      valid: flagIn(cell("valid")),
      yellow: flagIn(cell("yellow")),
      complete: flagIn(cell("complete")),
      fuel_used: numberIn(cell("fuel_used")),
      fuel_left: numberIn(cell("fuel_left")),
      fuel_added: numberIn(cell("fuel_added")),
      energy_used: numberIn(cell("energy_used")),
      energy_left: numberIn(cell("energy_left")),
      tire_wear,
      wear_max: largest(Object.values(tire_wear)),
      compound: textIn(cell("compound")),
      stint: numberIn(cell("stint")),
      stint_lap: numberIn(cell("stint_lap")),
      position: numberIn(cell("position")),
      class_position: numberIn(cell("class_position")),
      track_temp: numberIn(cell("track_temp")),
      wetness: numberIn(cell("wetness")),
    };
  });
}

/** @param {Cell | undefined} cell */
const numberIn = (cell) => (typeof cell === "number" ? cell : null);
/** @param {Cell | undefined} cell */
const textIn = (cell) => (typeof cell === "string" ? cell : null);
/** @param {Cell | undefined} cell */
const flagIn = (cell) => (typeof cell === "boolean" ? cell : null);

/** @param {(number | null | undefined)[]} values */
function largest(values) {
  const known = values.filter((value) => typeof value === "number");
  return known.length === 0 ? null : Math.max(...known);
}
