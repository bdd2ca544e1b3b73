/**
 * Follows the car from line to line, and tells which laps were seen whole.
 *
 * A frame that cannot be true is passed over, for sources move the lap counter, the distance and
 * the time up to some frames apart; a lap is given up after 2 s without a frame that can.
 */

import { isInPits } from "./pits.js";
import { HOLE_MS } from "./ring.js";

/**
 * Those fields of a telemetry frame that tell where in which lap the car is.
 * @typedef {object} LapFrame
 * @property {number | null} [lap]
 * @property {number | null} [lap_time]
 * @property {number | null} [last_lap_time]
 * @property {number | null} [lap_distance]
 * @property {string | null} [pit_state]
 */

/**
 * What a frame told: `begun` at the line; `moved` within a lap seen from the line; `finished` that
 * lap and began the next; `lost` it; `none`, nothing for a whole lap.
 * @typedef {"none" | "begun" | "moved" | "finished" | "lost"} Step
 */

/**
 * @typedef {object} Place
 * @property {number} at_ms
 * @property {number} lap
 * @property {number} at_s
 * @property {number} at_m
 * @property {number | null} official_s the game's time of the last lap
 */

/** The fastest that the contract allows. */
const MAX_MPS = 600 / 3.6;
/** How far a distance may be off from what the time allows. */
const SLACK_M = 30;
/** How far off the game's own lap time may be from the one that is interpolated at the line. */
const LAP_TIME_SLACK_S = 0.3;

export class LapFollower {
  /** Whether the lap has been followed from the line. */
  is_open = false;
  /** @type {number | null} */
  lap = null;
  /** Distance from the line and time into the lap of the newest frame that counts. */
  at_m = 0;
  at_s = 0;
  /** The time of the lap that ended when the line was last crossed, whole or not. */
  finish_s = 0;

  #from_m = 0;
  #from_s = 0;
  /** @type {number | null} */
  #official_s = null;
  #at_ms = -Infinity;
  /** @type {string | null} */
  #monitor_id = null;

  /**
   * @param {number} at_ms when the frame was made, by one clock for all monitors
   * @param {string} monitor_id
   * @param {LapFrame} frame
   * @param {number} length_m of the track
   * @returns {Step}
   */
  take(at_ms, monitor_id, frame, length_m) {
    const is_other = monitor_id !== this.#monitor_id;
    const is_hole = Math.abs(at_ms - this.#at_ms) > HOLE_MS;
    const is_in_pits = isInPits(frame);
    this.#monitor_id = monitor_id;
    const step = is_other || is_hole || is_in_pits ? this.#forget() : "none";
    const { lap, lap_time, lap_distance } = frame;
    const is_known =
      typeof lap === "number" && typeof lap_time === "number" && typeof lap_distance === "number";
    if (!is_known) return step;
    // Below 0 is so far before the line.
    const at_m = lap_distance < 0 ? lap_distance + length_m : lap_distance;
    const place = { at_ms, lap, at_s: lap_time, at_m, official_s: frame.last_lap_time ?? null };
    if (this.lap === null) this.#set(place);
    else if (lap === this.lap) return this.#move(place);
    else if (lap === this.lap + 1) return this.#cross(place, length_m);
    return step;
  }

  /** @returns {Step} */
  #forget() {
    const step = this.is_open ? "lost" : "none";
    this.is_open = false;
    this.lap = null;
    return step;
  }

  /**
   * @param {Place} place
   * @returns {Step}
   */
  #move(place) {
    const step_s = place.at_s - this.at_s;
    const step_m = Math.abs(place.at_m - this.at_m);
    if (step_s < 0 || step_m > reach(step_s)) return "none";
    this.#from_m = this.at_m;
    this.#from_s = this.at_s;
    this.#set(place);
    return this.is_open ? "moved" : "none";
  }

  /**
   * @param {Place} place in the next lap
   * @param {number} length_m
   * @returns {Step}
   */
  #cross(place, length_m) {
    // The counter may move before time and distance do.
    const { at_s, at_m } = place;
    const is_past = at_s >= 0 && at_s < this.at_s / 2 && at_m <= reach(at_s);
    const left_m = length_m - this.at_m;
    const was_before = left_m >= -SLACK_M && left_m <= reach(HOLE_MS / 1000);
    if (!is_past || !was_before) return "none";
    const step = this.is_open ? "finished" : "begun";
    this.finish_s = this.#finishOf(left_m, place);
    this.is_open = true;
    this.#set(place);
    return step;
  }

  /**
   * When the line was crossed, by the lap that it ended: as the game says, when it has just said
   * something new that fits, else by the mean speed before and after.
   * @param {number} left_m to the line; below 0 where the counter moved after it
   * @param {Place} place the first in the next lap
   */
  #finishOf(left_m, { at_m, at_s, official_s }) {
    const before = (this.at_m - this.#from_m) / (this.at_s - this.#from_s);
    const speeds = [before, at_m / at_s].filter((speed) => speed > 0 && speed < MAX_MPS);
    const left_s = (left_m * speeds.length) / speeds.reduce((sum, speed) => sum + speed, 0);
    const finish_s = this.at_s + (speeds.length === 0 ? 0 : left_s);
    if (official_s === null || official_s === this.#official_s) return finish_s;
    return Math.abs(official_s - finish_s) <= LAP_TIME_SLACK_S ? official_s : finish_s;
  }

  /** @param {Place} place */
  #set({ at_ms, lap, at_s, at_m, official_s }) {
    this.#at_ms = at_ms;
    this.lap = lap;
    this.at_s = at_s;
    this.at_m = at_m;
    this.#official_s = official_s;
  }
}

/**
 * How far a car can be from where it was so many seconds ago.
 * @param {number} seconds
 */
function reach(seconds) {
  return MAX_MPS * seconds + SLACK_M;
}
