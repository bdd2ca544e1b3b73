/** What the crew was warned of, newest first. */

/** @import { LogEntry } from "../alert_types.js" */
/** @import { Desk } from "../desk.js" */
/** @import { Units, View } from "../types.js" */

import { create, find, textSlot } from "../dom.js";
import { number } from "../format.js";
import { ageClock, clockTime } from "../texts/ages.js";
import { alertText } from "../texts/alerts.js";
import { ALERTS, DESK } from "../words.js";

/**
 * @param {HTMLElement} root
 * @param {Desk} desk
 */
export function alertLogWidget(root, desk) {
  const body = find(root, "tbody");
  const table = find(root, "table");
  const none = find(root, "[data-slot=no-alerts]");
  const count = textSlot(find(root, "[data-slot=alert-count]"));
  /** @type {readonly LogEntry[] | null} */
  let shown = null;
  /** @type {Units | null} */
  let said = null;

  return {
    /** @param {View} view */
    render({ units }) {
      const { log } = desk.alerts;
      if (log === shown && units === said) return;
      shown = log;
      said = units;
      count(log.length === 0 ? "" : String(log.length));
      none.hidden = log.length > 0;
      table.hidden = log.length === 0;
      body.replaceChildren(
        ...[...log].reverse().map((entry) => rowElement(entry, desk.wall_offset_ms, units)),
      );
    },
  };
}

/**
 * @param {LogEntry} entry
 * @param {number} offset_ms
 * @param {Units} units
 */
function rowElement({ finding, at_ms, lap, duration_ms }, offset_ms, units) {
  const row = create("tr");
  row.dataset["severity"] = finding.severity;
  const head = create("th", undefined, clockTime(new Date(at_ms + offset_ms).toISOString()));
  head.scope = "row";
  row.append(
    head,
    create("td", undefined, number(lap)),
    create("td", "text severity", ALERTS.severities[finding.severity]),
    create("td", "text said", alertText(finding, units)),
    create("td", undefined, duration_ms === null ? DESK.still_on : ageClock(duration_ms)),
  );
  return row;
}
