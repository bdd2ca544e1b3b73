/** Which units a reader chose, checked: what is stored in a browser may be anything. */

/** @import { Units } from "./types.js" */

import { DEFAULT_UNITS } from "./format.js";

const KEY = "pitboard.units";

export const QUANTITIES = /** @type {const} */ (["fuel", "pressure", "temperature", "speed"]);

/**
 * @param {Units} units
 * @param {string} quantity
 * @param {unknown} unit
 * @returns {Units} unchanged when there is no such unit
 */
export function changedUnits(units, quantity, unit) {
  if (quantity === "fuel" && (unit === "L" || unit === "gal")) return { ...units, fuel: unit };
  if (quantity === "pressure" && (unit === "kPa" || unit === "bar" || unit === "psi")) {
    return { ...units, pressure: unit };
  }
  if (quantity === "temperature" && (unit === "C" || unit === "F")) {
    return { ...units, temperature: unit };
  }
  if (quantity === "speed" && (unit === "kmh" || unit === "mph")) return { ...units, speed: unit };
  return units;
}

/**
 * @param {() => Pick<Storage, "getItem">} storage a browser may refuse even to name it
 * @returns {Units}
 */
export function loadUnits(storage) {
  let units = DEFAULT_UNITS;
  try {
    /** @type {unknown} */
    const stored = JSON.parse(storage().getItem(KEY) ?? "{}");
    if (typeof stored !== "object" || stored === null) return units;
    for (const [quantity, unit] of Object.entries(stored)) {
      units = changedUnits(units, quantity, unit);
    }
  } catch {
    return DEFAULT_UNITS;
  }
  return units;
}

/**
 * Another tab may have stored others since, so only what was changed here is stored.
 * @param {() => Pick<Storage, "getItem" | "setItem">} storage
 * @param {Units} before
 * @param {Units} after
 */
export function saveUnits(storage, before, after) {
  let units = loadUnits(storage);
  for (const quantity of QUANTITIES) {
    if (after[quantity] !== before[quantity]) units = changedUnits(units, quantity, after[quantity]);
  }
  try {
    storage().setItem(KEY, JSON.stringify(units));
  } catch {
    // Private windows refuse to store; the choice then lasts as long as the page.
  }
}
