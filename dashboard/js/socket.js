/**
 * The connection to the bridge: it comes back for ever, whatever ends it.
 *
 * The only module that knows the WebSocket, and the only one that trusts JSON.
 */

/** @import { BridgeFrame, LinkState } from "./types.js" */

export const RECONNECT_ATTEMPTS = Infinity;
/** The bridge sends a heartbeat each second, so this much silence is a dead connection. */
export const SILENCE_MS = 5000;
const MAX_DELAY_MS = 15_000;
const TICK_MS = 1000;

/** @typedef {{ send: (text: string) => void, close: () => void }} Socket */
/**
 * @typedef {object} SocketEvents
 * @property {() => void} onOpen
 * @property {(text: unknown) => void} onText
 * @property {() => void} onClose
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
 * @property {(frame: BridgeFrame) => void} onFrame
 * @property {(state: LinkState) => void} onState
 */

export class Connection {
  /** @type {LinkState} */
  state = "connecting";

  /** @type {number | null} */
  #max_hz = null;
  /** @type {Socket | null} */
  #socket = null;
  #is_open = false;
  #heard_ms = 0;
  #attempts = 0;
  // Events of a socket that was given up come late; they carry its number and are not heard.
  #generation = 0;
  /** @type {() => void} */
  #cancel = () => {};

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
    if (this.#socket === null || this.#is_silent()) {
      this.#hangUp();
      this.#dial();
    }
  }

  #dial() {
    this.#generation += 1;
    const generation = this.#generation;
    const isCurrent = () => generation === this.#generation;
    this.#heard_ms = this.#world.now();
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
      onClose: () => {
        if (isCurrent()) this.#lose();
      },
    });
  }

  #join() {
    const { session_id } = this.#options;
    const rate = this.#max_hz === null ? {} : { max_hz: this.#max_hz };
    this.#socket?.send(JSON.stringify({ type: "join_session", session_id, ...rate }));
  }

  /** @param {unknown} text */
  #hear(text) {
    const frame = decode(text);
    if (frame === null) return;
    this.#heard_ms = this.#world.now();
    // Only a frame proves a bridge that works; one that accepts and closes must not be hammered.
    this.#attempts = 0;
    this.#options.onFrame(frame);
    this.#become("connected");
  }

  #watch() {
    this.#cancel();
    this.#cancel = this.#world.after(TICK_MS, () => {
      if (this.#is_silent()) this.#lose();
      else this.#watch();
    });
  }

  #is_silent() {
    return this.#world.now() - this.#heard_ms > SILENCE_MS;
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
    this.#is_open = false;
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
  open(url, { onOpen, onText, onClose }) {
    const socket = new WebSocket(url);
    socket.onopen = onOpen;
    socket.onmessage = (event) => onText(event.data);
    socket.onclose = onClose;
    return socket;
  },
  after(ms, run) {
    const timer = setTimeout(run, ms);
    return () => clearTimeout(timer);
  },
  now: () => performance.now(),
  random: Math.random,
};

/**
 * The bridge's WebSocket at the address that the page came from.
 * @param {{ protocol: string, host: string }} location
 */
export function socketUrl({ protocol, host }) {
  return `${protocol === "https:" ? "wss:" : "ws:"}//${host}/ws`;
}
