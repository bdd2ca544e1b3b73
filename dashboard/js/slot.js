/** The newest message of one channel of one monitor. */

/** @import { Arrival, Envelope } from "./types.js" */

/**
 * @template {Envelope} T
 * @typedef {{ data: T, retained: boolean, at_ms: number }} Held
 */

/**
 * Keeps a message unless it is older, by (`birth`, `seq`), than the one held.
 * @template {Envelope} T
 */
export class Slot {
  /** @type {Held<T> | null} */
  held = null;

  #birth = -1;
  #seq = -1;
  /** @type {(data: T) => boolean} */
  #is_will;

  /** @param {(data: T) => boolean} [is_will] whether a message was left with the broker at connect */
  constructor(is_will = () => false) {
    this.#is_will = is_will;
  }

  /**
   * @param {Arrival<T>} arrival
   * @param {number} at_ms when the message was made or came, by the page's clock
   * @returns {boolean} whether it was taken
   */
  offer(arrival, at_ms) {
    const { birth, seq } = arrival.data;
    if (!this.#isNews(arrival)) return false;
    // A will has seq 0; what it must not do is let an older message of its birth in after it.
    this.#seq = birth === this.#birth ? Math.max(this.#seq, seq) : seq;
    this.#birth = birth;
    this.held = { data: arrival.data, retained: arrival.retained, at_ms };
    return true;
  }

  /** @param {Arrival<T>} arrival */
  #isNews({ data, retained }) {
    if (data.birth !== this.#birth) return data.birth > this.#birth;
    if (this.#is_will(data)) return true;
    // The same message live after its replay: now its time of arrival is known.
    if (data.seq === this.#seq) return this.held?.retained === true && !retained;
    return data.seq > this.#seq;
  }
}
