/** Tyres and brakes, corner by corner, as seen from above the car. */

/** @import { StintTrends } from "../trend.js" */
/** @import { Corner, Units, View, Wheels } from "../types.js" */

import { CORNERS } from "../corners.js";
import { changed, dataSlot, fillSlot, find, hook, textSlot } from "../dom.js";
import { number, pressure, temperature, unitName } from "../format.js";
import { spanOf, sparkPoints } from "../spark.js";
import { firstWornText, rateText, stintTrendText } from "../texts/tires.js";
import { classify } from "../thresholds.js";
import { levelOf, limitWord, oddWord } from "../word_level.js";
import { TIRES } from "../words.js";

/** degC; less is no trend. */
const LEAST_SPAN = 10;

/**
 * @param {HTMLElement} root
 * @param {Pick<StintTrends, "revision" | "points">} trends
 */
export function tiresWidget(root, trends) {
  const corners = CORNERS.map((corner) => cornerWidget(root, corner, trends));
  const note = textSlot(find(root, "[data-slot=compound]"));
  const first = textSlot(find(root, "[data-slot=first-worn]"));
  const old = dataSlot(root, "old");

  return {
    /** @param {View} view */
    render(view) {
      note(compoundText(view.telemetry.tire_compounds));
      first(firstWornText(view.wear, view.limits.tire_wear.limit));
      old(typeof view.telemetry.tires_as_of_lap === "number" ? "yes" : "");
      for (const corner of corners) corner.render(view);
    },
  };
}

/**
 * @param {HTMLElement} root
 * @param {Corner} corner
 * @param {Pick<StintTrends, "revision" | "points">} trends
 */
function cornerWidget(root, corner, trends) {
  const box = find(root, `[data-corner=${corner}]`);
  const temp = reading(box, `tire-${corner}-temp`, "temp");
  const press = reading(box, `tire-${corner}-pressure`, "pressure");
  const wear = reading(box, `tire-${corner}-wear`, "wear");
  const brake = reading(box, `brake-${corner}`, "brake");
  const rate = textSlot(find(box, "[data-slot=wear-rate]"));
  const flat = dataSlot(box, "flat");
  const rubber = fillSlot(find(box, ".tire"));
  const spark = sparkWidget(find(box, ".spark"), corner, trends);

  return {
    /** @param {View} view */
    render({ telemetry: car, units, limits, wear: worn }) {
      const is_flat = car.tire_flat?.[corner] === true;
      const percent = car.tire_wear?.[corner];
      const celsius = car.tire_temps?.[corner];
      const word = classify(celsius, limits.tire_temp);
      temp(temperature(celsius, units), levelOf(word), is_flat ? TIRES.flat : limitWord(word));
      const kpa = car.tire_pressures?.[corner];
      odd(press, pressure(kpa, units), classify(kpa, limits.tire_pressure));
      odd(wear, number(percent, 1), classify(percent, limits.tire_wear));
      const disc = car.brake_temps?.[corner];
      odd(brake, temperature(disc, units), classify(disc, limits.brake_temp));
      rate(rateText(worn.corners[corner]));
      rubber(typeof percent === "number" ? 1 - percent / 100 : null);
      flat(is_flat ? "yes" : "");
      spark(units);
    },
  };
}

/**
 * A number, how it looks and its word.
 * @param {HTMLElement} box
 * @param {string} test
 * @param {string} name
 */
function reading(box, test, name) {
  const text = hook(box, test);
  const level = dataSlot(box, name);
  const word = textSlot(find(box, `[data-slot=${name}-word]`));
  return (
    /** @type {string} */ shown,
    /** @type {string} */ how,
    /** @type {string} */ said,
  ) => {
    text(shown);
    level(how);
    word(said);
  };
}

/**
 * One that is loud only when it is out of its limits.
 * @param {ReturnType<typeof reading>} write
 * @param {string} text
 * @param {ReturnType<typeof classify>} word
 */
function odd(write, text, word) {
  write(text, word === "ok" ? "" : levelOf(word), oddWord(word));
}

/**
 * @param {HTMLElement} box
 * @param {Corner} corner
 * @param {Pick<StintTrends, "revision" | "points">} trends
 */
function sparkWidget(box, corner, trends) {
  const line = find(box, "polyline");
  /** @type {Units | null} */
  let said = null;
  let drawn = -1;
  const label = changed((/** @type {string} */ text) => box.setAttribute("aria-label", text));
  return (/** @type {Units} */ units) => {
    if (drawn === trends.revision && said === units) return;
    drawn = trends.revision;
    said = units;
    const [times, values = []] = trends.points([`tire_temps_${corner}`]);
    line.setAttribute("points", sparkPoints(times, values, LEAST_SPAN));
    const span = spanOf(values);
    const text = (/** @type {number} */ celsius) => temperature(celsius, units);
    const unit = unitName(units, "temperature");
    label(
      stintTrendText(corner, span && { min: text(span.min), max: text(span.max), unit }),
    );
  };
}

/** @param {Wheels<string> | null | undefined} compounds */
function compoundText(compounds) {
  const names = new Set(CORNERS.flatMap((corner) => compounds?.[corner] ?? []));
  return [...names].join(" / ");
}
