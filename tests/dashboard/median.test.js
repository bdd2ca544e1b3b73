import assert from "node:assert/strict";
import { test } from "node:test";

import { median } from "../../dashboard/js/median.js";

/** @type {[number[], number | null][]} */
const CASES = [
  [[], null],
  [[3], 3],
  [[9, 1], 5],
  [[100, 9, 1], 9],
  [[10, 9, 100, 1], 9.5],
];

for (const [values, expected] of CASES) {
  test(`the middle of [${values}] is ${expected}`, () => {
    assert.equal(median(values), expected);
  });
}
