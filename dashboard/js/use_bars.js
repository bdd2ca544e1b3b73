/** The fuel of the last laps as bars, and the same in words. Pure. */

/** @import { LapRow } from "./types.js" */

import { leftOutFor } from "./clean_laps.js";
import { usesText } from "./texts/fuel.js";
import { FUEL } from "./words.js";

const BARS = 20;
/** A refuelled lap would flatten all others. */
const HIGHEST = 1.25;

/**
 * @typedef {object} Bar
 * @property {number} lap
 * @property {number} height 0 to 1
 * @property {string} mark of a lap that is left out; empty for a clean one
 */
/** @typedef {{ bars: Bar[], use: number | null, text: string }} UseBars `use` as a height */

/**
 * @param {readonly LapRow[]} run oldest first
 * @param {number | null} use L a lap, as learned
 * @param {(litres: number) => string} litresText
 * @returns {UseBars}
 */
export function useBars(run, use, litresText) {
  const shown = run.slice(-BARS);
  const used = (/** @type {LapRow} */ row) => row.fuel_used ?? 0;
  const clean = shown.filter((row) => leftOutFor(row) === null).map(used);
  const scale = Math.max(use ?? 0, ...(clean.length > 0 ? clean : shown.map(used))) * HIGHEST;
  if (!(scale > 0)) return { bars: [], use: null, text: FUEL.none_used };
  const bars = shown.map((row) => {
    const reason = leftOutFor(row) ?? (row.fuel_used === null ? "no value" : null);
    const height = Math.min(1, used(row) / scale);
    return { lap: row.lap, height, mark: reason === null ? "" : FUEL.marks[reason] };
  });
  return { bars, use: use === null ? null : use / scale, text: textOf(shown, bars, litresText) };
}

/**
 * @param {readonly LapRow[]} shown
 * @param {readonly Bar[]} bars
 * @param {(litres: number) => string} litresText
 */
function textOf(shown, bars, litresText) {
  return usesText(
    shown.map(({ lap, fuel_used }, i) => ({
      lap,
      amount: fuel_used === null ? null : litresText(fuel_used),
      is_out: (bars[i]?.mark ?? "") !== "",
    })),
  );
}
