/** Litres and virtual energy, how far they go, and whether that is far enough. */

/** @import { Lack, Tank } from "../energy.js" */
/** @import { Need } from "../to_flag.js" */
/** @import { View } from "../types.js" */

import { dataSlot, fillSlot, find, hook, textSlot } from "../dom.js";
import { DASH, duration, fuel, lapsDown, number } from "../format.js";
import { lastLeftOutText, restsOnText, timeLeftText } from "../texts/fuel.js";
import { boxText, endsFirstText, endText, verdictText } from "../texts/reach.js";
import { FUEL } from "../words.js";
import { usesWidget } from "./uses.js";

/** Laps left at which a stop is near, and at which it is due. */
const WARN_LAPS = 3;
const BAD_LAPS = 1.5;

/** @typedef {(amount: number | null, digits?: number) => string} Amount */

/** @param {HTMLElement} root */
export function fuelWidget(root) {
  const slot = (/** @type {string} */ name) => textSlot(find(root, `[data-slot=${name}]`));
  const litres = hook(root, "fuel");
  const percent = hook(root, "fuel-percent");
  const lapsLeft = hook(root, "laps-left");
  const emptyLap = hook(root, "empty-lap");
  const [timeLeft, endsFirst, end] = [slot("time-left"), slot("ends-first"), slot("race-end")];
  const [verdict, box, learned] = [slot("verdict"), slot("box"), slot("learned")];
  const bar = fillSlot(find(root, "[data-bar=fuel]"));
  const level = dataSlot(root, "level");
  const hasEnergy = dataSlot(root, "energy");
  const fuelTank = tankWidget(root, "fuel");
  const energyTank = tankWidget(root, "energy");
  const uses = usesWidget(root);

  return {
    /** @param {View} view */
    render({ outlook, laps, units }) {
      const { reach, to_flag } = outlook;
      const { fuel: tank, energy } = reach;
      litres(fuel(tank.left, units));
      percent(number(tank.percent));
      bar(tank.percent === null ? null : tank.percent / 100);
      lapsLeft(lapsDown(reach.laps_left, 1));
      timeLeft(reach.time_left_s === null ? "" : timeLeftText(duration(reach.time_left_s)));
      emptyLap(number(reach.empty_lap));
      level(levelOf(reach.laps_left));
      endsFirst(endsFirstText(reach));
      end(endText(outlook.end));
      verdict(verdictText(outlook, units));
      box(boxText(to_flag));
      hasEnergy(energy === null ? "" : "yes");
      fuelTank(tank, to_flag.fuel, (amount, digits = 1) => fuel(amount, units, digits));
      if (energy !== null) energyTank(energy, to_flag.energy, (amount, digits = 1) => number(amount, digits));
      learned(restsOnText(tank.learned, energy?.learned ?? null));
      uses(laps, tank.use, units);
    },
  };
}

/**
 * A column of the table.
 * @param {HTMLElement} root
 * @param {"fuel" | "energy"} name
 */
function tankWidget(root, name) {
  const slot = (/** @type {string} */ row) => textSlot(find(root, `[data-slot=${name}-${row}]`));
  const use = name === "fuel" ? hook(root, "fuel-per-lap") : slot("use");
  const [left, last, laps, time] = [slot("left"), slot("last"), slot("laps"), slot("time")];
  const [need, needSpare] = [slot("need"), slot("need-spare")];
  const [over, overSpare] = [slot("over"), slot("over-spare")];

  return (
    /** @type {Tank} */ tank,
    /** @type {Need | null} */ to_flag,
    /** @type {Amount} */ amount,
  ) => {
    left(amount(tank.left));
    use(tank.use === null ? lackText(tank.learned.reason) : amount(tank.use, 2));
    last(lastText(tank, amount));
    laps(lapsDown(tank.laps_left, 1));
    time(duration(tank.time_left_s));
    need(amount(to_flag?.needed ?? null));
    needSpare(amount(to_flag?.needed_spare ?? null));
    over(signed(amount, to_flag?.over));
    overSpare(signed(amount, to_flag?.over_spare));
  };
}

/**
 * @param {Amount} amount
 * @param {number | null} [over]
 */
function signed(amount, over = null) {
  return over !== null && over > 0 ? `+${amount(over)}` : amount(over);
}

/**
 * @param {Tank} tank
 * @param {Amount} amount
 */
function lastText({ last: { used, left_out } }, amount) {
  const shown = amount(used, 2);
  return used === null || left_out === null ? shown : lastLeftOutText(left_out, shown);
}

/** @param {Lack | null} reason */
function lackText(reason) {
  return reason === null ? DASH : FUEL.lacks[reason];
}

/** @param {number | null} laps */
function levelOf(laps) {
  if (laps === null || laps >= WARN_LAPS) return "";
  return laps < BAD_LAPS ? "bad" : "warn";
}
