/** The way from the car to this page and the link to it, in words. */

/** @import { Limited, Quality, Spread } from "../types.js" */

import { DASH, number } from "../format.js";
import { shortTime } from "./ages.js";

export const COPY = "Copy link";
export const COPIED = "Copied";
export const SELECTED = "Selected: copy it";
export const NO_QR_CODE = "No code while the bridge is away.";
export const ONLY_HERE =
  "This link opens on this device only: open the page by the address of this machine in the " +
  "network for one that others can use.";
const AGE_IS_PARTIAL =
  "The monitor's clock is off, so the age leaves out what its fastest message took.";

/** @type {Readonly<Record<Limited["reason"], string>>} */
const LIMITED_WORDS = {
  asked: "to save data, as this device asks",
  "too slow": "because this browser or its network takes no more",
};

/** Clocks that are set by a time server differ by less. */
const CLOCK_AGREES_MS = 500;

/**
 * What the numbers leave open.
 * @param {Quality} quality
 * @param {Limited | null} limited
 */
export function wayNotes({ is_age_partial }, limited) {
  const notes = is_age_partial ? [AGE_IS_PARTIAL] : [];
  if (limited !== null) notes.push(limitedText(limited));
  return notes.join(" ");
}

/** @param {Limited} limited */
function limitedText({ max_hz, reason }) {
  const frames = max_hz === 1 ? "One frame" : `${number(max_hz)} frames`;
  return `${frames} a second at most, ${LIMITED_WORDS[reason]}.`;
}

/** @param {Spread | null} spread */
export function spreadText(spread) {
  if (spread === null) return DASH;
  return `${shortTime(spread.p50_ms)}, 95 % within ${shortTime(spread.p95_ms)}`;
}

/** @param {Quality["loss"]} loss */
export function lossText(loss) {
  if (loss === null || loss.sent === 0) return DASH;
  const percent = number((100 * loss.lost) / loss.sent, loss.lost === 0 ? 0 : 1);
  return `${loss.lost} of ${loss.sent} messages (${percent} %)`;
}

/** @param {Pick<Quality, "monitor_ahead_ms" | "device_ahead_ms">} quality */
export function clocksText({ monitor_ahead_ms, device_ahead_ms }) {
  const clocks = [
    { name: "monitor", ahead_ms: monitor_ahead_ms },
    { name: "this device", ahead_ms: device_ahead_ms },
  ];
  const off = clocks.flatMap(({ name, ahead_ms }) => {
    if (ahead_ms === null || Math.abs(ahead_ms) <= CLOCK_AGREES_MS) return [];
    return `${name} ${shortTime(Math.abs(ahead_ms))} ${ahead_ms > 0 ? "ahead" : "behind"}`;
  });
  if (off.length > 0) return `${off.join(", ")}, by the bridge's`;
  return clocks.some(({ ahead_ms }) => ahead_ms === null) ? DASH : "agree";
}
