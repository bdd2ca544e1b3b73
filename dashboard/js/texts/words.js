/** Words that stand alone or are shared by several sections. */

/** @import { Lack } from "../energy.js" */
/** @import { Word } from "../thresholds.js" */
/** @import { Corner, MonitorState, QualityLevel } from "../types.js" */

export const UNHEARD = "unknown";
export const LEARNING = "learning";
export const NO_LAP_YET = "No lap completed yet";

/** @type {Readonly<Record<Corner, string>>} */
export const CORNER_NAMES = {
  fl: "front left",
  fr: "front right",
  rl: "rear left",
  rr: "rear right",
};

/** @type {Readonly<Record<Word, string>>} of a value against its limits */
export const LIMIT_WORDS = {
  cold: "cold",
  ok: "ok",
  hot: "hot",
  "too hot": "too hot",
  low: "low",
  "very low": "very low",
  high: "high",
  worn: "worn",
  "worn out": "worn out",
  slow: "slow",
};

/** @type {Readonly<Record<MonitorState, string>>} */
export const MONITOR_STATES = { online: "online", idle: "idle", offline: "offline", lost: "lost" };

/** @type {Readonly<Record<QualityLevel, string>>} */
export const QUALITY_LEVELS = { good: "good", fair: "fair", poor: "poor", unknown: "unknown" };

/** @type {Readonly<Record<Lack, string>>} in the place of a number */
export const LACK_WORDS = { learning: LEARNING, "no data": "no data", "no use": "no use" };

/** What a delta means. */
export const SIGN_WORDS = { "": "", faster: "faster", slower: "slower" };

/** What is written from the right, and the marks that turn what follows. */
const TURNING =
  /[\u0590-\u08ff\u200f\u202a-\u202e\u2066-\u2069\ufb1d-\ufdff\ufe70-\ufefc\u{10800}-\u{10fff}\u{1e800}-\u{1efff}]/u;
const ISOLATES = /[\u2066-\u2069]/g;

/**
 * A name for the midst of a sentence, which goes on from left to right after any name. Its own
 * isolates, which nobody sees, could close the one that is around it.
 * @param {string} name
 */
export function isolated(name) {
  return TURNING.test(name) ? `\u2068${name.replace(ISOLATES, "")}\u2069` : name;
}

/** @param {boolean} is_on */
export const switchWord = (is_on) => (is_on ? "on" : "off");

/** @param {string} count as shown */
export function lapCount(count) {
  return `${count} ${count === "1" || count === "1.0" ? "lap" : "laps"}`;
}

/** @param {string} text of what is estimated */
export const aboutText = (text) => `about ${text}`;

/**
 * @param {string} part
 * @param {string} whole
 */
export const ofText = (part, whole) => `${part} of ${whole}`;
