/** One car among others: the essentials in one row. */

/** @import { View } from "../types.js" */

import { create, dataSlot, textSlot } from "../dom.js";
import { DASH, fuel, gap, lapTime, number, place, temperature, unitName } from "../format.js";
import { largest } from "../stats.js";
import { pitText } from "../texts/crew.js";
import { carStateText } from "../texts/start.js";

const CELLS = [
  "position", "lap", "last", "best", "ahead", "behind", "fuel", "left", "tire", "wear",
];

/**
 * @param {HTMLElement} row an empty `tr`
 * @param {string} href the car's own page
 */
export function carRow(row, href) {
  const link = create("a");
  link.href = href;
  const head = create("th", "text");
  head.scope = "row";
  const driver = create("span", "sub");
  head.append(link, driver);
  const stateCell = create("td", "text state");
  const cells = new Map(CELLS.map((name) => [name, valueCell(name)]));
  const pitCell = valueCell("pits");
  pitCell.classList.add("text");
  row.replaceChildren(head, stateCell, ...cells.values(), pitCell);

  const slots = new Map([...cells].map(([name, cell]) => [name, textSlot(cell)]));
  const title = textSlot(link);
  const driverText = textSlot(driver);
  const stateText = textSlot(stateCell);
  const pits = textSlot(pitCell);
  const state = dataSlot(row, "state");
  const monitor = dataSlot(row, "monitor");
  const level = dataSlot(row, "level");

  return {
    /**
     * @param {View} view
     * @param {string} session_id
     */
    render(view, session_id) {
      title(carName(view, session_id));
      driverText(view.driver ?? "");
      state(view.state);
      monitor(view.monitor_state ?? "");
      level(view.has_broker ? "" : "bad");
      stateText(carStateText(view));
      for (const [name, text] of Object.entries(essentials(view))) slots.get(name)?.(text);
      pits(view.telemetry.pit_state === "none" ? DASH : pitText(view.telemetry));
    },
  };
}

/** @param {string} name */
function valueCell(name) {
  const cell = create("td", "value");
  cell.dataset["slot"] = name;
  return cell;
}

/**
 * @param {View} view
 * @param {string} session_id
 */
function carName({ meta }, session_id) {
  const name = [meta.car_number ? `#${meta.car_number}` : "", meta.car ?? ""].join(" ").trim();
  return name === "" ? session_id : name;
}

/** @param {View} view */
export function essentials({ telemetry: car, best_lap_time, outlook, units, laps }) {
  const left = outlook.reach.laps_left;
  return {
    position: positionText(car.position, car.class_position),
    lap: number(car.lap),
    last: lapTime(car.last_lap_time ?? laps.at(-1)?.lap_time),
    best: lapTime(car.best_lap_time ?? best_lap_time),
    ahead: gap(car.gap_ahead, car.gap_ahead_laps),
    behind: gap(car.gap_behind, car.gap_behind_laps),
    fuel: withUnit(fuel(car.fuel, units), unitName(units, "fuel")),
    left: left === null ? DASH : number(left, 1),
    tire: withUnit(temperature(largest(Object.values(car.tire_temps ?? {})), units), unitName(units, "temperature")),
    wear: withUnit(number(largest(Object.values(car.tire_wear ?? {}))), "%"),
  };
}

/**
 * @param {number | null | undefined} overall
 * @param {number | null | undefined} in_class
 */
function positionText(overall, in_class) {
  const text = place(overall);
  return typeof in_class === "number" ? `${text} (${number(in_class)})` : text;
}

/**
 * @param {string} text
 * @param {string} unit
 */
const withUnit = (text, unit) => (text === DASH ? DASH : `${text} ${unit}`);
