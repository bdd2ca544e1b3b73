import assert from "node:assert/strict";
import { test } from "node:test";

import { progressOf } from "../../dashboard/js/race_progress.js";

/** @import { Telemetry } from "../../dashboard/js/types.js" */

/** @type {[string, Partial<Telemetry>, number | null, [number, boolean]][]} */
const PARTS = [
  ["the distance tells the part", { lap_distance: 1250 }, 5000, [0.25, false]],
  ["some metres past the length are the whole lap", { lap_distance: 5010 }, 5000, [1, false]],
  [
    "a distance of another track is not used",
    { lap_distance: 6000, lap_time: 30 },
    5000,
    [0.3, true],
  ],
  ["a track of no length", { lap_distance: 1250, lap_time: 30 }, 0, [0.3, true]],
  ["an unknown distance: the time tells about", { lap_time: 30 }, 5000, [0.3, true]],
  [
    "an unknown track: the time tells about",
    { lap_distance: 1250, lap_time: 30 },
    null,
    [0.3, true],
  ],
  ["a slow lap is not over before the line", { lap_time: 180 }, null, [1, true]],
  ["in the pits time tells nothing", { lap_time: 50, pit_state: "stopped" }, null, [0, true]],
  ["in the garage time tells nothing", { lap_time: 50, pit_state: "garage" }, null, [0, true]],
  ["neither known", {}, null, [0, true]],
  ["a counter ahead of the distance", { lap_distance: 4990, lap_time: 0.2 }, 5000, [0, false]],
  ["a lap that is nearly over", { lap_distance: 4900, lap_time: 98 }, 5000, [0.98, false]],
  ["a long stop after the line", { lap_distance: 50, lap_time: 95 }, 5000, [0.01, false]],
];

for (const [name, car, length, [part, estimated]] of PARTS) {
  test(`${name}: ${part} of the lap`, () => {
    const progress = progressOf({ lap: 4, ...car }, length, 100);

    assert.deepEqual(progress, { lap: 4, part, laps: 3 + part, estimated });
  });
}

test("without a lap there is no progress", () => {
  assert.equal(progressOf({ lap: null, lap_distance: 10 }, 5000, 100), null);
});
