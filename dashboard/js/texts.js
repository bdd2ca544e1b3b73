/** What the page says about its own state, in one place so that tests and people find it. */

/** @import { Age, MonitorState, PageState, View } from "./types.js" */

import { ageClock, ageWords, moment } from "./format.js";

export const WAITING = "Waiting for the first message of this session";
export const NOBODY = "No monitor is in control of the car";
export const NO_TELEMETRY = "A monitor is there, but no telemetry of the car has come yet";
export const UNHEARD = "unknown";
export const BROKER_LOST = "The bridge has lost the broker: nothing new can arrive";

/** @type {Record<MonitorState, string>} */
export const MONITOR_WORDS = {
  online: "on track",
  idle: "connected, nobody drives",
  offline: "signed off",
  lost: "signal lost",
};

/**
 * The connection in one line; `quiet` is how long nothing live has come.
 * @param {PageState} state
 * @param {Age | null} quiet
 * @returns {string}
 */
export function connectionText(state, quiet) {
  if (state === "connecting") return "Connecting...";
  if (state === "disconnected") return "🔴 Disconnected (attempting to reconnect...)";
  if (state === "stale" && quiet !== null) {
    return `⚠️ Data may be stale (last update ${ageWords(quiet)} ago)`;
  }
  return "🟢 Connected";
}

/**
 * Where the values come from when it is not the bridge.
 * @param {View["kept"]} kept
 */
export function keptText(kept) {
  if (kept === null) return "";
  const { at, age_ms } = kept;
  return `Kept in this browser, from ${moment(at, age_ms)} (${ageClock(age_ms)} ago)`;
}

/**
 * What a screen reader is told: the change, never the seconds that count up.
 * @param {PageState} state
 * @param {boolean} is_kept
 * @returns {string}
 */
export function announcement(state, is_kept) {
  const said = stateWords(state);
  return is_kept ? `${said}. Showing what this browser kept` : said;
}

/** @param {PageState} state */
function stateWords(state) {
  if (state === "connecting") return "Connecting";
  if (state === "disconnected") return "Disconnected, attempting to reconnect";
  if (state === "stale") return "Data may be stale";
  if (state === "waiting") return WAITING;
  return "Connected";
}
