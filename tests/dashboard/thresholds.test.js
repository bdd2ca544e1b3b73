import assert from "node:assert/strict";
import { test } from "node:test";

import { FAMILIES } from "../../dashboard/js/car_families.js";
import {
  changedLimit,
  classify,
  limitsOf,
  loadThresholds,
  QUANTITIES,
  resetLimits,
  saveThresholds,
} from "../../dashboard/js/thresholds.js";
import { items, refusing } from "./items.js";

/** @import { Family } from "../../dashboard/js/car_families.js" */
/** @import { LimitName, Problem, Quantity, QuantityLimits, Thresholds, Word } from "../../dashboard/js/thresholds.js" */

const TEMP = { cold: 70, ideal: 88, hot: 105, too_hot: 118 };
const PRESSURE = { low: 160, high: 210 };
const WEAR = { worn: 60, limit: 80 };
const FUEL = { very_low: 1.5, low: 3 };

/** @type {[string, number | null | undefined, QuantityLimits, Word | null][]} */
const WORDS = [
  ["a tyre just under the cold limit", 69.9, TEMP, "cold"],
  ["a tyre at the cold limit", 70, TEMP, "ok"],
  ["a tyre at its best", 88, TEMP, "ok"],
  ["a tyre just under the hot limit", 104.9, TEMP, "ok"],
  ["a tyre at the hot limit", 105, TEMP, "hot"],
  ["a tyre at the limit above", 118, TEMP, "too hot"],
  ["a tyre in the frost", -10, TEMP, "cold"],
  ["a low pressure", 159, PRESSURE, "low"],
  ["a pressure", 160, PRESSURE, "ok"],
  ["a high pressure", 210, PRESSURE, "high"],
  ["a new tyre", 0, WEAR, "ok"],
  ["a worn tyre", 60, WEAR, "worn"],
  ["a tyre that is gone", 80, WEAR, "worn out"],
  ["fuel for many laps", 3, FUEL, "ok"],
  ["fuel for few laps", 2.99, FUEL, "low"],
  ["fuel for the way to the pits", 1.49, FUEL, "very low"],
  ["an empty tank", 0, FUEL, "very low"],
  ["a slow lap", 3.5, { slow: 3 }, "slow"],
  ["a value that is null", null, TEMP, null],
  ["a value that is absent", undefined, TEMP, null],
  ["a value that is no number", NaN, TEMP, null],
];

for (const [name, value, limits, expected] of WORDS) {
  test(`${name} is ${expected ?? "not judged"}`, () => {
    assert.equal(classify(value, limits), expected);
  });
}

test("by default each family has each limit, in range and in order", () => {
  for (const family of FAMILIES) {
    for (const [quantity, { names, min, max }] of Object.entries(QUANTITIES)) {
      const limits = limitsOf({}, family)[/** @type {Quantity} */ (quantity)];
      const values = names.map((name) => limits[name] ?? NaN);

      assert.deepEqual(Object.keys(limits).sort(), [...names].sort(), `${family} ${quantity}`);
      assert.deepEqual(
        values,
        [...new Set(values)].sort((a, b) => a - b),
        `${family} ${quantity}`,
      );
      assert.ok(
        values.every((value) => value >= min && value <= max),
        `${family} ${quantity}`,
      );
    }
  }
});

test("one limit is set for one family", () => {
  const { thresholds, problem } = changedLimit({}, "gt3", "tire_temp", "hot", 100);

  assert.equal(problem, null);
  assert.deepEqual(limitsOf(thresholds, "gt3").tire_temp, {
    ...limitsOf({}, "gt3").tire_temp,
    hot: 100,
  });
  assert.deepEqual(limitsOf(thresholds, "gt3").brake_temp, limitsOf({}, "gt3").brake_temp);
  assert.deepEqual(limitsOf(thresholds, "gte"), limitsOf({}, "gte"));
});

