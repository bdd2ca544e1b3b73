/** The laps of a car and who drives it, for the tests: what they do not name is plausible. */

/** @import { Seat } from "../../dashboard/js/stint.js" */
/** @import { LapRow, Telemetry } from "../../dashboard/js/types.js" */

import { row } from "./messages.js";

/**
 * Laps of 100 s, numbered from 1.
 * @param {Partial<LapRow>[]} told
 * @returns {LapRow[]}
 */
export const lapsOf = (...told) =>
  told.map((fields, index) => ({
    ...row({ lap: index + 1, finished_at: `2026-06-13T18:${10 + index}:00.000Z` }),
    ...fields,
  }));

/**
 * @param {Telemetry} telemetry
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

/** @type {Partial<LapRow>} */
export const ONE = { driver: "Driver One", monitor_id: "pc-a" };
/** @type {Partial<LapRow>} */
export const TWO = { driver: "Driver Two", monitor_id: "pc-b" };
/**
 * The lap on which Driver Two took the car, as the contract has it.
 * @type {Partial<LapRow>}
 */
export const SWAP = { ...TWO, kind: "pit", complete: false };
