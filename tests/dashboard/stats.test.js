import assert from "node:assert/strict";
import { test } from "node:test";

import { median, medianSlope, unroundedMedian } from "../../dashboard/js/stats.js";

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

test("nothing has no middle and no slope", () => {
  assert.equal(unroundedMedian([], 0.1), null);
  assert.equal(medianSlope([]), null);
  assert.equal(medianSlope([{ x: 1, y: 2 }]), null);
});
