/** All that the session page has beyond its first picture; it is loaded when that is there. */

/** @import { Section } from "./look.js" */
/** @import { LocalShelf } from "./shelf.js" */
/** @import { Store } from "./store.js" */
/** @import { BridgeFrame, Picture, View } from "./types.js" */

import { CarMemory } from "./car_memory.js";
import { Desk } from "./desk.js";
import { deskWidgets } from "./desk_widgets.js";
import { filled, find } from "./dom.js";
import { MapShelf } from "./map_shelf.js";
import { registerWorker } from "./offline.js";
import { Painter } from "./painter.js";
import { QualityMeter } from "./quality.js";
import { Recorder } from "./recorder.js";
import { Viewer } from "./view.js";
import { aidsWidget } from "./widgets/aids.js";
import { conditionsWidget } from "./widgets/conditions.js";
import { deltaWidget } from "./widgets/delta.js";
import { fuelWidget } from "./widgets/fuel.js";
import { gapsWidget } from "./widgets/gaps.js";
import { lapsWidget } from "./widgets/laps.js";
import { mapWidget } from "./widgets/map.js";
import { paceWidget } from "./widgets/pace.js";
import { qualityWidget } from "./widgets/quality.js";
import { raceWidget } from "./widgets/race.js";
import { setupWidget } from "./widgets/setup.js";
import { shared, shareWidget } from "./widgets/share.js";
import { stintWidget } from "./widgets/stint.js";
import { tiresWidget } from "./widgets/tires.js";
import { tracesWidget } from "./widgets/traces.js";

/** How often alerts are looked for when nothing comes, also in a hidden tab. */
const JUDGE_MS = 1000;
/** Nor more often than this while telemetry comes: no alert is about a sixtieth of a second. */
const JUDGE_LEAST_MS = 100;

/**
 * @typedef {object} Parts
 * @property {string} session_id
 * @property {Store} store
 * @property {LocalShelf} shelf
 * @property {readonly Section[]} sections in the page's own order
 * @property {() => number} now by the page's steady clock, ms
 * @property {() => Picture} look
 */

export class WholePage {
  #viewer;
  #meter = new QualityMeter();
  #recorder = new Recorder(new MapShelf(() => localStorage));
  #memory;
  #desk;
  #parts;
  #judged_ms = -Infinity;
  /** @type {Painter<View>} */
  #painter;

  /** @param {Parts} parts */
  constructor(parts) {
    const { session_id, store, shelf, now } = parts;
    this.#parts = parts;
    this.#viewer = new Viewer(store);
    this.#memory = new CarMemory(session_id, shelf);
    this.#desk = new Desk(session_id, () => localStorage);
    this.#recorder.follow(store);
    this.#memory.follow(store, now(), Date.now());
    setInterval(() => this.#judge(), JUDGE_MS);
    this.#painter = new Painter(now);
    this.#addWidgets(this.#painter);
    // Without a bridge nothing moves that one long frame could hold up.
    if (store.kept !== null) this.#painter.frame(store.revision, () => this.#view(), Infinity);
    shareWidget(
      find(document, "#share"),
      find(document, "[data-slot=announcer]"),
      shared(location, session_id),
      navigator.clipboard,
    );
    void registerWorker(navigator);
    // What the reader does shows at once, after the widget itself has heard of it.
    for (const type of ["click", "input", "change"]) {
      addEventListener(type, () => this.#painter.hurry());
    }
  }

  /**
   * How good the way to the monitor on show is.
   * @param {number} now_ms by the page's steady clock
   */
  quality(now_ms) {
    return this.#meter.report(this.#parts.store.shown?.id ?? null, now_ms);
  }

  /** The connection was lost, and the next is another way. */
  forgetWay() {
    this.#meter.reset();
  }

  /**
   * Take a frame that the store has just accepted.
   * @param {BridgeFrame} frame
   * @param {number} now_ms by the page's steady clock
   */
  accept(frame, now_ms) {
    const { store } = this.#parts;
    this.#recorder.accept(frame, store);
    this.#memory.accept(frame, store, now_ms, Date.now());
    // A hidden tab is sent less and late, which is no fault of the way.
    if (!document.hidden) this.#meter.accept(frame, now_ms, Date.now());
    const is_telemetry = frame.type === "telemetry_update";
    if (!is_telemetry || now_ms - this.#judged_ms >= JUDGE_LEAST_MS) this.#judge();
  }

  /** One frame. */
  paint() {
    this.#painter.frame(this.#parts.store.revision, () => this.#view());
  }

  /** @param {Painter<View>} painter */
  #addWidgets(painter) {
    const root = (/** @type {string} */ id) => filled(document, id);
    const [recorder, memory] = [this.#recorder, this.#memory];
    const is_wide = matchMedia("(min-width: 700px)").matches;
    // From above, as they are looked for.
    painter.add(() => raceWidget(root("race")), "glance");
    painter.add(() => fuelWidget(root("fuel")));
    painter.add(() => aidsWidget(find(document, "#drive"), memory.settings));
    painter.add(() => tiresWidget(root("tires"), recorder.trends));
    painter.add(() => qualityWidget(find(document, "#quality")));
    painter.add(() => together(deskWidgets(document, this.#desk, this.#parts.sections)));
    painter.add(() => conditionsWidget(root("conditions"), recorder.trends));
    painter.add(() => stintWidget(root("stint")));
    painter.add(() => gapsWidget(root("gaps")));
    painter.add(() => mapWidget(root("map"), recorder), "frame");
    painter.add(() => deltaWidget(root("delta"), recorder), "glance");
    painter.add(() => tracesWidget(root("traces"), recorder), "glance");
    painter.add(() => paceWidget(root("pace")));
    painter.add(() => lapsWidget(root("laps")));
    painter.add(() => setupWidget(root("setup"), memory, is_wide));
  }

  #view() {
    this.#viewer.thresholds = this.#desk.thresholds;
    this.#viewer.rules = this.#desk.prefs.driver_rules;
    return this.#viewer.analysed(this.#parts.look());
  }

  #judge() {
    const { store, now } = this.#parts;
    this.#judged_ms = now();
    this.#desk.judge(store, this.#view(), this.#memory, this.#judged_ms, Date.now());
  }
}

/** @param {{ render: (view: View) => void }[]} widgets */
function together(widgets) {
  return {
    render: (/** @type {View} */ view) => {
      for (const widget of widgets) widget.render(view);
    },
  };
}
