import assert from "node:assert/strict";
import { test } from "node:test";

import { Ring } from "../../dashboard/js/ring.js";

/** @import { Column } from "../../dashboard/js/ring.js" */
/** @import { Telemetry } from "../../dashboard/js/types.js" */

/** @param {{ span_s?: number, capacity?: number }} [size] */
function ringOf(size) {
  return new Ring(
    {
      speed: (/** @type {Telemetry} */ car) => car.speed,
      temp_fl: (/** @type {Telemetry} */ car) => car.tire_temps?.fl,
    },
    size,
  );
}

/** @param {Column[]} data */
const plain = (data) => data.map((column) => Array.from(column));

/** @type {(speed: number, fl: number) => Telemetry} */
const car = (speed, fl) => ({ speed, tire_temps: { fl } });

/** @typedef {[number, string, Telemetry]} Sample */

/** @type {[string, Sample[], (number | null)[][]][]} */
const STREAMS = [
  ["nothing gives empty columns", [], [[], [], []]],
  [
    "samples stand in the order in which they came",
    [[1000, "a", car(10, 80)], [2000, "a", car(20, 81)]],
    [[1, 2], [10, 20], [80, 81]],
  ],
  [
    "a value that is null or absent is a gap in its own column",
    [[1000, "a", car(10, 80)], [2000, "a", { speed: null }]],
    [[1, 2], [10, null], [80, null]],
  ],
  [
    "a pause of 2 s is none",
    [[1000, "a", car(10, 80)], [3000, "a", car(20, 81)]],
    [[1, 3], [10, 20], [80, 81]],
  ],
  [
    "a longer one parts the lines",
    [[1000, "a", car(10, 80)], [3010, "a", car(20, 81)]],
    [[1, 2.005, 3.01], [10, null, 20], [80, null, 81]],
  ],
  [
    "so does another monitor, however soon",
    [[1000, "a", car(10, 80)], [1100, "b", car(20, 81)]],
    [[1, 1.05, 1.1], [10, null, 20], [80, null, 81]],
  ],
  [
    "a sample at the time of the last one, or a little before, is left out",
    [
      [1000, "a", car(10, 80)],
      [1000, "a", car(11, 81)],
      [900, "b", car(12, 82)],
      [1001, "a", car(13, 83)],
    ],
    [[1, 1.001], [10, 13], [80, 83]],
  ],
  [
    "a clock that was set back begins anew",
    [[9000, "a", { speed: 10 }], [1000, "a", { speed: 11 }]],
    [[1], [11], [null]],
  ],
  ["a time that is none is left out", [[NaN, "a", { speed: 10 }]], [[], [], []]],
];

for (const [name, samples, expected] of STREAMS) {
  test(name, () => {
    const ring = ringOf();

    for (const sample of samples) ring.push(...sample);

    assert.deepEqual(plain(ring.data(["speed", "temp_fl"])), expected);
  });
}

test("what is older than the span is forgotten, at 2 Hz and at 60", () => {
  for (const hz of [2, 60]) {
    const ring = ringOf();
    for (let i = 0; i <= 300 * hz; i += 1) ring.push((1000 * i) / hz, "a", { speed: i });

    const [times, speeds] = ring.data(["speed"]);

    assert.equal(times[0], 180);
    assert.equal(times.length, 120 * hz + 1);
    assert.equal(speeds?.[0], 180 * hz);
    assert.equal(speeds?.at(-1), 300 * hz);
  }
});

test("faster than it has room for, it keeps the newest", () => {
  const ring = ringOf({ capacity: 4 });

  for (let i = 0; i < 10; i += 1) ring.push(i, "a", { speed: i, tire_temps: { fl: -i } });

  assert.deepEqual(plain(ring.data(["speed", "temp_fl"])), [
    [0.006, 0.007, 0.008, 0.009],
    [6, 7, 8, 9],
    [-6, -7, -8, -9],
  ]);
});

test("a column without a gap is handed out uncopied, at any place in the ring", () => {
  const ring = ringOf({ capacity: 4 });

  for (let i = 0; i < 10; i += 1) {
    ring.push(i, "a", { speed: i });
    const [times, speeds] = ring.data(["speed"]);
    const [, again] = ring.data(["speed"]);

    assert(speeds instanceof Float64Array && again instanceof Float64Array);
    assert.equal(speeds.buffer, again.buffer);
    assert.equal(times.length, speeds.length);
  }
});

test("a column with gaps is right at each moment, handed out before or not", () => {
  const ring = ringOf({ capacity: 7 });
  const every = ringOf({ capacity: 7 });

  for (let i = 0; i < 40; i += 1) {
    const speed = i % 5 === 0 ? null : i;
    for (const each of [ring, every]) each.push(1000 * i, "a", { speed });
    if (i === 20) for (const each of [ring, every]) each.clear();
    const [times, speeds] = every.data(["speed"]);

    const expected = Array.from(times, (at_s) => (at_s % 5 === 0 ? null : at_s));
    assert.deepEqual(Array.from(speeds ?? []), expected);
    if (i % 11 === 0) assert.deepEqual(plain(ring.data(["speed"])), plain(every.data(["speed"])));
  }
});

test("a gap that has left the window costs no copy any more", () => {
  const ring = ringOf({ span_s: 10 });
  ring.push(0, "a", { speed: null });
  ring.push(1000, "a", { speed: 1 });
  assert(Array.isArray(ring.data(["speed"])[1]));

  for (let i = 2; i <= 11; i += 1) ring.push(1000 * i, "a", { speed: i });

  assert(ring.data(["speed"])[1] instanceof Float64Array);
});

test("columns are handed out in the order asked", () => {
  const ring = ringOf();
  ring.push(1000, "a", car(10, 80));

  assert.deepEqual(plain(ring.data(["temp_fl", "speed"])), [[1], [80], [10]]);
});

test("the revision rises with what is taken and with nothing else", () => {
  const ring = ringOf();

  assert.equal(ring.push(1000, "a", {}), true);
  const { revision } = ring;
  assert.equal(ring.push(1000, "a", {}), false);
  assert.equal(ring.revision, revision);
  ring.clear();
  assert(ring.revision > revision);
  assert.equal(ring.length, 0);
});
