/** The last laps of the car, newest first. */

/** @import { LapRow, Units, View } from "../types.js" */

import { counts } from "../laps.js";
import { changed, create, dataSlot, find, textSlot } from "../dom.js";
import { clockTime, DASH, delta, fuel, humanise, lapTime, number } from "../format.js";

/** @param {HTMLElement} root */
export function lapsWidget(root) {
  const body = find(root, "tbody");
  const none = find(root, "[data-slot=no-laps]");
  const isEmpty = changed((/** @type {boolean} */ empty) => {
    none.hidden = !empty;
  });
  /** @type {ReturnType<typeof rowWidget>[]} */
  const rows = [];

  return {
    /** @param {View} view */
    render({ laps, best_lap_time, units }) {
      while (rows.length < laps.length) {
        const row = rowWidget();
        rows.push(row);
        body.append(row.element);
      }
      while (rows.length > laps.length) rows.pop()?.element.remove();
      laps.forEach((lap, i) => rows[i]?.render(lap, laps[i + 1] ?? null, best_lap_time, units));
      isEmpty(laps.length === 0);
    },
  };
}

function rowWidget() {
  const element = create("tr");
  const head = create("th");
  head.scope = "row";
  element.append(head);
  const lapText = textSlot(head);
  const cells = COLUMNS.map(({ className, text }) => {
    const td = create("td", className);
    element.append(td);
    return { set: textSlot(td), text };
  });
  const best = dataSlot(element, "best");
  const mark = dataSlot(element, "kind");
  const run = dataSlot(element, "run");

  return {
    element,
    /**
     * @param {LapRow} lap
     * @param {LapRow | null} older
     * @param {number | null} best_s
     * @param {Units} units
     */
    render(lap, older, best_s, units) {
      const over_s = lap.lap_time === null || best_s === null ? null : lap.lap_time - best_s;
      const is_best = over_s === 0 && counts(lap);
      lapText(number(lap.lap));
      for (const cell of cells) cell.set(cell.text({ lap, over_s, is_best, units }));
      best(is_best ? "yes" : "");
      mark(lap.yellow === true ? "yellow" : (lap.kind ?? ""));
      run(older !== null && older.lap > lap.lap ? "first" : "");
    },
  };
}

/** @typedef {{ lap: LapRow, over_s: number | null, is_best: boolean, units: Units }} RowFacts */

/**
 * The cells after the lap's number, in the order of the table's head.
 * @type {readonly { className: string, text: (row: RowFacts) => string }[]}
 */
const COLUMNS = [
  { className: "time", text: ({ lap }) => lapTime(lap.lap_time) },
  { className: "delta", text: ({ over_s, is_best }) => (is_best ? "best" : delta(over_s)) },
  { className: "wide sectors", text: ({ lap }) => sectorsText(lap) },
  { className: "", text: ({ lap, units }) => fuel(lap.fuel_used, units, 2) },
  { className: "", text: ({ lap, units }) => fuel(lap.fuel_left, units) },
  {
    className: "wide",
    text: ({ lap, units }) => (lap.fuel_added ? fuel(lap.fuel_added, units) : ""),
  },
  { className: "wide", text: ({ lap }) => number(lap.wear_max, 1) },
  { className: "text kind", text: ({ lap }) => kindText(lap) },
  { className: "text medium name", text: ({ lap }) => lap.driver || DASH },
  { className: "wide", text: ({ lap }) => clockTime(lap.finished_at) },
];

/** @param {LapRow} lap */
function sectorsText({ sector_times }) {
  return sector_times.map((seconds) => lapTime(seconds)).join("  ") || DASH;
}

/** @type {Record<string, string>} */
const KIND_WORDS = { flying: "", out: "out", in: "in", pit: "pit" };

/** @param {LapRow} lap */
function kindText(lap) {
  const words = [KIND_WORDS[lap.kind ?? ""] ?? humanise(lap.kind ?? "")];
  if (lap.yellow === true) words.push("yellow");
  if (lap.valid === false) words.push("invalid");
  if (lap.complete === false) words.push("partial");
  return words.filter((word) => word !== "").join(", ");
}
