/** Gaps and how they move, in words. Pure. */

/** @import { GapTrend } from "../gaps.js" */
/** @import { Telemetry } from "../types.js" */

import { DASH, gap, lapTime, number } from "../format.js";
import { say } from "../say.js";
import { GAPS, RACE } from "../words.js";
import { flagName } from "./names.js";
import { lapCount } from "./phrases.js";

/** Farther ahead nobody plans by a trend. */
const MOST_LAPS = 50;

/** @param {GapTrend} trend */
export function trendText({ direction, per_lap }) {
  if (direction === null || per_lap === null) return "";
  return say(GAPS[direction], { seconds: number(Math.abs(per_lap), 2) });
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
  return position === 1 ? RACE.leading : gap(gap_leader, laps_behind_leader);
}

/** @param {Telemetry} car */
export function flagText({ flags }) {
  if (!flags) return DASH;
  return flags.length === 0 ? RACE.no_flag : flags.map(flagName).join(", ");
}

/** @param {Telemetry} car */
export function leaderLapText({ leader_lap_time }) {
  if (typeof leader_lap_time !== "number") return "";
  return say(RACE.leader_lap, { time: lapTime(leader_lap_time) });
}
