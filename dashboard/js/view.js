/** From the store to what the widgets paint. Pure: time comes in as an argument. */

/** @import { LinkState, Picture, Quality, Units, View } from "./types.js" */
/** @import { Rules } from "./drivers.js" */
/** @import { Monitor } from "./monitor.js" */
/** @import { Seat } from "./stint.js" */
/** @import { Store } from "./store.js" */
/** @import { Thresholds } from "./thresholds.js" */

import { familyOf } from "./car_families.js";
import { GapTrends } from "./gaps.js";
import { bestLapTime, currentRun } from "./laps.js";
import { Forecaster } from "./outlook.js";
import { NOTHING, pictureOf } from "./picture.js";
import { DEFAULT_PREFS } from "./prefs.js";
import { limitsOf } from "./thresholds.js";
import { WearMeter } from "./wear_meter.js";

export { STALE_DATA_THRESHOLD } from "./picture.js";

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
  view(link, units, now_ms, quality) {
    return this.analysed(pictureOf(this.#store, link, units, now_ms, quality));
  }

  /**
   * @param {Picture} picture of the store as it is
   * @returns {View}
   */
  analysed(picture) {
    const { telemetry, meta } = picture;
    const store = this.#store;
    const laps = this.#lapSummary();
    const limits = limitsOf(this.thresholds, familyOf(meta.car_class));
    const seats = seatsOf(store, store.shown);
    const worn_at = limits.tire_wear.limit ?? 100;
    return {
      ...picture,
      laps: laps.all,
      best_lap_time: laps.best,
      outlook: this.#forecaster.outlook(laps.all, seats, meta, this.rules),
      gaps: this.#gaps.read(telemetry),
      limits,
      wear: this.#wear.read(laps.all, picture.monitor_id ?? "", telemetry, worn_at),
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
    driver: monitor.driver,
    telemetry: monitor.telemetry.held?.data.telemetry ?? NOTHING,
    is_active: monitor === shown,
  }));
}
