/** How the weather goes, in words. Pure. */

/** @import { Values } from "../spark.js" */
/** @import { Meta, Units } from "../types.js" */

import { delta, duration, number, temperature, unitName } from "../format.js";
import { say } from "../say.js";
import { AGES, WEATHER } from "../words.js";

/** degC; less is noise of the sensor. */
const LEAST_CHANGE = 0.15;
/** Of a shorter piece no trend can be told, s. */
const LEAST_TIME_S = 60;

/**
 * How a temperature has moved since the stint began: `+1.8 in 24 min`.
 * @param {ArrayLike<number>} times s
 * @param {Values} values degC
 * @param {Units} units
 */
export function changeText(times, values, units) {
  const first = nextKnown(values, 0, 1);
  const last = nextKnown(values, values.length - 1, -1);
  if (first === null || last === null) return "";
  const time_s = (times[last] ?? 0) - (times[first] ?? 0);
  if (time_s < LEAST_TIME_S) return "";
  const change = (values[last] ?? 0) - (values[first] ?? 0);
  const minutes = number(time_s / 60);
  if (Math.abs(change) < LEAST_CHANGE) return say(WEATHER.steady, { minutes });
  // A difference has no zero point to convert.
  const shown = delta(units.temperature === "F" ? change * 1.8 : change, 1);
  return say(WEATHER.change, { change: shown, minutes });
}

/**
 * `17:20:17`, and of the hour after midnight `0:20:17`.
 * @param {number | null | undefined} seconds from midnight
 */
export function dayText(seconds) {
  const text = duration(seconds);
  return typeof seconds === "number" && seconds < 3600 ? `0:${text.padStart(5, "0")}` : text;
}

/**
 * `in 30 min: rain 20 %, 22.5 °C, light clouds`, a line for each.
 * @param {Meta["forecast"]} forecast
 * @param {Units} units
 */
export function forecastLines(forecast, units) {
  return (forecast ?? []).flatMap(({ in: ahead_s, rain, ambient_temp, sky }) => {
    const said = [];
    if (typeof rain === "number") said.push(say(WEATHER.rain, { percent: number(rain) }));
    if (typeof ambient_temp === "number") {
      said.push(`${temperature(ambient_temp, units)} ${unitName(units, "temperature")}`);
    }
    if (sky) said.push(sky);
    if (typeof ahead_s !== "number" || said.length === 0) return [];
    return [say(WEATHER.forecast, { time: aheadText(ahead_s), parts: said.join(", ") })];
  });
}

/** @param {number} seconds */
function aheadText(seconds) {
  const minutes = Math.round(seconds / 60);
  if (minutes < 120) return say(AGES.min, { min: minutes });
  return say(AGES.h, { h: number(minutes / 60, minutes % 60 === 0 ? 0 : 1) });
}

/**
 * @param {Values} values
 * @param {number} from
 * @param {1 | -1} step
 */
function nextKnown(values, from, step) {
  for (let i = from; i >= 0 && i < values.length; i += step) {
    const value = values[i];
    if (typeof value === "number" && !Number.isNaN(value)) return i;
  }
  return null;
}
