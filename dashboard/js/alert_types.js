/**
 * What alerts are made of.
 *
 * Only types: this module has no code, so nothing imports it at run time.
 */

/** @import { LapRow, Meta, MonitorState, PageState, Telemetry } from "./types.js" */
/** @import { Change } from "./setup_sheet.js" */
/** @import { Limits } from "./thresholds.js" */

/** @typedef {"critical" | "warning" | "info"} Severity */
/** @typedef {Readonly<Record<string, string | number | boolean | null>>} Params */
/**
 * What a rule found; `texts/alerts.js` says it in words.
 * @typedef {object} Finding
 * @property {Severity} severity
 * @property {string} key
 * @property {Params} params
 * @property {number} [step] a whole number below 100,000; a higher one is worse
 */

/**
 * All that the page knows and a rule may look at.
 * @typedef {object} AlertInput
 * @property {boolean} is_live whether telemetry came live and is fresh
 * @property {number | null} frame another number with each telemetry frame
 * @property {PageState} state
 * @property {boolean} has_broker
 * @property {string | null} monitor_id of the monitor on show
 * @property {MonitorState | null} monitor_state null while nothing of it would come here
 * @property {number | null} quiet_ms since something live came
 * @property {string | null} driver
 * @property {Telemetry & { incidents?: number | null, track_limits?: number | null }} telemetry
 * @property {Meta & { incident_limit?: number | null, track_limits_max?: number | null }} meta
 * @property {{ revision: number, changes: readonly Change[] } | null} setup and what its newest
 *   revision changed
 * @property {readonly LapRow[]} laps of the car, oldest first
 * @property {number | null} laps_left that the tank is good for; null while it is not known
 * @property {"fuel" | "energy" | null} limiting the tank that ends first
 * @property {number | null} laps_to_flag null while it is not known
 * @property {Limits} limits
 */

/**
 * Watches something that lasts.
 * @typedef {object} StateRule
 * @property {"state"} kind
 * @property {string} id
 * @property {string} name rules of one name are muted together
 * @property {boolean} needs_live whether it judges telemetry
 * @property {number} for_ms that it must last, and be seen in two frames, before the alert
 * @property {number} clear_ms that it must be gone before the alert is over
 * @property {number} cooldown_ms after it was over in which it comes back without being raised
 * @property {(input: AlertInput, held: Finding | null) => Finding | null | undefined} judge `held`
 *   is what the alert says so far; undefined when it cannot be known
 */
/**
 * Watches for a change; only while telemetry is live.
 * @typedef {object} EventRule
 * @property {"event"} kind
 * @property {string} id
 * @property {string} name
 * @property {"car" | "monitor"} of whose value it is: one of another monitor does not compare
 * @property {number} cooldown_ms in which further changes wait, to be told as one
 * @property {number} shown_ms
 * @property {(input: AlertInput) => string | number | null} watch null when nothing is known
 * @property {(before: string | number, input: AlertInput) => Finding | null} tell
 */
/** @typedef {StateRule | EventRule} Rule */

/**
 * An alert that lasts.
 * @typedef {object} Alert
 * @property {string} id
 * @property {string} name
 * @property {Finding} finding as it is now
 * @property {number} since_ms
 * @property {boolean} is_old whether no live telemetry has come since it was seen
 */
/** @typedef {Alert & { is_muted: boolean, is_acknowledged: boolean }} ActiveAlert */
/**
 * What a step did to an alert: `resumed` is back within its cooldown, `already` was so when it was
 * first looked at; neither is news.
 * @typedef {{ is: "raised" | "resumed" | "already" | "cleared", alert: Alert }} Turn
 */
/**
 * @typedef {object} LogEntry
 * @property {string} id
 * @property {string} name
 * @property {Finding} finding as it was raised
 * @property {number} at_ms
 * @property {number | null} lap
 * @property {number | null} duration_ms null while it lasts
 */

export {};
