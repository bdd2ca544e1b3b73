/** What the driver does with the car now. */

/** @import { Picture } from "../types.js" */

import { dataSlot, fillSlot, find, hook } from "../dom.js";
import { gear, number, speed } from "../format.js";

/** Share of the limit at which an upshift is due. */
const SHIFT_AT = 0.96;
/** Full scale when the source does not give the engine's limit, 1/min. */
const USUAL_LIMIT = 9000;

/** @param {HTMLElement} root */
export function driveWidget(root) {
  const bar = (/** @type {string} */ name) => fillSlot(find(root, `[data-bar=${name}]`));
  const speedText = hook(root, "speed");
  const gearText = hook(root, "gear");
  const rpm = hook(root, "rpm");
  const rpmBar = bar("rpm");
  const shift = dataSlot(root, "shift");
  const limiter = dataSlot(root, "limiter");
  const pedals = /** @type {const} */ (["throttle", "brake", "steering"]).map((name) => ({
    name,
    text: hook(root, name),
    bar: bar(name),
  }));

  return {
    /** @param {Picture} view */
    render({ telemetry: car, meta, units }) {
      const revs = car.rpm == null ? null : car.rpm / (meta.rpm_limit || USUAL_LIMIT);
      speedText(speed(car.speed, units));
      gearText(gear(car.gear));
      rpm(number(car.rpm));
      rpmBar(revs);
      shift(revs !== null && revs >= SHIFT_AT ? "now" : "");
      limiter(car.speed_limiter === true ? "on" : "");
      for (const pedal of pedals) {
        const percent = car[pedal.name];
        pedal.text(number(percent));
        pedal.bar(percent == null ? null : percent / 100);
      }
    },
  };
}
