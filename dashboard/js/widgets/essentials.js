/** What the car says of its place, fuel and tyres, until the widgets come that make more of it. */

/** @import { Picture } from "../types.js" */

import { CORNERS } from "../corners.js";
import { filled, hook } from "../dom.js";
import { fuel, number, place, pressure, temperature } from "../format.js";

/** @param {Document} page */
export function essentialsWidget(page) {
  const [race, tank, tires] = [filled(page, "race"), filled(page, "fuel"), filled(page, "tires")];
  const position = hook(race, "position");
  const lap = hook(race, "lap");
  const litres = hook(tank, "fuel");
  const corners = CORNERS.map((corner) => ({
    corner,
    temp: hook(tires, `tire-${corner}-temp`),
    press: hook(tires, `tire-${corner}-pressure`),
    wear: hook(tires, `tire-${corner}-wear`),
    brake: hook(tires, `brake-${corner}`),
  }));

  return {
    /** @param {Picture} picture */
    render({ telemetry: car, units }) {
      position(place(car.position));
      lap(number(car.lap));
      litres(fuel(car.fuel, units));
      for (const { corner, temp, press, wear, brake } of corners) {
        temp(temperature(car.tire_temps?.[corner], units));
        press(pressure(car.tire_pressures?.[corner], units));
        wear(number(car.tire_wear?.[corner], 1));
        brake(temperature(car.brake_temps?.[corner], units));
      }
    },
  };
}
