/** The stint, who drives, who else could, and what the rules leave them. */

/** @import { DriverRow } from "../texts/crew.js" */
/** @import { View } from "../types.js" */

import { create, dataSlot, find, textSlot } from "../dom.js";
import { DASH, number } from "../format.js";
import { about, driverRows, limitsText, pitText, swapText } from "../texts/crew.js";

/** @param {HTMLElement} root */
export function stintWidget(root) {
  const slot = (/** @type {string} */ name) => textSlot(find(root, `[data-slot=${name}]`));
  const [stint, laps, time] = [slot("stint-number"), slot("stint-laps"), slot("stint-time")];
  const [driver, swap, pit] = [slot("stint-driver"), slot("swap"), slot("pit-state")];
  const [stops, penalties, limits] = [slot("pit-stops"), slot("penalties"), slot("track-limits")];
  const penalised = dataSlot(find(root, "[data-slot=penalties]"), "level");
  const table = driversWidget(root);

  return {
    /** @param {View} view */
    render({ outlook, telemetry: car, meta, others, driver: name }) {
      stint(number(outlook.stint?.number));
      laps(number(outlook.stint?.laps));
      time(outlook.stint === null ? DASH : about(outlook.stint.time_s, outlook.stint.estimated));
      driver(name || DASH);
      swap(swapText(outlook.swaps));
      pit(pitText(car));
      stops(number(car.pit_stops));
      penalties(number(car.penalties));
      penalised((car.penalties ?? 0) > 0 ? "warn" : "");
      limits(limitsText(car.track_limits, meta.track_limits_max));
      table(driverRows(outlook.drivers, others));
    },
  };
}

/** @param {HTMLElement} root */
function driversWidget(root) {
  const body = find(root, "tbody");
  const has = {
    may: dataSlot(root, "may"),
    must: dataSlot(root, "must"),
    drivers: dataSlot(root, "drivers"),
  };
  /** @type {ReturnType<typeof rowWidget>[]} */
  let rows = [];
  return (/** @type {DriverRow[]} */ told) => {
    has.may(told.some(({ may }) => may !== "") ? "yes" : "");
    has.must(told.some(({ must }) => must !== "") ? "yes" : "");
    has.drivers(told.length > 0 ? "yes" : "");
    if (told.length !== rows.length) {
      rows = told.map(() => rowWidget());
      body.replaceChildren(...rows.map(({ element }) => element));
    }
    for (const [i, row] of rows.entries()) {
      const driver = told[i];
      if (driver !== undefined) row.render(driver);
    }
  };
}

function rowWidget() {
  const element = create("tr");
  const cell = (/** @type {"th" | "td"} */ tag, /** @type {string} */ className) => {
    const made = create(tag, className);
    element.append(made);
    return textSlot(made);
  };
  const name = cell("th", "name");
  element.querySelector("th")?.setAttribute("scope", "row");
  const presence = cell("td", "text presence");
  const driven = cell("td", "time");
  const laps = cell("td", "count");
  const at_once = cell("td", "at-once");
  const may = cell("td", "may");
  const must = cell("td", "must");
  const driving = dataSlot(element, "driving");
  const level = dataSlot(element, "level");
  return {
    element,
    /** @param {DriverRow} driver */
    render(driver) {
      name(driver.name);
      presence(driver.presence);
      driven(driver.driven);
      laps(driver.laps);
      at_once(driver.at_once);
      may(driver.may);
      must(driver.must);
      driving(driver.is_driving ? "yes" : "");
      level(driver.level);
    },
  };
}

