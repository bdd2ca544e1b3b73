import assert from "node:assert/strict";
import { test } from "node:test";

import { DEFAULT_UNITS } from "../../dashboard/js/format.js";
import { NOT_MEASURED } from "../../dashboard/js/picture.js";
import { Store } from "../../dashboard/js/store.js";
import { STALE_DATA_THRESHOLD, Viewer } from "../../dashboard/js/view.js";
import { arrival, EPOCH_MS, lap, meta, snapshot, status, telemetry } from "./messages.js";

/** @import { LinkState, Telemetry } from "../../dashboard/js/types.js" */
/** @import { Stamp } from "./messages.js" */

function page() {
  const store = new Store();
  const viewer = new Viewer(store);
  store.accept(snapshot(), 0);
  return {
    store,
    viewer,
    /**
     * @param {number} now_ms
     * @param {LinkState} [link]
     */
    at: (now_ms, link = "connected") => viewer.view(link, DEFAULT_UNITS, now_ms),
    /**
     * @param {number} now_ms
     * @param {Stamp & { retained?: boolean }} [stamp]
     * @param {Telemetry} [values]
     */
    tell: (now_ms, { retained = false, ...stamp } = {}, values = {}) => {
      const message = telemetry(values, { made_ms: now_ms, ...stamp });
      store.accept({ type: "telemetry_update", ...arrival(message, now_ms, retained) }, now_ms);
    },
  };
}

test("the threshold is the one that the crew was promised", () => {
  assert.equal(STALE_DATA_THRESHOLD, 5000);
});

test("data is stale after five seconds without a live frame, and the seconds count up", () => {
  const { at, tell } = page();
  tell(1000);

  assert.equal(at(6000).connection, "🟢 Connected");
  assert.equal(at(6001).connection, "⚠️ Data may be stale (last update 5 seconds ago)");
  assert.equal(at(13_400).connection, "⚠️ Data may be stale (last update 12 seconds ago)");
  assert.equal(at(13_400).state, "stale");
});

test("a replayed frame does not reset the stale timer", () => {
  const { at, tell } = page();
  tell(0, { seq: 1 });

  tell(8000, { seq: 2, retained: true });

  assert.equal(at(8000).connection, "⚠️ Data may be stale (last update 8 seconds ago)");
  assert.deepEqual(at(8000).age, { ms: 0, is_estimate: true });
});

test("a heartbeat of the bridge or of the monitor does not make old numbers fresh", () => {
  const { at, store, tell } = page();
  tell(0);

  store.accept(
    { type: "heartbeat", session_id: "spa24", t: EPOCH_MS + 9000, lost: 0, received: 1 },
    9000,
  );
  const beat = arrival(status({}, { made_ms: 9000 }), 9000);
  store.accept({ type: "status_update", ...beat }, 9000);

  assert.equal(at(9000).state, "stale");
});

test("a live frame ends staleness", () => {
  const { at, tell } = page();
  tell(0, { seq: 1 });

  tell(9000, { seq: 2 });

  assert.equal(at(9100).connection, "🟢 Connected");
  assert.deepEqual(at(9100).age, { ms: 100, is_estimate: false });
});

test("a value from the retained store alone is aged by its own time, as an estimate", () => {
  const { at, tell } = page();

  tell(0, { retained: true, made_ms: -180_000 });

  assert.deepEqual(at(500).age, { ms: 180_500, is_estimate: true });
  assert.equal(at(500).connection, "⚠️ Data may be stale (last update about 3 minutes ago)");
});

test("a monitor whose clock is ahead does not stay fresh for ever", () => {
  const { at, tell } = page();

  tell(0, { retained: true, made_ms: 3_600_000 });

  assert.equal(at(4000).state, "live");
  assert.equal(at(6000).state, "stale");
});

test("the monitor's clock is corrected by what live messages showed", () => {
  const { at, tell } = page();
  const ahead_ms = 60_000;
  tell(0, { seq: 1, made_ms: ahead_ms });

  tell(9000, { seq: 2, made_ms: ahead_ms + 7000, retained: true });

  assert.deepEqual(at(9000).age, { ms: 2000, is_estimate: true });
});

