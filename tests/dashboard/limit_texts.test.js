import assert from "node:assert/strict";
import { test } from "node:test";

import { celsiusOf, DEFAULT_UNITS, kpaOf } from "../../dashboard/js/format.js";
import { limitText, limitUnit, problemText, readLimit } from "../../dashboard/js/texts/limits.js";
import { limitsOf, QUANTITIES, quantities } from "../../dashboard/js/thresholds.js";

/** @import { Quantity } from "../../dashboard/js/thresholds.js" */
/** @import { Units } from "../../dashboard/js/types.js" */

/** @type {Units} */
const IMPERIAL = { fuel: "gal", pressure: "psi", temperature: "F", speed: "mph" };
/** @type {Units} */
const BAR = { ...DEFAULT_UNITS, pressure: "bar" };

test("what was typed comes back in the units of the wire", () => {
  assert.equal(celsiusOf(212, IMPERIAL), 100);
  assert.equal(celsiusOf(100, DEFAULT_UNITS), 100);
  assert.equal(Math.round(kpaOf(27, IMPERIAL) * 10), 1862);
  assert.equal(kpaOf(1.8, BAR), 180);
  assert.equal(kpaOf(180, DEFAULT_UNITS), 180);
});

/** @type {[string, Quantity, string, Units, number][]} */
const TYPED = [
  ["plain", "water_temp", "105", DEFAULT_UNITS, 105],
  ["with a comma", "water_temp", " 104,5 ", DEFAULT_UNITS, 104.5],
  ["below zero, as the page writes it", "tire_temp", "−5", DEFAULT_UNITS, -5],
  ["Fahrenheit", "brake_temp", "1292", IMPERIAL, 700],
  ["bar", "tire_pressure", "1.6", BAR, 160],
  ["laps", "fuel_laps", "1.5", IMPERIAL, 1.5],
  ["nothing", "water_temp", "", DEFAULT_UNITS, NaN],
  ["a word", "water_temp", "hot", DEFAULT_UNITS, NaN],
];
for (const [name, quantity, typed, units, expected] of TYPED) {
  test(`a limit is read: ${name}`, () => {
    assert.equal(readLimit(quantity, typed, units), expected);
  });
}

for (const units of [DEFAULT_UNITS, IMPERIAL, BAR]) {
  test(`a limit in ${units.pressure} and ${units.temperature} reads as it is written`, () => {
    const limits = limitsOf({}, "gt3");
    for (const quantity of quantities()) {
      for (const name of QUANTITIES[quantity].names) {
        const text = limitText(quantity, limits[quantity][name], units);
        assert.equal(limitText(quantity, readLimit(quantity, text, units), units), text);
      }
    }
  });
}

test("a limit that is refused says why, in the reader's units", () => {
  assert.equal(problemText("out of range", "water_temp", IMPERIAL), "From −58 to 482 °F");
  assert.equal(problemText("not a number", "tire_wear", IMPERIAL), "A number, such as 95.5");
  assert.equal(limitUnit("tire_pressure", IMPERIAL), "psi");
  assert.equal(limitUnit("fuel_laps", IMPERIAL), "laps");
});
