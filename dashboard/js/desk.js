/** What the reader has set - preferences, limits, what is muted - and the alerts that follow. */

/** @import { ActiveAlert } from "./alert_types.js" */
/** @import { Step } from "./alerts.js" */
/** @import { CarMemory } from "./car_memory.js" */
/** @import { Prefs } from "./prefs.js" */
/** @import { Store } from "./store.js" */
/** @import { Thresholds } from "./thresholds.js" */
/** @import { View } from "./types.js" */

import { alertInput } from "./alert_input.js";
import { loadMuted, saveMuted } from "./alert_mutes.js";
import { Alerts } from "./alerts.js";
import { mergedNames, mergedPrefs, mergedThresholds } from "./choices.js";
import { loadPrefs, savePrefs } from "./prefs.js";
import { loadThresholds, saveThresholds } from "./thresholds.js";

/**
 * A browser may refuse even to name it.
 * @typedef {() => Pick<Storage, "getItem" | "setItem">} Storing
 */

export class Desk {
  /** Rises with each choice of the reader. */
  revision = 0;
  /** ms since 1970 when the steady clock of the alerts was 0. */
  wall_offset_ms = 0;
  prefs;
  thresholds;
  /** @type {Step} */
  alerts = { active: [], raised: [], cleared: [], log: [] };
  /** @type {(raised: readonly ActiveAlert[], view: View) => void} */
  onRaised = () => {};

  #session_id;
  #storage;
  #watch;

  /**
   * @param {string} session_id
   * @param {Storing} storage
   */
  constructor(session_id, storage) {
    this.#session_id = session_id;
    this.#storage = storage;
    this.prefs = loadPrefs(storage);
    this.thresholds = loadThresholds(storage);
    this.#watch = new Alerts(loadMuted(storage, session_id));
  }

  /** Names of rules. */
  get muted() {
    return this.#watch.muted;
  }

  /**
   * Look for what is wrong.
   * @param {Store} store
   * @param {View} view of the store at *now_ms*
   * @param {CarMemory} memory
   * @param {number} now_ms by the page's steady clock
   * @param {number} wall_ms the same moment, ms since 1970
   */
  judge(store, view, memory, now_ms, wall_ms) {
    const changes = memory.setups.sinceLast(view.monitor_id ?? "");
    this.wall_offset_ms = wall_ms - now_ms;
    this.alerts = this.#watch.step(alertInput(store, view, changes, now_ms), now_ms);
    if (this.alerts.raised.length > 0) this.onRaised(this.alerts.raised, view);
  }

  /** @param {Prefs} prefs */
  changePrefs(prefs) {
    savePrefs(this.#storage, mergedPrefs(loadPrefs(this.#storage), this.prefs, prefs));
    this.prefs = prefs;
    this.revision += 1;
  }

  /** @param {Thresholds} thresholds */
  changeThresholds(thresholds) {
    const stored = loadThresholds(this.#storage);
    saveThresholds(this.#storage, mergedThresholds(stored, this.thresholds, thresholds));
    this.thresholds = thresholds;
    this.revision += 1;
  }

  /**
   * @param {string} name of a rule
   * @param {boolean} is_muted
   */
  mute(name, is_muted) {
    const before = [...this.muted];
    this.#watch.mute(name, is_muted);
    this.revision += 1;
    const stored = loadMuted(this.#storage, this.#session_id);
    saveMuted(this.#storage, this.#session_id, mergedNames(stored, before, [...this.muted]));
  }

  /** @param {string} id of an alert */
  acknowledge(id) {
    this.#watch.acknowledge(id);
    this.revision += 1;
  }
}
