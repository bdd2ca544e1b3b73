/** Limits as a reader writes and reads them: in their units, with names and reasons. */

/** @import { Problem, Quantity } from "../thresholds.js" */
/** @import { Units } from "../types.js" */

import { celsiusOf, kpaOf, number, pressure, temperature, unitName } from "../format.js";
import { say } from "../say.js";
import { QUANTITIES } from "../thresholds.js";
import { LIMITS } from "../words.js";

/**
 * @param {Quantity} quantity
 * @param {Units} units
 */
export function limitUnit(quantity, units) {
  const kind = kindOf(quantity);
  if (kind === "temperature" || kind === "pressure") return unitName(units, kind);
  return quantity === "fuel_laps" ? LIMITS.laps : "%";
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
    const low = limitText(quantity, min, units);
    const high = limitText(quantity, max, units);
    return say(LIMITS.out_of_range, { low, high, unit: limitUnit(quantity, units) });
  }
  if (problem === "out of order") return LIMITS.out_of_order;
  return problem === "not a number" ? LIMITS.not_a_number : LIMITS.no_such;
}

/** @param {Quantity} quantity */
function kindOf(quantity) {
  if (quantity === "tire_pressure") return "pressure";
  return quantity.endsWith("_temp") ? "temperature" : "plain";
}
