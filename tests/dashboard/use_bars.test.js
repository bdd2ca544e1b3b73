import assert from "node:assert/strict";
import { test } from "node:test";

import { useBars } from "../../dashboard/js/use_bars.js";
import { lapsOf } from "./car_laps.js";

/** @param {number} litres */
const text = (litres) => litres.toFixed(2);

test("each lap has a bar, and one that is left out its letter", () => {
  const laps = lapsOf(
    { fuel_used: 3, kind: "out" },
    { fuel_used: 2 },
    { fuel_used: 4 },
    { fuel_used: 1, yellow: true },
    { fuel_used: 3, fuel_added: 50 },
    { fuel_used: null },
  );

  const { bars, use } = useBars(laps, 3, text);

  assert.deepEqual(bars.map(({ mark }) => mark), ["P", "", "", "Y", "R", "?"]);
  assert.deepEqual(bars.map(({ height }) => height), [0.6, 0.4, 0.8, 0.2, 0.6, 0]);
  assert.equal(use, 0.6);
});

test("a lap with much more than the clean ones does not flatten them", () => {
  const { bars } = useBars(lapsOf({ fuel_used: 3 }, { fuel_used: 40, fuel_added: 40 }), 3, text);

  assert.deepEqual(bars.map(({ height }) => height), [0.8, 1]);
});

test("only the newest laps have bars", () => {
  const { bars } = useBars(lapsOf(...Array.from({ length: 45 }, () => ({ fuel_used: 3 }))), 3, text);

  assert.deepEqual([bars[0]?.lap, bars.at(-1)?.lap], [26, 45]);
});

test("the bars are told in words", () => {
  const laps = lapsOf({ fuel_used: 3 }, { fuel_used: null }, { fuel_used: 2.5, yellow: true });

  assert.equal(
    useBars(laps, null, text).text,
    "Fuel per lap: lap 1 3.00, lap 2 unknown left out, lap 3 2.50 left out",
  );
});

test("without fuel used there are no bars", () => {
  for (const laps of [[], lapsOf({ fuel_used: 0 }), lapsOf({ fuel_used: null })]) {
    assert.deepEqual(useBars(laps, null, text), { bars: [], use: null, text: "No fuel used yet" });
  }
});