test("the bridge's clock may be far from the browser's", () => {
  const store = new Store();
  const viewer = new Viewer(store);
  const local_ms = 5_000_000;
  store.accept(snapshot([], { now_ms: 0 }), local_ms);

  const live = arrival(telemetry({}), 2000);
  store.accept({ type: "telemetry_update", ...live }, local_ms + 2000);

  assert.equal(viewer.view("connected", DEFAULT_UNITS, local_ms + 3000).age?.ms, 1000);
});

test("a message delivered twice is not news", () => {
  const { at, tell } = page();
  tell(0, { seq: 1 });

  tell(8000, { seq: 1 });

  assert.equal(at(8000).state, "stale");
});

test("the message that was replayed and then comes live is live", () => {
  const { at, tell } = page();
  tell(0, { seq: 1, retained: true });

  tell(1000, { seq: 1 });

  assert.deepEqual(at(1500).age, { ms: 500, is_estimate: false });
});

test("another bridge, with another clock, is believed after a reconnect", () => {
  const { at, store, tell } = page();
  tell(0, { seq: 1 });
  const behind_ms = -3_600_000;

  store.accept(snapshot([], { now_ms: 10_000 + behind_ms }), 10_000);
  const live = arrival(telemetry({}, { seq: 2 }), 12_000 + behind_ms);
  store.accept({ type: "telemetry_update", ...live }, 12_000);

  assert.equal(at(13_000).age?.ms, 1000);
});

test("a heartbeat that was held up does not shift the bridge's clock", () => {
  const { at, store } = page();
  const t = EPOCH_MS + 1000;
  store.accept({ type: "heartbeat", session_id: "spa24", t, lost: 0, received: 1 }, 9000);

  store.accept({ type: "telemetry_update", ...arrival(telemetry({}), 8000) }, 9500);

  assert.equal(at(10_000).age?.ms, 2000);
});

test("a live value in a snapshot is as old as the bridge has it", () => {
  const store = new Store();
  const viewer = new Viewer(store);
  const value = { monitor_id: "pc-a", ...arrival(telemetry({}), -3000) };

  store.accept(snapshot([{ channel: "telemetry", ...value }]), 0);

  const { age } = viewer.view("connected", DEFAULT_UNITS, 0);
  assert.deepEqual(age, { ms: 3000, is_estimate: false });
});

test("a lost connection is said whatever the data's age", () => {
  const { at, tell } = page();
  tell(0);

  const view = at(60_000, "lost");

  assert.equal(view.connection, "🔴 Disconnected (attempting to reconnect...)");
  assert.equal(view.state, "disconnected");
});

test("a session that nobody published yet is waited for, not stale", () => {
  const { at } = page();

  const view = at(60_000);

  assert.equal(view.state, "waiting");
  assert.equal(view.connection, "🟢 Connected");
  assert.deepEqual(view.notices, [
    { level: "info", text: "Waiting for the first message of this session", of: "service" },
  ]);
});

test("a monitor that said online and went silent is lost after 22 seconds", () => {
  const { at, store } = page();
  store.accept({ type: "status_update", ...arrival(status({ state: "online" })) }, 0);

  assert.equal(at(22_000).monitor_state, "online");
  assert.equal(at(22_001).monitor_state, "lost");
});

test("a retained online of long ago is no sign of life", () => {
  const { at, store } = page();
  const old = arrival(status({}, { made_ms: -86_400_000 }), 0, true);

  store.accept({ type: "status_update", ...old }, 0);

  assert.equal(at(0).monitor_state, "lost");
});

test("a monitor that signed off stays offline and does not become lost", () => {
  const { at, store } = page();

  store.accept({ type: "status_update", ...arrival(status({ state: "offline" })) }, 0);

  assert.equal(at(600_000).monitor_state, "offline");
});

