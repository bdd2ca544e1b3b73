/** What the driver does with the car now. */

/** @import { Stamp } from "../change_age.js" */
/** @import { SettingName, SettingsHistory } from "../settings_history.js" */
/** @import { Telemetry, Picture } from "../types.js" */

import { agoOf } from "../change_age.js";
import { dataSlot, fillSlot, find, hook, textSlot } from "../dom.js";
import { gear, number, speed } from "../format.js";
import { wasOnTheWayText } from "../texts/setup.js";

/** Share of the limit at which an upshift is due. */
const SHIFT_AT = 0.96;
/** Full scale when the source does not give the engine's limit, 1/min. */
const USUAL_LIMIT = 9000;

/**
 * @param {HTMLElement} root
 * @param {Pick<SettingsHistory, "last">} settings
 */
export function driveWidget(root, settings) {
  const bar = (/** @type {string} */ name) => fillSlot(find(root, `[data-bar=${name}]`));
  const aids = aidsWidget(root, settings);
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
      aids.render(car);
    },
  };
}

/**
 * The settings that the driver changes on the way.
 * @param {HTMLElement} root
 * @param {Pick<SettingsHistory, "last">} settings
 */
function aidsWidget(root, settings) {
  const slot = (/** @type {string} */ name) => textSlot(find(root, `[data-slot=${name}]`));
  const tc = slot("tc");
  const tcActive = dataSlot(find(root, "[data-slot=tc]"), "active");
  const abs = slot("abs");
  const absActive = dataSlot(find(root, "[data-slot=abs]"), "active");
  const map = slot("engine-map");
  const bias = slot("brake-bias");
  const changes = CHANGES.map(({ name, slot: where, digits }) => {
    const ago = slot(`${where}-change`);
    return (/** @type {Stamp} */ now) => ago(changeText(settings, name, digits, now));
  });

  return {
    /** @param {Telemetry} car */
    render(car) {
      tc(number(car.tc));
      tcActive(car.tc_active === true ? "yes" : "");
      abs(number(car.abs));
      absActive(car.abs_active === true ? "yes" : "");
      map(number(car.engine_map));
      bias(number(car.brake_bias, 1));
      const now = { run: car.run ?? null, lap: car.lap ?? null, at: Date.now() };
      for (const paint of changes) paint(now);
    },
  };
}

/** @type {readonly { name: SettingName, slot: string, digits: number }[]} */
const CHANGES = [
  { name: "tc", slot: "tc", digits: 0 },
  { name: "abs", slot: "abs", digits: 0 },
  { name: "engine_map", slot: "engine-map", digits: 0 },
  { name: "brake_bias", slot: "brake-bias", digits: 1 },
];

/**
 * @param {Pick<SettingsHistory, "last">} settings
 * @param {SettingName} name
 * @param {number} digits
 * @param {Stamp} now
 */
function changeText(settings, name, digits, now) {
  const change = settings.last(name);
  if (change === null) return "";
  return wasOnTheWayText(number(change.before, digits), agoOf(change.stamp, now));
}
