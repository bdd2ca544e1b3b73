/** What is wrong with the car or its race, from live telemetry. */

/** @import { AlertInput, Finding, StateRule } from "./alert_types.js" */
/** @import { Corner } from "./types.js" */

import { BANDS, graded } from "./alert_grades.js";
import { CORNERS } from "./corners.js";
import { isInPits } from "./pits.js";
import { classify } from "./thresholds.js";

/** @typedef {(input: AlertInput, held: Finding | null) => Finding | null} Judge */
/** @typedef {(input: AlertInput, held: Finding | null, corner: Corner) => Finding | null} CornerJudge */

const CLEAR_MS = 3000;
const COOLDOWN_MS = 60_000;
/** What comes back at the same corner of each lap is told once in a while. */
const EACH_LAP_MS = 300_000;
/** Laps of a stint in which the pressure of a tyre builds up. */
const WARM_LAPS = 2;
/** Of a limit of points, from which on it is near. */
const NEAR = 0.8;

/** @type {readonly StateRule[]} */
export const CAR_RULES = [
  rule("fuel", 3000, COOLDOWN_MS, fuelFinding),
  rule("water_temp", 3000, COOLDOWN_MS, waterFinding),
  rule("oil_temp", 3000, COOLDOWN_MS, oilFinding),
  rule("penalties", 1000, COOLDOWN_MS, penaltyFinding),
  rule("incidents", 1000, COOLDOWN_MS, incidentFinding),
  rule("track_limits", 1000, COOLDOWN_MS, trackLimitFinding),
  ...cornerRules("tire_flat", 1000, COOLDOWN_MS, flatFinding),
  ...cornerRules("tire_temp", 5000, EACH_LAP_MS, tireFinding),
  ...cornerRules("tire_pressure", 5000, COOLDOWN_MS, pressureFinding),
  ...cornerRules("tire_wear", 5000, COOLDOWN_MS, wearFinding),
  ...cornerRules("brake_temp", 2000, EACH_LAP_MS, brakeFinding),
];

/**
 * A rule that is silent while the car stands in the garage.
 * @param {string} name
 * @param {number} for_ms
 * @param {number} cooldown_ms
 * @param {Judge} judge
 * @returns {StateRule}
 */
function rule(name, for_ms, cooldown_ms, judge) {
  return {
    kind: "state",
    id: name,
    name,
    needs_live: true,
    for_ms,
    clear_ms: CLEAR_MS,
    cooldown_ms,
    judge: (input, held) => (isParked(input) ? null : judge(input, held)),
  };
}

/**
 * @param {string} name
 * @param {number} for_ms
 * @param {number} cooldown_ms
 * @param {CornerJudge} judge
 * @returns {StateRule[]} one a corner
 */
function cornerRules(name, for_ms, cooldown_ms, judge) {
  return CORNERS.map((corner) => ({
    ...rule(name, for_ms, cooldown_ms, (input, held) => judge(input, held, corner)),
    id: `${name}.${corner}`,
  }));
}

/** @type {Judge} */
function fuelFinding(input, held) {
  const { laps_left, laps_to_flag, limiting } = input;
  if (laps_left === null || !isRace(input)) return null;
  const spare = held === null ? 0 : BANDS.fuel_laps;
  if (laps_to_flag !== null && laps_left >= laps_to_flag + spare) return null;
  const found = graded("fuel_laps", laps_left, input, held);
  return found === null ? null : { ...found, params: { ...found.params, tank: limiting } };
}

/** @type {Judge} */
function waterFinding(input, held) {
  return graded("water_temp", input.telemetry.engine_water_temp, input, held);
}

/** @type {Judge} */
function oilFinding(input, held) {
  return graded("oil_temp", input.telemetry.engine_oil_temp, input, held);
}

/** @type {CornerJudge} */
function flatFinding({ telemetry }, _held, corner) {
  if (telemetry.tire_flat?.[corner] !== true) return null;
  return { severity: "critical", key: "tire_flat", params: { corner } };
}

/** @type {CornerJudge} */
function tireFinding(input, held, corner) {
  if (hasOldTires(input)) return null;
  return graded("tire_temp", input.telemetry.tire_temps?.[corner], input, held, corner);
}

/** @type {CornerJudge} */
function wearFinding(input, held, corner) {
  if (hasOldTires(input)) return null;
  return graded("tire_wear", input.telemetry.tire_wear?.[corner], input, held, corner);
}

/** @type {CornerJudge} */
function brakeFinding(input, held, corner) {
  return graded("brake_temp", input.telemetry.brake_temps?.[corner], input, held, corner);
}

/** @type {CornerJudge} */
function pressureFinding(input, held, corner) {
  const { telemetry, limits } = input;
  if (hasOldTires(input) || isInPits(input.telemetry)) return null;
  const value = telemetry.tire_pressures?.[corner];
  const found = graded("tire_pressure", value, input, held, corner);
  // A cold tyre is low by nature, and its air warms up long after its surface.
  const is_cold =
    classify(telemetry.tire_temps?.[corner], limits.tire_temp) === "cold" ||
    (telemetry.stint_laps ?? WARM_LAPS) < WARM_LAPS;
  return is_cold && found?.params["word"] === "low" ? null : found;
}

/** @type {Judge} */
function penaltyFinding({ telemetry }) {
  const count = telemetry.penalties ?? 0;
  if (count <= 0) return null;
  return { severity: "warning", key: "penalties", params: { count }, step: count };
}

/** @type {Judge} */
function incidentFinding({ telemetry, meta }) {
  return pointsFinding("incidents", telemetry.incidents, meta.incident_limit);
}

/** @type {Judge} */
function trackLimitFinding({ telemetry, meta }) {
  return pointsFinding("track_limits", telemetry.track_limits, meta.track_limits_max);
}

/**
 * Each further point near the limit is worth a word.
 * @param {string} key
 * @param {number | null | undefined} count
 * @param {number | null | undefined} limit
 * @returns {Finding | null}
 */
function pointsFinding(key, count, limit) {
  if (typeof count !== "number" || typeof limit !== "number" || limit <= 0) return null;
  if (count < NEAR * limit) return null;
  const severity = count >= limit ? "critical" : "warning";
  return { severity, key, params: { count, limit }, step: Math.floor(count) };
}

/** @param {AlertInput} input */
function isParked({ telemetry }) {
  return telemetry.pit_state === "garage" || telemetry.session_phase === "garage";
}

/**
 * Whether the race is on; where the type of session is not given it may be one.
 * @param {AlertInput} input
 */
function isRace({ telemetry, meta }) {
  const is_over = telemetry.session_phase === "over" || telemetry.flags?.includes("checkered");
  return (meta.session_type ?? "race") === "race" && !is_over;
}

/**
 * Whether the values of the tyres were measured on a lap that is over.
 * @param {AlertInput} input
 */
function hasOldTires({ telemetry }) {
  return typeof telemetry.tires_as_of_lap === "number";
}
