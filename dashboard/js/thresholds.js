/**
 * From which value on a tyre, a brake, the engine, the tank or a lap is said to be cold, hot, low,
 * worn or slow; by family of car, and as the team has set it.
 */

/** @import { Family } from "./car_families.js" */

import { FAMILIES } from "./car_families.js";
import { field, isObject } from "./shapes.js";

const KEY = "pitboard.thresholds";

/**
 * @typedef {"tire_temp" | "tire_pressure" | "tire_wear" | "brake_temp" | "water_temp" | "oil_temp"
 *   | "fuel_laps" | "lap_drop"} Quantity
 */
/**
 * @typedef {"cold" | "ideal" | "hot" | "too_hot" | "low" | "very_low" | "high" | "worn" | "limit"
 *   | "slow"} LimitName
 */
/**
 * @typedef {"cold" | "ok" | "hot" | "too hot" | "low" | "very low" | "high" | "worn" | "worn out"
 *   | "slow"} Word
 */
/** @typedef {{ readonly [name in LimitName]?: number }} QuantityLimits */
/** @typedef {Readonly<Record<Quantity, QuantityLimits>>} Limits in the units of the wire */
/** @typedef {{ readonly [quantity in Quantity]?: QuantityLimits }} OwnLimits */
/**
 * What the team has set; all else is as by default.
 * @typedef {{ readonly [family in Family]?: OwnLimits }} Thresholds
 */
/** @typedef {"unknown limit" | "not a number" | "out of range" | "out of order"} Problem */

/**
 * The limits of each quantity in rising order, and what they may be.
 * @type {Readonly<Record<Quantity, { names: readonly LimitName[], min: number, max: number }>>}
 */
export const QUANTITIES = {
  tire_temp: { names: ["cold", "ideal", "hot", "too_hot"], min: -50, max: 300 },
  tire_pressure: { names: ["low", "high"], min: 0, max: 600 },
  tire_wear: { names: ["worn", "limit"], min: 0, max: 100 },
  brake_temp: { names: ["cold", "hot", "too_hot"], min: -50, max: 1500 },
  water_temp: { names: ["hot", "too_hot"], min: -50, max: 250 },
  oil_temp: { names: ["hot", "too_hot"], min: -50, max: 250 },
  fuel_laps: { names: ["very_low", "low"], min: 0, max: 100 },
  lap_drop: { names: ["slow"], min: 0, max: 100 },
};

// No simulator gives limits of its own, so all of these are starting values for the team to set by
// what its tyres and brakes are made for. Steel discs (GT cars, LMP3) are over their best where
// carbon ones (LMP2, Hypercar) are at it; no more than that is behind the differences.

/** @type {Limits} */
const STEEL_BRAKES = {
  tire_temp: { cold: 70, ideal: 88, hot: 105, too_hot: 118 },
  tire_pressure: { low: 160, high: 210 },
  tire_wear: { worn: 60, limit: 80 },
  brake_temp: { cold: 200, hot: 700, too_hot: 850 },
  water_temp: { hot: 105, too_hot: 115 },
  oil_temp: { hot: 125, too_hot: 140 },
  fuel_laps: { very_low: 1.5, low: 3 },
  lap_drop: { slow: 3 },
};
/** @type {Limits} */
const CARBON_BRAKES = {
  ...STEEL_BRAKES,
  tire_pressure: { low: 150, high: 205 },
  brake_temp: { cold: 300, hot: 800, too_hot: 950 },
};
/**
 * Nothing is known of the car, so only what would be odd on any.
 * @type {Limits}
 */
const ANY_CAR = {
  ...STEEL_BRAKES,
  tire_temp: { cold: 60, ideal: 85, hot: 110, too_hot: 125 },
  tire_pressure: { low: 120, high: 250 },
  brake_temp: { cold: 150, hot: 800, too_hot: 950 },
};

/** @type {Readonly<Record<Family, Limits>>} */
const DEFAULTS = {
  gt3: STEEL_BRAKES,
  gte: STEEL_BRAKES,
  lmp2: CARBON_BRAKES,
  lmp3: { ...STEEL_BRAKES, tire_pressure: CARBON_BRAKES.tire_pressure },
  hypercar: CARBON_BRAKES,
  other: ANY_CAR,
};

/**
 * @param {Thresholds} thresholds
 * @param {Family} family
 * @returns {Limits}
 */
export function limitsOf(thresholds, family) {
  const own = thresholds[family] ?? {};
  const limits = { ...DEFAULTS[family] };
  for (const quantity of quantities()) limits[quantity] = { ...limits[quantity], ...own[quantity] };
  return limits;
}

