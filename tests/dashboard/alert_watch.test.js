import assert from "node:assert/strict";
import { test } from "node:test";

import {
  AlertPage,
  CALM_CAR,
  GONE,
  HOT,
  TOO_HOT,
  brake,
  car,
  names,
  texts,
} from "./alert_pages.js";
import { row } from "./messages.js";

/** @import { Known } from "./alert_pages.js" */

test("an alert is raised once, and is active while it lasts", () => {
  const page = new AlertPage();
  page.at(0, TOO_HOT);

  const first = page.at(2);
  const second = page.at(3);

  assert.deepEqual(names(first.raised), ["critical brake_temp.fl"]);
  assert.equal(first.raised[0]?.is_old, false);
  assert.deepEqual([names(second.raised), names(second.active)], [[], ["critical brake_temp.fl"]]);
});

test("one noisy frame raises nothing, however long it stands", () => {
  const page = new AlertPage();
  page.at(0, TOO_HOT);

  assert.deepEqual(page.again(4.9).active, []);
  assert.deepEqual(page.at(5, CALM_CAR).active, []);
  assert.deepEqual(page.again(9).active, []);
});

test("a value that is back before its time raises nothing", () => {
  const page = new AlertPage();
  page.at(0, TOO_HOT);
  page.at(1.9);
  page.at(2, CALM_CAR);

  assert.deepEqual(page.at(3, TOO_HOT).active, []);
  assert.deepEqual(page.at(4.9).active, []);
  assert.deepEqual(names(page.at(5).active), ["critical brake_temp.fl"]);
});

test("a value that was too hot only now and then on its way is told as hot", () => {
  const page = new AlertPage();
  page.at(0, TOO_HOT);
  page.at(1, HOT);

  assert.deepEqual(names(page.at(2, TOO_HOT).raised), ["warning brake_temp.fl"]);
});

test("what is raised says the newest value", () => {
  const page = new AlertPage();
  page.at(0, brake(900));

  assert.deepEqual(texts(page.at(2, brake(910)).raised), ["Front left brake 910 °C: too hot"]);
});

test("the text follows the value", () => {
  const page = new AlertPage();
  page.settle(0, TOO_HOT);

  assert.deepEqual(texts(page.at(11, brake(912)).active), ["Front left brake 912 °C: too hot"]);
});

/** @type {[string, number, string[]][]} */
const BACK = [
  ["just under the limit", 849, ["critical brake_temp.fl"]],
  ["at the edge of the band", 821, ["critical brake_temp.fl"]],
  ["under the band", 819, ["warning brake_temp.fl"]],
  ["under the lower limit, in its band", 680, []],
];

for (const [name, fl, expected] of BACK) {
  test(`a brake that was too hot and is ${name} is ${expected.join() || "over"}`, () => {
    const page = new AlertPage();
    page.settle(0, TOO_HOT);

    const { active, raised } = page.settle(20, brake(fl));

    assert.deepEqual([names(active), raised], [expected, []]);
  });
}

/** @type {[string, Known, Known, Known][]} what raises it, what holds it, what ends it */
const BANDS = [
  [
    "a tyre",
    car({ tire_temps: { fl: 106 } }),
    car({ tire_temps: { fl: 102.1 } }),
    car({ tire_temps: { fl: 101.9 } }),
  ],
  [
    "a low pressure",
    car({ tire_pressures: { fl: 159 } }),
    car({ tire_pressures: { fl: 161.9 } }),
    car({ tire_pressures: { fl: 162.1 } }),
  ],
  [
    "a high pressure",
    car({ tire_pressures: { fl: 211 } }),
    car({ tire_pressures: { fl: 208.1 } }),
    car({ tire_pressures: { fl: 207.9 } }),
  ],
  [
    "water",
    car({ engine_water_temp: 106 }),
    car({ engine_water_temp: 103.1 }),
    car({ engine_water_temp: 102.9 }),
  ],
  [
    "oil",
    car({ engine_oil_temp: 126 }),
    car({ engine_oil_temp: 123.1 }),
    car({ engine_oil_temp: 122.9 }),
  ],
  [
    "wear",
    car({ tire_wear: { fl: 60.1 } }),
    car({ tire_wear: { fl: 59.6 } }),
    car({ tire_wear: { fl: 59.4 } }),
  ],
  ["fuel", { laps_left: 2.9 }, { laps_left: 3.1 }, { laps_left: 3.3 }],
  [
    "fuel to the flag",
    { laps_left: 2.4, laps_to_flag: 2.5 },
    { laps_left: 2.6 },
    { laps_left: 2.8 },
  ],
];

