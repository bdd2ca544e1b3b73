/** Race, tanks, stint and drivers of one moment, each from the module that knows it. */

/** @import { Reach } from "./energy.js" */
/** @import { DriverTime, Rules } from "./drivers.js" */
/** @import { RaceEnd } from "./race_end.js" */
/** @import { RaceProgress } from "./race_progress.js" */
/** @import { Seat, Swap } from "./stint.js" */
/** @import { ToFlag } from "./to_flag.js" */
/** @import { LapRow, Meta } from "./types.js" */

import { driversOf } from "./drivers.js";
import { reachOf, usesOf } from "./energy.js";
import { raceEnd } from "./race_end.js";
import { progressOf } from "./race_progress.js";
import { currentStint, lapsOfRun, swapsOf } from "./stint.js";
import { toFlag } from "./to_flag.js";

/**
 * @typedef {object} Outlook
 * @property {RaceProgress | null} progress
 * @property {number | null} pace_s median of the clean laps
 * @property {Reach} reach
 * @property {RaceEnd} end
 * @property {ToFlag} to_flag
 * @property {ReturnType<typeof currentStint>} stint
 * @property {Swap[]} swaps
 * @property {DriverTime[]} drivers
 */

/** Keeps what the laps say until they change. */
export class Forecaster {
  /** @type {LapRow[]} */
  #rows = [];
  /** @type {LapRow[]} */
  #run = [];
  #uses = usesOf([]);

  /**
   * @param {LapRow[]} rows of the car, oldest first; the same array while nothing changed
   * @param {Seat[]} seats of all monitors
   * @param {Meta} meta of the active one
   * @param {Readonly<Rules>} rules
   * @returns {Outlook}
   */
  outlook(rows, seats, meta, rules) {
    const seat = seats.find((each) => each.is_active) ?? null;
    const car = seat?.telemetry ?? {};
    this.#follow(rows, seat);
    const [run, uses] = [this.#run, this.#uses];
    const pace_s = uses.pace.value;
    const progress = progressOf(car, meta.track_length, pace_s);
    const reach = reachOf(car, car.fuel_capacity ?? meta.fuel_capacity, progress, uses);
    const end = raceEnd(car, meta, progress, pace_s);
    return {
      progress,
      pace_s,
      reach,
      end,
      to_flag: toFlag(car, meta, progress, reach, end),
      stint: currentStint(run, seat),
      swaps: swapsOf(run, seat),
      drivers: driversOf(run, seats, rules, meta.drivers),
    };
  }

  /**
   * @param {LapRow[]} rows
   * @param {Seat | null} seat
   */
  #follow(rows, seat) {
    const run = lapsOfRun(rows, seat);
    if (rows === this.#rows && run.length === this.#run.length) return;
    this.#rows = rows;
    this.#run = run;
    this.#uses = usesOf(run);
  }
}
