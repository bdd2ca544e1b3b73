/** Reading a chart at one place: a line, and the values there in words, by mouse or arrow keys. */

/** @import uPlot from "../vendor/uplot/uPlot.esm.js" */

import { changed, create } from "./dom.js";

/** What an arrow key moves at least; a minute of frames has many in each pixel. */
const STEP_PX = 3;
const PAGE_STEPS = 10;
const AWAY = { left: -10, top: -10 };
const STEPS = new Map([
  ["ArrowLeft", -1],
  ["ArrowDown", -1],
  ["ArrowRight", 1],
  ["ArrowUp", 1],
  ["PageDown", -PAGE_STEPS],
  ["PageUp", PAGE_STEPS],
  ["Home", -Infinity],
  ["End", Infinity],
]);

/** @typedef {Set<ChartCursor>} CursorGroup charts of one scale, that are read together */
/** @typedef {(chart: uPlot, index: number) => string} Reading */

export class ChartCursor {
  #root;
  #text;
  #group;
  #label = create("p", "at");
  /** @type {uPlot | null} */
  #chart = null;
  #is_following = false;

  /**
   * @param {HTMLElement} root a slider
   * @param {Reading} text
   * @param {CursorGroup} [group]
   */
  constructor(root, text, group = new Set()) {
    this.#root = root;
    this.#text = text;
    this.#group = group.add(this);
    this.#label.hidden = true;
    root.append(this.#label);
    root.addEventListener("keydown", (event) => this.#onKey(event));
    root.addEventListener("blur", () => this.#chart?.setCursor(AWAY));
  }

  /** @returns {uPlot.Cursor} */
  get options() {
    // A double click or a drag would zoom into what moves on by itself.
    const none = () => null;
    return {
      y: false,
      points: { show: false },
      drag: { x: false, y: false },
      bind: { dblclick: none, mousedown: none, mouseup: none },
    };
  }

  /** @param {uPlot} chart as its cursor has moved, or the data under it */
  onMove(chart) {
    this.#chart = chart;
    const { idx, left = -1 } = chart.cursor;
    const is_away = typeof idx !== "number" || left < 0;
    this.#say(is_away ? "" : this.#text(chart, idx));
    this.#side(left < chart.over.clientWidth / 2 ? "right" : "left");
    if (this.#is_following) return;
    const at = is_away ? null : chart.posToVal(left, "x");
    for (const other of this.#group) if (other !== this) other.#follow(at);
  }

  /** @param {number | null} at on the common scale */
  #follow(at) {
    const chart = this.#chart;
    if (chart === null) return;
    this.#is_following = true;
    chart.setCursor(at === null ? AWAY : { left: chart.valToPos(at, "x"), top: 0 });
    this.#is_following = false;
  }

  /** @param {KeyboardEvent} event */
  #onKey(event) {
    const chart = this.#chart;
    const step = STEPS.get(event.key);
    if (chart === null) return;
    if (event.key === "Escape") chart.setCursor(AWAY);
    if (step === undefined || event.ctrlKey || event.altKey || event.metaKey) return;
    event.preventDefault();
    const index = this.#stepped(chart, step);
    const at = index === null ? undefined : chart.data[0][index];
    if (at === undefined) return;
    chart.setCursor({ left: chart.valToPos(at, "x"), top: 0 });
    this.#announce(chart, index ?? 0);
  }

  /**
   * @param {uPlot} chart
   * @param {number} step
   * @returns {number | null} null of an empty chart
   */
  #stepped(chart, step) {
    const [first, last] = chart.series[0]?.idxs ?? [0, -1];
    if (last < first) return null;
    const { idx, left = 0 } = chart.cursor;
    if (!Number.isFinite(step)) return step < 0 ? first : last;
    // Who begins to read backwards begins with what is newest.
    if (typeof idx !== "number") return step < 0 ? last : first;
    const aside = chart.posToIdx(left + step * STEP_PX);
    const next = step < 0 ? Math.min(idx + step, aside) : Math.max(idx + step, aside);
    return Math.min(last, Math.max(first, next));
  }

  /**
   * Only of a key: what moves on by itself is not read out.
   * @param {uPlot} chart
   * @param {number} index
   */
  #announce(chart, index) {
    const [first, last] = chart.series[0]?.idxs ?? [0, 0];
    this.#root.setAttribute("aria-valuemin", String(first));
    this.#root.setAttribute("aria-valuemax", String(last));
    this.#root.setAttribute("aria-valuenow", String(index));
    this.#root.setAttribute("aria-valuetext", this.#text(chart, index));
  }

  #say = changed((/** @type {string} */ text) => {
    this.#label.textContent = text;
    this.#label.hidden = text === "";
  });

  #side = changed((/** @type {string} */ side) => {
    this.#label.dataset["side"] = side;
  });
}
