/** Session ids, as people type and paste them. */

const ID = /^[a-z0-9][a-z0-9_-]{0,63}$/;

/** @param {string} text */
export function isSessionId(text) {
  return ID.test(text);
}

/**
 * The id in what was typed: the id alone or the link of its page.
 * @param {string} text
 * @returns {string | null}
 */
export function readSessionId(text) {
  const typed = text.trim();
  const path = /\/s\/([^/?#\s]+)/.exec(typed);
  const id = path?.[1] ?? typed;
  return isSessionId(id) ? id : null;
}

/** @param {string} id */
export function sessionPath(id) {
  return `/s/${id}`;
}

/**
 * The session that a page at this path shows. `/s/car-1+car-2` names several; the first counts.
 * @param {string} path
 * @returns {string | null}
 */
export function sessionIdIn(path) {
  const id = path.split("/")[2]?.split("+")[0] ?? "";
  return isSessionId(id) ? id : null;
}
