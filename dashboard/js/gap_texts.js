/** Gaps and how they move, in words. Pure. */

/** @import { GapTrend } from "./gaps.js" */
/** @import { Telemetry } from "./types.js" */

import { DASH, gap, humanise, number } from "./format.js";

/** Farther ahead nobody plans by a trend. */
const MOST_LAPS = 50;

/** @param {GapTrend} trend */
export function trendText({ direction, per_lap }) {
  if (direction === null || per_lap === null) return "";
  return direction === "steady" ? direction : `${direction} ${number(Math.abs(per_lap), 2)}/lap`;
}

/**
 * In how many laps the gap is gone.
 * @param {GapTrend} trend
 */
export function caughtText({ laps }) {
  if (laps === null || laps > MOST_LAPS) return DASH;
  const whole = Math.max(1, Math.ceil(laps));
  return `${number(whole)} ${whole === 1 ? "lap" : "laps"}`;
}

/** @param {Telemetry} car */
export function leaderText({ position, gap_leader, laps_behind_leader }) {
  return position === 1 ? "leading" : gap(gap_leader, laps_behind_leader);
}

/** @param {Telemetry} car */
export function flagText({ flags }) {
  if (!flags) return DASH;
  return flags.length === 0 ? "none" : flags.map(humanise).join(", ");
}
