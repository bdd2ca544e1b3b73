/** Tyres and brakes, corner by corner, as seen from above the car. */

/** @import { Corner, Telemetry, View, Wheels } from "../types.js" */

import { CORNERS } from "../corners.js";
import { dataSlot, fillSlot, find, hook, textSlot } from "../dom.js";
import { number, pressure, temperature } from "../format.js";

/** Where a slick for GT and prototype cars works, degC; a hint of colour beside the number. */
const TIRE_COLD = 70;
const TIRE_WARM = 100;
const TIRE_HOT = 112;
const BRAKE_HOT = 700;
const BRAKE_TOO_HOT = 850;
/** % worn. */
const WEAR_HIGH = 60;
const WEAR_GONE = 80;

/** @param {HTMLElement} root */
export function tiresWidget(root) {
  const corners = CORNERS.map((corner) => cornerWidget(root, corner));
  const note = textSlot(find(root, "[data-slot=compound]"));

  return {
    /** @param {View} view */
    render(view) {
      note(noteText(view.telemetry));
      for (const corner of corners) corner.render(view);
    },
  };
}

/**
 * @param {HTMLElement} root
 * @param {Corner} corner
 */
function cornerWidget(root, corner) {
  const box = find(root, `[data-corner=${corner}]`);
  const temp = hook(box, `tire-${corner}-temp`);
  const press = hook(box, `tire-${corner}-pressure`);
  const wear = hook(box, `tire-${corner}-wear`);
  const brake = hook(box, `brake-${corner}`);
  const tempLevel = dataSlot(box, "temp");
  const brakeLevel = dataSlot(box, "brake");
  const wearLevel = dataSlot(box, "wear");
  const flat = dataSlot(box, "flat");
  const rubber = fillSlot(find(box, ".tire"));

  return {
    /** @param {View} view */
    render({ telemetry: car, units }) {
      const celsius = car.tire_temps?.[corner];
      const worn = car.tire_wear?.[corner];
      const disc = car.brake_temps?.[corner];
      temp(temperature(celsius, units));
      tempLevel(tireLevel(celsius));
      press(pressure(car.tire_pressures?.[corner], units));
      wear(number(worn, 1));
      wearLevel(above(worn, WEAR_HIGH, WEAR_GONE));
      rubber(typeof worn === "number" ? 1 - worn / 100 : null);
      brake(temperature(disc, units));
      brakeLevel(above(disc, BRAKE_HOT, BRAKE_TOO_HOT));
      flat(car.tire_flat?.[corner] === true ? "yes" : "");
    },
  };
}

/** @param {number | null | undefined} celsius */
function tireLevel(celsius) {
  if (typeof celsius !== "number") return "";
  if (celsius < TIRE_COLD) return "cold";
  if (celsius < TIRE_WARM) return "good";
  return celsius < TIRE_HOT ? "warn" : "bad";
}

/**
 * @param {number | null | undefined} value
 * @param {number} warn
 * @param {number} bad
 */
function above(value, warn, bad) {
  if (typeof value !== "number" || value < warn) return "";
  return value < bad ? "warn" : "bad";
}

/** @param {Telemetry} car */
function noteText(car) {
  const parts = [];
  const compounds = compoundText(car.tire_compounds);
  if (compounds !== "") parts.push(compounds);
  if (typeof car.tires_as_of_lap === "number") {
    parts.push(`measured on lap ${number(car.tires_as_of_lap)}`);
  }
  return parts.join(", ");
}

/** @param {Wheels<string> | null | undefined} compounds */
function compoundText(compounds) {
  const names = new Set(CORNERS.flatMap((corner) => compounds?.[corner] ?? []));
  return [...names].join(" / ");
}
