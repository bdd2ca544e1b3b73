/** The reader's side of the page: alerts, settings, limits, theme and sections. */

/** @import { ActiveAlert } from "./alert_types.js" */
/** @import { Desk } from "./desk.js" */
/** @import { Section } from "./look.js" */
/** @import { View } from "./types.js" */

import { Alarm, browserNotifier } from "./alarm.js";
import { filled, find } from "./dom.js";
import { applyLook } from "./look.js";
import { alertText, spokenText } from "./texts/alerts.js";
import { alertLogWidget } from "./widgets/alert_log.js";
import { alertsWidget } from "./widgets/alerts.js";
import { limitsWidget } from "./widgets/limits.js";
import { settingsWidget } from "./widgets/settings.js";
import { ALERTS } from "./words.js";

/** The line of connection says these to a screen reader. */
const ANNOUNCED_ELSEWHERE = new Set(["bridge", "stale"]);

/**
 * @param {Document} page
 * @param {Desk} desk
 * @param {readonly Section[]} sections in the page's own order
 */
export function deskWidgets(page, desk, sections) {
  const alarm = new Alarm(() => new AudioContext());
  const notifier = browserNotifier();
  const look = lookOf(page, desk, sections);
  const limits = limitsWidget(dialogOf(page, "#limits"), desk);
  const settings = settingsWidget(dialogOf(page, "#settings"), desk, {
    alarm,
    notifier,
    sections,
    onLimits: limits.open,
    onChange: look,
  });
  const button = find(page, "[data-test=open-settings]");
  button.addEventListener("click", settings.open);
  look();
  if (button.dataset["pressed"] !== undefined) settings.open();
  // A sound that was asked for on an earlier visit waits for the first touch of this one.
  for (const type of ["pointerdown", "keydown"]) {
    page.addEventListener(type, () => desk.prefs.has_sound && alarm.wake());
  }
  const region = find(page, "[data-slot=announcer]");
  desk.onRaised = (raised, view) => tell(raised, view, { desk, alarm, notifier, region, page });
  return [
    alertsWidget(find(page, "#alerts"), desk, ["critical", "warning"]),
    alertsWidget(find(page, "#news"), desk, ["info"]),
    alertLogWidget(filled(page, "alert-log"), desk),
    limits,
  ];
}

/**
 * @param {readonly ActiveAlert[]} raised the worst first
 * @param {View} view
 * @param {{ desk: Desk, alarm: Alarm, notifier: ReturnType<typeof browserNotifier>,
 *   region: Pick<Element, "textContent">, page: Pick<Document, "hidden"> }} by
 */
export function tell(raised, { units }, { desk, alarm, notifier, region, page }) {
  const [worst] = raised;
  if (worst === undefined) return;
  const { has_sound, has_notifications } = desk.prefs;
  if (has_sound) alarm.ring(worst.finding.severity);
  const texts = raised
    .filter(({ name }) => !ANNOUNCED_ELSEWHERE.has(name))
    .map(({ finding }) => spokenText(finding, units));
  if (texts.length > 0) region.textContent = texts.join(". ");
  // Who looks at the page sees it there.
  if (!has_notifications || !page.hidden || notifier.permission() !== "granted") return;
  for (const { id, finding } of raised) {
    if (finding.severity === "info") continue;
    const body = alertText(finding, units);
    notifier.show(ALERTS.severities[finding.severity], { body, tag: `pitboard.${id}` });
  }
}

/**
 * @param {Document} page
 * @param {Desk} desk
 * @param {readonly Section[]} sections
 */
function lookOf(page, desk, sections) {
  const light = matchMedia("(prefers-color-scheme: light)");
  const look = () => applyLook(page, sections, desk.prefs, light.matches);
  light.addEventListener("change", look);
  return look;
}

/**
 * @param {Document} page
 * @param {string} selector
 */
function dialogOf(page, selector) {
  const dialog = find(page, selector);
  if (!(dialog instanceof HTMLDialogElement)) throw new Error(`${selector} is no dialog`);
  return dialog;
}
