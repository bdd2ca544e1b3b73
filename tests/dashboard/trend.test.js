import assert from "node:assert/strict";
import { test } from "node:test";

import { StintTrends } from "../../dashboard/js/trend.js";

/** @import { Slope, TrendFrame } from "../../dashboard/js/trend.js" */

const LAP_MS = 100_000;

/** @typedef {{ at_ms: number, frame: TrendFrame, monitor_id?: string }} Heard */

/**
 * Frames at 2 Hz of so many laps of 100 s, from the middle of lap 1.
 * @param {number} laps
 * @param {(lap: number, share: number) => TrendFrame} frameOf by lap and the part of it driven
 * @returns {Heard[]}
 */
function stint(laps, frameOf) {
  return Array.from({ length: laps * 200 }, (_, i) => {
    const at_ms = LAP_MS / 2 + 500 * i;
    const lap = 1 + Math.floor(at_ms / LAP_MS);
    const frame = { lap, run: 1, pit_state: "none", ...frameOf(lap, (at_ms % LAP_MS) / LAP_MS) };
    return { at_ms, frame };
  });
}

/** @param {Heard[]} heard */
function follow(heard, trends = new StintTrends()) {
  for (const { at_ms, frame, monitor_id = "pc-a" } of heard) trends.take(at_ms, monitor_id, frame);
  return trends;
}

/** @param {number} value */
const wheels = (value) => ({ fl: value, fr: value, rl: value, rr: value });

test("a point is the mean of 5 s", () => {
  const frames = Array.from({ length: 21 }, (_, i) => {
    const brake_temps = { fl: i % 2 === 0 ? 300 : 500 };
    return { at_ms: 500 * i, frame: { lap: 1, brake_temps, track_temp: 30, tire_wear: null } };
  });

  const [times, brakes, track, wear] = follow(frames).points([
    "brake_temps_fl",
    "track_temp",
    "tire_wear_fl",
  ]);

  assert.deepEqual(Array.from(times), [2.5, 7.5]);
  assert.deepEqual(Array.from(brakes ?? []), [400, 400]);
  assert.deepEqual(Array.from(track ?? []), [30, 30]);
  assert.deepEqual(wear, [null, null]);
});

test("a pause parts the points", () => {
  const before = [0, 2500, 5000].map((at_ms) => ({ at_ms, frame: { lap: 1, track_temp: 30 } }));
  const after = [60_000, 65_000].map((at_ms) => ({ at_ms, frame: { lap: 1, track_temp: 31 } }));

  const [times, track] = follow([...before, ...after]).points(["track_temp"]);

  assert.deepEqual(track, [30, 30, null, 31]);
  assert.deepEqual(Array.from(times), [2.5, 5, 5.001, 62.5]);
});

test("24 hours without a stop stay within 1440 points, from the first minute to the last", () => {
  const trends = new StintTrends();
  const end_s = 24 * 3600;

  for (let s = 0; s <= end_s; s += 1) {
    trends.take(1000 * s, "pc-a", { lap: Math.floor(s / 100), track_temp: s / 3600 });
  }

  const [times, track] = trends.points(["track_temp"]);
  assert(times.length > 500 && times.length <= 1440, `${times.length}`);
  assert((times[0] ?? Infinity) < 90 && (times.at(-1) ?? 0) > end_s - 180);
  for (const [i, at_s] of times.entries()) {
    assert(i === 0 || at_s > (times[i - 1] ?? NaN));
    assert(Math.abs((track?.[i] ?? NaN) - at_s / 3600) < 0.02);
  }
});

// A lap's brakes swing by 200 degrees, and their mean rises by 4 a lap.
const HOT = (/** @type {number} */ lap, /** @type {number} */ share) => ({
  brake_temps: wheels(400 + 4 * lap + 200 * Math.sin(20 * Math.PI * share)),
  tire_temps: wheels(80 + 0.5 * lap),
  tire_pressures: wheels(170),
  track_temp: lap === 4 ? 50 : 30 - lap,
});

/** @type {(at_ms: number, begin_s: number, end_s: number) => boolean} */
const isWithin = (at_ms, begin_s, end_s) => at_ms >= 1000 * begin_s && at_ms < 1000 * end_s;

