/** A setup document as a flat sheet, value by value, so that two of any shape compare. */

/** @import { Corner, SettingValue, SetupFields } from "./types.js" */

import { CORNERS } from "./corners.js";
import { setting } from "./format.js";

/**
 * @typedef {object} Place
 * @property {string} key
 * @property {string} category
 * @property {string} name
 * @property {Corner | null} corner
 */
/** @typedef {Place & { value: SettingValue }} SheetValue */
/**
 * A null says that there is no such value.
 * @typedef {Place & { before: SettingValue | null, after: SettingValue | null }} Change
 */
/**
 * By key. Names are a publisher's text, so they are keys of a Map and never of an object.
 * @typedef {ReadonlyMap<string, SheetValue>} Sheet
 */

/** The contract's 400 values, each for four corners. */
const MAX_VALUES = 1600;
/** The contract's 64, and room. */
const MAX_CHARS = 256;

/**
 * @param {string} category
 * @param {string} name
 * @param {Corner | null} corner
 */
export function sheetKey(category, name, corner) {
  return JSON.stringify([category, name, corner]);
}

/**
 * @param {SetupFields["setup"]} setup
 * @returns {Sheet}
 */
export function sheetOf(setup) {
  /** @type {Map<string, SheetValue>} */
  const sheet = new Map();
  const put = place(sheet);
  for (const [category, settings] of Object.entries(setup)) {
    for (const [name, value] of Object.entries(settings ?? {})) {
      if (typeof value !== "object") put(category, name, null, value);
      else for (const corner of CORNERS) put(category, name, corner, value?.[corner]);
    }
  }
  return sheet;
}

/**
 * What differs, in the order of the later one.
 * @param {Sheet} before
 * @param {Sheet} after
 * @returns {Change[]}
 */
export function diffSheets(before, after) {
  /** @type {Change[]} */
  const changes = [];
  for (const [key, { value, ...where }] of after) {
    const old = before.get(key)?.value ?? null;
    // What reads the same is no change: 4 and "4", or 54.2 with the noise of a float.
    if (old === null || setting(old) !== setting(value)) {
      changes.push({ ...where, before: old, after: value });
    }
  }
  for (const [key, { value, ...where }] of before) {
    if (!after.has(key)) changes.push({ ...where, before: value, after: null });
  }
  return changes;
}

/** @typedef {[string, string, Corner | null, SettingValue | null]} Stored category, name, corner, value */

/**
 * What the changes lead to, to be stored.
 * @param {readonly Change[]} changes
 * @returns {Stored[]}
 */
export function writeChanges(changes) {
  return changes.map(({ category, name, corner, after }) => [category, name, corner, after]);
}

/**
 * @param {unknown} stored
 * @returns {Stored[] | null} null when any of it is broken
 */
export function readSheet(stored) {
  if (!Array.isArray(stored) || stored.length > MAX_VALUES) return null;
  const values = stored.map(readValue);
  return values.every((value) => value !== null) ? values : null;
}

/**
 * @param {Sheet} sheet
 * @param {Stored[]} values
 * @returns {Sheet}
 */
export function sheetWith(sheet, values) {
  const changed = new Map(sheet);
  const put = place(changed);
  for (const [category, name, corner, value] of values) {
    if (value === null) changed.delete(sheetKey(category, name, corner));
    else put(category, name, corner, value);
  }
  return changed;
}

/**
 * A function that puts a value in its place, unless there is none.
 * @param {Map<string, SheetValue>} sheet
 */
function place(sheet) {
  return (
    /** @type {string} */ category,
    /** @type {string} */ name,
    /** @type {Corner | null} */ corner,
    /** @type {SettingValue | null | undefined} */ value,
  ) => {
    if (value === null || value === undefined || value === "") return;
    const key = sheetKey(category, name, corner);
    sheet.set(key, { key, category, name, corner, value });
  };
}

/**
 * @param {unknown} entry
 * @returns {Stored | null}
 */
function readValue(entry) {
  if (!Array.isArray(entry)) return null;
  const [category, name, corner, value] = entry;
  const where = CORNERS.find((each) => each === corner) ?? null;
  if (!isShort(category) || !isShort(name) || (where === null && corner !== null)) return null;
  if (value === null || isShort(value) || typeof value === "boolean" || Number.isFinite(value)) {
    return [category, name, where, value];
  }
  return null;
}

/**
 * @param {unknown} value
 * @returns {value is string}
 */
function isShort(value) {
  return typeof value === "string" && value.length <= MAX_CHARS;
}
