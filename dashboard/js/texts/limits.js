/** Limits as a reader writes and reads them: in their units, with names and reasons. */

/** @import { Family } from "../car_families.js" */
/** @import { LimitName, Problem, Quantity } from "../thresholds.js" */
/** @import { Units } from "../types.js" */

import { celsiusOf, kpaOf, number, pressure, temperature, unitName } from "../format.js";
import { QUANTITIES } from "../thresholds.js";

/** @type {Readonly<Record<Family, string>>} */
export const FAMILY_NAMES = {
  gt3: "GT3",
  gte: "GTE",
  lmp2: "LMP2",
  lmp3: "LMP3",
  hypercar: "Hypercar",
  other: "Any other",
};

/** @type {Readonly<Record<Quantity, string>>} */
export const QUANTITY_NAMES = {
  tire_temp: "Tyre temperature",
  tire_pressure: "Tyre pressure",
  tire_wear: "Tyre wear",
  brake_temp: "Brake temperature",
  water_temp: "Water temperature",
  oil_temp: "Oil temperature",
  fuel_laps: "Fuel",
  lap_drop: "Lap time over the usual",
};

/** @type {Readonly<Record<LimitName, string>>} */
export const LIMIT_NAMES = {
  cold: "cold below",
  ideal: "ideal",
  hot: "hot from",
  too_hot: "too hot from",
  low: "low below",
  very_low: "very low below",
  high: "high from",
  worn: "worn from",
  limit: "worn out from",
  slow: "slow from",
};

/**
 * @param {Quantity} quantity
 * @param {Units} units
 */
export function limitUnit(quantity, units) {
  const kind = kindOf(quantity);
  if (kind === "temperature" || kind === "pressure") return unitName(units, kind);
  return quantity === "fuel_laps" ? "laps" : "%";
}

/**
 * As it stands in its field.
 * @param {Quantity} quantity
 * @param {number | undefined} value in the wire's unit
 * @param {Units} units
 */
export function limitText(quantity, value, units) {
  if (value === undefined) return "";
  const kind = kindOf(quantity);
  if (kind === "pressure") return pressure(value, units);
  const text = kind === "temperature" ? temperature(value, units, 1) : number(value, 1);
  return text.replace(/\.0$/, "");
}

/**
 * What was typed, in the wire's unit; NaN when it is no number.
 * @param {Quantity} quantity
 * @param {string} typed
 * @param {Units} units
 */
export function readLimit(quantity, typed, units) {
  const text = typed.trim().replace(",", ".").replace("−", "-");
  const value = text === "" ? NaN : Number(text);
  const kind = kindOf(quantity);
  if (kind === "pressure") return kpaOf(value, units);
  return kind === "temperature" ? celsiusOf(value, units) : value;
}

/**
 * @param {Problem} problem
 * @param {Quantity} quantity
 * @param {Units} units
 */
export function problemText(problem, quantity, units) {
  const { min, max } = QUANTITIES[quantity];
  if (problem === "out of range") {
    const [low, high] = [min, max].map((value) => limitText(quantity, value, units));
    return `From ${low} to ${high} ${limitUnit(quantity, units)}`;
  }
  if (problem === "out of order") return "Each limit of a line must be above the one before it";
  return problem === "not a number" ? "A number, such as 95.5" : "There is no such limit";
}

/** @param {Quantity} quantity */
function kindOf(quantity) {
  if (quantity === "tire_pressure") return "pressure";
  return quantity.endsWith("_temp") ? "temperature" : "plain";
}