/** @type {[string, Heard[], Record<string, Slope>][]} */
const SLOPES = [
  [
    "whole laps only, and an odd one does not move it",
    stint(7, HOT),
    {
      brake_temps_rr: { per_lap: 4, laps: 6, reason: null },
      tire_temps_fl: { per_lap: 0.5, laps: 6, reason: null },
      tire_pressures_fl: { per_lap: 0, laps: 6, reason: null },
      track_temp: { per_lap: -1, laps: 6, reason: null },
      ambient_temp: { per_lap: null, laps: 0, reason: "no data" },
    },
  ],
  [
    "two laps are too few",
    stint(3, HOT),
    { tire_temps_fl: { per_lap: null, laps: 2, reason: "learning" } },
  ],
  [
    "laps in the pits, or with a pause, at the line too, are left out",
    stint(9, HOT)
      .filter(({ at_ms }) => !isWithin(at_ms, 230, 250) && !isWithin(at_ms, 790, 810))
      .map(({ at_ms, frame }) => {
        const pit_state = isWithin(at_ms, 530, 531) ? "entering" : "none";
        return { at_ms, frame: { ...frame, pit_state } };
      }),
    { tire_temps_fl: { per_lap: 0.5, laps: 4, reason: null } },
  ],
  [
    "a lap that is unknown for a moment is the one before",
    stint(7, HOT).map(({ at_ms, frame }) => ({
      at_ms,
      frame: isWithin(at_ms, 340, 345) ? { ...frame, lap: null } : frame,
    })),
    { tire_temps_fl: { per_lap: 0.5, laps: 6, reason: null } },
  ],
  [
    "tyres that are not live have none, brakes do",
    stint(7, (lap, share) => ({ ...HOT(lap, share), tires_as_of_lap: 1 })),
    {
      tire_temps_fl: { per_lap: null, laps: 0, reason: "not live" },
      tire_wear_fl: { per_lap: null, laps: 0, reason: "not live" },
      brake_temps_fl: { per_lap: 4, laps: 6, reason: null },
    },
  ],
];

for (const [name, heard, expected] of SLOPES) {
  test(`slope: ${name}`, () => {
    const trends = follow(heard);

    for (const [column, { per_lap, ...rest }] of Object.entries(expected)) {
      const slope = trends.slope(/** @type {Parameters<StintTrends["slope"]>[0]} */ (column));
      assert.deepEqual({ laps: slope.laps, reason: slope.reason }, rest, column);
      assert.equal(slope.per_lap === null, per_lap === null);
      assert(Math.abs((slope.per_lap ?? 0) - (per_lap ?? 0)) < 0.02, `${column} ${slope.per_lap}`);
    }
  });
}

test("tyres that are not live are not drawn, and their lap is told", () => {
  const frames = [0, 2500, 5000].map((at_ms) => ({
    at_ms,
    frame: { lap: 9, tires_as_of_lap: 4, tire_wear: wheels(8), brake_temps: wheels(300) },
  }));

  const trends = follow(frames);

  const [, wear, brakes] = trends.points(["tire_wear_fl", "brake_temps_fl"]);
  assert.equal(trends.as_of_lap, 4);
  assert.deepEqual(wear, [null]);
  assert.deepEqual(Array.from(brakes ?? []), [300]);
});

test("a slope is new with each lap", () => {
  const trends = new StintTrends();
  const heard = stint(9, (lap) => ({ track_temp: lap < 6 ? 20 : 20 + 10 * (lap - 5) }));

  follow(heard.filter(({ frame }) => (frame.lap ?? 0) <= 5), trends);
  assert.equal(trends.slope("track_temp").per_lap, 0);
  follow(heard.filter(({ frame }) => (frame.lap ?? 0) > 5), trends);

  assert((trends.slope("track_temp").per_lap ?? 0) > 1);
});

const STINT = stint(5, HOT);
const END_MS = STINT.at(-1)?.at_ms ?? NaN;
/** @type {(fields: TrendFrame, monitor_id?: string) => Heard} */
const next = (fields, monitor_id = "pc-a") => ({
  at_ms: END_MS + 500,
  frame: { run: 1, lap: 6, pit_state: "none", ...fields },
  monitor_id,
});

const ENTERING = next({ pit_state: "entering" });
const STOPPED = next({ pit_state: "stopped" });
const EXITING = next({ pit_state: "exiting" });

/** @type {[string, Heard[], boolean][]} */
const AFTER = [
  ["the next frame", [next({})], false],
  ["another monitor", [next({}, "pc-b")], true],
  ["another run", [next({ run: 2 })], true],
  ["a lap counter that went back", [next({ lap: 1 })], true],
  ["fewer laps of the stint", [next({ stint_laps: 5 }), next({ stint_laps: 0 })], true],
  ["more laps of the stint", [next({ stint_laps: 5 }), next({ stint_laps: 6 })], false],
  ["a drive through the pits", [ENTERING, EXITING, next({})], false],
  ["a stop", [ENTERING, STOPPED, EXITING, next({})], true],
  ["a stop that is not over", [ENTERING, STOPPED, EXITING], false],
  ["the garage", [next({ pit_state: "garage" }), next({})], true],
  ["a frame that comes late", [{ ...next({}), at_ms: END_MS - 500 }], false],
  ["a clock that was set back", [{ ...next({}), at_ms: END_MS - 60_000 }], true],
  ["a lap that is unknown for a while", [next({ lap: null }), next({ lap: 6 })], false],
];

for (const [name, heard, begins] of AFTER) {
  test(`${name} ${begins ? "begins a stint" : "goes on with it"}`, () => {
    const trends = follow(STINT);
    const before = trends.points([])[0].length;

    follow(heard, trends);

    const { length } = trends.points([])[0];
    assert.equal(before, 99);
    assert.equal(length < 2, begins);
  });
}
