/**
 * Numbers to text. No other module rounds, converts a unit or writes the dash.
 *
 * Wire units go in (L, kPa, degC, km/h, s, %); what comes out is without its unit.
 */

/** @import { Units } from "./types.js" */

import { lapCount, switchWord } from "./texts/phrases.js";
import { ACRONYMS, SETTINGS } from "./words.js";

export const DASH = "–";
const MINUS = "−";

const LITRES_PER_GALLON = 3.785411784;
const KPA_PER_PSI = 6.894757;
const KM_PER_MILE = 1.609344;

/** @type {Units} */
export const DEFAULT_UNITS = { fuel: "L", pressure: "kPa", temperature: "C", speed: "kmh" };

/** @typedef {number | null | undefined} Maybe */

/** @type {Record<string, string>} */
const UNIT_NAMES = { C: "°C", F: "°F", kmh: "km/h" };

/**
 * How a unit is written beside its number.
 * @param {Units} units
 * @param {keyof Units} quantity
 */
export function unitName(units, quantity) {
  const unit = units[quantity];
  return UNIT_NAMES[unit] ?? unit;
}

/**
 * @param {Maybe} value
 * @param {number} [digits]
 */
export function number(value, digits = 0) {
  if (typeof value !== "number" || !Number.isFinite(value)) return DASH;
  const text = Math.abs(value).toFixed(digits);
  // A rounded -0.04 is 0.0: a sign on nothing would flicker.
  return value < 0 && Number(text) !== 0 ? MINUS + text : text;
}

/**
 * @param {Maybe} litres
 * @param {Units} units
 * @param {number} [digits]
 */
export function fuel(litres, units, digits = 1) {
  if (units.fuel === "gal") return number(scaled(litres, 1 / LITRES_PER_GALLON), digits);
  return number(litres, digits);
}

/**
 * @param {Maybe} kpa
 * @param {Units} units
 */
export function pressure(kpa, units) {
  if (units.pressure === "bar") return number(scaled(kpa, 0.01), 2);
  if (units.pressure === "psi") return number(scaled(kpa, 1 / KPA_PER_PSI), 1);
  return number(kpa, 0);
}

/**
 * What was typed in the reader's unit, in that of the wire.
 * @param {number} pressure
 * @param {Units} units
 */
export function kpaOf(pressure, units) {
  if (units.pressure === "bar") return pressure * 100;
  return units.pressure === "psi" ? pressure * KPA_PER_PSI : pressure;
}

/**
 * What was typed in the reader's unit, in that of the wire.
 * @param {number} temperature
 * @param {Units} units
 */
export function celsiusOf(temperature, units) {
  return units.temperature === "F" ? (temperature - 32) / 1.8 : temperature;
}

/**
 * @param {Maybe} celsius
 * @param {Units} units
 * @param {number} [digits]
 */
export function temperature(celsius, units, digits = 0) {
  if (units.temperature !== "F" || typeof celsius !== "number") return number(celsius, digits);
  return number(celsius * 1.8 + 32, digits);
}

/**
 * @param {Maybe} kmh
 * @param {Units} units
 */
export function speed(kmh, units) {
  return number(units.speed === "mph" ? scaled(kmh, 1 / KM_PER_MILE) : kmh, 0);
}

/** Of a sum of floats: 0.1 of a lap ten times is a lap. */
const LAPS_ROUNDING = 1e-6;

/**
 * Down, because a lap that a tank does not reach or a tyre does not last must not be promised.
 * @param {Maybe} laps
 * @param {number} [digits]
 */
export function lapsDown(laps, digits = 0) {
  if (typeof laps !== "number") return DASH;
  const steps = 10 ** digits;
  return number(Math.floor(laps * steps + LAPS_ROUNDING) / steps, digits);
}

/** @param {Maybe} value */
export function gear(value) {
  if (value === -1) return "R";
  if (value === 0) return "N";
  return number(value);
}

/** @param {Maybe} place */
export function place(place) {
  return typeof place === "number" ? `P${number(place)}` : DASH;
}

/**
 * `139.482` -> `2:19.482`; below a minute `59.482`.
 * @param {Maybe} seconds
 * @param {number} [digits]
 */
export function lapTime(seconds, digits = 3) {
  if (typeof seconds !== "number" || !Number.isFinite(seconds) || seconds < 0) return DASH;
  // Round once, in whole ticks, or 59.9996 would read 60.000 and 119.9996 1:60.000.
  const perSecond = 10 ** digits;
  const ticks = Math.round(seconds * perSecond);
  const minutes = Math.floor(ticks / (60 * perSecond));
  const rest = ((ticks - minutes * 60 * perSecond) / perSecond).toFixed(digits);
  return minutes === 0 ? rest : `${minutes}:${rest.padStart(digits === 0 ? 2 : digits + 3, "0")}`;
}

/**
 * `0.575` -> `+0.575`.
 * @param {Maybe} seconds
 * @param {number} [digits]
 */
export function delta(seconds, digits = 3) {
  const text = number(seconds, digits);
  return text === DASH || text.startsWith(MINUS) ? text : `+${text}`;
}

/**
 * What a delta means, of the value as shown: +0.00 is neither.
 * @param {Maybe} seconds
 * @param {number} digits
 */
export function signOf(seconds, digits) {
  if (typeof seconds !== "number" || Math.abs(seconds) * 10 ** digits < 0.5) return "";
  return seconds < 0 ? "faster" : "slower";
}

/**
 * A gap in seconds, or in whole laps when there are any.
 * @param {Maybe} seconds
 * @param {Maybe} laps
 */
export function gap(seconds, laps) {
  if (typeof laps === "number" && laps > 0) return lapCount(number(laps));
  if (typeof seconds === "number" && seconds >= 60) return lapTime(seconds, 1);
  return number(seconds, 1);
}

/**
 * `62417` -> `17:20:17`, `2098` -> `34:58`.
 * @param {Maybe} seconds
 */
export function duration(seconds) {
  if (typeof seconds !== "number" || !Number.isFinite(seconds) || seconds < 0) return DASH;
  const whole = Math.floor(seconds);
  const two = (/** @type {number} */ n) => String(n).padStart(2, "0");
  const hours = Math.floor(whole / 3600);
  const minutes = Math.floor(whole / 60) % 60;
  return hours > 0
    ? `${hours}:${two(minutes)}:${two(whole % 60)}`
    : `${minutes}:${two(whole % 60)}`;
}

/** @type {ReadonlyMap<string, string>} */
const KNOWN = new Map(Object.entries(SETTINGS));
const CAPITALS = new Set(ACRONYMS);

/**
 * `brake_bias` -> `Brake bias`, `tc_cut` -> `TC cut`.
 * @param {string} name
 */
export function humanise(name) {
  const known = KNOWN.get(name);
  if (known !== undefined) return known;
  const words = name
    .split("_")
    .filter((word) => word !== "")
    .map((word) => (CAPITALS.has(word) ? word.toUpperCase() : word));
  const text = words.join(" ");
  return text === "" ? name : text.charAt(0).toUpperCase() + text.slice(1);
}

/** @param {number | boolean | string | null | undefined} value */
export function setting(value) {
  if (value === null || value === undefined || value === "") return DASH;
  if (typeof value === "boolean") return switchWord(value);
  if (typeof value === "string") return value;
  return String(Math.round(value * 1000) / 1000).replace("-", MINUS);
}

/**
 * @param {Maybe} value
 * @param {number} factor
 */
function scaled(value, factor) {
  return typeof value === "number" ? value * factor : null;
}
