/**
 * Records what the shown monitor sends live, for charts, deltas, the map and the trends.
 *
 * Each part parts one monitor's stream from the next by itself, so that the best lap and the map
 * of the car outlive a change of driver.
 */

/** @import { BridgeFrame, Meta, Telemetry } from "./types.js" */
/** @import { Outline } from "./outline.js" */
/** @import { Store } from "./store.js" */
/** @import { MapShelf } from "./map_shelf.js" */

import { LapTraces } from "./lap_trace.js";
import { Ring } from "./ring.js";
import { mapKey, TrackMap } from "./track_map.js";
import { StintTrends } from "./trend.js";

/** @type {Meta} */
const NOTHING = Object.freeze({});

const READERS = {
  speed: (/** @type {Telemetry} */ frame) => frame.speed,
  throttle: (/** @type {Telemetry} */ frame) => frame.throttle,
  brake: (/** @type {Telemetry} */ frame) => frame.brake,
  steering: (/** @type {Telemetry} */ frame) => frame.steering,
  gear: (/** @type {Telemetry} */ frame) => frame.gear,
  rpm: (/** @type {Telemetry} */ frame) => frame.rpm,
  lap: (/** @type {Telemetry} */ frame) => frame.lap,
  lap_distance: (/** @type {Telemetry} */ frame) => frame.lap_distance,
};
/** @typedef {keyof typeof READERS} Recorded */
/** @type {readonly Recorded[]} */
export const RECORDED = [
  "lap", "lap_distance", "speed", "throttle", "brake", "steering", "gear", "rpm",
];

export class Recorder {
  /** @type {Ring<Telemetry, Recorded>} */
  ring = new Ring(READERS);
  traces = new LapTraces();
  map = new TrackMap();
  trends = new StintTrends();
  /** Rises with each frame recorded. */
  revision = 0;

  #shelf;
  #meta = NOTHING;
  /** @type {Outline | null} */
  #kept = null;

  /** @param {Pick<MapShelf, "load" | "save">} shelf */
  constructor(shelf) {
    this.#shelf = shelf;
  }

  /**
   * Take a frame that the store has just accepted.
   * @param {BridgeFrame} frame
   * @param {Store} store
   */
  accept(frame, store) {
    this.follow(store);
    if (frame.type !== "telemetry_update" || frame.retained) return;
    const monitor = store.shown;
    // Held by the shown monitor: neither another's nor older than what has come.
    if (monitor === null || monitor.telemetry.held?.data !== frame.data) return;
    const { timestamp, telemetry } = frame.data;
    const at_ms = Date.parse(timestamp) + (monitor.skew_ms ?? 0);
    if (!this.ring.push(at_ms, monitor.id, telemetry)) return;
    this.traces.take(at_ms, monitor.id, telemetry, this.#meta);
    this.map.take(at_ms, monitor.id, telemetry, this.#meta);
    this.trends.take(at_ms, monitor.id, telemetry);
    this.revision += 1;
    this.#keepMap();
  }

  /**
   * The map of the track that the shown monitor names, from this browser if it has one.
   * @param {Store} store
   */
  follow(store) {
    const meta = store.shown?.meta.held?.data ?? NOTHING;
    if (meta === this.#meta) return;
    this.#meta = meta;
    this.map.follow(meta);
    const key = mapKey(meta);
    if (key === null || this.map.outline !== null) return;
    if (this.map.load(this.#shelf.load(key))) this.#kept = this.map.outline;
  }

  #keepMap() {
    const { outline } = this.map;
    if (outline === null || outline === this.#kept) return;
    this.#kept = outline;
    const key = mapKey(this.#meta);
    const saved = this.map.save();
    if (key !== null && saved !== null) this.#shelf.save(key, saved);
  }
}
