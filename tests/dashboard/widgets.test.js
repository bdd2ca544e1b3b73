import assert from "node:assert/strict";
import { test } from "node:test";

import { textSlot } from "../../dashboard/js/dom.js";
import { DEFAULT_UNITS } from "../../dashboard/js/format.js";
import { Store } from "../../dashboard/js/store.js";
import { StintTrends } from "../../dashboard/js/trend.js";
import { Viewer } from "../../dashboard/js/view.js";
import { conditionsWidget } from "../../dashboard/js/widgets/conditions.js";
import { driveBars, driveWidget } from "../../dashboard/js/widgets/drive.js";
import { fuelWidget } from "../../dashboard/js/widgets/fuel.js";
import { keptWidget } from "../../dashboard/js/widgets/notices.js";
import { qualityWidget } from "../../dashboard/js/widgets/quality.js";
import { raceWidget } from "../../dashboard/js/widgets/race.js";
import { tiresWidget } from "../../dashboard/js/widgets/tires.js";
import { trustWidget } from "../../dashboard/js/widgets/trust.js";
import { arrival, snapshot, status, telemetry } from "./messages.js";

/** @import { Telemetry } from "../../dashboard/js/types.js" */

/** An element that has whatever a widget looks for in it. */
class FakeElement {
  textContent = "";
  hidden = false;
  title = "";
  /** @type {Record<string, string>} */
  dataset = {};
  /** @type {Map<string, string>} */
  custom = new Map();
  style = {
    setProperty: (/** @type {string} */ name, /** @type {string} */ value) =>
      void this.custom.set(name, value),
  };
  ownerDocument = { addEventListener() {} };
  /** @type {Map<string, FakeElement>} */
  #children = new Map();
  /** @type {Set<string>} */
  #attributes = new Set();
  /** @type {Map<string, (event: object) => void>} */
  #listeners = new Map();

  focus() {
    this.is_focused = true;
  }

  is_focused = false;

  /** @param {string} name */
  hasAttribute(name) {
    return this.#attributes.has(name);
  }

  /**
   * @param {string} name
   * @param {string} _value
   */
  setAttribute(name, _value) {
    this.#attributes.add(name);
  }

  /** @param {string} name */
  removeAttribute(name) {
    this.#attributes.delete(name);
  }

  /**
   * @param {string} type
   * @param {(event: object) => void} run
   */
  addEventListener(type, run) {
    this.#listeners.set(type, run);
  }

  /**
   * @param {string} type
   * @param {object} event
   */
  dispatch(type, event) {
    this.#listeners.get(type)?.(event);
  }

