/**
 * What this browser keeps of a session, to show it when the page is opened without a connection.
 *
 * Stored text may be broken or another's, so a value is read only if it has the shape and the ids
 * that the page relies on. What is read is a replay: it is never live.
 */

/** @import { Envelope, Kept, Value } from "./types.js" */
/** @import { Store } from "./store.js" */

import { isSessionId } from "./session_id.js";
import {
  field,
  isLap,
  isLaps,
  isMeta,
  isObject,
  isSetup,
  isStatus,
  isTelemetry,
} from "./shapes.js";

/** Older values than these help no race. */
const MAX_AGE_MS = 30 * 86_400_000;
/** A race of 24 h has 700 laps of 220 characters; five sessions must fit into 5 million. */
const MAX_CHARS = 500_000;
const SAVE_MS = 5000;

/**
 * Laps change once a lap and values with each frame; the others are histories of changes.
 * @typedef {"values" | "laps" | "setups" | "settings"} Part
 */
/** @typedef {{ channel: string, monitor_id: string, at_ms: number, data: Envelope }} HeldValue */

/**
 * Where texts are kept, for a few sessions.
 * @typedef {object} Shelf
 * @property {(session_id: string, part: Part) => string | null} load
 * @property {(session_id: string, part: Part, text: string) => void} save
 * @property {(session_id: string) => void} drop
 */

/** Saves a session's values, at most every few seconds and only what the bridge has said. */
export class Keeper {
  #laps_revision = -1;
  /** @type {number | null} */
  #saved_ms = null;
  /**
   * Since when the bridge, which has its broker, has told nothing.
   * @type {number | null}
   */
  #empty_ms = null;
  #store;
  #shelf;
  #session_id;

  /**
   * @param {Store} store
   * @param {Shelf} shelf
   * @param {string} session_id
   */
  constructor(store, shelf, session_id) {
    this.#store = store;
    this.#shelf = shelf;
    this.#session_id = session_id;
  }

