import assert from "node:assert/strict";
import { test } from "node:test";

import { clockTime } from "../../dashboard/js/texts/ages.js";
import { driverRows, pitText, swapText } from "../../dashboard/js/texts/crew.js";

/** @import { DriverTime } from "../../dashboard/js/drivers.js" */

/**
 * @param {Partial<DriverTime>} fields
 * @returns {DriverTime}
 */
const driver = (fields) => ({
  driver: "Driver One",
  is_driving: true,
  laps: 12,
  time_s: 3725,
  continuous_s: 1800,
  may_s: null,
  must_s: null,
  estimated: false,
  ...fields,
});

test("the driver of the car has his time at once, and the others none", () => {
  const two = driver({ driver: "Driver Two", is_driving: false, continuous_s: 0, estimated: true });

  const [one, other] = driverRows([driver({}), two], [{ id: "b", name: "Driver Two", state: "online" }]);

  assert.deepEqual([one?.driven, one?.laps, one?.at_once, one?.presence], ["1:02:05", "12", "30:00", "driving"]);
  assert.deepEqual([other?.driven, other?.at_once, other?.presence], ["about 1:02:05", "", "connected"]);
});

/** @type {["online" | "idle" | "lost" | null, string][]} */
const STATES = [["online", "connected"], ["idle", "idle"], ["lost", "lost"], [null, "unknown"]];

for (const [state, expected] of STATES) {
  test(`a driver whose monitor is ${state} is ${expected}`, () => {
    const [row] = driverRows([driver({ is_driving: false })], [{ id: "b", name: "Driver One", state }]);

    assert.equal(row?.presence, expected);
  });
}

test("who has no monitor is nowhere", () => {
  assert.equal(driverRows([driver({ is_driving: false })], [])[0]?.presence, "");
});

/** @type {[number | null, boolean, string, string][]} */
const MAY = [
  [null, true, "", ""],
  [3600, true, "1:00:00", ""],
  [899, true, "14:59", "warn"],
  [899, false, "14:59", ""],
  [0, true, "0:00", "bad"],
  [-90, false, "over by 1:30", "bad"],
];

for (const [may_s, is_driving, may, level] of MAY) {
  test(`${may_s} s left ${is_driving ? "in the car" : "outside"} reads "${may}", "${level}"`, () => {
    const [row] = driverRows([driver({ may_s, is_driving })], []);

    assert.deepEqual([row?.may, row?.level], [may, level]);
  });
}

test("what a rule still asks for is told until it is driven", () => {
  const musts = [null, 600, 0].map((must_s) => driverRows([driver({ must_s })], [])[0]?.must);

  assert.deepEqual(musts, ["", "10:00", "done"]);
});

test("the last change of driver is announced", () => {
  const at = "2026-06-13T12:31:00.000Z";
  const swaps = [
    { lap: 20, at, from: "Driver Two", to: "Driver One" },
    { lap: 45, at, from: "Driver One", to: "Driver Two" },
  ];

  assert.equal(swapText(swaps), `Driver Two took over on lap 45, ${clockTime(at)}`);
  assert.equal(swapText([{ lap: null, at: null, from: "A", to: "B" }]), "B took over");
  assert.equal(swapText([]), "");
  const turning = swapText([{ lap: null, at: null, from: "A", to: "\u202eB\u2069" }]);
  assert.equal(turning, "\u2068\u202eB\u2069 took over");
});

test("where the car is relative to the pits is in words", () => {
  const known = ["none", "stopped", "towed_away", "constructor", null];
  const states = known.map((pit_state) => pitText({ pit_state }));

  assert.deepEqual(states, ["on track", "in the box", "Towed away", "Constructor", "–"]);
});
