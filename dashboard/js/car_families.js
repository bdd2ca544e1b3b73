/** Cars that work at like temperatures and pressures, by the name of their class. */

/** @typedef {"gt3" | "gte" | "lmp2" | "lmp3" | "hypercar" | "other"} Family */

/** @type {readonly Family[]} */
export const FAMILIES = ["gt3", "gte", "lmp2", "lmp3", "hypercar", "other"];

// Of the names that the simulators give: `LMGT3`, `GTD PRO`, `LMP2_ELMS`, `Hyper`, `GTP`.
/** @type {readonly [RegExp, Family][]} */
const CLASS_NAMES = [
  [/LMP2/, "lmp2"],
  [/LMP3/, "lmp3"],
  [/HYPER|LMDH|LMH|GTP|DPI/, "hypercar"],
  [/GTE|GTLM/, "gte"],
  [/GT3|GTD/, "gt3"],
];

/**
 * @param {string | null | undefined} car_class
 * @returns {Family}
 */
export function familyOf(car_class) {
  const name = (car_class ?? "").toUpperCase();
  return CLASS_NAMES.find(([pattern]) => pattern.test(name))?.[1] ?? "other";
}
