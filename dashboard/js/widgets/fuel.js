/** Litres, and how far they go. */

/** @import { FuelView, View } from "../types.js" */

import { changed, dataSlot, fillSlot, find, hook, textSlot } from "../dom.js";
import { fuel, number } from "../format.js";
import { MIN_LAPS } from "../fuel.js";

/** Laps left at which a stop is near, and at which it is due. */
const WARN_LAPS = 3;
const BAD_LAPS = 1.5;

/** @param {HTMLElement} root */
export function fuelWidget(root) {
  const litres = hook(root, "fuel");
  const percent = hook(root, "fuel-percent");
  const perLap = hook(root, "fuel-per-lap");
  const lapsLeft = hook(root, "laps-left");
  const emptyLap = hook(root, "empty-lap");
  const learned = textSlot(find(root, "[data-slot=learned]"));
  const bar = fillSlot(find(root, "[data-bar=fuel]"));
  const level = dataSlot(root, "level");
  const learning = dataSlot(root, "learning");
  const energy = textSlot(find(root, "[data-slot=energy]"));
  const energyCell = find(root, "[data-slot=energy-cell]");
  const hasEnergy = changed((/** @type {boolean} */ has) => {
    energyCell.hidden = !has;
  });

  return {
    /** @param {View} view */
    render({ fuel: tank, telemetry, units }) {
      litres(fuel(tank.fuel, units));
      percent(number(tank.percent));
      bar(tank.percent === null ? null : tank.percent / 100);
      perLap(tank.use === null ? "learning" : fuel(tank.use, units, 2));
      learning(tank.use === null ? "yes" : "");
      learned(learnedText(tank));
      lapsLeft(number(roundedDown(tank.laps_left), 1));
      emptyLap(number(lapWhenEmpty(telemetry.lap, tank.laps_left)));
      level(levelOf(tank.laps_left));
      hasEnergy(typeof telemetry.virtual_energy === "number");
      energy(number(telemetry.virtual_energy, 1));
    },
  };
}

/** @param {FuelView} tank */
function learnedText({ use, learned_from }) {
  if (use !== null) return `median of ${learned_from} laps`;
  return `${learned_from} of ${MIN_LAPS} clean laps`;
}

/**
 * Down, because a lap that the tank does not reach must not be promised.
 * @param {number | null} laps
 */
function roundedDown(laps) {
  return laps === null ? null : Math.floor(laps * 10 + 1e-6) / 10;
}

/**
 * @param {number | null | undefined} lap the lap being driven
 * @param {number | null} laps_left
 */
function lapWhenEmpty(lap, laps_left) {
  return typeof lap === "number" && laps_left !== null ? lap + Math.floor(laps_left) : null;
}

/** @param {number | null} laps */
function levelOf(laps) {
  if (laps === null || laps >= WARN_LAPS) return "";
  return laps < BAD_LAPS ? "bad" : "warn";
}
