/** How far the lap being driven is behind the best and the last, now and along the lap. */

/** @import { View } from "../types.js" */
/** @import { Recorder } from "../recorder.js" */

import { ChartCursor } from "../chart_cursor.js";
import { tracesCsv } from "../csv.js";
import { dataSlot, find, textSlot } from "../dom.js";
import { exportButton } from "../download.js";
import { delta as signed, lapTime, signOf } from "../format.js";
import { delta } from "../lap_trace.js";
import { axis, markLine, paint, plot } from "../plot.js";
import { deltaAtText, deltaNote, kmText } from "../texts/pace.js";
import { DELTA, RACE } from "../words.js";

/** Of a chart that has nothing to show. */
const SOME_LENGTH_M = 5000;

/**
 * @param {HTMLElement} root
 * @param {Recorder} recorder
 */
export function deltaWidget(root, recorder) {
  const slot = (/** @type {string} */ name) => textSlot(find(root, `[data-slot=${name}]`));
  const best = numberSlot(root, "best");
  const last = numberSlot(root, "last");
  const references = { best: slot("best-of"), last: slot("last-of") };
  const note = slot("delta-note");
  const chart = deltaPlot(find(root, "[data-plot=delta]"), recorder);
  exportButton(find(root, "[data-export=traces]"), "lap-traces", () => tracesCsv(recorder.traces));

  return {
    /** @param {View} view */
    render({ telemetry, meta }) {
      const { traces } = recorder;
      best(traces.best === null ? (telemetry.delta_best ?? null) : traces.deltaNow(traces.best));
      last(traces.deltaNow(traces.last));
      references.best(traces.best === null ? DELTA.by_the_game : lapTime(traces.best.lap_time));
      references.last(lapTime(traces.last?.lap_time));
      note(deltaNote(traces));
      chart(meta.track_length);
    },
  };
}

/**
 * The number, and in words what its sign means.
 * @param {HTMLElement} root
 * @param {string} name
 */
function numberSlot(root, name) {
  const element = find(root, `[data-slot=delta-${name}-now]`);
  const text = textSlot(element);
  const words = textSlot(find(root, `[data-slot=delta-${name}-words]`));
  const sign = dataSlot(element, "sign");
  return (/** @type {number | null} */ behind_s) => {
    const meaning = signOf(behind_s, 2);
    text(signed(behind_s, 2));
    sign(meaning === "faster" ? meaning : "");
    words(meaning === "" ? "" : RACE[meaning]);
  };
}

/**
 * @param {HTMLElement} root
 * @param {Recorder} recorder
 */
function deltaPlot(root, recorder) {
  const { traces } = recorder;
  let length_m = 0;
  const zero = paint(root, "--dim");
  const chart = plot(root, {
    scales: {
      x: { time: false, range: () => [0, length_m] },
      y: { range: (_, low, high) => aroundZero(low, high) },
    },
    axes: [
      axis(root, kmText, { side: 2, size: 22, space: 64 }),
      axis(root, (s) => (s === 0 ? "0" : signed(s, 1)), { side: 3, size: 44, space: 28 }),
    ],
    series: [
      {},
      { stroke: paint(root, "--best"), width: 2, points: { show: false } },
      { stroke: paint(root, "--soft"), width: 1.5, dash: [5, 4], points: { show: false } },
    ],
    hooks: { drawAxes: [(u) => markLine(u, "y", 0, zero())] },
  }, new ChartCursor(root, ({ data: [along, best, last] }, i) => {
    return deltaAtText(along[i] ?? 0, signed(best?.[i], 2), signed(last?.[i], 2));
  }));
  return (/** @type {number | null | undefined} */ track_length) => {
    length_m = track_length || SOME_LENGTH_M;
    chart.draw(recorder.revision, () => {
      const { current, best, last } = traces;
      const along = current?.distances ?? new Float64Array();
      return [along, delta(current, best) ?? blank(along), delta(current, last) ?? blank(along)];
    });
  };
}

/** @param {Float64Array} along */
const blank = (along) => Array.from(along, () => null);

/**
 * Never closer than half a second, so that a tenth does not fill the chart.
 * @param {number | null} low
 * @param {number | null} high
 * @returns {[number, number]}
 */
function aroundZero(low, high) {
  return [Math.min(-0.5, low ?? 0) * 1.1, Math.max(0.5, high ?? 0) * 1.1];
}
