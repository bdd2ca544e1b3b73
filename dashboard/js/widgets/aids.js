/** The settings that the driver changes on the way, and when each was last changed. */

/** @import { Stamp } from "../change_age.js" */
/** @import { SettingName, SettingsHistory } from "../settings_history.js" */
/** @import { View } from "../types.js" */

import { agoOf } from "../change_age.js";
import { dataSlot, find, textSlot } from "../dom.js";
import { number } from "../format.js";
import { wasOnTheWayText } from "../texts/setup.js";

/**
 * @param {HTMLElement} root
 * @param {Pick<SettingsHistory, "last">} settings
 */
export function aidsWidget(root, settings) {
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
    /** @param {View} view */
    render({ telemetry: car }) {
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
