/** Gaps and how they move, in words. Pure. */

/** @import { GapTrend } from "../gaps.js" */
/** @import { Telemetry } from "../types.js" */

import { DASH, gap, humanise, lapTime, number } from "../format.js";
import { lapCount } from "./words.js";

/** Farther ahead nobody plans by a trend. */
const MOST_LAPS = 50;

/** @type {Readonly<Record<NonNullable<GapTrend["direction"]>, string>>} */
const DIRECTIONS = { closing: "closing", opening: "opening", steady: "steady" };

/** @param {GapTrend} trend */
export function trendText({ direction, per_lap }) {
  if (direction === null || per_lap === null) return "";
  const word = DIRECTIONS[direction];
  return direction === "steady" ? word : `${word} ${number(Math.abs(per_lap), 2)}/lap`;
}

/**
 * In how many laps the gap is gone.
 * @param {GapTrend} trend
 */
export function caughtText({ laps }) {
  if (laps === null || laps > MOST_LAPS) return DASH;
  const whole = Math.max(1, Math.ceil(laps));
  return lapCount(number(whole));
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

/** @param {Telemetry} car */
export function leaderLapText({ leader_lap_time }) {
  return typeof leader_lap_time === "number" ? `lap ${lapTime(leader_lap_time)}` : "";
}
