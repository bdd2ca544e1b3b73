/** How the page looks by the reader's choice: its theme, and which sections in which order. */

/** @import { Prefs, Theme } from "./prefs.js" */

import { find } from "./dom.js";
import { ordered } from "./prefs.js";

/** @typedef {{ id: string, name: string }} Section */

/**
 * @param {Document} page
 * @param {readonly Section[]} sections in the page's own order
 * @param {Prefs} prefs
 * @param {boolean} is_light whether the device asks for light
 */
export function applyLook(page, sections, prefs, is_light) {
  applyTheme(page, themeOf(prefs.theme, is_light));
  if (prefs.is_wall) page.documentElement.dataset["mode"] = "wall";
  else delete page.documentElement.dataset["mode"];
  applySections(find(page, "main"), sections.map(({ id }) => id), prefs);
}

/**
 * @param {Theme} theme
 * @param {boolean} is_light whether the device asks for light
 * @returns {"dark" | "light"}
 */
export function themeOf(theme, is_light) {
  if (theme !== "auto") return theme;
  return is_light ? "light" : "dark";
}

/**
 * @param {Document} document
 * @param {"dark" | "light"} theme
 */
export function applyTheme(document, theme) {
  const page = document.documentElement;
  /** @type {HTMLMetaElement | null} */
  const scheme = document.querySelector("meta[name=color-scheme]");
  /** @type {HTMLMetaElement | null} */
  const color = document.querySelector("meta[name=theme-color]");
  page.dataset["theme"] = theme;
  // The pages come as dark; to ask for a colour is to compute the style of all.
  if (scheme?.content === theme) return;
  if (scheme !== null) scheme.content = theme;
  // The bar of a phone's browser takes the colour of the ground.
  if (color !== null) color.content = getComputedStyle(page).getPropertyValue("--ground").trim();
}

/**
 * The sections that there are, as they stand.
 * @param {HTMLElement} sheet
 * @returns {HTMLElement[]}
 */
export function sectionsOf(sheet) {
  return [...sheet.querySelectorAll("section")].filter(({ id }) => id !== "");
}

/**
 * @param {HTMLElement} sheet
 * @param {readonly string[]} known ids in the page's own order
 * @param {Prefs} prefs
 */
export function applySections(sheet, known, prefs) {
  const order = ordered(prefs, known);
  sort(sheet, order);
  // The page's own places would be empty where a section is hidden.
  const is_pages = order.every((id, i) => id === known[i] && !prefs.hidden.includes(id));
  sheet.dataset["order"] = is_pages ? "page" : "own";
  for (const section of sectionsOf(sheet)) {
    if (prefs.hidden.includes(section.id)) section.dataset["off"] = "";
    else delete section.dataset["off"];
  }
}

/**
 * Sections that share a box stay in it, and the box goes where the first of them is to be.
 * @param {HTMLElement} box
 * @param {readonly string[]} order
 */
function sort(box, order) {
  const children = [...box.children].filter((child) => child instanceof HTMLElement);
  const rankOf = (/** @type {HTMLElement} */ child) => {
    const sections = child.id === "" ? sectionsOf(child) : [child];
    return Math.min(...sections.map(({ id }) => order.indexOf(id)));
  };
  const sorted = children.toSorted((a, b) => rankOf(a) - rankOf(b));
  // A moved element loses its focus and its scroll, so nothing moves without need.
  if (sorted.some((child, i) => child !== children[i])) box.append(...sorted);
  for (const child of children) if (child.id === "") sort(child, order);
}

/**
 * What a section is called.
 * @param {HTMLElement} section
 */
export function sectionName(section) {
  const heading = section.querySelector("h2")?.firstChild?.textContent?.trim();
  return heading || section.getAttribute("aria-label") || section.id;
}
