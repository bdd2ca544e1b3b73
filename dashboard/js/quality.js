/**
 * How good the way from the car to this page is, over the last minute. No I/O and no clock: times
 * are arguments.
 */

/** @import { BridgeFrame, Quality, QualityLevel, Spread } from "./types.js" */

import { BridgeClock } from "./clock.js";
import { NOT_MEASURED } from "./picture.js";

const WINDOW_MS = 60_000;
/** A minute of the fastest monitor, which sends 60 a second. */
const MAX_SAMPLES = 60 * 60;
/** One slow answer among fewer is chance. */
const MIN_PINGS = 3;
const REPORT_MS = 1000;

/**
 * The worst of the three decides; of round trip and age it is the 95th percentile, because a page
 * that is slow once a minute is slow.
 *
 * Good: at 2 Hz a number is replaced after 500 ms, so an answer in half of that, and an age within
 * it, are as new as the car sends; one frame in a hundred missing is none a minute.
 * Fair: a second there and back and two seconds of age are still in time for a call to the pits,
 * and well below the 5 s after which data counts as stale; one frame in twenty is one in ten
 * seconds.
 */
export const GOOD = { round_trip_ms: 250, age_ms: 500, lost_share: 0.01 };
export const FAIR = { round_trip_ms: 1000, age_ms: 2000, lost_share: 0.05 };

/** No way that works takes longer at its best, so what is more, or less than nothing, is a clock. */
const LONGEST_WAY_MS = 500;

/** Listens to what the bridge says while the page is in sight. */
export class QualityMeter {
  #clock = new BridgeClock();
  /** @type {Recent<number>} */
  #round_trips = new Recent();
  /** @type {Recent<number>} */
  #offsets = new Recent();
  /** @type {Recent<{ lost: number, received: number }>} */
  #counts = new Recent();
  /** @type {Map<string, Recent<{ to_bridge_ms: number, to_page_ms: number }>>} */
  #ways = new Map();
  #report = NOT_MEASURED;
  #reported_ms = -Infinity;
  /** @type {string | null} */
  #reported_id = null;

  /** The connection was lost: what was measured is of another one. */
  reset() {
    this.#clock.reset();
    this.#round_trips.clear();
    this.#offsets.clear();
    this.#counts.clear();
    this.#ways.clear();
    this.#reported_ms = -Infinity;
  }

