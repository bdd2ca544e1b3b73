/** The link, the flags and the pits, in words; what is wrong with the car is said by the alerts. */

/** @import { Level, Notice, Telemetry } from "./types.js" */

import { flagNotice, pitNotice } from "./texts/names.js";
import { bridgeSays } from "./texts/page.js";
import { RACE, TROUBLE } from "./words.js";

/** @import { Store } from "./store.js" */

const ERROR_SHOWN_MS = 10_000;

/** @type {ReadonlyMap<string, Level>} */
const FLAG_LEVELS = new Map([
  ["green", "calm"],
  ["yellow", "yellow"],
  ["double_yellow", "yellow"],
  ["full_course_yellow", "yellow"],
  ["safety_car", "yellow"],
  ["blue", "blue"],
  ["red", "bad"],
  ["black", "bad"],
  ["meatball", "bad"],
]);

/**
 * @param {Store} store
 * @param {Telemetry} telemetry
 * @param {number} now_ms
 * @returns {Notice[]}
 */
export function noticesOf(store, telemetry, now_ms) {
  return [
    ...serviceNotices(store, now_ms).map((said) => ({ ...said, of: /** @type {const} */ ("service") })),
    ...carNotices(telemetry).map((said) => ({ ...said, of: /** @type {const} */ ("car") })),
  ];
}

/** @typedef {Omit<Notice, "of">} Said */

/**
 * @param {Store} store
 * @param {number} now_ms
 * @returns {Said[]}
 */
function serviceNotices(store, now_ms) {
  /** @type {Said[]} */
  const notices = [];
  if (!store.has_broker) notices.push({ level: "bad", text: TROUBLE.broker_lost });
  if (store.error !== null && now_ms - store.error.at_ms < ERROR_SHOWN_MS) {
    notices.push({ level: "bad", text: bridgeSays(store.error.text) });
  }
  if (!store.has_snapshot) return notices;
  if (store.monitors.size === 0) notices.push({ level: "info", text: TROUBLE.waiting });
  else if (store.shown === null) notices.push({ level: "warn", text: TROUBLE.nobody });
  else if (store.shown.telemetry.held === null) {
    notices.push({ level: "info", text: TROUBLE.no_telemetry });
  }
  return notices;
}

/**
 * @param {Telemetry} car
 * @returns {Said[]}
 */
function carNotices(car) {
  /** @type {Said[]} */
  const notices = [];
  for (const flag of car.flags ?? []) {
    notices.push({ level: FLAG_LEVELS.get(flag) ?? "info", text: flagNotice(flag) });
  }
  if (car.pit_state && car.pit_state !== "none") {
    notices.push({ level: "info", text: pitNotice(car.pit_state) });
  }
  if (car.lap_valid === false) notices.push({ level: "warn", text: RACE.lap_invalid });
  return notices;
}
