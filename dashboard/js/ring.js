/**
 * The last two minutes of telemetry, column by column, for charts.
 *
 * Each value is written twice, a capacity apart: so any window is one stretch of memory, and what
 * a chart is handed is a view of it and no copy.
 */

export const SPAN_S = 120;
/** Two minutes at 60 Hz, and some seconds for a view to stay true until the next is handed out. */
const CAPACITY = 8192;
/** A stream that pauses for longer has a hole, and no line may be drawn across it. */
export const HOLE_MS = 2000;

/** @typedef {Float64Array | (number | null)[]} Column */
/** @typedef {{ start: number, end: number, values: (number | null)[] }} Copy rows of a column */

/**
 * @template F what a sample is read from
 * @template {string} K the columns' names
 */
export class Ring {
  /** Rises with each sample taken. */
  revision = 0;

  #capacity;
  #span_s;
  #times;
  /** @type {Map<K, number>} */
  #places = new Map();
  /** @type {((frame: F) => number | null | undefined)[]} */
  #readers = [];
  /** @type {Float64Array[]} */
  #columns = [];
  /**
   * The newest row of each column that has no value.
   * @type {number[]}
   */
  #blank_rows = [];
  /** @type {Copy[]} */
  #copies = [];
  // Rows are numbered from the first ever written; those from start to end are held.
  #start = 0;
  #end = 0;
  #last_ms = 0;
  /** @type {string | null} */
  #monitor_id = null;

  /**
   * @param {Record<K, (frame: F) => number | null | undefined>} readers
   * @param {{ span_s?: number, capacity?: number }} [size]
   */
  constructor(readers, { span_s = SPAN_S, capacity = CAPACITY } = {}) {
    this.#capacity = capacity;
    this.#span_s = span_s;
    this.#times = new Float64Array(2 * capacity);
    for (const name in readers) {
      this.#places.set(name, this.#readers.length);
      this.#readers.push(readers[name]);
      this.#columns.push(new Float64Array(2 * capacity));
      this.#blank_rows.push(-1);
    }
  }

  get length() {
    return this.#end - this.#start;
  }

  /**
   * @param {number} at_ms when the frame was made, by one clock for all monitors
   * @param {string} monitor_id
   * @param {F} frame
   * @returns {boolean} whether it was taken: time must move on
   */
  push(at_ms, monitor_id, frame) {
    if (!Number.isFinite(at_ms)) return false;
    if (this.length > 0) {
      const last_ms = this.#last_ms;
      // A clock that was set back; what was drawn by the old one has no place beside the new.
      if (at_ms < last_ms - HOLE_MS) this.clear();
      else if (at_ms <= last_ms) return false;
      else if (at_ms - last_ms > HOLE_MS || monitor_id !== this.#monitor_id) {
        this.#write((last_ms + at_ms) / 2000, null);
      }
    }
    this.#last_ms = at_ms;
    this.#monitor_id = monitor_id;
    this.#write(at_ms / 1000, frame);
    this.#trim(at_ms / 1000 - this.#span_s);
    this.revision += 1;
    return true;
  }

  clear() {
    this.#start = this.#end;
    this.revision += 1;
  }

  /**
   * Times in s and the columns named, oldest first, as uPlot takes them; good for the next
   * seconds. A column is copied only if a value is missing in it: uPlot knows gaps by `null` alone.
   * @param {readonly K[]} names
   * @returns {[Float64Array, ...Column[]]}
   */
  data(names) {
    const columns = names.map((name) => {
      const place = this.#places.get(name) ?? -1;
      const column = this.#columns[place] ?? new Float64Array(2 * this.#capacity);
      const has_blank = (this.#blank_rows[place] ?? -1) >= this.#start;
      return has_blank ? this.#copied(place, column) : this.#view(column);
    });
    return [this.#view(this.#times), ...columns];
  }

  /**
   * @param {number} at_s
   * @param {F | null} frame nothing, to part what is before from what is after
   */
  #write(at_s, frame) {
    const row = this.#end;
    const place = row % this.#capacity;
    this.#end = row + 1;
    if (this.length > this.#capacity) this.#start += 1;
    this.#times[place] = this.#times[place + this.#capacity] = at_s;
    for (let i = 0; i < this.#readers.length; i += 1) {
      const column = this.#columns[i];
      const value = frame === null ? NaN : (this.#readers[i]?.(frame) ?? NaN);
      if (column !== undefined) column[place] = column[place + this.#capacity] = value;
      if (value !== value) this.#blank_rows[i] = row;
    }
  }

  /**
   * What a copy has is not boxed again: that takes 40 ns a number, and a chart asks for thousands.
   * @param {number} place
   * @param {Float64Array} column
   */
  #copied(place, column) {
    const known = this.#copies[place];
    const start = this.#start;
    const is_of_use = known !== undefined && known.end > start;
    const before = is_of_use ? known : { start, end: start, values: [] };
    const values = before.values.slice(start - before.start);
    for (let row = before.end; row < this.#end; row += 1) {
      values.push(valueOrNull(column[row % this.#capacity] ?? NaN));
    }
    this.#copies[place] = { start, end: this.#end, values };
    return values;
  }

  /** @param {number} oldest_s */
  #trim(oldest_s) {
    while ((this.#times[this.#start % this.#capacity] ?? NaN) < oldest_s) this.#start += 1;
  }

  /** @param {Float64Array} column */
  #view(column) {
    const first = this.#start % this.#capacity;
    return column.subarray(first, first + this.length);
  }
}

/**
 * A copy with `null` where there is no value.
 * @param {Float64Array} column
 * @returns {(number | null)[]}
 */
export function withNulls(column) {
  return Array.from(column, valueOrNull);
}

/** @param {number} value */
function valueOrNull(value) {
  return Number.isNaN(value) ? null : value;
}
