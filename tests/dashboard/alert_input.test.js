import assert from "node:assert/strict";
import { test } from "node:test";

import { alertInput } from "../../dashboard/js/alert_input.js";
import { DEFAULT_UNITS } from "../../dashboard/js/format.js";
import { Store } from "../../dashboard/js/store.js";
import { changedLimit } from "../../dashboard/js/thresholds.js";
import { Viewer } from "../../dashboard/js/view.js";
import { arrival, lap, meta, setup, snapshot, status, telemetry } from "./messages.js";

/** @import { BridgeFrame, LinkState } from "../../dashboard/js/types.js" */

const FRAME = telemetry({ lap: 12, brake_temps: { fl: 900 } }, { seq: 7 });

/**
 * What a page judges that got these frames at 0.
 * @param {BridgeFrame[]} frames
 * @param {{ now_ms?: number, link?: LinkState }} [about]
 */
function inputOf(frames, { now_ms = 0, link = "connected" } = {}) {
  const store = new Store();
  store.accept(snapshot(), 0);
  for (const frame of frames) store.accept(frame, 0);
  const viewer = new Viewer(store);
  viewer.thresholds = changedLimit({}, "gt3", "brake_temp", "hot", 650).thresholds;
  return alertInput(store, viewer.view(link, DEFAULT_UNITS, now_ms), [], now_ms);
}

/**
 * @param {boolean} [retained]
 * @returns {BridgeFrame}
 */
function frame(retained = false) {
  return { type: "telemetry_update", ...arrival(FRAME, 0, retained) };
}

/** @type {[string, ReturnType<typeof inputOf>, { is_live: boolean, frame: number | null, quiet_ms: number | null }][]} */
const CASES = [
  ["nobody", inputOf([]), { is_live: false, frame: null, quiet_ms: null }],
  ["a live frame", inputOf([frame()]), { is_live: true, frame: 7, quiet_ms: 0 }],
  ["a replayed frame", inputOf([frame(true)]), { is_live: false, frame: 7, quiet_ms: 0 }],
  ["an old one", inputOf([frame()], { now_ms: 6000 }), { is_live: false, frame: 7, quiet_ms: 6000 }],
  ["a lost bridge", inputOf([frame()], { link: "lost" }), { is_live: false, frame: 7, quiet_ms: 0 }],
];
for (const [name, { is_live, frame: seq, quiet_ms }, expected] of CASES) {
  test(`what is judged of ${name}`, () => {
    assert.deepEqual({ is_live, frame: seq, quiet_ms }, expected);
  });
}

test("values, driver and limits are those of the shown car", () => {
  const input = inputOf([
    frame(),
    { type: "meta_update", ...arrival(meta({ car_class: "LMGT3" })) },
    { type: "status_update", ...arrival(status({ driver: "Driver One" })) },
    { type: "setup_update", ...arrival(setup({ brakes: { bias: 54 } }, { revision: 4 })) },
  ]);

  assert.equal(input.telemetry.brake_temps?.fl, 900);
  assert.equal(input.driver, "Driver One");
  assert.equal(input.monitor_state, "online");
  assert.deepEqual(input.setup, { revision: 4, changes: [] });
  assert.equal(input.limits.brake_temp.hot, 650);
});

test("a tank of which no lap was driven promises nothing", () => {
  const { laps_left, laps_to_flag } = inputOf([frame()]);

  assert.deepEqual([laps_left, laps_to_flag], [null, null]);
});

test("of two tanks the one that ends first is named", () => {
  const laps = [8, 9, 10, 11].map((number) => {
    const used = { fuel_used: 2, energy_used: 5, lap_time: 100, kind: "flying", complete: true };
    const message = lap({ lap: number, ...used }, { seq: number });
    return /** @type {const} */ ({ type: "lap_update", ...arrival(message) });
  });
  const car = telemetry({ lap: 12, fuel: 40, virtual_energy: 20 }, { seq: 7 });

  const { limiting, laps_left } = inputOf([
    ...laps,
    { type: "telemetry_update", ...arrival(car) },
  ]);

  assert.deepEqual([limiting, laps_left], ["energy", 4]);
});
