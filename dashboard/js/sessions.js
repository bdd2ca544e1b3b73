/** The answer of `/api/sessions`, as lines of the start page. */

/** @import { MonitorState } from "./types.js" */

import { DASH } from "./format.js";
import { isSessionId } from "./session_id.js";
import { field } from "./shapes.js";
import { listedMonitorText } from "./texts/start.js";
import { START } from "./words.js";

/**
 * @typedef {object} ListedMonitor
 * @property {string} monitor_id
 * @property {MonitorState} state
 * @property {string | null} driver
 * @property {boolean | null} in_control
 * @property {number | null} age_s
 */
/**
 * @typedef {object} ListedSession
 * @property {string} session_id
 * @property {string | null} car
 * @property {string | null} track
 * @property {ListedMonitor[]} monitors
 */

/** @type {readonly MonitorState[]} */
const STATES = ["online", "idle", "offline", "lost"];

/**
 * @param {unknown} answer
 * @returns {ListedSession[]} live ones first
 */
export function readSessions(answer) {
  const sessions = list(field(answer, "sessions")).flatMap((entry) => {
    const session_id = text(field(entry, "session_id"));
    if (session_id === null || !isSessionId(session_id)) return [];
    return {
      session_id,
      car: text(field(entry, "car")),
      track: text(field(entry, "track")),
      monitors: list(field(entry, "monitors")).flatMap(readMonitor),
    };
  });
  return sessions.sort((a, b) => rank(a) - rank(b) || (a.session_id < b.session_id ? -1 : 1));
}

/** @param {ListedSession} session */
export function sessionLine(session) {
  return {
    title: session.car ?? START.car_unknown,
    place: session.track ?? DASH,
    monitors: session.monitors.map(listedMonitorText).join("; ") || DASH,
    state: STATES[rank(session)] ?? "lost",
  };
}

/** @param {ListedSession} session */
function rank({ monitors }) {
  const ranks = monitors.map(({ state }) => STATES.indexOf(state));
  return ranks.length === 0 ? STATES.length : Math.min(...ranks);
}

/**
 * @param {unknown} entry
 * @returns {ListedMonitor[]}
 */
function readMonitor(entry) {
  const monitor_id = text(field(entry, "monitor_id"));
  const state = STATES.find((known) => known === field(entry, "state"));
  const age_s = field(entry, "age_s");
  const in_control = field(entry, "in_control");
  if (monitor_id === null || state === undefined) return [];
  return [
    {
      monitor_id,
      state,
      driver: text(field(entry, "driver")),
      in_control: typeof in_control === "boolean" ? in_control : null,
      age_s: typeof age_s === "number" ? age_s : null,
    },
  ];
}

/** @param {unknown} value */
const text = (value) => (typeof value === "string" && value !== "" ? value : null);

/**
 * @param {unknown} value
 * @returns {unknown[]}
 */
const list = (value) => (Array.isArray(value) ? value : []);
