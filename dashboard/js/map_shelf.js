/** Maps of tracks in the browser's `localStorage`, the newest few. What is loaded may be anything. */

/** @import { SavedMap } from "./track_map.js" */

const KEY = "pitboard.maps";
export const MAX_MAPS = 8;

export class MapShelf {
  #storage;

  /** @param {() => Pick<Storage, "getItem" | "setItem">} storage a browser may refuse even to name it */
  constructor(storage) {
    this.#storage = storage;
  }

  /**
   * @param {string} key
   * @returns {unknown} null if there is none
   */
  load(key) {
    return this.#entries().find(([name]) => name === key)?.[1] ?? null;
  }

  /**
   * @param {string} key
   * @param {SavedMap} map
   */
  save(key, map) {
    const entries = this.#entries().filter(([name]) => name !== key);
    entries.unshift([key, map]);
    entries.splice(MAX_MAPS);
    // Where there is no room for all, the track that is driven is worth most.
    if (!this.#write(entries)) this.#write(entries.slice(0, 1));
  }

  /** @param {[string, unknown][]} entries */
  #write(entries) {
    try {
      this.#storage().setItem(KEY, JSON.stringify(entries));
      return true;
    } catch {
      return false;
    }
  }

  /** @returns {[string, unknown][]} */
  #entries() {
    /** @type {unknown} */
    let stored;
    try {
      stored = JSON.parse(this.#storage().getItem(KEY) ?? "[]");
    } catch {
      return [];
    }
    if (!Array.isArray(stored)) return [];
    /** @type {[string, unknown][]} */
    const entries = [];
    for (const entry of stored) {
      const [name, map] = Array.isArray(entry) ? entry : [];
      if (typeof name === "string") entries.push([name, map]);
    }
    return entries;
  }
}
