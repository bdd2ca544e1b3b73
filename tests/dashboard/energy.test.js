import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { reachOf, usesOf } from "../../dashboard/js/energy.js";
import { progressOf } from "../../dashboard/js/race_progress.js";
import { row } from "./messages.js";

/** @import { RaceProgress } from "../../dashboard/js/race_progress.js" */
/** @import { LapRow, Telemetry } from "../../dashboard/js/types.js" */

/**
 * Laps that each used 3 L and 4 % in 100 s, but for what is told.
 * @param {Partial<LapRow>[]} told
 * @returns {LapRow[]}
 */
const lapsOf = (...told) =>
  told.map((fields, index) => ({
    ...row({ lap: index + 1 }),
    energy_used: 4,
    energy_left: 50,
    ...fields,
  }));

/** @type {Partial<LapRow>} */
const NO_ENERGY = { energy_used: null, energy_left: null };
/** @type {Partial<LapRow>} */
const ZERO_ENERGY = { energy_used: 0, energy_left: 0 };
/** @type {RaceProgress} */
const MID_LAP_10 = { lap: 10, part: 0.5, laps: 9.5, estimated: false };

/**
 * @param {Telemetry} car
 * @param {LapRow[]} run
 */
const reachWith = (car, run) => reachOf(car, 90, MID_LAP_10, usesOf(run));

/**
 * The name; the frame; the laps; limiting, laps left, time left, empty on lap, reason.
 * @type {[string, Telemetry, LapRow[], [string | null, number | null, number | null, number | null, string | null]][]}
 */
const REACHES = [
  [
    "fuel ends first",
    { fuel: 30, virtual_energy: 80 },
    lapsOf({}, {}),
    ["fuel", 10, 1000, 20, null],
  ],
  [
    "energy ends first",
    { fuel: 60, virtual_energy: 40 },
    lapsOf({}, {}),
    ["energy", 10, 1000, 20, null],
  ],
  [
    "both end on the same lap",
    { fuel: 30, virtual_energy: 40 },
    lapsOf({}, {}),
    ["fuel", 10, 1000, 20, null],
  ],
  [
    "a class without energy reads null",
    { fuel: 30, virtual_energy: null },
    lapsOf(NO_ENERGY, NO_ENERGY),
    ["fuel", 10, 1000, 20, null],
  ],
  [
    "a class without energy reads 0 and uses none",
    { fuel: 30, virtual_energy: 0 },
    lapsOf(ZERO_ENERGY, ZERO_ENERGY),
    ["fuel", 10, 1000, 20, null],
  ],
  [
    "energy that nothing uses does not end",
    { fuel: 30, virtual_energy: 100 },
    lapsOf({ energy_used: 0 }, { energy_used: 0 }),
    ["fuel", 10, 1000, 20, null],
  ],
  [
    "energy at 0 that was used has ended",
    { fuel: 30, virtual_energy: 0 },
    lapsOf({}, {}),
    ["energy", 0, 0, 10, null],
  ],
  [
    "fuel that nothing uses does not end",
    { fuel: 90, virtual_energy: 40 },
    lapsOf({ fuel_used: 0 }, { fuel_used: 0 }),
    ["energy", 10, 1000, 20, null],
  ],
  [
    "where nothing is used nothing ends",
    { fuel: 90 },
    lapsOf({ fuel_used: 0, ...NO_ENERGY }, { fuel_used: 0, ...NO_ENERGY }),
    [null, null, null, null, "no use"],
  ],
  [
    "energy that is not told for a moment may be the first to end",
    { fuel: 30, virtual_energy: null },
    lapsOf({}, {}),
    [null, null, null, null, "no data"],
  ],
  [
    "a source without fuel",
    { fuel: null, virtual_energy: 40 },
    lapsOf({ fuel_used: null }, { fuel_used: null }),
    [null, null, null, null, "no data"],
  ],
  [
    "the first lap of a race",
    { fuel: 90, virtual_energy: 100 },
    [],
    [null, null, null, null, "learning"],
  ],
  ["one clean lap", { fuel: 87 }, lapsOf(NO_ENERGY), [null, null, null, null, "learning"]],
  [
    "a refill on the lap being driven counts at once",
    { fuel: 75, virtual_energy: null },
    lapsOf({ fuel_left: 15, ...NO_ENERGY }, { fuel_left: 12, ...NO_ENERGY }),
    ["fuel", 25, 2500, 35, null],
  ],
  [
    "a tank that was reset counts as it is",
    { fuel: 9, virtual_energy: null },
    lapsOf({ fuel_left: 80, ...NO_ENERGY }, { fuel_left: 77, ...NO_ENERGY }),
    ["fuel", 3, 300, 13, null],
  ],
  [
    "a level that lasts to the line, but for the rounding of a float",
    { fuel: 0.35 },
    lapsOf({ fuel_used: 0.1, ...NO_ENERGY }, { fuel_used: 0.1, ...NO_ENERGY }),
    ["fuel", 0.35 / 0.1, (0.35 / 0.1) * 100, 14, null],
  ],
  [
    "laps of unknown time",
    { fuel: 30 },
    lapsOf({ lap_time: null, ...NO_ENERGY }, { lap_time: null, ...NO_ENERGY }),
    ["fuel", 10, null, 20, null],
  ],
];

