/** The setup sheet, what changed on it and how long ago, in words. */

/** @import { Ago } from "../change_age.js" */

import { humanise, number } from "../format.js";
import { ageClock, clockTime } from "./ages.js";
import { isolated, lapCount } from "./words.js";

export const CHANGED = "changed";

/** @param {string} key of the contract */
export const categoryName = (key) => (key === "tires" ? "Tyres" : humanise(key));

/** @param {Ago | null} ago */
export function agoText(ago) {
  if (ago === null) return "changed earlier";
  if ("ms" in ago) return `changed ${ageClock(ago.ms)} ago`;
  if (ago.laps === 0) return "changed this lap";
  return `changed ${lapCount(number(ago.laps))} ago`;
}

/**
 * Beside a value of the sheet.
 * @param {readonly string[]} before
 * @param {Ago | null} ago
 */
export const wasText = (before, ago) => `was ${before.map(isolated).join(", ")}; ${agoText(ago)}`;

/**
 * Beside a setting that the driver changes on the way.
 * @param {string} before
 * @param {Ago | null} ago
 */
export const wasOnTheWayText = (before, ago) => `was ${isolated(before)}, ${agoText(ago)}`;

/**
 * @param {string} category
 * @param {string} name
 * @param {string} where empty, or a corner
 */
export function changeLabel(category, name, where) {
  return `${categoryName(category)}: ${isolated(humanise(name))}${where === "" ? "" : ` ${where}`}`;
}

/** @param {number} count */
export const changedCount = (count) => `${number(count)} changed`;

/** @param {string} typed */
export const nothingFoundText = (typed) => `Nothing matches "${typed}"`;

/** @param {{ name?: string | null, revision: number, captured_at: string }} setup */
export function revisionText({ name, revision, captured_at }) {
  const captured = `revision ${number(revision)}, captured at ${clockTime(captured_at)}`;
  return name ? `${isolated(name)}, ${captured}` : captured;
}
