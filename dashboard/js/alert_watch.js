/** One rule over time: when what it finds becomes an alert, and when that is over. */

/** @import { Alert, AlertInput, EventRule, Finding, Rule, StateRule, Turn } from "./alert_types.js" */

/** An alert about the car says nothing after this long without live telemetry. */
const HOLD_MS = 60_000;

/** @type {Record<Finding["severity"], number>} */
const RANKS = { info: 1, warning: 2, critical: 3 };
/** Above any `step`. */
const RANK = 100_000;

/** @typedef {(input: AlertInput, now_ms: number) => Turn | null} Step */
/** @typedef {{ alert: Alert | null, step: Step }} Watch */

/**
 * How bad a finding is; 0 is none.
 * @param {Finding | null | undefined} finding
 */
export function rankOf(finding) {
  return finding ? RANKS[finding.severity] * RANK + (finding.step ?? 0) : 0;
}

/**
 * @param {Rule} rule
 * @returns {Watch}
 */
export function watchOf(rule) {
  return rule.kind === "state" ? new StateWatch(rule) : new EventWatch(rule);
}

/** An alert comes when the rule has found it for a while, and goes when it has not for a while. */
class StateWatch {
  /** @type {Alert | null} */
  alert = null;

  #rule;
  /**
   * What was found, and the mildest of it, since it is worse than the alert.
   * @type {{ since_ms: number, frame: number | null, mildest: Finding } | null}
   */
  #rising = null;
  /** @type {number | null} since when the alert is more than what is found */
  #falling_ms = null;
  /** @type {number | null} */
  #unheard_ms = null;
  /** @type {Map<number, number>} when an alert of a rank was last over */
  #last_ms = new Map();
  /** @type {string | null | undefined} for which monitor it was last judged */
  #judged_for;
  /** Whether what is found was so when it was first looked at. */
  #is_old_news = false;

  /** @param {StateRule} rule */
  constructor(rule) {
    this.#rule = rule;
  }

  /**
   * @param {AlertInput} input
   * @param {number} now_ms
   * @returns {Turn | null}
   */
  step(input, now_ms) {
    if (this.#rule.needs_live && !input.is_live) return this.#hold(now_ms);
    this.#hear();
    const judged = this.#rule.judge(input, this.alert?.finding ?? null);
    const found = judged ?? null;
    if (judged !== undefined) this.#noteFirst(input.monitor_id, found);
    const rank = rankOf(found);
    const held = rankOf(this.alert?.finding);
    if (rank > held && found !== null) return this.#rise(found, input.frame, now_ms);
    this.#rising = null;
    if (rank < held) return this.#fall(found, now_ms);
    this.#falling_ms = null;
    if (found !== null) this.#update(found);
    return null;
  }

  #hear() {
    this.#unheard_ms = null;
    if (this.alert?.is_old) this.alert = { ...this.alert, is_old: false };
  }

  /**
   * Nothing is judged by old data; what was so may still be, for a while.
   * @param {number} now_ms
   */
  #hold(now_ms) {
    this.#rising = null;
    this.#falling_ms = null;
    this.#unheard_ms ??= now_ms;
    if (this.alert === null) return null;
    if (now_ms - this.#unheard_ms >= HOLD_MS) return this.#clear();
    if (!this.alert.is_old) this.alert = { ...this.alert, is_old: true };
    return null;
  }

  /**
   * @param {string | null} monitor_id
   * @param {Finding | null} found
   */
  #noteFirst(monitor_id, found) {
    const is_first = this.#judged_for !== monitor_id;
    this.#judged_for = monitor_id;
    this.#is_old_news = found !== null && (is_first || this.#is_old_news);
  }

  /**
   * @param {Finding} found
   * @param {number | null} frame
   * @param {number} now_ms
   * @returns {Turn | null}
   */
  #rise(found, frame, now_ms) {
    this.#falling_ms = null;
    const rising = this.#rising ?? { since_ms: now_ms, frame, mildest: found };
    if (rankOf(found) <= rankOf(rising.mildest)) rising.mildest = found;
    this.#rising = rising;
    // One frame may be noise, however long it stands.
    const is_confirmed = !this.#rule.needs_live || frame !== rising.frame;
    if (!is_confirmed || now_ms - rising.since_ms < this.#rule.for_ms) return null;
    this.#rising = null;
    const finding = rising.mildest;
    const is = this.#news(finding, now_ms);
    const { id, name } = this.#rule;
    this.alert = { id, name, finding, since_ms: now_ms, is_old: false };
    return { is, alert: this.alert };
  }

  /**
   * @param {Finding} finding
   * @param {number} now_ms
   */
  #news(finding, now_ms) {
    if (finding.severity === "info" && this.#is_old_news) return "already";
    for (const [rank, last_ms] of this.#last_ms) {
      if (now_ms - last_ms >= this.#rule.cooldown_ms) this.#last_ms.delete(rank);
      else if (rank >= rankOf(finding)) return "resumed";
    }
    return "raised";
  }

  /**
   * @param {Finding | null} found
   * @param {number} now_ms
   */
  #fall(found, now_ms) {
    this.#falling_ms ??= now_ms;
    if (now_ms - this.#falling_ms < this.#rule.clear_ms) return null;
    this.#falling_ms = null;
    this.#last_ms.set(rankOf(this.alert?.finding), now_ms);
    if (found === null) return this.#clear();
    this.#update(found);
    return null;
  }

  /** @param {Finding} finding */
  #update(finding) {
    if (this.alert !== null) this.alert = { ...this.alert, finding };
  }

  /** @returns {Turn | null} */
  #clear() {
    const alert = this.alert;
    this.alert = null;
    return alert === null ? null : { is: "cleared", alert };
  }
}

/** An alert comes with a change, and is shown for a while. */
class EventWatch {
  /** @type {Alert | null} */
  alert = null;

  #rule;
  /** @type {{ value: string | number, monitor_id: string | null } | null} */
  #seen = null;
  #raised_ms = -Infinity;

  /** @param {EventRule} rule */
  constructor(rule) {
    this.#rule = rule;
  }

  /**
   * @param {AlertInput} input
   * @param {number} now_ms
   * @returns {Turn | null}
   */
  step(input, now_ms) {
    const finding = input.is_live ? this.#change(input, now_ms) : null;
    if (finding !== null) {
      const { id, name } = this.#rule;
      this.#raised_ms = now_ms;
      this.alert = { id, name, finding, since_ms: now_ms, is_old: false };
      return { is: "raised", alert: this.alert };
    }
    const alert = this.alert;
    if (alert === null || now_ms - alert.since_ms < this.#rule.shown_ms) return null;
    this.alert = null;
    return { is: "cleared", alert };
  }

  /**
   * @param {AlertInput} input
   * @param {number} now_ms
   */
  #change(input, now_ms) {
    const value = this.#rule.watch(input);
    if (value === null) return null;
    const { monitor_id } = input;
    const before = this.#seen;
    const is_other = this.#rule.of === "monitor" && before?.monitor_id !== monitor_id;
    if (before === null || is_other) {
      this.#seen = { value, monitor_id };
      return null;
    }
    if (value === before.value || now_ms - this.#raised_ms < this.#rule.cooldown_ms) return null;
    this.#seen = { value, monitor_id };
    return this.#rule.tell(before.value, input);
  }
}
