import assert from "node:assert/strict";
import { test } from "node:test";

import { Store } from "../../dashboard/js/store.js";
import {
  arrival,
  EPOCH_MS,
  lap,
  laps,
  meta,
  setup,
  snapshot,
  status,
  telemetry,
  untyped,
} from "./messages.js";

/** @import { Telemetry } from "../../dashboard/js/types.js" */
/** @import { Stamp } from "./messages.js" */

/**
 * @param {Store} store
 * @param {Telemetry} values
 * @param {Stamp} [stamp]
 * @param {number} [now_ms]
 * @param {boolean} [retained]
 */
function tell(store, values, stamp, now_ms = 0, retained = false) {
  const frame = arrival(telemetry(values, stamp), now_ms, retained);
  store.accept({ type: "telemetry_update", ...frame }, now_ms);
}

/** @param {Store} store */
const fuelOf = (store) => store.shown?.telemetry.held?.data.telemetry.fuel;

function joined() {
  const store = new Store();
  store.accept(snapshot(), 0);
  return store;
}

test("an older message of a channel is ignored", () => {
  const store = joined();

  tell(store, { fuel: 42 }, { birth: 5, seq: 7 });
  tell(store, { fuel: 43 }, { birth: 5, seq: 6 });
  tell(store, { fuel: 44 }, { birth: 4, seq: 900 });

  assert.equal(fuelOf(store), 42);
});

test("a greater birth is newer, whatever its seq", () => {
  const store = joined();

  tell(store, { fuel: 42 }, { birth: 5, seq: 7000 });
  tell(store, { fuel: 41 }, { birth: 6, seq: 1 });

  assert.equal(fuelOf(store), 41);
});

test("channels are never compared with each other", () => {
  const store = joined();

  tell(store, { fuel: 42 }, { birth: 9, seq: 500 });
  store.accept({ type: "meta_update", ...arrival(meta({ car: "Porsche" }, { birth: 1 })) }, 0);

  assert.equal(store.shown?.meta.held?.data.car, "Porsche");
});

test("a last will counts though its seq is 0", () => {
  const store = joined();

  store.accept({ type: "status_update", ...arrival(status({}, { birth: 5, seq: 9 })) }, 0);
  store.accept(
    { type: "status_update", ...arrival(status({ state: "lost" }, { birth: 5, seq: 0 })) },
    0,
  );

  assert.equal(store.shown?.state(0), "lost");
});

test("the late will of a replaced connection changes nothing", () => {
  const store = joined();

  store.accept({ type: "status_update", ...arrival(status({}, { birth: 6, seq: 1 })) }, 0);
  store.accept(
    { type: "status_update", ...arrival(status({ state: "lost" }, { birth: 5, seq: 0 })) },
    0,
  );

  assert.equal(store.shown?.state(0), "online");
});

test("after a will only a newer status of its birth counts", () => {
  const store = joined();
  const send = (/** @type {number} */ seq, /** @type {"online" | "lost"} */ state) =>
    store.accept({ type: "status_update", ...arrival(status({ state }, { birth: 5, seq })) }, 0);

  send(9, "online");
  send(0, "lost");
  send(8, "online");
  const late = store.shown?.state(0);
  send(10, "online");

  assert.equal(late, "lost");
  assert.equal(store.shown?.state(0), "online");
});

test("a lost monitor keeps its driver, whom its will does not name, and no other does", () => {
  const store = joined();
  const send = (/** @type {object} */ fields) =>
    store.accept({ type: "status_update", ...arrival(status(fields, { birth: 5 })) }, 0);

  send({ driver: "Ada" });
  store.accept(
    { type: "status_update", ...arrival(status({ state: "lost" }, { birth: 5, seq: 0 })) },
    0,
  );
  const of_the_lost = store.shown?.driver;
  store.accept({ type: "status_update", ...arrival(status({}, { birth: 6, seq: 1 })) }, 0);

  assert.equal(of_the_lost, "Ada");
  assert.equal(store.shown?.driver, null);
});

test("values of two monitors never mix", () => {
  const store = joined();
  store.accept({ type: "active", session_id: "spa24", monitor_id: "pc-a" }, 0);

  tell(store, { fuel: 42, gear: 4 }, { monitor_id: "pc-a", seq: 1 });
  tell(store, { fuel: 9 }, { monitor_id: "pc-b", seq: 50 });
  const before = store.shown?.telemetry.held?.data.telemetry;
  store.accept({ type: "active", session_id: "spa24", monitor_id: "pc-b" }, 0);
  const after = store.shown?.telemetry.held?.data.telemetry;

  assert.deepEqual([before?.fuel, before?.gear], [42, 4]);
  assert.deepEqual([after?.fuel, after?.gear], [9, undefined]);
});

test("without an active monitor the only one is shown, and none of several", () => {
  const store = joined();

  tell(store, {}, { monitor_id: "pc-a" });
  const alone = store.shown?.id;
  tell(store, {}, { monitor_id: "pc-b" });

  assert.equal(alone, "pc-a");
  assert.equal(store.shown, null);
});

test("a snapshot after a reconnect does not bring back older values", () => {
  const store = joined();
  tell(store, { fuel: 40 }, { seq: 9 });

  const old = arrival(telemetry({ fuel: 41 }, { seq: 8 }), 10, true);
  store.accept(snapshot([{ channel: "telemetry", monitor_id: "pc-a", ...old }]), 10);

  assert.equal(fuelOf(store), 40);
});

