/** What an alert says, in one place so that tests and people find it. */

/** @import { Finding, Params } from "../alert_types.js" */
/** @import { Units } from "../types.js" */

import { CORNERS } from "../corners.js";
import {
  DASH,
  delta,
  humanise,
  lapsDown,
  lapTime,
  number,
  pressure,
  setting,
  temperature,
  unitName,
} from "../format.js";
import { say, sayCount } from "../say.js";
import { ALERTS, CORNERS as CORNER_NAMES, LIMITS, TROUBLE } from "../words.js";
import { ageClock } from "./ages.js";
import { isolated, lapCount, ofText, sentence } from "./phrases.js";

/** @typedef {(params: Params, units: Units) => string} Text */

/** @type {ReadonlyMap<unknown, string>} */
const LEVELS = new Map(Object.entries(LIMITS.levels));

/** @type {ReadonlyMap<string, Text>} */
const TEXTS = new Map([
  ["bridge_lost", () => TROUBLE.bridge_lost],
  ["broker_lost", () => TROUBLE.broker_lost],
  ["monitor_lost", ({ driver }) => say(ALERTS.monitor_lost, { driver: driverText(driver) })],
  ["monitor_offline", ({ driver }) => say(ALERTS.monitor_offline, { driver: driverText(driver) })],
  ["stale", (params) => say(ALERTS.stale, { age: ageClock(numeric(params, "quiet_ms") ?? 0) })],
  ["fuel_laps", tankText],
  ["water_temp", (params, units) => say(ALERTS.water_temp, temperatureParts(params, units))],
  ["oil_temp", (params, units) => say(ALERTS.oil_temp, temperatureParts(params, units))],
  ["tire_temp", (params, units) => say(ALERTS.tire, temperatureParts(params, units))],
  ["brake_temp", (params, units) => say(ALERTS.brake_temp, temperatureParts(params, units))],
  ["tire_pressure", pressureText],
  ["tire_wear", wearText],
  ["tire_flat", (params) => say(ALERTS.tire_flat, { corner: cornerName(params) })],
  ["penalties", (params) => say(ALERTS.penalties, { count: number(numeric(params, "count")) })],
  ["incidents", (params) => say(ALERTS.incidents, { points: pointsText(params) })],
  ["track_limits", (params) => say(ALERTS.track_limits, { points: pointsText(params) })],
  ["lap_drop", lapText],
  ["setup_changed", setupText],
  ["driver_changed", (params) => say(ALERTS.driver_changed, { change: changeText(params) })],
]);

/**
 * The sentence for a finding, in the reader's units.
 * @param {Pick<Finding, "key" | "params">} finding
 * @param {Units} units
 */
export function alertText({ key, params }, units) {
  return sentence(TEXTS.get(key)?.(params, units) ?? humanise(key));
}

/**
 * For who hears or is notified: how bad it is, too.
 * @param {Pick<Finding, "severity" | "key" | "params">} finding
 * @param {Units} units
 */
export function spokenText(finding, units) {
  const severity = ALERTS.severities[finding.severity];
  return say(ALERTS.spoken, { severity, text: alertText(finding, units) });
}

/** @type {Text} */
function tankText(params) {
  const parts = { laps: lapsText(params), level: levelText(params) };
  return say(params["tank"] === "energy" ? ALERTS.energy : ALERTS.fuel, parts);
}

/** @param {Params} params */
function levelText(params) {
  return LEVELS.get(params["word"]) ?? DASH;
}

/** @param {Params} params */
function cornerName(params) {
  const corner = CORNERS.find((each) => each === params["corner"]);
  return corner === undefined ? DASH : CORNER_NAMES[corner];
}

/**
 * @param {Params} params
 * @param {Units} units
 */
function temperatureParts(params, units) {
  return {
    corner: cornerName(params),
    value: temperature(numeric(params, "value"), units),
    unit: unitName(units, "temperature"),
    level: levelText(params),
  };
}

/** @type {Text} */
function pressureText(params, units) {
  return say(ALERTS.tire, {
    corner: cornerName(params),
    value: pressure(numeric(params, "value"), units),
    unit: unitName(units, "pressure"),
    level: levelText(params),
  });
}

/** @type {Text} */
function wearText(params) {
  const parts = { corner: cornerName(params), percent: number(numeric(params, "value")) };
  return say(params["word"] === "worn" ? ALERTS.tire_worn : ALERTS.tire_worn_out, parts);
}

/** @param {Params} params */
function lapsText(params) {
  return lapCount(lapsDown(numeric(params, "value"), 1));
}

/** @param {Params} params */
function pointsText(params) {
  const [count, limit] = [numeric(params, "count"), numeric(params, "limit")];
  const points = ofText(setting(count), setting(limit));
  return count !== null && limit !== null && count >= limit
    ? say(ALERTS.the_limit, { points })
    : points;
}

/** @type {Text} */
function lapText(params) {
  return say(ALERTS.lap_drop, {
    lap: number(numeric(params, "lap")),
    slower: delta(numeric(params, "slower"), 1),
    usual: lapTime(numeric(params, "usual"), 1),
  });
}

/** @type {Text} */
function setupText(params) {
  const count = numeric(params, "count");
  if (count === null) return ALERTS.setup_changed;
  if (count > 1) return sayCount(ALERTS.setup_values, number(count));
  const name = isolated(humanise(String(params["name"])));
  const change = changeText(params);
  if (params["corner"] === null) return say(ALERTS.setup_value, { name, change });
  return say(ALERTS.setup_corner, { name, corner: cornerName(params), change });
}

/** @param {Params} params */
function changeText(params) {
  return `${isolated(setting(params["before"]))} → ${isolated(setting(params["after"]))}`;
}

/** @param {Params[string] | undefined} driver */
function driverText(driver) {
  return typeof driver === "string" && driver !== "" ? isolated(driver) : ALERTS.the_driver;
}

/**
 * @param {Params} params
 * @param {string} name
 */
function numeric(params, name) {
  const value = params[name];
  return typeof value === "number" ? value : null;
}
