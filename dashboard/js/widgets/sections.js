/** Which sections are shown and in which order, with buttons that a keyboard reaches. */

/** @import { Desk } from "../desk.js" */
/** @import { Prefs } from "../prefs.js" */

import { create } from "../dom.js";
import { hide, move, ordered, reset, show } from "../prefs.js";
import { actLabel } from "../texts/desk.js";
import { DESK } from "../words.js";

/** @typedef {"up" | "down" | "hide"} Act */
/** @typedef {{ id: string, name: string, is_hidden: boolean, place: number, count: number }} Row */

/**
 * @param {HTMLElement} root
 * @param {Desk} desk
 * @param {readonly { id: string, name: string }[]} sections in the page's own order
 * @param {() => void} onChange
 * @returns {() => void} paints it
 */
export function sectionsWidget(root, desk, sections, onChange) {
  const known = sections.map(({ id }) => id);
  const list = create("ol");
  const back = create("button", "quiet", DESK.sections_reset);
  back.type = "button";
  root.append(list, back);

  const change = (/** @type {Prefs} */ prefs) => {
    desk.changePrefs(prefs);
    onChange();
    paint();
  };
  const onAct = (/** @type {Row} */ row, /** @type {Act} */ act) => {
    change(changedBy(desk.prefs, known, row, act));
    focusOn(list, row.id, act);
  };
  const paint = () => {
    const { prefs } = desk;
    const order = ordered(prefs, known);
    list.replaceChildren(
      ...order.map((id, place) => {
        const name = sections.find((each) => each.id === id)?.name ?? id;
        const is_hidden = prefs.hidden.includes(id);
        return rowElement({ id, name, is_hidden, place, count: order.length }, onAct);
      }),
    );
  };
  back.addEventListener("click", () => change(reset(desk.prefs)));
  return paint;
}

/**
 * @param {Prefs} prefs
 * @param {readonly string[]} known
 * @param {Row} row
 * @param {Act} act
 */
function changedBy(prefs, known, { id, is_hidden, place }, act) {
  if (act === "hide") return is_hidden ? show(prefs, id) : hide(prefs, id);
  return move(prefs, known, id, act === "up" ? place - 1 : place + 1);
}

/**
 * The row has moved, and who moved it goes with it.
 * @param {HTMLElement} list
 * @param {string} id
 * @param {Act} act
 */
function focusOn(list, id, act) {
  const buttons = [...list.querySelectorAll("button")].filter(({ dataset, disabled }) => {
    return dataset["of"] === id && !disabled;
  });
  (buttons.find(({ dataset }) => dataset["act"] === act) ?? buttons[0])?.focus();
}

/**
 * @param {Row} row
 * @param {(row: Row, act: Act) => void} onAct
 */
function rowElement(row, onAct) {
  const { id, name, is_hidden, place, count } = row;
  const element = create("li", is_hidden ? "off" : undefined);
  element.dataset["section"] = id;
  element.append(create("span", undefined, name));
  const add = (/** @type {Act} */ act, /** @type {string} */ text, is_off = false) => {
    const button = create("button", "quiet", text);
    button.type = "button";
    button.dataset["act"] = act;
    button.dataset["of"] = id;
    button.disabled = is_off;
    button.setAttribute("aria-label", actLabel(text, name));
    button.addEventListener("click", () => onAct(row, act));
    element.append(button);
  };
  add("up", DESK.up, place === 0);
  add("down", DESK.down, place === count - 1);
  add("hide", is_hidden ? DESK.show : DESK.hide);
  return element;
}
