/** The units that this reader wants; kept in the browser, never sent. */

/** @import { Units, Picture } from "../types.js" */

import { changed, find } from "../dom.js";
import { unitName } from "../format.js";
import { changedUnits, QUANTITIES } from "../units.js";

/**
 * @param {ParentNode} page every `data-unit` in it is written
 * @param {HTMLElement} root
 * @param {(units: Units) => void} onChange
 */
export function unitsWidget(page, root, onChange) {
  /** @type {Units | null} */
  let current = null;
  const selects = [...find(root, "form").querySelectorAll("select")];
  for (const select of selects) {
    select.addEventListener("change", () => {
      if (current === null) return;
      // The next may be chosen before this one is painted.
      current = changedUnits(current, select.name, select.value);
      onChange(current);
    });
  }
  const paint = changed((/** @type {Units} */ units) => {
    current = units;
    for (const quantity of QUANTITIES) {
      for (const element of page.querySelectorAll(`[data-unit=${quantity}]`)) {
        element.textContent = unitName(units, quantity);
      }
      for (const select of selects) if (select.name === quantity) select.value = units[quantity];
    }
  });

  return {
    /** @param {Picture} view */
    render(view) {
      paint(view.units);
    },
  };
}
