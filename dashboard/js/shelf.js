/**
 * Kept texts in the browser's `localStorage`: it answers at once when a page opens, and a page that
 * closes can still write.
 *
 * A session's id is the key to it, so only a handful are held and no list is offered.
 */

/** @import { Part } from "./kept.js" */

import { isSessionId } from "./session_id.js";

export const MAX_SESSIONS = 5;
const INDEX = "pitboard.kept";

/** @typedef {Pick<Storage, "getItem" | "setItem" | "removeItem" | "key" | "length">} Items */

export class LocalShelf {
  #items;

  /** @param {() => Items} items a browser may refuse even to name it */
  constructor(items) {
    this.#items = items;
  }

  /**
   * @param {string} session_id
   * @param {Part} part
   * @returns {string | null}
   */
  load(session_id, part) {
    try {
      return this.#items().getItem(keyOf(session_id, part));
    } catch {
      return null;
    }
  }

  /**
   * The session becomes the newest; the oldest beyond a few are dropped.
   * @param {string} session_id
   * @param {Part} part
   * @param {string} text
   */
  save(session_id, part, text) {
    try {
      const items = this.#items();
      this.#keepOnly(items, [session_id, ...others(items, session_id)].slice(0, MAX_SESSIONS));
      try {
        items.setItem(keyOf(session_id, part), text);
      } catch {
        // It is full. What is watched now is worth more than what was.
        this.#keepOnly(items, [session_id]);
        items.setItem(keyOf(session_id, part), text);
      }
    } catch {
      // Private windows refuse to store; the page works without.
    }
  }

  /** @param {string} session_id */
  drop(session_id) {
    try {
      const items = this.#items();
      this.#keepOnly(items, others(items, session_id));
    } catch {
      // Nothing was stored.
    }
  }

  /**
   * @param {Items} items
   * @param {string[]} ids newest first
   */
  #keepOnly(items, ids) {
    const index = JSON.stringify(ids);
    if (items.getItem(INDEX) === index) return;
    items.setItem(INDEX, index);
    const keys = Array.from({ length: items.length }, (_, i) => items.key(i) ?? "");
    for (const key of keys) {
      const [id = ""] = key.startsWith(`${INDEX}.`) ? key.slice(INDEX.length + 1).split(".") : [];
      if (id !== "" && !ids.includes(id)) items.removeItem(key);
    }
  }
}

/**
 * @param {Items} items
 * @param {string} session_id
 * @returns {string[]} the other sessions, newest first
 */
function others(items, session_id) {
  /** @type {unknown} */
  let index;
  try {
    index = JSON.parse(items.getItem(INDEX) ?? "[]");
  } catch {
    return [];
  }
  if (!Array.isArray(index)) return [];
  const ids = index.filter((id) => typeof id === "string" && isSessionId(id) && id !== session_id);
  return [...new Set(ids)];
}

/**
 * @param {string} session_id
 * @param {Part} part
 */
function keyOf(session_id, part) {
  return `${INDEX}.${session_id}.${part}`;
}
