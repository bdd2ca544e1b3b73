/** What a page knows, step by step, for the tests of alerts: at first that all is well in a race. */

/** @import { ActiveAlert, AlertInput } from "../../dashboard/js/alert_types.js" */

import { Alerts } from "../../dashboard/js/alerts.js";
import { DEFAULT_UNITS } from "../../dashboard/js/format.js";
import { alertText } from "../../dashboard/js/texts/alerts.js";
import { limitsOf } from "../../dashboard/js/thresholds.js";

/** @typedef {Partial<AlertInput>} Known */

/** @type {AlertInput} */
export const CALM = {
  is_live: true,
  frame: 0,
  state: "live",
  has_broker: true,
  monitor_id: "pc-a",
  monitor_state: "online",
  quiet_ms: 100,
  driver: "Driver One",
  telemetry: {
    lap: 45,
    fuel: 42,
    position: 3,
    tire_temps: { fl: 88, fr: 88, rl: 88, rr: 88 },
    tire_pressures: { fl: 185, fr: 185, rl: 185, rr: 185 },
    tire_wear: { fl: 20, fr: 20, rl: 20, rr: 20 },
    tire_flat: { fl: false, fr: false, rl: false, rr: false },
    brake_temps: { fl: 450, fr: 450, rl: 400, rr: 400 },
    engine_water_temp: 90,
    engine_oil_temp: 105,
    flags: ["green"],
    pit_state: "none",
    penalties: 0,
    incidents: 0,
    track_limits: 0,
    session_phase: "racing",
  },
  meta: { session_type: "race", incident_limit: 17, track_limits_max: 5 },
  setup: { revision: 3, changes: [] },
  laps: [],
  laps_left: 14,
  limiting: "fuel",
  laps_to_flag: 200,
  limits: limitsOf({}, "gt3"),
};

/** @param {AlertInput["telemetry"]} values */
export function car(values) {
  return { telemetry: { ...CALM.telemetry, ...values } };
}

/** @param {number} fl degC */
export function brake(fl) {
  return car({ brake_temps: { fl } });
}

export const CALM_CAR = car({});
export const HOT = brake(750);
export const TOO_HOT = brake(900);
export const GONE = { is_live: false, state: /** @type {const} */ ("stale") };

/**
 * A setup of which the newest revision changed so many values.
 * @param {number} revision
 */
export function setup(revision, count = 1) {
  const change = { key: "", category: "brakes", name: "bias", corner: null, before: 54, after: 55 };
  return { setup: { revision, changes: Array(count).fill(change) } };
}

/** A page on which time passes and frames come. */
export class AlertPage {
  alerts;
  #frame = 0;
  #known = CALM;

  /** @param {Iterable<string>} [muted] */
  constructor(muted) {
    this.alerts = new Alerts(muted);
  }

  /**
   * The page knows this from now on, and the next frame has come.
   * @param {number} at_s
   * @param {Known} [known]
   */
  at(at_s, known = {}) {
    this.#known = { ...this.#known, ...known };
    this.#frame += 1;
    return this.again(at_s);
  }

  /**
   * Time has passed and no frame has come.
   * @param {number} at_s
   */
  again(at_s) {
    return this.alerts.step({ ...this.#known, frame: this.#frame }, at_s * 1000);
  }

  /**
   * Long enough for any rule.
   * @param {number} at_s
   * @param {Known} [known]
   */
  settle(at_s, known) {
    this.at(at_s, known);
    return this.at(at_s + 10);
  }
}

/** @param {readonly Pick<ActiveAlert, "id" | "finding">[]} alerts */
export function names(alerts) {
  return alerts.map(({ id, finding }) => `${finding.severity} ${id}`);
}

/** @param {readonly Pick<ActiveAlert, "finding">[]} alerts */
export function texts(alerts) {
  return alerts.map(({ finding }) => alertText(finding, DEFAULT_UNITS));
}
