import assert from "node:assert/strict";
import { test } from "node:test";

import { DEFAULT_UNITS, humanise } from "../../dashboard/js/format.js";
import { alertText } from "../../dashboard/js/texts/alerts.js";
import { AlertPage, CALM, car, names, texts } from "./alert_pages.js";
import { row } from "./messages.js";

/** @import { LapRow } from "../../dashboard/js/types.js" */
/** @import { Known } from "./alert_pages.js" */

const LOW = { laps_left: 2 };
const HOT_BRAKE = { ...CALM.telemetry.brake_temps, fl: 812 };
const LIMITS = CALM.meta;

/** @type {[string, Known, string[]][]} */
const CASES = [
  ["all is well", {}, []],

  ["fuel for less than three laps", LOW, ["warning fuel"]],
  ["fuel for less than a lap and a half", { laps_left: 1.4 }, ["critical fuel"]],
  ["fuel for three laps", { laps_left: 3 }, []],
  ["fuel for a time not known", { laps_left: null }, []],
  ["little fuel, to the flag", { laps_left: 2.5, laps_to_flag: 2.5 }, []],
  ["little fuel, not to the flag", { laps_left: 2.5, laps_to_flag: 2.6 }, ["warning fuel"]],
  ["little fuel, the flag not known", { ...LOW, laps_to_flag: null }, ["warning fuel"]],
  ["little fuel in practice", { ...LOW, meta: { session_type: "practice" } }, []],
  ["little fuel in qualifying", { ...LOW, meta: { session_type: "qualifying" } }, []],
  ["little fuel in a session of unknown type", { ...LOW, meta: {} }, ["warning fuel"]],
  ["little fuel when the race is over", { ...LOW, ...car({ session_phase: "over" }) }, []],
  ["little fuel under the chequered flag", { ...LOW, ...car({ flags: ["checkered"] }) }, []],
  ["little fuel in the garage", { ...LOW, ...car({ pit_state: "garage" }) }, []],

  ["a hot tyre", car({ tire_temps: { fl: 88, rr: 110 } }), ["warning tire_temp.rr"]],
  ["a tyre that is too hot", car({ tire_temps: { fl: 120 } }), ["critical tire_temp.fl"]],
  ["cold tyres", car({ tire_temps: { fl: 40, fr: 40, rl: 40, rr: 40 } }), []],
  ["no tyre temperatures", car({ tire_temps: null }), []],
  ["a hot tyre, measured laps ago", car({ tire_temps: { fl: 120 }, tires_as_of_lap: 30 }), []],

  ["a low pressure", car({ tire_pressures: { fr: 150 } }), ["warning tire_pressure.fr"]],
  ["a high pressure", car({ tire_pressures: { fr: 220 } }), ["warning tire_pressure.fr"]],
  [
    "a low pressure of a cold tyre",
    car({ tire_pressures: { fr: 150 }, tire_temps: { fr: 50 } }),
    [],
  ],
  [
    "a high pressure of a cold tyre",
    car({ tire_pressures: { fr: 220 }, tire_temps: { fr: 50 } }),
    ["warning tire_pressure.fr"],
  ],
  [
    "a low pressure of a tyre of unknown temperature",
    car({ tire_pressures: { fr: 150 }, tire_temps: null }),
    ["warning tire_pressure.fr"],
  ],
  [
    "a low pressure on the second lap of a stint",
    car({ tire_pressures: { fr: 150 }, stint_laps: 1 }),
    [],
  ],
  [
    "a low pressure on the third lap of a stint",
    car({ tire_pressures: { fr: 150 }, stint_laps: 2 }),
    ["warning tire_pressure.fr"],
  ],
  [
    "a high pressure on the first lap of a stint",
    car({ tire_pressures: { fr: 220 }, stint_laps: 0 }),
    ["warning tire_pressure.fr"],
  ],
  ["a low pressure in the box", car({ tire_pressures: { fr: 150 }, pit_state: "stopped" }), []],
  [
    "a low pressure, the stop announced",
    car({ tire_pressures: { fr: 150 }, pit_state: "requested" }),
    ["warning tire_pressure.fr"],
  ],
  [
    "a low pressure, measured laps ago",
    car({ tire_pressures: { fr: 150 }, tires_as_of_lap: 30 }),
    [],
  ],

  ["a worn tyre", car({ tire_wear: { rl: 60 } }), ["warning tire_wear.rl"]],
  ["a tyre that is gone", car({ tire_wear: { rl: 85 } }), ["critical tire_wear.rl"]],
  ["a worn tyre, measured laps ago", car({ tire_wear: { rl: 85 }, tires_as_of_lap: 30 }), []],
  ["a flat tyre", car({ tire_flat: { rr: true } }), ["critical tire_flat.rr"]],
  ["a flat tyre in the garage", car({ tire_flat: { rr: true }, session_phase: "garage" }), []],

  ["a hot brake", car({ brake_temps: HOT_BRAKE }), ["warning brake_temp.fl"]],
  ["a brake that is too hot", car({ brake_temps: { fl: 900 } }), ["critical brake_temp.fl"]],
  ["a cold brake", car({ brake_temps: { fl: 30 } }), []],
  ["hot water", car({ engine_water_temp: 110 }), ["warning water_temp"]],
  ["water that is too hot", car({ engine_water_temp: 115 }), ["critical water_temp"]],
  ["hot oil", car({ engine_oil_temp: 130 }), ["warning oil_temp"]],
  ["oil that is too hot", car({ engine_oil_temp: 150 }), ["critical oil_temp"]],

  ["a penalty to serve", car({ penalties: 1 }), ["warning penalties"]],
  ["incidents far from the limit", car({ incidents: 13 }), []],
  ["incidents near the limit", car({ incidents: 14 }), ["warning incidents"]],
  ["incidents at the limit", car({ incidents: 17 }), ["critical incidents"]],
  [
    "incidents without a limit",
    { ...car({ incidents: 99 }), meta: { ...LIMITS, incident_limit: null } },
    [],
  ],
  ["track limits near the limit", car({ track_limits: 4.5 }), ["warning track_limits"]],
  ["track limits just where they are near", car({ track_limits: 4 }), ["warning track_limits"]],
  ["track limits at the limit", car({ track_limits: 5 }), ["critical track_limits"]],
  [
    "track limits where there are none",
    { ...car({ track_limits: 5 }), meta: { track_limits_max: 0 } },
    [],
  ],

  [
    "the page has lost the bridge",
    { state: "disconnected", is_live: false, monitor_state: null },
    ["critical bridge"],
  ],
  [
    "the page is still connecting",
    {
      state: "connecting",
      is_live: false,
      monitor_state: null,
      has_broker: false,
    },
    [],
  ],
  [
    "the bridge has lost the broker",
    { state: "stale", is_live: false, has_broker: false, monitor_state: null },
    ["critical broker"],
  ],
  [
    "the monitor is lost",
    { state: "stale", is_live: false, monitor_state: "lost" },
    ["critical monitor"],
  ],
  [
    "the monitor has signed off",
    { state: "stale", is_live: false, monitor_state: "offline" },
    ["info monitor"],
  ],
  ["the monitor is there and sends nothing", { state: "stale", is_live: false }, ["warning stale"]],
  ["nobody drives", { state: "stale", is_live: false, monitor_state: "idle" }, []],
];

