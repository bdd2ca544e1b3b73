import assert from "node:assert/strict";
import { test } from "node:test";

import { caughtText, flagText, leaderText, trendText } from "../../dashboard/js/texts/gaps.js";

/** @import { GapTrend } from "../../dashboard/js/gaps.js" */

/** @type {[GapTrend, string, string][]} */
const TRENDS = [
  [{ direction: null, per_lap: null, laps: null }, "", "–"],
  [{ direction: "steady", per_lap: 0.01, laps: null }, "steady", "–"],
  [{ direction: "opening", per_lap: 0.416, laps: null }, "opening 0.42/lap", "–"],
  [{ direction: "closing", per_lap: -0.5, laps: 11.2 }, "closing 0.50/lap", "12 laps"],
  [{ direction: "closing", per_lap: -2, laps: 0.2 }, "closing 2.00/lap", "1 lap"],
  [{ direction: "closing", per_lap: -0.1, laps: 300 }, "closing 0.10/lap", "–"],
];

for (const [trend, words, caught] of TRENDS) {
  test(`a gap that is ${words || "not learned"} is gone in ${caught}`, () => {
    assert.deepEqual([trendText(trend), caughtText(trend)], [words, caught]);
  });
}

test("the leader is so far ahead, or this car", () => {
  const cars = [{ position: 1, gap_leader: 0 }, { position: 4, gap_leader: 31.24 }, { position: 9, laps_behind_leader: 2 }, {}];

  assert.deepEqual(cars.map(leaderText), ["leading", "31.2", "2 laps", "–"]);
});

test("no flag and an unknown flag are not the same", () => {
  const cars = [{ flags: ["double_yellow", "blue"] }, { flags: [] }, {}];

  assert.deepEqual(cars.map(flagText), ["Double yellow, Blue", "none", "–"]);
});
