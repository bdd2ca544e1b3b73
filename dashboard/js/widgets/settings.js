/** The settings: look, alerts, driving time and sections. */

/** @import { Alarm, Notifier } from "../alarm.js" */
/** @import { Desk } from "../desk.js" */

import { ALL, RULE_NAMES } from "../alerts.js";
import { create, find } from "../dom.js";
import { changedRule, RULES } from "../prefs.js";
import { ruleTitle } from "../texts/names.js";
import { DESK } from "../words.js";
import { sectionsWidget } from "./sections.js";

const S_PER_MINUTE = 60;

/**
 * @param {HTMLDialogElement} dialog
 * @param {Desk} desk
 * @param {{ alarm: Alarm, notifier: Notifier, sections: readonly { id: string, name: string }[],
 *   onLimits: () => void, onChange: () => void }} page
 */
export function settingsWidget(dialog, desk, { alarm, notifier, sections, onLimits, onChange }) {
  const parts = [
    lookWidget(dialog, desk, onChange),
    soundWidget(dialog, desk, alarm),
    notifyWidget(dialog, desk, notifier),
    mutesWidget(find(dialog, ".rules"), desk),
    drivingWidget(dialog, desk),
    sectionsWidget(find(dialog, ".sections"), desk, sections, onChange),
  ];
  const paint = () => parts.forEach((part) => part());
  find(dialog, "[data-slot=limits]").addEventListener("click", onLimits);
  find(dialog, "[data-slot=close]").addEventListener("click", () => dialog.close());
  return {
    open() {
      paint();
      dialog.showModal();
    },
  };
}

/**
 * @param {HTMLDialogElement} dialog
 * @param {Desk} desk
 * @param {() => void} onChange
 */
function lookWidget(dialog, desk, onChange) {
  const theme = select(dialog, "theme");
  const wall = inputOf(dialog, "wall");
  theme.addEventListener("change", () => {
    const chosen = theme.value;
    if (chosen !== "auto" && chosen !== "dark" && chosen !== "light") return;
    desk.changePrefs({ ...desk.prefs, theme: chosen });
    onChange();
  });
  wall.addEventListener("change", () => {
    desk.changePrefs({ ...desk.prefs, is_wall: wall.checked });
    onChange();
  });
  return () => {
    theme.value = desk.prefs.theme;
    wall.checked = desk.prefs.is_wall;
  };
}

/**
 * @param {HTMLDialogElement} dialog
 * @param {Desk} desk
 * @param {Alarm} alarm
 */
function soundWidget(dialog, desk, alarm) {
  const sound = inputOf(dialog, "sound");
  sound.addEventListener("change", () => {
    desk.changePrefs({ ...desk.prefs, has_sound: sound.checked });
    if (!sound.checked) return;
    alarm.wake();
    alarm.ring("warning");
  });
  return () => {
    sound.checked = desk.prefs.has_sound;
  };
}

/**
 * @param {HTMLDialogElement} dialog
 * @param {Desk} desk
 * @param {Notifier} notifier
 */
function notifyWidget(dialog, desk, notifier) {
  const notify = inputOf(dialog, "notify");
  const hint = find(dialog, "[data-slot=notify-hint]");
  const paint = () => {
    const permission = notifier.permission();
    notify.checked = desk.prefs.has_notifications && permission === "granted";
    notify.disabled = permission === null || permission === "denied";
    hint.textContent = notify.disabled ? DESK.not_allowed : "";
  };
  notify.addEventListener("change", () => {
    desk.changePrefs({ ...desk.prefs, has_notifications: notify.checked });
    if (notify.checked) void notifier.ask().then(paint);
  });
  return paint;
}

/**
 * @param {HTMLElement} root
 * @param {Desk} desk
 */
function mutesWidget(root, desk) {
  const boxes = [ALL, ...RULE_NAMES].map((name) => {
    const item = create("li");
    const label = create("label", undefined, name === ALL ? DESK.all_alerts : ruleTitle(name));
    const box = create("input");
    box.type = "checkbox";
    box.name = name;
    box.addEventListener("change", () => desk.mute(name, box.checked));
    label.prepend(box);
    item.append(label);
    root.append(item);
    return { name, box };
  });
  return () => {
    const { muted } = desk;
    for (const { name, box } of boxes) box.checked = muted.includes(name);
  };
}

/**
 * @param {HTMLDialogElement} dialog
 * @param {Desk} desk
 */
function drivingWidget(dialog, desk) {
  const problem = find(dialog, "[data-slot=driving-problem]");
  const fields = RULES.map((rule) => ({ rule, input: inputOf(dialog, rule) }));
  for (const { rule, input } of fields) {
    input.addEventListener("change", () => {
      const minutes = input.valueAsNumber;
      const is_empty = input.value === "" && !input.validity.badInput;
      const seconds = is_empty ? null : Math.round(minutes * S_PER_MINUTE);
      const changed = changedRule(desk.prefs, rule, seconds);
      const is_refused = changed === desk.prefs;
      problem.textContent = is_refused ? DESK.no_rule : "";
      if (is_refused) input.setAttribute("aria-invalid", "true");
      else input.removeAttribute("aria-invalid");
      if (!is_refused) desk.changePrefs(changed);
    });
  }
  return () => {
    for (const { rule, input } of fields) {
      if (input.hasAttribute("aria-invalid")) continue;
      const seconds = desk.prefs.driver_rules[rule];
      input.value = seconds === null ? "" : String(Math.round((10 * seconds) / S_PER_MINUTE) / 10);
    }
  };
}

/**
 * @param {HTMLElement} root
 * @param {string} name
 */
function inputOf(root, name) {
  const input = find(root, `input[name=${name}]`);
  if (!(input instanceof HTMLInputElement)) throw new Error(`${name} is no input`);
  return input;
}

/**
 * @param {HTMLElement} root
 * @param {string} name
 */
function select(root, name) {
  const element = find(root, `select[name=${name}]`);
  if (!(element instanceof HTMLSelectElement)) throw new Error(`${name} is no select`);
  return element;
}
