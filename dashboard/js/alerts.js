/**
 * What the crew is warned of, step by step. No I/O and no clock: time is an argument.
 *
 * Muting silences an alert and never hides it.
 */

/** @import { ActiveAlert, Alert, AlertInput, LogEntry, Rule, Turn } from "./alert_types.js" */

import { CAR_RULES } from "./alert_car_rules.js";
import { EVENT_RULES } from "./alert_event_rules.js";
import { LINK_RULES } from "./alert_link_rules.js";
import { rankOf, watchOf } from "./alert_watch.js";

/** @type {readonly Rule[]} */
export const RULES = [...LINK_RULES, ...CAR_RULES, ...EVENT_RULES];
/** What can be muted. */
export const RULE_NAMES = [...new Set(RULES.map(({ name }) => name))];
/** Muted under this name, all rules are. */
export const ALL = "all";
export const MAX_LOG = 200;

/**
 * @typedef {object} Step
 * @property {ActiveAlert[]} active the worst first, then the newest
 * @property {ActiveAlert[]} raised to be said once
 * @property {Alert[]} cleared
 * @property {readonly LogEntry[]} log oldest first; the same list until it changes
 */

export class Alerts {
  #watches;
  /** @type {Set<string>} */
  #muted;
  /** @type {Set<string>} */
  #acknowledged = new Set();
  /** @type {readonly LogEntry[]} */
  #log = [];

  /**
   * @param {Iterable<string>} [muted] names of rules, or `ALL`
   * @param {readonly Rule[]} [rules]
   */
  constructor(muted = [], rules = RULES) {
    this.#muted = new Set(muted);
    this.#watches = rules.map(watchOf);
  }

  get muted() {
    return [...this.#muted];
  }

  /**
   * @param {string} name of a rule, or `ALL`
   * @param {boolean} is_muted
   */
  mute(name, is_muted) {
    if (is_muted) this.#muted.add(name);
    else this.#muted.delete(name);
  }

  /**
   * Somebody has seen it; until it is raised again.
   * @param {string} id
   */
  acknowledge(id) {
    this.#acknowledged.add(id);
  }

  /**
   * @param {AlertInput} input
   * @param {number} now_ms
   * @returns {Step}
   */
  step(input, now_ms) {
    const turns = this.#watches.flatMap((watch) => watch.step(input, now_ms) ?? []);
    for (const turn of turns) this.#note(turn, input.telemetry.lap ?? null, now_ms);
    const active = this.#watches.flatMap(({ alert }) =>
      alert === null ? [] : this.#active(alert),
    );
    const alertsOf = (/** @type {Turn["is"]} */ which) => {
      return turns.flatMap(({ is, alert }) => (is === which ? alert : []));
    };
    return {
      active: active.sort(worstFirst),
      raised: alertsOf("raised")
        .map((alert) => this.#active(alert))
        .filter(isLoud)
        .sort(worstFirst),
      cleared: alertsOf("cleared"),
      log: this.#log,
    };
  }

  /**
   * @param {Alert} alert
   * @returns {ActiveAlert}
   */
  #active(alert) {
    return {
      ...alert,
      is_muted: this.#muted.has(ALL) || this.#muted.has(alert.name),
      is_acknowledged: this.#acknowledged.has(alert.id),
    };
  }

  /**
   * @param {Turn} turn
   * @param {number | null} lap
   * @param {number} now_ms
   */
  #note({ is, alert }, lap, now_ms) {
    const { id, name, finding } = alert;
    if (is === "already") return;
    if (is === "raised") {
      this.#acknowledged.delete(id);
      const entry = { id, name, finding, at_ms: now_ms, lap, duration_ms: null };
      this.#log = [...this.#closed(id, now_ms), entry].slice(-MAX_LOG);
    } else if (is === "cleared") {
      this.#log = this.#closed(id, now_ms);
    } else {
      this.#log = this.#reopened(id);
    }
  }

  /**
   * @param {string} id
   * @param {number} now_ms
   */
  #closed(id, now_ms) {
    const open = this.#log.findLast((entry) => entry.id === id && entry.duration_ms === null);
    return this.#replaced(open, (entry) => ({ ...entry, duration_ms: now_ms - entry.at_ms }));
  }

  /** @param {string} id */
  #reopened(id) {
    const last = this.#log.findLast((entry) => entry.id === id);
    return this.#replaced(last, (entry) => ({ ...entry, duration_ms: null }));
  }

  /**
   * @param {LogEntry | undefined} old
   * @param {(entry: LogEntry) => LogEntry} change
   */
  #replaced(old, change) {
    return this.#log.map((entry) => (entry === old ? change(entry) : entry));
  }
}

/** @param {ActiveAlert} alert */
function isLoud({ is_muted }) {
  return !is_muted;
}

/**
 * @param {Alert} a
 * @param {Alert} b
 */
function worstFirst(a, b) {
  const [x, y] = [a, b].map(({ finding }) => rankOf({ ...finding, step: 0 }));
  return (y ?? 0) - (x ?? 0) || b.since_ms - a.since_ms;
}
