/** The link to this page, to be copied or photographed. */

import { find, textSlot } from "../dom.js";
import { COPIED, COPY, NO_QR_CODE, ONLY_HERE, SELECTED } from "../texts/link.js";

const OWN_NAMES = ["localhost", "127.0.0.1", "[::1]"];

/**
 * @param {Pick<Location, "origin" | "hostname">} location
 * @param {string} session_id
 */
export function shared({ origin, hostname }, session_id) {
  return {
    link: `${origin}/s/${session_id}`,
    picture: `/qr/${session_id}.svg`,
    note: OWN_NAMES.includes(hostname) ? ONLY_HERE : "",
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
    say(is_copied ? COPIED : SELECTED);
    announcer.textContent = is_copied ? COPIED : SELECTED;
  };
  button.addEventListener("click", copy);
  if (button.dataset["pressed"] !== undefined) void copy();
  root.addEventListener("focusout", () => say(COPY));
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
    say(NO_QR_CODE);
  });
  const draw = () => {
    if (details.hasAttribute("open")) image.setAttribute("src", picture);
  };
  details.addEventListener("toggle", draw);
  draw();
}
