/** How far fuel and virtual energy go, and which of the two ends first. */

/** @import { Learned, Reason } from "./clean_laps.js" */
/** @import { Maybe, RaceProgress } from "./race_progress.js" */
/** @import { LapRow, Telemetry } from "./types.js" */

import { learnedFrom, leftOutFor } from "./clean_laps.js";
import { known } from "./race_progress.js";
import { ROUNDING } from "./stats.js";

/** @type {LastLap} */
const NO_LAP = { lap: null, used: null, left_out: null };

/** @typedef {"learning" | "no data" | "no use"} Lack */

/**
 * What a lap used, and why it is no measure, if it is none.
 * @typedef {{ lap: number | null, used: number | null, left_out: Reason | null }} LastLap
 */

/**
 * What the laps of a run say; it changes only with them.
 * @typedef {object} Uses
 * @property {Learned} fuel
 * @property {Learned} energy
 * @property {Learned} pace s a lap
 * @property {{ fuel: LastLap, energy: LastLap } | null} last
 * @property {boolean} has_energy whether the car ever had or used any
 */

/**
 * Fuel in L or virtual energy in %.
 * @typedef {object} Tank
 * @property {number | null} left
 * @property {number | null} full
 * @property {number | null} percent
 * @property {number | null} use a lap
 * @property {Learned} learned
 * @property {LastLap} last
 * @property {number | null} laps_left
 * @property {number | null} time_left_s
 * @property {number | null} empty_lap the lap on which it ends, at the earliest
 * @property {Lack | null} reason why `laps_left` is null
 */

/**
 * @typedef {object} Reach
 * @property {Tank} fuel
 * @property {Tank | null} energy null in a class without
 * @property {"fuel" | "energy" | null} limiting the one that ends first; null while either may
 * @property {number | null} laps_left
 * @property {number | null} time_left_s
 * @property {number | null} empty_lap
 * @property {Lack | null} reason
 */

/**
 * @param {LapRow[]} run oldest first
 * @returns {Uses}
 */
export function usesOf(run) {
  const last = run.at(-1);
  return {
    fuel: learnedFrom(run, (row) => row.fuel_used),
    energy: learnedFrom(run, (row) => row.energy_used),
    pace: learnedFrom(run, (row) => row.lap_time),
    last: last === undefined ? null : lastLaps(last),
    has_energy: run.some((row) => (row.energy_used ?? 0) > 0 || (row.energy_left ?? 0) > 0),
  };
}

/**
 * @param {Telemetry} car
 * @param {Maybe} capacity L
 * @param {RaceProgress | null} progress
 * @param {Uses} uses
 * @returns {Reach}
 */
export function reachOf(car, capacity, progress, uses) {
  const level = known(car.virtual_energy);
  const place = { progress, pace_s: uses.pace.value };
  const fuel = tankOf(known(car.fuel), known(capacity), uses.fuel, uses.last?.fuel, place);
  // A class without it reads null in one game and 0 in another.
  const has_energy = uses.has_energy || (level ?? 0) > 0;
  const energy = has_energy ? tankOf(level, 100, uses.energy, uses.last?.energy, place) : null;
  return { fuel, energy, ...firstOf(fuel, energy) };
}

/**
 * @param {Tank} fuel
 * @param {Tank | null} energy
 * @returns {Omit<Reach, "fuel" | "energy">}
 */
function firstOf(fuel, energy) {
  const used = [fuel, energy].filter((tank) => tank !== null).filter(isUsed);
  // The unknown one may be the first to end.
  const first = used.find(({ reason }) => reason !== null) ?? used.sort(byLapsLeft)[0];
  if (first === undefined || first.reason !== null) {
    const reason = first?.reason ?? "no use";
    return { limiting: null, laps_left: null, time_left_s: null, empty_lap: null, reason };
  }
  const { laps_left, time_left_s, empty_lap, reason } = first;
  return {
    limiting: first === fuel ? "fuel" : "energy",
    laps_left,
    time_left_s,
    empty_lap,
    reason,
  };
}

/** @param {Tank} tank */
export function isUsed({ reason }) {
  return reason !== "no use";
}

/**
 * @param {Tank} a
 * @param {Tank} b
 */
function byLapsLeft(a, b) {
  return (a.laps_left ?? 0) - (b.laps_left ?? 0);
}

/**
 * @param {number | null} left
 * @param {number | null} capacity
 * @param {Learned} learned
 * @param {LastLap | undefined} last
 * @param {{ progress: RaceProgress | null, pace_s: number | null }} place
 * @returns {Tank}
 */
function tankOf(left, capacity, learned, last = NO_LAP, { progress, pace_s }) {
  const { value: use, reason } = learned;
  const full = capacity !== null && capacity > 0 ? capacity : null;
  const laps_left = left === null || use === null ? null : left / use;
  const is_placed = laps_left !== null && progress !== null;
  return {
    left,
    full,
    percent: left === null || full === null ? null : Math.min(100, (100 * left) / full),
    use,
    learned,
    last,
    laps_left,
    time_left_s: laps_left === null || pace_s === null ? null : laps_left * pace_s,
    empty_lap: is_placed ? progress.lap + Math.floor(progress.part + laps_left + ROUNDING) : null,
    reason: left === null && reason !== "no use" ? "no data" : reason,
  };
}

/** @param {LapRow} row */
function lastLaps(row) {
  const { lap, fuel_used, energy_used } = row;
  const left_out = leftOutFor(row);
  return { fuel: { lap, used: fuel_used, left_out }, energy: { lap, used: energy_used, left_out } };
}
