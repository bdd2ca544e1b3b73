/** Whether the tanks reach the flag, and on which laps a stop for them is in time. */

/** @import { Lack, Reach, Tank } from "./energy.js" */
/** @import { NoEnd, RaceEnd } from "./race_end.js" */
/** @import { RaceProgress } from "./race_progress.js" */
/** @import { Meta, Telemetry } from "./types.js" */

import { isUsed } from "./energy.js";
import { isInPits } from "./pits.js";
import { known } from "./race_progress.js";
import { ROUNDING } from "./stats.js";

/**
 * Of fuel in L, of virtual energy in %; null while the end, the use or the level is unknown.
 * @typedef {object} Need
 * @property {number | null} needed to the flag
 * @property {number | null} over that is left there; below 0, what is missing
 * @property {number | null} needed_spare with one lap more
 * @property {number | null} over_spare
 */

/** @typedef {NoEnd | Lack | "no capacity" | "reaches flag" | "in pits" | "too late"} NoStop */

/**
 * The lap at whose end the car is to enter the pits, or why there is none.
 * @typedef {{ lap: number, reason: null } | { lap: null, reason: NoStop }} Stop
 */

/**
 * @typedef {object} ToFlag
 * @property {Need} fuel
 * @property {Need | null} energy null in a class without
 * @property {boolean | null} reaches_flag
 * @property {Stop} pit_by the last lap; the tanks last to the end of the pit lane
 * @property {Stop} pit_from the first lap from which full tanks reach the flag; when it is after
 *   `pit_by`, one stop is not enough
 */

/**
 * The pit lane of a lap in laps from the line at its end, below 0 before it. Where the box is in
 * it nobody tells, so a stop is to be in time for both ends.
 * @typedef {{ from: number, to: number, entry: number | null }} Lane
 */

/**
 * @param {Telemetry} car
 * @param {Meta} meta
 * @param {RaceProgress | null} progress
 * @param {Reach} reach
 * @param {RaceEnd} end
 * @returns {ToFlag}
 */
export function toFlag(car, meta, progress, reach, end) {
  const fuel = needOf(reach.fuel, end);
  const energy = reach.energy === null ? null : needOf(reach.energy, end);
  const reaches_flag = reachesFlag(reach, fuel, energy, end);
  const stops = stopsOf(car, laneOf(meta), progress, reach, end, reaches_flag === true);
  return { fuel, energy, reaches_flag, ...stops };
}

/**
 * @param {Tank} tank
 * @param {RaceEnd} end
 * @returns {Need}
 */
function needOf({ left, use }, { laps_to_go }) {
  const needed = use === null || laps_to_go === null ? null : laps_to_go * use;
  const needed_spare = needed === null || use === null ? null : needed + use;
  return {
    needed,
    over: left === null || needed === null ? null : left - needed,
    needed_spare,
    over_spare: left === null || needed_spare === null ? null : left - needed_spare,
  };
}

/**
 * @param {Reach} reach
 * @param {Need} fuel
 * @param {Need | null} energy
 * @param {RaceEnd} end
 */
function reachesFlag(reach, fuel, energy, { laps_to_go }) {
  if (laps_to_go === null) return null;
  const needs = isUsed(reach.fuel) ? [fuel] : [];
  if (reach.energy !== null && energy !== null && isUsed(reach.energy)) needs.push(energy);
  if (needs.some(({ over }) => over !== null && over < -ROUNDING)) return false;
  return needs.some(({ over }) => over === null) ? null : true;
}

/**
 * @param {Telemetry} car
 * @param {Lane} lane
 * @param {RaceProgress | null} progress
 * @param {Reach} reach
 * @param {RaceEnd} end
 * @param {boolean} reaches_flag
 * @returns {Pick<ToFlag, "pit_by" | "pit_from">}
 */
function stopsOf(car, lane, progress, reach, end, reaches_flag) {
  const why = whyNoStop(car, progress, reaches_flag);
  if (why !== null || progress === null) {
    const none = noStop(why ?? "no lap");
    return { pit_by: none, pit_from: none };
  }
  const first = firstEntry(car, progress, lane);
  const by = lastEntry(progress, reach, lane);
  const is_late = by.lap !== null && by.lap < first;
  const late = noStop(isInPits(car) ? "in pits" : "too late");
  return { pit_by: is_late ? late : by, pit_from: windowStart(reach, end, lane, first) };
}

/**
 * @param {Telemetry} car
 * @param {RaceProgress | null} progress
 * @param {boolean} reaches_flag
 * @returns {NoStop | null}
 */
function whyNoStop({ pit_state }, progress, reaches_flag) {
  if (progress === null) return "no lap";
  if (pit_state === "garage") return "in pits";
  return reaches_flag ? "reaches flag" : null;
}

/**
 * The lap at whose end the car can enter the pits next.
 * @param {Telemetry} car
 * @param {RaceProgress} progress
 * @param {Lane} lane
 */
function firstEntry(car, { lap, part }, { entry }) {
  const is_entered = isInPits(car) && part > 0.5;
  const is_past = entry !== null && part > entry;
  return is_entered || is_past ? lap + 1 : lap;
}

/**
 * @param {RaceProgress} progress
 * @param {Reach} reach
 * @param {Lane} lane
 * @returns {Stop}
 */
function lastEntry(progress, { laps_left, reason }, lane) {
  if (laps_left === null) return noStop(reason ?? "no data");
  return { lap: Math.floor(progress.laps + laps_left - lane.to + ROUNDING), reason: null };
}

/**
 * @param {Reach} reach
 * @param {RaceEnd} end
 * @param {Lane} lane
 * @param {number} first
 * @returns {Stop}
 */
function windowStart({ fuel, energy }, { final_lap, reason }, lane, first) {
  if (final_lap === null) return noStop(reason ?? "no end");
  let lasts = Infinity;
  for (const tank of [fuel, energy]) {
    if (tank === null || !isUsed(tank)) continue;
    if (tank.use === null) return noStop(tank.reason ?? "no data");
    if (tank.full === null) return noStop("no capacity");
    lasts = Math.min(lasts, tank.full / tank.use);
  }
  return {
    lap: Math.max(first, Math.ceil(final_lap - lasts - lane.from - ROUNDING)),
    reason: null,
  };
}

/**
 * Without its ends the pit lane is taken for a point on the line.
 * @param {Meta} meta
 * @returns {Lane}
 */
function laneOf({ track_length, pit_entry, pit_exit }) {
  const [length, begin, end] = [known(track_length), known(pit_entry), known(pit_exit)];
  if (length === null || begin === null || end === null) return { from: 0, to: 0, entry: null };
  if (length <= 0 || begin > length || end > length) return { from: 0, to: 0, entry: null };
  const from = begin / length - 1;
  const long = (end - begin) / length;
  return { from, to: from + (long < 0 ? long + 1 : long), entry: begin / length };
}

/**
 * @param {NoStop} reason
 * @returns {Stop}
 */
function noStop(reason) {
  return { lap: null, reason };
}
