/** What the start page and the page of several cars say. */

import { ageShort } from "./ages.js";
import { BROKER_LOST_SHORT, MONITOR_WORDS } from "./page.js";
import { isolated, MONITOR_STATES } from "./words.js";

/** @import { MonitorState, View } from "../types.js" */
/** @import { ListedMonitor } from "../sessions.js" */

export const NO_ID_TYPED = "Type the session id, or paste the link.";
export const NOT_AN_ID =
  "That is no session id: lower-case letters, digits, - and _, at most 64, starting with a letter or digit.";
export const CAR_UNKNOWN = "Car not known yet";

/** @param {Pick<ListedMonitor, "monitor_id" | "state" | "driver" | "age_s">} monitor */
export function listedMonitorText({ monitor_id, state, driver, age_s }) {
  const said = `${isolated(driver ?? monitor_id)}: ${MONITOR_WORDS[state]}`;
  // A live monitor's age is seconds and says nothing; of a silent one it is what matters.
  if (age_s === null || state === "online" || state === "idle") return said;
  return `${said} ${ageShort({ ms: age_s * 1000, is_estimate: false })} ago`;
}

/**
 * @param {number} live
 * @param {number} all
 */
export const carsText = (live, all) => `${live} of ${all} cars live`;

/** @param {Pick<View, "has_broker" | "monitor_state" | "state" | "connection">} view */
export function carStateText({ has_broker, monitor_state, state, connection }) {
  if (!has_broker) return BROKER_LOST_SHORT;
  if (state === "live" && monitor_state !== null && monitor_state !== "online") {
    return monitorStateText(monitor_state);
  }
  return state === "waiting" ? "Nothing published yet" : connection;
}

/** @param {MonitorState} state */
const monitorStateText = (state) => `Monitor ${MONITOR_STATES[state]}`;
