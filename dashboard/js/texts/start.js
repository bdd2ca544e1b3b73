/** What the start page and the page of several cars say. */

/** @import { MonitorState, View } from "../types.js" */
/** @import { ListedMonitor } from "../sessions.js" */

import { say, sayCount } from "../say.js";
import { MONITORS, START, TROUBLE } from "../words.js";
import { ageShort } from "./ages.js";
import { isolated } from "./phrases.js";

/** @param {Pick<ListedMonitor, "monitor_id" | "state" | "driver" | "age_s">} monitor */
export function listedMonitorText({ monitor_id, state, driver, age_s }) {
  const said = { name: isolated(driver ?? monitor_id), state: MONITORS.meanings[state] };
  // A live monitor's age is seconds and says nothing; of a silent one it is what matters.
  if (age_s === null || state === "online" || state === "idle") {
    return say(START.monitor, said);
  }
  const age = ageShort({ ms: age_s * 1000, is_estimate: false });
  return say(START.monitor_age, { ...said, age });
}

/**
 * @param {number} live
 * @param {number} all
 */
export const carsText = (live, all) => sayCount(START.cars_live, all, { live });

/** @param {Pick<View, "has_broker" | "monitor_state" | "state" | "connection">} view */
export function carStateText({ has_broker, monitor_state, state, connection }) {
  if (!has_broker) return TROUBLE.broker_lost_short;
  if (state === "live" && monitor_state !== null && monitor_state !== "online") {
    return monitorStateText(monitor_state);
  }
  return state === "waiting" ? START.nothing_yet : connection;
}

/** @param {MonitorState} state */
const monitorStateText = (state) =>
  say(START.monitor_state, { state: MONITORS.states[state] });
