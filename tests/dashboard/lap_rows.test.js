import assert from "node:assert/strict";
import { test } from "node:test";

import { lapChart, stintNumbers } from "../../dashboard/js/lap_rows.js";
import { noteOf } from "../../dashboard/js/texts/pace.js";
import { lapsOf, ONE, SWAP, TWO } from "./car_laps.js";
import { row } from "./messages.js";

const plain = (/** @type {number} */ seconds) => `${seconds} s`;

test("a note says all that makes a lap other than the rest", () => {
  assert.equal(noteOf(row()), "");
  assert.equal(noteOf(row({ kind: "in", yellow: true })), "in, yellow");
  assert.equal(noteOf(row({ valid: false, complete: false })), "invalid, partial");
  assert.equal(noteOf(row({ kind: "formation_lap" })), "Formation lap");
});

test("stints are counted over the monitors, and from 1 again in each run", () => {
  const rows = lapsOf(ONE, { ...ONE, kind: "in" }, { ...ONE, kind: "out" }, SWAP, TWO, { lap: 1 });

  assert.deepEqual(stintNumbers(rows), [1, 1, 2, 3, 3, 1]);
});

test("a lap is clean, or held within the range of the clean ones", () => {
  const rows = lapsOf({ lap_time: 101 }, { kind: "in", lap_time: 160 }, { lap_time: 100 });

  const chart = lapChart(rows, 100, plain);

  assert.deepEqual(chart.clean, [101, null, 100]);
  assert.deepEqual(chart.others, [null, chart.range[1], null]);
  assert.deepEqual(chart.best, [null, null, 100]);
  assert(chart.range[0] < 100 && chart.range[1] > 101 && chart.range[1] < 102);
});

test("laps without a clean one still have a range, and no laps are no failure", () => {
  const rows = lapsOf({ kind: "out", lap_time: 130 }, { lap_time: null });

  assert.deepEqual(lapChart(rows, null, plain).others, [130, null]);
  assert.equal(lapChart([], null, plain).text, "No lap completed yet");
});

test("an invalid lap as quick as the best is not marked as the best", () => {
  const rows = lapsOf({ lap_time: 100, valid: false }, { lap_time: 100 });

  assert.deepEqual(lapChart(rows, 100, plain).best, [null, 100]);
});

test("pit laps and changes of driver are marked and told", () => {
  const rows = lapsOf(ONE, { ...ONE, kind: "in" }, SWAP, TWO);

  const { pits, swaps, text } = lapChart(rows, 100, plain);

  assert.deepEqual(pits, [2, 3]);
  assert.deepEqual(swaps, [{ lap: 3, name: "Driver Two" }]);
  assert.equal(
    text,
    "Laps 1 to 4: 2 clean; best 100 s; median 100 s; in the pits on 2, 3; Driver Two from lap 3",
  );
});

test("of a long race the newest 80 laps are charted, with the marks among them", () => {
  const long = Array.from({ length: 200 }, (_, i) => (i === 3 ? { ...ONE, kind: "in" } : ONE));
  const rows = lapsOf(...long, TWO);

  const { laps, pits, swaps } = lapChart(rows, 100, plain);

  assert.deepEqual([laps.length, laps[0], laps.at(-1)], [80, 122, 201]);
  assert.deepEqual(pits, []);
  assert.deepEqual(swaps, [{ lap: 201, name: "Driver Two" }]);
});
