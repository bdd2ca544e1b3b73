/** The line of notices. */

/** @import { Picture } from "../types.js" */

import { changed, create } from "../dom.js";

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
