/** The setup sheet, by category and searched; what changed says what it was and since when. */

/** @import { CarMemory } from "../car_memory.js" */
/** @import { LastChange } from "../setup_history.js" */
/** @import { Group, Line } from "../setup.js" */
/** @import { SetupMessage, View } from "../types.js" */

import { changed, create, find, textSlot } from "../dom.js";
import { setupGroups } from "../setup.js";
import { changesByLine, lineKey, lineText } from "../setup_changes.js";
import { searchSetup } from "../setup_search.js";
import { nothingFoundText, revisionText } from "../texts/setup.js";
import { CORNERS, SETUP } from "../words.js";
import { setupChangesWidget } from "./setup_changes.js";

/** @typedef {{ changes: LastChange[], write: (text: string) => void }} Dated */

const MINUTE_MS = 60_000;

/**
 * @param {HTMLElement} root
 * @param {CarMemory} memory
 * @param {boolean} is_wide whether there is room to start with all groups open
 */
export function setupWidget(root, memory, is_wide) {
  const sheet = sheetWidget(root, memory, is_wide);
  const since = setupChangesWidget(root, memory);
  const note = textSlot(find(root, "[data-slot=setup-note]"));
  const none = find(root, "[data-slot=no-setup]");
  const search = find(root, "input[type=search]");
  const has = changed((/** @type {boolean} */ has_setup) => {
    none.hidden = has_setup;
    find(root, ".search").hidden = !has_setup;
  });
  let typed = "";
  search.addEventListener("input", () => {
    typed = search instanceof HTMLInputElement ? search.value : "";
    // Seen at once, also while no car sends.
    if (shown !== null) sheet.render(shown, typed);
  });
  /** @type {View | null} */
  let shown = null;

  return {
    /** @param {View} view */
    render(view) {
      shown = view;
      has(view.setup !== null);
      note(view.setup === null ? "" : revisionText(view.setup));
      sheet.render(view, typed);
      since.render(view);
    },
  };
}

/**
 * @param {HTMLElement} root
 * @param {CarMemory} memory
 * @param {boolean} is_wide
 */
function sheetWidget(root, memory, is_wide) {
  const box = find(root, ".groups");
  const found = textSlot(find(root, "[data-slot=found]"));
  /** @type {Map<string, boolean>} */
  const open = new Map();
  /** @type {{ setup: SetupMessage | null, revision: number, typed: string } | null} */
  let painted = null;
  /** @type {Dated[]} */
  let dated = [];
  let said = "";

  return {
    /**
     * @param {View} view
     * @param {string} typed
     */
    render({ setup, telemetry }, typed) {
      const { revision } = memory;
      if (painted?.setup !== setup || painted.revision !== revision || painted.typed !== typed) {
        painted = { setup, revision, typed };
        dated = [];
        const all = setupGroups(setup);
        const groups = searchSetup(all, typed);
        said = "";
        const changes = changesByLine(memory.setups, setup?.monitor_id ?? "");
        const elements = groups.map((group) => {
          const is_open = groups !== all || (open.get(group.key) ?? is_wide);
          return groupElement(group, changes, dated, is_open, open);
        });
        box.replaceChildren(...elements);
        found(groups.length === 0 && all.length > 0 ? nothingFoundText(typed) : "");
      }
      const { run = null, lap = null } = telemetry;
      const now = { run, lap, at: Date.now() };
      const key = `${now.run} ${now.lap} ${Math.floor(now.at / MINUTE_MS)}`;
      if (key === said) return;
      said = key;
      for (const { changes: mine, write } of dated) write(lineText(mine, now));
    },
  };
}

/**
 * @param {Group} group
 * @param {Map<string, LastChange[]>} changes
 * @param {Dated[]} dated takes what is to say how long ago
 * @param {boolean} is_open
 * @param {Map<string, boolean>} open which groups the reader opened or closed
 */
function groupElement({ key, label, lines }, changes, dated, is_open, open) {
  const details = create("details", "group");
  details.open = is_open;
  const summary = create("summary", undefined, label);
  // The reader's own doing: a search opens groups too.
  summary.addEventListener("click", () => open.set(key, !details.open));
  summary.append(create("span", "count", String(lines.length)));
  if (lines.some(({ name }) => changes.has(lineKey(key, name)))) {
    summary.append(create("span", "was", SETUP.changed));
  }
  const list = create("dl");
  const changesOf = (/** @type {Line} */ { name }) => changes.get(lineKey(key, name));
  list.append(...lines.map((line) => lineElement(line, changesOf(line), dated)));
  details.append(summary, list);
  return details;
}

/**
 * @param {Line} line
 * @param {LastChange[] | undefined} changes
 * @param {Dated[]} dated
 */
function lineElement({ label, values }, changes, dated) {
  const element = create("div", "line");
  element.append(create("dt", undefined, label));
  const corners = values.length > 1;
  const box = create("dd", corners ? "corners" : undefined);
  for (const { corner, text } of values) {
    const value = create("span", undefined, text);
    if (corner !== null) value.title = CORNERS[corner];
    box.append(value);
  }
  element.append(box);
  if (changes !== undefined) {
    element.dataset["changed"] = "yes";
    const was = create("dd", "was");
    element.append(was);
    dated.push({ changes, write: textSlot(was) });
  }
  return element;
}
