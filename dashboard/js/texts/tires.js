/** The tyres, in words. */

/** @import { Corner } from "../types.js" */
/** @import { CornerWear, Wear } from "../wear.js" */

import { humanise, lapsDown, number } from "../format.js";
import { CORNER_NAMES, lapCount, LEARNING } from "./words.js";

export const FLAT = "flat";
const NO_WEAR = "no wear";

/** @param {CornerWear} wear */
export function rateText({ per_lap, laps_left, reason }) {
  if (reason === "learning") return LEARNING;
  if (reason === "no wear") return NO_WEAR;
  if (per_lap === null || laps_left === null) return "";
  return `${number(per_lap, 2)}/lap · ${lapCount(lapsDown(laps_left))}`;
}

/**
 * @param {Pick<Wear, "first" | "laps_left" | "as_of_lap">} wear
 * @param {number | undefined} limit %
 */
export function firstWornText({ first, laps_left, as_of_lap }, limit) {
  if (as_of_lap !== null) return `Tyres as measured on lap ${number(as_of_lap)}: not live`;
  if (first === null || laps_left === null) return "";
  return `Worn first: ${CORNER_NAMES[first]}, ${lapCount(lapsDown(laps_left))} to ${number(limit)} %`;
}

/**
 * @param {Corner} corner
 * @param {{ min: string, max: string, unit: string } | null} span
 */
export function stintTrendText(corner, span) {
  const words = span === null ? "no data yet" : `${span.min} to ${span.max} ${span.unit}`;
  return `${humanise(CORNER_NAMES[corner])} tyre over the stint: ${words}`;
}
