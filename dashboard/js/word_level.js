/** How loud a word about a value looks; CSS decides the colour. */

/** @import { Word } from "./thresholds.js" */

import { LIMITS } from "./words.js";

/** @type {Readonly<Record<Word, string>>} */
const LEVELS = {
  cold: "cold",
  ok: "good",
  hot: "warn",
  low: "warn",
  high: "warn",
  worn: "warn",
  slow: "warn",
  "too hot": "bad",
  "very low": "bad",
  "worn out": "bad",
};

/** @param {Word | null} word */
export function levelOf(word) {
  return word === null ? "" : LEVELS[word];
}

/** @param {Word | null} word */
export const limitWord = (word) => (word === null ? "" : LIMITS.levels[word]);

/**
 * The word, unless all is well.
 * @param {Word | null} word
 */
export function oddWord(word) {
  return word === "ok" ? "" : limitWord(word);
}
