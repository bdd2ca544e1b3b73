/** Parts of sentences that several sections share. */

import { say, sayCount } from "../say.js";
import { LANGUAGE, PHRASES, SWITCH } from "../words.js";

/** What is written from the right, and the marks that turn what follows. */
const TURNING =
  /[\u0590-\u08ff\u200f\u202a-\u202e\u2066-\u2069\ufb1d-\ufdff\ufe70-\ufefc\u{10800}-\u{10fff}\u{1e800}-\u{1efff}]/u;
const ISOLATES = /[\u2066-\u2069]/g;

/**
 * A name for the midst of a sentence, which goes on from left to right after any name. Its own
 * isolates, which nobody sees, could close the one that is around it.
 * @param {string} name
 */
export function isolated(name) {
  return TURNING.test(name) ? `\u2068${name.replace(ISOLATES, "")}\u2069` : name;
}

/** @param {string} text of a sentence, whatever it begins with */
export const sentence = (text) => text.charAt(0).toLocaleUpperCase(LANGUAGE) + text.slice(1);

/** @param {boolean} is_on */
export const switchWord = (is_on) => (is_on ? SWITCH.on : SWITCH.off);

/** @param {string} count as shown */
export const lapCount = (count) => sayCount(PHRASES.laps, count);

/** @param {string} text of what is estimated */
export const aboutText = (text) => say(PHRASES.about, { text });

/**
 * @param {string} part
 * @param {string} whole
 */
export const ofText = (part, whole) => say(PHRASES.part_of, { part, whole });
