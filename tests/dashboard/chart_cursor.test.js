import assert from "node:assert/strict";
import { test } from "node:test";

import { ChartCursor } from "../../dashboard/js/chart_cursor.js";

/** @import { CursorGroup } from "../../dashboard/js/chart_cursor.js" */
/** @import { Chart } from "../../dashboard/js/plot.js" */

class Element {
  textContent = "";
  hidden = false;
  /** @type {Record<string, string>} */
  dataset = {};
  /** @type {Map<string, string>} */
  attributes = new Map();
  /** @type {Element[]} */
  children = [];
  /** @type {Map<string, (event: object) => void>} */
  listeners = new Map();

  /** @param {Element[]} children */
  append(...children) {
    this.children.push(...children);
  }

  /**
   * @param {string} name
   * @param {string} value
   */
  setAttribute(name, value) {
    this.attributes.set(name, value);
  }

  /**
   * @param {string} type
   * @param {(event: object) => void} listener
   */
  addEventListener(type, listener) {
    this.listeners.set(type, listener);
  }
}

Object.assign(globalThis, { document: { createElement: () => new Element() } });

const WIDTH_PX = 100;

/**
 * A chart of so many equal steps with its cursor, as uPlot has them.
 * @param {number} count
 * @param {CursorGroup} [group]
 */
function charted(count, group) {
  const root = new Element();
  const cursor = new ChartCursor(
    /** @type {HTMLElement} */ (/** @type {unknown} */ (root)),
    (_, index) => `at ${index}`,
    group,
  );
  const px = WIDTH_PX / Math.max(1, count - 1);
  const chart = {
    data: [Array.from({ length: count }, (_, i) => i)],
    series: [{ idxs: [0, count - 1] }],
    over: { clientWidth: WIDTH_PX },
    /** @type {{ idx: number | null, left: number }} */
    cursor: { idx: null, left: -10 },
    valToPos: (/** @type {number} */ value) => value * px,
    posToVal: (/** @type {number} */ left) => left / px,
    posToIdx: (/** @type {number} */ left) => Math.min(count - 1, Math.max(0, Math.round(left / px))),
    setCursor({ left = -10 }) {
      this.cursor = { left, idx: left < 0 || count === 0 ? null : this.posToIdx(left) };
      cursor.onMove(/** @type {Chart} */ (/** @type {unknown} */ (this)));
    },
  };
  chart.setCursor({});
  const press = (/** @type {string} */ key, held = {}) => {
    const event = { key, is_used: false, preventDefault: () => (event.is_used = true), ...held };
    root.listeners.get("keydown")?.(event);
    return event.is_used;
  };
  const [label] = root.children;
  assert(label !== undefined);
  return { root, chart, press, label };
}

test("arrow keys read a chart, from what is newest", () => {
  const { press, label } = charted(10);

  const read = ["ArrowLeft", "ArrowLeft", "ArrowRight", "Home", "ArrowLeft", "End", "ArrowRight"];
  const said = read.map((key) => (press(key), label.textContent));

  assert.deepEqual(said, ["at 9", "at 8", "at 9", "at 0", "at 0", "at 9", "at 9"]);
});

test("an arrow key moves by what can be seen, and a page by ten", () => {
  const { press, label } = charted(1001);

  press("End");
  press("ArrowLeft");
  assert.equal(label.textContent, "at 970");
  press("PageDown");
  assert.equal(label.textContent, "at 670");
});

test("what a key has read is the slider's value, and what a mouse has is not", () => {
  const { root, chart, press } = charted(10);

  chart.setCursor({ left: 50 });
  assert.equal(root.attributes.size, 0);

  press("Home");

  assert.deepEqual([...root.attributes.values()], ["0", "9", "0", "at 0"]);
});

test("the words stand on the side that the line is not on", () => {
  const { chart, label } = charted(10);

  chart.setCursor({ left: 10 });
  assert.equal(label.dataset["side"], "right");
  chart.setCursor({ left: 90 });
  assert.equal(label.dataset["side"], "left");
});

test("charts of one group are read at the same place, and left together", () => {
  /** @type {CursorGroup} */
  const group = new Set();
  const [speed, pedals] = [charted(10, group), charted(19, group)];

  speed.press("Home");
  speed.press("ArrowRight");
  assert.equal(pedals.label.textContent, "at 1");

  speed.press("Escape");
  assert.deepEqual([speed, pedals].map(({ label }) => label.hidden), [true, true]);
});

test("who goes away leaves no line behind", () => {
  const { root, press, label } = charted(10);

  press("End");
  root.listeners.get("blur")?.({});

  assert.equal(label.hidden, true);
});

test("a chart without data says nothing, and keys with a modifier are the browser's", () => {
  const empty = charted(0);
  const full = charted(10);

  assert.equal(empty.press("End"), true);
  assert.equal(empty.label.hidden, true);
  assert.equal(full.press("ArrowLeft", { altKey: true }), false);
  assert.equal(full.press("Tab"), false);
  assert.equal(full.label.hidden, true);
});
