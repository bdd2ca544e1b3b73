/** How long ago and how long, in words, and moments by the reader's clock. */

/** @import { Age } from "../types.js" */

import { DASH, number } from "../format.js";
import { aboutText } from "./words.js";

const DAY_MS = 86_400_000;

/**
 * `12 seconds`, which count up for ever; an estimate says so and is no finer than it knows.
 * @param {Age} age
 */
export function ageWords(age) {
  if (age.is_estimate) return aboutText(agePlain(age.ms));
  return plural(Math.floor(age.ms / 1000), "second");
}

/**
 * The same, short: `<1 s`, `12 s`, `about 3 min`.
 * @param {Age | null} age
 */
export function ageShort(age) {
  if (age === null) return DASH;
  const text = agePlainShort(age.ms / 1000);
  return age.is_estimate ? aboutText(text) : text;
}

/**
 * A moment as the reader's own wall clock shows it.
 * @param {string | null | undefined} timestamp
 */
export function clockTime(timestamp) {
  const ms = Date.parse(timestamp ?? "");
  if (Number.isNaN(ms)) return DASH;
  return new Date(ms).toLocaleTimeString(undefined, {
    hour: "2-digit",
    minute: "2-digit",
    hourCycle: "h23",
  });
}

/**
 * A moment by the reader's clock, with the date unless it is within a day.
 * @param {number} at_ms since 1970
 * @param {number} age_ms
 */
export function moment(at_ms, age_ms) {
  const date = new Date(at_ms);
  const time = clockTime(date.toISOString());
  if (age_ms < DAY_MS) return time;
  return `${date.toLocaleDateString(undefined, { day: "numeric", month: "short" })}, ${time}`;
}

/**
 * `12 s`, `5 min`, `2 h 5 min`, `3 days`.
 * @param {number} ms
 */
export function ageClock(ms) {
  const minutes = Math.floor(ms / 60_000);
  if (minutes < 1) return `${Math.floor(ms / 1000)} s`;
  if (minutes < 60) return `${minutes} min`;
  if (ms < 2 * DAY_MS) return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
  return `${Math.floor(ms / DAY_MS)} days`;
}

/**
 * `85 ms`, `1.2 s`, `3 min`.
 * @param {number} ms
 */
export function shortTime(ms) {
  if (ms < 1000) return `${Math.round(ms)} ms`;
  return ms < 60_000 ? `${number(ms / 1000, 1)} s` : ageClock(ms);
}

/** @param {number} seconds */
function agePlainShort(seconds) {
  if (seconds < 1) return "<1 s";
  if (seconds < 120) return `${Math.floor(seconds)} s`;
  if (seconds < 7200) return `${Math.floor(seconds / 60)} min`;
  if (seconds < 172_800) return `${Math.floor(seconds / 3600)} h`;
  return `${Math.floor(seconds / 86_400)} days`;
}

/** @param {number} ms */
function agePlain(ms) {
  const seconds = Math.floor(ms / 1000);
  if (seconds < 120) return plural(seconds, "second");
  if (seconds < 7200) return plural(Math.floor(seconds / 60), "minute");
  if (seconds < 172_800) return plural(Math.floor(seconds / 3600), "hour");
  return plural(Math.floor(seconds / 86_400), "day");
}

/**
 * @param {number} count
 * @param {string} noun
 */
function plural(count, noun) {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}
