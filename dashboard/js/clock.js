/** The bridge's clock, read from this page. */

const SAMPLES = 10;

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
