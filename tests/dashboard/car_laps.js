/** The laps of a car and who drives it, for the tests: what they do not name is plausible. */

/** @import { CarTelemetry } from "../../dashboard/js/race_progress.js" */
/** @import { CarLap, Seat } from "../../dashboard/js/stint.js" */

import { row } from "./messages.js";

/**
 * Laps of 100 s, numbered from 1.
 * @param {Partial<CarLap>[]} told
 * @returns {CarLap[]}
 */
export const lapsOf = (...told) =>
  told.map((fields, index) => ({
    ...row({ lap: index + 1, finished_at: `2026-06-13T18:${10 + index}:00.000Z` }),
    ...fields,
  }));

/**
 * @param {CarTelemetry} telemetry
 * @param {Partial<Seat>} [fields]
 * @returns {Seat}
 */
export const seat = (telemetry, fields) => ({
  monitor_id: "pc-a",
  driver: "Driver One",
  telemetry,
  is_active: true,
  ...fields,
});

/** @type {Partial<CarLap>} */
export const ONE = { driver: "Driver One", monitor_id: "pc-a" };
/** @type {Partial<CarLap>} */
export const TWO = { driver: "Driver Two", monitor_id: "pc-b" };
/**
 * The lap on which Driver Two took the car, as the contract has it.
 * @type {Partial<CarLap>}
 */
export const SWAP = { ...TWO, kind: "pit", complete: false };
