import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { learnedFrom, leftOutFor } from "../../dashboard/js/clean_laps.js";
import { Store } from "../../dashboard/js/store.js";
import { learnedText } from "../../dashboard/js/texts/fuel.js";
import { arrival, row, snapshot, untyped } from "./messages.js";

/** @import { Learned, Reason } from "../../dashboard/js/clean_laps.js" */
/** @import { LapRow } from "../../dashboard/js/types.js" */

/** @type {[string, Partial<LapRow>, Reason | null][]} */
const LAPS = [
  ["a flying lap", {}, null],
  ["an invalid one, for it burns the same", { valid: false }, null],
  ["one of which flags and refills are unknown", { yellow: null, fuel_added: null }, null],
  ["an out lap", { kind: "out" }, "pits"],
  ["an in lap", { kind: "in" }, "pits"],
  ["a lap from pit to pit", { kind: "pit" }, "pits"],
  ["a lap under yellow, safety car or full course yellow", { yellow: true }, "yellow"],
  ["a lap on which fuel was added", { fuel_added: 0.5 }, "refuelled"],
  ["a lap with a hole", { complete: false }, "incomplete"],
  ["a lap not known to be whole", { complete: null }, "incomplete"],
  ["a lap of unknown kind", { kind: null }, "unknown"],
  ["a lap of a kind from the future", { kind: "shakedown" }, "unknown"],
  ["a stop with fuel under yellow, once", { kind: "pit", yellow: true, fuel_added: 60 }, "pits"],
];

for (const [name, fields, reason] of LAPS) {
  test(`${name}: ${reason === null ? "clean" : `left out, ${reason}`}`, () => {
    assert.equal(leftOutFor({ ...row(), ...fields }), reason);
  });
}

/** @type {Partial<LapRow>} */
const OUT = { kind: "out", fuel_used: 3.5 };
/** @type {Partial<LapRow>} */
const IN = { kind: "in", fuel_used: 2.5 };

/**
 * Laps from the use of each, or from fields where more is told.
 * @param {(number | Partial<LapRow>)[]} told
 * @returns {LapRow[]}
 */
const lapsOf = (told) =>
  told.map((lap, index) => ({
    ...row({ lap: index + 1 }),
    ...(typeof lap === "number" ? { fuel_used: lap } : lap),
  }));

/** @type {[string, (number | Partial<LapRow>)[], number | null, Learned["reason"], string][]} */
const LEARNED = [
  ["no lap says nothing", [], null, "learning", "no laps"],
  ["one lap says nothing", [3], null, "learning", "1 lap"],
  ["two laps give their middle", [3, 3.5], 3.25, null, "2 laps"],
  ["three laps give the median, not the mean", [3, 9, 3.1], 3.1, null, "3 laps"],
  ["only the newest five count", [9, 9, 9, 9, 2, 3, 4, 5, 6], 4, null, "5 laps"],
  [
    "each lap left out is told once",
    [OUT, 3, 4, IN, OUT, 5, { yellow: true }, 6, { fuel_added: 40, kind: "flying" }, 7],
    6,
    null,
    "3 of 6 laps: 1 in the pits, 1 yellow, 1 refuelled",
  ],
  [
    "laps left out before the oldest that counts are not told",
    [{ yellow: true }, 2, 3, 4, { complete: false }, 5, 6],
    4,
    null,
    "5 of 6 laps: 1 incomplete",
  ],
  [
    "one clean lap among others says nothing",
    [OUT, 3, IN],
    null,
    "learning",
    "1 of 3 laps: 2 in the pits",
  ],
  [
    "two laps of a new stint are enough",
    [9, 9, 9, IN, OUT, 3, 4],
    3.5,
    null,
    "2 of 3 laps: 1 in the pits",
  ],
  [
    "one lap of a new stint asks the one before",
    [2, 3, IN, OUT, 4],
    3,
    null,
    "3 of 5 laps: 2 in the pits",
  ],
  [
    "the one before the one before is not asked then",
    [9, 9, IN, OUT, 3, IN, OUT, 5],
    4,
    null,
    "2 of 5 laps: 3 in the pits",
  ],
  [
    "another driver begins a stint",
    [9, 9, { driver: "Driver Two", fuel_used: 3 }, { driver: "Driver Two", fuel_used: 5 }],
    4,
    null,
    "2 laps",
  ],
  [
    "clean laps without the value are no data",
    [{ fuel_used: null }, { fuel_used: null }],
    null,
    "no data",
    "0 of 2 laps: 2 without a value",
  ],
  ["clean laps that used nothing are no use", [0, 0], null, "no use", "0 of 2 laps: 2 without use"],
  [
    "one lap that used nothing is nothing yet",
    [0, 3],
    null,
    "learning",
    "1 of 2 laps: 1 without use",
  ],
];

for (const [name, told, value, reason, text] of LEARNED) {
  test(`${name}: ${text}`, () => {
    const learned = learnedFrom(lapsOf(told), (lap) => lap.fuel_used);

    assert.equal(learned.value, value);
    assert.equal(learned.reason, reason);
    assert.equal(learnedText(learned), text);
  });
}

test("the laps left out are named, newest first", () => {
  const { left_out } = learnedFrom(lapsOf([3, { yellow: true }, 4, IN]), (lap) => lap.fuel_used);

  assert.deepEqual(left_out, [
    { lap: 4, reason: "pits" },
    { lap: 2, reason: "yellow" },
  ]);
});

/** @type {[string, Reason | null][]} */
const SAMPLES = [
  ["lap-full.json", null],
  ["laps-full.json", null],
  ["lap-smallest.json", "incomplete"],
  ["lap-swap.json", "pits"],
];

for (const [name, reason] of SAMPLES) {
  test(`the lap of good/${name} is ${reason ?? "clean"}`, () => {
    const url = new URL(`../../contract/samples/good/${name}`, import.meta.url);
    const { topic, payload } = JSON.parse(readFileSync(url, "utf8"));
    const [, , , monitor_id, ...channel] = topic.split("/");
    const store = new Store();
    const value = { channel: channel.join("/"), monitor_id, ...arrival(payload) };
    store.accept(untyped({ ...snapshot(), values: [value] }), 0);

    assert.deepEqual(store.rows().map(leftOutFor), [reason]);
  });
}
