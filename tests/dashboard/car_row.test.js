import assert from "node:assert/strict";
import { test } from "node:test";

import { DEFAULT_UNITS } from "../../dashboard/js/format.js";
import { Store } from "../../dashboard/js/store.js";
import { carStateText } from "../../dashboard/js/texts/start.js";
import { Viewer } from "../../dashboard/js/view.js";
import { essentials } from "../../dashboard/js/widgets/car_row.js";

/** @import { View } from "../../dashboard/js/types.js" */

/**
 * @param {Partial<View>} fields
 * @returns {View}
 */
function view(fields) {
  return { ...new Viewer(new Store()).view("connected", DEFAULT_UNITS, 0), ...fields };
}

test("a car of which nothing is known has dashes and no units", () => {
  assert.deepEqual([...new Set(Object.values(essentials(view({}))))], ["–"]);
});

test("a row tells position, gaps and the worst tyre", () => {
  const row = essentials(
    view({
      telemetry: {
        position: 9,
        class_position: 3,
        lap: 45,
        fuel: 42.34,
        gap_ahead: 4.82,
        last_lap_time: 105.631,
        tire_temps: { fl: 88, fr: 91.7, rl: 85 },
        tire_wear: { fl: 21.4, rr: null },
      },
    }),
  );

  assert.equal(row.position, "P9 (3)");
  assert.equal(row.lap, "45");
  assert.equal(row.fuel, "42.3 L");
  assert.equal(row.last, "1:45.631");
  assert.equal(row.tire, "92 °C");
  assert.equal(row.wear, "21 %");
});

/** @type {{ name: string, fields: Partial<View>, said: string }[]} */
const STATES = [
  {
    name: "live",
    fields: { state: "live", monitor_state: "online", connection: "🟢 Connected" },
    said: "🟢 Connected",
  },
  { name: "idle", fields: { state: "live", monitor_state: "idle" }, said: "Monitor idle" },
  { name: "broker lost", fields: { has_broker: false }, said: "The bridge has lost the broker" },
  { name: "waiting", fields: { state: "waiting" }, said: "Nothing published yet" },
];

for (const { name, fields, said } of STATES) {
  test(`the state of a car in words: ${name}`, () => {
    assert.equal(carStateText(view(fields)), said);
  });
}
