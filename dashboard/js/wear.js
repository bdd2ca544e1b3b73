/** What a lap takes from the tyres, and how many laps they last, from laps that were driven. */

/** @import { Corner, LapRow, Telemetry } from "./types.js" */

import { leftOutFor, MIN_LAPS } from "./clean_laps.js";
import { CORNERS } from "./corners.js";
import { unroundedMedian } from "./stats.js";

/** @typedef {Pick<Telemetry, "tire_wear" | "tires_as_of_lap">} WearFrame */

/**
 * Why laps left are unknown: fewer than two laps tell; no wear is given; what is given was
 * measured on an earlier lap; or laps take nothing.
 * @typedef {"learning" | "no data" | "not live" | "no wear" | null} WearReason
 */

/**
 * @typedef {object} CornerWear
 * @property {number | null} worn %
 * @property {number | null} per_lap %
 * @property {number | null} laps_left
 * @property {number} laps that `per_lap` rests on
 * @property {WearReason} reason
 */

/**
 * @typedef {object} Wear
 * @property {Record<Corner, CornerWear>} corners
 * @property {Corner | null} first the one that is worn first
 * @property {number | null} laps_left
 * @property {WearReason} reason
 * @property {number | null} as_of_lap on which the wear was measured; null where it is live
 */

const MAX_LAPS = 10;
/** The wire has one digit of wear. */
const DIGIT = 0.1;
/** No tyre grows back: a fall by more is another tyre. */
const NEW_TIRE = 0.3;

/**
 * @param {readonly LapRow[]} rows of the current run, oldest first
 * @param {WearFrame} frame the newest
 * @param {number} limit % worn, at which a tyre is to be changed
 * @returns {Wear}
 */
export function wearOf(rows, { tire_wear, tires_as_of_lap }, limit) {
  const as_of_lap = tires_as_of_lap ?? null;
  const cornerOf = (/** @type {Corner} */ corner) => {
    const worn = tire_wear?.[corner] ?? null;
    if (worn === null) return unknown(worn, 0, "no data");
    // Rows repeat what was measured last, which would look like laps without wear.
    if (as_of_lap !== null) return unknown(worn, 0, "not live");
    return cornerWear(worn, takenPerLap(rows, corner, worn), limit);
  };
  const [fl, fr, rl, rr] = [cornerOf("fl"), cornerOf("fr"), cornerOf("rl"), cornerOf("rr")];
  const corners = { fl, fr, rl, rr };
  return { corners, ...firstOf(corners), as_of_lap };
}

/**
 * @param {Record<Corner, CornerWear>} corners
 * @returns {Pick<Wear, "first" | "laps_left" | "reason">}
 */
function firstOf(corners) {
  const given = CORNERS.filter((corner) => corners[corner].worn !== null);
  const none = (/** @type {WearReason} */ reason) => ({ first: null, laps_left: null, reason });
  if (given.length === 0) return none("no data");
  // The unknown one may be the first.
  const open = given.find((corner) => corners[corner].reason === "learning");
  if (open !== undefined) return none(corners[open].reason);
  const leftOf = (/** @type {Corner} */ corner) => corners[corner].laps_left ?? Infinity;
  const first = given.reduce((a, b) => (leftOf(b) < leftOf(a) ? b : a));
  const { laps_left, reason } = corners[first];
  return laps_left === null ? none(reason) : { first, laps_left, reason };
}

/**
 * @param {number} worn
 * @param {number[]} taken
 * @param {number} limit
 * @returns {CornerWear}
 */
function cornerWear(worn, taken, limit) {
  const laps = taken.length;
  const per_lap = unroundedMedian(taken, DIGIT);
  if (laps < MIN_LAPS || per_lap === null) return unknown(worn, laps, "learning");
  if (per_lap <= 0) return { ...unknown(worn, laps, "no wear"), per_lap };
  return { worn, per_lap, laps_left: Math.max(0, limit - worn) / per_lap, laps, reason: null };
}

/**
 * What each of the newest clean laps took from the tyre that is on the car.
 * @param {readonly LapRow[]} rows
 * @param {Corner} corner
 * @param {number} worn
 */
function takenPerLap(rows, corner, worn) {
  /** @type {number[]} */
  const taken = [];
  let after = worn;
  for (let i = rows.length - 1; i >= 0 && taken.length < MAX_LAPS; i -= 1) {
    const row = rows[i];
    const end = row?.tire_wear?.[corner] ?? null;
    if (row === undefined || end === null || after < end - NEW_TIRE) break;
    after = end;
    const before = rows[i - 1];
    const start = before?.tire_wear?.[corner] ?? null;
    if (before === undefined || start === null || end < start - NEW_TIRE) break;
    if (isNext(before, row) && leftOutFor(row) === null) taken.push(end - start);
  }
  return taken;
}

/**
 * @param {LapRow} before
 * @param {LapRow} row
 */
function isNext(before, row) {
  return row.lap === before.lap + 1;
}

/**
 * @param {number | null} worn
 * @param {number} laps
 * @param {WearReason} reason
 * @returns {CornerWear}
 */
function unknown(worn, laps, reason) {
  return { worn, per_lap: null, laps_left: null, laps, reason };
}
