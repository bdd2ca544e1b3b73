/** The four corners of the car, in the contract's order. */

/** @import { Corner } from "./types.js" */

/** @type {readonly Corner[]} */
export const CORNERS = ["fl", "fr", "rl", "rr"];

/** @type {Record<Corner, string>} */
export const CORNER_NAMES = {
  fl: "front left",
  fr: "front right",
  rl: "rear left",
  rr: "rear right",
};
