/** A small line of a value over the stint: its points, and the same in words. */

/** @typedef {ArrayLike<number | null>} Values with nulls where nothing was measured */

const WIDTH = 100;
const HEIGHT = 24;
/** More than these no eye tells apart at this size. */
const MAX_POINTS = 60;

/**
 * The points of an SVG polyline in a box of 100 by 24; empty when there is no line to draw.
 * @param {ArrayLike<number>} times
 * @param {Values} values
 * @param {number} least_span that the box holds: what hardly moves is drawn flat
 */
export function sparkPoints(times, values, least_span) {
  const span = spanOf(values);
  if (span === null || times.length < 2) return "";
  const [start, end] = [times[0] ?? 0, times[times.length - 1] ?? 0];
  const height = Math.max(span.max - span.min, least_span);
  const bottom = (span.max + span.min - height) / 2;
  const step = Math.max(1, Math.ceil(times.length / MAX_POINTS));
  const points = [];
  // From the end, so that the newest is always among them.
  for (let i = times.length - 1; i >= 0; i -= step) {
    const value = values[i];
    if (typeof value !== "number" || Number.isNaN(value)) continue;
    const x = (WIDTH * ((times[i] ?? start) - start)) / Math.max(1e-9, end - start);
    const y = HEIGHT * (1 - (value - bottom) / height);
    points.push(`${x.toFixed(1)},${y.toFixed(1)}`);
  }
  return points.length < 2 ? "" : points.reverse().join(" ");
}

/**
 * The least and the most of a line; null when nothing was measured.
 * @param {Values} values
 * @returns {{ min: number, max: number } | null}
 */
export function spanOf(values) {
  let [min, max] = [Infinity, -Infinity];
  for (let i = 0; i < values.length; i += 1) {
    const value = values[i];
    if (typeof value !== "number" || Number.isNaN(value)) continue;
    min = Math.min(min, value);
    max = Math.max(max, value);
  }
  return min > max ? null : { min, max };
}
