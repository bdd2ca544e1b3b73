/** Which alerts are muted, remembered for each session apart. */

import { isSessionId } from "./session_id.js";
import { field, isObject } from "./shapes.js";

const KEY = "pitboard.muted";
export const MAX_SESSIONS = 20;
const NAME = /^[a-z][a-z_]{0,31}$/;

/** @typedef {{ session_id: string, names: string[] }} Muted */

/**
 * @param {() => Pick<Storage, "getItem">} storage a browser may refuse even to name it
 * @param {string} session_id
 * @returns {string[]}
 */
export function loadMuted(storage, session_id) {
  return loadAll(storage).find((muted) => muted.session_id === session_id)?.names ?? [];
}

/**
 * @param {() => Pick<Storage, "getItem" | "setItem">} storage
 * @param {string} session_id
 * @param {readonly string[]} names
 */
export function saveMuted(storage, session_id, names) {
  const others = loadAll(storage).filter((muted) => muted.session_id !== session_id);
  const own = names.length === 0 ? [] : [{ session_id, names }];
  const sessions = [...own, ...others].slice(0, MAX_SESSIONS);
  try {
    storage().setItem(KEY, JSON.stringify({ v: 1, sessions }));
  } catch {
    // Private windows refuse to store; what is muted then lasts as long as the page.
  }
}

/**
 * @param {() => Pick<Storage, "getItem">} storage
 * @returns {Muted[]} the one saved last at first
 */
function loadAll(storage) {
  try {
    /** @type {unknown} */
    const stored = JSON.parse(storage().getItem(KEY) ?? "{}");
    if (!isObject(stored) || field(stored, "v") !== 1) return [];
    const sessions = field(stored, "sessions");
    return Array.isArray(sessions) ? sessions.flatMap(readSession) : [];
  } catch {
    return [];
  }
}

/**
 * @param {unknown} entry
 * @returns {Muted[]} one, or none
 */
function readSession(entry) {
  if (!isObject(entry)) return [];
  const session_id = field(entry, "session_id");
  const names = field(entry, "names");
  if (typeof session_id !== "string" || !isSessionId(session_id) || !Array.isArray(names))
    return [];
  const read = names.filter((name) => typeof name === "string" && NAME.test(name));
  return [{ session_id, names: [...new Set(read)] }];
}
