/** What the reader's own side of the page says: alerts as they stand, settings and sections. */

export const SEEN = "Seen";
export const MUTE = "Mute";
export const UNMUTE = "Unmute";
export const STILL_ON = "still on";
export const ALL_ALERTS = "All of them";
export const NOT_ALLOWED = "This browser does not allow them for this page";
export const NO_RULE = "Minutes, more than 0 and less than a week";
export const RESET = "Reset";
export const SECTIONS_RESET = "Sections as at first";
export const MOVE_UP = "Up";
export const MOVE_DOWN = "Down";
export const SHOW = "Show";
export const HIDE = "Hide";

/** @param {{ is_old: boolean, is_muted: boolean, is_acknowledged: boolean }} alert */
export function alertStateText({ is_old, is_muted, is_acknowledged }) {
  const states = [is_old && "not live", is_muted && "muted", is_acknowledged && "seen"];
  return states.filter((word) => word !== false).join(", ");
}

/**
 * What a button does to which thing, for who does not see where it stands.
 * @param {string} act
 * @param {string} thing
 */
export const actLabel = (act, thing) => `${act}: ${thing}`;
