/** The page's own clock, and the bridge's as it is read from this page. */

/** Shorter jumps of the wall clock are corrections; a longer one is a machine that slept. */
const JUMP_MS = 5000;
const SAMPLES = 10;

/**
 * A steady clock that goes on while the machine sleeps. `performance.now()` stands still then in
 * most browsers, and numbers of before would look young.
 * @param {() => number} steady ms
 * @param {() => number} wall ms since 1970
 * @returns {() => number}
 */
export function steadyClock(steady, wall) {
  let slept_ms = 0;
  let apart_ms = wall() - steady();
  return () => {
    const now_ms = steady();
    const jump_ms = wall() - now_ms - apart_ms;
    apart_ms += jump_ms;
    if (jump_ms > JUMP_MS) slept_ms += jump_ms;
    return now_ms + slept_ms;
  };
}

/** Maps the bridge's time (ms since 1970) to the page's own steady clock. */
export class BridgeClock {
  /** @type {number[]} */
  #offsets = [];

  /** Another bridge may answer after a reconnect, with another clock. */
  reset() {
    this.#offsets = [];
  }

  /**
   * @param {number} bridge_ms
   * @param {number} now_ms
   */
  sample(bridge_ms, now_ms) {
    if (!Number.isFinite(bridge_ms)) return;
    this.#offsets.push(bridge_ms - now_ms);
    if (this.#offsets.length > SAMPLES) this.#offsets.shift();
  }

  /**
   * The page's time of a moment of the bridge.
   * @param {number} bridge_ms
   * @param {number} now_ms the answer when the bridge's clock is not known yet
   */
  toLocal(bridge_ms, now_ms) {
    if (this.#offsets.length === 0 || !Number.isFinite(bridge_ms)) return now_ms;
    // A frame that was held up makes the bridge look behind, so the largest offset is the truest.
    return bridge_ms - Math.max(...this.#offsets);
  }
}
