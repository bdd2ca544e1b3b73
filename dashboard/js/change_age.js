/** How long ago a value changed: in laps, else in time, else not known. */

import { field, isObject } from "./shapes.js";

/**
 * When something changed, as far as it is known.
 * @typedef {object} Stamp
 * @property {number | null} run
 * @property {number | null} lap the lap being driven
 * @property {number | null} at ms since 1970
 */
/** @typedef {{ laps: number } | { ms: number }} Ago */

/** @type {Stamp} */
export const UNKNOWN = Object.freeze({ run: null, lap: null, at: null });

/**
 * Laps of one run compare; those of a practice and of the race do not.
 * @param {Stamp} then
 * @param {Stamp} now
 * @returns {Ago | null}
 */
export function agoOf(then, now) {
  if (then.lap !== null && now.lap !== null && then.run !== null && then.run === now.run) {
    if (now.lap >= then.lap) return { laps: now.lap - then.lap };
  }
  if (then.at === null || now.at === null) return null;
  return { ms: Math.max(0, now.at - then.at) };
}

/**
 * What is stored in a browser may be anything.
 * @param {unknown} value
 * @returns {Stamp}
 */
export function readStamp(value) {
  const part = (/** @type {string} */ name) => {
    const number = isObject(value) ? field(value, name) : null;
    return typeof number === "number" && Number.isFinite(number) ? number : null;
  };
  return { run: part("run"), lap: part("lap"), at: part("at") };
}
