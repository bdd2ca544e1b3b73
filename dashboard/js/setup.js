/** A setup document as lines to read, in the order of the contract's categories. */

/** @import { Corner, Setting, SetupMessage } from "./types.js" */

import { CORNERS } from "./corners.js";
import { humanise, setting } from "./format.js";
import { categoryName } from "./texts/names.js";

/** @typedef {{ corner: Corner | null, text: string }} SettingText */
/** @typedef {{ name: string, label: string, values: SettingText[] }} Line */
/** @typedef {{ key: string, label: string, lines: Line[] }} Group */

const ORDER = [
  "tires",
  "aerodynamics",
  "suspension",
  "brakes",
  "electronics",
  "drivetrain",
  "fuel",
  "other",
];

/**
 * @param {SetupMessage | null} setup
 * @returns {Group[]}
 */
export function setupGroups(setup) {
  const groups = Object.entries(setup?.setup ?? {}).map(([key, settings]) => ({
    key,
    label: categoryName(key),
    lines: Object.entries(settings ?? {}).map(([name, value]) => {
      return { name, label: humanise(name), values: settingTexts(value) };
    }),
  }));
  return groups.filter(({ lines }) => lines.length > 0).sort((a, b) => rank(a.key) - rank(b.key));
}

/**
 * @param {Setting | undefined} value
 * @returns {SettingText[]}
 */
function settingTexts(value) {
  if (typeof value !== "object" || value === null) {
    return [{ corner: null, text: setting(value) }];
  }
  return CORNERS.map((corner) => ({ corner, text: setting(value[corner]) }));
}

/** @param {string} key */
function rank(key) {
  const place = ORDER.indexOf(key);
  return place === -1 ? ORDER.length : place;
}
