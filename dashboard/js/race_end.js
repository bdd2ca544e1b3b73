/**
 * How many laps are left to drive. The overall leader ends the race: at the first line that he
 * crosses once the time is up or his laps are driven; the other cars finish the lap they are on.
 *
 * Stops to come are not taken off, so of a long race there are rather fewer.
 */

/** @import { Maybe, RaceProgress } from "./race_progress.js" */
/** @import { Meta, Telemetry } from "./types.js" */

import { known } from "./race_progress.js";
import { ROUNDING } from "./stats.js";

/** @typedef {"no race" | "not started" | "over" | "no lap" | "no end" | "learning"} NoEnd */

/**
 * @typedef {object} RaceEnd
 * @property {number | null} final_lap the lap at whose end this car is flagged
 * @property {number | null} laps_to_go from where the car is, in laps
 * @property {"time" | "laps" | "flag" | null} ended_by the first limit that is reached
 * @property {boolean} is_close whether the leader reaches the line so shortly after the time is up
 *   that he may be there before it; one lap more is driven then
 * @property {boolean} estimated whether the leader's pace or place, or the car's, is assumed
 * @property {NoEnd | null} reason why the end is not known
 */

/** @typedef {{ laps: number, pace_s: number, estimated: boolean }} Leader */

const NOT_RACES = new Set(["practice", "qualifying", "warmup", "test", "hotlap"]);
const BEFORE = new Set(["garage", "formation", "countdown"]);

/** A leader's lap slower than ours by more was one in the pits or behind a yellow flag. */
const LEADER_SLOWEST = 1.05;
/** Of his lap, in which gaps and lap times cannot say on which side of the line he is. */
const CLOSE = 0.05;

/**
 * @param {Telemetry} car
 * @param {Meta} meta
 * @param {RaceProgress | null} progress
 * @param {number | null} pace_s the car's own, s a lap
 * @returns {RaceEnd}
 */
export function raceEnd(car, meta, progress, pace_s) {
  const reason = whyNone(car, meta);
  if (reason !== null) return unknown(reason);
  if (progress === null) return unknown("no lap");
  if (car.flags?.includes("checkered")) return endAt(progress, progress.lap, "flag");
  const { time_s, laps } = limitsOf(car, meta, progress);
  if (laps !== null && progress.lap > laps) return unknown("over");
  if (time_s === null && laps === null) return unknown("no end");
  if (pace_s === null) return endWithoutPace(car, progress, time_s, laps);
  const leader = leaderOf(car, progress, pace_s);
  const flag = flagOf(leader, time_s, laps);
  const to_line_s = (1 - progress.part) * pace_s;
  const more = (/** @type {number} */ flag_s) => crossings(flag_s - to_line_s, pace_s);
  const is_close = more(flag.latest_s) > more(flag.in_s);
  const { ended_by } = flag;
  const { estimated } = leader;
  return endAt(progress, progress.lap + more(flag.in_s), ended_by, { is_close, estimated });
}

/**
 * @param {Telemetry} car
 * @param {Meta} meta
 * @returns {NoEnd | null}
 */
function whyNone({ session_phase }, { session_type, race_time, race_laps }) {
  if (NOT_RACES.has(session_type ?? "")) return "no race";
  // A session of no known type is a race if it has a race's length.
  const has_length = positive(race_time) !== null || positive(race_laps) !== null;
  if (session_type !== "race" && !has_length) return "no race";
  if (session_phase === "over") return "over";
  return BEFORE.has(session_phase ?? "") ? "not started" : null;
}

/**
 * The time left, and the laps of the whole race for who is not lapped.
 * @param {Telemetry} car
 * @param {Meta} meta
 * @param {RaceProgress} progress
 */
function limitsOf({ time_remaining, laps_remaining }, { race_laps, race_time }, { lap }) {
  const left = known(laps_remaining);
  const laps = positive(race_laps) ?? (left === null ? null : lap - 1 + left);
  // The clock of a race by laps may stand at 0.
  const is_timed = positive(race_time) !== null || laps === null;
  return { time_s: is_timed ? known(time_remaining) : null, laps };
}

