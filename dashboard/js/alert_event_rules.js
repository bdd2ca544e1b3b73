/** What has changed, told once. */

/** @import { AlertInput, EventRule, Finding } from "./alert_types.js" */
/** @import { LapRow } from "./types.js" */

import { leftOutFor } from "./clean_laps.js";
import { median } from "./stats.js";
import { classify } from "./thresholds.js";

const SHOWN_MS = 30_000;
/** A lap is news until the next one. */
const LAP_SHOWN_MS = 90_000;
/** A setup that is being worked on, and a swap that goes back and forth until it is settled. */
const SETTLE_MS = 10_000;

/** Clean laps that a lap is compared with. */
const LAPS = 5;
/** Fewer say nothing. */
const MIN_LAPS = 3;

/** @type {readonly EventRule[]} */
export const EVENT_RULES = [
  {
    ...event("lap_drop", "car"),
    cooldown_ms: 0,
    shown_ms: LAP_SHOWN_MS,
    watch: ({ laps }) => lapKey(laps.at(-1)),
    tell: (_before, input) => lapDrop(input),
  },
  {
    ...event("setup_changed", "monitor"),
    watch: ({ setup }) => setup?.revision ?? null,
    tell: setupChange,
  },
  {
    ...event("driver_changed", "car"),
    watch: ({ driver }) => driver || null,
    tell: (before, { driver }) => {
      return { severity: "info", key: "driver_changed", params: { before, after: driver } };
    },
  },
];

/**
 * @param {string} name
 * @param {EventRule["of"]} of
 */
function event(name, of) {
  const kind = /** @type {const} */ ("event");
  return { kind, id: name, name, of, cooldown_ms: SETTLE_MS, shown_ms: SHOWN_MS };
}

/** @param {LapRow | undefined} row */
function lapKey(row) {
  return row === undefined ? null : `${row.monitor_id}/${row.run}/${row.lap}`;
}

/**
 * The last lap against the clean ones that the same driver drove before it in this run.
 * @param {AlertInput} input
 * @returns {Finding | null}
 */
function lapDrop({ laps, limits }) {
  const last = laps.at(-1);
  if (last === undefined || last.lap_time === null || leftOutFor(last) !== null) return null;
  /** @type {number[]} */
  const times = [];
  for (let i = laps.length - 2; i >= 0 && times.length < LAPS; i -= 1) {
    const row = laps[i];
    if (row?.run !== last.run || row.monitor_id !== last.monitor_id) break;
    if (row.driver !== last.driver) break;
    if (row.lap_time !== null && leftOutFor(row) === null) times.push(row.lap_time);
  }
  const usual = times.length < MIN_LAPS ? null : median(times);
  if (usual === null) return null;
  const slower = last.lap_time - usual;
  if (classify((100 * slower) / usual, limits.lap_drop) !== "slow") return null;
  return { severity: "warning", key: "lap_drop", params: { lap: last.lap, slower, usual } };
}

/**
 * @param {string | number} before
 * @param {AlertInput} input
 * @returns {Finding | null}
 */
function setupChange(before, { setup }) {
  // A count that has gone back is another race's or a new monitor's: nothing to compare with.
  if (setup === null || setup.revision <= Number(before)) return null;
  const params = { revision: setup.revision, ...changeParams(Number(before), setup) };
  return { severity: "info", key: "setup_changed", params };
}

/**
 * @param {number} before
 * @param {NonNullable<AlertInput["setup"]>} setup
 */
function changeParams(before, { revision, changes }) {
  const [first] = changes;
  // What the newest revision changed is not all when some came between.
  if (first === undefined || revision !== before + 1) return {};
  if (changes.length > 1) return { count: changes.length };
  const { name, corner, before: was, after } = first;
  return { count: 1, name, corner, before: was, after };
}
