/** Fuel arithmetic, from laps that were driven and nothing else. */

/** @import { FuelView, LapRow } from "./types.js" */

/** Fewer laps than this say nothing: one alone may have been slow, or a tow. */
export const MIN_LAPS = 2;
const MAX_LAPS = 5;

/**
 * Whether a lap tells what the car burns: flying, whole, under green, nothing filled in.
 * @param {LapRow} row
 */
export function isClean(row) {
  return (
    row.kind === "flying" &&
    row.complete === true &&
    row.yellow !== true &&
    (row.fuel_added ?? 0) === 0 &&
    (row.fuel_used ?? 0) > 0
  );
}

/**
 * The median of the last clean laps, which one odd lap does not move.
 * @param {LapRow[]} rows oldest first
 * @returns {{ use: number | null, learned_from: number }}
 */
export function usePerLap(rows) {
  const used = [];
  for (let i = rows.length - 1; i >= 0 && used.length < MAX_LAPS; i -= 1) {
    const row = rows[i];
    if (row !== undefined && row.fuel_used !== null && isClean(row)) used.push(row.fuel_used);
  }
  const use = used.length < MIN_LAPS ? null : median(used);
  return { use, learned_from: used.length };
}

/**
 * @param {number | null | undefined} fuel L
 * @param {number | null | undefined} capacity L
 * @param {{ use: number | null, learned_from: number }} learned
 * @returns {FuelView}
 */
export function fuelView(fuel, capacity, { use, learned_from }) {
  const known = fuel ?? null;
  const percent = known === null || !capacity ? null : Math.min(100, (100 * known) / capacity);
  const laps_left = known === null || use === null ? null : known / use;
  return { fuel: known, percent, use, laps_left, learned_from };
}

/** @param {number[]} values at least one */
function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? NaN) + upper) / 2;
}