test("what was removed meanwhile goes when a settled bridge does not hold it", () => {
  const store = joined();
  tell(store, {}, { monitor_id: "pc-a" });
  tell(store, { fuel: 30 }, { monitor_id: "pc-b" });
  store.accept({ type: "lap_update", ...arrival(lap({ lap: 1 })) }, 0);
  const value = { monitor_id: "pc-b", ...arrival(telemetry({ fuel: 30 }, { monitor_id: "pc-b" })) };
  const left = snapshot([{ channel: "telemetry", ...value }], { active: "pc-b" });

  store.accept(left, 1);
  const after_join = store.monitors.size;
  store.accept({ ...left, upstream: { connected: false } }, 2, true);
  const without_broker = store.monitors.size;
  store.accept(left, 3, true);

  assert.deepEqual([after_join, without_broker], [2, 2]);
  assert.deepEqual([...store.monitors.keys()], ["pc-b"]);
  assert.deepEqual(store.rows(), []);
  assert.equal(fuelOf(store), 30);
});

test("the bridge's first snapshot takes the place of what was kept", () => {
  const store = new Store();
  const kept = { monitor_id: "pc-a", ...arrival(telemetry({ fuel: 40 }, { seq: 9 }), 0, true) };
  const gone = arrival(lap({ lap: 7 }, { monitor_id: "pc-b" }), 0, true);
  store.restore(
    {
      active: "pc-a",
      values: [
        { at: EPOCH_MS, value: { channel: "telemetry", ...kept } },
        { at: EPOCH_MS, value: { channel: "lap", monitor_id: "pc-b", ...gone } },
      ],
    },
    0,
    EPOCH_MS,
  );
  const shown = [fuelOf(store), store.rows().length];
  const older = { monitor_id: "pc-a", ...arrival(telemetry({ fuel: 41 }, { seq: 8 })) };

  store.accept(snapshot([{ channel: "telemetry", ...older }], { active: "pc-a" }), 1);

  assert.deepEqual(shown, [40, 1]);
  assert.equal(store.kept, null);
  assert.equal(fuelOf(store), 41);
  assert.deepEqual(store.rows(), []);
});

test("a bridge without its broker knows better than the browser if it holds anything", () => {
  const store = new Store();
  const kept = { monitor_id: "pc-a", ...arrival(telemetry({ fuel: 40 }, { seq: 9 }), 0, true) };
  store.restore({ active: null, values: [{ at: EPOCH_MS, value: { channel: "telemetry", ...kept } }] }, 0, EPOCH_MS);
  const held = { monitor_id: "pc-a", ...arrival(telemetry({ fuel: 41 }, { seq: 8 })) };

  store.accept(snapshot([{ channel: "telemetry", ...held }], { connected: false }), 1);

  assert.equal(store.kept, null);
  assert.equal(fuelOf(store), 41);
});

test("nothing kept is nothing to show", () => {
  const store = new Store();

  store.restore({ active: "pc-a", values: [] }, 0, EPOCH_MS);

  assert.equal(store.kept, null);
  assert.equal(store.active, null);
});

test("a removed value is gone, and a monitor with none left too", () => {
  const store = joined();
  tell(store, {});
  store.accept({ type: "lap_update", ...arrival(lap({ lap: 1 })) }, 0);
  const removed = (/** @type {string} */ channel) =>
    store.accept({ type: "removed", session_id: "spa24", channel, monitor_id: "pc-a" }, 0);

  removed("telemetry");
  const kept = store.monitors.size;
  removed("lap");

  assert.equal(kept, 1);
  assert.equal(store.monitors.size, 0);
  assert.deepEqual(store.rows(), []);
});

test("a removed lap chunk takes its rows with it", () => {
  const store = joined();
  const columns = ["run", "lap", "finished_at"];
  const at = new Date(EPOCH_MS).toISOString();
  const chunk = (/** @type {number} */ first, /** @type {number} */ number) =>
    arrival(laps({ first, columns, rows: [[1, number, at]] }));
  store.accept({ type: "laps_update", ...chunk(0, 1) }, 0);
  store.accept({ type: "laps_update", ...chunk(100, 101) }, 0);

  store.accept({ type: "removed", session_id: "spa24", channel: "laps/0", monitor_id: "pc-a" }, 0);

  assert.deepEqual(store.rows().map((row) => row.lap), [101]);
});

test("frames and channels of a newer bridge are passed over", () => {
  const store = joined();

  store.accept(untyped({ type: "weather_update", data: null }), 0);
  store.accept(untyped({ type: "weather_update" }), 0);
  store.accept(untyped({ type: "telemetry_update", received_at: 1, retained: false, data: {} }), 0);
  const strange = { channel: "weather", monitor_id: "pc-a", ...arrival(telemetry({})) };
  store.accept(untyped({ ...snapshot(), values: [strange] }), 0);

  assert.equal(store.shown?.telemetry.held ?? null, null);
});

test("hostile names are names like any other", () => {
  const store = joined();
  const hostile = JSON.parse('{"__proto__": {"constructor": "<img src=x onerror=alert(1)>"}}');

  tell(store, { fuel: 1 }, { monitor_id: "__proto__" });
  store.accept({ type: "setup_update", ...arrival(setup(hostile, { monitor_id: "__proto__" })) }, 0);

  assert.equal(store.shown?.id, "__proto__");
  assert.equal(Reflect.get({}, "fuel"), undefined);
  assert.equal(Object.getPrototypeOf({}), Object.prototype);
});

test("upstream, errors and snapshots are told", () => {
  const store = new Store();

  store.accept({ type: "error", code: 4429, message: "too many", ref: "x" }, 5);
  const error = store.error?.text;
  store.accept(snapshot([], { connected: false }), 6);
  const lost = store.has_broker;
  store.accept({ type: "upstream", connected: true, since: 1 }, 7);

  assert.equal(error, "too many");
  assert.equal(lost, false);
  assert.equal(store.has_broker, true);
  assert.equal(store.error, null);
});