/**
 * Of a race by laps alone the end is known without a pace: each lap behind is one fewer.
 * @param {Telemetry} car
 * @param {RaceProgress} progress
 * @param {number | null} time_s
 * @param {number | null} laps
 */
function endWithoutPace({ position, laps_behind_leader }, progress, time_s, laps) {
  if (time_s !== null || laps === null) return unknown("learning");
  const behind = position === 1 ? 0 : (known(laps_behind_leader) ?? 0);
  const estimated = position !== 1;
  return endAt(progress, Math.max(progress.lap, laps - behind), "laps", { estimated });
}

/**
 * Where the overall leader is and how fast, as far as it is known; else he is beside this car and
 * as fast.
 * @param {Telemetry} car
 * @param {RaceProgress} progress
 * @param {number} pace_s
 * @returns {Leader}
 */
function leaderOf({ position, gap_leader, laps_behind_leader, leader_lap_time }, progress, pace_s) {
  if (position === 1) return { laps: progress.laps, pace_s, estimated: false };
  const lap_s = known(leader_lap_time);
  const is_pace = lap_s !== null && lap_s > 0 && lap_s <= pace_s * LEADER_SLOWEST;
  const leader_s = is_pace ? lap_s : pace_s;
  const [gap_s, whole] = [known(gap_leader), known(laps_behind_leader)];
  // Some sources count whole laps out of the gap, and some do not.
  const is_rest = gap_s === null || gap_s < pace_s;
  const behind = (gap_s ?? 0) / leader_s + (is_rest ? (whole ?? 0) : 0);
  const estimated = !is_pace || gap_s === null || whole === null;
  return { laps: progress.laps + behind, pace_s: leader_s, estimated };
}

/**
 * When the leader gets the flag, and when if he is a little faster than he seems.
 * @param {Leader} leader
 * @param {number | null} time_s
 * @param {number | null} laps
 * @returns {{ in_s: number, latest_s: number, ended_by: "time" | "laps" }}
 */
function flagOf(leader, time_s, laps) {
  const by_laps_s = laps === null ? Infinity : Math.max(0, (laps - leader.laps) * leader.pace_s);
  const by_time_s = time_s === null ? Infinity : flagByTime(leader, time_s);
  const later_s = time_s === null ? Infinity : flagByTime(leader, time_s + CLOSE * leader.pace_s);
  return {
    in_s: Math.min(by_time_s, by_laps_s),
    latest_s: Math.min(later_s, by_laps_s),
    ended_by: by_time_s < by_laps_s ? "time" : "laps",
  };
}

/**
 * When the leader first crosses the line with no time left, in s.
 * @param {Leader} leader
 * @param {number} time_s
 */
function flagByTime({ laps, pace_s }, time_s) {
  const to_line_s = (Math.floor(laps) + 1 - laps) * pace_s;
  return to_line_s + crossings(time_s - to_line_s, pace_s) * pace_s;
}

/**
 * How many laps more it takes, after the next line, until so many seconds have passed.
 * @param {number} time_s
 * @param {number} pace_s
 */
function crossings(time_s, pace_s) {
  return Math.max(0, Math.ceil(time_s / pace_s - ROUNDING));
}

/** @param {Maybe} value */
function positive(value) {
  const number = known(value);
  return number !== null && number > 0 ? number : null;
}

/**
 * @param {RaceProgress} progress
 * @param {number} final_lap
 * @param {RaceEnd["ended_by"]} ended_by
 * @param {{ is_close?: boolean, estimated?: boolean }} [how]
 * @returns {RaceEnd}
 */
function endAt(progress, final_lap, ended_by, { is_close = false, estimated = false } = {}) {
  const laps_to_go = final_lap - progress.laps;
  const is_estimate = estimated || progress.estimated;
  return { final_lap, laps_to_go, ended_by, is_close, estimated: is_estimate, reason: null };
}

/**
 * @param {NoEnd} reason
 * @returns {RaceEnd}
 */
function unknown(reason) {
  return {
    final_lap: null,
    laps_to_go: null,
    ended_by: null,
    is_close: false,
    estimated: false,
    reason,
  };
}
