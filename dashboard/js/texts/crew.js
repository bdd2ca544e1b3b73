/** Stint, drivers and what the rules leave them, in words. Pure. */

/** @import { DriverTime } from "../drivers.js" */
/** @import { Swap } from "../stint.js" */
/** @import { MonitorState, OtherMonitor, Telemetry } from "../types.js" */

import { DASH, duration, number } from "../format.js";
import { say } from "../say.js";
import { DRIVERS, MONITORS, PHRASES } from "../words.js";
import { clockTime } from "./ages.js";
import { pitStateName } from "./names.js";
import { aboutText, isolated, ofText } from "./phrases.js";

/** s left at which the next driver has to get ready. */
const SOON_S = 900;

/**
 * @typedef {object} DriverRow
 * @property {string} name
 * @property {string} driven
 * @property {string} laps
 * @property {string} at_once since the driver got in
 * @property {string} may what a rule leaves
 * @property {string} must what a rule still asks for
 * @property {string} presence
 * @property {boolean} is_driving
 * @property {"" | "warn" | "bad"} level
 */

/**
 * @param {readonly DriverTime[]} drivers
 * @param {readonly OtherMonitor[]} others
 * @returns {DriverRow[]}
 */
export function driverRows(drivers, others) {
  return drivers.map((each) => ({
    name: each.driver,
    driven: about(each.time_s, each.estimated),
    laps: number(each.laps),
    at_once: each.is_driving ? about(each.continuous_s, each.estimated) : "",
    may: mayText(each.may_s),
    must: each.must_s === null ? "" : each.must_s > 0 ? duration(each.must_s) : DRIVERS.done,
    is_driving: each.is_driving,
    presence: presenceOf(each, others),
    level: levelOf(each),
  }));
}

/** @param {readonly Swap[]} swaps oldest first */
export function swapText(swaps) {
  const last = swaps.at(-1);
  if (last === undefined) return "";
  const name = isolated(last.to);
  const swap =
    last.lap === null
      ? say(DRIVERS.took_over, { name })
      : say(DRIVERS.took_over_on, { name, lap: number(last.lap) });
  const time = clockTime(last.at);
  return time === DASH ? swap : say(DRIVERS.at, { swap, time });
}

/**
 * @param {number | null} seconds
 * @param {boolean} estimated
 */
export function about(seconds, estimated) {
  const text = duration(seconds);
  return estimated && text !== DASH ? aboutText(text) : text;
}

/** @param {Telemetry} car */
export function pitText({ pit_state }) {
  return pit_state ? pitStateName(pit_state) : DASH;
}

/** @param {number | null} may_s */
function mayText(may_s) {
  if (may_s === null) return "";
  return may_s < 0 ? say(DRIVERS.over_by, { time: duration(-may_s) }) : duration(may_s);
}

/**
 * @param {DriverTime} driver
 * @param {readonly OtherMonitor[]} others
 */
function presenceOf({ driver, is_driving }, others) {
  if (is_driving) return DRIVERS.driving;
  const monitor = others.find(({ name }) => name === driver);
  if (monitor === undefined) return "";
  return monitor.state === "online" ? DRIVERS.connected : monitorWord(monitor.state);
}

/** @param {MonitorState | null} state */
const monitorWord = (state) => (state === null ? PHRASES.unknown : MONITORS.states[state]);

/** @param {DriverTime} driver */
function levelOf({ is_driving, may_s }) {
  if (may_s === null) return "";
  if (may_s <= 0) return "bad";
  return is_driving && may_s < SOON_S ? "warn" : "";
}

/**
 * @param {number | null | undefined} points
 * @param {number | null | undefined} most
 */
export function limitsText(points, most) {
  const said = number(points);
  return said !== DASH && typeof most === "number" ? ofText(said, number(most)) : said;
}
