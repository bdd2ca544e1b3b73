/** A uPlot chart that draws only what is in sight, at most four times a second. */

/** @import { ChartCursor } from "./chart_cursor.js" */

import uPlot from "../vendor/uplot/uPlot.esm.js";

const REDRAW_MS = 250;

/** @typedef {Omit<uPlot.Options, "width" | "height">} PlotOptions */
/** @typedef {uPlot} Chart */

/** @type {Partial<uPlot.Options>} */
const QUIET = { legend: { show: false }, padding: [8, 16, 0, 0] };

/**
 * @param {HTMLElement} root empty, and as large as the chart is to be
 * @param {PlotOptions} options
 * @param {ChartCursor} cursor
 */
export function plot(root, options, cursor) {
  /** @type {uPlot | null} */
  let chart = null;
  let is_visible = false;
  let drawn_ms = -Infinity;
  /** @type {unknown} */
  let drawn;
  const size = () => ({ width: root.clientWidth, height: root.clientHeight });
  new IntersectionObserver((entries) => {
    is_visible = entries.at(-1)?.isIntersecting ?? false;
  }).observe(root);
  new ResizeObserver(() => {
    if (root.clientWidth > 0) chart?.setSize(size());
  }).observe(root);

  return {
    /**
     * @param {unknown} revision what the data is of: the same is not drawn again
     * @param {() => uPlot.AlignedData} read
     */
    draw(revision, read) {
      const now_ms = performance.now();
      if (!is_visible || revision === drawn || now_ms - drawn_ms < REDRAW_MS) return;
      drawn = revision;
      drawn_ms = now_ms;
      if (chart !== null) chart.setData(read());
      else {
        const hooks = { ...options.hooks, setCursor: [cursor.onMove.bind(cursor)] };
        const all = { ...QUIET, ...options, ...size(), cursor: cursor.options, hooks };
        chart = new uPlot(all, read(), root);
      }
    },
  };
}

/**
 * A colour of the page, as its theme has it when the chart is drawn.
 * @param {HTMLElement} root
 * @param {string} name of a custom property
 */
export function paint(root, name) {
  return () => getComputedStyle(root).getPropertyValue(name);
}

/**
 * @param {HTMLElement} root
 * @param {(value: number, newest: number) => string} text
 * @param {Pick<uPlot.Axis, "side" | "size" | "space" | "splits" | "incrs">} place
 * @returns {uPlot.Axis}
 */
export function axis(root, text, place) {
  return {
    gap: 4,
    font: "12px system-ui, sans-serif",
    stroke: paint(root, "--dim"),
    grid: { stroke: paint(root, "--line"), width: 1 },
    ticks: { show: false },
    values: (_, splits) => splits.map((value) => text(value, splits.at(-1) ?? value)),
    ...place,
  };
}

/**
 * A line across the whole plot, with a word at its top if it is upright.
 * @param {uPlot} chart
 * @param {"x" | "y"} scale
 * @param {number} at
 * @param {string} colour
 * @param {string} [word]
 */
export function markLine({ ctx, bbox, valToPos }, scale, at, colour, word = "") {
  const { left, top, width, height } = bbox;
  const along = Math.round(valToPos(at, scale, true)) + 0.5;
  const ratio = devicePixelRatio;
  ctx.save();
  ctx.strokeStyle = ctx.fillStyle = colour;
  ctx.lineWidth = ratio;
  ctx.setLineDash(scale === "x" ? [3 * ratio, 3 * ratio] : []);
  ctx.beginPath();
  ctx.moveTo(scale === "x" ? along : left, scale === "x" ? top : along);
  ctx.lineTo(scale === "x" ? along : left + width, scale === "x" ? top + height : along);
  ctx.stroke();
  ctx.font = `${11 * ratio}px system-ui, sans-serif`;
  ctx.textBaseline = "top";
  const is_by_edge = along + ctx.measureText(word).width > left + width;
  ctx.textAlign = is_by_edge ? "right" : "left";
  if (word !== "") ctx.fillText(word, along + (is_by_edge ? -3 : 3) * ratio, top);
  ctx.restore();
}
