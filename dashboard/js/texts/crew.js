/** Stint, drivers and what the rules leave them, in words. Pure. */

/** @import { DriverTime } from "../drivers.js" */
/** @import { Swap } from "../stint.js" */
/** @import { MonitorState, OtherMonitor, Telemetry } from "../types.js" */

import { DASH, duration, humanise, number } from "../format.js";
import { clockTime } from "./ages.js";
import { aboutText, isolated, MONITOR_STATES, ofText, UNHEARD } from "./words.js";

const DRIVING = "driving";

/** s left at which the next driver has to get ready. */
const SOON_S = 900;

/** @type {ReadonlyMap<string, string>} */
const PIT_WORDS = new Map([
  ["none", "on track"],
  ["requested", "stop requested"],
  ["entering", "entering"],
  ["stopped", "in the box"],
  ["exiting", "leaving"],
  ["garage", "in the garage"],
]);

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
    must: each.must_s === null ? "" : each.must_s > 0 ? duration(each.must_s) : "done",
    is_driving: each.is_driving,
    presence: presenceOf(each, others),
    level: levelOf(each),
  }));
}

/** @param {readonly Swap[]} swaps oldest first */
export function swapText(swaps) {
  const last = swaps.at(-1);
  if (last === undefined) return "";
  const on = last.lap === null ? "" : ` on lap ${number(last.lap)}`;
  const at = clockTime(last.at);
  return `${isolated(last.to)} took over${on}${at === DASH ? "" : `, ${at}`}`;
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
  if (!pit_state) return DASH;
  return PIT_WORDS.get(pit_state) ?? humanise(pit_state);
}

/** @param {number | null} may_s */
function mayText(may_s) {
  if (may_s === null) return "";
  return may_s < 0 ? `over by ${duration(-may_s)}` : duration(may_s);
}

/**
 * @param {DriverTime} driver
 * @param {readonly OtherMonitor[]} others
 */
function presenceOf({ driver, is_driving }, others) {
  if (is_driving) return DRIVING;
  const monitor = others.find(({ name }) => name === driver);
  if (monitor === undefined) return "";
  return monitor.state === "online" ? "connected" : monitorWord(monitor.state);
}

/** @param {MonitorState | null} state */
const monitorWord = (state) => (state === null ? UNHEARD : MONITOR_STATES[state]);

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
