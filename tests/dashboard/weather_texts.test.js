import assert from "node:assert/strict";
import { test } from "node:test";

import { DEFAULT_UNITS } from "../../dashboard/js/format.js";
import { changeText, dayText, forecastLines } from "../../dashboard/js/texts/weather.js";

const FAHRENHEIT = { ...DEFAULT_UNITS, temperature: /** @type {const} */ ("F") };

/** @type {[string, number[], (number | null)[], string][]} */
const CHANGES = [
  ["nothing measured", [], [], ""],
  ["less than a minute", [0, 50], [30, 31], ""],
  ["a rise", [0, 600, 1440], [30, 31, 31.8], "+1.8 in 24 min"],
  ["a fall", [0, 1440], [30, 28.5], "−1.5 in 24 min"],
  ["hardly a change", [0, 600], [30, 30.1], "steady for 10 min"],
  ["holes at both ends", [0, 60, 120, 660, 720], [null, NaN, 30, 32, null], "+2.0 in 9 min"],
];

for (const [name, times, values, expected] of CHANGES) {
  test(`${name} over the stint reads "${expected}"`, () => {
    assert.equal(changeText(times, values, DEFAULT_UNITS), expected);
  });
}

test("a change in Fahrenheit has no zero point", () => {
  assert.equal(changeText([0, 600], [30, 32], FAHRENHEIT), "+3.6 in 10 min");
});

test("the forecast leaves out what it does not know", () => {
  const forecast = [
    { in: 1800, rain: 20, ambient_temp: 22.4, sky: "light clouds" },
    { in: 9000, rain: 0 },
    { in: 600 },
    { rain: 50 },
  ];

  assert.deepEqual(forecastLines(forecast, DEFAULT_UNITS), [
    "in 30 min: rain 20 %, 22 °C, light clouds",
    "in 2.5 h: rain 0 %",
  ]);
  assert.deepEqual(forecastLines(null, DEFAULT_UNITS), []);
});

test("the hour after midnight is no minute", () => {
  assert.deepEqual([62417, 1217, 5, null].map(dayText), ["17:20:17", "0:20:17", "0:00:05", "–"]);
});
