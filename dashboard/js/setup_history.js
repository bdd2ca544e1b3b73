/**
 * Every revision of the setup that this browser has seen of a session, monitor by monitor.
 *
 * A revision is kept as what it changed, so that fifty fit where a browser stores them.
 */

/** @import { Stamp } from "./change_age.js" */
/** @import { Change, Sheet } from "./setup_sheet.js" */
/** @import { SetupMessage } from "./types.js" */

import { UNKNOWN, readStamp } from "./change_age.js";
import { isSessionId } from "./session_id.js";
import { diffSheets, readSheet, sheetOf, sheetWith, writeChanges } from "./setup_sheet.js";
import { field, isObject } from "./shapes.js";

/** The first, to tell what changed since then, and the newest. */
export const MAX_REVISIONS = 50;
/** Beyond the drivers of a car: a machine that was replaced has another id. */
export const MAX_MONITORS = 12;
/** All values of ten setups. */
const MAX_CHANGES = 4000;

/**
 * @typedef {object} Revision
 * @property {number} revision
 * @property {string} captured_at
 * @property {Stamp} stamp when it replaced the one before
 * @property {Sheet} sheet
 * @property {Change[]} changes against the one before that is kept
 */
/** @typedef {{ change: Change, stamp: Stamp }} LastChange */

export class SetupHistory {
  #session_id;
  /** @type {Map<string, Revision[]>} by monitor, the one heard last at the end */
  #monitors = new Map();

  /** @param {string} session_id */
  constructor(session_id) {
    this.#session_id = session_id;
  }

  /**
   * @param {SetupMessage} message
   * @param {Stamp} stamp when it was changed; `lap` only if the message came live
   * @returns {Change[]} against the revision before
   */
  offer({ session_id, monitor_id, revision, captured_at, setup }, stamp) {
    if (session_id !== this.#session_id) return [];
    const revisions = this.#monitors.get(monitor_id) ?? [];
    const sheet = sheetOf(setup);
    const changes = diffSheets(revisions.at(-1)?.sheet ?? sheet, sheet);
    const last = revisions.at(-1);
    if (last?.revision === revision && changes.length === 0) return [];
    // A monitor that counts from below has lost its count, and what it had is another car's.
    if (last === undefined || revision <= last.revision) {
      this.#keep(monitor_id, [{ revision, captured_at, stamp, sheet, changes: [] }]);
      return [];
    }
    // With revisions missed between, nobody saw when a value changed.
    const seen = revision === last.revision + 1 ? stamp : UNKNOWN;
    this.#keep(monitor_id, [...revisions, { revision, captured_at, stamp: seen, sheet, changes }]);
    return changes;
  }

  /**
   * What is kept of a monitor, oldest first.
   * @param {string} monitor_id
   * @returns {readonly Revision[]}
   */
  of(monitor_id) {
    return this.#monitors.get(monitor_id) ?? [];
  }

  /**
   * What the newest revision changed.
   * @param {string} monitor_id
   * @returns {readonly Change[]}
   */
  sinceLast(monitor_id) {
    return this.of(monitor_id).at(-1)?.changes ?? [];
  }

  /**
   * What differs from the first revision seen; what was changed back does not.
   * @param {string} monitor_id
   * @returns {Change[]}
   */
  sinceFirst(monitor_id) {
    const revisions = this.of(monitor_id);
    const [first] = revisions;
    const last = revisions.at(-1);
    return first === undefined || last === undefined ? [] : diffSheets(first.sheet, last.sheet);
  }

  /**
   * The last change of each value that changed, by `sheetKey`.
   * @param {string} monitor_id
   * @returns {Map<string, LastChange>}
   */
  lastChanges(monitor_id) {
    /** @type {Map<string, LastChange>} */
    const last = new Map();
    for (const { changes, stamp } of this.of(monitor_id)) {
      for (const change of changes) last.set(change.key, { change, stamp });
    }
    return last;
  }

  /** A plain object to store, for `restore`. */
  toJSON() {
    const monitors = [...this.#monitors].map(([monitor_id, revisions]) => ({
      monitor_id,
      revisions: revisions.map(({ revision, captured_at, stamp, sheet, changes }, i) => ({
        revision,
        captured_at,
        stamp,
        values: writeChanges(i === 0 ? diffSheets(new Map(), sheet) : changes),
      })),
    }));
    return { v: 1, session_id: this.#session_id, monitors };
  }

  /**
   * Take up what was stored, except of monitors that have been heard.
   * @param {unknown} stored
   */
  restore(stored) {
    if (!isObject(stored) || field(stored, "v") !== 1) return;
    const monitors = field(stored, "monitors");
    if (field(stored, "session_id") !== this.#session_id || !Array.isArray(monitors)) return;
    for (const entry of monitors) {
      const monitor_id = isObject(entry) ? field(entry, "monitor_id") : null;
      const revisions = isObject(entry) ? field(entry, "revisions") : null;
      if (typeof monitor_id !== "string" || !isSessionId(monitor_id)) continue;
      if (!Array.isArray(revisions) || this.#monitors.has(monitor_id)) continue;
      this.#keep(monitor_id, readRevisions(revisions));
    }
  }

  /**
   * @param {string} monitor_id
   * @param {Revision[]} revisions
   */
  #keep(monitor_id, revisions) {
    this.#monitors.delete(monitor_id);
    if (revisions.length > 0) this.#monitors.set(monitor_id, trimmed(revisions));
    const [oldest] = this.#monitors.keys();
    if (this.#monitors.size > MAX_MONITORS && oldest !== undefined) this.#monitors.delete(oldest);
  }
}

/**
 * The first stays, to compare with. What the dropped one changed is counted to the next, and when
 * that was is then not known.
 * @param {Revision[]} revisions
 * @returns {Revision[]}
 */
function trimmed(revisions) {
  const [first, _dropped, next, ...rest] = revisions;
  const size = revisions.reduce((sum, { changes }) => sum + changes.length, 0);
  const fits = revisions.length <= MAX_REVISIONS && size <= MAX_CHANGES;
  if (fits || first === undefined || next === undefined) return revisions;
  const changes = diffSheets(first.sheet, next.sheet);
  return trimmed([first, { ...next, changes, stamp: UNKNOWN }, ...rest]);
}

/**
 * Up to the first that is broken: those behind it stand on it.
 * @param {unknown[]} stored
 * @returns {Revision[]}
 */
function readRevisions(stored) {
  /** @type {Revision[]} */
  const revisions = [];
  for (const entry of stored.slice(0, MAX_REVISIONS)) {
    if (!isObject(entry)) break;
    const before = revisions.at(-1);
    const revision = field(entry, "revision");
    const captured_at = field(entry, "captured_at");
    const values = readSheet(field(entry, "values"));
    if (typeof revision !== "number" || !Number.isInteger(revision)) break;
    if (before !== undefined && revision <= before.revision) break;
    if (typeof captured_at !== "string" || values === null) break;
    const sheet = sheetWith(before?.sheet ?? new Map(), values);
    const changes = before === undefined ? [] : diffSheets(before.sheet, sheet);
    revisions.push({
      revision,
      captured_at,
      stamp: readStamp(field(entry, "stamp")),
      sheet,
      changes,
    });
  }
  return revisions;
}
