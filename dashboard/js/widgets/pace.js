/** The times of the last laps as a chart. */

/** @import { LapRow, View } from "../types.js" */
/** @import { LapChart } from "../lap_rows.js" */
/** @import { Chart } from "../plot.js" */

import { ChartCursor } from "../chart_cursor.js";
import { changed, find, textSlot } from "../dom.js";
import { delta, lapTime, number } from "../format.js";
import { lapChart } from "../lap_rows.js";
import { currentRun } from "../laps.js";
import { axis, markLine, paint, plot } from "../plot.js";
import { lapAtText, lapSpanText } from "../texts/pace.js";
import { LAPS } from "../words.js";

/** @param {HTMLElement} root */
export function paceWidget(root) {
  /** @type {LapChart} */
  let chart = lapChart([], null, lapTime);
  /** @type {readonly LapRow[] | null} */
  let seen = null;
  const draw = lapPlot(find(root, "[data-plot=laps]"));
  const text = textSlot(find(root, "[data-slot=pace-text]"));
  const note = textSlot(find(root, "[data-slot=pace-note]"));
  const none = find(root, "[data-slot=no-pace]");
  const isEmpty = changed((/** @type {boolean} */ empty) => {
    none.hidden = !empty;
  });

  return {
    /** @param {View} view */
    render({ laps, best_lap_time }) {
      if (laps !== seen) {
        seen = laps;
        chart = lapChart(currentRun(laps), best_lap_time, lapTime);
        text(chart.text);
        note(lapSpanText(chart.laps));
        isEmpty(chart.laps.length === 0);
      }
      draw(chart);
    },
  };
}

/** @param {HTMLElement} root */
function lapPlot(root) {
  const colours = {
    clean: paint(root, "--soft"),
    other: paint(root, "--warn"),
    best: paint(root, "--best"),
    pit: paint(root, "--dim"),
    swap: paint(root, "--cold"),
    ground: paint(root, "--ground"),
  };
  /** @type {LapChart | null} */
  let shown = null;
  const marks = (/** @type {Chart} */ u) => {
    for (const lap of shown?.pits ?? []) markLine(u, "x", lap, colours.pit(), LAPS.pit);
    for (const { lap, name } of shown?.swaps ?? []) {
      markLine(u, "x", lap - 0.5, colours.swap(), name);
    }
  };
  const plotted = plot(root, {
    scales: {
      x: { time: false, range: (_, low, high) => [(low ?? 0) - 0.5, (high ?? 0) + 0.5] },
      y: { range: () => shown?.range ?? [0, 1] },
    },
    axes: [
      axis(root, (lap) => number(lap), { side: 2, size: 22, incrs: [1, 2, 5, 10, 20] }),
      axis(root, (s) => lapTime(s, 1), { side: 3, size: 54, space: 28 }),
    ],
    series: [
      {},
      { ...dots(colours.clean, colours.clean, 5), width: 1 },
      { ...dots(colours.other, colours.ground, 7), width: 0 },
      { ...dots(colours.best, colours.best, 9), width: 0 },
    ],
    hooks: { drawAxes: [marks] },
  }, new ChartCursor(root, (_, i) => (shown === null ? "" : atText(shown, i))));
  return (/** @type {LapChart} */ chart) => {
    shown = chart;
    plotted.draw(chart, () => [chart.laps, chart.clean, chart.others, chart.best]);
  };
}

/**
 * @param {LapChart} chart
 * @param {number} i
 */
function atText({ laps, times, notes, best_s }, i) {
  const time = times[i] ?? null;
  const behind = time === null || best_s === null ? null : time - best_s;
  return lapAtText(laps[i], lapTime(time), delta(behind), notes[i] ?? "");
}

/**
 * @param {() => string} stroke
 * @param {() => string} fill
 * @param {number} size
 */
function dots(stroke, fill, size) {
  return { stroke, points: { show: true, size, stroke, fill, width: 1.5 } };
}
