/** What a reader chose of the page. What is stored in a browser may be anything. */

/** @import { Rules } from "./drivers.js" */

import { field, isObject } from "./shapes.js";

const KEY = "pitboard.prefs";

/** @typedef {"auto" | "dark" | "light"} Theme */
/**
 * Ids of widgets may be those of a newer page: they are kept, and shown by none that does not know
 * them.
 * @typedef {object} Prefs
 * @property {readonly string[]} order
 * @property {readonly string[]} hidden
 * @property {Theme} theme
 * @property {boolean} is_wall the view to read from across the garage
 * @property {boolean} has_sound
 * @property {boolean} has_notifications
 * @property {Readonly<Rules>} driver_rules of driving time
 */

/** @type {Prefs} */
export const DEFAULT_PREFS = Object.freeze({
  order: [],
  hidden: [],
  theme: "auto",
  is_wall: false,
  // A browser lets a page make a noise or notify only after its reader asked for it.
  has_sound: false,
  has_notifications: false,
  driver_rules: { min_total: null, max_total: null, max_continuous: null },
});

export const RULES = /** @type {const} */ (["min_total", "max_total", "max_continuous"]);

/** The longest race time that a message may give. */
const MAX_RULE_S = 604_799;
const ID = /^[a-z][a-z0-9_-]{0,31}$/;
const MAX_IDS = 100;

/**
 * The known widgets in the reader's order; one that he never moved stands where it is by default.
 * @param {Prefs} prefs
 * @param {readonly string[]} known in the default order
 * @returns {string[]} the hidden ones too
 */
export function ordered(prefs, known) {
  return wholeOrder(prefs, known).filter((id) => known.includes(id));
}

/**
 * @param {Prefs} prefs
 * @param {readonly string[]} known
 */
export function shown(prefs, known) {
  return ordered(prefs, known).filter((id) => !prefs.hidden.includes(id));
}

/**
 * @param {Prefs} prefs
 * @param {string} id
 * @returns {Prefs}
 */
export function hide(prefs, id) {
  return prefs.hidden.includes(id) ? prefs : { ...prefs, hidden: [...prefs.hidden, id] };
}

/**
 * @param {Prefs} prefs
 * @param {string} id
 * @returns {Prefs}
 */
export function show(prefs, id) {
  return { ...prefs, hidden: prefs.hidden.filter((each) => each !== id) };
}

/**
 * @param {Prefs} prefs
 * @param {readonly string[]} known in the default order
 * @param {string} id
 * @param {number} place among the known ones, from 0
 * @returns {Prefs} unchanged when there is no such widget
 */
export function move(prefs, known, id, place) {
  if (!known.includes(id) || !Number.isInteger(place)) return prefs;
  const order = wholeOrder(prefs, known).filter((each) => each !== id);
  const others = order.filter((each) => known.includes(each));
  const next = others[Math.max(0, place)];
  const last = others.at(-1);
  const index = next === undefined ? order.indexOf(last ?? "") + 1 : order.indexOf(next);
  return { ...prefs, order: order.toSpliced(index, 0, id) };
}

/**
 * Widgets as by default; the other choices stay.
 * @param {Prefs} prefs
 * @returns {Prefs}
 */
export function reset(prefs) {
  return { ...prefs, order: DEFAULT_PREFS.order, hidden: DEFAULT_PREFS.hidden };
}

/**
 * @param {Prefs} prefs
 * @param {keyof Rules} rule
 * @param {unknown} seconds
 * @returns {Prefs} unchanged when it can be no rule
 */
export function changedRule(prefs, rule, seconds) {
  if (seconds !== null && !isRule(seconds)) return prefs;
  return { ...prefs, driver_rules: { ...prefs.driver_rules, [rule]: seconds } };
}

/**
 * @param {() => Pick<Storage, "getItem">} storage a browser may refuse even to name it
 * @returns {Prefs}
 */
export function loadPrefs(storage) {
  try {
    /** @type {unknown} */
    const stored = JSON.parse(storage().getItem(KEY) ?? "{}");
    return isObject(stored) && field(stored, "v") === 1 ? readPrefs(stored) : DEFAULT_PREFS;
  } catch {
    return DEFAULT_PREFS;
  }
}

/**
 * @param {() => Pick<Storage, "setItem">} storage
 * @param {Prefs} prefs
 */
export function savePrefs(storage, prefs) {
  try {
    storage().setItem(KEY, JSON.stringify({ v: 1, ...prefs }));
  } catch {
    // Private windows refuse to store; the choices then last as long as the page.
  }
}

/**
 * All widgets, unknown ones included.
 * @param {Prefs} prefs
 * @param {readonly string[]} known
 */
function wholeOrder(prefs, known) {
  const order = [...prefs.order];
  for (const [i, id] of known.entries()) {
    if (order.includes(id)) continue;
    // Those before it by default are in the list by now.
    order.splice(i === 0 ? 0 : order.indexOf(known[i - 1] ?? "") + 1, 0, id);
  }
  return order;
}

/**
 * @param {object} stored
 * @returns {Prefs}
 */
function readPrefs(stored) {
  const flag = (/** @type {"is_wall" | "has_sound" | "has_notifications"} */ name) => {
    const value = field(stored, name);
    return typeof value === "boolean" ? value : DEFAULT_PREFS[name];
  };
  const theme = field(stored, "theme");
  return {
    order: readIds(field(stored, "order")),
    hidden: readIds(field(stored, "hidden")),
    theme: theme === "dark" || theme === "light" ? theme : "auto",
    is_wall: flag("is_wall"),
    has_sound: flag("has_sound"),
    has_notifications: flag("has_notifications"),
    driver_rules: readRules(field(stored, "driver_rules")),
  };
}

/**
 * @param {unknown} stored
 * @returns {string[]}
 */
function readIds(stored) {
  if (!Array.isArray(stored)) return [];
  const ids = stored.filter((id) => typeof id === "string" && ID.test(id));
  return [...new Set(ids)].slice(0, MAX_IDS);
}

/**
 * @param {unknown} stored
 * @returns {Rules}
 */
function readRules(stored) {
  const rules = { ...DEFAULT_PREFS.driver_rules };
  if (!isObject(stored)) return rules;
  for (const rule of RULES) {
    const seconds = field(stored, rule);
    if (isRule(seconds)) rules[rule] = seconds;
  }
  return rules;
}

/**
 * @param {unknown} seconds
 * @returns {seconds is number}
 */
function isRule(seconds) {
  return typeof seconds === "number" && seconds > 0 && seconds <= MAX_RULE_S;
}
