/** Words of the contract as people read them; those that have none as they come. */

import { humanise } from "../format.js";
import { say } from "../say.js";
import {
  ALERTS,
  CATEGORIES,
  FLAG_NOTICES,
  FLAGS,
  LAPS,
  PHASES,
  PITS,
  RACE,
  SESSION_TYPES,
} from "../words.js";

export const categoryName = namesOf(CATEGORIES);
export const flagName = namesOf(FLAGS);
export const flagNotice = namesOf(FLAG_NOTICES, (flag) => say(RACE.flag, { flag }));
export const lapKindName = namesOf(LAPS.kinds);
export const phaseName = namesOf(PHASES);
export const pitNotice = namesOf(PITS.notices);
export const pitStateName = namesOf(PITS.states);
/** What a rule watches, to be named where it can be muted. */
export const ruleTitle = namesOf(ALERTS.rules);
export const sessionTypeName = namesOf(SESSION_TYPES);

/**
 * @param {Readonly<Record<string, string>>} words
 * @param {(name: string) => string} [other] what is said of one that has no word
 * @returns {(name: string) => string}
 */
function namesOf(words, other = (name) => name) {
  const known = new Map(Object.entries(words));
  return (name) => known.get(name) ?? other(humanise(name));
}
