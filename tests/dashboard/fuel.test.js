import assert from "node:assert/strict";
import { test } from "node:test";

import { fuelView, isClean, usePerLap } from "../../dashboard/js/fuel.js";
import { row } from "./messages.js";

/** @import { LapRow } from "../../dashboard/js/types.js" */

/** @type {[string, Partial<LapRow>, boolean][]} */
const LAPS = [
  ["a flying lap", {}, true],
  ["an invalid one, for it burns the same", { valid: false }, true],
  ["nothing known of refuelling or flags", { fuel_added: null, yellow: null }, true],
  ["an out lap", { kind: "out" }, false],
  ["an in lap", { kind: "in" }, false],
  ["a lap from pit to pit", { kind: "pit" }, false],
  ["a lap of unknown kind", { kind: null }, false],
  ["a lap with a hole", { complete: false }, false],
  ["a lap not known to be whole", { complete: null }, false],
  ["a lap under yellow", { yellow: true }, false],
  ["a lap with fuel added", { fuel_added: 0.5 }, false],
  ["a lap that used nothing", { fuel_used: 0 }, false],
  ["a lap whose use is unknown", { fuel_used: null }, false],
];

for (const [name, fields, clean] of LAPS) {
  test(`${name} is ${clean ? "" : "not "}a clean lap`, () => {
    assert.equal(isClean(row(fields)), clean);
  });
}

/** @type {[string, number[], number | null][]} */
const USES = [
  ["no lap says nothing", [], null],
  ["one lap says nothing", [3], null],
  ["two laps give their middle", [3, 3.2], 3.1],
  ["three laps give the median, not the mean", [3, 9, 3.1], 3.1],
  ["only the last five count", [9, 9, 9, 9, 2, 3, 4, 5, 6], 4],
];

for (const [name, used, expected] of USES) {
  test(name, () => {
    const rows = used.map((fuel_used) => row({ fuel_used }));

    assert.equal(usePerLap(rows).use, expected);
  });
}

test("laps that are not clean are passed over, not counted among the five", () => {
  const dirty = Array.from({ length: 10 }, () => row({ fuel_used: 1, yellow: true }));
  const rows = [row({ fuel_used: 3 }), ...dirty, row({ fuel_used: 3.4 })];

  assert.deepEqual(usePerLap(rows), { use: 3.2, learned_from: 2 });
});

/** @type {[string, Parameters<typeof fuelView>, Partial<ReturnType<typeof fuelView>>][]} */
const VIEWS = [
  [
    "fuel over use is laps left",
    [42, 90, { use: 3, learned_from: 5 }],
    { laps_left: 14, percent: 100 * (42 / 90) },
  ],
  ["an empty tank has no laps left", [0, 90, { use: 3, learned_from: 5 }], { laps_left: 0, percent: 0 }],
  [
    "without clean laps there is no promise",
    [42, 90, { use: null, learned_from: 1 }],
    { laps_left: null, use: null },
  ],
  [
    "unknown fuel leaves everything unknown but the use",
    [null, 90, { use: 3, learned_from: 5 }],
    { fuel: null, percent: null, laps_left: null, use: 3 },
  ],
  ["an unknown tank has no percent", [42, null, { use: 3, learned_from: 5 }], { percent: null }],
  ["a tank of 0 L has no percent", [42, 0, { use: 3, learned_from: 5 }], { percent: null }],
];

for (const [name, args, expected] of VIEWS) {
  test(name, () => {
    const view = fuelView(...args);

    assert.deepEqual({ ...view, ...expected }, view);
  });
}
