/** What one monitor has said; nothing of another one is ever in here. */

/** @import { Age, Arrival, Envelope, MetaMessage, MonitorState, SetupMessage, StatusMessage, TelemetryMessage } from "./types.js" */

import { Slot } from "./slot.js";

/** Two heartbeats and a little: no broker delivers a will when its own machine dies. */
const LOST_AFTER_MS = 22_000;

export class Monitor {
  /** @type {Slot<StatusMessage>} */
  status = new Slot((message) => message.state === "lost");
  /** @type {Slot<MetaMessage>} */
  meta = new Slot();
  /** @type {Slot<SetupMessage>} */
  setup = new Slot();
  /** @type {Slot<TelemetryMessage>} */
  telemetry = new Slot();

  /**
   * Bridge's clock minus monitor's; the smallest seen carries the least of the network's delay.
   * @type {number | null}
   */
  skew_ms = null;

  /** @type {number | null} */
  #live_ms = null;
  /** @type {number | null} */
  #live_telemetry_ms = null;
  /**
   * The newest moment that anything here was made, an estimate.
   * @type {number | null}
   */
  #made_ms = null;
  #since_ms;
  /** @type {string | null} */
  #driver = null;

  /**
   * @param {string} id
   * @param {number} now_ms
   */
  constructor(id, now_ms) {
    this.id = id;
    this.#since_ms = now_ms;
  }

  /** Whether nothing but laps is known of it. */
  get is_empty() {
    const slots = [this.status, this.meta, this.setup, this.telemetry];
    return slots.every(({ held }) => held === null);
  }

  /**
   * The retained value of a channel was cleared on the broker.
   * @param {string} channel
   */
  forget(channel) {
    if (channel === "status") this.status.held = null;
    if (channel === "meta") this.meta.held = null;
    if (channel === "setup") this.setup.held = null;
    if (channel === "telemetry") this.telemetry.held = null;
  }

  /** What is held, each with when it came, by the page's clock. */
  *values() {
    const { id: monitor_id, status, meta, setup, telemetry } = this;
    for (const [channel, { held }] of Object.entries({ status, meta, setup, telemetry })) {
      if (held !== null) yield { channel, monitor_id, at_ms: held.at_ms, data: held.data };
    }
  }

  /**
   * Take note of a message, of any channel, that came or was replayed.
   * @param {Arrival<Envelope>} arrival
   * @param {(bridge_ms: number) => number} toLocal
   * @returns {number} when it came or, replayed, about when it was made, by the page's clock
   */
  hear({ received_at, retained, data }, toLocal) {
    const made_ms = Date.parse(data.timestamp);
    if (retained) {
      const at_ms = toLocal(made_ms + (this.skew_ms ?? 0));
      this.#made_ms = Math.max(this.#made_ms ?? at_ms, at_ms);
      return at_ms;
    }
    const at_ms = toLocal(received_at);
    this.#live_ms = Math.max(this.#live_ms ?? at_ms, at_ms);
    const skew_ms = received_at - made_ms;
    if (Number.isFinite(skew_ms)) this.skew_ms = Math.min(this.skew_ms ?? skew_ms, skew_ms);
    return at_ms;
  }

  /**
   * Who drives; of a lost monitor who drove, because a will names nobody.
   * @returns {string | null}
   */
  get driver() {
    const status = this.status.held?.data;
    return status?.driver ?? (status?.state === "lost" ? this.#driver : null);
  }

  /**
   * @param {Arrival<StatusMessage>} arrival
   * @param {number} at_ms
   */
  offerStatus(arrival, at_ms) {
    const { state, driver } = arrival.data;
    if (this.status.offer(arrival, at_ms) && state !== "lost") this.#driver = driver ?? null;
  }

  /**
   * @param {Arrival<TelemetryMessage>} arrival
   * @param {number} at_ms
   */
  offerTelemetry(arrival, at_ms) {
    if (!this.telemetry.offer(arrival, at_ms)) return;
    if (!arrival.retained) this.#live_telemetry_ms = at_ms;
  }

  /**
   * How long nothing live has come. A replayed frame never shortens it.
   * @param {number} now_ms
   * @returns {Age | null}
   */
  quiet(now_ms) {
    if (this.#live_telemetry_ms !== null) {
      return { ms: Math.max(0, now_ms - this.#live_telemetry_ms), is_estimate: false };
    }
    return this.age(now_ms);
  }

  /**
   * The age of the frame on show; of a replayed one it is an estimate.
   * @param {number} now_ms
   * @returns {Age | null}
   */
  age(now_ms) {
    const held = this.telemetry.held;
    if (held === null) return null;
    return { ms: Math.max(0, now_ms - held.at_ms), is_estimate: held.retained };
  }

  /**
   * The state it gave, or `lost` when a monitor that said it is there has gone silent.
   * @param {number} now_ms
   * @returns {MonitorState | null}
   */
  state(now_ms) {
    const said = this.status.held?.data.state ?? null;
    if (said === "offline" || said === "lost") return said;
    return now_ms - this.#heardMs() > LOST_AFTER_MS ? "lost" : said;
  }

  #heardMs() {
    const made_ms = this.#made_ms ?? -Infinity;
    // A clock that live messages have shown dates what was made while nobody listened.
    if (this.#live_ms !== null) return Math.max(this.#live_ms, made_ms);
    return Math.min(this.#made_ms ?? this.#since_ms, this.#since_ms);
  }
}
