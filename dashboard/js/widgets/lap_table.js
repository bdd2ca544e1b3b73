/**
 * The rows of the lap table; a lap keeps its row while newer ones come above it.
 *
 * They are not laid out as a table, so they say that they are one: not all browsers remember it.
 */

/** @import { LapRow, Units } from "../types.js" */
/** @import { Shown } from "./laps.js" */

import { create, dataSlot, textSlot } from "../dom.js";
import { DASH, delta, fuel, lapTime, number } from "../format.js";
import { rowKey, stintNumbers } from "../lap_rows.js";
import { counts } from "../laps.js";
import { clockTime } from "../texts/ages.js";
import { noteOf } from "../texts/pace.js";
import { LAPS } from "../words.js";

/** Laps that the browser lays out and paints together, or leaves alone while none is in sight. */
const CHUNK = 50;

/** @param {HTMLElement} table */
export function tableWidget(table) {
  const energy = dataSlot(table, "energy");
  const chunks = chunksOf(table);
  /** @type {Map<string, ReturnType<typeof rowWidget>>} */
  let rows = new Map();

  return {
    /**
     * @param {Shown} shown
     * @param {number} limit
     */
    render({ laps, best_lap_time, units }, limit) {
      const stints = stintNumbers(laps);
      const before = rows;
      rows = new Map();
      const put = chunks.fromAbove();
      for (let i = laps.length - 1; i >= Math.max(0, laps.length - limit); i -= 1) {
        const lap = laps[i];
        if (lap === undefined) continue;
        const key = rowKey(lap);
        const row = before.get(key) ?? rowWidget();
        before.delete(key);
        rows.set(key, row);
        row.render({ lap, older: laps[i - 1] ?? null, stint: stints[i] ?? null, best_lap_time, units });
        put(row.element, Math.floor(i / CHUNK));
      }
      for (const { element } of before.values()) element.remove();
      chunks.finish();
      energy(laps.some(({ energy_left }) => energy_left !== null) ? "yes" : "");
    },
  };
}

/**
 * A `tbody` for each chunk, the newest above. Chunks count from the oldest lap, so that a new one
 * moves no other.
 * @param {HTMLElement} table
 */
function chunksOf(table) {
  /** @type {Map<number, HTMLElement>} */
  const bodies = new Map();
  const bodyOf = (/** @type {number} */ chunk) => {
    let body = bodies.get(chunk);
    if (body === undefined) {
      body = create("tbody");
      body.setAttribute("role", "rowgroup");
      const older = [...bodies.keys()].filter((other) => other < chunk);
      table.insertBefore(body, bodies.get(Math.max(...older)) ?? null);
      bodies.set(chunk, body);
    }
    return body;
  };

  return {
    /** Takes the rows from above, and moves only those that stand elsewhere. */
    fromAbove() {
      /** @type {HTMLElement | null} */
      let body = null;
      /** @type {Element | null} */
      let next = null;
      return (/** @type {HTMLElement} */ row, /** @type {number} */ chunk) => {
        if (body !== bodyOf(chunk)) {
          body = bodyOf(chunk);
          next = body.firstElementChild;
        }
        if (row === next) next = next.nextElementSibling;
        else body.insertBefore(row, next);
      };
    },
    /** Takes away what is empty, and says how high the others are before they are laid out. */
    finish() {
      for (const [chunk, body] of bodies) {
        const rows = String(body.children.length);
        if (rows === "0") {
          body.remove();
          bodies.delete(chunk);
        } else if (body.style.getPropertyValue("--rows") !== rows) {
          body.style.setProperty("--rows", rows);
        }
      }
    },
  };
}

/**
 * @typedef {object} RowFacts
 * @property {LapRow} lap
 * @property {LapRow | null} older the lap before
 * @property {number | null} stint
 * @property {number | null} best_lap_time
 * @property {Units} units
 */

function rowWidget() {
  const element = create("tr");
  element.setAttribute("role", "row");
  const head = create("th");
  head.scope = "row";
  head.setAttribute("role", "rowheader");
  element.append(head);
  const lapText = textSlot(head);
  const cells = COLUMNS.map(({ className, text }) => {
    const td = create("td", className);
    td.setAttribute("role", "cell");
    element.append(td);
    return { set: textSlot(td), text };
  });
  const best = dataSlot(element, "best");
  const mark = dataSlot(element, "kind");
  const run = dataSlot(element, "run");
  const driver = dataSlot(element, "driver");
  /** @type {RowFacts | null} */
  let shown = null;

  return {
    element,
    /** @param {RowFacts} facts */
    render(facts) {
      // Fifteen texts for each of a thousand laps, of which one is new.
      if (shown !== null && isSame(facts, shown)) return;
      shown = facts;
      const { lap, older } = facts;
      lapText(number(lap.lap));
      for (const cell of cells) cell.set(cell.text(facts));
      best(isBest(facts) ? "yes" : "");
      mark(lap.yellow === true ? "yellow" : (lap.kind ?? ""));
      run(older !== null && older.lap > lap.lap ? "first" : "");
      driver(older !== null && older.driver !== lap.driver ? "other" : "");
    },
  };
}

/**
 * @param {RowFacts} a
 * @param {RowFacts} b
 */
function isSame(a, b) {
  return (
    a.lap === b.lap &&
    a.older === b.older &&
    a.stint === b.stint &&
    a.best_lap_time === b.best_lap_time &&
    a.units === b.units
  );
}

/** @param {RowFacts} facts */
function isBest({ lap, best_lap_time }) {
  return lap.lap_time !== null && lap.lap_time === best_lap_time && counts(lap);
}

/** @param {RowFacts} facts */
function deltaText(facts) {
  const { lap, best_lap_time } = facts;
  if (isBest(facts)) return LAPS.best;
  if (lap.lap_time === null || best_lap_time === null) return DASH;
  return delta(lap.lap_time - best_lap_time);
}

/** @param {LapRow} lap */
function sectorsText({ sector_times }) {
  return sector_times.map((seconds) => lapTime(seconds)).join("  ") || DASH;
}

/**
 * The cells after the lap's number, in the order of the table's head.
 * @type {readonly { className: string, text: (row: RowFacts) => string }[]}
 */
const COLUMNS = [
  { className: "time", text: ({ lap }) => lapTime(lap.lap_time) },
  { className: "delta", text: deltaText },
  { className: "wide sectors", text: ({ lap }) => sectorsText(lap) },
  { className: "", text: ({ lap, units }) => fuel(lap.fuel_used, units, 2) },
  { className: "", text: ({ lap, units }) => fuel(lap.fuel_left, units) },
  {
    className: "wide added",
    text: ({ lap, units }) => (lap.fuel_added ? fuel(lap.fuel_added, units) : ""),
  },
  { className: "wide energy", text: ({ lap }) => number(lap.energy_used, 1) },
  { className: "wide energy", text: ({ lap }) => number(lap.energy_left, 1) },
  { className: "wide", text: ({ lap }) => number(lap.wear_max, 1) },
  { className: "text widest name", text: ({ lap }) => lap.compound || DASH },
  { className: "text kind", text: ({ lap }) => noteOf(lap) },
  { className: "text medium name", text: ({ lap }) => lap.driver || DASH },
  { className: "wide stint-number", text: ({ stint }) => number(stint) },
  { className: "widest", text: ({ lap }) => clockTime(lap.finished_at) },
];
