/** What the lap table and the lap chart say of laps. Pure. */

/** @import { LapRow } from "./types.js" */

import { leftOutFor } from "./clean_laps.js";
import { counts } from "./laps.js";
import { median } from "./stats.js";
import { beginsStint, isOther } from "./stint.js";
import { lapChartText, noteOf } from "./texts/pace.js";

/** @param {LapRow} row */
export const rowKey = ({ monitor_id, run, lap }) => `${monitor_id}/${run}/${lap}`;

/**
 * The number of each lap's stint, from 1 in each run and over all monitors.
 * @param {readonly LapRow[]} rows oldest first
 */
export function stintNumbers(rows) {
  let number = 0;
  return rows.map((row, i) => {
    const before = rows[i - 1];
    if (before === undefined || row.lap < before.lap) number = 1;
    else if (beginsStint(row, before)) number += 1;
    return number;
  });
}

const CHART_LAPS = 80;
/** A chart of equal laps still needs some height, s. */
const MIN_PAD_S = 0.3;

/**
 * @typedef {object} LapChart
 * @property {number[]} laps
 * @property {(number | null)[]} times
 * @property {string[]} notes
 * @property {number | null} best_s
 * @property {(number | null)[]} clean
 * @property {(number | null)[]} others held within the range: one pit stop would flatten all else
 * @property {(number | null)[]} best
 * @property {number[]} pits laps that ended in the pits or passed through them
 * @property {{ lap: number, name: string }[]} swaps the first lap of another driver
 * @property {[number, number]} range s
 * @property {string} text
 */

/**
 * The newest laps of one run for a chart.
 * @param {readonly LapRow[]} run oldest first
 * @param {number | null} best_s
 * @param {(seconds: number) => string} timeText
 * @returns {LapChart}
 */
export function lapChart(run, best_s, timeText) {
  const shown = run.slice(-CHART_LAPS);
  const clean = shown.map((row) => (isClean(row) ? row.lap_time : null));
  const all = shown.map(({ lap_time }) => lap_time);
  const range = rangeOf(clean.some((time) => time !== null) ? clean : all);
  const others = shown.map((row) => {
    if (row.lap_time === null || isClean(row)) return null;
    return Math.min(range[1], Math.max(range[0], row.lap_time));
  });
  const best = shown.map((row) => (row.lap_time === best_s && counts(row) ? best_s : null));
  const pits = shown.filter(({ kind }) => kind === "in" || kind === "pit").map(({ lap }) => lap);
  const swaps = swapsIn(run).filter(({ lap }) => lap >= (shown[0]?.lap ?? Infinity));
  const facts = { clean, pits, swaps, laps: shown.map(({ lap }) => lap) };
  const notes = shown.map(noteOf);
  const text = chartText(facts, best_s, timeText);
  return { ...facts, times: all, notes, best_s, others, best, range, text };
}

/** @param {LapRow} row */
function isClean(row) {
  return counts(row) && leftOutFor(row) === null;
}

/** @param {readonly LapRow[]} run */
function swapsIn(run) {
  return run.flatMap((row, i) => {
    const is_swap = isOther(row.driver, run[i - 1]?.driver ?? null);
    return is_swap ? [{ lap: row.lap, name: row.driver ?? "" }] : [];
  });
}

/**
 * @param {readonly (number | null)[]} times
 * @returns {[number, number]}
 */
function rangeOf(times) {
  const known = times.filter((time) => time !== null);
  if (known.length === 0) return [0, 1];
  const [low, high] = [Math.min(...known), Math.max(...known)];
  const pad_s = Math.max(MIN_PAD_S, (high - low) * 0.15);
  return [low - pad_s, high + pad_s];
}

/**
 * @param {Pick<LapChart, "laps" | "clean" | "pits" | "swaps">} facts
 * @param {number | null} best_s
 * @param {(seconds: number) => string} timeText
 */
function chartText({ laps, clean, pits, swaps }, best_s, timeText) {
  const known = clean.filter((time) => time !== null);
  const middle = median(known);
  return lapChartText({
    laps,
    clean: known.length,
    best: best_s === null ? null : timeText(best_s),
    median: middle === null ? null : timeText(middle),
    pits,
    swaps,
  });
}
