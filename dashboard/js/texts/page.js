/** The state of the page, its notices and who is there, in words. */

/** @import { Age, PageState, Picture, View } from "../types.js" */

import { DASH, duration, number } from "../format.js";
import { say, sayCount } from "../say.js";
import { CONNECTION, MONITORS, OTHERS, PHRASES, RACE, SPOKEN } from "../words.js";
import { ageClock, ageWords, moment } from "./ages.js";
import { isolated, lapCount } from "./phrases.js";

const APP = "pitboard";
const MAX_OTHERS = 4;

/**
 * The connection in one line; `quiet` is how long nothing live has come.
 * @param {PageState} state
 * @param {Age | null} quiet
 * @returns {string}
 */
export function connectionText(state, quiet) {
  if (state === "connecting" || state === "disconnected") return CONNECTION[state];
  if (state === "stale" && quiet !== null) return say(CONNECTION.stale, { age: ageWords(quiet) });
  return CONNECTION.connected;
}

/**
 * Where the values come from when it is not the bridge.
 * @param {View["kept"]} kept
 */
export function keptText(kept) {
  if (kept === null) return "";
  const { at, age_ms } = kept;
  return say(CONNECTION.kept, { moment: moment(at, age_ms), age: ageClock(age_ms) });
}

/**
 * What a screen reader is told: the change, never the seconds that count up.
 * @param {PageState} state
 * @param {boolean} is_kept
 * @returns {string}
 */
export function announcement(state, is_kept) {
  return is_kept ? say(SPOKEN.kept, { state: SPOKEN[state] }) : SPOKEN[state];
}

/** @param {string} text */
export const bridgeSays = (text) => say(CONNECTION.bridge_says, { text });

/** @param {Pick<Picture, "monitor_id" | "monitor_state" | "is_heard">} picture */
export function monitorText({ monitor_id, monitor_state, is_heard }) {
  if (monitor_id !== null && !is_heard) return PHRASES.unknown;
  return monitor_state === null ? DASH : MONITORS.states[monitor_state];
}

/** @param {Pick<Picture, "others" | "is_heard">} picture */
export function othersText({ others, is_heard }) {
  if (others.length === 0) return "";
  const named = others.slice(0, MAX_OTHERS).map(({ name, state }) => {
    const known = state === null ? DASH : MONITORS.states[state];
    return say(OTHERS.monitor, { name: isolated(name), state: is_heard ? known : PHRASES.unknown });
  });
  const names = named.join(", ");
  const count = others.length - MAX_OTHERS;
  return say(OTHERS.here, { names: count > 0 ? sayCount(OTHERS.more, count, { names }) : names });
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
  return parts.length === 0 ? "" : say(RACE.stint, { parts: parts.join(", ") });
}
