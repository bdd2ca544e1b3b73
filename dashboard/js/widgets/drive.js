/** What the driver does with the car now. */

/** @import { Picture } from "../types.js" */

import { dataSlot, fillSlot, find, hook } from "../dom.js";
import { gear, number, speed } from "../format.js";

/** Share of the limit at which an upshift is due. */
const SHIFT_AT = 0.96;
/** Full scale when the source does not give the engine's limit, 1/min. */
const USUAL_LIMIT = 9000;

/** @type {readonly ["throttle", "brake", "steering"]} */
const PEDALS = ["throttle", "brake", "steering"];

/**
 * What is read.
 * @param {HTMLElement} root
 */
export function driveWidget(root) {
  const speedText = hook(root, "speed");
  const gearText = hook(root, "gear");
  const rpm = hook(root, "rpm");
  const limiter = dataSlot(root, "limiter");
  const pedals = PEDALS.map((name) => ({ name, text: hook(root, name) }));

  return {
    /** @param {Picture} view */
    render({ telemetry: car, units }) {
      speedText(speed(car.speed, units));
      gearText(gear(car.gear));
      rpm(number(car.rpm));
      limiter(car.speed_limiter === true ? "on" : "");
      for (const { name, text } of pedals) text(number(car[name]));
    },
  };
}

/**
 * What moves: the bars, and the light to shift by.
 * @param {HTMLElement} root
 */
export function driveBars(root) {
  const bar = (/** @type {string} */ name) => fillSlot(find(root, `[data-bar=${name}]`));
  const rpmBar = bar("rpm");
  const shift = dataSlot(root, "shift");
  const pedals = PEDALS.map((name) => ({ name, bar: bar(name) }));

  return {
    /** @param {Picture} view */
    render({ telemetry: car, meta }) {
      const revs = car.rpm == null ? null : car.rpm / (meta.rpm_limit || USUAL_LIMIT);
      rpmBar(revs);
      shift(revs !== null && revs >= SHIFT_AT ? "now" : "");
      for (const pedal of pedals) {
        const percent = car[pedal.name];
        pedal.bar(percent == null ? null : percent / 100);
      }
    },
  };
}
