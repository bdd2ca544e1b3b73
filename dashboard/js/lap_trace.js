/**
 * Time over distance: of the lap being driven, of the best and of the last one seen whole.
 *
 * A trace has one time for each step along the track, so that two laps are compared point by point
 * whatever the rate of their frames. Three are held, however long the race.
 */

/** @import { LapFrame } from "./lap_follower.js" */
/** @import { TrackMeta } from "./track.js" */

import { LapFollower } from "./lap_follower.js";
import { TrackWatch } from "./track.js";

const STEP_M = 10;

/** @typedef {LapFrame & { run?: number | null, lap_valid?: boolean | null }} TraceFrame */
/** @typedef {"no track length" | "no data" | "learning" | null} TraceReason */

export class LapTraces {
  /** @type {LapTrace | null} */
  current = null;
  /** @type {LapTrace | null} */
  last = null;
  /** @type {LapTrace | null} */
  best = null;

  #watch = new TrackWatch();
  #follower = new LapFollower();
  #has_data = false;
  /** @type {string | null} */
  #monitor_id = null;
  /** @type {number | null} */
  #run = null;
  #lap = 0;

  /**
   * Why there is no lap to compare with.
   * @returns {TraceReason}
   */
  get reason() {
    if (this.best !== null) return null;
    if (this.#watch.track.length_m === null) return "no track length";
    return this.#has_data ? "learning" : "no data";
  }

  /**
   * @param {number} at_ms when the frame was made, by one clock for all monitors
   * @param {string} monitor_id
   * @param {TraceFrame} frame a live one
   * @param {TrackMeta} meta
   */
  take(at_ms, monitor_id, frame, meta) {
    const is_new_run = this.#isNewRun(monitor_id, frame);
    if (this.#watch.follow(meta) || is_new_run) this.#clear();
    this.#has_data ||= (frame.lap_distance ?? null) !== null && (frame.lap_time ?? null) !== null;
    const { length_m } = this.#watch.track;
    if (length_m === null) return;
    const follower = this.#follower;
    const step = follower.take(at_ms, monitor_id, frame, length_m);
    if (step === "lost") this.current = null;
    if (step === "finished") this.#finish(length_m, follower.finish_s);
    if (step === "finished" || step === "begun") {
      this.current = new LapTrace(monitor_id, follower.lap ?? 0, length_m);
    }
    if (step === "none" || this.current === null) return;
    this.current.add(follower.at_m, follower.at_s);
    if (frame.lap_valid === false) this.current.is_valid = false;
  }

  /**
   * How far the car is behind another lap, in s, where it is now; below 0 it is ahead.
   * @param {LapTrace | null} reference
   * @returns {number | null}
   */
  deltaNow(reference) {
    const { current } = this;
    const then_s = current === null ? null : (reference?.timeAt(current.at_m) ?? null);
    return current === null || then_s === null ? null : current.at_s - then_s;
  }

  /**
   * Where the best lap was at the time into the lap being driven, m from the line.
   * @returns {number | null} null where there is none, or it was over by then
   */
  ghostNow() {
    const { current, best } = this;
    return current === null || best === null ? null : best.distanceAt(current.at_s);
  }

  /**
   * @param {number} length_m
   * @param {number} finish_s
   */
  #finish(length_m, finish_s) {
    const { current, best } = this;
    if (current === null) return;
    current.finish(length_m, finish_s);
    this.last = current;
    if (current.is_valid && (best === null || finish_s < (best.lap_time ?? 0))) this.best = current;
  }

  /**
   * Whether the car is in another session of the simulator. Each monitor counts its own runs, so
   * between two of them only the lap can tell.
   * @param {string} monitor_id
   * @param {TraceFrame} frame
   */
  #isNewRun(monitor_id, frame) {
    const run = frame.run ?? null;
    const lap = frame.lap ?? this.#lap;
    const is_new = lap < this.#lap || (monitor_id === this.#monitor_id && run !== this.#run);
    this.#monitor_id = monitor_id;
    this.#run = run;
    this.#lap = lap;
    return is_new;
  }

