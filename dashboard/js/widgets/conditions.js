/** Engine, road, air, and what time it is there. */

/** @import { QuantityLimits } from "../thresholds.js" */
/** @import { StintTrends, TrendName } from "../trend.js" */
/** @import { Units, View } from "../types.js" */

import { changed, create, dataSlot, find, textSlot } from "../dom.js";
import { duration, number, temperature } from "../format.js";
import { changeText, dayText, forecastLines } from "../texts/weather.js";
import { classify } from "../thresholds.js";
import { levelOf, oddWord } from "../word_level.js";

/**
 * @param {HTMLElement} root
 * @param {Pick<StintTrends, "revision" | "points">} trends
 */
export function conditionsWidget(root, trends) {
  const slot = (/** @type {string} */ name) => textSlot(find(root, `[data-slot=${name}]`));
  const water = engineWidget(root, "water");
  const oil = engineWidget(root, "oil");
  const track = slot("track-temp");
  const air = slot("air-temp");
  const rain = slot("rain");
  const wetness = slot("wetness");
  const trackChange = changeWidget(root, "track-change", trends, "track_temp");
  const airChange = changeWidget(root, "air-change", trends, "ambient_temp");
  const clock = slot("session-clock");
  const day = slot("time-of-day");
  const list = find(root, ".forecast");
  const forecast = changed((/** @type {string} */ lines) => {
    list.hidden = lines === "";
    if (lines === "") return;
    list.replaceChildren(...lines.split("\n").map((line) => create("li", undefined, line)));
  });

  return {
    /** @param {View} view */
    render({ telemetry: car, meta, units, limits }) {
      water(car.engine_water_temp, limits.water_temp, units);
      oil(car.engine_oil_temp, limits.oil_temp, units);
      track(temperature(car.track_temp, units, 1));
      air(temperature(car.ambient_temp, units, 1));
      rain(number(car.rain));
      wetness(number(car.wetness));
      trackChange(units);
      airChange(units);
      clock(duration(car.time_elapsed));
      day(dayText(car.time_of_day));
      forecast(forecastLines(meta.forecast, units).join("\n"));
    },
  };
}

/**
 * How a temperature has moved since the stint began.
 * @param {HTMLElement} root
 * @param {string} name
 * @param {Pick<StintTrends, "revision" | "points">} trends
 * @param {TrendName} trend
 */
function changeWidget(root, name, trends, trend) {
  const text = textSlot(find(root, `[data-slot=${name}]`));
  let read = -1;
  /** @type {Units | null} */
  let said = null;
  return (/** @type {Units} */ units) => {
    if (read === trends.revision && said === units) return;
    read = trends.revision;
    said = units;
    const [times, values = []] = trends.points([trend]);
    text(changeText(times, values, units));
  };
}

/**
 * A temperature of the engine, with its word when it is too high.
 * @param {HTMLElement} root
 * @param {"water" | "oil"} name
 */
function engineWidget(root, name) {
  const element = find(root, `[data-slot=${name}]`);
  const text = textSlot(element);
  const level = dataSlot(element, "level");
  const said = textSlot(find(root, `[data-slot=${name}-word]`));
  return (
    /** @type {number | null | undefined} */ celsius,
    /** @type {QuantityLimits} */ limits,
    /** @type {Units} */ units,
  ) => {
    const word = classify(celsius, limits);
    text(temperature(celsius, units, 1));
    level(word === "ok" ? "" : levelOf(word));
    said(oddWord(word));
  };
}
