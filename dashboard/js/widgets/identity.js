/** Which car, where, in what session, and who drives it. */

/** @import { Picture } from "../types.js" */

import { changed, find, hook, textSlot } from "../dom.js";
import { DASH } from "../format.js";
import { sessionTypeName } from "../texts/names.js";
import { stintText, titleText, trackText } from "../texts/page.js";

/** @param {HTMLElement} root */
export function identityWidget(root) {
  const plate = find(root, "[data-slot=car-number]");
  const carNumber = changed((/** @type {string} */ text) => {
    plate.textContent = text;
    plate.hidden = text === "";
  });
  const car = hook(root, "car");
  const track = hook(root, "track");
  const sessionType = hook(root, "session-type");
  const team = textSlot(find(root, "[data-slot=team]"));
  const driver = hook(root, "driver");
  const stint = textSlot(find(root, "[data-slot=stint]"));
  const title = changed((/** @type {string} */ text) => {
    document.title = text;
  });

  return {
    /** @param {Picture} view */
    render({ meta, driver: name, telemetry }) {
      carNumber(meta.car_number ?? "");
      car(meta.car || DASH);
      track(trackText(meta) || DASH);
      sessionType(meta.session_type ? sessionTypeName(meta.session_type) : DASH);
      team(meta.team ?? "");
      driver(name || DASH);
      stint(stintText(telemetry.stint_laps, telemetry.stint_time));
      title(titleText(meta));
    },
  };
}

