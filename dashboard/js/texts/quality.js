/** The way from the car to this page, in words. */

/** @import { Limited, Quality, Spread } from "../types.js" */

import { DASH, number } from "../format.js";
import { say, sayCount } from "../say.js";
import { QUALITY } from "../words.js";
import { shortTime } from "./ages.js";

/** Clocks that are set by a time server differ by less. */
const CLOCK_AGREES_MS = 500;

/**
 * What the numbers leave open.
 * @param {Quality} quality
 * @param {Limited | null} limited
 */
export function wayNotes({ is_age_partial }, limited) {
  /** @type {string[]} */
  const notes = is_age_partial ? [QUALITY.age_is_partial] : [];
  if (limited !== null) notes.push(limitedText(limited));
  return notes.join(" ");
}

/** @param {Limited} limited */
function limitedText({ max_hz, reason }) {
  return sayCount(QUALITY.limited, number(max_hz), { reason: QUALITY.limited_by[reason] });
}

/** @param {Spread | null} spread */
export function spreadText(spread) {
  if (spread === null) return DASH;
  return say(QUALITY.spread, { median: shortTime(spread.p50_ms), most: shortTime(spread.p95_ms) });
}

/** @param {Quality["loss"]} loss */
export function lossText(loss) {
  if (loss === null || loss.sent === 0) return DASH;
  const percent = number((100 * loss.lost) / loss.sent, loss.lost === 0 ? 0 : 1);
  return say(QUALITY.loss, { ...loss, percent });
}

/** @param {Pick<Quality, "monitor_ahead_ms" | "device_ahead_ms">} quality */
export function clocksText({ monitor_ahead_ms, device_ahead_ms }) {
  const clocks = [
    { name: QUALITY.monitor, ahead_ms: monitor_ahead_ms },
    { name: QUALITY.device, ahead_ms: device_ahead_ms },
  ];
  const off = clocks.flatMap(({ name, ahead_ms }) => {
    if (ahead_ms === null || Math.abs(ahead_ms) <= CLOCK_AGREES_MS) return [];
    const words = ahead_ms > 0 ? QUALITY.clock_ahead : QUALITY.clock_behind;
    return say(words, { clock: name, time: shortTime(Math.abs(ahead_ms)) });
  });
  if (off.length > 0) return say(QUALITY.clocks_off, { clocks: off.join(", ") });
  return clocks.some(({ ahead_ms }) => ahead_ms === null) ? DASH : QUALITY.clocks_agree;
}
