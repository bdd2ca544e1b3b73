import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { driversOf } from "../../dashboard/js/drivers.js";
import { lapsOf, ONE, seat, SWAP, TWO } from "./car_laps.js";

/** @import { DriverTime, Rules } from "../../dashboard/js/drivers.js" */
/** @import { Seat } from "../../dashboard/js/stint.js" */
/** @import { LapRow, Telemetry } from "../../dashboard/js/types.js" */

/** @type {Rules} */
const NO_RULES = { min_total: null, max_total: null, max_continuous: null };
/** @type {Rules} */
const RULES = { min_total: 600, max_total: 1000, max_continuous: 400 };

const IN_B = { driver: "Driver Two", monitor_id: "pc-b" };

/**
 * The name; laps; seats; of Driver One and Driver Two laps, time, continuous time and whether
 * that is estimated.
 * @type {[string, LapRow[], Seat[], Record<string, [number, number, number, boolean]>][]}
 */
const TIMES = [
  [
    "the laps and the lap that is driven",
    lapsOf({}, {}, {}),
    [seat({ lap: 4, lap_time: 40 })],
    { "Driver One": [3, 340, 340, false] },
  ],
  [
    "what telemetry says wins",
    lapsOf({}, {}, {}),
    [seat({ lap: 4, lap_time: 40, drive_time: 365 })],
    { "Driver One": [3, 365, 340, false] },
  ],
  [
    "who drove less than the laps say has not driven on longer",
    lapsOf({}, {}, {}),
    [seat({ lap: 4, lap_time: 40, drive_time: 300 })],
    { "Driver One": [3, 300, 300, false] },
  ],
  [
    "two drivers, each on a monitor",
    lapsOf(ONE, ONE, SWAP, TWO),
    [seat({ lap: 3, run: 1 }, { is_active: false }), seat({ lap: 5, lap_time: 10 }, IN_B)],
    { "Driver One": [2, 200, 0, false], "Driver Two": [2, 210, 210, true] },
  ],
  [
    "what the monitor of who got out said",
    lapsOf(ONE, SWAP, TWO),
    [
      seat({ lap: 2, run: 1, drive_time: 145 }, { is_active: false }),
      seat({ lap: 4, lap_time: 10, drive_time: 165 }, IN_B),
    ],
    { "Driver One": [1, 145, 0, false], "Driver Two": [2, 165, 165, true] },
  ],
  [
    "what it said in practice does not count",
    lapsOf({ ...ONE, run: 7 }, SWAP),
    [
      seat({ lap: 9, run: 6, drive_time: 3000 }, { is_active: false }),
      seat({ lap: 3, lap_time: 10, drive_time: 65 }, IN_B),
    ],
    { "Driver One": [1, 100, 0, false], "Driver Two": [1, 65, 65, true] },
  ],
  [
    "what it said in practice does not count before a lap either",
    lapsOf(TWO),
    [
      seat({ lap: 9, run: 6, drive_time: 3000 }, { is_active: false }),
      seat({ lap: 2, lap_time: 10, drive_time: 110 }, IN_B),
    ],
    { "Driver One": [0, 0, 0, false], "Driver Two": [1, 110, 110, false] },
  ],
  [
    "one driver on two monitors",
    lapsOf({ ...ONE, monitor_id: "pc-c" }, { ...ONE, monitor_id: "pc-c" }, ONE),
    [seat({ lap: 4, lap_time: 40, drive_time: 140 })],
    { "Driver One": [3, 340, 340, false] },
  ],
  [
    "two drivers on one monitor",
    lapsOf(ONE, { ...ONE, driver: "Driver Two" }),
    [seat({ lap: 3, lap_time: 40, drive_time: 139 }, { driver: "Driver Two" })],
    { "Driver One": [1, 100, 0, false], "Driver Two": [1, 139, 139, false] },
  ],
  [
    "a second turn: the time at once counts from the last swap, over stops",
    lapsOf(
      ONE,
      ONE,
      SWAP,
      { ...ONE, complete: true },
      { ...ONE, kind: "in" },
      { ...ONE, kind: "out" },
    ),
    [seat({ lap: 7, lap_time: 40, drive_time: 545 })],
    { "Driver One": [5, 545, 340, false], "Driver Two": [1, 100, 0, true] },
  ],
  [
    "on the lap of the swap, time counts from the swap",
    lapsOf(ONE, ONE),
    [seat({ lap: 3, lap_time: 80, stint_time: 15 }, IN_B)],
    { "Driver One": [2, 200, 0, false], "Driver Two": [0, 15, 15, false] },
  ],
  [
    "a stop on the lap does not shorten it",
    lapsOf(ONE, TWO),
    [seat({ lap: 3, lap_time: 80, stint_time: 15 }, IN_B)],
    { "Driver One": [1, 100, 0, false], "Driver Two": [1, 180, 180, false] },
  ],
  [
    "or from the line, where nothing tells",
    lapsOf(ONE, ONE),
    [seat({ lap: 3, lap_time: 80 }, IN_B)],
    { "Driver One": [2, 200, 0, false], "Driver Two": [0, 80, 80, true] },
  ],
  [
    "a lap with a hole is shared by nobody",
    lapsOf(ONE, { ...ONE, complete: false }, TWO, { ...TWO, complete: false }),
    [seat({ lap: 5, lap_time: 10 }, IN_B)],
    { "Driver One": [2, 200, 0, false], "Driver Two": [2, 210, 210, false] },
  ],
  [
    "a lap of unknown time",
    lapsOf({}, { lap_time: null }),
    [seat({ lap: 3, lap_time: 40 })],
    { "Driver One": [2, 140, 140, true] },
  ],
  [
    "an unknown time into the lap",
    lapsOf({}),
    [seat({ lap: 2 })],
    { "Driver One": [1, 100, 100, true] },
  ],
  [
    "a lap without a name is nobody's",
    lapsOf({}, { driver: null }, {}),
    [seat({ lap: 4, lap_time: 40 })],
    { "Driver One": [2, 240, 140, true] },
  ],
];

