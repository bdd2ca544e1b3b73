/** What changed on the setup, in words: beside a value, and as a list. */

/** @import { Stamp } from "./change_age.js" */
/** @import { LastChange, SetupHistory } from "./setup_history.js" */
/** @import { Change } from "./setup_sheet.js" */

import { agoOf } from "./change_age.js";
import { setting } from "./format.js";
import { changeLabel, wasText } from "./texts/setup.js";
import { CORNERS } from "./words.js";

/** @typedef {{ label: string, before: string, after: string, stamp: Stamp | null }} ChangeLine */

/**
 * The last change of each line of the sheet, by `lineKey`; of four corners the newest.
 * @param {Pick<SetupHistory, "lastChanges">} history
 * @param {string} monitor_id
 * @returns {Map<string, LastChange[]>}
 */
export function changesByLine(history, monitor_id) {
  /** @type {Map<string, LastChange[]>} */
  const lines = new Map();
  for (const last of history.lastChanges(monitor_id).values()) {
    const key = lineKey(last.change.category, last.change.name);
    lines.set(key, [...(lines.get(key) ?? []), last]);
  }
  return lines;
}

/**
 * @param {string} category
 * @param {string} name
 */
export function lineKey(category, name) {
  return JSON.stringify([category, name]);
}

/**
 * Beside a value: what it was, and how long ago.
 * @param {readonly LastChange[]} changes of one line
 * @param {Stamp} now
 */
export function lineText(changes, now) {
  const newest = changes.reduce(newer);
  const was = changes
    .filter(({ stamp }) => stamp === newest.stamp)
    .map(({ change: { corner, before } }) => {
      return corner === null ? setting(before) : `${setting(before)} ${CORNERS[corner]}`;
    });
  return wasText(was, agoOf(newest.stamp, now));
}

/**
 * @param {readonly Change[]} changes
 * @param {ReadonlyMap<string, LastChange>} last when each value was changed last
 * @returns {ChangeLine[]}
 */
export function changeLines(changes, last) {
  return changes.map(({ key, category, name, corner, before, after }) => {
      return {
      label: changeLabel(category, name, corner === null ? "" : CORNERS[corner]),
      before: setting(before),
      after: setting(after),
      stamp: last.get(key)?.stamp ?? null,
    };
  });
}

/**
 * @param {LastChange} a
 * @param {LastChange} b
 */
function newer(a, b) {
  return (b.stamp.at ?? -Infinity) >= (a.stamp.at ?? -Infinity) ? b : a;
}
