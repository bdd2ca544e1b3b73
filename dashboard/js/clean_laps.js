/** Which laps tell the car's use and pace, and why the others do not. */

/** @import { LapRow } from "./types.js" */

import { median } from "./stats.js";
import { beginsStint } from "./stint.js";

/** Fewer laps than this say nothing: one alone may have been slow, or a tow. */
export const MIN_LAPS = 2;
const MAX_LAPS = 5;

/**
 * Why a lap is left out; the last two only for the one value that is asked for.
 * @typedef {"pits" | "yellow" | "refuelled" | "incomplete" | "unknown" | "no value" | "no use"} Reason
 */

/** @typedef {{ lap: number, reason: Reason }} LeftOut */

/**
 * What the laps say of one value.
 * @typedef {object} Learned
 * @property {number | null} value median of the clean laps; null with a reason
 * @property {number} laps that it rests on
 * @property {LeftOut[]} left_out between them, newest first
 * @property {"learning" | "no data" | "no use" | null} reason
 */

/**
 * Why a lap is not clean. Clean: flying, whole, not under yellow, nothing filled in; valid or not,
 * for a cut burns the same.
 * @param {LapRow} row
 * @returns {Reason | null}
 */
export function leftOutFor({ kind, yellow, fuel_added, complete }) {
  if (kind === "out" || kind === "in" || kind === "pit") return "pits";
  if (yellow === true) return "yellow";
  if ((fuel_added ?? 0) > 0) return "refuelled";
  if (complete !== true) return "incomplete";
  return kind === "flying" ? null : "unknown";
}

/**
 * The median over the newest clean laps, which one odd lap does not move. An older stint, with
 * its driver and tyres, is asked only while the newer ones say nothing.
 * @param {LapRow[]} rows of one run, oldest first
 * @param {(row: LapRow) => number | null | undefined} valueOf
 * @returns {Learned}
 */
export function learnedFrom(rows, valueOf) {
  /** @type {number[]} */
  const values = [];
  /** @type {LeftOut[]} */
  const left_out = [];
  for (let i = rows.length - 1; i >= 0 && values.length < MAX_LAPS; i -= 1) {
    const row = rows[i];
    if (row === undefined || (values.length >= MIN_LAPS && endsStint(rows, i))) break;
    const value = valueOf(row) ?? null;
    const reason = leftOutFor(row) ?? lackOf(value);
    if (reason !== null) left_out.push({ lap: row.lap, reason });
    else if (value !== null) values.push(value);
  }
  const is_enough = values.length >= MIN_LAPS;
  return {
    value: is_enough ? median(values) : null,
    laps: values.length,
    left_out,
    reason: is_enough ? null : whyNothing(left_out),
  };
}

/**
 * Whether the row after this one belongs to another stint.
 * @param {LapRow[]} rows
 * @param {number} index
 */
function endsStint(rows, index) {
  const [row, newer] = [rows[index], rows[index + 1]];
  return row !== undefined && newer !== undefined && beginsStint(newer, row);
}

/**
 * @param {number | null} value
 * @returns {Reason | null}
 */
function lackOf(value) {
  if (value === null) return "no value";
  return value > 0 ? null : "no use";
}

/**
 * @param {LeftOut[]} left_out
 * @returns {Learned["reason"]}
 */
function whyNothing(left_out) {
  const count = (/** @type {Reason} */ of) => left_out.filter(({ reason }) => reason === of).length;
  if (count("no use") >= MIN_LAPS) return "no use";
  return count("no value") >= MIN_LAPS ? "no data" : "learning";
}
