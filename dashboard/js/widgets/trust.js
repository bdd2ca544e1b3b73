/** Whether the numbers can be believed: connection, monitor and the age of the data. */

/** @import { Picture } from "../types.js" */

import { changed, dataSlot, find, hook, textSlot } from "../dom.js";
import { ageShort } from "../texts/ages.js";
import { announcement, monitorText, othersText } from "../texts/page.js";
import { MONITORS } from "../words.js";

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
      explain(view.monitor_state === null ? "" : MONITORS.meanings[view.monitor_state]);
      age(ageShort(view.age));
      others(othersText(view));
    },
  };
}