/** @type {readonly [LimitName, Word][]} the worst first */
const FROM = [
  ["too_hot", "too hot"],
  ["hot", "hot"],
  ["limit", "worn out"],
  ["worn", "worn"],
  ["high", "high"],
  ["slow", "slow"],
];
/** @type {readonly [LimitName, Word][]} the worst first */
const BELOW = [
  ["very_low", "very low"],
  ["low", "low"],
  ["cold", "cold"],
];

/**
 * The word for a value; null when there is none to judge.
 * @param {number | null | undefined} value
 * @param {QuantityLimits} limits
 * @returns {Word | null}
 */
export function classify(value, limits) {
  if (typeof value !== "number" || !Number.isFinite(value)) return null;
  const from = FROM.find(([name]) => value >= (limits[name] ?? Infinity));
  const below = BELOW.find(([name]) => value < (limits[name] ?? -Infinity));
  return from?.[1] ?? below?.[1] ?? "ok";
}

/**
 * One limit set by the team; what must not be is refused with the reason.
 * @param {Thresholds} thresholds
 * @param {Family} family
 * @param {Quantity} quantity
 * @param {LimitName} name
 * @param {unknown} value
 * @returns {{ thresholds: Thresholds, problem: Problem | null }}
 */
export function changedLimit(thresholds, family, quantity, name, value) {
  const { names, min, max } = QUANTITIES[quantity];
  const refused = (/** @type {Problem} */ problem) => ({ thresholds, problem });
  if (!names.includes(name)) return refused("unknown limit");
  if (typeof value !== "number" || !Number.isFinite(value)) return refused("not a number");
  if (value < min || value > max) return refused("out of range");
  const limits = { ...limitsOf(thresholds, family)[quantity], [name]: value };
  if (!isRising(names.map((each) => limits[each] ?? NaN))) return refused("out of order");
  const own = thresholds[family] ?? {};
  const changed = { ...own, [quantity]: { ...own[quantity], [name]: value } };
  return { thresholds: { ...thresholds, [family]: changed }, problem: null };
}

/**
 * A family of cars, or one quantity of it, as by default.
 * @param {Thresholds} thresholds
 * @param {Family} family
 * @param {Quantity} [quantity]
 * @returns {Thresholds}
 */
export function resetLimits(thresholds, family, quantity) {
  const { [family]: own = {}, ...others } = thresholds;
  if (quantity === undefined) return others;
  const { [quantity]: _dropped, ...rest } = own;
  return { ...others, [family]: rest };
}

/**
 * @param {() => Pick<Storage, "getItem">} storage a browser may refuse even to name it
 * @returns {Thresholds}
 */
export function loadThresholds(storage) {
  try {
    /** @type {unknown} */
    const stored = JSON.parse(storage().getItem(KEY) ?? "{}");
    if (part(stored, "v") !== 1) return NONE;
    return FAMILIES.reduce((read, family) => readFamily(read, family, stored), NONE);
  } catch {
    return NONE;
  }
}

/**
 * @param {() => Pick<Storage, "setItem">} storage
 * @param {Thresholds} thresholds
 */
export function saveThresholds(storage, thresholds) {
  try {
    storage().setItem(KEY, JSON.stringify({ v: 1, ...thresholds }));
  } catch {
    // Private windows refuse to store; the limits then last as long as the page.
  }
}

/** @type {Thresholds} */
const NONE = Object.freeze({});

/**
 * @param {Thresholds} thresholds
 * @param {Family} family
 * @param {unknown} stored
 * @returns {Thresholds}
 */
function readFamily(thresholds, family, stored) {
  const own = part(stored, family);
  let read = thresholds;
  for (const quantity of quantities()) {
    const { names } = QUANTITIES[quantity];
    const values = part(own, quantity);
    // One may be in order only after another has moved, so as many rounds as there are limits.
    for (const _round of names) {
      for (const name of names) {
        read = changedLimit(read, family, quantity, name, part(values, name)).thresholds;
      }
    }
  }
  return read;
}

/**
 * @param {unknown} value
 * @param {string} name
 */
function part(value, name) {
  return isObject(value) ? field(value, name) : undefined;
}

/** @param {number[]} values */
function isRising(values) {
  return values.every((value, i) => i === 0 || value > (values[i - 1] ?? NaN));
}

/** The names, in the order of the defaults. */
export function quantities() {
  return Object.keys(QUANTITIES).filter(isQuantity);
}

/**
 * @param {string} name
 * @returns {name is Quantity}
 */
function isQuantity(name) {
  return Object.hasOwn(QUANTITIES, name);
}