  /** @param {string} selector */
  querySelector(selector) {
    // A corner's values are looked for in its box, all else in the root: one flat page will do.
    const name = /-(fl|fr|rl|rr)[-"]/.test(selector) ? selector : selector.replaceAll('"', "");
    const child = this.#children.get(name) ?? new FakeElement();
    this.#children.set(name, child);
    return child;
  }

  get element() {
    return /** @type {HTMLElement} */ (/** @type {unknown} */ (this));
  }

  /** @param {string} name */
  text(name) {
    return this.querySelector(`[data-test=${name}]`).textContent;
  }
}

/** @param {Telemetry} values */
function viewOf(values) {
  const store = new Store();
  const value = { monitor_id: "pc-a", ...arrival(telemetry(values)) };
  store.accept(snapshot([{ channel: "telemetry", ...value }]), 0);
  store.accept({ type: "status_update", ...arrival(status({ driver: "Driver One" })) }, 0);
  return new Viewer(store).view("connected", DEFAULT_UNITS, 0);
}

test("a text is written only when it changes", () => {
  /** @type {string[]} */
  const painted = [];
  const slot = textSlot({
    get textContent() {
      return painted.at(-1) ?? "";
    },
    set textContent(text) {
      painted.push(text);
    },
  });

  for (const text of ["180", "180", "184"]) slot(text);

  assert.deepEqual(painted, ["180", "184"]);
});

test("a dash is marked as no value, and a value no longer", () => {
  const element = { textContent: "", dataset: /** @type {DOMStringMap} */ ({}) };
  const slot = textSlot(element);

  slot("–");
  assert.deepEqual(element.dataset, { empty: "" });
  slot("42.3");

  assert.deepEqual(element.dataset, {});
});

test("speed, gear and revs are shown, and a missing one is a dash", () => {
  const root = new FakeElement();
  const { render } = driveWidget(root.element);

  render(viewOf({ speed: 214.6, gear: 5, throttle: 100 }));

  assert.deepEqual(["speed", "gear", "rpm", "throttle"].map((name) => root.text(name)), [
    "215",
    "5",
    "–",
    "100",
  ]);
});

test("bars move with the pedals, and the revs' says when to shift", () => {
  const root = new FakeElement();
  const { render } = driveBars(root.element);

  render(viewOf({ rpm: 8700, throttle: 100, steering: -50 }));

  const fill = (/** @type {string} */ name) => {
    return root.querySelector(`[data-bar=${name}]`).custom.get("--fill");
  };
  assert.deepEqual(["throttle", "steering", "brake"].map(fill), ["1", "-0.5", "0"]);
  assert.equal(root.element.dataset["shift"], "now");
});

test("fuel use is learned before anything is promised", () => {
  const root = new FakeElement();
  const { render } = fuelWidget(root.element);

  render(viewOf({ fuel: 45, fuel_capacity: 90 }));

  assert.deepEqual(
    ["fuel", "fuel-percent", "fuel-per-lap", "laps-left", "empty-lap"].map((n) => root.text(n)),
    ["45.0", "50", "learning", "–", "–"],
  );
});

test("laps left are rounded down, and few of them are marked", () => {
  const root = new FakeElement();
  const { render } = fuelWidget(root.element);
  const view = viewOf({ lap: 7 });

  const reach = { ...view.outlook.reach, laps_left: 2.98, empty_lap: 9 };

  render({ ...view, outlook: { ...view.outlook, reach } });

  assert.equal(root.text("laps-left"), "2.9");
  assert.equal(root.text("empty-lap"), "9");
  assert.equal(root.dataset["level"], "warn");
});

test("each corner shows its own tyre and brake", () => {
  const root = new FakeElement();
  const { render } = tiresWidget(root.element, new StintTrends());

  render(
    viewOf({
      tire_temps: { fl: 88.2, rr: 126 },
      tire_pressures: { fl: 178.4 },
      tire_wear: { fl: 21.4 },
      brake_temps: { fl: 412 },
    }),
  );

  const box = (/** @type {string} */ corner) => root.querySelector(`[data-corner=${corner}]`);
  const in_box = (/** @type {string} */ corner, /** @type {string} */ name) =>
    box(corner).querySelector(`[data-test="${name}"]`).textContent;
  assert.deepEqual(
    ["tire-fl-temp", "tire-fl-pressure", "tire-fl-wear", "brake-fl"].map((n) => in_box("fl", n)),
    ["88", "178", "21.4", "412"],
  );
  assert.equal(in_box("rr", "tire-rr-temp"), "126");
  assert.equal(in_box("rr", "brake-rr"), "–");
  assert.deepEqual([box("fl").dataset["temp"], box("rr").dataset["temp"]], ["good", "bad"]);
  assert.equal(box("fr").dataset["temp"], undefined);
});

test("a value out of its limits has a word, and tyres that are not live say so", () => {
  const root = new FakeElement();
  const { render } = tiresWidget(root.element, new StintTrends());
  const box = root.querySelector("[data-corner=fl]");
  const slot = (/** @type {string} */ name) => box.querySelector(`[data-slot=${name}]`).textContent;
  const words = () => ["temp", "pressure", "wear", "brake"].map((name) => slot(`${name}-word`));
  const first = () => root.querySelector("[data-slot=first-worn]").textContent;

  render(
    viewOf({
      tire_temps: { fl: 130 },
      tire_pressures: { fl: 260 },
      tire_wear: { fl: 65 },
      brake_temps: { fl: 990 },
      tires_as_of_lap: 3,
    }),
  );
  const odd = [...words(), first(), box.dataset["brake"]];
  render(viewOf({ tire_temps: { fl: 90 }, brake_temps: { fl: 400 } }));

  assert.deepEqual(odd, [
    "too hot",
    "high",
    "worn",
    "too hot",
    "Tyres as measured on lap 3: not live",
    "bad",
  ]);
  assert.deepEqual([...words(), first(), box.dataset["brake"]], ["ok", "", "", "", "", undefined]);
});

test("the page carries its state, so that stale numbers can look stale", () => {
  const root = new FakeElement();
  const html = new FakeElement();
  const { render } = trustWidget(root.element, html.element);
  const announcer = () => root.querySelector("[data-slot=announcer]").textContent;

  render(viewOf({}));
  const live = [html.dataset["state"], root.text("connection"), announcer()];
  const stale = { ...viewOf({}), connection: "⚠️ Data may be stale (last update 7 seconds ago)" };
  render({ ...stale, state: "stale", others: [{ id: "b", name: "Driver Two", state: "idle" }] });

  assert.deepEqual(live, ["live", "🟢 Connected", "Connected"]);
  assert.equal(html.dataset["state"], "stale");
  assert.equal(announcer(), "Data may be stale");
  assert.equal(root.text("others"), "Also here: Driver Two (idle)");
  assert.equal(root.text("monitor-state"), "online");
});

test("a monitor that nobody can hear is neither online nor lost", () => {
  const root = new FakeElement();
  const { render } = trustWidget(root.element, new FakeElement().element);
  const view = viewOf({});

  render({ ...view, is_heard: false, monitor_state: null, others: [{ id: "b", name: "Two", state: null }] });

  assert.equal(root.text("monitor-state"), "unknown");
  assert.equal(root.text("others"), "Also here: Two (unknown)");
});

test("kept values are said to be kept, from when, and the page is marked", () => {
  const root = new FakeElement();
  const strip = new FakeElement();
  const html = new FakeElement();
  const at = new Date(2026, 5, 13, 14, 32).getTime();
  const { render } = keptWidget(strip.element);
  const trust = trustWidget(root.element, html.element);
  const kept = { ...viewOf({}), kept: { at, age_ms: 7_500_000 } };

  render(kept);
  trust.render(kept);
  const shown = [strip.textContent, strip.hidden, html.dataset["kept"]];
  render(viewOf({}));
  trust.render(viewOf({}));

  assert.deepEqual(shown, ["Kept in this browser, from 14:32 (2 h 5 min ago)", false, "yes"]);
  assert.deepEqual([strip.hidden, html.dataset["kept"]], [true, undefined]);
});

/** @type {import("../../dashboard/js/types.js").Quality} */
const MEASURED = {
  level: "fair",
  round_trip: { p50_ms: 42.4, p95_ms: 1240, count: 30 },
  age: { p50_ms: 85, p95_ms: 120, count: 60 },
  loss: { lost: 2, sent: 128 },
  monitor_ahead_ms: 3200,
  is_age_partial: true,
  device_ahead_ms: -900,
};

test("quality is a word, and numbers for who opens it", () => {
  const root = new FakeElement();
  const { render } = qualityWidget(root.element);
  const slot = (/** @type {string} */ name) => root.querySelector(`[data-slot=${name}]`).textContent;
  const names = ["round-trip", "age-on-arrival", "loss", "clocks"];

  render({ ...viewOf({}), quality: MEASURED });

  assert.equal(root.text("quality"), "fair");
  assert.equal(root.dataset["level"], "fair");
  assert.deepEqual(names.map(slot), [
    "42 ms, 95 % within 1.2 s",
    "85 ms, 95 % within 120 ms",
    "2 of 128 messages (1.6 %)",
    "monitor 3.2 s ahead, this device 900 ms behind, by the bridge's",
  ]);
  assert.match(slot("way-note"), /clock is off/);
});

test("what was not measured is a dash, and clocks that agree are said to", () => {
  const root = new FakeElement();
  const { render } = qualityWidget(root.element);
  const slot = (/** @type {string} */ name) => root.querySelector(`[data-slot=${name}]`).textContent;

  render(viewOf({}));
  const nothing = ["round-trip", "age-on-arrival", "loss", "clocks"].map(slot);
  const agreeing = { ...MEASURED, monitor_ahead_ms: 0, is_age_partial: false, device_ahead_ms: 40 };
  render({ ...viewOf({}), quality: agreeing });

  assert.deepEqual(nothing, ["–", "–", "–", "–"]);
  assert.deepEqual([slot("clocks"), slot("way-note")], ["agree", ""]);
});

test("a page that is sent fewer frames says how many, and why", () => {
  const root = new FakeElement();
  const { render } = qualityWidget(root.element);
  const note = () => root.querySelector("[data-slot=way-note]").textContent;

  render({ ...viewOf({}), limited: { max_hz: 2, reason: "asked" } });
  assert.equal(note(), "2 frames a second at most, to save data, as this device asks.");

  render({ ...viewOf({}), quality: MEASURED, limited: { max_hz: 1, reason: "too slow" } });
  assert.match(note(), /clock is off.* One frame a second at most, because this browser/);

  render(viewOf({}));
  assert.equal(note(), "");
});

test("Escape closes the numbers and goes back to the word", () => {
  const root = new FakeElement();
  qualityWidget(root.element);
  root.setAttribute("open", "");

  root.dispatch("keydown", { key: "Tab" });
  const after_tab = root.hasAttribute("open");
  root.dispatch("keydown", { key: "Escape" });

  assert.equal(after_tab, true);
  assert.equal(root.hasAttribute("open"), false);
  assert.equal(root.querySelector("summary").is_focused, true);
});

test("an empty frame is all dashes, never a zero", () => {
  const race = new FakeElement();
  const weather = new FakeElement();

  raceWidget(race.element).render(viewOf({ lap: null, position: null, fuel: null }));
  conditionsWidget(weather.element, new StintTrends()).render(viewOf({}));

  assert.deepEqual(["position", "lap"].map((name) => race.text(name)), ["–", "–"]);
  for (const slot of ["water", "track-temp", "air-temp", "rain"]) {
    assert.equal(weather.querySelector(`[data-slot=${slot}]`).textContent, "–");
  }
});
