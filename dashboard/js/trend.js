/**
 * How tyres, brakes and weather go over the stint: a point each 5 s for charts, and a mean of each
 * whole lap for slopes. A stint of hours keeps its beginning and its size; its points get sparser.
 */

/** @import { Corner, Telemetry } from "./types.js" */
/** @import { Column } from "./ring.js" */

import { CORNERS } from "./corners.js";
import { isInPits } from "./pits.js";
import { HOLE_MS, withNulls } from "./ring.js";
import { Means, medianSlope } from "./stats.js";

/** @typedef {Telemetry & { run?: number | null }} TrendFrame */
/** @typedef {"tire_temps" | "tire_pressures" | "tire_wear" | "brake_temps"} CornerField */
/** @typedef {`${CornerField}_${Corner}` | "track_temp" | "ambient_temp"} TrendName */
/**
 * Where in the race a frame was made.
 * @typedef {{ at_ms: number, monitor_id: string, run: number | null, lap: number | null,
 *   stint_laps: number | null }} Moment
 */
/**
 * @typedef {object} Slope
 * @property {number | null} per_lap null with a reason
 * @property {number} laps that it rests on
 * @property {"learning" | "no data" | "not live" | null} reason
 */

const STANDS = new Set(["stopped", "garage"]);

const POINT_MS = 5000;
const MAX_POINTS = 1440;
/** A pause that a line must not be drawn across, and after which a lap's mean is not the lap's. */
const PAUSE_MS = 15_000;
/** With fewer laps a slope is no more than their noise. */
const MIN_LAPS = 3;
const SLOPE_LAPS = 20;

/** @type {readonly CornerField[]} */
const CORNER_FIELDS = ["tire_temps", "tire_pressures", "tire_wear", "brake_temps"];

/** @type {Map<TrendName, (frame: TrendFrame) => number | null | undefined>} */
const READERS = new Map();
for (const field of CORNER_FIELDS) {
  for (const corner of CORNERS) {
    READERS.set(`${field}_${corner}`, (frame) => frame[field]?.[corner]);
  }
}
READERS.set("track_temp", ({ track_temp }) => track_temp);
READERS.set("ambient_temp", ({ ambient_temp }) => ambient_temp);
const NAMES = [...READERS.keys()];
const READ = [...READERS.values()];
const TIRE_COLUMNS = CORNERS.length * CORNER_FIELDS.indexOf("brake_temps");

export class StintTrends {
  /** Rises with each point. */
  revision = 0;
  /**
   * The lap on which the tyres were measured; null where their values are live.
   * @type {number | null}
   */
  as_of_lap = null;

  #times = new Float64Array(MAX_POINTS);
  #columns = NAMES.map(() => new Float64Array(MAX_POINTS));
  #count = 0;
  #point_ms = POINT_MS;
  #point = new Means(NAMES.length);
  #point_start_ms = NaN;
  #lap_means = new Means(NAMES.length);
  /** @type {{ lap: number, means: Float64Array }[]} */
  #laps = [];
  #is_whole = false;
  #has_stopped = false;
  /** @type {Map<TrendName, Slope>} */
  #slopes = new Map();
  /** @type {Moment | null} */
  #before = null;

