/** Fuel and energy, what is learned of them and their bars, in words. */

/** @import { Learned, Reason } from "../clean_laps.js" */

import { number } from "../format.js";
import { lapCount } from "./words.js";

export const NO_FUEL_USED = "No fuel used yet";

/** @type {Readonly<Record<Reason, string>>} of laps left out, in the order in which they are told */
const LEFT_OUT = {
  pits: "in the pits",
  yellow: "yellow",
  refuelled: "refuelled",
  incomplete: "incomplete",
  unknown: "of unknown kind",
  "no value": "without a value",
  "no use": "without use",
};

/** @type {Readonly<Record<Reason, string>>} in front of the use of the last lap */
const LAST_LEFT_OUT = {
  pits: "pits",
  yellow: "yellow",
  refuelled: "refuelled",
  incomplete: "incomplete",
  unknown: "unknown",
  "no value": "no value",
  "no use": "no use",
};

/** @type {Readonly<Record<Reason, string>>} over a bar */
export const BAR_MARKS = {
  pits: "P",
  yellow: "Y",
  refuelled: "R",
  incomplete: "?",
  unknown: "?",
  "no value": "?",
  "no use": "?",
};

/**
 * `5 of 9 laps: 2 in the pits, 1 yellow, 1 refuelled`; `5 laps` when all count.
 * @param {Pick<Learned, "laps" | "left_out">} learned
 */
export function learnedText({ laps, left_out }) {
  const all = laps + left_out.length;
  if (all === 0) return "no laps";
  if (left_out.length === 0) return lapCount(String(laps));
  const parts = Object.entries(LEFT_OUT).flatMap(([reason, words]) => {
    const count = left_out.filter((lap) => lap.reason === reason).length;
    return count === 0 ? [] : `${count} ${words}`;
  });
  return `${laps} of ${lapCount(String(all))}: ${parts.join(", ")}`;
}

/**
 * How many laps the use rests on, and which were left out.
 * @param {Learned} fuel
 * @param {Learned | null} energy
 */
export function restsOnText(fuel, energy) {
  const of_fuel = `Per lap: ${learnedText(fuel)}`;
  if (energy === null || learnedText(energy) === learnedText(fuel)) return of_fuel;
  return `${of_fuel}. Energy: ${learnedText(energy)}`;
}

/**
 * @param {Reason} reason
 * @param {string} amount
 */
export const lastLeftOutText = (reason, amount) => `${LAST_LEFT_OUT[reason]} ${amount}`;

/** @param {string} time */
export const timeLeftText = (time) => `${time} left`;

/** @param {readonly { lap: number, amount: string | null, is_out: boolean }[]} laps */
export function usesText(laps) {
  const parts = laps.map(({ lap, amount, is_out }) => {
    return `lap ${number(lap)} ${amount ?? "unknown"}${is_out ? " left out" : ""}`;
  });
  return `Fuel per lap: ${parts.join(", ")}`;
}

/**
 * @param {string} text
 * @param {string} unit
 */
export const usesLabel = (text, unit) => `${text} (${unit})`;
