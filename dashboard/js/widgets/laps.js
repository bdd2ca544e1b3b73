/** The laps of the car, newest first: a dozen, or all in a list that grows as it is read. */

/** @import { View } from "../types.js" */

import { lapsCsv } from "../csv.js";
import { changed, find, textSlot } from "../dom.js";
import { exportButton } from "../download.js";
import { DEFAULT_UNITS } from "../format.js";
import { allLapsText, drivenText } from "../texts/pace.js";
import { tableWidget } from "./lap_table.js";

const FEW = 12;
/** Rows are made as the reader comes near them, and no more in a frame than a frame has time for. */
const STEP = 100;
const SLICE = 10;
const NEAR_END_PX = 600;

/** @typedef {Pick<View, "laps" | "best_lap_time" | "units">} Shown */

/**
 * @param {HTMLElement} root
 * @param {(run: () => void) => void} nextFrame
 */
export function lapsWidget(root, nextFrame = requestAnimationFrame) {
  /** @type {Shown} */
  let shown = { laps: [], best_lap_time: null, units: DEFAULT_UNITS };
  let wanted = FEW;
  let made = FEW;
  let is_growing = false;
  const table = tableWidget(find(root, "table"));
  const frame = frameWidget(root);
  const paint = () => {
    table.render(shown, made);
    frame.render(shown.laps.length, wanted > FEW);
  };
  const grow = () => {
    made = Math.min(wanted, made + SLICE);
    paint();
    is_growing = made < Math.min(wanted, shown.laps.length);
    if (is_growing) nextFrame(grow);
    // Who stands at the end of the list has scrolled already.
    else growNearEnd();
  };
  const want = (/** @type {number} */ count) => {
    wanted = count;
    made = Math.min(made, wanted);
    paint();
    if (is_growing) return;
    is_growing = true;
    nextFrame(grow);
  };
  const growNearEnd = () => {
    if (wanted === FEW || is_growing || wanted >= shown.laps.length) return;
    if (frame.isNearEnd()) want(wanted + STEP);
  };
  frame.onToggle(() => want(wanted === FEW ? STEP : FEW));
  frame.onScroll(growNearEnd);
  exportButton(find(root, "[data-export=laps]"), "laps", () => lapsCsv(shown.laps));

  return {
    /** @param {View} view */
    render({ laps, best_lap_time, units }) {
      const is_same =
        laps === shown.laps && best_lap_time === shown.best_lap_time && units === shown.units;
      if (is_same) return;
      shown = { laps, best_lap_time, units };
      paint();
    },
  };
}

/**
 * What is around the table: how many laps there are, and the button that opens the list.
 * @param {HTMLElement} root
 */
function frameWidget(root) {
  const list = find(root, "[data-test=lap-roll]");
  const button = find(root, "[data-slot=all-laps]");
  const buttonText = textSlot(button);
  const none = find(root, "[data-slot=no-laps]");
  const note = textSlot(find(root, "[data-slot=laps-note]"));
  const open = changed((/** @type {boolean} */ is_open) => {
    // To scroll is to lay the page out, and a closed list has nothing to scroll.
    if (list.hasAttribute("data-open")) list.scrollTop = 0;
    button.setAttribute("aria-expanded", String(is_open));
    list.toggleAttribute("data-open", is_open);
  });

  return {
    /**
     * @param {number} count
     * @param {boolean} is_open
     */
    render(count, is_open) {
      none.hidden = count > 0;
      button.hidden = count <= FEW && !is_open;
      buttonText(allLapsText(is_open, FEW, count));
      note(drivenText(count));
      open(is_open);
    },
    /** @param {() => void} run */
    onToggle: (run) => button.addEventListener("click", run),
    /** @param {() => void} run */
    onScroll: (run) => list.addEventListener("scroll", run),
    /** A list that is hidden has no end that anybody is near to. */
    isNearEnd() {
      const { clientHeight, scrollHeight, scrollTop } = list;
      return clientHeight > 0 && scrollHeight - scrollTop - clientHeight <= NEAR_END_PX;
    },
  };
}