test("the tank that ends first is the one that is named", () => {
  const page = new AlertPage();
  page.settle(0);

  const { active } = page.settle(100, { ...LOW, limiting: "energy" });

  assert.deepEqual(texts(active), ["Energy for 2.0 laps: low"]);
});

for (const [name, known, expected] of CASES) {
  test(`${expected.join(", ") || "no alert"} when ${name}`, () => {
    const page = new AlertPage();
    page.settle(0);

    const { active } = page.settle(100, known);

    assert.deepEqual(names(active), expected);
    for (const { finding } of active) {
      assert.notEqual(alertText(finding, DEFAULT_UNITS), humanise(finding.key));
    }
  });
}

test("what is told of the data is the cause alone, and changes with it", () => {
  const page = new AlertPage();
  page.settle(0);
  const gone = { is_live: false, monitor_state: null };

  /** @type {Known[]} */
  const steps = [
    { state: "stale", is_live: false },
    { monitor_state: "lost" },
    { ...gone, has_broker: false },
    { ...gone, state: "disconnected" },
  ];
  const told = steps.map((known, i) => names(page.settle(100 + 20 * i, known).active));

  assert.deepEqual(told, [
    ["warning stale"],
    ["critical monitor"],
    ["critical broker"],
    ["critical bridge"],
  ]);
});

/** @type {[string, Partial<LapRow>[], boolean][]} the last row is the lap that has come */
const LAPS = [
  ["slower than three clean ones by more than the limit", times(100, 100, 100, 103.1), true],
  ["slower by less than the limit", times(100, 100, 100, 102.9), false],
  ["faster", times(100, 100, 100, 90), false],
  ["compared with two only", times(100, 100, 110), false],
  [
    "slower than the last five, though not than those before",
    times(112, 100, 100, 100, 112, 112, 104),
    true,
  ],
  ["slower than the mean, not than the median", times(104, 104, 104, 50, 50, 106), false],
  ["under yellow", [...times(100, 100, 100), { lap_time: 130, yellow: true }], false],
  ["into the pits", [...times(100, 100, 100), { lap_time: 130, kind: "in" }], false],
  ["out of the pits", [...times(100, 100, 100), { lap_time: 130, kind: "out" }], false],
  ["with a hole", [...times(100, 100, 100), { lap_time: 130, complete: false }], false],
  ["without a time", [...times(100, 100, 100), { lap_time: null }], false],
  [
    "that does not count, but was slow",
    [...times(100, 100, 100), { lap_time: 130, valid: false }],
    true,
  ],
  [
    "with slow laps under yellow before it",
    [
      ...times(100, 100, 100),
      { lap_time: 180, yellow: true },
      { lap_time: 180, yellow: true },
      { lap_time: 180, yellow: true },
      { lap_time: 110 },
    ],
    true,
  ],
  [
    "of another driver than those before",
    [...times(100, 100, 100), { lap_time: 130, driver: "Driver Two" }],
    false,
  ],
  ["of another run than those before", [...times(100, 100, 100), { lap_time: 130, run: 2 }], false],
  [
    "of another monitor than those before",
    [...times(100, 100, 100), { lap_time: 130, monitor_id: "pc-b" }],
    false,
  ],
];

/** @param {number[]} lap_times */
function times(...lap_times) {
  return lap_times.map((lap_time) => ({ lap_time }));
}

for (const [name, given, is_told] of LAPS) {
  test(`a lap ${name} is ${is_told ? "" : "not "}told`, () => {
    const page = new AlertPage();
    const laps = given.map((fields, i) => row({ lap: i + 1, ...fields }));
    page.at(0, { laps: laps.slice(0, -1) });

    const { raised } = page.at(1, { laps });

    assert.deepEqual(names(raised), is_told ? ["warning lap_drop"] : []);
  });
}
