/** The link to this page, to be copied or photographed. */

import { find, textSlot } from "../dom.js";
import { LABELS, SHARE } from "../words.js";

const OWN_NAMES = ["localhost", "127.0.0.1", "[::1]"];

/**
 * @param {Pick<Location, "origin" | "hostname">} location
 * @param {string} session_id
 */
export function shared({ origin, hostname }, session_id) {
  return {
    link: `${origin}/s/${session_id}`,
    picture: `/qr/${session_id}.svg`,
    note: OWN_NAMES.includes(hostname) ? SHARE.only_here : "",
  };
}

/**
 * @param {HTMLElement} root
 * @param {HTMLElement} announcer what a screen reader says
 * @param {ReturnType<typeof shared>} what
 * @param {Pick<Clipboard, "writeText"> | undefined} clipboard there is none without TLS, but for
 *   localhost
 */
export function shareWidget(root, announcer, { link, picture, note }, clipboard) {
  const field = find(root, "[data-slot=link]");
  if (!(field instanceof HTMLInputElement)) throw new Error("the link has no field");
  field.value = link;
  const button = find(root, "[data-slot=copy]");
  const say = textSlot(button);
  const copy = async () => {
    const is_copied = await copied(clipboard, link);
    if (!is_copied) {
      field.focus();
      field.select();
    }
    say(is_copied ? SHARE.copied : SHARE.selected);
    announcer.textContent = is_copied ? SHARE.copied : SHARE.selected;
  };
  button.addEventListener("click", copy);
  if (button.dataset["pressed"] !== undefined) void copy();
  root.addEventListener("focusout", () => say(LABELS["share.copy"]));
  qrCode(root, picture, note);
}

/**
 * @param {Pick<Clipboard, "writeText"> | undefined} clipboard
 * @param {string} text
 */
async function copied(clipboard, text) {
  try {
    await clipboard?.writeText(text);
    return clipboard !== undefined;
  } catch {
    // The reader, or who wrote the policy of this browser, said no.
    return false;
  }
}

/**
 * The bridge draws the code when it is asked for, and is asked again after it was away.
 * @param {HTMLElement} root
 * @param {string} picture
 * @param {string} note
 */
function qrCode(root, picture, note) {
  const image = find(root, "img");
  const details = find(root, "details");
  const say = textSlot(find(root, "[data-slot=qr-note]"));
  image.addEventListener("load", () => {
    image.hidden = false;
    say(note);
  });
  image.addEventListener("error", () => {
    image.hidden = true;
    say(SHARE.no_code);
  });
  const draw = () => {
    if (details.hasAttribute("open")) image.setAttribute("src", picture);
  };
  details.addEventListener("toggle", draw);
  draw();
}
