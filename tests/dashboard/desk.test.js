import assert from "node:assert/strict";
import { test } from "node:test";

import { Alarm } from "../../dashboard/js/alarm.js";
import { CarMemory } from "../../dashboard/js/car_memory.js";
import { Desk } from "../../dashboard/js/desk.js";
import { tell } from "../../dashboard/js/desk_widgets.js";
import { DEFAULT_UNITS } from "../../dashboard/js/format.js";
import { Store } from "../../dashboard/js/store.js";
import { changedLimit } from "../../dashboard/js/thresholds.js";
import { Viewer } from "../../dashboard/js/view.js";
import { items, refusing } from "./items.js";
import { arrival, snapshot, telemetry } from "./messages.js";

/** @import { Storing } from "../../dashboard/js/desk.js" */

/** @param {Storing} storage */
function crew(storage) {
  const store = new Store();
  const viewer = new Viewer(store);
  const desk = new Desk("spa24", storage);
  const memory = new CarMemory("spa24", { load: () => null, save: () => {} });
  store.accept(snapshot(), 0);
  /** @type {string[]} */
  const raised = [];
  desk.onRaised = (alerts) => raised.push(...alerts.map(({ id }) => id));
  let seq = 0;
  return {
    desk,
    raised,
    /**
     * @param {number} at_s
     * @param {number} fl degC
     */
    brake(at_s, fl) {
      const now_ms = at_s * 1000;
      seq += 1;
      const message = telemetry({ brake_temps: { fl } }, { seq, made_ms: now_ms });
      store.accept({ type: "telemetry_update", ...arrival(message, now_ms) }, now_ms);
      viewer.thresholds = desk.thresholds;
      const view = viewer.view("connected", DEFAULT_UNITS, now_ms);
      desk.judge(store, view, memory, now_ms, 1_000_000 + now_ms);
      return view;
    },
  };
}

test("a brake over its limit is raised once, logged, and seen by who says so", () => {
  const { desk, raised, brake } = crew(items());

  for (const at_s of [0, 1, 2, 3, 4]) brake(at_s, 990);
  desk.acknowledge("brake_temp.fl");
  brake(5, 990);

  assert.deepEqual(raised, ["brake_temp.fl"]);
  assert.deepEqual(desk.alerts.log.map(({ id, at_ms }) => [id, at_ms]), [["brake_temp.fl", 2000]]);
  assert.equal(desk.alerts.active[0]?.is_acknowledged, true);
  assert.equal(desk.wall_offset_ms, 1_000_000);
});

test("limits that the reader set are those that alerts judge by", () => {
  const { desk, raised, brake } = crew(items());
  desk.changeThresholds(changedLimit({}, "other", "brake_temp", "hot", 300).thresholds);

  for (const at_s of [0, 1, 2, 3]) brake(at_s, 400);

  assert.deepEqual(raised, ["brake_temp.fl"]);
});

test("a muted rule is shown and not raised", () => {
  const { desk, raised, brake } = crew(items());
  desk.mute("brake_temp", true);

  for (const at_s of [0, 1, 2, 3]) brake(at_s, 990);

  assert.deepEqual(raised, []);
  assert.equal(desk.alerts.active[0]?.is_muted, true);
});

test("choices are remembered by the browser, mutes for the session", () => {
  const storage = items();
  const { desk } = crew(storage);
  desk.mute("fuel", true);
  desk.changePrefs({ ...desk.prefs, theme: "light", is_wall: true });
  desk.changeThresholds(changedLimit({}, "gt3", "water_temp", "hot", 101).thresholds);

  const again = new Desk("spa24", storage);

  assert.deepEqual(again.muted, ["fuel"]);
  assert.deepEqual([again.prefs.theme, again.prefs.is_wall], ["light", true]);
  assert.equal(again.thresholds.gt3?.water_temp?.hot, 101);
  assert.deepEqual(new Desk("other", storage).muted, []);
});

test("a browser that stores nothing still has a desk", () => {
  const { desk } = crew(refusing);

  desk.changePrefs({ ...desk.prefs, theme: "dark" });
  desk.mute("fuel", true);

  assert.deepEqual([desk.prefs.theme, desk.muted], ["dark", ["fuel"]]);
});

/** What has come of an alert. */
function told({ is_hidden = true, has_sound = true, has_notifications = true } = {}) {
  const { desk, brake } = crew(items());
  desk.changePrefs({ ...desk.prefs, has_sound, has_notifications });
  /** @type {string[]} */
  const shown = [];
  let tones = 0;
  const node = { connect() {}, start() {}, stop: () => (tones += 1), frequency: {}, gain: {} };
  const audio = { state: "running", currentTime: 0, createOscillator: () => node, createGain: () => node };
  const alarm = new Alarm(() => /** @type {AudioContext} */ (/** @type {unknown} */ (audio)));
  alarm.wake();
  const notifier = {
    permission: () => /** @type {const} */ ("granted"),
    ask: () => Promise.resolve(/** @type {const} */ ("granted")),
    show: (/** @type {string} */ title, /** @type {NotificationOptions} */ { body }) =>
      void shown.push(`${title}: ${body}`),
  };
  const region = { textContent: "" };
  desk.onRaised = (raised, view) =>
    tell(raised, view, { desk, alarm, notifier, region, page: { hidden: is_hidden } });
  for (const at_s of [0, 1, 2, 3]) brake(at_s, 990);
  return { said: region.textContent, shown, tones };
}

const SAID = "Critical: Front left brake 990 °C: too hot";

/** @type {[string, Parameters<typeof told>[0], ReturnType<typeof told>][]} */
const TOLD = [
  ["a hidden page", {}, { said: SAID, shown: [SAID], tones: 3 }],
  ["a page in sight", { is_hidden: false }, { said: SAID, shown: [], tones: 3 }],
  ["who wants no sound", { has_sound: false }, { said: SAID, shown: [SAID], tones: 0 }],
  ["who wants no notification", { has_notifications: false }, { said: SAID, shown: [], tones: 3 }],
];
for (const [name, wish, expected] of TOLD) {
  test(`an alert on ${name}`, () => {
    assert.deepEqual(told(wish), expected);
  });
}

test("a sound that the browser does not allow yet is none", () => {
  let tones = 0;
  const audio = { state: "suspended", resume: async () => {}, createOscillator: () => (tones += 1) };
  const alarm = new Alarm(() => /** @type {AudioContext} */ (/** @type {unknown} */ (audio)));

  alarm.ring("critical");
  alarm.wake();
  alarm.ring("critical");

  assert.deepEqual([tones, alarm.is_ready], [0, false]);
});
