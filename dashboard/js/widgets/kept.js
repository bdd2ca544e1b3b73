/** Says that the values are not the bridge's but those that this browser kept, and how old. */

/** @import { Picture } from "../types.js" */

import { changed, textSlot } from "../dom.js";
import { keptText } from "../texts/page.js";

/** @param {HTMLElement} root */
export function keptWidget(root) {
  const text = textSlot(root);
  const isShown = changed((/** @type {boolean} */ shown) => {
    root.hidden = !shown;
  });

  return {
    /** @param {Picture} view */
    render({ kept }) {
      text(keptText(kept));
      isShown(kept !== null);
    },
  };
}
