/** What the limits that the team has set make of a value: how bad it is, and until when. */

/** @import { AlertInput, Finding, Severity } from "./alert_types.js" */
/** @import { Corner } from "./types.js" */
/** @import { Quantity, QuantityLimits, Word } from "./thresholds.js" */

import { classify } from "./thresholds.js";

/** @type {readonly [Word, Severity][]} nothing is to be done about what is cold */
const GRADES = [
  ["hot", "warning"],
  ["too hot", "critical"],
  ["low", "warning"],
  ["very low", "critical"],
  ["high", "warning"],
  ["worn", "warning"],
  ["worn out", "critical"],
];
/** @type {ReadonlyMap<unknown, Severity>} */
const SEVERITIES = new Map(GRADES);

/**
 * How far a value must be back from its limit before the alert ends.
 * @type {Readonly<Record<Quantity, number>>}
 */
export const BANDS = {
  tire_temp: 3,
  tire_pressure: 2,
  tire_wear: 0.5,
  brake_temp: 30,
  water_temp: 2,
  oil_temp: 2,
  fuel_laps: 0.2,
  lap_drop: 0,
};

/**
 * @param {Quantity} quantity
 * @param {number | null | undefined} value
 * @param {AlertInput} input
 * @param {Finding | null} held what the alert says so far
 * @param {Corner | null} [corner]
 * @returns {Finding | null}
 */
export function graded(quantity, value, { limits }, held, corner = null) {
  if (typeof value !== "number") return null;
  const word = steadyWord(value, quantity, limits[quantity], held);
  const severity = SEVERITIES.get(word);
  if (severity === undefined) return null;
  return { severity, key: quantity, params: { corner, value, word } };
}

/**
 * The word, or the held one while that is worse and the value is not clear of its limit.
 * @param {number} value
 * @param {Quantity} quantity
 * @param {QuantityLimits} limits
 * @param {Finding | null} held
 */
function steadyWord(value, quantity, limits, held) {
  const word = classify(value, limits);
  const last = held?.params["word"];
  const severity = SEVERITIES.get(word);
  if (severity === "critical" || severity === SEVERITIES.get(last)) return word;
  const band = BANDS[quantity];
  const near = [classify(value + band, limits), classify(value - band, limits)];
  return near.find((each) => each === last) ?? word;
}
