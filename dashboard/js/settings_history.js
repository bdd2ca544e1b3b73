/**
 * What the driver changed on the way: brake bias, aids and engine map, from live telemetry.
 *
 * Only the monitor in control is followed, and what it says first is no change.
 */

/** @import { Stamp } from "./change_age.js" */
/** @import { Telemetry } from "./types.js" */

import { UNKNOWN, readStamp } from "./change_age.js";
import { isSessionId } from "./session_id.js";
import { field, isObject } from "./shapes.js";

/** @typedef {"brake_bias" | "tc" | "tc_cut" | "tc_slip" | "abs" | "engine_map"} SettingName */
/** @typedef {{ [name in SettingName]?: number | null }} Settings */
/** @typedef {{ name: SettingName, before: number, after: number, stamp: Stamp }} SettingChange */
/** @typedef {Stamp & { at: number }} Moment */
/**
 * @typedef {object} Knob
 * @property {number} value that it had before it was turned
 * @property {{ value: number, stamp: Stamp, at: number } | null} turned and may be turned further
 * @property {SettingChange | null} last
 */

/** @type {readonly SettingName[]} */
const SETTINGS = ["brake_bias", "tc", "tc_cut", "tc_slip", "abs", "engine_map"];
export const MAX_CHANGES = 100;

/** A knob turned through several clicks is one change. */
const SETTLE_MS = 2000;
/** What happened in a longer silence happened at a time that is not known. */
const GAP_MS = 10_000;

export class SettingsHistory {
  /**
   * Of the monitor in control, oldest first.
   * @type {readonly SettingChange[]}
   */
  changes = [];

  /** @type {string | null} */
  #monitor_id = null;
  /** @type {Map<SettingName, Knob>} */
  #knobs = new Map();
  #heard_at = -Infinity;

  /**
   * @param {string} monitor_id
   * @param {Telemetry & Settings} car of a live frame
   * @param {Moment} now
   */
  offer(monitor_id, car, now) {
    // Another driver's monitor has other settings, and what was changed meanwhile is not seen.
    if (monitor_id !== this.#monitor_id) this.#start(monitor_id);
    const stamp = now.at - this.#heard_at > GAP_MS ? UNKNOWN : now;
    this.#heard_at = now.at;
    for (const name of SETTINGS) {
      const value = car[name];
      if (typeof value === "number") this.#turn(name, rounded(value), stamp, now.at);
    }
  }

  /**
   * @param {SettingName} name
   * @returns {SettingChange | null}
   */
  last(name) {
    return this.#knobs.get(name)?.last ?? null;
  }

  /** A plain object to store, for `restore`. */
  toJSON() {
    const values = [...this.#knobs].map(([name, { value }]) => [name, value]);
    return { v: 1, monitor_id: this.#monitor_id, values, changes: this.changes };
  }

  /**
   * Take up what was stored, unless a monitor has been heard.
   * @param {unknown} stored
   */
  restore(stored) {
    if (this.#monitor_id !== null || !isObject(stored) || field(stored, "v") !== 1) return;
    const monitor_id = field(stored, "monitor_id");
    if (typeof monitor_id !== "string" || !isSessionId(monitor_id)) return;
    this.#start(monitor_id);
    for (const entry of asList(field(stored, "values"))) {
      if (!Array.isArray(entry)) continue;
      const [name, value] = entry;
      if (isName(name) && isNumber(value))
        this.#knobs.set(name, { value, turned: null, last: null });
    }
    this.changes = asList(field(stored, "changes")).flatMap(readChange).slice(-MAX_CHANGES);
    for (const change of this.changes) {
      const knob = this.#knobs.get(change.name);
      if (knob !== undefined) knob.last = change;
    }
  }

  /** @param {string} monitor_id */
  #start(monitor_id) {
    this.#monitor_id = monitor_id;
    this.#knobs.clear();
    this.changes = [];
  }

  /**
   * @param {SettingName} name
   * @param {number} value
   * @param {Stamp} stamp
   * @param {number} at
   */
  #turn(name, value, stamp, at) {
    const knob = this.#knobs.get(name);
    if (knob === undefined) {
      this.#knobs.set(name, { value, turned: null, last: null });
      return;
    }
    if (value === knob.value) knob.turned = null;
    else if (knob.turned?.value !== value) knob.turned = { value, stamp, at };
    else if (at - knob.turned.at >= SETTLE_MS) {
      knob.last = { name, before: knob.value, after: value, stamp: knob.turned.stamp };
      knob.value = value;
      knob.turned = null;
      this.changes = [...this.changes, knob.last].slice(-MAX_CHANGES);
    }
  }
}

/**
 * The noise of a float is no turn of a knob.
 * @param {number} value
 */
function rounded(value) {
  return Math.round(value * 10) / 10;
}

/**
 * @param {unknown} value
 * @returns {unknown[]}
 */
function asList(value) {
  return Array.isArray(value) ? value : [];
}

/**
 * @param {unknown} value
 * @returns {value is SettingName}
 */
function isName(value) {
  return SETTINGS.some((name) => name === value);
}

/**
 * @param {unknown} value
 * @returns {value is number}
 */
function isNumber(value) {
  return Number.isFinite(value);
}

/**
 * @param {unknown} entry
 * @returns {SettingChange[]} one, or none
 */
function readChange(entry) {
  if (!isObject(entry)) return [];
  const name = field(entry, "name");
  const before = field(entry, "before");
  const after = field(entry, "after");
  if (!isName(name) || !isNumber(before) || !isNumber(after)) return [];
  return [{ name, before, after, stamp: readStamp(field(entry, "stamp")) }];
}
