/** Fuel and energy, what is learned of them and their bars, in words. */

/** @import { Learned, Reason } from "../clean_laps.js" */

import { number } from "../format.js";
import { say } from "../say.js";
import { FUEL, PHRASES } from "../words.js";
import { lapCount } from "./phrases.js";

/**
 * `5 of 9 laps: 2 in the pits, 1 yellow, 1 refuelled`; `5 laps` when all count.
 * @param {Pick<Learned, "laps" | "left_out">} learned
 */
export function learnedText({ laps, left_out }) {
  const all = laps + left_out.length;
  if (all === 0) return FUEL.no_laps;
  if (left_out.length === 0) return lapCount(String(laps));
  const parts = Object.entries(FUEL.left_out).flatMap(([reason, words]) => {
    const count = left_out.filter((lap) => lap.reason === reason).length;
    return count === 0 ? [] : say(words, { count });
  });
  const of_all = { part: laps, laps: lapCount(String(all)), left_out: parts.join(", ") };
  return say(FUEL.learned, of_all);
}

/**
 * How many laps the use rests on, and which were left out.
 * @param {Learned} fuel
 * @param {Learned | null} energy
 */
export function restsOnText(fuel, energy) {
  const of_fuel = learnedText(fuel);
  const of_energy = energy === null ? of_fuel : learnedText(energy);
  if (of_energy === of_fuel) return say(FUEL.per_lap, { fuel: of_fuel });
  return say(FUEL.per_lap_both, { fuel: of_fuel, energy: of_energy });
}

/**
 * @param {Reason} reason
 * @param {string} amount
 */
export const lastLeftOutText = (reason, amount) => say(FUEL.last_left_out[reason], { amount });

/** @param {string} time */
export const timeLeftText = (time) => say(FUEL.time_left, { time });

/** @param {readonly { lap: number, amount: string | null, is_out: boolean }[]} laps */
export function usesText(laps) {
  const parts = laps.map(({ lap, amount, is_out }) => {
    const use = { lap: number(lap), amount: amount ?? PHRASES.unknown };
    return say(is_out ? FUEL.use_left_out : FUEL.use, use);
  });
  return say(FUEL.uses, { uses: parts.join(", ") });
}

/**
 * @param {string} uses
 * @param {string} unit
 */
export const usesLabel = (uses, unit) => say(FUEL.uses_in, { uses, unit });
