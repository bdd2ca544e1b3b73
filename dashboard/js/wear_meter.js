/** The wear of the tyres, worked out again only when laps or tyres have changed. */

/** @import { Wear } from "./wear.js" */
/** @import { LapRow, Telemetry } from "./types.js" */

import { lapsOfRun } from "./stint.js";
import { wearOf } from "./wear.js";

export class WearMeter {
  /** @type {Wear} */
  #wear = wearOf([], {}, 0);
  /** @type {readonly LapRow[] | null} */
  #rows = null;
  #key = "";

  /**
   * @param {LapRow[]} rows of the car, oldest first; the same array until there is news
   * @param {string} monitor_id of the one on show
   * @param {Telemetry} telemetry
   * @param {number} limit % worn
   * @returns {Wear}
   */
  read(rows, monitor_id, telemetry, limit) {
    const { tire_wear, tires_as_of_lap, run, lap } = telemetry;
    const key = JSON.stringify([monitor_id, tire_wear, tires_as_of_lap, run, lap, limit]);
    if (rows === this.#rows && key === this.#key) return this.#wear;
    this.#rows = rows;
    this.#key = key;
    const seat = { monitor_id, driver: null, telemetry, is_active: true };
    this.#wear = wearOf(lapsOfRun(rows, seat), telemetry, limit);
    return this.#wear;
  }
}
