/** What keeps data from coming. Only the cause is told: behind it nothing can be known. */

/** @import { AlertInput, Finding, StateRule } from "./alert_types.js" */

/** A link that is back at once is nothing to look up for. */
const BLIP_MS = 3000;
const COOLDOWN_MS = 30_000;

/** @type {readonly StateRule[]} */
export const LINK_RULES = [
  rule("bridge", BLIP_MS, ({ state }) => {
    return state === "disconnected" ? finding("critical", "bridge_lost") : null;
  }),
  rule("broker", BLIP_MS, ({ state, has_broker }) => {
    if (has_broker || state === "connecting" || state === "disconnected") return null;
    return finding("critical", "broker_lost");
  }),
  rule("monitor", 1000, ({ monitor_state, driver }) => {
    if (monitor_state === null) return undefined;
    if (monitor_state === "lost") return finding("critical", "monitor_lost", { driver });
    return monitor_state === "offline" ? finding("info", "monitor_offline", { driver }) : null;
  }),
  rule("stale", 1000, ({ state, monitor_state, quiet_ms }) => {
    // One that is idle, offline or lost sends none, and of one that is not heard nothing is known.
    if (state !== "stale" || monitor_state !== "online") return null;
    return finding("warning", "stale", { quiet_ms });
  }),
];

/**
 * @param {string} name
 * @param {number} for_ms
 * @param {(input: AlertInput) => Finding | null | undefined} judge
 * @returns {StateRule}
 */
function rule(name, for_ms, judge) {
  return {
    kind: "state",
    id: name,
    name,
    needs_live: false,
    for_ms,
    clear_ms: 0,
    cooldown_ms: COOLDOWN_MS,
    judge,
  };
}

/**
 * @param {Finding["severity"]} severity
 * @param {string} key
 * @param {Finding["params"]} [params]
 * @returns {Finding}
 */
function finding(severity, key, params = {}) {
  return { severity, key, params };
}
