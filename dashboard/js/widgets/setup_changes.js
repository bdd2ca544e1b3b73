/** What changed on the setup since the last revision and since the first seen. */

/** @import { CarMemory } from "../car_memory.js" */
/** @import { ChangeLine } from "../setup_changes.js" */
/** @import { View } from "../types.js" */

import { create, find } from "../dom.js";
import { DASH, number } from "../format.js";
import { changeLines } from "../setup_changes.js";
import { clockTime } from "../texts/ages.js";
import { changedCount } from "../texts/setup.js";

/**
 * @param {HTMLElement} root
 * @param {CarMemory} memory
 */
export function setupChangesWidget(root, memory) {
  const box = find(root, ".changes");
  const last = find(root, "[data-slot=since-last]");
  const first = find(root, "[data-slot=since-first]");
  /** @type {string | null} */
  let monitor_id = null;
  let revision = -1;

  return {
    /** @param {View} view */
    render(view) {
      const id = view.setup?.monitor_id ?? "";
      if (monitor_id === id && revision === memory.revision) return;
      monitor_id = id;
      revision = memory.revision;
      const { setups } = memory;
      const when = setups.lastChanges(id);
      const revisions = setups.of(id);
      box.hidden = revisions.length < 2;
      paint(last, revisions.at(-2)?.revision, changeLines(setups.sinceLast(id), when));
      paint(first, revisions[0]?.revision, changeLines(setups.sinceFirst(id), when));
    },
  };
}

/**
 * @param {HTMLElement} root
 * @param {number | undefined} revision that is compared with
 * @param {ChangeLine[]} lines
 */
function paint(root, revision, lines) {
  find(root, "[data-slot=revision]").textContent = revision === undefined ? "" : String(revision);
  find(root, "[data-slot=count]").textContent = changedCount(lines.length);
  find(root, "tbody").replaceChildren(...lines.map(rowElement));
}

/** @param {ChangeLine} line */
function rowElement({ label, before, after, stamp }) {
  const row = create("tr");
  const head = create("th", "text", label);
  head.scope = "row";
  row.append(head, create("td", undefined, before), create("td", "new", after));
  row.append(create("td", undefined, number(stamp?.lap)));
  const at = stamp?.at ?? null;
  row.append(create("td", undefined, at === null ? DASH : clockTime(new Date(at).toISOString())));
  return row;
}