  /**
   * @param {number} at_ms when the frame was made, by one clock for all monitors
   * @param {string} monitor_id
   * @param {TrendFrame} frame a live one
   */
  take(at_ms, monitor_id, frame) {
    const { run = null, stint_laps = null } = frame;
    const lap = frame.lap ?? this.#before?.lap ?? null;
    const now = { at_ms, monitor_id, run, lap, stint_laps };
    if (this.#before === null || this.#beginsStint(now, this.#before, frame)) this.#clear();
    else this.#follow(now, this.#before);
    this.#before = now;
    const is_in_pits = isInPits(frame);
    if (is_in_pits) this.#is_whole = false;
    this.#has_stopped = is_in_pits && (this.#has_stopped || STANDS.has(frame.pit_state ?? ""));
    this.as_of_lap = frame.tires_as_of_lap ?? null;
    this.#add(at_ms, frame);
  }

  /**
   * Times in s and columns, oldest first, as uPlot takes them; good until the next frame.
   * @param {readonly TrendName[]} names
   * @returns {[Float64Array, ...Column[]]}
   */
  points(names) {
    const view = (/** @type {Float64Array} */ column) => column.subarray(0, this.#count);
    const columns = names.map((name) => view(this.#columns[NAMES.indexOf(name)] ?? this.#times));
    return [view(this.#times), ...columns.map(withoutNaN)];
  }

  /**
   * By how much a value rises a lap, over the last 20 whole laps of the stint out of the pits.
   * @param {TrendName} name
   * @returns {Slope}
   */
  slope(name) {
    const column = NAMES.indexOf(name);
    if (this.as_of_lap !== null && column < TIRE_COLUMNS) {
      return { per_lap: null, laps: 0, reason: "not live" };
    }
    const known = this.#slopes.get(name);
    if (known !== undefined) return known;
    const points = this.#laps.flatMap(({ lap, means }) => {
      const y = means[column] ?? NaN;
      return Number.isNaN(y) ? [] : { x: lap, y };
    });
    const laps = points.length;
    if (laps < MIN_LAPS) {
      const has_data = laps > 0 || this.#lap_means.has(column);
      return { per_lap: null, laps, reason: has_data ? "learning" : "no data" };
    }
    const slope = { per_lap: medianSlope(points), laps, reason: null };
    this.#slopes.set(name, slope);
    return slope;
  }

  /**
   * @param {Moment} now
   * @param {Moment} before
   * @param {TrendFrame} frame
   */
  #beginsStint(now, before, frame) {
    if (now.monitor_id !== before.monitor_id || now.run !== before.run) return true;
    if ((now.lap ?? Infinity) < (before.lap ?? 0)) return true;
    if ((now.stint_laps ?? Infinity) < (before.stint_laps ?? 0)) return true;
    // By a clock that was set back, what was before would come after.
    if (now.at_ms < before.at_ms - HOLE_MS) return true;
    return this.#has_stopped && !isInPits(frame);
  }

  #clear() {
    this.#count = 0;
    this.#point_ms = POINT_MS;
    this.#point_start_ms = NaN;
    this.#point.clear();
    this.#lap_means.clear();
    this.#laps = [];
    this.#is_whole = false;
    this.#slopes.clear();
    this.revision += 1;
  }

  /**
   * @param {Moment} now
   * @param {Moment} before
   */
  #follow(now, before) {
    const is_pause = now.at_ms - before.at_ms > PAUSE_MS;
    if (is_pause) {
      this.#is_whole = false;
      this.#close(before.at_ms);
      this.#write(before.at_ms + 1);
    }
    if (now.lap === null || now.lap === before.lap) return;
    const is_next = before.lap !== null && now.lap === before.lap + 1;
    if (is_next && this.#is_whole) {
      this.#laps.push({ lap: now.lap - 1, means: this.#lap_means.values() });
      if (this.#laps.length > SLOPE_LAPS) this.#laps.shift();
    }
    this.#slopes.clear();
    this.#lap_means.clear();
    this.#is_whole = is_next && !is_pause;
  }

  /**
   * @param {number} at_ms
   * @param {TrendFrame} frame
   */
  #add(at_ms, frame) {
    if (at_ms - this.#point_start_ms >= this.#point_ms) this.#close(at_ms);
    if (Number.isNaN(this.#point_start_ms)) this.#point_start_ms = at_ms;
    // Values that are not live would draw a flat line of what nobody measured.
    const first = this.as_of_lap === null ? 0 : TIRE_COLUMNS;
    for (let i = first; i < READ.length; i += 1) {
      const value = READ[i]?.(frame);
      if (typeof value !== "number") continue;
      this.#point.add(i, value);
      this.#lap_means.add(i, value);
    }
  }

  /** @param {number} at_ms */
  #close(at_ms) {
    if (Number.isNaN(this.#point_start_ms)) return;
    this.#write((this.#point_start_ms + at_ms) / 2);
    this.#point_start_ms = NaN;
  }

  /** @param {number} at_ms */
  #write(at_ms) {
    if (this.#count === MAX_POINTS) this.#thin();
    this.#times[this.#count] = at_ms / 1000;
    for (const [i, column] of this.#columns.entries()) column[this.#count] = this.#point.mean(i);
    this.#point.clear();
    this.#count += 1;
    this.revision += 1;
  }

  /** Two points become one; a pause stays a pause. */
  #thin() {
    this.#count = MAX_POINTS / 2;
    this.#point_ms *= 2;
    for (const column of [this.#times, ...this.#columns]) {
      for (let i = 0; i < this.#count; i += 1) {
        column[i] = ((column[2 * i] ?? NaN) + (column[2 * i + 1] ?? NaN)) / 2;
      }
    }
  }
}

/**
 * @param {Float64Array} column
 * @returns {Column}
 */
function withoutNaN(column) {
  return column.some(Number.isNaN) ? withNulls(column) : column;
}
