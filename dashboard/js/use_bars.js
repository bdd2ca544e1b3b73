/** The fuel of the last laps as bars, and the same in words. Pure. */

/** @import { Reason } from "./clean_laps.js" */
/** @import { LapRow } from "./types.js" */

import { leftOutFor } from "./clean_laps.js";

const BARS = 20;
/** A refuelled lap would flatten all others. */
const HIGHEST = 1.25;

/** @type {Record<Reason, string>} */
const MARKS = {
  pits: "P",
  yellow: "Y",
  refuelled: "R",
  incomplete: "?",
  unknown: "?",
  "no value": "?",
  "no use": "?",
};

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
  if (!(scale > 0)) return { bars: [], use: null, text: "No fuel used yet" };
  const bars = shown.map((row) => {
    const reason = leftOutFor(row) ?? (row.fuel_used === null ? "no value" : null);
    const height = Math.min(1, used(row) / scale);
    return { lap: row.lap, height, mark: reason === null ? "" : MARKS[reason] };
  });
  return { bars, use: use === null ? null : use / scale, text: textOf(shown, bars, litresText) };
}

/**
 * @param {readonly LapRow[]} shown
 * @param {readonly Bar[]} bars
 * @param {(litres: number) => string} litresText
 */
function textOf(shown, bars, litresText) {
  const parts = shown.map(({ lap, fuel_used }, i) => {
    const amount = fuel_used === null ? "unknown" : litresText(fuel_used);
    return `lap ${lap} ${amount}${bars[i]?.mark ? " left out" : ""}`;
  });
  return `Fuel per lap: ${parts.join(", ")}`;
}
