import assert from "node:assert/strict";
import { test } from "node:test";

import * as format from "../../dashboard/js/format.js";
import * as ages from "../../dashboard/js/texts/ages.js";

/** @import { Units } from "../../dashboard/js/types.js" */

const METRIC = format.DEFAULT_UNITS;
/** @type {Units} */
const IMPERIAL = { fuel: "gal", pressure: "psi", temperature: "F", speed: "mph" };

const NOON = new Date(2026, 5, 13, 12).getTime();

/** @type {[string, string, string][]} */
const CASES = [
  ["number", format.number(42.25, 1), "42.3"],
  ["a negative number has a real minus", format.number(-3.2, 1), "−3.2"],
  ["nothing has no sign", format.number(-0.04, 1), "0.0"],
  ["null is a dash", format.number(null), "–"],
  ["undefined is a dash", format.number(undefined), "–"],
  ["NaN is a dash", format.number(NaN), "–"],
  ["fuel in litres", format.fuel(43.36, METRIC), "43.4"],
  ["fuel in gallons", format.fuel(37.854, IMPERIAL), "10.0"],
  ["pressure in kPa", format.pressure(178.4, METRIC), "178"],
  ["pressure in psi", format.pressure(178.4, IMPERIAL), "25.9"],
  ["pressure in bar", format.pressure(178.4, { ...METRIC, pressure: "bar" }), "1.78"],
  ["temperature in degC", format.temperature(88.2, METRIC), "88"],
  ["temperature in degF", format.temperature(100, IMPERIAL), "212"],
  ["no temperature in degF", format.temperature(null, IMPERIAL), "–"],
  ["speed in km/h", format.speed(214.6, METRIC), "215"],
  ["speed in mph", format.speed(160.9344, IMPERIAL), "100"],
  ["no speed in mph", format.speed(undefined, IMPERIAL), "–"],
  ["laps are rounded down", format.lapsDown(2.99, 1), "2.9"],
  ["laps are rounded down to whole ones", format.lapsDown(2.99), "2"],
  ["laps that floats make a hair less", format.lapsDown(10 * 0.3 - 1e-9, 1), "3.0"],
  ["no laps", format.lapsDown(null, 1), "–"],
  ["reverse", format.gear(-1), "R"],
  ["neutral", format.gear(0), "N"],
  ["a gear", format.gear(5), "5"],
  ["no gear", format.gear(null), "–"],
  ["a place", format.place(12), "P12"],
  ["no place", format.place(null), "–"],
  ["a lap time", format.lapTime(139.482), "2:19.482"],
  ["a lap time below a minute", format.lapTime(59.4), "59.400"],
  ["a lap time pads its seconds", format.lapTime(61.004), "1:01.004"],
  ["a lap time rounds into the next minute", format.lapTime(59.9996), "1:00.000"],
  ["a lap time rounds once", format.lapTime(119.96, 1), "2:00.0"],
  ["a lap time in whole seconds", format.lapTime(65, 0), "1:05"],
  ["a negative lap time is none", format.lapTime(-1), "–"],
  ["a delta behind", format.delta(0.575), "+0.575"],
  ["a delta ahead", format.delta(-0.12, 2), "−0.12"],
  ["no delta", format.delta(null), "–"],
  ["a delta behind is slower", format.signOf(0.005, 2), "slower"],
  ["a delta ahead is faster", format.signOf(-0.12, 2), "faster"],
  ["a delta shown as +0.00 is neither", format.signOf(0.004, 2), ""],
  ["a delta that rounds to nothing from below is neither", format.signOf(-0.004, 2), ""],
  ["no delta is neither", format.signOf(null, 2), ""],
  ["a gap", format.gap(4.82, 0), "4.8"],
  ["a gap over a minute", format.gap(88.4, null), "1:28.4"],
  ["a gap of a lap", format.gap(null, 1), "1 lap"],
  ["a gap of laps", format.gap(null, 3), "3 laps"],
  ["no gap", format.gap(null, null), "–"],
  ["hours", format.duration(62_417), "17:20:17"],
  ["minutes", format.duration(2098), "34:58"],
  ["no duration", format.duration(undefined), "–"],
  ["brake_bias", format.humanise("brake_bias"), "Brake bias"],
  ["tc_cut", format.humanise("tc_cut"), "TC cut"],
  ["__proto__", format.humanise("__proto__"), "Proto"],
  ["a name of nothing but underscores", format.humanise("___"), "___"],
  ["a setting of text", format.setting("54.2:45.8"), "54.2:45.8"],
  ["a setting of yes", format.setting(true), "on"],
  ["a setting of 0", format.setting(0), "0"],
  ["a negative setting", format.setting(-3.2), "−3.2"],
  ["a sum of floats", format.setting(0.1 + 0.2), "0.3"],
  ["no setting", format.setting(null), "–"],
  ["hostile text stays text", format.setting("<img onerror=x>"), "<img onerror=x>"],
  ["a short age", ages.ageShort({ ms: 400, is_estimate: false }), "<1 s"],
  ["an estimated age", ages.ageShort({ ms: 12_900, is_estimate: true }), "about 12 s"],
  ["an age of minutes", ages.ageShort({ ms: 180_000, is_estimate: false }), "3 min"],
  ["an age of hours", ages.ageShort({ ms: 3 * 3_600_000, is_estimate: false }), "3 h"],
  ["an age of days", ages.ageShort({ ms: 3 * 86_400_000, is_estimate: false }), "3 d"],
  ["no age", ages.ageShort(null), "–"],
  ["one second in words", ages.ageWords({ ms: 1999, is_estimate: false }), "1 second"],
  ["seconds in words", ages.ageWords({ ms: 12_000, is_estimate: false }), "12 seconds"],
  ["seconds that count on", ages.ageWords({ ms: 754_000, is_estimate: false }), "754 seconds"],
  ["hours in words", ages.ageWords({ ms: 7_200_000, is_estimate: true }), "about 2 hours"],
  ["a kept age of seconds", ages.ageClock(59_999), "59 s"],
  ["a kept age of minutes", ages.ageClock(300_000), "5 min"],
  ["a kept age of hours", ages.ageClock(7_500_000), "2 h 5 min"],
  ["a kept age of days", ages.ageClock(3.5 * 86_400_000), "3 d"],
  ["a moment of today", ages.moment(NOON, 3_600_000), "12:00"],
  ["a short time", ages.shortTime(84.6), "85 ms"],
  ["a time of seconds", ages.shortTime(1234), "1.2 s"],
  ["a time of minutes", ages.shortTime(200_000), "3 min"],
  ["an unknown moment", ages.clockTime("yesterday"), "–"],
  ["no moment", ages.clockTime(null), "–"],
  ["a unit", format.unitName(METRIC, "temperature"), "°C"],
  ["a unit that is its own name", format.unitName(IMPERIAL, "pressure"), "psi"],
];

for (const [name, shown, expected] of CASES) {
  test(`format: ${name}`, () => {
    assert.equal(shown, expected);
  });
}

test("format: a moment of another day has its date", () => {
  assert.match(ages.moment(NOON, 2 * 86_400_000), /13.*, 12:00$|13.* 12:00$/);
});
