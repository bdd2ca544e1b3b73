/** From the store to what the widgets paint. Pure: time comes in as an argument. */

/** @import { LinkState, Meta, OtherMonitor, PageState, Quality, Telemetry, Units, View } from "./types.js" */
/** @import { Rules } from "./drivers.js" */
/** @import { Monitor } from "./monitor.js" */
/** @import { Seat } from "./stint.js" */
/** @import { Store } from "./store.js" */
/** @import { Thresholds } from "./thresholds.js" */

import { familyOf } from "./car_families.js";
import { GapTrends } from "./gaps.js";
import { bestLapTime, currentRun } from "./laps.js";
import { noticesOf } from "./notices.js";
import { Forecaster } from "./outlook.js";
import { DEFAULT_PREFS } from "./prefs.js";
import { NOT_MEASURED } from "./quality.js";
import { connectionText } from "./texts.js";
import { limitsOf } from "./thresholds.js";
import { WearMeter } from "./wear_meter.js";

export const STALE_DATA_THRESHOLD = 5000;

/** @type {Telemetry & Meta} */
const NOTHING = Object.freeze({});

/** Builds views; keeps what it computed of the laps until they change. */
export class Viewer {
  /** @type {Thresholds} */
  thresholds = {};
  /** @type {Readonly<Rules>} of driving time */
  rules = DEFAULT_PREFS.driver_rules;

  #wear = new WearMeter();
  #laps = summary([]);
  #forecaster = new Forecaster();
  #gaps = new GapTrends();
  #laps_revision = -1;
  #store;

  /** @param {Store} store */
  constructor(store) {
    this.#store = store;
  }

  /**
   * @param {LinkState} link
   * @param {Units} units
   * @param {number} now_ms
   * @param {Quality} [quality]
   * @returns {View}
   */
  view(link, units, now_ms, quality = NOT_MEASURED) {
    const store = this.#store;
    const monitor = store.shown;
    const telemetry = monitor?.telemetry.held?.data.telemetry ?? NOTHING;
    const meta = monitor?.meta.held?.data ?? NOTHING;
    const quiet = monitor?.quiet(now_ms) ?? null;
    const state = pageState(link, store, quiet?.ms ?? 0);
    const is_heard = link === "connected" && store.has_broker && store.kept === null;
    const laps = this.#lapSummary();
    const limits = limitsOf(this.thresholds, familyOf(meta.car_class));
    return {
      state,
      connection: connectionText(state, quiet),
      age: monitor?.age(now_ms) ?? null,
      monitor_id: monitor?.id ?? null,
      // Who hears nothing cannot tell whether it speaks.
      monitor_state: is_heard ? (monitor?.state(now_ms) ?? null) : null,
      is_heard,
      has_broker: store.has_broker,
      kept: keptView(store.kept, now_ms),
      // What was good must not be said of a way on which nothing comes.
      quality: state === "live" ? quality : { ...quality, level: "unknown" },
      notices: noticesOf(store, telemetry, now_ms),
      others: othersOf(store, monitor, now_ms, is_heard),
      driver: monitor?.status.held?.data.driver ?? null,
      telemetry,
      meta,
      setup: monitor?.setup.held?.data ?? null,
      laps: laps.all,
      best_lap_time: laps.best,
      outlook: this.#forecaster.outlook(laps.all, seatsOf(store, monitor), meta, this.rules),
      gaps: this.#gaps.read(telemetry),
      units,
      limits,
      wear: this.#wear.read(laps.all, monitor?.id ?? "", telemetry, limits.tire_wear.limit ?? 100),
    };
  }

  #lapSummary() {
    const { laps } = this.#store;
    if (laps.revision !== this.#laps_revision) {
      this.#laps_revision = laps.revision;
      this.#laps = summary(this.#store.rows());
    }
    return this.#laps;
  }
}

/** @param {ReturnType<Store["rows"]>} rows oldest first */
function summary(rows) {
  return {
    all: rows,
    best: bestLapTime(currentRun(rows)),
  };
}

/**
 * @param {Store} store
 * @param {Monitor | null} shown
 * @returns {Seat[]}
 */
function seatsOf(store, shown) {
  return [...store.monitors.values()].map((monitor) => ({
    monitor_id: monitor.id,
    driver: monitor.status.held?.data.driver ?? null,
    telemetry: monitor.telemetry.held?.data.telemetry ?? NOTHING,
    is_active: monitor === shown,
  }));
}

/**
 * @param {Store["kept"]} kept
 * @param {number} now_ms
 * @returns {View["kept"]}
 */
function keptView(kept, now_ms) {
  return kept === null ? null : { at: kept.at, age_ms: now_ms - kept.at_ms };
}

/**
 * @param {LinkState} link
 * @param {Store} store
 * @param {number} quiet_ms
 * @returns {PageState}
 */
function pageState(link, store, quiet_ms) {
  if (link === "lost") return "disconnected";
  if (link === "connecting" || !store.has_snapshot) return "connecting";
  if (store.monitors.size === 0) return "waiting";
  if (store.kept !== null) return "stale";
  return quiet_ms > STALE_DATA_THRESHOLD ? "stale" : "live";
}

/**
 * Who else is there.
 * @param {Store} store
 * @param {Monitor | null} shown
 * @param {number} now_ms
 * @param {boolean} is_heard
 * @returns {OtherMonitor[]}
 */
function othersOf(store, shown, now_ms, is_heard) {
  const others = [];
  for (const monitor of store.monitors.values()) {
    if (monitor === shown) continue;
    const name = monitor.status.held?.data.driver ?? monitor.id;
    others.push({ id: monitor.id, name, state: is_heard ? monitor.state(now_ms) : null });
  }
  return others.sort((a, b) => (a.id < b.id ? -1 : 1));
}
