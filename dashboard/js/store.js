/**
 * All that the bridge has said about the session. No I/O and no clock: time is an argument.
 */

/** @import { Arrival, BridgeFrame, Envelope, Snapshot, Value } from "./types.js" */

import { BridgeClock } from "./clock.js";
import { LapTable } from "./laps.js";
import { Monitor } from "./monitor.js";

export class Store {
  /** @type {Map<string, Monitor>} */
  monitors = new Map();
  laps = new LapTable();
  /** @type {string | null} */
  active = null;
  has_broker = true;
  has_snapshot = false;
  /** @type {{ text: string, at_ms: number } | null} */
  error = null;
  /** Rises with each frame that may change the picture. */
  revision = 0;

  #clock = new BridgeClock();

  /** The monitor to show: the one in control or, when none ever said so, the only one. */
  get shown() {
    if (this.active !== null) return this.monitors.get(this.active) ?? null;
    if (this.monitors.size !== 1) return null;
    const [only] = this.monitors.values();
    return only ?? null;
  }

  /** The car's laps, oldest first. */
  rows() {
    return this.laps.rows((id) => this.monitors.get(id)?.skew_ms ?? 0);
  }

  /**
   * @param {BridgeFrame} frame
   * @param {number} now_ms by the page's steady clock
   */
  accept(frame, now_ms) {
    this.revision += 1;
    switch (frame.type) {
      case "snapshot":
        return this.#restore(frame, now_ms);
      case "upstream":
        this.has_broker = frame.connected;
        return;
      case "active":
        this.active = frame.monitor_id;
        return;
      case "removed":
        return this.#remove(frame.monitor_id, frame.channel);
      case "heartbeat":
        return this.#clock.sample(frame.t, now_ms);
      case "error":
        this.error = { text: frame.message, at_ms: now_ms };
        return;
      case "pong":
        return;
      default:
        return this.#take(asValue(frame), now_ms);
    }
  }

  /**
   * @param {Snapshot} snapshot
   * @param {number} now_ms
   */
  #restore(snapshot, now_ms) {
    this.#clock.reset();
    this.#clock.sample(snapshot.now, now_ms);
    this.has_snapshot = true;
    this.has_broker = snapshot.upstream.connected;
    this.active = snapshot.active;
    this.error = null;
    // A cold bridge's snapshot may lack what it will send in a moment, so nothing is cleared here.
    for (const value of snapshot.values) this.#take(value, now_ms);
  }

  /**
   * @param {Value | null} value
   * @param {number} now_ms
   */
  #take(value, now_ms) {
    if (value === null || !isMessage(value)) return;
    const monitor = this.#monitor(value.monitor_id, now_ms);
    // A clock that is ahead must not make a value young for ever: at the latest it came now.
    const at_ms = monitor.hear(value, (ms) => Math.min(now_ms, this.#clock.toLocal(ms, now_ms)));
    switch (value.channel) {
      case "telemetry":
        return monitor.offerTelemetry(value, at_ms);
      case "status":
        return void monitor.status.offer(value, at_ms);
      case "meta":
        return void monitor.meta.offer(value, at_ms);
      case "setup":
        return void monitor.setup.offer(value, at_ms);
      case "lap":
        return this.laps.offerLap(value.monitor_id, value, at_ms);
      default:
        // Channels may be added within v 1, and are not for this page.
        if (!value.channel.startsWith("laps/")) return;
        return this.laps.offerChunk(value.monitor_id, value.channel, value, at_ms);
    }
  }

  /**
   * @param {string} monitor_id
   * @param {number} now_ms
   */
  #monitor(monitor_id, now_ms) {
    const known = this.monitors.get(monitor_id);
    if (known !== undefined) return known;
    const monitor = new Monitor(monitor_id, now_ms);
    this.monitors.set(monitor_id, monitor);
    return monitor;
  }

  /**
   * @param {string} monitor_id
   * @param {string} channel
   */
  #remove(monitor_id, channel) {
    const monitor = this.monitors.get(monitor_id);
    if (monitor === undefined) return;
    if (channel === "lap" || channel.startsWith("laps/")) this.laps.remove(monitor_id, channel);
    else monitor.forget(channel);
    if (monitor.is_empty && !this.laps.has(monitor_id)) this.monitors.delete(monitor_id);
  }
}

/**
 * An update as the value of its channel.
 * @param {Exclude<BridgeFrame, { type: "snapshot" | "upstream" | "active" | "removed" | "heartbeat" | "pong" | "error" }>} frame
 * @returns {Value | null}
 */
function asValue(frame) {
  if (!isMessage(frame)) return null;
  const { received_at, retained } = frame;
  const rest = { monitor_id: frame.data.monitor_id, received_at, retained };
  switch (frame.type) {
    case "status_update":
      return { channel: "status", ...rest, data: frame.data };
    case "meta_update":
      return { channel: "meta", ...rest, data: frame.data };
    case "setup_update":
      return { channel: "setup", ...rest, data: frame.data };
    case "telemetry_update":
      return { channel: "telemetry", ...rest, data: frame.data };
    case "lap_update":
      return { channel: "lap", ...rest, data: frame.data };
    case "laps_update":
      return { channel: `laps/${frame.data.first / 100}`, ...rest, data: frame.data };
    default:
      // A frame type of a newer bridge.
      return null;
  }
}

/**
 * Whether there is an envelope: without one a message cannot be ordered.
 * @param {Arrival<Envelope>} arrival
 */
function isMessage({ data }) {
  return (
    typeof data === "object" &&
    data !== null &&
    typeof data.monitor_id === "string" &&
    Number.isInteger(data.birth) &&
    Number.isInteger(data.seq)
  );
}
