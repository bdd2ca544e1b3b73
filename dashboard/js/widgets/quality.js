/** How good the way from the car to this page is: a word, and its numbers on demand. */

/** @import { Picture } from "../types.js" */

import { dataSlot, find, hook, textSlot } from "../dom.js";
import { clocksText, lossText, spreadText, wayNotes } from "../texts/quality.js";
import { QUALITY } from "../words.js";

/** @param {HTMLElement} root a `details` */
export function qualityWidget(root) {
  const slot = (/** @type {string} */ name) => textSlot(find(root, `[data-slot=${name}]`));
  const level = hook(root, "quality");
  const mark = dataSlot(root, "level");
  const roundTrip = slot("round-trip");
  const age = slot("age-on-arrival");
  const loss = slot("loss");
  const clocks = slot("clocks");
  const note = slot("way-note");
  closeOnDemand(root);

  return {
    /** @param {Picture} view */
    render({ quality, limited }) {
      level(QUALITY.levels[quality.level]);
      mark(quality.level);
      roundTrip(spreadText(quality.round_trip));
      age(spreadText(quality.age));
      loss(lossText(quality.loss));
      clocks(clocksText(quality));
      note(wayNotes(quality, limited));
    },
  };
}

/**
 * Escape and a touch elsewhere close it, as readers expect of what lies over the page.
 * @param {HTMLElement} root
 */
function closeOnDemand(root) {
  root.addEventListener("keydown", ({ key }) => {
    if (key !== "Escape" || !root.hasAttribute("open")) return;
    root.removeAttribute("open");
    find(root, "summary").focus();
  });
  root.ownerDocument.addEventListener("pointerdown", ({ target }) => {
    if (target instanceof Node && !root.contains(target)) root.removeAttribute("open");
  });
}
