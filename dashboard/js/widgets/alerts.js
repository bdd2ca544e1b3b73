/** Alerts as they stand, the worst first: a bar for what is wrong, a line for what is news. */

/** @import { ActiveAlert, Severity } from "../alert_types.js" */
/** @import { Desk } from "../desk.js" */
/** @import { Units, View } from "../types.js" */

import { changed, create, dataSlot, textSlot } from "../dom.js";
import { alertText } from "../texts/alerts.js";
import { actLabel, alertStateText } from "../texts/desk.js";
import { ruleTitle } from "../texts/names.js";
import { ALERTS, DESK } from "../words.js";

/** The line of connection and the notices say these, and would say them twice. */
const SAID_ELSEWHERE = new Set(["bridge", "broker", "stale"]);

/**
 * @param {HTMLElement} root
 * @param {Desk} desk
 * @param {readonly Severity[]} severities of those shown here
 */
export function alertsWidget(root, desk, severities) {
  /** @type {Map<string, ReturnType<typeof alertElement>>} */
  const items = new Map();
  const hide = changed((/** @type {boolean} */ is_empty) => {
    root.hidden = is_empty;
  });
  const order = changed((/** @type {string} */ _ids) => {
    root.replaceChildren(...[...items.values()].map(({ element }) => element));
  });

  return {
    /** @param {View} view */
    render({ units }) {
      const active = desk.alerts.active.filter(({ name, finding }) => {
        return severities.includes(finding.severity) && !SAID_ELSEWHERE.has(name);
      });
      const before = new Map(items);
      items.clear();
      for (const alert of inOrder(active)) {
        const item = before.get(alert.id) ?? alertElement(alert, desk);
        item.render(alert, units);
        items.set(alert.id, item);
      }
      order([...items.keys()].join());
      hide(items.size === 0);
    },
  };
}

/**
 * What somebody has seen stands behind what nobody has.
 * @param {readonly ActiveAlert[]} active
 */
function inOrder(active) {
  const isQuiet = (/** @type {ActiveAlert} */ alert) => alert.is_acknowledged || alert.is_muted;
  return [...active.filter((alert) => !isQuiet(alert)), ...active.filter(isQuiet)];
}

/**
 * @param {Pick<ActiveAlert, "id" | "name">} alert
 * @param {Desk} desk
 */
function alertElement({ id, name }, desk) {
  const element = create("li", "alert");
  element.dataset["alert"] = id;
  const severity = create("strong");
  const text = create("span", "text");
  const state = create("span", "state");
  const seen = button(DESK.seen, () => desk.acknowledge(id));
  const mute = button("", () => desk.mute(name, !desk.muted.includes(name)));
  element.append(severity, text, state, seen, mute);
  const write = {
    severity: textSlot(severity),
    text: textSlot(text),
    state: textSlot(state),
    mute: textSlot(mute),
    isSeen: changed((/** @type {boolean} */ is_seen) => {
      seen.hidden = is_seen;
    }),
    look: dataSlot(element, "look"),
    seen: changed((/** @type {string} */ label) => seen.setAttribute("aria-label", label)),
    muting: changed((/** @type {string} */ label) => mute.setAttribute("aria-label", label)),
  };

  return {
    element,
    /**
     * @param {ActiveAlert} alert
     * @param {Units} units
     */
    render({ finding, is_muted, is_acknowledged, is_old }, units) {
      const said = alertText(finding, units);
      write.severity(ALERTS.severities[finding.severity]);
      write.text(said);
      write.state(alertStateText({ is_old, is_muted, is_acknowledged }));
      write.mute(is_muted ? DESK.unmute : DESK.mute);
      write.look(is_muted || is_acknowledged || is_old ? "quiet" : finding.severity);
      write.isSeen(is_acknowledged);
      write.seen(actLabel(DESK.seen, said));
      write.muting(actLabel(is_muted ? DESK.unmute : DESK.mute, ruleTitle(name)));
    },
  };
}

/**
 * @param {string} text
 * @param {() => void} onClick
 */
function button(text, onClick) {
  const element = create("button", undefined, text);
  element.type = "button";
  element.addEventListener("click", onClick);
  return element;
}
