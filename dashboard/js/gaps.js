/** How the gaps in class move from lap to lap, as read at the line. */

/** @import { Telemetry } from "./types.js" */
/** @import { Maybe } from "./race_progress.js" */

import { isInPits } from "./pits.js";
import { known } from "./race_progress.js";
import { median } from "./stats.js";

/** One change may be a mistake or a car in the way. */
const MIN_CHANGES = 2;
const MAX_CHANGES = 4;
/** s a lap by which a gap moves when nobody gains. */
const STEADY_S = 0.05;

/**
 * @typedef {object} GapTrend
 * @property {"closing" | "opening" | "steady" | null} direction null while it is learned
 * @property {number | null} per_lap s by which the gap grows
 * @property {number | null} laps until it is gone; null unless it closes
 */
/** @typedef {{ ahead: GapTrend, behind: GapTrend }} Gaps */

/** @type {GapTrend} */
const LEARNING = Object.freeze({ direction: null, per_lap: null, laps: null });

export class GapTrends {
  #ahead = new Line();
  #behind = new Line();
  /** @type {number | null} */
  #lap = null;
  /** @type {number | null} */
  #place = null;

  /**
   * @param {Telemetry} car the newest frame
   * @returns {Gaps}
   */
  read(car) {
    const lap = known(car.lap);
    const ahead = gapOf(car.gap_ahead, car.gap_ahead_laps);
    const behind = gapOf(car.gap_behind, car.gap_behind_laps);
    if (this.#isOther(car, lap)) {
      this.#ahead = new Line();
      this.#behind = new Line();
    } else if (lap !== null && this.#lap !== null && lap > this.#lap) {
      this.#ahead.take(lap, ahead);
      this.#behind.take(lap, behind);
    }
    this.#place = known(car.class_position);
    this.#lap = lap ?? this.#lap;
    return { ahead: this.#ahead.trend(ahead), behind: this.#behind.trend(behind) };
  }

  /**
   * Whether what was learned says nothing of the cars that are near by now: in another place there
   * are others, and a stop takes more than any lap.
   * @param {Telemetry} car
   * @param {number | null} lap
   */
  #isOther(car, lap) {
    const is_back = lap !== null && this.#lap !== null && lap < this.#lap;
    return is_back || isInPits(car) || known(car.class_position) !== this.#place;
  }
}

/** One gap at the line, lap after lap. */
class Line {
  /** @type {number | null} */
  #gap = null;
  #lap = 0;
  /** @type {number[]} */
  #changes = [];

  /**
   * @param {number} lap that begins
   * @param {number | null} gap s
   */
  take(lap, gap) {
    if (gap !== null && this.#gap !== null) {
      this.#changes.push((gap - this.#gap) / (lap - this.#lap));
      if (this.#changes.length > MAX_CHANGES) this.#changes.shift();
    }
    if (gap === null) this.#changes = [];
    this.#gap = gap;
    this.#lap = lap;
  }

  /**
   * @param {number | null} gap now, s
   * @returns {GapTrend}
   */
  trend(gap) {
    const per_lap = median(this.#changes);
    if (gap === null || per_lap === null || this.#changes.length < MIN_CHANGES) return LEARNING;
    if (Math.abs(per_lap) < STEADY_S) return { direction: "steady", per_lap, laps: null };
    if (per_lap > 0) return { direction: "opening", per_lap, laps: null };
    return { direction: "closing", per_lap, laps: gap / -per_lap };
  }
}

/**
 * Of a car that is laps away there is no gap to close.
 * @param {Maybe} seconds
 * @param {Maybe} laps
 */
function gapOf(seconds, laps) {
  return (known(laps) ?? 0) > 0 ? null : known(seconds);
}