test("telemetry keeps a monitor alive between its heartbeats", () => {
  const { at, store, tell } = page();
  store.accept({ type: "status_update", ...arrival(status({})) }, 0);

  tell(15_000, { seq: 2 });

  assert.equal(at(30_000).monitor_state, "online");
});

test("a page that lost the bridge, or whose bridge lost the broker, calls no monitor lost", () => {
  const { at, store } = page();
  store.accept({ type: "status_update", ...arrival(status({})) }, 0);

  const without_bridge = at(60_000, "lost");
  store.accept({ type: "upstream", connected: false, since: 0 }, 60_000);
  const without_broker = at(60_000);
  store.accept({ type: "upstream", connected: true, since: 0 }, 60_000);

  for (const view of [without_bridge, without_broker]) {
    assert.equal(view.monitor_state, null);
    assert.equal(view.is_heard, false);
  }
  assert.equal(at(60_000).monitor_state, "lost");
});

test("a status that was made while the bridge had no broker says that the monitor lived then", () => {
  const { at, store } = page();
  const say = (/** @type {number} */ made_ms, /** @type {number} */ now_ms, retained = false) => {
    const message = status({}, { made_ms, seq: made_ms + 1 });
    store.accept({ type: "status_update", ...arrival(message, now_ms, retained) }, now_ms);
  };
  say(0, 0);

  say(50_000, 60_000, true);

  assert.equal(at(60_000).monitor_state, "online");
  assert.equal(at(72_001).monitor_state, "lost");
});

test("a monitor without telemetry is not a page that is well", () => {
  const { at, store } = page();

  store.accept({ type: "status_update", ...arrival(status({})) }, 0);

  assert.deepEqual(at(0).notices, [
    {
      level: "info",
      text: "A monitor is there, but no telemetry of the car has come yet",
      of: "service",
    },
  ]);
});

test("kept values are marked and stale, whatever their age, until the bridge speaks", () => {
  const store = new Store();
  const viewer = new Viewer(store);
  const at = EPOCH_MS - 7_500_000;
  const value = { monitor_id: "pc-a", ...arrival(telemetry({ fuel: 40 }), 0, true) };
  const lap_value = { monitor_id: "pc-a", ...arrival(lap({ lap: 7 }), 0, true) };
  const values = [
    { at, value: { channel: /** @type {const} */ ("telemetry"), ...value } },
    { at, value: { channel: /** @type {const} */ ("lap"), ...lap_value } },
  ];
  store.restore({ active: null, values }, 1000, EPOCH_MS);
  const view = (/** @type {LinkState} */ link) => viewer.view(link, DEFAULT_UNITS, 3000);

  const offline = view("lost");

  assert.deepEqual(offline.kept, { at, age_ms: 7_502_000 });
  assert.deepEqual(offline.age, { ms: 7_502_000, is_estimate: true });
  assert.equal(offline.connection, "🔴 Disconnected (attempting to reconnect...)");
  assert.equal(offline.telemetry.fuel, 40);
  assert.equal(offline.monitor_state, null);
  assert.equal(view("connecting").state, "connecting");

  store.accept(snapshot([], { connected: false }), 3000);
  const without_broker = view("connected");
  assert.equal(without_broker.state, "stale");
  assert(without_broker.kept !== null);
  store.accept({ type: "upstream", connected: true, since: 0 }, 3000);
  assert.equal(view("connected").is_heard, false);

  store.accept(snapshot(), 3000);
  const empty = view("connected");
  assert.equal(empty.kept, null);
  assert.equal(empty.state, "waiting");
  assert.deepEqual(empty.telemetry, {});
  assert.deepEqual([offline.laps.length, empty.laps.length], [1, 0]);
});

test("a value that was kept a moment ago is as little live as any other kept one", () => {
  const store = new Store();
  const value = { monitor_id: "pc-a", ...arrival(telemetry({}), 0, true) };
  store.restore(
    { active: null, values: [{ at: EPOCH_MS, value: { channel: "telemetry", ...value } }] },
    0,
    EPOCH_MS,
  );
  store.accept(snapshot([], { connected: false }), 10);

  assert.equal(new Viewer(store).view("connected", DEFAULT_UNITS, 20).state, "stale");
});

