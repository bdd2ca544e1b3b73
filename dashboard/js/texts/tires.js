/** The tyres, in words. */

/** @import { Corner } from "../types.js" */
/** @import { CornerWear, Wear } from "../wear.js" */

import { lapsDown, number } from "../format.js";
import { say } from "../say.js";
import { CORNERS, PHRASES, TIRES } from "../words.js";
import { lapCount, sentence } from "./phrases.js";

/** @param {CornerWear} wear */
export function rateText({ per_lap, laps_left, reason }) {
  if (reason === "learning") return PHRASES.learning;
  if (reason === "no wear") return TIRES.no_wear;
  if (per_lap === null || laps_left === null) return "";
  return say(TIRES.rate, { percent: number(per_lap, 2), laps: lapCount(lapsDown(laps_left)) });
}

/**
 * @param {Pick<Wear, "first" | "laps_left" | "as_of_lap">} wear
 * @param {number | undefined} limit %
 */
export function firstWornText({ first, laps_left, as_of_lap }, limit) {
  if (as_of_lap !== null) return say(TIRES.as_of, { lap: number(as_of_lap) });
  if (first === null || laps_left === null) return "";
  const laps = lapCount(lapsDown(laps_left));
  return say(TIRES.worn_first, { corner: CORNERS[first], laps, percent: number(limit) });
}

/**
 * @param {Corner} corner
 * @param {{ min: string, max: string, unit: string } | null} span
 */
export function stintTrendText(corner, span) {
  const tire = { corner: CORNERS[corner] };
  if (span === null) return sentence(say(TIRES.no_trend, tire));
  return sentence(say(TIRES.trend, { ...tire, ...span }));
}
