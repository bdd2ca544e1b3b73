/** How long ago and how long, in words, and moments by the reader's clock. */

/** @import { Age } from "../types.js" */

import { DASH, number } from "../format.js";
import { say, sayCount } from "../say.js";
import { AGES } from "../words.js";
import { aboutText } from "./phrases.js";

const DAY_MS = 86_400_000;

/**
 * `12 seconds`, which count up for ever; an estimate says so and is no finer than it knows.
 * @param {Age} age
 */
export function ageWords(age) {
  if (age.is_estimate) return aboutText(agePlain(age.ms));
  return sayCount(AGES.seconds, Math.floor(age.ms / 1000));
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
 * `12 s`, `5 min`, `2 h 5 min`, `3 d`.
 * @param {number} ms
 */
export function ageClock(ms) {
  const minutes = Math.floor(ms / 60_000);
  if (minutes < 1) return say(AGES.s, { s: Math.floor(ms / 1000) });
  if (minutes < 60) return say(AGES.min, { min: minutes });
  if (ms < 2 * DAY_MS) return say(AGES.h_min, { h: Math.floor(minutes / 60), min: minutes % 60 });
  return say(AGES.d, { d: Math.floor(ms / DAY_MS) });
}

/**
 * `85 ms`, `1.2 s`, `3 min`.
 * @param {number} ms
 */
export function shortTime(ms) {
  if (ms < 1000) return say(AGES.ms, { ms: Math.round(ms) });
  return ms < 60_000 ? say(AGES.s, { s: number(ms / 1000, 1) }) : ageClock(ms);
}

/** @param {number} seconds */
function agePlainShort(seconds) {
  if (seconds < 1) return AGES.now;
  if (seconds < 120) return say(AGES.s, { s: Math.floor(seconds) });
  if (seconds < 7200) return say(AGES.min, { min: Math.floor(seconds / 60) });
  if (seconds < 172_800) return say(AGES.h, { h: Math.floor(seconds / 3600) });
  return say(AGES.d, { d: Math.floor(seconds / 86_400) });
}

/** @param {number} ms */
function agePlain(ms) {
  const seconds = Math.floor(ms / 1000);
  if (seconds < 120) return sayCount(AGES.seconds, seconds);
  if (seconds < 7200) return sayCount(AGES.minutes, Math.floor(seconds / 60));
  if (seconds < 172_800) return sayCount(AGES.hours, Math.floor(seconds / 3600));
  return sayCount(AGES.days, Math.floor(seconds / 86_400));
}
