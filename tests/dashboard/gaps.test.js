import assert from "node:assert/strict";
import { test } from "node:test";

import { GapTrends } from "../../dashboard/js/gaps.js";

/** @import { Telemetry } from "../../dashboard/js/types.js" */

/**
 * Laps from 1 with the gap ahead at the start of each; a lap is seen in its middle too.
 * @param {(Telemetry | number | null)[]} laps
 */
function driven(laps) {
  const trends = new GapTrends();
  let gaps = trends.read({});
  for (const [index, told] of laps.entries()) {
    const fields = typeof told === "object" && told !== null ? told : { gap_ahead: told };
    const frame = { lap: index + 1, class_position: 4, ...fields };
    gaps = trends.read(frame);
    gaps = trends.read({ ...frame });
  }
  return gaps;
}

const LEARNING = { direction: null, per_lap: null, laps: null };

/** @type {[string, (Telemetry | number | null)[], object][]} */
const TRENDS = [
  ["one change of a gap is no trend", [9, 10, 9.5], LEARNING],
  ["a gap that shrinks is closing, and gone in some laps", [20, 10, 9.5, 9], { direction: "closing", per_lap: -0.5, laps: 18 }],
  ["a gap that grows is opening, and never gone", [20, 9, 9.5, 10], { direction: "opening", per_lap: 0.5, laps: null }],
  ["a gap that hardly moves is steady", [20, 9, 9.03, 8.99], { direction: "steady", laps: null }],
  ["one odd lap does not turn the trend", [20, 10, 9.5, 12, 11.5, 11], { direction: "closing", per_lap: -0.5 }],
  ["another place in class is learned anew", [20, 10, 9.5, 9, { gap_ahead: 3, class_position: 3 }], LEARNING],
  ["a stop is learned anew", [20, 10, 9.5, { gap_ahead: 60, pit_state: "stopped" }, 60], LEARNING],
  ["a car that is a lap away has no trend", [20, 10, 9.5, { gap_ahead: 9, gap_ahead_laps: 1 }], LEARNING],
  ["an unknown gap has no trend", [20, 10, 9.5, 9, null], LEARNING],
  ["another run is learned anew", [20, 10, 9.5, 9, { gap_ahead: 8, lap: 1 }], LEARNING],
  ["laps that were not seen are shared out", [20, 10, { lap: 5, gap_ahead: 8 }, { lap: 6, gap_ahead: 7 }], { per_lap: -0.833 }],
];

for (const [name, laps, expected] of TRENDS) {
  test(name, () => {
    const { ahead } = driven(laps);

    const rounded = { ...ahead, per_lap: ahead.per_lap && Math.round(ahead.per_lap * 1000) / 1000 };
    assert.deepEqual({ ...rounded, ...expected }, rounded);
  });
}

test("the gap behind has its own trend", () => {
  const laps = [20, 4, 3.5, 3].map((gap_behind) => ({ gap_ahead: 10, gap_behind }));

  const { ahead, behind } = driven(laps);

  assert.deepEqual([ahead.direction, behind.direction, behind.laps], ["steady", "closing", 6]);
});
