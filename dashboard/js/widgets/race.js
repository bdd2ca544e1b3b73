/** Where the car stands in the race. */

/** @import { View } from "../types.js" */

import { dataSlot, find, hook, textSlot } from "../dom.js";
import { delta, gap, lapTime, number, place, signOf } from "../format.js";
import { trendText } from "../texts/gaps.js";
import { phaseName } from "../texts/names.js";
import { classText, raceLapsText, toGoText } from "../texts/pace.js";

/** @param {HTMLElement} root */
export function raceWidget(root) {
  const slot = (/** @type {string} */ name) => textSlot(find(root, `[data-slot=${name}]`));
  const position = hook(root, "position");
  const lap = hook(root, "lap");
  const classPosition = slot("class-position");
  const lapOf = slot("lap-of");
  const running = slot("lap-time");
  const deltaBest = slot("delta-best");
  const deltaSign = dataSlot(find(root, "[data-slot=delta-best]"), "sign");
  const last = slot("last-lap");
  const lastDelta = slot("last-delta");
  const lastSign = dataSlot(find(root, "[data-slot=last-delta]"), "sign");
  const best = slot("best-lap");
  const ahead = slot("gap-ahead");
  const behind = slot("gap-behind");
  const trendAhead = slot("trend-ahead");
  const trendBehind = slot("trend-behind");
  const toGo = slot("to-go");
  const phase = slot("phase");

  return {
    /** @param {View} view */
    render({ telemetry: car, meta, best_lap_time, gaps }) {
      const bestTime = car.best_lap_time ?? best_lap_time;
      const lost = difference(car.last_lap_time, bestTime);
      position(place(car.position));
      classPosition(classText(car.class_position, meta.car_class));
      lap(number(car.lap));
      lapOf(raceLapsText(meta.race_laps));
      running(lapTime(car.lap_time, 1));
      deltaBest(signed(car.delta_best, 2));
      deltaSign(signOf(car.delta_best, 2));
      last(lapTime(car.last_lap_time));
      lastDelta(signed(lost, 3));
      lastSign(signOf(lost, 3));
      best(lapTime(bestTime));
      ahead(gap(car.gap_ahead, car.gap_ahead_laps));
      behind(gap(car.gap_behind, car.gap_behind_laps));
      trendAhead(trendText(gaps.ahead));
      trendBehind(trendText(gaps.behind));
      toGo(toGoText(car));
      phase(car.session_phase ? phaseName(car.session_phase) : "");
    },
  };
}

/**
 * @param {number | null | undefined} a
 * @param {number | null | undefined} b
 */
function difference(a, b) {
  return typeof a === "number" && typeof b === "number" ? a - b : null;
}

/**
 * @param {number | null | undefined} seconds
 * @param {number} digits
 */
function signed(seconds, digits) {
  return typeof seconds === "number" ? delta(seconds, digits) : "";
}
