/** The store as it is to be painted at a moment. Pure: time comes in as an argument. */

/** @import { Limited, LinkState, Meta, OtherMonitor, PageState, Picture, Quality, Telemetry, Units } from "./types.js" */
/** @import { Monitor } from "./monitor.js" */
/** @import { Store } from "./store.js" */

import { noticesOf } from "./notices.js";
import { connectionText } from "./texts/page.js";

export const STALE_DATA_THRESHOLD = 5000;

/** @type {Telemetry & Meta} */
export const NOTHING = Object.freeze({});

/** @type {Quality} */
export const NOT_MEASURED = Object.freeze({
  level: "unknown",
  round_trip: null,
  age: null,
  loss: null,
  monitor_ahead_ms: null,
  is_age_partial: false,
  device_ahead_ms: null,
});

/**
 * @param {Store} store
 * @param {LinkState} link
 * @param {Units} units
 * @param {number} now_ms
 * @param {Quality} [quality]
 * @param {Limited | null} [limited]
 * @returns {Picture}
 */
export function pictureOf(store, link, units, now_ms, quality = NOT_MEASURED, limited = null) {
  const monitor = store.shown;
  const telemetry = monitor?.telemetry.held?.data.telemetry ?? NOTHING;
  const quiet = monitor?.quiet(now_ms) ?? null;
  const state = pageState(link, store, quiet?.ms ?? 0);
  const is_heard = link === "connected" && store.has_broker && store.kept === null;
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
    limited,
    notices: noticesOf(store, telemetry, now_ms),
    others: othersOf(store, monitor, now_ms, is_heard),
    driver: monitor?.driver ?? null,
    telemetry,
    meta: monitor?.meta.held?.data ?? NOTHING,
    setup: monitor?.setup.held?.data ?? null,
    units,
  };
}

/**
 * @param {Store["kept"]} kept
 * @param {number} now_ms
 * @returns {Picture["kept"]}
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
    const name = monitor.driver ?? monitor.id;
    others.push({ id: monitor.id, name, state: is_heard ? monitor.state(now_ms) : null });
  }
  return others.sort((a, b) => (a.id < b.id ? -1 : 1));
}
