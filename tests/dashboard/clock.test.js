import assert from "node:assert/strict";
import { test } from "node:test";

import { steadyClock } from "../../dashboard/js/clock.js";

function clocks() {
  const at = { steady: 1000, wall: 1_781_376_000_000 };
  const now = steadyClock(
    () => at.steady,
    () => at.wall,
  );
  return { at, now };
}

test("a machine that slept for an hour finds its numbers an hour older", () => {
  const { at, now } = clocks();

  at.steady += 20;
  at.wall += 3_600_000;

  assert.equal(now(), 1000 + 3_600_000);
});

test("a wall clock that is set by little, set back or drifting moves nothing", () => {
  const { at, now } = clocks();

  at.wall += 4000;
  assert.equal(now(), 1000);
  at.wall -= 86_400_000;
  assert.equal(now(), 1000);
  for (let i = 0; i < 100; i += 1) {
    at.steady += 1000;
    at.wall += 1100;
    now();
  }

  assert.equal(now(), 101_000);
});

test("a clock that counted a sleep goes on from there", () => {
  const { at, now } = clocks();
  at.wall += 60_000;
  now();

  at.steady += 500;
  at.wall += 500;

  assert.equal(now(), 61_500);
});
