import assert from "node:assert/strict";
import { test } from "node:test";

import { RULE_NAMES } from "../../dashboard/js/alerts.js";
import { DEFAULT_UNITS } from "../../dashboard/js/format.js";
import { alertText } from "../../dashboard/js/texts/alerts.js";
import { ruleTitle } from "../../dashboard/js/texts/names.js";

/** @import { Params } from "../../dashboard/js/alert_types.js" */
/** @import { Units } from "../../dashboard/js/types.js" */

/** @type {Partial<Units>} */
const AMERICAN = { fuel: "gal", pressure: "psi", temperature: "F" };

/** @type {[string, Params, string, Partial<Units>?][]} */
const TEXTS = [
  ["bridge_lost", {}, "This page has lost the bridge: nothing new can arrive"],
  ["broker_lost", {}, "The bridge has lost the broker: nothing new can arrive"],
  ["monitor_lost", { driver: "Driver One" }, "The monitor of Driver One is lost"],
  ["monitor_lost", { driver: null }, "The monitor of the driver is lost"],
  ["monitor_offline", { driver: "Driver One" }, "The monitor of Driver One has signed off"],
  ["stale", { quiet_ms: 12_400 }, "No new telemetry for 12 s"],
  ["fuel_laps", { value: 2.89, word: "low" }, "Fuel for 2.8 laps: low"],
  ["fuel_laps", { value: 2.89, word: "low", tank: "fuel" }, "Fuel for 2.8 laps: low"],
  ["fuel_laps", { value: 2.89, word: "low", tank: "energy" }, "Energy for 2.8 laps: low"],
  ["fuel_laps", { value: 0.1 + 0.7, word: "very low" }, "Fuel for 0.8 laps: very low"],
  ["fuel_laps", { value: 1.05, word: "very low" }, "Fuel for 1.0 lap: very low"],
  ["water_temp", { value: 112, word: "hot" }, "Water 112 °C: hot"],
  ["oil_temp", { value: 141.4, word: "too hot" }, "Oil 141 °C: too hot"],
  ["oil_temp", { value: 141, word: "too hot" }, "Oil 286 °F: too hot", AMERICAN],
  ["tire_temp", { corner: "rr", value: 108, word: "hot" }, "Rear right tyre 108 °C: hot"],
  ["brake_temp", { corner: "fl", value: 812, word: "too hot" }, "Front left brake 812 °C: too hot"],
  [
    "brake_temp",
    { corner: "fl", value: 812, word: "too hot" },
    "Front left brake 1494 °F: too hot",
    AMERICAN,
  ],
  ["tire_pressure", { corner: "fr", value: 150, word: "low" }, "Front right tyre 150 kPa: low"],
  [
    "tire_pressure",
    { corner: "fr", value: 150, word: "low" },
    "Front right tyre 21.8 psi: low",
    AMERICAN,
  ],
  [
    "tire_wear",
    { corner: "rl", value: 62.4, word: "worn" },
    "Rear left tyre 62 % worn: near its limit",
  ],
  [
    "tire_wear",
    { corner: "rl", value: 81, word: "worn out" },
    "Rear left tyre 81 % worn: at its limit",
  ],
  ["tire_flat", { corner: "fl" }, "Front left tyre: flat"],
  ["penalties", { count: 2 }, "Penalties to serve: 2"],
  ["incidents", { count: 14, limit: 17 }, "Incidents: 14 of 17"],
  ["incidents", { count: 17, limit: 17 }, "Incidents: 17 of 17, the limit"],
  ["incidents", { count: 18, limit: 17 }, "Incidents: 18 of 17, the limit"],
  ["track_limits", { count: 4.25, limit: 5 }, "Track limits: 4.25 of 5"],
  ["lap_drop", { lap: 45, slower: 4.21, usual: 139.48 }, "Lap 45 slow: +4.2 s to the usual 2:19.5"],
  ["setup_changed", { revision: 5 }, "Setup changed"],
  ["setup_changed", { revision: 5, count: 7 }, "Setup changed: 7 values"],
  [
    "setup_changed",
    { count: 1, name: "brake_bias", corner: null, before: "54.2:45.8", after: "55.0:45.0" },
    "Setup changed: Brake bias 54.2:45.8 → 55.0:45.0",
  ],
  [
    "setup_changed",
    { count: 1, name: "camber", corner: "fl", before: -3, after: null },
    "Setup changed: Camber front left −3 → –",
  ],
  [
    "driver_changed",
    { before: "Driver One", after: "Driver Two" },
    "Driver changed: Driver One → Driver Two",
  ],
  ["tire_temp", { corner: "fl" }, "Front left tyre – °C: –"],
  ["tyre_on_fire", {}, "Tyre on fire"],
  ["toString", {}, "ToString"],
];

for (const [key, params, expected, units] of TEXTS) {
  test(`the alert ${key} of ${JSON.stringify(params)} says "${expected}"`, () => {
    assert.equal(alertText({ key, params }, { ...DEFAULT_UNITS, ...units }), expected);
  });
}

test("each rule has a title of its own, to be muted by", () => {
  assert.deepEqual(RULE_NAMES.map(ruleTitle), [
    "Connection to the bridge",
    "The bridge's connection to the broker",
    "Signal of the monitor",
    "Age of the data",
    "Fuel",
    "Water temperature",
    "Oil temperature",
    "Penalties",
    "Incidents",
    "Track limits",
    "Flat tyres",
    "Tyre temperatures",
    "Tyre pressures",
    "Tyre wear",
    "Brake temperatures",
    "Slow laps",
    "Changes of the setup",
    "Changes of driver",
  ]);
});
