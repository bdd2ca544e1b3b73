/** Writes into a page the words that it names: `data-text="fuel.title"`, `data-title` and so on. */

import { LABELS, LANGUAGE } from "./words.js";

/** @type {ReadonlyMap<string, string>} */
const WORDS = new Map(Object.entries(LABELS));
const ATTRIBUTES = ["aria-label", "aria-valuetext", "alt", "title"];

/** @param {Pick<Document, "documentElement" | "querySelectorAll">} page */
export function writeLabels(page) {
  page.documentElement.lang = LANGUAGE;
  for (const element of page.querySelectorAll("[data-text]")) {
    const word = wordOf(element, "data-text");
    // A value or a field may follow.
    element.prepend(element.firstElementChild === null ? word : `${word} `);
  }
  for (const attribute of ATTRIBUTES) {
    for (const element of page.querySelectorAll(`[data-${attribute}]`)) {
      element.setAttribute(attribute, wordOf(element, `data-${attribute}`));
    }
  }
}

/**
 * @param {Element} element
 * @param {string} by
 */
function wordOf(element, by) {
  const name = element.getAttribute(by) ?? "";
  const word = WORDS.get(name);
  // A translation may be older than the page: better one bare name than no page.
  if (word === undefined) console.error(`words.js has no label ${name}`);
  return word ?? name;
}
