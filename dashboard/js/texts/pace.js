/** Race, laps, delta, traces and map, in words. */

/** @import { LapTraces } from "../lap_trace.js" */
/** @import { Mark, MapReason } from "../track_map.js" */
/** @import { LapRow, Telemetry } from "../types.js" */

import { DASH, duration, number, place } from "../format.js";
import { say, sayCount } from "../say.js";
import { DELTA, LAPS, MAP, PHRASES, RACE, TRACES } from "../words.js";
import { lapKindName } from "./names.js";
import { lapCount, ofText } from "./phrases.js";

/**
 * What makes a lap other than the rest: `in, yellow`; empty for a common one.
 * @param {Pick<LapRow, "kind" | "yellow" | "valid" | "complete">} row
 */
export function noteOf({ kind, yellow, valid, complete }) {
  const words = [lapKindName(kind ?? "")];
  if (yellow === true) words.push(LAPS.yellow);
  if (valid === false) words.push(LAPS.invalid);
  if (complete === false) words.push(LAPS.partial);
  return words.filter((word) => word !== "").join(", ");
}

/**
 * The lap chart for who does not see it.
 * @param {{ laps: readonly number[], clean: number, best: string | null, median: string | null,
 *   pits: readonly number[], swaps: readonly { lap: number, name: string }[] }} chart
 */
export function lapChartText({ laps, clean, best, median, pits, swaps }) {
  const [first, last] = [laps[0], laps.at(-1)];
  if (first === undefined || last === undefined) return PHRASES.no_lap_yet;
  const parts = [say(LAPS.chart_clean, { first, last, count: clean })];
  if (best !== null) parts.push(say(LAPS.chart_best, { time: best }));
  if (median !== null) parts.push(say(LAPS.chart_median, { time: median }));
  if (pits.length > 0) parts.push(say(LAPS.chart_pits, { laps: pits.join(", ") }));
  for (const swap of swaps) parts.push(say(LAPS.chart_swap, swap));
  return parts.join("; ");
}

/** @param {readonly number[]} laps */
export function lapSpanText(laps) {
  const [first, last] = [laps[0], laps.at(-1)];
  return first === undefined || last === undefined ? "" : say(LAPS.span, { first, last });
}

/**
 * @param {boolean} is_open
 * @param {number} few
 * @param {number} all
 */
export function allLapsText(is_open, few, all) {
  return is_open
    ? say(LAPS.show_few, { count: number(few) })
    : sayCount(LAPS.show_all, number(all));
}

/** @param {number} count */
export const drivenText = (count) =>
  count === 0 ? "" : sayCount(LAPS.driven, number(count));

/** @param {Pick<LapTraces, "reason" | "last" | "current">} traces */
export function deltaNote({ reason, last, current }) {
  if (reason === "no track length") return DELTA.no_length;
  if (reason === "no data") return DELTA.no_distance;
  if (last === null) return DELTA.learning_any;
  if (reason === "learning") return DELTA.learning_valid;
  return current === null ? DELTA.from_the_line : "";
}

/** @param {number} metres */
export const kmText = (metres) => say(DELTA.km, { km: number(metres / 1000, 1) });

/** @param {number} seconds before now */
export const agoAxisText = (seconds) =>
  Math.abs(seconds) < 1 ? TRACES.now : say(TRACES.ago, { seconds: number(seconds) });

/**
 * @param {Pick<Telemetry, "lap_distance" | "sector">} car
 * @param {number | null | undefined} length_m
 */
export function placeText({ lap_distance, sector }, length_m) {
  if (typeof lap_distance !== "number") return DASH;
  const driven = number(lap_distance / 1000, 1);
  const km = length_m ? ofText(driven, number(length_m / 1000, 1)) : driven;
  if (typeof sector !== "number") return say(MAP.place, { km });
  return say(MAP.place_in_sector, { km, sector: number(sector) });
}

/** @param {MapReason} reason */
export function noMapText(reason) {
  if (reason === "no track length") return MAP.no_length;
  if (reason === "no data") return MAP.no_place;
  return reason === "learning" ? MAP.learning : "";
}

/**
 * @param {Mark["kind"]} kind
 * @param {number} sectors that have ended before it
 */
export function markWord(kind, sectors) {
  if (kind !== "sector") return MAP[kind];
  // Where a sector ends the next begins.
  return say(MAP.sector, { sector: sectors + 2 });
}

/**
 * @param {number | null | undefined} class_position
 * @param {string | null | undefined} car_class
 */
export function classText(class_position, car_class) {
  if (typeof class_position !== "number") return car_class ?? "";
  return say(RACE.in_class, { place: place(class_position), name: car_class || RACE.class });
}

/** @param {number | null | undefined} laps */
export const raceLapsText = (laps) => (laps ? say(RACE.of_laps, { laps: number(laps) }) : "");

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
  const parts = [say(LAPS.at, { lap: number(lap) }), time, to_best, note];
  return parts.filter((part) => part !== "").join("  ");
}

/**
 * @param {number} metres
 * @param {string} best
 * @param {string} last
 */
export function deltaAtText(metres, best, last) {
  const places = { km: number(metres / 1000, 2), best: aligned(best, 5), last: aligned(last, 5) };
  return say(DELTA.at, places);
}

/**
 * @param {number} ago_s below 0
 * @param {string} speed
 * @param {string} unit
 */
export function speedAtText(ago_s, speed, unit) {
  const seconds = aligned(number(ago_s, 1), 6);
  return say(TRACES.speed_at, { seconds, speed: aligned(speed, 3), unit });
}

/**
 * @param {number} ago_s below 0
 * @param {string} throttle
 * @param {string} brake
 */
export function pedalsAtText(ago_s, throttle, brake) {
  return say(TRACES.pedals_at, {
    seconds: aligned(number(ago_s, 1), 6),
    throttle: aligned(throttle, 3),
    brake: aligned(brake, 3),
  });
}