for (const [name, run, seats, expected] of TIMES) {
  test(`driving time: ${name}`, () => {
    const drivers = driversOf(run, seats, NO_RULES);
    const told = (/** @type {DriverTime} */ d) => [d.laps, d.time_s, d.continuous_s, d.estimated];

    assert.deepEqual(Object.fromEntries(drivers.map((d) => [d.driver, told(d)])), expected);
  });
}

/** @type {[string, Telemetry, Rules, number | null, number | null][]} */
const LEFT = [
  ["no rule", { drive_time: 300 }, NO_RULES, null, null],
  ["a total", { drive_time: 300 }, { ...NO_RULES, max_total: 1000 }, 700, null],
  ["a total that is used up", { drive_time: 1100 }, { ...NO_RULES, max_total: 1000 }, -100, null],
  ["a time at once", { drive_time: 900 }, { ...NO_RULES, max_continuous: 400 }, 60, null],
  ["the one that is reached first", { drive_time: 300 }, RULES, 100, 300],
  ["or the other", { drive_time: 970 }, RULES, 30, 0],
  ["a minimum", { drive_time: 300 }, { ...NO_RULES, min_total: 600 }, null, 300],
  [
    "what telemetry says is left, without a rule",
    { drive_time: 300, drive_time_remaining: 50 },
    NO_RULES,
    50,
    null,
  ],
  [
    "what telemetry says wins over the total",
    { drive_time: 300, drive_time_remaining: 50 },
    { ...NO_RULES, max_total: 1000 },
    50,
    null,
  ],
  [
    "but not over the time at once",
    { drive_time: 300, drive_time_remaining: 5000 },
    RULES,
    100,
    300,
  ],
];

for (const [name, telemetry, rules, may_s, must_s] of LEFT) {
  test(`what the driver may and must still drive: ${name}`, () => {
    const run = lapsOf({}, {}, {});

    const [driver] = driversOf(run, [seat({ lap: 4, lap_time: 40, ...telemetry })], rules);

    assert.deepEqual([driver?.may_s, driver?.must_s], [may_s, must_s]);
  });
}

test("who is out of the car has all of the time at once again", () => {
  const run = lapsOf(ONE, ONE, SWAP);

  const [one] = driversOf(run, [seat({ lap: 4 }, IN_B)], RULES).filter((d) => !d.is_driving);

  assert.deepEqual([one?.driver, one?.may_s, one?.must_s], ["Driver One", 400, 400]);
});

test("the drivers are those of the entry, of the monitors and of the laps, each once", () => {
  const run = lapsOf(ONE, { ...ONE, driver: "Driver Three" });
  const seats = [seat({ lap: 3 }), seat({}, { ...IN_B, is_active: false })];
  const entered = ["Driver Four", "Driver One", null, "", 7];

  const drivers = driversOf(run, seats, NO_RULES, entered);

  assert.deepEqual(
    drivers.map(({ driver, is_driving }) => [driver, is_driving]),
    [
      ["Driver Four", false],
      ["Driver One", true],
      ["Driver Two", false],
      ["Driver Three", false],
    ],
  );
});

test("the full sample's driver has driven what it says, and may drive what it says", () => {
  const url = new URL("../../contract/samples/good/telemetry-every-field.json", import.meta.url);
  const { telemetry } = JSON.parse(readFileSync(url, "utf8")).payload;

  const [driver] = driversOf([], [seat(telemetry)], NO_RULES);

  assert.deepEqual([driver?.time_s, driver?.may_s], [7200.5, 3600]);
});
