import assert from "node:assert/strict";
import { test } from "node:test";

import { wearOf } from "../../dashboard/js/wear.js";
import { row } from "./messages.js";

/** @import { LapRow } from "../../dashboard/js/types.js" */
/** @import { CornerWear, Wear, WearFrame, WearReason } from "../../dashboard/js/wear.js" */

/** @param {number | null} worn */
const all = (worn) => ({ fl: worn, fr: worn, rl: worn, rr: worn });

/**
 * Laps 1, 2, ... that ended with so much worn.
 * @param {(number | null)[]} worn
 * @param {Record<number, Partial<LapRow>>} [changes] by lap
 * @returns {LapRow[]}
 */
function laps(worn, changes = {}) {
  return worn.map((each, i) => {
    return { ...row({ lap: i + 1 }), tire_wear: all(each), ...changes[i + 1] };
  });
}

/** @typedef {Pick<CornerWear, "per_lap" | "laps_left" | "laps" | "reason">} Told */
/** @type {(laps: number, reason: WearReason) => Told} */
const nothing = (laps, reason) => ({ per_lap: null, laps_left: null, laps, reason });

/** @type {[string, LapRow[], number | null, Told][]} */
const LAPS = [
  ["no laps", [], 20, nothing(0, "learning")],
  ["one lap's difference", laps([1, 3]), 3, nothing(1, "learning")],
  ["two", laps([1, 3, 5]), 6, { per_lap: 2, laps_left: 32, laps: 2, reason: null }],
  [
    "one odd lap does not move it",
    laps([1, 3, 5, 15, 17, 19]),
    20,
    { per_lap: 2, laps_left: 25, laps: 5, reason: null },
  ],
  [
    "the wire's one digit is no error: 0.34 a lap",
    laps([0.3, 0.7, 1, 1.4, 1.7, 2, 2.4, 2.7, 3.1, 3.4, 3.7]),
    3.7,
    { per_lap: 0.34, laps_left: 195, laps: 10, reason: null },
  ],
  [
    "only the newest ten count",
    laps([0, 5, 10, 15, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30]),
    30,
    { per_lap: 1, laps_left: 40, laps: 10, reason: null },
  ],
  [
    "laps under yellow, in the pits or with a hole are no measure",
    laps([1, 3, 3.2, 5.2, 5.3, 6, 8], {
      3: { yellow: true },
      5: { kind: "in" },
      6: { complete: false },
    }),
    8,
    { per_lap: 2, laps_left: 31, laps: 3, reason: null },
  ],
  [
    "new tyres begin anew",
    laps([30, 33, 36, 1, 2, 3], { 4: { kind: "out" } }),
    3.5,
    { per_lap: 1, laps_left: 66.5, laps: 2, reason: null },
  ],
  [
    "even where no stop was seen",
    laps([30, 33, 36, 1, 2, 3]),
    3.5,
    { per_lap: 1, laps_left: 66.5, laps: 2, reason: null },
  ],
  [
    "those fitted since the last lap too",
    laps([30, 33, 36]),
    0.4,
    nothing(0, "learning"),
  ],
  [
    "a lap that is missing is no difference",
    laps([1, 3, 9, 11, 13]).filter(({ lap }) => lap !== 2),
    13,
    { per_lap: 2, laps_left: 28.5, laps: 2, reason: null },
  ],
  [
    "the next driver's laps go on with the tyres",
    laps([1, 3, 5, 7], { 3: { monitor_id: "pc-b", run: 4 }, 4: { monitor_id: "pc-b", run: 4 } }),
    7,
    { per_lap: 2, laps_left: 31.5, laps: 3, reason: null },
  ],
  [
    "a lap without a value ends what is known",
    laps([1, 4, null, 10, 12, 14]),
    14,
    { per_lap: 2, laps_left: 28, laps: 2, reason: null },
  ],
  [
    "past the limit nothing is left",
    laps([70, 72, 74]),
    75,
    { per_lap: 2, laps_left: 0, laps: 2, reason: null },
  ],
  [
    "tyres that do not wear last for ever, which is no number",
    laps([5, 5, 5, 5]),
    5,
    { per_lap: 0, laps_left: null, laps: 3, reason: "no wear" },
  ],
  ["no wear given", laps([null, null, null]), null, nothing(0, "no data")],
];

for (const [name, rows, worn, expected] of LAPS) {
  test(`${name}`, () => {
    const { corners, laps_left, reason, as_of_lap } = wearOf(rows, { tire_wear: all(worn) }, 70);

    const { per_lap } = corners.rl;
    assert(Math.abs((per_lap ?? 0) - (expected.per_lap ?? 0)) < 1e-9, `${per_lap}`);
    assert.equal(per_lap === null, expected.per_lap === null);
    assert.equal(corners.rl.worn, worn);
    assert.equal(corners.rl.laps, expected.laps);
    assert.equal(corners.rl.reason, expected.reason);
    assert(Math.abs((laps_left ?? 0) - (expected.laps_left ?? 0)) < 1e-6, `${laps_left}`);
    assert.equal(laps_left === null, expected.laps_left === null);
    assert.equal(reason, expected.reason);
    assert.equal(as_of_lap, null);
  });
}

/**
 * Laps on which the front left wears by 3, the others by 1.
 * @type {LapRow[]}
 */
const UNEVEN = [1, 2, 3].map((lap) => ({
  ...row({ lap }),
  tire_wear: { fl: 3 * lap, fr: lap, rl: lap, rr: lap },
}));

/** @type {[string, WearFrame, number, Omit<Wear, "corners">][]} */
const CARS = [
  [
    "the corner that is worn first decides",
    { tire_wear: { fl: 10, fr: 4, rl: 4, rr: 4 } },
    70,
    { first: "fl", laps_left: 20, reason: null, as_of_lap: null },
  ],
  [
    "by another limit",
    { tire_wear: { fl: 10, fr: 4, rl: 4, rr: 4 } },
    40,
    { first: "fl", laps_left: 10, reason: null, as_of_lap: null },
  ],
  [
    "one that is not given is left out",
    { tire_wear: { fr: 4, rl: 4, rr: 4 } },
    70,
    { first: "fr", laps_left: 66, reason: null, as_of_lap: null },
  ],
  [
    "one that is new may be the first, so nothing is said",
    { tire_wear: { fl: 10, fr: 0, rl: 4, rr: 4 } },
    70,
    { first: null, laps_left: null, reason: "learning", as_of_lap: null },
  ],
  [
    "wear that is not live is said with its lap, and nothing is made of it",
    { tire_wear: all(12), tires_as_of_lap: 7 },
    70,
    { first: null, laps_left: null, reason: "not live", as_of_lap: 7 },
  ],
  ["no wear at all", {}, 70, { first: null, laps_left: null, reason: "no data", as_of_lap: null }],
];

for (const [name, frame, limit, expected] of CARS) {
  test(name, () => {
    const { first, laps_left, reason, as_of_lap } = wearOf(UNEVEN, frame, limit);

    assert.deepEqual({ first, laps_left, reason, as_of_lap }, expected);
  });
}
