/** How good the way from the car to this page is: a word, and its numbers on demand. */

/** @import { Quality, Spread, Picture } from "../types.js" */

import { dataSlot, find, hook, textSlot } from "../dom.js";
import { DASH, number, shortTime } from "../format.js";

/** Clocks that are set by a time server differ by less. */
const CLOCK_AGREES_MS = 500;

/** @param {HTMLElement} root a `details` */
export function qualityWidget(root) {
  const slot = (/** @type {string} */ name) => textSlot(find(root, `[data-slot=${name}]`));
  const level = hook(root, "quality");
  const mark = dataSlot(root, "level");
  const roundTrip = slot("round-trip");
  const age = slot("age-on-arrival");
  const loss = slot("loss");
  const clocks = slot("clocks");
  const note = slot("clock-note");
  closeOnDemand(root);

  return {
    /** @param {Picture} view */
    render({ quality }) {
      level(quality.level);
      mark(quality.level);
      roundTrip(spreadText(quality.round_trip));
      age(spreadText(quality.age));
      loss(lossText(quality.loss));
      clocks(clocksText(quality));
      note(quality.is_age_partial ? PARTIAL : "");
    },
  };
}

const PARTIAL =
  "The monitor's clock is off, so the age leaves out what its fastest message took.";

/**
 * Escape and a touch elsewhere close it, as readers expect of what lies over the page.
 * @param {HTMLElement} root
 */
function closeOnDemand(root) {
  root.addEventListener("keydown", ({ key }) => {
    if (key !== "Escape" || !root.hasAttribute("open")) return;
    root.removeAttribute("open");
    find(root, "summary").focus();
  });
  root.ownerDocument.addEventListener("pointerdown", ({ target }) => {
    if (target instanceof Node && !root.contains(target)) root.removeAttribute("open");
  });
}

/** @param {Spread | null} spread */
function spreadText(spread) {
  if (spread === null) return DASH;
  return `${shortTime(spread.p50_ms)}, 95 % within ${shortTime(spread.p95_ms)}`;
}

/** @param {Quality["loss"]} loss */
function lossText(loss) {
  if (loss === null || loss.sent === 0) return DASH;
  const percent = number((100 * loss.lost) / loss.sent, loss.lost === 0 ? 0 : 1);
  return `${loss.lost} of ${loss.sent} messages (${percent} %)`;
}

/** @param {Quality} quality */
function clocksText({ monitor_ahead_ms, device_ahead_ms }) {
  const clocks = [
    { name: "monitor", ahead_ms: monitor_ahead_ms },
    { name: "this device", ahead_ms: device_ahead_ms },
  ];
  const off = clocks.flatMap(({ name, ahead_ms }) => {
    if (ahead_ms === null || Math.abs(ahead_ms) <= CLOCK_AGREES_MS) return [];
    return `${name} ${shortTime(Math.abs(ahead_ms))} ${ahead_ms > 0 ? "ahead" : "behind"}`;
  });
  if (off.length > 0) return `${off.join(", ")}, by the bridge's`;
  return clocks.some(({ ahead_ms }) => ahead_ms === null) ? DASH : "agree";
}
