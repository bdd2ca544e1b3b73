/** The fuel of the last laps as bars; a lap that is left out is hollow and has a letter. */

/** @import { LapRow, Units } from "../types.js" */
/** @import { UseBars } from "../use_bars.js" */

import { find, shape } from "../dom.js";
import { fuel, unitName } from "../format.js";
import { currentRun } from "../laps.js";
import { usesLabel } from "../texts/fuel.js";
import { useBars } from "../use_bars.js";

const WIDTH = 320;
const HEIGHT = 56;
/** Above the bars, for the letters. */
const TOP = 12;
const STEP = 16;

/** @param {HTMLElement} root */
export function usesWidget(root) {
  const chart = find(root, ".uses");
  let shown = useBars([], null, String);
  /** @type {readonly unknown[]} */
  let seen = [];
  return (
    /** @type {LapRow[]} */ laps,
    /** @type {number | null} */ use,
    /** @type {Units} */ units,
  ) => {
    if (laps === seen[0] && use === seen[1] && units === seen[2]) return;
    seen = [laps, use, units];
    const litres = (/** @type {number} */ litres) => fuel(litres, units, 2);
    const bars = useBars(currentRun(laps), use, litres);
    if (bars.text === shown.text && bars.use === shown.use) return;
    shown = bars;
    chart.setAttribute("aria-label", usesLabel(bars.text, unitName(units, "fuel")));
    chart.replaceChildren(...drawn(bars));
    chart.toggleAttribute("data-drawn", bars.bars.length > 0);
  };
}

/** @param {UseBars} chart */
function drawn({ bars, use }) {
  const first = WIDTH - bars.length * STEP;
  const elements = bars.flatMap(({ height, mark }, i) => {
    const tall = Math.max(1, height * (HEIGHT - TOP));
    const x = first + i * STEP + 2;
    const place = { x, y: HEIGHT - tall, width: STEP - 4, height: tall };
    const bar = shape("rect", { ...place, class: mark === "" ? "clean" : "out" });
    if (mark === "") return [bar];
    const letter = shape("text", { x: x + STEP / 2 - 2, y: HEIGHT - tall - 2 });
    letter.textContent = mark;
    return [bar, letter];
  });
  if (use !== null) {
    const y = HEIGHT - use * (HEIGHT - TOP);
    elements.push(shape("line", { x1: first, x2: WIDTH, y1: y, y2: y }));
  }
  return elements;
}
