/** The four corners of the car, in the contract's order. */

/** @import { Corner } from "./types.js" */

/** @type {readonly Corner[]} */
export const CORNERS = ["fl", "fr", "rl", "rr"];
