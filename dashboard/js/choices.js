/**
 * Choices that several tabs of one browser store. Each goes on as its own reader set it, so a tab
 * stores what was changed in it, and leaves the rest as another one may have stored it since. Pure.
 */

/** @import { Prefs } from "./prefs.js" */
/** @import { Thresholds } from "./thresholds.js" */

import { FAMILIES } from "./car_families.js";
import { RULES } from "./prefs.js";
import { quantities } from "./thresholds.js";

/**
 * @param {Prefs} stored
 * @param {Prefs} before
 * @param {Prefs} after what this tab made of *before*
 * @returns {Prefs} what is to be stored
 */
export function mergedPrefs(stored, before, after) {
  /** @type {<K extends keyof Prefs>(name: K) => Prefs[K]} */
  const newer = (name) => (after[name] === before[name] ? stored : after)[name];
  const driver_rules = { ...stored.driver_rules };
  for (const rule of RULES) {
    const seconds = after.driver_rules[rule];
    if (seconds !== before.driver_rules[rule]) driver_rules[rule] = seconds;
  }
  return {
    order: newer("order"),
    hidden: mergedNames(stored.hidden, before.hidden, after.hidden),
    theme: newer("theme"),
    is_wall: newer("is_wall"),
    has_sound: newer("has_sound"),
    has_notifications: newer("has_notifications"),
    driver_rules,
  };
}

/**
 * @param {Thresholds} stored
 * @param {Thresholds} before
 * @param {Thresholds} after
 * @returns {Thresholds} the limits of one quantity stay together: they are in order
 */
export function mergedThresholds(stored, before, after) {
  const families = FAMILIES.map((family) => {
    const own = quantities().map((quantity) => {
      const is_changed = after[family]?.[quantity] !== before[family]?.[quantity];
      return [quantity, (is_changed ? after : stored)[family]?.[quantity]];
    });
    return [family, Object.fromEntries(own.filter(([, limits]) => limits !== undefined))];
  });
  return Object.fromEntries(families);
}

/**
 * @param {readonly string[]} stored
 * @param {readonly string[]} before
 * @param {readonly string[]} after
 */
export function mergedNames(stored, before, after) {
  const added = after.filter((name) => !before.includes(name));
  const removed = before.filter((name) => !after.includes(name));
  return [...new Set([...stored, ...added])].filter((name) => !removed.includes(name));
}
