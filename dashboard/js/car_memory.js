/** What was changed on the car, setup and in-car settings, kept in this browser by session. */

/** @import { Stamp } from "./change_age.js" */
/** @import { Monitor } from "./monitor.js" */
/** @import { LocalShelf } from "./shelf.js" */
/** @import { Store } from "./store.js" */
/** @import { BridgeFrame } from "./types.js" */

import { SettingsHistory } from "./settings_history.js";
import { SetupHistory } from "./setup_history.js";

export class CarMemory {
  setups;
  settings = new SettingsHistory();
  /** Rises with each revision of a setup and each change of a setting. */
  revision = 0;

  #session_id;
  #shelf;
  #changes = this.settings.changes;

  /**
   * @param {string} session_id
   * @param {Pick<LocalShelf, "load" | "save">} shelf
   */
  constructor(session_id, shelf) {
    this.#session_id = session_id;
    this.#shelf = shelf;
    this.setups = new SetupHistory(session_id);
    this.setups.restore(parsed(shelf.load(session_id, "setups")));
    this.settings.restore(parsed(shelf.load(session_id, "settings")));
    this.#changes = this.settings.changes;
  }

  /**
   * Take a frame that the store has just accepted.
   * @param {BridgeFrame} frame
   * @param {Store} store
   * @param {number} now_ms by the page's steady clock
   * @param {number} wall_ms the same moment, ms since 1970
   */
  accept(frame, store, now_ms, wall_ms) {
    if (frame.type === "snapshot" || frame.type === "setup_update") {
      this.follow(store, now_ms, wall_ms);
    }
    if (frame.type !== "telemetry_update" || frame.retained) return;
    const monitor = store.shown;
    if (monitor === null || monitor.telemetry.held?.data !== frame.data) return;
    const { telemetry } = frame.data;
    const { run = null, lap = null } = telemetry;
    this.settings.offer(monitor.id, telemetry, { run, lap, at: wall_ms });
    if (this.settings.changes === this.#changes) return;
    this.#changes = this.settings.changes;
    this.#save("settings", this.settings);
  }

  /**
   * @param {Store} store
   * @param {number} now_ms by the page's steady clock
   * @param {number} wall_ms the same moment, ms since 1970
   */
  follow(store, now_ms, wall_ms) {
    let is_new = false;
    for (const monitor of store.monitors.values()) {
      const { held } = monitor.setup;
      if (held === null) continue;
      const known = this.setups.of(monitor.id).at(-1);
      const at = wall_ms - (now_ms - held.at_ms);
      this.setups.offer(held.data, stampOf(monitor, held.retained, at));
      is_new ||= this.setups.of(monitor.id).at(-1) !== known;
    }
    if (is_new) this.#save("setups", this.setups);
  }

  /**
   * @param {"setups" | "settings"} part
   * @param {SetupHistory | SettingsHistory} history
   */
  #save(part, history) {
    this.revision += 1;
    this.#shelf.save(this.#session_id, part, JSON.stringify(history));
  }
}

/**
 * When a setup was changed; the lap only if somebody saw it.
 * @param {Monitor} monitor
 * @param {boolean} is_replayed
 * @param {number} at ms since 1970
 * @returns {Stamp}
 */
function stampOf(monitor, is_replayed, at) {
  const car = is_replayed ? null : monitor.telemetry.held?.data.telemetry;
  return { run: car?.run ?? null, lap: car?.lap ?? null, at };
}

/** @param {string | null} text */
function parsed(text) {
  try {
    /** @type {unknown} */
    const value = JSON.parse(text ?? "null");
    return value;
  } catch {
    return null;
  }
}
