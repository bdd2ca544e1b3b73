/** Speed and pedals of the last two minutes. */

/** @import { Units, View } from "../types.js" */
/** @import { CursorGroup } from "../chart_cursor.js" */
/** @import { Chart } from "../plot.js" */
/** @import { Recorder } from "../recorder.js" */

import { ChartCursor } from "../chart_cursor.js";
import { telemetryCsv } from "../csv.js";
import { changed, find, textSlot } from "../dom.js";
import { exportButton } from "../download.js";
import { DEFAULT_UNITS, number, speed, unitName } from "../format.js";
import { axis, paint, plot } from "../plot.js";
import { RECORDED } from "../recorder.js";
import { SPAN_S } from "../ring.js";
import { agoAxisText, pedalsAtText, speedAtText } from "../texts/pace.js";

const GRID_S = 30;

/**
 * @param {HTMLElement} root
 * @param {Recorder} recorder
 */
export function tracesWidget(root, recorder) {
  const { ring } = recorder;
  /** @type {CursorGroup} */
  const together = new Set();
  const speeds = speedPlot(find(root, "[data-plot=speed]"), recorder, together);
  const pedals = pedalPlot(find(root, "[data-plot=pedals]"), recorder, together);
  const unit = textSlot(find(root, "[data-slot=trace-unit]"));
  const none = find(root, "[data-slot=no-traces]");
  const hasData = changed((/** @type {boolean} */ has) => {
    none.hidden = has;
  });
  exportButton(find(root, "[data-export=telemetry]"), "telemetry", () => {
    const [times, ...columns] = ring.data(RECORDED);
    return telemetryCsv(
      times,
      RECORDED.map((name, i) => ({ name, values: columns[i] ?? [] })),
    );
  });

  return {
    /** @param {View} view */
    render({ units }) {
      hasData(ring.length > 0);
      unit(unitName(units, "speed"));
      speeds(units);
      pedals();
    },
  };
}

/**
 * @param {HTMLElement} root
 * @param {Recorder} recorder
 * @param {CursorGroup} group
 */
function speedPlot(root, { ring }, group) {
  let units = DEFAULT_UNITS;
  const chart = plot(root, {
    scales: {
      x: { time: false, range: newestSpan },
      y: { range: (_, _low, high) => [0, Math.max(100, (high ?? 0) * 1.05)] },
    },
    axes: [
      axis(root, () => "", { side: 2, size: 6, splits: halfMinutes }),
      axis(root, (kmh) => speed(kmh, units), { side: 3, size: 40, space: 28 }),
    ],
    series: [{}, { stroke: paint(root, "--cold"), width: 1.5, points: { show: false } }],
  }, new ChartCursor(root, (chart, i) => {
    return speedAtText(agoAt(chart, i), speed(chart.data[1]?.[i], units), unitName(units, "speed"));
  }, group));
  return (/** @type {Units} */ chosen) => {
    units = chosen;
    chart.draw(ring.revision, () => ring.data(["speed"]));
  };
}

/**
 * @param {HTMLElement} root
 * @param {Recorder} recorder
 * @param {CursorGroup} group
 */
function pedalPlot(root, { ring }, group) {
  const chart = plot(root, {
    scales: { x: { time: false, range: newestSpan }, y: { range: [0, 105] } },
    axes: [
      axis(root, (at_s, newest_s) => agoAxisText(at_s - newest_s), {
        side: 2,
        size: 22,
        splits: halfMinutes,
      }),
      axis(root, (percent) => number(percent), { side: 3, size: 40, incrs: [50] }),
    ],
    series: [
      {},
      { stroke: paint(root, "--good"), width: 1.5, points: { show: false } },
      { stroke: paint(root, "--bad"), width: 1.5, dash: [4, 2], points: { show: false } },
    ],
  }, new ChartCursor(root, (chart, i) => {
    const [, throttle, brake] = chart.data;
    return pedalsAtText(agoAt(chart, i), number(throttle?.[i]), number(brake?.[i]));
  }, group));
  return () => chart.draw(ring.revision, () => ring.data(["throttle", "brake"]));
}

/**
 * @param {Chart} _
 * @param {number | null} _low
 * @param {number | null} high
 * @returns {[number, number]}
 */
function newestSpan(_, _low, high) {
  return [(high ?? 0) - SPAN_S, high ?? 0];
}

/**
 * @param {Chart} chart
 * @param {number} i
 */
function agoAt({ data, scales }, i) {
  return (data[0][i] ?? NaN) - (scales["x"]?.max ?? NaN);
}

/** @param {Chart} chart */
function halfMinutes({ scales }) {
  const newest = scales["x"]?.max ?? 0;
  return [4, 3, 2, 1, 0].map((halves) => newest - halves * GRID_S);
}

