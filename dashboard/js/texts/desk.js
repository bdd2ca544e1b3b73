/** What the reader's own side of the page says: alerts as they stand, settings and sections. */

import { say } from "../say.js";
import { DESK } from "../words.js";

/** @param {{ is_old: boolean, is_muted: boolean, is_acknowledged: boolean }} alert */
export function alertStateText({ is_old, is_muted, is_acknowledged }) {
  const states = [
    is_old && DESK.is_old,
    is_muted && DESK.is_muted,
    is_acknowledged && DESK.is_seen,
  ];
  return states.filter((word) => word !== false).join(", ");
}

/**
 * What a button does to which thing, for who does not see where it stands.
 * @param {string} act
 * @param {string} thing
 */
export const actLabel = (act, thing) => say(DESK.act, { act, thing });