for (const [name, car, run, expected] of REACHES) {
  test(name, () => {
    const { limiting, laps_left, time_left_s, empty_lap, reason } = reachWith(car, run);

    assert.deepEqual([limiting, laps_left, time_left_s, empty_lap, reason], expected);
  });
}

/** @type {[string, number | null | undefined, number | null][]} */
const CAPACITIES = [
  ["a tank half full", 60, 50],
  ["a tank above what it may hold", 20, 100],
  ["a tank of unknown size", null, null],
  ["a tank of 0 L", 0, null],
];

for (const [name, capacity, percent] of CAPACITIES) {
  test(`${name} has ${percent ?? "no"} %`, () => {
    const { fuel } = reachOf({ fuel: 30 }, capacity, null, usesOf([]));

    assert.equal(fuel.percent, percent);
  });
}

test("each tank says what it knows, whichever limits", () => {
  const run = lapsOf({}, {}, { fuel_used: 2.5, energy_used: 3.5, yellow: true });

  const { fuel, energy } = reachWith({ fuel: 60, virtual_energy: 40 }, run);

  assert.deepEqual([fuel.use, fuel.laps_left, fuel.full], [3, 20, 90]);
  assert.deepEqual([energy?.use, energy?.laps_left, energy?.percent], [4, 10, 40]);
  assert.deepEqual(fuel.last, { lap: 3, used: 2.5, left_out: "yellow" });
  assert.deepEqual(energy?.last, { lap: 3, used: 3.5, left_out: "yellow" });
  assert.equal(fuel.learned.laps, 2);
});

test("without energy there is no tank of it", () => {
  assert.equal(reachWith({ fuel: 30, virtual_energy: 0 }, lapsOf(ZERO_ENERGY)).energy, null);
});

/** @type {[string, Telemetry, Partial<LapRow>[]][]} */
const WITH_ENERGY = [
  ["a level, before the first lap", { virtual_energy: 100 }, []],
  ["a level that the laps had", { virtual_energy: null }, [{ energy_used: null, energy_left: 50 }]],
  ["a use that the laps had", { virtual_energy: 0 }, [{ energy_used: 4, energy_left: 0 }]],
];

for (const [name, car, laps] of WITH_ENERGY) {
  test(`${name} tells that there is energy`, () => {
    assert.notEqual(reachWith(car, lapsOf(...laps)).energy, null);
  });
}

test("a tank says nothing of laps before there are two", () => {
  const { use, laps_left, time_left_s, empty_lap, reason } = reachWith(
    { fuel: 30 },
    lapsOf({}),
  ).fuel;

  assert.deepEqual([use, laps_left, time_left_s, empty_lap], [null, null, null, null]);
  assert.equal(reason, "learning");
});

test("on an unknown lap the laps left are known, the lap of the end is not", () => {
  const { laps_left, empty_lap } = reachOf(
    { fuel: 30 },
    90,
    null,
    usesOf(lapsOf(NO_ENERGY, NO_ENERGY)),
  );

  assert.deepEqual([laps_left, empty_lap], [10, null]);
});

test("a full sample goes as far as its fuel and energy do", () => {
  const read = (/** @type {string} */ name) =>
    JSON.parse(
      readFileSync(new URL(`../../contract/samples/good/${name}`, import.meta.url), "utf8"),
    ).payload;
  const { telemetry } = read("telemetry-lmgt3.json");
  const { lap_summary } = read("lap-full.json");
  const lap = { ...row(), ...lap_summary };
  const progress = progressOf(telemetry, read("meta-full.json").track_length, null);

  const { fuel, energy, limiting, empty_lap } = reachOf(
    telemetry,
    90,
    progress,
    usesOf([lap, lap]),
  );

  assert.equal(fuel.laps_left, 43.36 / 3.02);
  assert.equal(energy?.laps_left, 47.5 / 3.4);
  // 0.45 laps of lap 168 are driven, and 13.97 are left.
  assert.deepEqual([limiting, empty_lap], ["energy", 182]);
});
