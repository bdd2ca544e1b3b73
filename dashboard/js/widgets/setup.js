/** The setup sheet, by category; what changed since the last revision is marked. */

/** @import { SetupMessage, View } from "../types.js" */
/** @import { Group, Line } from "../setup.js" */

import { changed, create, find, textSlot } from "../dom.js";
import { clockTime } from "../format.js";
import { setupGroups } from "../setup.js";
import { CORNER_NAMES } from "../corners.js";

/**
 * @param {HTMLElement} root
 * @param {boolean} is_wide whether there is room to start with all groups open
 */
export function setupWidget(root, is_wide) {
  const groups = find(root, ".groups");
  const none = find(root, "[data-slot=no-setup]");
  const note = textSlot(find(root, "[data-slot=setup-note]"));
  /** @type {Map<string, boolean>} */
  const open = new Map();
  /** @type {SetupMessage | null} */
  let shown = null;

  const paint = changed((/** @type {SetupMessage | null} */ setup) => {
    // Only revisions of one monitor compare: another one's number says nothing.
    const before = shown?.monitor_id === setup?.monitor_id ? shown : null;
    // The setup is sent again after each reconnect; that is no change.
    if (setup !== null && before?.captured_at === setup.captured_at) return;
    shown = setup;
    none.hidden = setup !== null;
    note(setup === null ? "" : noteText(setup));
    groups.replaceChildren(
      ...setupGroups(setup, before).map((group) => groupElement(group, open, is_wide)),
    );
  });

  return {
    /** @param {View} view */
    render(view) {
      paint(view.setup);
    },
  };
}

/** @param {SetupMessage} setup */
function noteText({ name, revision, captured_at }) {
  const captured = `revision ${revision}, captured at ${clockTime(captured_at)}`;
  return name ? `${name}, ${captured}` : captured;
}

/**
 * @param {Group} group
 * @param {Map<string, boolean>} open which groups the reader opened or closed
 * @param {boolean} is_wide
 */
function groupElement({ key, label, lines }, open, is_wide) {
  const details = create("details", "group");
  details.open = open.get(key) ?? is_wide;
  details.addEventListener("toggle", () => open.set(key, details.open));
  const summary = create("summary", undefined, label);
  summary.append(create("span", "count", String(lines.length)));
  if (lines.some(({ was }) => was !== null)) summary.append(create("span", "was", "changed"));
  const list = create("dl");
  list.append(...lines.map(lineElement));
  details.append(summary, list);
  return details;
}

/** @param {Line} line */
function lineElement({ label, values, was }) {
  const element = create("div", "line");
  element.append(create("dt", undefined, label));
  const corners = values.length > 1;
  const box = create("dd", corners ? "corners" : undefined);
  for (const { corner, text } of values) {
    const value = create("span", undefined, text);
    if (corner !== null) value.title = CORNER_NAMES[corner];
    box.append(value);
  }
  element.append(box);
  if (was !== null) {
    element.dataset["changed"] = "yes";
    element.append(create("dd", "was", `was ${was}`));
  }
  return element;
}
