/**
 * The connection to the bridge: it comes back for ever, whatever ends it.
 *
 * The only module that trusts JSON.
 */

/** @import { BridgeFrame, Limited, LinkState } from "./types.js" */

import { joinText, openSocket } from "./web_socket.js";

export const RECONNECT_ATTEMPTS = Infinity;
/** The bridge sends a heartbeat every two seconds at least, so this much silence is a dead connection. */
const SILENCE_MS = 5000;
/** An attempt that is younger may still be answered when the network comes back under it. */
const PATIENCE_MS = 1000;
const MAX_DELAY_MS = 15_000;
const TICK_MS = 500;
/** A bridge that came back has, by then, all that the broker holds. */
const SETTLE_MS = 2000;
const TOO_SLOW = 4008;
/** What is asked for after each `TOO_SLOW`. */
const SLOWER_HZ = [10, 5, 2, 1];

/** @typedef {{ send: (text: string) => void, close: () => void }} Socket */
/**
 * @typedef {object} SocketEvents
 * @property {() => void} onOpen
 * @property {(text: unknown) => void} onText
 * @property {(code?: number) => void} onClose
 */

/**
 * What the connection needs of its surroundings.
 * @typedef {object} World
 * @property {(url: string, events: SocketEvents) => Socket} open
 * @property {(ms: number, run: () => void) => () => void} after returns what cancels it
 * @property {() => number} now steady, ms
 * @property {() => number} random 0 to 1
 */

/**
 * @typedef {object} Options
 * @property {string} url
 * @property {string} session_id
 * @property {(frame: BridgeFrame, is_settled: boolean) => void} onFrame a snapshot of a settled
 *   bridge holds all that there is
 * @property {(state: LinkState) => void} onState
 */

export class Connection {
  /** @type {LinkState} */
  state = "connecting";
  /**
   * How often to measure the round trip; null is never.
   * @type {number | null}
   */
  ping_ms = null;

  /** @type {number | null} */
  #max_hz = null;
  #too_slow = 0;
  /** @type {Socket | null} */
  #socket = null;
  #is_open = false;
  #has_snapshot = false;
  #is_first = true;
  #is_settled = false;
  #heard_ms = 0;
  #pinged_ms = 0;
  #attempts = 0;
  // Events of a socket that was given up come late; they carry its number and are not heard.
  #generation = 0;
  /** @type {() => void} */
  #cancel = () => {};
  /** @type {() => void} */
  #cancelRequest = () => {};

  #options;
  #world;

  /**
   * @param {Options} options
   * @param {World} world
   */
  constructor(options, world) {
    this.#options = options;
    this.#world = world;
  }

  start() {
    this.#dial();
  }

  /**
   * What keeps the bridge from sending all frames here; null when nothing does.
   * @returns {Limited | null}
   */
  get limited() {
    const slower_hz = SLOWER_HZ[this.#too_slow - 1] ?? Infinity;
    const asked_hz = this.#max_hz ?? Infinity;
    const max_hz = Math.min(asked_hz, slower_hz);
    if (max_hz === Infinity) return null;
    return { max_hz, reason: slower_hz < asked_hz ? "too slow" : "asked" };
  }

  /**
   * Ask for at most so many frames a second; null for all.
   * @param {number | null} max_hz
   */
  limit(max_hz) {
    if (max_hz === this.#max_hz) return;
    this.#max_hz = max_hz;
    if (this.#is_open) this.#join();
  }

  /** The network or the tab is back: do not sit out a delay. */
  wake() {
    const patience_ms = this.#has_snapshot ? SILENCE_MS : PATIENCE_MS;
    if (this.#socket !== null && !this.#isSilent(patience_ms)) return;
    this.#hangUp();
    this.#attempts = 0;
    this.#too_slow = 0;
    this.#dial();
    if (this.state === "connected") this.#become("lost");
  }

  #dial() {
    this.#generation += 1;
    const generation = this.#generation;
    const isCurrent = () => generation === this.#generation;
    this.#heard_ms = this.#world.now();
    // While it loads a page is too busy to measure anything but itself.
    this.#pinged_ms = this.#heard_ms;
    this.#attempts += 1;
    this.#watch();
    this.#socket = this.#world.open(this.#options.url, {
      onOpen: () => {
        if (!isCurrent()) return;
        this.#is_open = true;
        this.#join();
      },
      onText: (text) => {
        if (isCurrent()) this.#hear(text);
      },
      onClose: (code) => {
        if (!isCurrent()) return;
        if (code === TOO_SLOW) this.#too_slow = Math.min(this.#too_slow + 1, SLOWER_HZ.length);
        this.#lose();
      },
    });
  }

  #join() {
    const { session_id } = this.#options;
    this.#socket?.send(joinText(session_id, this.limited?.max_hz));
  }

