import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { currentStint, lapsOfRun, stintsOf, SwapWatch, swapsOf } from "../../dashboard/js/stint.js";
import { Store } from "../../dashboard/js/store.js";
import { lapsOf, ONE, seat, SWAP, TWO } from "./car_laps.js";
import { arrival, snapshot, untyped } from "./messages.js";

/** @import { Seat } from "../../dashboard/js/stint.js" */
/** @import { LapRow } from "../../dashboard/js/types.js" */

/** @type {[string, LapRow[], Seat | null, number[]][]} */
const RUNS = [
  ["nothing", [], seat({ lap: 1 }), []],
  ["one run", lapsOf({}, {}, {}), seat({ lap: 4 }), [1, 2, 3]],
  ["practice before the race", lapsOf({}, {}, { lap: 1 }, { lap: 2 }), seat({ lap: 3 }), [1, 2]],
  ["practice only, the race has begun", lapsOf({}, {}, {}), seat({ lap: 1 }), []],
  ["practice of one lap, a race of its own run", lapsOf({ run: 1 }), seat({ lap: 1, run: 2 }), []],
  ["a frame that is older than the laps", lapsOf({}, {}, {}), seat({ lap: 2, run: 1 }), [1, 2, 3]],
  ["a run as the frame's", lapsOf({ run: 2 }), seat({ lap: 2, run: 2 }), [1]],
  [
    "another monitor's run says nothing",
    lapsOf({ run: 1, monitor_id: "pc-b" }),
    seat({ lap: 2, run: 2 }),
    [1],
  ],
  ["the lap's row before its frame", lapsOf({}, {}, {}), seat({ lap: 3 }), [1, 2, 3]],
  ["an unknown lap", lapsOf({}, {}), seat({ lap: null }), [1, 2]],
  ["nobody in the car", lapsOf({}, {}), null, [1, 2]],
];

for (const [name, rows, active, expected] of RUNS) {
  test(`the laps of the run that is driven: ${name}`, () => {
    assert.deepEqual(
      lapsOfRun(rows, active).map(({ lap }) => lap),
      expected,
    );
  });
}

/**
 * The name; the laps; of each stint its driver, laps, time and whether that is estimated.
 * @type {[string, LapRow[], [string | null, number, number, boolean][]][]}
 */
const STINTS = [
  ["no lap is no stint", [], []],
  ["one driver without a stop", lapsOf({}, {}, {}), [["Driver One", 3, 300, false]]],
  [
    "a stop, with the monitor's own count",
    lapsOf({ stint: 1 }, { stint: 1, kind: "in" }, { stint: 2, kind: "out", lap_time: 160 }),
    [
      ["Driver One", 2, 200, false],
      ["Driver One", 1, 160, false],
    ],
  ],
  [
    "a drive-through, with the monitor's own count",
    lapsOf({ stint: 1 }, { stint: 1, kind: "in" }, { stint: 1, kind: "out" }),
    [["Driver One", 3, 300, false]],
  ],
  [
    "a stop of which only the kind of lap tells",
    lapsOf({}, { kind: "in" }, { kind: "out" }, {}),
    [
      ["Driver One", 2, 200, false],
      ["Driver One", 2, 200, false],
    ],
  ],
  [
    "a pit lane with both ends on one lap",
    lapsOf({}, { kind: "pit" }, {}),
    [
      ["Driver One", 1, 100, false],
      ["Driver One", 2, 200, false],
    ],
  ],
  [
    "a swap: the next monitor counts its stints from 1 too",
    lapsOf({ ...ONE, stint: 1 }, { ...SWAP, stint: 1 }, { ...TWO, stint: 1 }),
    [
      ["Driver One", 1, 100, false],
      ["Driver Two", 2, 200, true],
    ],
  ],
  [
    "a driver who goes on with another monitor, and does not stop",
    lapsOf({ ...ONE, stint: 3 }, { ...ONE, monitor_id: "pc-c", stint: 1 }),
    [["Driver One", 2, 200, false]],
  ],
  [
    "a name that is unknown for a lap",
    lapsOf({ stint: 1 }, { stint: 1, driver: null }, { stint: 1 }),
    [["Driver One", 3, 300, false]],
  ],
  ["a name that comes late", lapsOf({ driver: null }, {}), [["Driver One", 2, 200, false]]],
  ["a lap of unknown time", lapsOf({}, { lap_time: null }), [["Driver One", 2, 100, true]]],
];

for (const [name, run, expected] of STINTS) {
  test(name, () => {
    const stints = stintsOf(run);

    assert.deepEqual(
      stints.map(({ driver, laps, time_s, estimated }) => [driver, laps, time_s, estimated]),
      expected,
    );
    assert.deepEqual(
      stints.map(({ number }) => number),
      expected.map((_, index) => index + 1),
    );
  });
}

/**
 * The name; laps; seat; number, laps, time and whether that is estimated.
 * @type {[string, LapRow[], Seat, [number, number, number | null, boolean] | null][]}
 */
