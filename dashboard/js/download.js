/** Hands the reader a text as a file. */

import { create } from "./dom.js";

/** A browser may start to read a moment after the click. */
const KEEP_MS = 60_000;

/**
 * @param {HTMLElement} button
 * @param {string} subject a word of the file's name
 * @param {() => string} textOf
 */
export function exportButton(button, subject, textOf) {
  button.addEventListener("click", () => {
    const url = URL.createObjectURL(new Blob([textOf()], { type: "text/csv;charset=utf-8" }));
    const link = create("a");
    link.href = url;
    link.download = `pitboard-${subject}-${stamp(new Date())}.csv`;
    link.click();
    setTimeout(() => URL.revokeObjectURL(url), KEEP_MS);
  });
}

/** @param {Date} date */
function stamp(date) {
  return date.toISOString().slice(0, 19).replaceAll(/[-:]/g, "").replace("T", "-");
}
