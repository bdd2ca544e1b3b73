/** The line of notices. */

/** @import { View } from "../types.js" */

import { changed, create } from "../dom.js";

/** @param {HTMLElement} root */
export function noticesWidget(root) {
  /** @type {View["notices"]} */
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
    /** @param {View} view */
    render(view) {
      notices = view.notices;
      paint(JSON.stringify(notices));
    },
  };
}
