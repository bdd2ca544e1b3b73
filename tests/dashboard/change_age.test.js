import assert from "node:assert/strict";
import { test } from "node:test";

import { agoOf, readStamp, UNKNOWN } from "../../dashboard/js/change_age.js";
import { agoText } from "../../dashboard/js/texts/setup.js";

/** @import { Stamp } from "../../dashboard/js/change_age.js" */

const THEN = { run: 2, lap: 10, at: 1_000_000 };
const MINUTE = 60_000;

/** @type {[string, Stamp, Stamp, string][]} */
const AGES = [
  ["three laps later", THEN, { run: 2, lap: 13, at: null }, "changed 3 laps ago"],
  ["one lap later", THEN, { run: 2, lap: 11, at: null }, "changed 1 lap ago"],
  ["on the same lap", THEN, { run: 2, lap: 10, at: null }, "changed this lap"],
  ["in the next race", THEN, { run: 3, lap: 12, at: THEN.at + 40 * MINUTE }, "changed 40 min ago"],
  ["when the lap went back", THEN, { run: 2, lap: 1, at: THEN.at + MINUTE }, "changed 1 min ago"],
  ["with the lap not known", THEN, { run: 2, lap: null, at: THEN.at + 5000 }, "changed 5 s ago"],
  [
    "with the run not known",
    { ...THEN, run: null },
    { run: null, lap: 12, at: THEN.at },
    "changed 0 s ago",
  ],
  ["by a clock that was set back", { ...THEN, lap: null }, { ...THEN, at: 0 }, "changed 0 s ago"],
  ["at a time not known", UNKNOWN, THEN, "changed earlier"],
  ["now not known", THEN, UNKNOWN, "changed earlier"],
];

for (const [name, then, now, expected] of AGES) {
  test(`a change seen ${name} is "${expected}"`, () => {
    assert.equal(agoText(agoOf(then, now)), expected);
  });
}

test("of a stored stamp only numbers are read", () => {
  assert.deepEqual(readStamp({ run: 1, lap: "2", at: Infinity, x: 1 }), {
    run: 1,
    lap: null,
    at: null,
  });
  assert.deepEqual(readStamp(null), UNKNOWN);
  assert.deepEqual(readStamp([1]), UNKNOWN);
});
