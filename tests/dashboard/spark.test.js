import assert from "node:assert/strict";
import { test } from "node:test";

import { spanOf, sparkPoints } from "../../dashboard/js/spark.js";

/** @type {[string, number[], (number | null)[], string][]} */
const CASES = [
  ["nothing", [], [], ""],
  ["one point", [0], [80], ""],
  ["nulls alone", [0, 5], [null, null], ""],
  ["what rises", [0, 5, 10], [80, 90, 100], "0.0,24.0 50.0,12.0 100.0,0.0"],
  ["what hardly moves, in the middle", [0, 10], [90, 90], "0.0,12.0 100.0,12.0"],
  ["a hole", [0, 5, 10], [80, null, 100], "0.0,24.0 100.0,0.0"],
];
for (const [name, times, values, expected] of CASES) {
  test(`the line of ${name}`, () => {
    assert.equal(sparkPoints(times, values, 10), expected);
  });
}

test("a long stint is a line of few points that ends with the newest", () => {
  const times = Array.from({ length: 1440 }, (_, i) => i * 5);
  const values = times.map((at) => at / 100);

  const points = sparkPoints(times, values, 10).split(" ");

  assert(points.length <= 60);
  assert.equal(points.at(-1), "100.0,0.0");
});

test("the span leaves out what was not measured", () => {
  assert.deepEqual(spanOf([null, 81, 79, NaN]), { min: 79, max: 81 });
  assert.equal(spanOf([null]), null);
});
