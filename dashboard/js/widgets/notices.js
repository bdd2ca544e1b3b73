/** The line of notices, and before it whether the values are those that this browser kept. */

/** @import { Picture } from "../types.js" */

import { changed, create, textSlot } from "../dom.js";
import { keptText } from "../texts/page.js";

/** @param {HTMLElement} root */
export function noticesWidget(root) {
  /** @type {Picture["notices"]} */
  let notices = [];
  const paint = changed((/** @type {string} */ _key) => {
    root.replaceChildren(
      ...notices.map(({ level, text, of }) => {
        const item = create("li", undefined, text);
        item.dataset["level"] = level;
        item.dataset["of"] = of;
        return item;
      }),
    );
  });

  return {
    /** @param {Picture} view */
    render(view) {
      notices = view.notices;
      paint(JSON.stringify(notices));
    },
  };
}

/**
 * Says that the values are not the bridge's, and how old they are.
 * @param {HTMLElement} root
 */
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
