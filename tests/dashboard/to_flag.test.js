import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";

import { reachOf, usesOf } from "../../dashboard/js/energy.js";
import { raceEnd } from "../../dashboard/js/race_end.js";
import { progressOf } from "../../dashboard/js/race_progress.js";
import { toFlag } from "../../dashboard/js/to_flag.js";
import { row } from "./messages.js";

/** @import { ToFlag } from "../../dashboard/js/to_flag.js" */
/** @import { LapRow, Meta, Telemetry } from "../../dashboard/js/types.js" */

// A tank of 90 L, laps of 3 L and 100 s, the car halfway round lap 10 and the flag after lap 50.

/** @type {Meta} */
const BY_LAPS = { session_type: "race", race_laps: 50, track_length: 5000 };
/** @type {Telemetry} */
const LEADING = { lap: 10, lap_distance: 2500, position: 1, session_phase: "racing" };

/** @type {Meta} */
const LANE = { ...BY_LAPS, pit_entry: 4750, pit_exit: 250 };

/**
 * @param {Partial<Telemetry>} fields
 * @param {{ meta?: Meta, capacity?: number | null, laps?: Partial<LapRow>[] }} [known]
 */
function flagOf(fields, { meta = BY_LAPS, capacity = 90, laps = [{}, {}] } = {}) {
  const uses = usesOf(laps.map((lap) => ({ ...row(), ...lap })));
  const car = { ...LEADING, ...fields };
  const progress = progressOf(car, meta.track_length, uses.pace.value);
  const reach = reachOf(car, capacity, progress, uses);
  return toFlag(car, meta, progress, reach, raceEnd(car, meta, progress, uses.pace.value));
}

/** @type {[string, Parameters<typeof flagOf>, boolean | null, ToFlag["fuel"]][]} */
const NEEDS = [
  [
    "a tank that is short",
    [{ fuel: 60 }],
    false,
    { needed: 121.5, over: -61.5, needed_spare: 124.5, over_spare: -64.5 },
  ],
  [
    "a tank that reaches the flag, but no lap more",
    [{ lap: 40, fuel: 32 }],
    true,
    { needed: 31.5, over: 0.5, needed_spare: 34.5, over_spare: -2.5 },
  ],
  [
    "a tank that reaches it to the drop",
    [{ lap: 40, fuel: 31.5 }],
    true,
    { needed: 31.5, over: 0, needed_spare: 34.5, over_spare: -3 },
  ],
  [
    "a stop that is going on",
    [{ lap: 41, lap_distance: 0, pit_state: "stopped", fuel: 29 }],
    false,
    { needed: 30, over: -1, needed_spare: 33, over_spare: -4 },
  ],
  [
    "the same stop a second later",
    [{ lap: 41, lap_distance: 0, pit_state: "stopped", fuel: 31 }],
    true,
    { needed: 30, over: 1, needed_spare: 33, over_spare: -2 },
  ],
  [
    "an unknown level",
    [{ lap: 40, fuel: null }],
    null,
    { needed: 31.5, over: null, needed_spare: 34.5, over_spare: null },
  ],
  [
    "an unknown use",
    [{ fuel: 60 }, { laps: [{}] }],
    null,
    { needed: null, over: null, needed_spare: null, over_spare: null },
  ],
  [
    "practice",
    [{ fuel: 60 }, { meta: { ...BY_LAPS, session_type: "practice" } }],
    null,
    { needed: null, over: null, needed_spare: null, over_spare: null },
  ],
];

for (const [name, args, reaches_flag, fuel] of NEEDS) {
  test(`${name}: reaches the flag, ${reaches_flag}`, () => {
    const flag = flagOf(...args);

    assert.deepEqual(flag.fuel, fuel);
    assert.equal(flag.reaches_flag, reaches_flag);
    assert.equal(flag.energy, null);
  });
}

/** @type {[string, Telemetry, Partial<LapRow>, boolean | null][]} */
const TANKS = [
  ["both last", { fuel: 40, virtual_energy: 50 }, { energy_used: 4 }, true],
  ["energy is short", { fuel: 40, virtual_energy: 40 }, { energy_used: 4 }, false],
  ["fuel is short", { fuel: 30, virtual_energy: 50 }, { energy_used: 4 }, false],
  ["energy is unknown", { fuel: 40, virtual_energy: null }, { energy_used: 4 }, null],
  [
    "energy is unknown, fuel is short",
    { fuel: 30, virtual_energy: null },
    { energy_used: 4 },
    false,
  ],
  ["energy is not used", { fuel: 40, virtual_energy: 1 }, { energy_used: 0 }, true],
  ["fuel is not used", { fuel: 1, virtual_energy: 50 }, { fuel_used: 0, energy_used: 4 }, true],
];

for (const [name, car, lap, reaches_flag] of TANKS) {
  test(`where ${name} the car reaches the flag: ${reaches_flag}`, () => {
    const flag = flagOf({ lap: 40, ...car }, { laps: [lap, lap] });

    assert.equal(flag.reaches_flag, reaches_flag);
  });
}

test("energy has its own need, in %", () => {
  const lap = { energy_used: 4 };

  const { energy } = flagOf({ lap: 40, fuel: 90, virtual_energy: 50 }, { laps: [lap, lap] });

  assert.deepEqual(energy, { needed: 42, over: 8, needed_spare: 46, over_spare: 4 });
});

/**
 * The name; what is known; pit by; pit from.
 * @type {[string, Parameters<typeof flagOf>, number | string | null, number | string | null][]}
 */