for (const [name, raise, hold, end] of BANDS) {
  test(`an alert of ${name} ends only clear of its limit`, () => {
    const page = new AlertPage();

    assert.equal(page.settle(0, raise).active.length, 1);
    assert.equal(page.settle(20, hold).active.length, 1);
    assert.equal(page.settle(40, end).active.length, 0);
    assert.equal(page.settle(60, hold).active.length, 0);
  });
}

test("an alert is over when it has not been found for three seconds, and that is told once", () => {
  const page = new AlertPage();
  page.settle(0, TOO_HOT);
  page.at(20, CALM_CAR);

  assert.deepEqual(page.at(22.9).cleared, []);
  assert.deepEqual(names(page.at(23).cleared), ["critical brake_temp.fl"]);
  assert.deepEqual(page.at(23.5).cleared, []);
});

test("what is back in between, worse in between or unheard in between is not over so soon", () => {
  for (const between of [HOT, TOO_HOT, GONE]) {
    const page = new AlertPage();
    page.settle(0, HOT);
    page.at(20, CALM_CAR);
    page.at(21, between);
    page.at(22, { is_live: true, state: "live", ...CALM_CAR });

    assert.deepEqual(names(page.at(24.9).active), ["warning brake_temp.fl"]);
    assert.deepEqual(page.at(25).active, []);
  }
});

test("what became better must be gone for its own time before it is over", () => {
  const page = new AlertPage();
  page.settle(0, TOO_HOT);
  page.at(20, HOT);

  assert.deepEqual(names(page.at(23).active), ["warning brake_temp.fl"]);
  page.at(23.5, CALM_CAR);
  assert.deepEqual(names(page.at(26.4).active), ["warning brake_temp.fl"]);
  assert.deepEqual(page.at(26.5).active, []);
});

test("a frame without the value does not end an alert", () => {
  const page = new AlertPage();
  page.settle(0, TOO_HOT);
  page.at(20, car({ brake_temps: null }));

  assert.deepEqual(names(page.at(21, TOO_HOT).active), ["critical brake_temp.fl"]);
  assert.deepEqual(names(page.at(24).active), ["critical brake_temp.fl"]);
});

test("what becomes worse is raised again, what becomes better is not", () => {
  const page = new AlertPage();
  const raised = [HOT, TOO_HOT, HOT].map((known, i) => names(page.settle(20 * i, known).raised));

  assert.deepEqual(raised, [["warning brake_temp.fl"], ["critical brake_temp.fl"], []]);
});

test("what is just past the next limit is raised, within the band of the one before too", () => {
  const page = new AlertPage();
  page.settle(0, brake(849));

  assert.deepEqual(names(page.settle(20, brake(851)).raised), ["critical brake_temp.fl"]);
});

test("each further penalty and each further point near the limit is raised", () => {
  const page = new AlertPage();

  const counts = [1, 2, 2, 3].map((count, i) => {
    return page.settle(20 * i, car({ penalties: count, incidents: 12 + count })).raised.length;
  });

  assert.deepEqual(counts, [1, 2, 0, 2]);
});

test("within its cooldown an alert comes back without being raised", () => {
  const page = new AlertPage();
  const known = (/** @type {number} */ temp) => car({ engine_water_temp: temp });
  page.settle(0, known(120));
  page.settle(20, known(90));

  const soon = page.settle(60, known(120));
  page.settle(80, known(90));
  const late = page.settle(150, known(120));

  assert.deepEqual([names(soon.active), soon.raised], [["critical water_temp"], []]);
  assert.deepEqual(names(late.raised), ["critical water_temp"]);
});