  /**
   * @param {number} wall_ms ms since 1970
   * @returns {Kept}
   */
  load(wall_ms) {
    const parts = /** @type {const} */ (["values", "laps"]);
    const read = parts.map((part) => {
      return readKept(this.#shelf.load(this.#session_id, part), this.#session_id, wall_ms);
    });
    return {
      active: read[0]?.active ?? null,
      values: read.flatMap(({ values }) => values),
    };
  }

  /**
   * A frame has come; save if it is time.
   * @param {number} now_ms by the page's steady clock
   * @param {number} wall_ms the same moment, ms since 1970
   */
  offer(now_ms, wall_ms) {
    const { has_broker, monitors } = this.#store;
    // The first frames of a cold bridge are not the whole picture.
    this.#saved_ms ??= now_ms;
    this.#empty_ms = has_broker && monitors.size === 0 ? (this.#empty_ms ?? now_ms) : null;
    if (now_ms - this.#saved_ms >= SAVE_MS) this.save(now_ms, wall_ms);
  }

  /**
   * @param {number} now_ms by the page's steady clock
   * @param {number} wall_ms the same moment, ms since 1970
   */
  save(now_ms, wall_ms) {
    const { active, has_snapshot, is_removed, kept, laps, monitors } = this.#store;
    if (!has_snapshot || kept !== null) return;
    this.#saved_ms = now_ms;
    if (monitors.size === 0) {
      const empty_for_ms = now_ms - (this.#empty_ms ?? now_ms);
      // A broker that lost its store reads the same as one on which the session was removed while
      // this page was away, and what was removed must not come back from here.
      if (is_removed || empty_for_ms >= SAVE_MS) this.#shelf.drop(this.#session_id);
      return;
    }
    const held = [...this.#store.values()].map((value) => {
      return { ...value, at: Math.round(wall_ms - (now_ms - value.at_ms)) };
    });
    const isOfLaps = (/** @type {HeldValue} */ { channel }) => channel.startsWith("laps/");
    const values = held.filter((value) => !isOfLaps(value));
    this.#shelf.save(this.#session_id, "values", writeKept(active, activeFirst(values, active)));
    if (laps.revision === this.#laps_revision) return;
    this.#laps_revision = laps.revision;
    this.#shelf.save(this.#session_id, "laps", writeKept(active, newestFirst(held.filter(isOfLaps))));
  }
}

/**
 * @template {HeldValue} T
 * @param {T[]} values
 * @param {string | null} active
 */
function activeFirst(values, active) {
  return values.sort((a, b) => Number(b.monitor_id === active) - Number(a.monitor_id === active));
}

/**
 * @template {HeldValue} T
 * @param {T[]} chunks
 */
function newestFirst(chunks) {
  return chunks.sort((a, b) => Number(b.channel.slice(5)) - Number(a.channel.slice(5)));
}

/**
 * As a text; what does not fit is left out, the last first.
 * @param {string | null} active
 * @param {(HeldValue & { at: number })[]} values
 */
export function writeKept(active, values) {
  const texts = [];
  let chars = 0;
  for (const { channel, monitor_id, at, data } of values) {
    const text = JSON.stringify({ channel, monitor_id, at, data });
    chars += text.length;
    if (chars > MAX_CHARS) break;
    texts.push(text);
  }
  return `{"v":1,"active":${JSON.stringify(active)},"values":[${texts.join(",")}]}`;
}

/**
 * @param {string | null} text
 * @param {string} session_id
 * @param {number} wall_ms ms since 1970
 * @returns {Kept}
 */
export function readKept(text, session_id, wall_ms) {
  const kept = parsed(text);
  const values = field(kept, "values");
  if (field(kept, "v") !== 1 || !Array.isArray(values)) return { active: null, values: [] };
  const active = field(kept, "active");
  return {
    active: typeof active === "string" && isSessionId(active) ? active : null,
    values: values.flatMap((entry) => readValue(entry, session_id, wall_ms)),
  };
}

/** @param {string | null} text */
function parsed(text) {
  try {
    /** @type {unknown} */
    const value = JSON.parse(text ?? "");
    return isObject(value) ? value : {};
  } catch {
    return {};
  }
}

/**
 * @param {unknown} entry
 * @param {string} session_id
 * @param {number} wall_ms
 * @returns {Kept["values"]} one, or none
 */
function readValue(entry, session_id, wall_ms) {
  if (!isObject(entry)) return [];
  const at = field(entry, "at");
  const monitor_id = field(entry, "monitor_id");
  const data = field(entry, "data");
  if (typeof at !== "number" || !(wall_ms - at < MAX_AGE_MS)) return [];
  if (typeof monitor_id !== "string" || !isSessionId(monitor_id) || !isObject(data)) return [];
  if (field(data, "session_id") !== session_id) return [];
  if (field(data, "monitor_id") !== monitor_id) return [];
  const value = asValue(field(entry, "channel"), monitor_id, data);
  // A clock that was set back must not make anything younger than new.
  return value === null ? [] : [{ at: Math.min(at, wall_ms), value }];
}

/**
 * @param {unknown} channel
 * @param {string} monitor_id
 * @param {object} data
 * @returns {Value | null}
 */
function asValue(channel, monitor_id, data) {
  const replayed = { monitor_id, received_at: 0, retained: true };
  if (channel === "status" && isStatus(data)) return { channel, ...replayed, data };
  if (channel === "meta" && isMeta(data)) return { channel, ...replayed, data };
  if (channel === "setup" && isSetup(data)) return { channel, ...replayed, data };
  if (channel === "telemetry" && isTelemetry(data)) return { channel, ...replayed, data };
  if (channel === "lap" && isLap(data)) return { channel, ...replayed, data };
  if (isLaps(data) && channel === `laps/${data.first / 100}`) {
    return { channel: `laps/${data.first / 100}`, ...replayed, data };
  }
  return null;
}
