/** The state of the page, its notices and who is there, in words. */

/** @import { Age, MonitorState, PageState, Picture, View } from "../types.js" */

import { DASH, duration, humanise, number } from "../format.js";
import { ageClock, ageWords, moment } from "./ages.js";
import { isolated, lapCount, MONITOR_STATES, UNHEARD } from "./words.js";

export const WAITING = "Waiting for the first message of this session";
export const NOBODY = "No monitor is in control of the car";
export const NO_TELEMETRY = "A monitor is there, but no telemetry of the car has come yet";
export const BROKER_LOST_SHORT = "The bridge has lost the broker";
export const BROKER_LOST = `${BROKER_LOST_SHORT}: nothing new can arrive`;
export const LAP_INVALID = "Lap does not count";

const APP = "pitboard";
const MAX_OTHERS = 4;

/** @type {ReadonlyMap<string, string>} */
const PIT_NOTICES = new Map([
  ["requested", "Pit stop requested"],
  ["entering", "Entering the pits"],
  ["stopped", "In the box"],
  ["exiting", "Leaving the pits"],
  ["garage", "In the garage"],
]);

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

/** @param {string} pit_state */
export const pitNotice = (pit_state) => PIT_NOTICES.get(pit_state) ?? humanise(pit_state);

/** @param {string} flag */
export const flagNotice = (flag) => `${humanise(flag)} flag`;

/** @param {string} said */
export const bridgeSays = (said) => `The bridge says: ${said}`;

/** @param {Pick<Picture, "monitor_id" | "monitor_state" | "is_heard">} picture */
export function monitorText({ monitor_id, monitor_state, is_heard }) {
  if (monitor_id !== null && !is_heard) return UNHEARD;
  return monitor_state === null ? DASH : MONITOR_STATES[monitor_state];
}

/** @param {Pick<Picture, "others" | "is_heard">} picture */
export function othersText({ others, is_heard }) {
  if (others.length === 0) return "";
  const names = others.slice(0, MAX_OTHERS).map(({ name, state }) => {
    const known = state === null ? DASH : MONITOR_STATES[state];
    return `${isolated(name)} (${is_heard ? known : UNHEARD})`;
  });
  const more = others.length > MAX_OTHERS ? ` and ${others.length - MAX_OTHERS} more` : "";
  return `Also here: ${names.join(", ")}${more}`;
}

/** @param {Picture["meta"]} meta */
export function trackText({ track, layout }) {
  return track && layout ? `${isolated(track)}, ${layout}` : track || layout || "";
}

/** @param {Picture["meta"]} meta */
export function titleText({ car, car_number }) {
  return car ? `${car_number ?? ""} ${car} – ${APP}`.trim() : APP;
}

/**
 * @param {number | null | undefined} laps
 * @param {number | null | undefined} seconds
 */
export function stintText(laps, seconds) {
  const parts = [];
  if (typeof laps === "number") parts.push(lapCount(number(laps)));
  if (typeof seconds === "number") parts.push(duration(seconds));
  return parts.length === 0 ? "" : `stint ${parts.join(", ")}`;
}
