/** Writes to the page that leave it alone when nothing changed. */

import { DASH } from "./format.js";

/**
 * The one element of *root* that *selector* names; a page without it is broken, so it throws.
 * @param {ParentNode} root
 * @param {string} selector
 * @returns {HTMLElement}
 */
export function find(root, selector) {
  /** @type {HTMLElement | null} */
  const element = root.querySelector(selector);
  if (element === null) throw new Error(`the page has no ${selector}`);
  return element;
}

/**
 * The section of that id, for the widget that fills it; until then the page does not lay it out.
 * @param {Document} page
 * @param {string} id
 */
export function filled(page, id) {
  const section = find(page, `#${id}`);
  section.dataset["filled"] = "";
  return section;
}

/**
 * A setter for one element's text; CSS shows a dash without its unit.
 * @param {Pick<Element, "textContent"> & {dataset?: DOMStringMap}} element
 * @returns {(text: string) => void}
 */
export function textSlot(element) {
  return changed((/** @type {string} */ text) => {
    element.textContent = text;
    if (element.dataset === undefined) return;
    if (text === DASH) element.dataset["empty"] = "";
    else delete element.dataset["empty"];
  });
}

/**
 * A setter for one `data-` attribute; CSS decides how its value looks. Empty takes it away.
 * @param {HTMLElement} element
 * @param {string} name
 * @returns {(value: string) => void}
 */
export function dataSlot(element, name) {
  return changed((/** @type {string} */ value) => {
    if (value === "") delete element.dataset[name];
    else element.dataset[name] = value;
  });
}

/**
 * A setter for how full a bar is, as the custom property `--fill`, in thousandths.
 * @param {HTMLElement} element
 * @returns {(share: number | null) => void}
 */
export function fillSlot(element) {
  const set = changed((/** @type {number} */ fill) => {
    element.style.setProperty("--fill", String(fill));
  });
  return (share) => set(Math.round(Math.min(1, Math.max(-1, share ?? 0)) * 1000) / 1000);
}

/**
 * The text slot of a `data-test` hook.
 * @param {ParentNode} root
 * @param {string} name
 */
export function hook(root, name) {
  return textSlot(find(root, `[data-test="${name}"]`));
}

/**
 * @template {keyof HTMLElementTagNameMap} K
 * @param {K} tag
 * @param {string} [className]
 * @param {string} [text]
 */
export function create(tag, className, text) {
  const element = document.createElement(tag);
  if (className !== undefined) element.className = className;
  if (text !== undefined) element.textContent = text;
  return element;
}

/**
 * An element of a drawing; a tenth of a unit is less than anybody sees.
 * @param {string} tag
 * @param {Record<string, string | number>} attributes
 */
export function shape(tag, attributes) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) {
    element.setAttribute(name, typeof value === "number" ? String(Math.round(value * 10) / 10) : value);
  }
  return element;
}

/**
 * @template T
 * @param {(value: T) => void} write
 * @returns {(value: T) => void}
 */
export function changed(write) {
  /** @type {T | undefined} */
  let shown;
  return (value) => {
    if (value === shown) return;
    shown = value;
    write(value);
  };
}
