/** What an alert says, in one place so that tests and people find it. */

/** @import { Finding, Params, Severity } from "../alert_types.js" */
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
import { ageClock } from "./ages.js";
import { BROKER_LOST } from "./page.js";
import { CORNER_NAMES, isolated, lapCount, LIMIT_WORDS } from "./words.js";

/** @typedef {(params: Params, units: Units) => string} Text */

/** @type {ReadonlyMap<unknown, string>} */
const WORDS = new Map(Object.entries(LIMIT_WORDS));

/** @type {Record<Severity, string>} */
export const SEVERITY_WORDS = { critical: "Critical", warning: "Warning", info: "Info" };

/** What each rule watches, by its name. */
/** @type {ReadonlyMap<string, string>} */
const TITLES = new Map([
  ["bridge", "Connection to the bridge"],
  ["broker", "The bridge's connection to the broker"],
  ["monitor", "Signal of the monitor"],
  ["stale", "Age of the data"],
  ["fuel", "Fuel"],
  ["water_temp", "Water temperature"],
  ["oil_temp", "Oil temperature"],
  ["penalties", "Penalties"],
  ["incidents", "Incidents"],
  ["track_limits", "Track limits"],
  ["tire_flat", "Flat tyres"],
  ["tire_temp", "Tyre temperatures"],
  ["tire_pressure", "Tyre pressures"],
  ["tire_wear", "Tyre wear"],
  ["brake_temp", "Brake temperatures"],
  ["lap_drop", "Slow laps"],
  ["setup_changed", "Changes of the setup"],
  ["driver_changed", "Changes of driver"],
]);

/** @type {ReadonlyMap<string, Text>} */
const TEXTS = new Map([
  ["bridge_lost", () => "This page has lost the bridge: nothing new can arrive"],
  ["broker_lost", () => BROKER_LOST],
  ["monitor_lost", (params) => `The monitor of ${driverText(params["driver"])} is lost`],
  ["monitor_offline", (params) => `The monitor of ${driverText(params["driver"])} has signed off`],
  ["stale", (params) => `No new telemetry for ${ageClock(numeric(params, "quiet_ms") ?? 0)}`],
  ["fuel_laps", (params) => `${tankText(params)} for ${lapsText(params)}: ${wordText(params)}`],
  ["water_temp", (params, units) => `Water ${temperatureText(params, units)}`],
  ["oil_temp", (params, units) => `Oil ${temperatureText(params, units)}`],
  ["tire_temp", (params, units) => `${cornerText(params)} tyre ${temperatureText(params, units)}`],
  [
    "brake_temp",
    (params, units) => `${cornerText(params)} brake ${temperatureText(params, units)}`,
  ],
  ["tire_pressure", pressureText],
  ["tire_wear", wearText],
  ["tire_flat", (params) => `${cornerText(params)} tyre: flat`],
  ["penalties", (params) => `Penalties to serve: ${number(numeric(params, "count"))}`],
  ["incidents", (params) => `Incidents: ${pointsText(params)}`],
  ["track_limits", (params) => `Track limits: ${pointsText(params)}`],
  ["lap_drop", lapText],
  ["setup_changed", setupText],
  ["driver_changed", driversText],
]);

/**
 * The sentence for a finding, in the reader's units.
 * @param {Pick<Finding, "key" | "params">} finding
 * @param {Units} units
 */
export function alertText({ key, params }, units) {
  return TEXTS.get(key)?.(params, units) ?? humanise(key);
}

/**
 * What a rule watches, to be named where it can be muted.
 * @param {string} name
 */
export function ruleTitle(name) {
  return TITLES.get(name) ?? humanise(name);
}

/** @param {Params} params */
function tankText(params) {
  return params["tank"] === "energy" ? "Energy" : "Fuel";
}

/** @param {Params} params */
function wordText(params) {
  return WORDS.get(params["word"]) ?? DASH;
}

/** @param {Params} params */
function cornerText(params) {
  const corner = CORNERS.find((each) => each === params["corner"]);
  return corner === undefined ? DASH : humanise(CORNER_NAMES[corner]);
}

/**
 * @param {Params} params
 * @param {Units} units
 */
function temperatureText(params, units) {
  const text = `${temperature(numeric(params, "value"), units)} ${unitName(units, "temperature")}`;
  return `${text}: ${wordText(params)}`;
}

/** @type {Text} */
function pressureText(params, units) {
  const text = `${pressure(numeric(params, "value"), units)} ${unitName(units, "pressure")}`;
  return `${cornerText(params)} tyre ${text}: ${wordText(params)}`;
}

/** @type {Text} */
function wearText(params) {
  const near = params["word"] === "worn" ? "near its limit" : "at its limit";
  return `${cornerText(params)} tyre ${number(numeric(params, "value"))} % worn: ${near}`;
}

/** @param {Params} params */
function lapsText(params) {
  return lapCount(lapsDown(numeric(params, "value"), 1));
}

/** @param {Params} params */
function pointsText(params) {
  const [count, limit] = [numeric(params, "count"), numeric(params, "limit")];
  const text = `${setting(count)} of ${setting(limit)}`;
  return count !== null && limit !== null && count >= limit ? `${text}, the limit` : text;
}

/** @type {Text} */
function lapText(params) {
  const slower = delta(numeric(params, "slower"), 1);
  const usual = lapTime(numeric(params, "usual"), 1);
  return `Lap ${number(numeric(params, "lap"))} slow: ${slower} s to the usual ${usual}`;
}

/** @type {Text} */
function setupText(params) {
  const count = numeric(params, "count");
  if (count === null) return "Setup changed";
  if (count > 1) return `Setup changed: ${number(count)} values`;
  const corner = params["corner"] === null ? "" : ` ${cornerText(params).toLowerCase()}`;
  const name = isolated(humanise(String(params["name"]))) + corner;
  return `Setup changed: ${name} ${changeText(params)}`;
}

/** @type {Text} */
function driversText(params) {
  return `Driver changed: ${changeText(params)}`;
}

/** @param {Params} params */
function changeText(params) {
  return `${isolated(setting(params["before"]))} → ${isolated(setting(params["after"]))}`;
}

/** @param {Params[string] | undefined} driver */
function driverText(driver) {
  return typeof driver === "string" && driver !== "" ? isolated(driver) : "the driver";
}

/**
 * @param {Params} params
 * @param {string} name
 */
function numeric(params, name) {
  const value = params[name];
  return typeof value === "number" ? value : null;
}

/**
 * For who hears or is notified: how bad it is, too.
 * @param {Pick<Finding, "severity" | "key" | "params">} finding
 * @param {Units} units
 */
export function spokenText(finding, units) {
  return `${SEVERITY_WORDS[finding.severity]}: ${alertText(finding, units)}`;
}
