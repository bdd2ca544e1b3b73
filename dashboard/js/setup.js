/** A setup document as lines to read, in the order of the contract's categories. */

/** @import { Corner, Setting, SetupMessage } from "./types.js" */

import { CORNERS } from "./corners.js";
import { humanise, setting } from "./format.js";

/** @typedef {{ corner: Corner | null, text: string }} SettingText */
/** @typedef {{ label: string, values: SettingText[], was: string | null }} Line */
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
 * @param {SetupMessage | null} before the last revision, to mark what changed
 * @returns {Group[]}
 */
export function setupGroups(setup, before) {
  const old = before === null ? null : index(before);
  const groups = Object.entries(setup?.setup ?? {}).map(([key, settings]) => ({
    key,
    label: key === "tires" ? "Tyres" : humanise(key),
    lines: Object.entries(settings ?? {}).map(([name, value]) => {
      const values = settingTexts(value);
      return { label: humanise(name), values, was: wasText(old, `${key}/${name}`, values) };
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

// Names are a publisher's text, so they are keys of a Map and never of an object.
/** @param {SetupMessage} message */
function index({ setup }) {
  /** @type {Map<string, string>} */
  const texts = new Map();
  for (const [key, settings] of Object.entries(setup)) {
    for (const [name, value] of Object.entries(settings ?? {})) {
      texts.set(`${key}/${name}`, joined(settingTexts(value)));
    }
  }
  return texts;
}

/**
 * @param {Map<string, string> | null} old
 * @param {string} key
 * @param {SettingText[]} values
 */
function wasText(old, key, values) {
  const text = old?.get(key);
  return text === undefined || text === joined(values) ? null : text;
}

/** @param {SettingText[]} values */
function joined(values) {
  return values.map(({ text }) => text).join(" / ");
}

/** @param {string} key */
function rank(key) {
  const place = ORDER.indexOf(key);
  return place === -1 ? ORDER.length : place;
}
