import assert from "node:assert/strict";
import { test } from "node:test";

import { NOT_MEASURED } from "../../dashboard/js/picture.js";
import {
  FAIR,
  GOOD,
  levelOf,
  QualityMeter,
  spread,
} from "../../dashboard/js/quality.js";
import { arrival, EPOCH_MS, telemetry } from "./messages.js";

/**
 * A way with known delays, in ms: to the bridge, from the bridge, and there and back.
 * The page's clock is 0 when the bridge's is `EPOCH_MS`; the device's is the bridge's.
 */
function way({ to_bridge = 20, to_page = 30, back = 60, monitor_ahead = 0, device_ahead = 0 } = {}) {
  const meter = new QualityMeter();
  const wall = (/** @type {number} */ now_ms) => EPOCH_MS + now_ms + device_ahead;
  return {
    meter,
    ping: (/** @type {number} */ at_ms, took = back) =>
      meter.accept({ type: "pong", t: at_ms }, at_ms + took, wall(at_ms + took)),
    beat: (/** @type {number} */ at_ms, lost = 0, received = 0) => {
      const now_ms = at_ms + back / 2;
      const t = EPOCH_MS + at_ms;
      meter.accept({ type: "heartbeat", session_id: "spa24", t, lost, received }, now_ms, wall(now_ms));
    },
    /**
     * @param {number} made_ms
     * @param {{ late?: number, held?: number, retained?: boolean, monitor_id?: string }} [about]
     */
    tell: (made_ms, { late = 0, held = 0, retained = false, monitor_id = "pc-a" } = {}) => {
      const received_ms = made_ms + to_bridge + late;
      const message = telemetry({}, { made_ms: made_ms + monitor_ahead, monitor_id });
      const now_ms = received_ms + to_page + held;
      const frame = arrival(message, received_ms, retained);
      meter.accept({ type: "telemetry_update", ...frame }, now_ms, wall(now_ms));
    },
    report: (/** @type {number} */ now_ms, monitor_id = "pc-a") => meter.report(monitor_id, now_ms),
  };
}

/** @param {ReturnType<typeof way>} road */
function drive({ ping, beat, tell }, seconds = 10) {
  for (let s = 0; s < seconds; s += 1) {
    beat(s * 1000, 0, s * 2);
    ping(s * 1000);
    tell(s * 1000 + 100);
    tell(s * 1000 + 600);
  }
}

test("round trip and age are those of the way", () => {
  const road = way();
  drive(road);

  const { round_trip, age, level } = road.report(10_000);

  assert.deepEqual(round_trip, { p50_ms: 60, p95_ms: 60, count: 10 });
  assert.deepEqual(age, { p50_ms: 50, p95_ms: 50, count: 20 });
  assert.equal(level, "good");
});

test("nothing is claimed before there is enough to say it", () => {
  const road = way();
  assert.deepEqual(road.report(0), NOT_MEASURED);
  road.beat(0);
  road.ping(0);
  road.ping(2000);
  road.tell(2500);

  const early = road.report(3000);
  road.ping(4000);
  const enough = road.report(5000);

  assert.deepEqual([early.level, early.round_trip, early.loss], ["unknown", null, null]);
  assert.equal(enough.level, "good");
});

test("without telemetry of the monitor on show there is no level, whatever the others send", () => {
  const road = way();
  drive(road);

  assert.equal(road.report(10_000, "pc-b").level, "unknown");
  assert.equal(road.report(10_000).level, "good");
});

test("a replayed frame is no measure", () => {
  const road = way();
  road.beat(0);
  road.tell(-3_600_000, { late: 3_600_000, retained: true });

  assert.equal(road.report(1000).age, null);
});

test("what holds a frame up after the bridge makes it older", () => {
  const road = way();
  drive(road, 1);
  for (let i = 0; i < 20; i += 1) road.tell(1000 + i, { held: 700 });

  assert.equal(road.report(2000).age?.p95_ms, 750);
});

test("one slow frame in ten counts, one in a hundred does not", () => {
  const steady = way();
  const jumpy = way();
  drive(steady, 50);
  drive(jumpy, 50);
  steady.tell(50_000, { late: 8000 });
  for (let i = 0; i < 10; i += 1) jumpy.tell(50_000 + i, { late: 800 });

  assert.equal(steady.report(58_100).level, "good");
  assert.equal(jumpy.report(51_000).level, "fair");
});