test("quality is unknown while nothing live comes", () => {
  const store = new Store();
  const viewer = new Viewer(store);
  store.accept(snapshot(), 0);
  store.accept({ type: "telemetry_update", ...arrival(telemetry({})) }, 0);
  const measured = { ...NOT_MEASURED, level: /** @type {const} */ ("good") };
  const level = (/** @type {number} */ now_ms, /** @type {LinkState} */ link = "connected") =>
    viewer.view(link, DEFAULT_UNITS, now_ms, measured).quality.level;

  assert.deepEqual([level(0), level(6000), level(0, "lost")], ["good", "unknown", "unknown"]);
});

test("who else is there is named, with the driver where one is known", () => {
  const { at, store, tell } = page();
  tell(0, { monitor_id: "pc-a" });
  tell(0, { monitor_id: "pc-c" });
  const idle = status({ state: "idle", driver: "Driver Two" }, { monitor_id: "pc-b" });
  store.accept({ type: "status_update", ...arrival(idle) }, 0);
  store.accept({ type: "active", session_id: "spa24", monitor_id: "pc-a" }, 0);

  const { others, monitor_id } = at(0);

  assert.equal(monitor_id, "pc-a");
  assert.deepEqual(others, [
    { id: "pc-b", name: "Driver Two", state: "idle" },
    { id: "pc-c", name: "pc-c", state: null },
  ]);
});

test("several monitors and none in control shows nobody's numbers", () => {
  const { at, tell } = page();
  tell(0, { monitor_id: "pc-a" });
  tell(0, { monitor_id: "pc-b" });

  const view = at(0);

  assert.deepEqual(view.telemetry, {});
  assert.equal(view.notices[0]?.text, "No monitor is in control of the car");
});

test("the fuel view learns from completed laps of the car and takes the tank from meta", () => {
  const { at, store, tell } = page();
  tell(0, {}, { lap: 3, fuel: 45 });
  store.accept({ type: "meta_update", ...arrival(meta({ fuel_capacity: 90 })) }, 0);
  for (const [number, used] of /** @type {const} */ ([[1, 3.1], [2, 2.9]])) {
    const summary = { lap: number, kind: "flying", complete: true, fuel_used: used };
    store.accept({ type: "lap_update", ...arrival(lap(summary, { seq: number })) }, 0);
  }

  const { fuel, laps_left } = at(0).outlook.reach;

  assert.deepEqual([fuel.left, fuel.percent, fuel.use, laps_left], [45, 50, 3, 15]);
  assert.equal(fuel.learned.laps, 2);
});

test("a lost broker and flags are noticed", () => {
  const { at, store, tell } = page();
  tell(0, {}, { flags: ["yellow", "new_flag"] });
  store.accept({ type: "upstream", connected: false, since: 0 }, 0);

  assert.deepEqual(at(0).notices, [
    { level: "bad", text: "The bridge has lost the broker: nothing new can arrive", of: "service" },
    { level: "yellow", text: "Yellow flag", of: "car" },
    { level: "info", text: "New flag flag", of: "car" },
  ]);
});

test("the gap ahead has a trend once the line was crossed often enough", () => {
  const { at, tell } = page();
  const directions = [12, 10, 9.5, 9].map((gap_ahead, index) => {
    tell(index, { seq: index + 1 }, { lap: index + 1, gap_ahead, class_position: 2 });
    return at(index).gaps.ahead.direction;
  });

  assert.deepEqual(directions, [null, null, null, "closing"]);
});

test("the reader's rules of driving time count at once", () => {
  const { at, store, tell, viewer } = page();
  store.accept({ type: "status_update", ...arrival(status({ driver: "Driver One" })) }, 0);
  tell(0, {}, { drive_time: 600 });
  const before = at(0).outlook.drivers[0]?.may_s;

  viewer.rules = { min_total: null, max_total: 3600, max_continuous: null };

  assert.deepEqual([before, at(0).outlook.drivers[0]?.may_s], [null, 3000]);
});