const CURRENT = [
  ["before the first lap", [], seat({ lap: null }), null],
  ["on the first lap", [], seat({ lap: 1, stint_laps: 0, stint_time: 40 }), [1, 0, 40, false]],
  [
    "what telemetry says",
    lapsOf({}, {}),
    seat({ lap: 3, stint_laps: 2, stint_time: 190 }),
    [1, 2, 190, false],
  ],
  ["telemetry says nothing", lapsOf({}, {}), seat({ lap: 3, lap_time: 30 }), [1, 2, 230, false]],
  [
    "a stint that began with this lap",
    lapsOf({}, { kind: "in" }),
    seat({ lap: 3, stint_laps: 0, stint_time: 12 }),
    [2, 0, 12, false],
  ],
  [
    "only the kind of the last lap tells it",
    lapsOf({}, { kind: "in" }),
    seat({ lap: 3, lap_time: 80 }),
    [2, 0, 80, true],
  ],
  [
    "the row of its first lap is still to come",
    lapsOf({}, { kind: "in" }),
    seat({ lap: 4, stint_laps: 1 }),
    [2, 1, null, true],
  ],
  [
    "another driver got in",
    lapsOf(ONE, ONE),
    seat({ lap: 3, lap_time: 80 }, { driver: "Driver Two", monitor_id: "pc-b" }),
    [2, 0, 80, true],
  ],
  [
    "a drive-through",
    lapsOf({}, { kind: "in" }),
    seat({ lap: 3, stint_laps: 2, stint_time: 220 }),
    [1, 2, 220, false],
  ],
  [
    "the third of the car, the first of the monitor",
    lapsOf(ONE, SWAP, TWO, { ...ONE, kind: "pit", complete: false }),
    seat({ lap: 5, stint_laps: 1, stint_time: 130 }),
    [3, 1, 130, false],
  ],
  ["a lap time that is unknown", lapsOf({}), seat({ lap: 2 }), [1, 1, null, false]],
];

for (const [name, run, active, expected] of CURRENT) {
  test(`the stint that is driven: ${name}`, () => {
    const stint = currentStint(run, active);

    assert.deepEqual(stint && [stint.number, stint.laps, stint.time_s, stint.estimated], expected);
    assert.equal(stint?.driver ?? active.driver, active.driver);
  });
}

test("nobody in the car is no stint", () => {
  assert.equal(currentStint(lapsOf({}, {}), null), null);
});

/** @type {[string, LapRow[], Seat | null, [number | null, string | null, string, string][]][]} */
const SWAPS = [
  ["one driver", lapsOf(ONE, ONE), seat({ lap: 3 }), []],
  [
    "two, and back",
    lapsOf(ONE, SWAP, TWO, ONE),
    null,
    [
      [2, "2026-06-13T18:10:00.000Z", "Driver One", "Driver Two"],
      [4, "2026-06-13T18:12:00.000Z", "Driver Two", "Driver One"],
    ],
  ],
  [
    "on the lap that is driven",
    lapsOf(ONE, ONE),
    seat({ lap: 3 }, { driver: "Driver Two" }),
    [[3, "2026-06-13T18:11:00.000Z", "Driver One", "Driver Two"]],
  ],
  ["a name unknown for a lap", lapsOf(ONE, { ...ONE, driver: null }, ONE), null, []],
  [
    "the name comes late",
    lapsOf(ONE, { ...SWAP, driver: null }, TWO),
    null,
    [[3, "2026-06-13T18:11:00.000Z", "Driver One", "Driver Two"]],
  ],
  ["no name on an active monitor", lapsOf(ONE), seat({ lap: 2 }, { driver: null }), []],
  ["a name on the first lap is no swap", [], seat({ lap: 1 }), []],
];

for (const [name, run, active, expected] of SWAPS) {
  test(`changes of driver: ${name}`, () => {
    assert.deepEqual(
      swapsOf(run, active).map(({ lap, at, from, to }) => [lap, at, from, to]),
      expected,
    );
  });
}

test("a change of driver is noticed once, and an unknown name is none", () => {
  const watch = new SwapWatch();

  const looks = ["Driver One", null, "Driver One", "", "Driver Two", "Driver Two"];
  const seen = looks.map((driver, index) => watch.look(driver, 40 + index, `at ${index}`));

  const swap = { lap: 44, at: "at 4", from: "Driver One", to: "Driver Two" };
  assert.deepEqual(seen, [null, null, null, null, swap, null]);
});

test("the samples of a swap are two stints of two monitors' laps", () => {
  const GOOD = new URL("../../contract/samples/good/", import.meta.url);
  const read = (/** @type {string} */ name) =>
    JSON.parse(readFileSync(new URL(name, GOOD), "utf8")).payload;
  const full = { ...read("lap-full.json"), monitor_id: "pc-2" };
  const store = new Store();
  const values = [full, read("lap-swap.json")].map((data) => ({
    channel: "lap",
    monitor_id: data.monitor_id,
    ...arrival(data),
  }));

  store.accept(untyped({ ...snapshot(), values }), 0);
  const stints = stintsOf(store.rows());

  assert.deepEqual(
    stints.map(({ driver, laps, estimated }) => [driver, laps, estimated]),
    [
      ["Driver One", 1, false],
      [null, 1, true],
    ],
  );
});
