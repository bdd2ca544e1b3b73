/** Where in the race the car is, in laps. */

/** @import { Telemetry } from "./types.js" */

import { isInPits } from "./pits.js";

/** @typedef {number | null | undefined} Maybe */

/**
 * @typedef {object} RaceProgress
 * @property {number} lap the lap being driven
 * @property {number} part of that lap that is driven, 0 to 1
 * @property {number} laps driven since the start
 * @property {boolean} estimated whether `part` was not measured
 */

/** A car may be some metres past the length given; with more, it is another track's. */
const LONGEST = 1.02;
/** Nobody drives the first of these parts of a lap in the second of its time. */
const MOST_OF_LAP = 0.9;
const START_OF_LAP = 0.1;

/**
 * A number, or null.
 * @param {Maybe} value
 */
export function known(value) {
  return typeof value === "number" && Number.isFinite(value) ? value : null;
}

/**
 * Null while the lap is unknown. Without a distance the part comes from the time into the lap or,
 * where that tells nothing, is 0: then more is left to drive than there may be, never less.
 * @param {Telemetry} car
 * @param {Maybe} track_length m
 * @param {Maybe} pace s a lap
 * @returns {RaceProgress | null}
 */
export function progressOf(car, track_length, pace) {
  const lap = known(car.lap);
  if (lap === null) return null;
  const driven_s = partByTime(car, known(pace));
  const measured = partByDistance(known(car.lap_distance), known(track_length), driven_s);
  const part = measured ?? (isInPits(car) ? 0 : (driven_s ?? 0));
  return { lap, part, laps: lap - 1 + part, estimated: measured === null };
}

/**
 * @param {number | null} distance
 * @param {number | null} length
 * @param {number | null} by_time
 */
function partByDistance(distance, length, by_time) {
  if (distance === null || length === null || length <= 0) return null;
  const part = distance / length;
  if (part > LONGEST) return null;
  // The counter of laps may be a sample ahead of the distance.
  if (part > MOST_OF_LAP && by_time !== null && by_time < START_OF_LAP) return 0;
  return Math.min(1, Math.max(0, part));
}

/**
 * @param {Telemetry} car
 * @param {number | null} pace
 */
function partByTime({ lap_time }, pace) {
  const time = known(lap_time);
  return time === null || pace === null || pace <= 0 ? null : Math.min(1, time / pace);
}
