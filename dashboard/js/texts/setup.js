/** The setup sheet, what changed on it and how long ago, in words. */

/** @import { Ago } from "../change_age.js" */

import { humanise, number } from "../format.js";
import { ageClock, clockTime } from "./ages.js";
import { say, sayCount } from "../say.js";
import { SETUP } from "../words.js";
import { categoryName } from "./names.js";
import { isolated, lapCount } from "./phrases.js";

/** @param {Ago | null} ago */
export function agoText(ago) {
  if (ago === null) return SETUP.changed_earlier;
  if ("ms" in ago) return say(SETUP.changed_ago, { age: ageClock(ago.ms) });
  if (ago.laps === 0) return SETUP.changed_this_lap;
  return say(SETUP.changed_ago, { age: lapCount(number(ago.laps)) });
}

/**
 * Beside a value of the sheet.
 * @param {readonly string[]} before
 * @param {Ago | null} ago
 */
export const wasText = (before, ago) =>
  say(SETUP.was, { before: before.map(isolated).join(", "), changed: agoText(ago) });

/**
 * Beside a setting that the driver changes on the way.
 * @param {string} before
 * @param {Ago | null} ago
 */
export const wasOnTheWayText = (before, ago) =>
  say(SETUP.was_on_the_way, { before: isolated(before), changed: agoText(ago) });

/**
 * @param {string} category
 * @param {string} name
 * @param {string} where empty, or a corner
 */
export function changeLabel(category, name, where) {
  const parts = { category: categoryName(category), name: isolated(humanise(name)) };
  return where === "" ? say(SETUP.label, parts) : say(SETUP.label_of, { ...parts, corner: where });
}

/** @param {number} count */
export const changedCount = (count) => sayCount(SETUP.count, number(count));

/** @param {string} text */
export const nothingFoundText = (text) => say(SETUP.nothing_found, { text });

/** @param {{ name?: string | null, revision: number, captured_at: string }} setup */
export function revisionText({ name, revision, captured_at }) {
  const captured = { revision: number(revision), time: clockTime(captured_at) };
  if (!name) return say(SETUP.revision, captured);
  return say(SETUP.revision_of, { name: isolated(name), ...captured });
}
