/** Engine, road and air. */

/** @import { View } from "../types.js" */

import { dataSlot, find, textSlot } from "../dom.js";
import { number, temperature } from "../format.js";

/** Water, degC, at which an engine of these cars is in trouble soon. */
const WATER_HOT = 108;
const WATER_TOO_HOT = 116;

/** @param {HTMLElement} root */
export function conditionsWidget(root) {
  const slot = (/** @type {string} */ name) => textSlot(find(root, `[data-slot=${name}]`));
  const water = slot("water");
  const waterLevel = dataSlot(find(root, "[data-slot=water]"), "level");
  const oil = slot("oil");
  const track = slot("track-temp");
  const air = slot("air-temp");
  const rain = slot("rain");
  const wetness = slot("wetness");

  return {
    /** @param {View} view */
    render({ telemetry: car, units }) {
      water(temperature(car.engine_water_temp, units, 1));
      waterLevel(levelOf(car.engine_water_temp));
      oil(temperature(car.engine_oil_temp, units, 1));
      track(temperature(car.track_temp, units, 1));
      air(temperature(car.ambient_temp, units, 1));
      rain(number(car.rain));
      wetness(number(car.wetness));
    },
  };
}

/** @param {number | null | undefined} celsius */
function levelOf(celsius) {
  if (typeof celsius !== "number" || celsius < WATER_HOT) return "";
  return celsius < WATER_TOO_HOT ? "warn" : "bad";
}