test("what was only hot is raised as too hot within the cooldown", () => {
  const page = new AlertPage();
  page.settle(0, car({ engine_water_temp: 108 }));
  page.settle(20, car({ engine_water_temp: 90 }));

  assert.deepEqual(names(page.settle(40, car({ engine_water_temp: 120 })).raised), [
    "critical water_temp",
  ]);
});

test("nothing is raised from data that is not live", () => {
  const page = new AlertPage();
  const known = { ...TOO_HOT, laps_left: 1, ...GONE, monitor_state: /** @type {const} */ ("idle") };

  assert.deepEqual(page.settle(0, known).active, []);
  assert.deepEqual(page.settle(20).active, []);
});

test("frames of before and after a silence do not add up", () => {
  const page = new AlertPage();
  page.at(0, TOO_HOT);
  page.at(1, GONE);

  assert.deepEqual(page.at(30, { is_live: true, state: "live" }).active, []);
});

test("an alert from data that is no longer live is held as old, and dropped after a minute", () => {
  const page = new AlertPage();
  page.settle(0, { ...TOO_HOT, laps_left: 1 });
  const idle = { ...GONE, monitor_state: /** @type {const} */ ("idle") };

  const held = page.at(20, { ...idle, ...CALM_CAR });
  const still = page.at(79);
  const dropped = page.at(80);

  assert.deepEqual(
    held.active.map(({ is_old }) => is_old),
    [true, true],
  );
  assert.equal(still.active.length, 2);
  assert.deepEqual([dropped.active, dropped.cleared.length], [[], 2]);
});

test("silences do not add up", () => {
  const page = new AlertPage();
  page.settle(0, TOO_HOT);
  page.at(20, { ...GONE, monitor_state: "idle" });
  page.at(60, { is_live: true, state: "live" });
  page.at(61, GONE);

  assert.deepEqual(names(page.at(100).active), ["critical brake_temp.fl"]);
});

test("an old alert is as new when data is live again", () => {
  const page = new AlertPage();
  page.settle(0, TOO_HOT);
  page.at(20, { ...GONE, monitor_state: "idle" });

  // It is on its way to be over, which is no reason to look old.
  const { active, raised } = page.at(40, { ...CALM_CAR, is_live: true, state: "live" });

  assert.deepEqual([active.map(({ is_old }) => is_old), raised], [[false], []]);
});

test("a page that opens raises what is critical, and no news that is none", () => {
  const page = new AlertPage();
  const laps = [1, 2, 3, 4].map((lap) => row({ lap, lap_time: lap === 4 ? 120 : 100 }));
  const setup = { revision: 7, changes: [] };
  page.at(0, { ...GONE, monitor_state: null, state: "connecting", laps, setup });

  const { raised, active } = page.settle(5, { ...TOO_HOT, is_live: true, state: "live" });

  assert.deepEqual([names(raised), active.length], [["critical brake_temp.fl"], 1]);
});

test("a monitor that had signed off when the page opened is active and not raised", () => {
  const page = new AlertPage();
  page.at(0, { ...GONE, monitor_state: null, state: "connecting" });
  page.at(1, { ...GONE, monitor_state: "offline" });

  const { active, raised, log } = page.at(3);

  assert.deepEqual([names(active), raised, log], [["info monitor"], [], []]);
});

test("a monitor that signs off while the page watches is raised", () => {
  const page = new AlertPage();
  page.settle(0);

  page.at(20, { ...GONE, monitor_state: "offline" });

  assert.deepEqual(texts(page.at(22).raised), ["The monitor of Driver One has signed off"]);
});

test("a monitor that was lost when the page opened is raised", () => {
  const page = new AlertPage();
  page.at(0, { ...GONE, monitor_state: "lost" });

  assert.deepEqual(names(page.at(2).raised), ["critical monitor"]);
});

test("an alert of the car goes on when another driver has it", () => {
  const page = new AlertPage();
  page.settle(0, { laps_left: 1 });

  const { active, raised } = page.settle(20, { monitor_id: "pc-b" });

  assert.deepEqual([names(active), raised], [["critical fuel"], []]);
});