const STOPS = [
  // 9.5 laps are driven, 15 left: empty halfway round lap 25. A full tank lasts 30 laps.
  ["a stop in time", [{ fuel: 45 }], 24, 20],
  ["a tank that is empty at the line", [{ fuel: 43.5 }], 24, 20],
  ["a tank that is empty before it", [{ fuel: 43.4 }], 23, 20],
  ["a stop that is open for long", [{ lap: 30, fuel: 45 }], 44, 30],
  ["more than one stop to go", [{ fuel: 30 }, { capacity: 60 }], 19, 30],
  ["no more than this lap", [{ lap: 30, fuel: 1.6 }], 30, 30],
  ["less than this lap", [{ lap: 30, fuel: 1.4 }], "too late", 30],
  ["a tank that reaches the flag", [{ lap: 40, fuel: 32 }], "reaches flag", "reaches flag"],
  ["a car in the garage", [{ fuel: 45, pit_state: "garage" }], "in pits", "in pits"],
  ["a tank of unknown size", [{ fuel: 45 }, { capacity: null }], 24, "no capacity"],
  ["a use that is not known", [{ fuel: 45 }, { laps: [{}] }], "learning", "learning"],
  ["a level that is not known", [{ fuel: null }], "no data", 20],
  ["a lap that is not known", [{ lap: null, fuel: 45 }], "no lap", "no lap"],
  [
    "practice has no flag",
    [{ fuel: 45 }, { meta: { ...BY_LAPS, session_type: "practice" } }],
    24,
    "no race",
  ],
  ["a session that is over", [{ fuel: 45, session_phase: "over" }], 24, "over"],
  // The pit lane is 0.05 laps before and after the line, and the box anywhere in it.
  ["a box that may be after the line", [{ fuel: 43.6 }, { meta: LANE }], 23, 21],
  ["a tank that lasts to the end of the lane", [{ fuel: 43.66 }, { meta: LANE }], 24, 21],
  [
    "a tank that lasts from the lane's begin",
    [{ fuel: 45 }, { meta: LANE, capacity: 90.16 }],
    24,
    20,
  ],
  [
    "before the entry this lap is open",
    [{ lap: 30, lap_distance: 4740, fuel: 45 }, { meta: LANE }],
    44,
    30,
  ],
  ["past the entry it is not", [{ lap: 30, lap_distance: 4760, fuel: 45 }, { meta: LANE }], 44, 31],
  [
    "past the entry with too little",
    [{ lap: 30, lap_distance: 4760, fuel: 1.5 }, { meta: LANE }],
    "too late",
    31,
  ],
  [
    "on the way to the box",
    [{ lap: 30, lap_distance: 4900, fuel: 1.5, pit_state: "entering" }, { meta: LANE }],
    "in pits",
    31,
  ],
  [
    "in a box before the line",
    [{ lap: 30, lap_distance: 4900, fuel: 45, pit_state: "stopped" }],
    44,
    31,
  ],
  [
    "in a box after the line",
    [{ lap: 31, lap_distance: 100, fuel: 45, pit_state: "stopped" }],
    45,
    31,
  ],
  [
    "a pit lane after the line, passed",
    [{ lap: 30, fuel: 45 }, { meta: { ...BY_LAPS, pit_entry: 100, pit_exit: 600 } }],
    45,
    31,
  ],
  ["of a lane with one end", [{ fuel: 45 }, { meta: { ...BY_LAPS, pit_entry: 4750 } }], 24, 20],
  ["or the other", [{ fuel: 45 }, { meta: { ...BY_LAPS, pit_exit: 250 } }], 24, 20],
  ["a track of no length", [{ fuel: 45 }, { meta: { ...LANE, track_length: 0 } }], 24, 20],
  [
    "a lane that ends past the track",
    [{ fuel: 45 }, { meta: { ...LANE, pit_exit: 9000 } }],
    24,
    20,
  ],
  [
    "a pit lane that cannot be",
    [{ fuel: 45 }, { meta: { ...BY_LAPS, pit_entry: 9000, pit_exit: 250 } }],
    24,
    20,
  ],
  // 10 laps of energy, and 25 of a full one.
  [
    "energy that ends before the fuel",
    [{ fuel: 45, virtual_energy: 40 }, { laps: [{ energy_used: 4 }, { energy_used: 4 }] }],
    19,
    25,
  ],
];

for (const [name, args, by, from] of STOPS) {
  test(`${name}: pit by ${by}, from ${from}`, () => {
    const { pit_by, pit_from } = flagOf(...args);

    assert.equal(pit_by.lap ?? pit_by.reason, by);
    assert.equal(pit_from.lap ?? pit_from.reason, from);
  });
}

const GOOD = new URL("../../contract/samples/good/", import.meta.url);
const samples = (/** @type {string} */ channel) =>
  readdirSync(GOOD)
    .filter((name) => name.startsWith(`${channel}-`))
    .map((name) => [name, JSON.parse(readFileSync(new URL(name, GOOD), "utf8")).payload]);

for (const [meta_name, meta] of samples("meta")) {
  for (const [name, { telemetry }] of samples("telemetry")) {
    test(`good/${name} with good/${meta_name} has an end or a reason`, () => {
      const uses = usesOf([row(), row()]);
      const progress = progressOf(telemetry, meta.track_length, uses.pace.value);
      const end = raceEnd(telemetry, meta, progress, uses.pace.value);
      const flag = toFlag(telemetry, meta, progress, reachOf(telemetry, 90, progress, uses), end);

      assert.equal(end.final_lap === null, end.reason !== null);
      assert.equal(flag.pit_by.lap === null, flag.pit_by.reason !== null);
      assert.equal(flag.pit_from.lap === null, flag.pit_from.reason !== null);
    });
  }
}
