import assert from "node:assert/strict";
import { test } from "node:test";

import { DEFAULT_UNITS } from "../../dashboard/js/format.js";
import { Forecaster } from "../../dashboard/js/outlook.js";
import { boxText, endsFirstText, endText, verdictText } from "../../dashboard/js/texts/reach.js";
import { lapsOf, seat } from "./car_laps.js";

/** @import { Stop } from "../../dashboard/js/to_flag.js" */
/** @import { LapRow, Meta, Telemetry } from "../../dashboard/js/types.js" */

const NO_RULES = { min_total: null, max_total: null, max_continuous: null };
/** @type {Meta} */
const RACE = { session_type: "race", race_laps: 30, fuel_capacity: 90, track_length: 5000 };
/** @type {Partial<LapRow>} */
const LAP = { fuel_used: 3, energy_used: 4, energy_left: 50 };

/**
 * The car on lap 21 of 30 with its laps behind it, 10 to go.
 * @param {Telemetry} car
 * @param {Meta} [meta]
 * @param {Partial<LapRow>} [lap]
 */
function outlook(car, meta = RACE, lap = LAP) {
  const laps = lapsOf(...Array.from({ length: 20 }, () => lap));
  const frame = { lap: 21, lap_distance: 0, position: 1, ...car };
  return new Forecaster().outlook(laps, [seat(frame)], meta, NO_RULES);
}

test("what ends first is named where another could", () => {
  const both = [{ fuel: 20, virtual_energy: 80 }, { fuel: 80, virtual_energy: 20 }];
  const names = both.map((car) => endsFirstText(outlook(car).reach));
  const alone = outlook({ fuel: 20 }, RACE, { fuel_used: 3 }).reach;

  assert.deepEqual(names, ["Fuel ends first", "Virtual energy ends first"]);
  assert.equal(endsFirstText(alone), "");
  assert.equal(endsFirstText(outlook({ fuel: 20, virtual_energy: null }).reach), "");
});

/** @type {[string, ReturnType<typeof outlook>, string][]} */
const VERDICTS = [
  ["enough and a lap more", outlook({ fuel: 40, virtual_energy: 50 }), "Reaches the flag, with a lap to spare"],
  ["just enough fuel", outlook({ fuel: 31, virtual_energy: 50 }), "Reaches the flag, but not one lap more"],
  ["just enough energy", outlook({ fuel: 50, virtual_energy: 41 }), "Reaches the flag, but not one lap more"],
  ["fuel missing", outlook({ fuel: 20, virtual_energy: 50 }), "Does not reach the flag: 10.0 L missing"],
  [
    "both missing",
    outlook({ fuel: 20, virtual_energy: 25 }),
    "Does not reach the flag: 10.0 L and 15.0 % energy missing",
  ],
  [
    "more missing than a tank holds",
    outlook({ fuel: 20, virtual_energy: 90 }, { ...RACE, race_laps: 90 }),
    "Does not reach the flag: 3 stops at least",
  ],
  [
    "no use learned",
    outlook({ fuel: 20 }, RACE, { fuel_used: 3, kind: "out" }),
    "To the flag: learning the use",
  ],
  ["practice", outlook({ fuel: 20 }, { session_type: "practice" }), "No race: no flag to reach"],
  ["a race without a length", outlook({ fuel: 20 }, { session_type: "race" }), "Laps to go unknown: no race length"],
];

for (const [name, told, expected] of VERDICTS) {
  test(`the verdict of ${name} is in words`, () => {
    assert.equal(verdictText(told, DEFAULT_UNITS), expected);
  });
}

/** @type {(lap: number) => Stop} */
const on = (lap) => ({ lap, reason: null });

/** @type {[Stop, Stop, string][]} */
const BOXES = [
  [on(34), on(41), "Box: lap 34 to 41"],
  [on(41), on(41), "Box: lap 41"],
  [on(50), on(41), "Box: by lap 41, one stop is not enough"],
  [{ lap: null, reason: "no capacity" }, on(41), "Box: by lap 41"],
  [{ lap: null, reason: "reaches flag" }, { lap: null, reason: "reaches flag" }, "No stop needed"],
  [on(34), { lap: null, reason: "too late" }, "Box: too late, it ends on the way"],
  [on(34), { lap: null, reason: "learning" }, ""],
];

for (const [pit_from, pit_by, expected] of BOXES) {
  test(`a stop is told as "${expected}"`, () => {
    assert.equal(boxText({ pit_from, pit_by }), expected);
  });
}

test("the end says when it is estimated or may be a lap later", () => {
  const { end } = outlook({ fuel: 40 });

  assert.equal(endText(end), "10.0 laps to go, flag on lap 30");
  assert.equal(
    endText({ ...end, estimated: true, is_close: true }),
    "about 10.0 laps to go, flag on lap 30, perhaps one more",
  );
  assert.equal(endText({ ...end, final_lap: null, laps_to_go: null }), "");
});
