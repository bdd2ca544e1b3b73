/** What the alerts judge, from what the page knows. */

/** @import { AlertInput } from "./alert_types.js" */
/** @import { Change } from "./setup_sheet.js" */
/** @import { Store } from "./store.js" */
/** @import { View } from "./types.js" */

/**
 * @param {Store} store
 * @param {View} view of the store at *now_ms*
 * @param {readonly Change[]} changes of the newest revision of the setup
 * @param {number} now_ms
 * @returns {AlertInput}
 */
export function alertInput(store, view, changes, now_ms) {
  const monitor = store.shown;
  const held = monitor?.telemetry.held ?? null;
  return {
    // A replayed frame may be young, and still nobody knows what the car does now.
    is_live: view.state === "live" && held !== null && !held.retained,
    frame: held?.data.seq ?? null,
    state: view.state,
    has_broker: view.has_broker,
    monitor_id: view.monitor_id,
    monitor_state: view.monitor_state,
    quiet_ms: monitor?.quiet(now_ms)?.ms ?? null,
    driver: view.driver,
    telemetry: view.telemetry,
    meta: view.meta,
    setup: view.setup === null ? null : { revision: view.setup.revision, changes },
    laps: view.laps,
    // Of a class with two tanks, the one that ends first.
    laps_left: view.outlook.reach.laps_left,
    limiting: view.outlook.reach.limiting,
    laps_to_flag: view.outlook.end.laps_to_go,
    limits: view.limits,
  };
}
