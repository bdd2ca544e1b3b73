import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { Forecaster } from "../../dashboard/js/outlook.js";
import { lapsOf, seat } from "./car_laps.js";

const NO_RULES = { min_total: null, max_total: null, max_continuous: null };
const META = { session_type: "race", race_laps: 20, track_length: 5000, fuel_capacity: 60 };

const sample = (/** @type {string} */ name) =>
  JSON.parse(readFileSync(new URL(`../../contract/samples/good/${name}`, import.meta.url), "utf8"))
    .payload;

test("all of a moment rests on the same laps and the same frame", () => {
  const car = { lap: 4, lap_distance: 2500, lap_time: 50, fuel: 30, position: 1 };

  const outlook = new Forecaster().outlook(lapsOf({}, {}, {}), [seat(car)], META, NO_RULES);

  assert.deepEqual([outlook.pace_s, outlook.progress?.laps], [100, 3.5]);
  assert.deepEqual([outlook.reach.laps_left, outlook.reach.fuel.percent], [10, 50]);
  assert.deepEqual([outlook.end.laps_to_go, outlook.to_flag.fuel.over], [16.5, -19.5]);
  assert.deepEqual([outlook.to_flag.pit_by.lap, outlook.to_flag.pit_from.lap], [13, 4]);
  assert.deepEqual([outlook.stint?.laps, outlook.stint?.time_s], [3, 350]);
  assert.deepEqual([outlook.drivers.length, outlook.drivers[0]?.time_s], [1, 350]);
});

test("the tank's size is the frame's before that of meta", () => {
  const car = { lap: 4, fuel: 30, fuel_capacity: 120 };

  const { reach } = new Forecaster().outlook([], [seat(car)], META, NO_RULES);

  assert.equal(reach.fuel.percent, 25);
});

test("a lap more is learned from, and a new run forgets them all", () => {
  const forecaster = new Forecaster();
  const at = (/** @type {number} */ lap) => [seat({ lap, fuel: 30 })];
  const two = lapsOf({}, {});
  const three = [...two, ...lapsOf({ lap: 3, fuel_used: 4 })];

  const learned = [
    forecaster.outlook(two, at(3), META, NO_RULES),
    forecaster.outlook(three, at(4), META, NO_RULES),
    forecaster.outlook(three, at(1), META, NO_RULES),
    forecaster.outlook(three, at(4), META, NO_RULES),
  ].map(({ reach }) => reach.fuel.learned.laps);

  assert.deepEqual(learned, [2, 3, 0, 3]);
});

test("what the laps say is worked out again only when they change", () => {
  const forecaster = new Forecaster();
  const rows = lapsOf({}, {});

  const [first, second] = [1, 2].map(
    () => forecaster.outlook(rows, [seat({ lap: 3 })], META, NO_RULES).reach.fuel.learned,
  );

  assert.equal(first, second);
});

test("nobody in the car promises nothing", () => {
  const { progress, reach, end, to_flag, stint, swaps, drivers } = new Forecaster().outlook(
    [],
    [seat({ lap: 3 }, { is_active: false })],
    {},
    NO_RULES,
  );

  assert.deepEqual([progress, reach.laps_left, end.final_lap, stint], [null, null, null, null]);
  assert.deepEqual([to_flag.pit_by.reason, swaps.length, drivers.length], ["no lap", 0, 1]);
});

test("the full samples give an outlook for both drivers of the entry", () => {
  const [{ telemetry }, meta] = [sample("telemetry-lmgt3.json"), sample("meta-full.json")];

  const { drivers, end, stint } = new Forecaster().outlook([], [seat(telemetry)], meta, NO_RULES);

  assert.deepEqual(
    drivers.map(({ driver }) => driver),
    meta.drivers,
  );
  assert.deepEqual([end.reason, stint?.laps, stint?.time_s], ["learning", 15, 2098]);
});