  #clear() {
    this.current = this.last = this.best = null;
  }
}

/** One lap's time at each step from the line; filled as far as the car has come. */
export class LapTrace {
  /** @type {number | null} */
  lap_time = null;
  is_valid = true;
  /** The newest place and time. */
  at_m = 0;
  at_s = 0;

  #times;
  #distances;
  #count = 1;

  /**
   * @param {string} monitor_id
   * @param {number} lap
   * @param {number} length_m
   */
  constructor(monitor_id, lap, length_m) {
    this.monitor_id = monitor_id;
    this.lap = lap;
    // The steps are stretched a little, so that the last one ends on the line.
    const steps = Math.max(1, Math.round(length_m / STEP_M));
    this.step_m = length_m / steps;
    this.#times = new Float64Array(steps + 1);
    this.#distances = this.#times.map((_, i) => i * this.step_m);
  }

  /** The time at each step passed, from 0 at the line. */
  get times() {
    return this.#times.subarray(0, this.#count);
  }

  /** The distance of each step passed, m. */
  get distances() {
    return this.#distances.subarray(0, this.#count);
  }

  /**
   * The car is here; the steps on the way get their times. Of a place passed twice the first time
   * counts: who spins and drives back has lost that time.
   * @param {number} at_m
   * @param {number} at_s
   */
  add(at_m, at_s) {
    const { length } = this.#times;
    // A step that rounding puts a hair beyond the line is still reached there.
    const reached = Math.min(length - 1, Math.floor(at_m / this.step_m + 1e-9));
    for (; this.#count <= reached; this.#count += 1) {
      const share = (this.#count * this.step_m - this.at_m) / (at_m - this.at_m);
      this.#times[this.#count] = this.at_s + share * (at_s - this.at_s);
    }
    this.at_m = at_m;
    this.at_s = at_s;
  }

  /**
   * @param {number} length_m
   * @param {number} lap_time s
   */
  finish(length_m, lap_time) {
    this.add(length_m, lap_time);
    // The car may have been past the line before the game counted the lap.
    this.#times[this.#times.length - 1] = lap_time;
    this.lap_time = lap_time;
  }

  /**
   * @param {number} at_m
   * @returns {number | null} null where the lap has not come
   */
  timeAt(at_m) {
    const place = at_m / this.step_m;
    const below = Math.min(Math.floor(place), this.#times.length - 1);
    const before = below < this.#count ? this.#times[below] : undefined;
    if (before === undefined) return null;
    if (place <= below) return before;
    const after = below + 1 < this.#count ? this.#times[below + 1] : undefined;
    return after === undefined ? null : before + (place - below) * (after - before);
  }

  /**
   * @param {number} at_s
   * @returns {number | null} null of a time at which the lap had not begun or was over
   */
  distanceAt(at_s) {
    const { times } = this;
    const last = times.length - 1;
    if (!(at_s >= 0 && at_s <= (times[last] ?? NaN))) return null;
    let [low, high] = [0, last];
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if ((times[middle] ?? NaN) <= at_s) low = middle;
      else high = middle;
    }
    const [before, after] = [times[low] ?? 0, times[high] ?? 0];
    const share = after > before ? (at_s - before) / (after - before) : 0;
    return (low + share * (high - low)) * this.step_m;
  }
}

/**
 * How far one lap is behind another of the same track at each step that both have, in s; below 0
 * it is ahead.
 * @param {LapTrace | null} trace
 * @param {LapTrace | null} reference
 * @returns {Float64Array | null} null without a lap to compare
 */
export function delta(trace, reference) {
  if (trace === null || reference === null) return null;
  const { times } = trace;
  const { times: others } = reference;
  const behind = new Float64Array(Math.min(times.length, others.length));
  for (let i = 0; i < behind.length; i += 1) behind[i] = (times[i] ?? NaN) - (others[i] ?? NaN);
  return behind;
}
