/**
 * All that the bridge has said about the session. No I/O and no clock: time is an argument.
 */

/** @import { Arrival, BridgeFrame, Envelope, Kept, Snapshot, Value } from "./types.js" */

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
  /**
   * When the newest value came that this browser kept, ms since 1970 and by the page's clock; null
   * as soon as the bridge has said what there is.
   * @type {{ at: number, at_ms: number } | null}
   */
  kept = null;
  /** Whether the bridge has said that nothing is left of the session. */
  is_removed = false;
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

  /** What is held, each with when it came, by the page's clock. */
  *values() {
    for (const monitor of this.monitors.values()) yield* monitor.values();
    yield* this.laps.values();
  }

  /**
   * Show what this browser kept, until the bridge says what there is.
   * @param {Kept} kept
   * @param {number} now_ms by the page's steady clock
   * @param {number} wall_ms the same moment, ms since 1970
   */
  restore({ active, values }, now_ms, wall_ms) {
    if (values.length === 0) return;
    this.revision += 1;
    this.active = active;
    const toLocal = (/** @type {number} */ at) => now_ms - (wall_ms - at);
    const newest = values.reduce((last, { at }) => Math.max(last, at), -Infinity);
    this.kept = { at: newest, at_ms: toLocal(newest) };
    for (const { at, value } of values) this.#put(value, toLocal(at), now_ms);
  }

  /**
   * @param {BridgeFrame} frame
   * @param {number} now_ms by the page's steady clock
   * @param {boolean} [is_settled] whether a snapshot holds all that there is
   */
  accept(frame, now_ms, is_settled = false) {
    this.revision += 1;
    switch (frame.type) {
      case "snapshot":
        return this.#replay(frame, now_ms, is_settled);
      case "upstream":
        this.has_broker = frame.connected;
        return;
      case "active":
        this.active = frame.monitor_id;
        return;
      case "removed":
        this.#remove(frame.monitor_id, frame.channel);
        this.is_removed = this.monitors.size === 0;
        return;
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
   * @param {boolean} is_settled
   */
  #replay(snapshot, now_ms, is_settled) {
    const { upstream, values } = snapshot;
    this.#clock.reset();
    this.#clock.sample(snapshot.now, now_ms);
    this.has_snapshot = true;
    this.has_broker = upstream.connected;
    this.error = null;
    // A bridge without its broker that holds nothing does not know better than this browser.
    const knows = upstream.connected || values.length > 0;
    if (this.kept !== null && !knows) return;
    if (this.kept !== null) this.#forgetKept();
    this.active = snapshot.active;
    // A cold bridge's snapshot may lack what it will send in a moment; a settled one's does not.
    if (is_settled && upstream.connected) {
      this.#removeOthers(values);
      this.is_removed = this.monitors.size === 0;
    }
    for (const value of values) this.#take(value, now_ms);
  }

  #forgetKept() {
    this.kept = null;
    this.monitors.clear();
    this.laps.clear();
  }

  /** @param {Value[]} values all that there is */
  #removeOthers(values) {
    const there = new Set(values.map(({ monitor_id, channel }) => `${monitor_id} ${channel}`));
    for (const { monitor_id, channel } of [...this.values()]) {
      if (!there.has(`${monitor_id} ${channel}`)) this.#remove(monitor_id, channel);
    }
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
    this.is_removed = false;
    this.#put(value, at_ms, now_ms);
  }

  /**
   * @param {Value} value
   * @param {number} at_ms
   * @param {number} now_ms
   */
  #put(value, at_ms, now_ms) {
    const monitor = this.#monitor(value.monitor_id, now_ms);
    switch (value.channel) {
      case "telemetry":
        return monitor.offerTelemetry(value, at_ms);
      case "status":
        return monitor.offerStatus(value, at_ms);
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
