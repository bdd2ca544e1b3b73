/** The lines of the setup that match what was typed. */

/** @import { Group, Line } from "./setup.js" */

import { CORNERS } from "./words.js";

/**
 * Lines in which each word is found: in the category, the name or a value.
 * @param {Group[]} groups
 * @param {string} typed
 * @returns {Group[]} the same list when nothing is typed
 */
export function searchSetup(groups, typed) {
  const words = plain(typed)
    .split(" ")
    .filter((word) => word !== "");
  if (words.length === 0) return groups;
  return groups.flatMap((group) => {
    const category = `${plain(group.key)}\n${plain(group.label)}`;
    const lines = group.lines.filter((line) => {
      const text = `${category}\n${lineText(line)}`;
      return words.every((word) => text.includes(word));
    });
    return lines.length === 0 ? [] : { ...group, lines };
  });
}

/** @param {Line} line */
function lineText({ label, values }) {
  const texts = values.map(({ corner, text }) => {
    return corner === null ? text : `${CORNERS[corner]} ${text}`;
  });
  return plain([label, ...texts].join("\n"));
}

/**
 * As people type it: no capitals, no accents, no underscores, and the minus of the keyboard.
 * @param {string} text
 */
function plain(text) {
  return text
    .normalize("NFD")
    .replace(/\p{Mark}/gu, "")
    .toLowerCase()
    .replaceAll("−", "-")
    .replace(/[_ \t\u00a0]+/g, " ");
}