  /**
   * @param {BridgeFrame} frame
   * @param {number} now_ms by the page's steady clock, which a `ping` carries
   * @param {number} wall_ms the same moment by the device's clock, ms since 1970
   */
  accept(frame, now_ms, wall_ms) {
    if (frame.type === "pong") {
      this.#round_trips.add(Math.max(0, now_ms - frame.t), now_ms);
    } else if (frame.type === "heartbeat") {
      this.#clock.sample(frame.t, now_ms);
      this.#offsets.add(frame.t - wall_ms, now_ms);
      this.#counts.add({ lost: frame.lost, received: frame.received }, now_ms);
    } else if (frame.type === "telemetry_update" && !frame.retained) {
      const to_bridge_ms = frame.received_at - Date.parse(frame.data.timestamp);
      if (!Number.isFinite(to_bridge_ms)) return;
      const to_page_ms = Math.max(0, now_ms - this.#clock.toLocal(frame.received_at, now_ms));
      const ways = this.#ways.get(frame.data.monitor_id) ?? new Recent();
      this.#ways.set(frame.data.monitor_id, ways);
      ways.add({ to_bridge_ms, to_page_ms }, now_ms);
    }
  }

  /**
   * At most once a second another one, so that its numbers can be read.
   * @param {string | null} monitor_id whose telemetry is shown
   * @param {number} now_ms
   * @returns {Quality}
   */
  report(monitor_id, now_ms) {
    if (monitor_id !== this.#reported_id || now_ms - this.#reported_ms >= REPORT_MS) {
      this.#reported_id = monitor_id;
      this.#reported_ms = now_ms;
      this.#report = this.#measure(monitor_id ?? "", now_ms);
    }
    return this.#report;
  }

  /**
   * @param {string} monitor_id
   * @param {number} now_ms
   * @returns {Quality}
   */
  #measure(monitor_id, now_ms) {
    const round_trips = this.#round_trips.values(now_ms);
    const ways = this.#ways.get(monitor_id)?.values(now_ms) ?? [];
    const offsets = this.#offsets.values(now_ms);
    // The clocks were set by heartbeats, whose own way counted as nothing.
    const half_ms = round_trips.length === 0 ? 0 : least(round_trips) / 2;
    const fastest_ms = ways.length === 0 ? 0 : least(ways.map(({ to_bridge_ms }) => to_bridge_ms));
    const is_clock_off = fastest_ms < 0 || fastest_ms > LONGEST_WAY_MS;
    const error_ms = is_clock_off ? fastest_ms : 0;
    const ages = ways.map((way) => way.to_bridge_ms - error_ms + way.to_page_ms + half_ms);
    const measured = {
      round_trip: round_trips.length < MIN_PINGS ? null : spread(round_trips),
      age: ages.length === 0 ? null : spread(ages),
      loss: lossOf(this.#counts.values(now_ms)),
    };
    return {
      ...measured,
      level: levelOf(measured),
      monitor_ahead_ms: ways.length === 0 ? null : 0 - error_ms,
      is_age_partial: is_clock_off,
      device_ahead_ms: offsets.length === 0 ? null : -(Math.max(...offsets) + half_ms),
    };
  }
}

/**
 * @param {Pick<Quality, "round_trip" | "age" | "loss">} measured
 * @returns {QualityLevel}
 */
export function levelOf({ round_trip, age, loss }) {
  if (round_trip === null || age === null) return "unknown";
  const lost_share = loss === null || loss.sent === 0 ? 0 : loss.lost / loss.sent;
  const isWithin = (/** @type {typeof GOOD} */ limit) =>
    round_trip.p95_ms <= limit.round_trip_ms &&
    age.p95_ms <= limit.age_ms &&
    lost_share <= limit.lost_share;
  if (isWithin(GOOD)) return "good";
  return isWithin(FAIR) ? "fair" : "poor";
}

/**
 * What rose within the window; a bridge that counts from nothing again has a new window.
 * @param {{ lost: number, received: number }[]} counts
 */
function lossOf(counts) {
  let lost = 0;
  let received = 0;
  for (const [i, now] of counts.entries()) {
    const before = counts[i - 1];
    if (before === undefined) continue;
    if (now.received < before.received || now.lost < before.lost) lost = received = 0;
    else {
      lost += now.lost - before.lost;
      received += now.received - before.received;
    }
  }
  return counts.length < 2 ? null : { lost, sent: lost + received };
}

/**
 * @param {number[]} values at least one
 * @returns {Spread}
 */
export function spread(values) {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (/** @type {number} */ share) => sorted[Math.ceil(share * sorted.length) - 1] ?? NaN;
  return { p50_ms: at(0.5), p95_ms: at(0.95), count: sorted.length };
}

/** @param {number[]} values */
function least(values) {
  return values.reduce((a, b) => Math.min(a, b), Infinity);
}

/**
 * The samples of the last minute.
 * @template T
 */
class Recent {
  /** @type {{ at_ms: number, value: T }[]} */
  #samples = [];

  clear() {
    this.#samples = [];
  }

  /**
   * @param {T} value
   * @param {number} now_ms
   */
  add(value, now_ms) {
    this.#samples.push({ at_ms: now_ms, value });
    if (this.#samples.length > MAX_SAMPLES) this.#samples.shift();
  }

  /**
   * @param {number} now_ms
   * @returns {T[]}
   */
  values(now_ms) {
    this.#samples = this.#samples.filter(({ at_ms }) => now_ms - at_ms <= WINDOW_MS);
    return this.#samples.map(({ value }) => value);
  }
}