test("a monitor whose clock is off is known, and ages then leave out what is not known", () => {
  for (const monitor_ahead of [3200, -3200]) {
    const road = way({ monitor_ahead });
    drive(road);
    road.tell(10_000, { late: 700 });

    const report = road.report(11_000);

    assert.equal(report.is_age_partial, true);
    assert.equal(report.monitor_ahead_ms, monitor_ahead - 20);
    assert.equal(report.age?.p50_ms, 30);
    assert.equal(report.level, "good");
  }
});

test("a clock that is right is said to be, and so is a device's that is not", () => {
  const road = way({ device_ahead: 4000 });
  drive(road);

  const report = road.report(10_000);

  assert.equal(report.is_age_partial, false);
  assert.equal(report.monitor_ahead_ms, 0);
  assert.equal(report.device_ahead_ms, 4000);
});

test("loss is that of the last minute, and a bridge that counts anew starts anew", () => {
  const { beat, report } = way();
  beat(0, 50, 1000);
  beat(1000, 51, 1009);
  beat(2000, 51, 1019);
  const first = report(2000).loss;
  beat(3000, 0, 5);
  beat(4000, 1, 9);
  const second = report(4000).loss;
  beat(66_000, 1, 100);

  assert.deepEqual(first, { lost: 1, sent: 20 });
  assert.deepEqual(second, { lost: 1, sent: 5 });
  assert.equal(report(66_100).loss, null);
});

test("what is older than a minute is forgotten", () => {
  const road = way();
  drive(road);

  assert.deepEqual(road.report(80_000), NOT_MEASURED);
});

test("a lost connection takes its measures with it", () => {
  const road = way();
  drive(road);
  road.report(10_000);

  road.meter.reset();

  assert.deepEqual(road.report(10_001), NOT_MEASURED);
});

test("its numbers stand for a second, so that they can be read", () => {
  const road = way();
  drive(road);
  const first = road.report(10_000);
  road.ping(10_000, 5000);

  assert.equal(road.report(10_999), first);
  assert.notEqual(road.report(11_000), first);
});

test("a timestamp that is none is no age", () => {
  const road = way();
  const message = { ...telemetry({}), timestamp: "yesterday" };
  road.meter.accept({ type: "telemetry_update", ...arrival(message) }, 0, EPOCH_MS);

  assert.equal(road.report(0).age, null);
});

/**
 * @param {ReturnType<typeof way>} road
 * @param {{ hz: number, from_s: number, to_s: number, held?: number }} about
 */
function stream({ tell }, { hz, from_s, to_s, held = 0 }) {
  for (let i = from_s * hz; i < to_s * hz; i += 1) tell(Math.floor((i * 1000) / hz), { held });
}

test("at sixty frames a second the minute is a whole one", () => {
  const road = way();
  road.beat(0);
  road.ping(0);
  stream(road, { hz: 60, from_s: 0, to_s: 32, held: 500 });
  stream(road, { hz: 60, from_s: 32, to_s: 60 });

  const { age } = road.report(60_000);

  assert.deepEqual(age, { p50_ms: 550, p95_ms: 550, count: 3600 });
});

test("sixty frames a second for an hour are held to a bound", () => {
  const road = way();
  road.beat(0);
  stream(road, { hz: 100, from_s: 0, to_s: 50 });

  assert.equal(road.report(50_000).age?.count, 3600);
});

const same = (/** @type {number} */ ms) => ({ p50_ms: 0, p95_ms: ms, count: 9 });

for (const [name, limit, at, above] of /** @type {const} */ ([
  ["good", GOOD, "good", "fair"],
  ["fair", FAIR, "fair", "poor"],
])) {
  test(`the worst of the three decides what is ${name}`, () => {
    const best = {
      round_trip: same(limit.round_trip_ms),
      age: same(limit.age_ms),
      loss: { lost: limit.lost_share * 1000, sent: 1000 },
    };

    assert.equal(levelOf(best), at);
    assert.equal(levelOf({ ...best, round_trip: same(limit.round_trip_ms + 1) }), above);
    assert.equal(levelOf({ ...best, age: same(limit.age_ms + 1) }), above);
    const loss = { lost: best.loss.lost + 1, sent: 1000 };
    assert.equal(levelOf({ ...best, loss }), above);
  });
}

test("a bridge that has received nothing has lost nothing", () => {
  assert.equal(levelOf({ round_trip: same(1), age: same(1), loss: { lost: 0, sent: 0 } }), "good");
});

test("percentiles are values that were measured", () => {
  const values = Array.from({ length: 20 }, (_, i) => 20 - i);

  assert.deepEqual(spread(values), { p50_ms: 10, p95_ms: 19, count: 20 });
  assert.deepEqual(spread([7]), { p50_ms: 7, p95_ms: 7, count: 1 });
});