/** @type {[Quantity, LimitName, unknown, Problem][]} */
const REFUSED = [
  ["tire_temp", "low", 80, "unknown limit"],
  ["tire_temp", "hot", "100", "not a number"],
  ["tire_temp", "hot", null, "not a number"],
  ["tire_temp", "hot", NaN, "not a number"],
  ["tire_temp", "hot", Infinity, "not a number"],
  ["tire_temp", "too_hot", 301, "out of range"],
  ["tire_temp", "cold", -51, "out of range"],
  ["tire_temp", "cold", 88, "out of order"],
  ["tire_temp", "ideal", 105, "out of order"],
  ["tire_temp", "hot", 118, "out of order"],
  ["tire_pressure", "low", 211, "out of order"],
  ["tire_wear", "limit", 59, "out of order"],
  ["fuel_laps", "low", 1, "out of order"],
];

for (const [quantity, name, value, problem] of REFUSED) {
  test(`${quantity} ${name} of ${value} is ${problem} and changes nothing`, () => {
    const { thresholds: before } = changedLimit({}, "gt3", "oil_temp", "hot", 120);

    assert.deepEqual(changedLimit(before, "gt3", quantity, name, value), {
      thresholds: before,
      problem,
    });
  });
}

/**
 * @param {Thresholds} thresholds
 * @param {[Family, Quantity, LimitName, number][]} changes
 */
function changed(thresholds, changes) {
  return changes.reduce((before, change) => changedLimit(before, ...change).thresholds, thresholds);
}

const OWN = changed({}, [
  ["gt3", "tire_temp", "too_hot", 150],
  ["gt3", "tire_temp", "hot", 140],
  ["gt3", "tire_temp", "ideal", 130],
  ["gt3", "tire_temp", "cold", 120],
  ["gt3", "tire_wear", "worn", 50],
  ["lmp2", "fuel_laps", "low", 4],
]);

test("a limit may be at the edge of its range", () => {
  const { thresholds } = changedLimit({}, "gt3", "tire_wear", "limit", 100);

  assert.equal(limitsOf(thresholds, "gt3").tire_wear.limit, 100);
  assert.equal(changedLimit(thresholds, "gt3", "tire_wear", "worn", 0).problem, null);
});

test("a quantity or a family goes back to its defaults and the rest stays", () => {
  const one = resetLimits(OWN, "gt3", "tire_temp");
  const all = resetLimits(OWN, "gt3");

  assert.deepEqual(limitsOf(one, "gt3").tire_temp, limitsOf({}, "gt3").tire_temp);
  assert.equal(limitsOf(one, "gt3").tire_wear.worn, 50);
  assert.deepEqual(limitsOf(all, "gt3"), limitsOf({}, "gt3"));
  assert.equal(limitsOf(all, "lmp2").fuel_laps.low, 4);
  assert.deepEqual(resetLimits({}, "gte", "oil_temp"), { gte: {} });
});

test("limits are remembered, even such as are in order only together", () => {
  const storage = items();

  saveThresholds(storage, OWN);

  assert.deepEqual(loadThresholds(storage), OWN);
});

/** @type {[string, string, QuantityLimits][]} */
const STORED = [
  ["text for a number", '{"cold":"60","hot":100}', { hot: 100 }],
  ["null", '{"cold":null,"hot":100}', { hot: 100 }],
  ["a number past all bounds", '{"cold":60,"too_hot":1e999}', { cold: 60 }],
  ["one out of range", '{"cold":-500,"hot":100}', { hot: 100 }],
  ["one out of order", '{"cold":119,"hot":100}', { hot: 100 }],
  ["an unknown name", '{"warm":90,"hot":100}', { hot: 100 }],
  ["a name of Object", '{"__proto__":{"cold":60},"toString":1,"hot":100}', { hot: 100 }],
];

for (const [name, stored, expected] of STORED) {
  test(`${name} among the stored limits does not discard the others`, () => {
    const text = `{"v":1,"gt3":{"tire_temp":${stored},"x":1,"oil_temp":[]},"gte":7,"mars":{}}`;

    const thresholds = loadThresholds(items({ "pitboard.thresholds": text }));

    assert.deepEqual(thresholds, { gt3: { tire_temp: expected } });
  });
}

for (const stored of ["", "{", "null", "[]", "7", '{"v":2,"gt3":{"tire_temp":{"hot":100}}}']) {
  test(`limits stored as ${JSON.stringify(stored)} do no harm`, () => {
    assert.deepEqual(loadThresholds(items({ "pitboard.thresholds": stored })), {});
  });
}

test("a browser that refuses to store is no error", () => {
  saveThresholds(refusing, OWN);

  assert.deepEqual(loadThresholds(refusing), {});
});
