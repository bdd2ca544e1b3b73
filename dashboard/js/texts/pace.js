/** Race, laps, delta, traces and map, in words. */

/** @import { LapTraces } from "../lap_trace.js" */
/** @import { Mark, MapReason } from "../track_map.js" */
/** @import { LapRow, Telemetry } from "../types.js" */

import { DASH, duration, humanise, number, place } from "../format.js";
import { lapCount, NO_LAP_YET, ofText } from "./words.js";

export const BEST = "best";
export const PIT_MARK = "pit";
export const BY_THE_GAME = "as the game says";

/** @type {ReadonlyMap<string, string>} */
const KIND_WORDS = new Map([
  ["flying", ""],
  ["out", "out"],
  ["in", "in"],
  ["pit", "pit"],
]);

/**
 * What makes a lap other than the rest: `in, yellow`; empty for a common one.
 * @param {Pick<LapRow, "kind" | "yellow" | "valid" | "complete">} row
 */
export function noteOf({ kind, yellow, valid, complete }) {
  const words = [KIND_WORDS.get(kind ?? "") ?? humanise(kind ?? "")];
  if (yellow === true) words.push("yellow");
  if (valid === false) words.push("invalid");
  if (complete === false) words.push("partial");
  return words.filter((word) => word !== "").join(", ");
}

/**
 * The lap chart for who does not see it.
 * @param {{ laps: readonly number[], clean: number, best: string | null, median: string | null,
 *   pits: readonly number[], swaps: readonly { lap: number, name: string }[] }} chart
 */
export function lapChartText({ laps, clean, best, median, pits, swaps }) {
  if (laps.length === 0) return NO_LAP_YET;
  const parts = [`Laps ${laps[0]} to ${laps.at(-1)}: ${clean} clean`];
  if (best !== null) parts.push(`best ${best}`);
  if (median !== null) parts.push(`median ${median}`);
  if (pits.length > 0) parts.push(`in the pits on ${pits.join(", ")}`);
  for (const { lap, name } of swaps) parts.push(`${name} from lap ${lap}`);
  return parts.join("; ");
}

/** @param {readonly number[]} laps */
export function lapSpanText(laps) {
  return laps.length === 0 ? "" : `laps ${laps[0]} to ${laps.at(-1)}`;
}

/**
 * @param {boolean} is_open
 * @param {number} few
 * @param {number} all
 */
export function allLapsText(is_open, few, all) {
  return is_open ? `Show the newest ${number(few)}` : `Show all ${number(all)} laps`;
}

/** @param {number} count */
export const drivenText = (count) => (count === 0 ? "" : `${number(count)} driven`);

/** @param {Pick<LapTraces, "reason" | "last" | "current">} traces */
export function deltaNote({ reason, last, current }) {
  if (reason === "no track length") return "the track's length is not known";
  if (reason === "no data") return "no lap distance is given";
  if (last === null) return "learning: one whole lap is needed";
  if (reason === "learning") return "learning: one whole valid lap is needed";
  return current === null ? "from the next time over the line" : "";
}

/** @param {number} metres */
export const kmText = (metres) => `${number(metres / 1000, 1)} km`;

/** @param {number} seconds before now */
export const agoAxisText = (seconds) => (Math.abs(seconds) < 1 ? "now" : `${number(seconds)} s`);

/**
 * @param {Pick<Telemetry, "lap_distance" | "sector">} car
 * @param {number | null | undefined} length_m
 */
export function placeText({ lap_distance, sector }, length_m) {
  if (typeof lap_distance !== "number") return DASH;
  const km = number(lap_distance / 1000, 1);
  const on = `${length_m ? ofText(km, number(length_m / 1000, 1)) : km} km`;
  return typeof sector === "number" ? `${on}, sector ${number(sector)}` : on;
}

/** @param {MapReason} reason */
export function noMapText(reason) {
  if (reason === "no track length") return "No map: the track's length is not known";
  if (reason === "no data") return "No map: the car's place is not given";
  return reason === "learning" ? "Learning the track: the map comes after one whole lap" : "";
}

/**
 * @param {Mark["kind"]} kind
 * @param {number} sectors that have ended before it
 */
export function markWord(kind, sectors) {
  if (kind === "line") return "start";
  if (kind !== "sector") return kind === "pit_entry" ? "pit in" : "pit out";
  // Where a sector ends the next begins.
  return `S${sectors + 2}`;
}

/**
 * @param {number | null | undefined} class_position
 * @param {string | null | undefined} car_class
 */
export function classText(class_position, car_class) {
  if (typeof class_position !== "number") return car_class ?? "";
  return `${place(class_position)} in ${car_class || "class"}`;
}

/** @param {number | null | undefined} laps */
export const raceLapsText = (laps) => (laps ? `of ${number(laps)}` : "");

/** @param {Telemetry} car */
export function toGoText({ time_remaining, laps_remaining }) {
  const is_by_laps = typeof time_remaining !== "number" && typeof laps_remaining === "number";
  return is_by_laps ? lapCount(number(laps_remaining)) : duration(time_remaining);
}

/** Numbers that come one after the other at the same place keep their digits in place. */
const FIGURE_SPACE = "\u2007";

/**
 * @param {string} text
 * @param {number} width
 */
const aligned = (text, width) => text.padStart(width, FIGURE_SPACE);

/**
 * The lap chart at one lap.
 * @param {number | undefined} lap
 * @param {string} time
 * @param {string} to_best
 * @param {string} note
 */
export function lapAtText(lap, time, to_best, note) {
  return [`Lap ${number(lap)}`, time, to_best, note].filter((part) => part !== "").join("  ");
}

/**
 * @param {number} metres
 * @param {string} best
 * @param {string} last
 */
export function deltaAtText(metres, best, last) {
  const km = number(metres / 1000, 2);
  return `${km} km  to best ${aligned(best, 5)} s  to last ${aligned(last, 5)} s`;
}

/**
 * @param {number} ago_s below 0
 * @param {string} speed
 * @param {string} unit
 */
export function speedAtText(ago_s, speed, unit) {
  return `${aligned(number(ago_s, 1), 6)} s  ${aligned(speed, 3)} ${unit}`;
}

/**
 * @param {number} ago_s below 0
 * @param {string} throttle
 * @param {string} brake
 */
export function pedalsAtText(ago_s, throttle, brake) {
  const at = aligned(number(ago_s, 1), 6);
  return `${at} s  throttle ${aligned(throttle, 3)} %  brake ${aligned(brake, 3)} %`;
}
