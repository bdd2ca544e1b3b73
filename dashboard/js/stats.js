/** Small statistics. */

/**
 * What floats may be off by: 3 times 0.1 is more than 0.3, and who reaches the line as the time
 * ends has reached it.
 */
export const ROUNDING = 1e-9;

/**
 * @param {readonly unknown[]} values of which those that are no numbers do not count
 * @returns {number | null} null of none
 */
export function largest(values) {
  const known = values.filter((value) => typeof value === "number");
  return known.length === 0 ? null : Math.max(...known);
}

/**
 * The middle of some numbers, which one odd value does not move.
 * @param {readonly number[]} values
 * @returns {number | null} null of none
 */
export function median(values) {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle];
  if (upper === undefined) return null;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? upper) + upper) / 2;
}

/**
 * The median of values that were rounded, without its rounding: what lies within one unit of the
 * last digit of it is the same value, so their mean has the digits that each of them lost.
 * @param {readonly number[]} values
 * @param {number} digit the unit of the last digit
 * @returns {number | null} null of none
 */
export function unroundedMedian(values, digit) {
  const middle = median(values);
  if (middle === null) return null;
  const near = values.filter((value) => Math.abs(value - middle) <= digit * 1.001);
  return near.reduce((sum, value) => sum + value, 0) / near.length;
}

/**
 * The median of the slopes between all pairs of points (Theil and Sen's way).
 * @param {readonly { x: number, y: number }[]} points with different x
 * @returns {number | null} null of fewer than two
 */
export function medianSlope(points) {
  const slopes = points.flatMap((a, i) => {
    return points.slice(i + 1).map((b) => (b.y - a.y) / (b.x - a.x));
  });
  return median(slopes);
}

/** Running means of several columns; a column that gets nothing has none. */
export class Means {
  #sums;
  #counts;

  /** @param {number} columns */
  constructor(columns) {
    this.#sums = new Float64Array(columns);
    this.#counts = new Float64Array(columns);
  }

  clear() {
    this.#sums.fill(0);
    this.#counts.fill(0);
  }

  /**
   * @param {number} column
   * @param {number} value
   */
  add(column, value) {
    this.#sums[column] = (this.#sums[column] ?? 0) + value;
    this.#counts[column] = (this.#counts[column] ?? 0) + 1;
  }

  /** @param {number} column */
  has(column) {
    return (this.#counts[column] ?? 0) > 0;
  }

  /**
   * @param {number} column
   * @returns {number} NaN of nothing
   */
  mean(column) {
    return (this.#sums[column] ?? NaN) / (this.#counts[column] ?? 0);
  }

  values() {
    return this.#sums.map((_, column) => this.mean(column));
  }
}