  /** @param {unknown} text */
  #hear(text) {
    const frame = decode(text);
    if (frame === null) return;
    this.#heard_ms = this.#world.now();
    this.#options.onFrame(frame, this.#is_settled);
    // An error comes before a close. Only another frame proves a bridge that works; one that
    // accepts and closes must not be hammered.
    if (frame.type === "error") return;
    this.#attempts = 0;
    if (frame.type === "upstream") this.#settle(frame.connected);
    if (frame.type === "snapshot" && !this.#has_snapshot) {
      this.#has_snapshot = true;
      this.#settle(!this.#is_first);
      this.#is_first = false;
    }
    this.#become("connected");
  }

  /**
   * What was removed meanwhile is only missing, and a bridge that has just come back misses what
   * will follow: so it is asked once more when it must have everything.
   * @param {boolean} is_due
   */
  #settle(is_due) {
    this.#is_settled = false;
    this.#cancelRequest();
    if (!is_due) return;
    this.#cancelRequest = this.#world.after(SETTLE_MS, () => {
      this.#is_settled = true;
      this.#send({ type: "request_latest", session_id: this.#options.session_id });
    });
  }

  #watch() {
    this.#cancel();
    this.#cancel = this.#world.after(TICK_MS, () => {
      if (this.#isSilent(SILENCE_MS)) {
        this.#lose();
        return;
      }
      this.#ping();
      this.#watch();
    });
  }

  #ping() {
    const t = this.#world.now();
    if (!this.#is_open || this.ping_ms === null || t - this.#pinged_ms < this.ping_ms) return;
    this.#pinged_ms = t;
    this.#send({ type: "ping", t });
  }

  /** @param {object} frame */
  #send(frame) {
    this.#socket?.send(JSON.stringify(frame));
  }

  /** @param {number} patience_ms */
  #isSilent(patience_ms) {
    return this.#world.now() - this.#heard_ms > patience_ms;
  }

  #lose() {
    this.#hangUp();
    if (this.#attempts < RECONNECT_ATTEMPTS) {
      const delay_ms = Math.min(MAX_DELAY_MS, 1000 * 2 ** Math.max(0, this.#attempts - 1));
      // All browsers lose a restarted bridge at once; they must not all come back at once.
      const jitter = 0.8 + 0.4 * this.#world.random();
      this.#cancel = this.#world.after(delay_ms * jitter, () => this.#dial());
    }
    this.#become("lost");
  }

  #hangUp() {
    this.#generation += 1;
    this.#cancel();
    this.#cancelRequest();
    this.#is_open = false;
    this.#has_snapshot = false;
    this.#is_settled = false;
    const socket = this.#socket;
    this.#socket = null;
    socket?.close();
  }

  /** @param {LinkState} state */
  #become(state) {
    if (state === this.state) return;
    this.state = state;
    this.#options.onState(state);
  }
}

/**
 * The bridge checks every message against the contract, so a frame is taken for what it says it is.
 * @param {unknown} text
 * @returns {BridgeFrame | null}
 */
export function decode(text) {
  if (typeof text !== "string") return null;
  try {
    /** @type {unknown} */
    const frame = JSON.parse(text);
    if (typeof frame !== "object" || frame === null || !("type" in frame)) return null;
    return /** @type {BridgeFrame} */ (frame);
  } catch {
    return null;
  }
}

/** @type {World} */
export const BROWSER = {
  open: openSocket,
  after(ms, run) {
    const timer = setTimeout(run, ms);
    return () => clearTimeout(timer);
  },
  now: () => performance.now(),
  random: Math.random,
};
