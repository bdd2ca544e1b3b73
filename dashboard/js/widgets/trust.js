/** Whether the numbers can be believed: connection, monitor and the age of the data. */

/** @import { Picture } from "../types.js" */

import { changed, dataSlot, find, hook, textSlot } from "../dom.js";
import { ageShort, DASH } from "../format.js";
import { announcement, MONITOR_WORDS, UNHEARD } from "../texts.js";

const MAX_OTHERS = 4;

/**
 * @param {HTMLElement} root
 * @param {HTMLElement} page carries `data-state`, from which CSS makes stale values look stale
 */
export function trustWidget(root, page) {
  const connection = hook(root, "connection");
  const monitorState = hook(root, "monitor-state");
  const age = hook(root, "age");
  const others = hook(root, "others");
  const announcer = textSlot(find(root, "[data-slot=announcer]"));
  const state = dataSlot(page, "state");
  const monitor = dataSlot(page, "monitor");
  const broker = dataSlot(page, "broker");
  const kept = dataSlot(page, "kept");
  const explain = changed((/** @type {string} */ text) => {
    find(root, "[data-test=monitor-state]").title = text;
  });

  return {
    /** @param {Picture} view */
    render(view) {
      state(view.state);
      monitor(view.monitor_state ?? "");
      broker(view.has_broker ? "" : "lost");
      kept(view.kept === null ? "" : "yes");
      connection(view.connection);
      announcer(announcement(view.state, view.kept !== null));
      monitorState(monitorText(view));
      explain(view.monitor_state === null ? "" : MONITOR_WORDS[view.monitor_state]);
      age(ageShort(view.age));
      others(othersText(view));
    },
  };
}

/** @param {Picture} view */
function monitorText({ monitor_id, monitor_state, is_heard }) {
  if (monitor_id !== null && !is_heard) return UNHEARD;
  return monitor_state ?? DASH;
}

/** @param {Picture} view */
function othersText({ others, is_heard }) {
  if (others.length === 0) return "";
  const names = others.slice(0, MAX_OTHERS).map(({ name, state }) => {
    return `${name} (${is_heard ? (state ?? DASH) : UNHEARD})`;
  });
  const more = others.length > MAX_OTHERS ? ` and ${others.length - MAX_OTHERS} more` : "";
  return `Also here: ${names.join(", ")}${more}`;
}
