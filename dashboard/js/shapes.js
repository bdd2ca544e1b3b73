/**
 * Whether a value has the shape that the page relies on.
 *
 * The bridge checks what comes from the broker; this is for what a browser has stored.
 */

/** @import { Envelope, LapMessage, LapsMessage, LapSummary, Meta, MetaMessage, SetupFields, SetupMessage, StatusFields, StatusMessage, Telemetry, TelemetryMessage } from "./types.js" */

/** @typedef {(value: unknown) => boolean} Check */

/** @type {Check} */
const isNumber = (value) => typeof value === "number" && Number.isFinite(value);
/** @type {Check} */
const isText = (value) => typeof value === "string";
/** @type {Check} */
const isFlag = (value) => typeof value === "boolean";
/** @type {Check} */
const isScalar = (value) => isNumber(value) || isText(value) || isFlag(value);
/** @type {(check: Check) => Check} */
const listOf = (check) => (value) => Array.isArray(value) && value.every(check);
/** @type {(check: Check) => Check} */
const maybe = (check) => (value) => value === null || value === undefined || check(value);
/** @type {(check: Check) => Check} */
const mapOf = (check) => (value) => isObject(value) && Object.values(value).every(check);
/** @type {(check: Check) => Check} */
const wheelsOf = (check) => {
  const wheel = maybe(check);
  return shape({ fl: wheel, fr: wheel, rl: wheel, rr: wheel });
};

const number = maybe(isNumber);
const text = maybe(isText);
const flag = maybe(isFlag);
const numbers = maybe(listOf(isNumber));
const texts = maybe(listOf(isText));
const wheels = maybe(wheelsOf(isNumber));
const forecast = maybe(
  listOf(shape({ in: number, rain: number, ambient_temp: number, sky: text })),
);

/** @type {Record<keyof Envelope, Check>} */
const ENVELOPE = {
  v: (value) => value === 1,
  session_id: isText,
  monitor_id: isText,
  birth: Number.isInteger,
  seq: Number.isInteger,
  timestamp: isText,
};

/** @type {Record<keyof StatusFields, Check>} */
const STATUS = {
  state: (value) => ["online", "idle", "offline", "lost"].some((state) => state === value),
  in_control: flag,
  driver: text,
  source: text,
};

/** @type {Record<keyof Meta, Check>} */
const META = {
  car: text, car_class: text, car_number: text, team: text, track: text, layout: text,
  track_length: number, sector_ends: numbers, pit_entry: number, pit_exit: number,
  session_type: text, race_laps: number, race_time: number, drivers: texts, fuel_capacity: number,
  rpm_limit: number, pit_speed_limit: number, incident_limit: number, track_limits_max: number,
  simulator: text, simulator_version: text, forecast: forecast,
};

/** @type {Record<keyof SetupFields, Check>} */
const SETUP = {
  revision: isNumber,
  captured_at: isText,
  name: text,
  setup: mapOf(mapOf(maybe((value) => isScalar(value) || wheelsOf(isScalar)(value)))),
};

/** @type {Record<keyof Telemetry, Check>} */
const TELEMETRY = {
  lap: number, fuel: number, position: number, run: number, class_position: number,
  fuel_capacity: number, virtual_energy: number, battery: number, lap_time: number,
  last_lap_time: number, best_lap_time: number, delta_best: number, sector: number,
  sector_times: numbers, lap_valid: flag, gap_ahead: number, gap_behind: number,
  gap_ahead_laps: number, gap_behind_laps: number, gap_leader: number, laps_behind_leader: number,
  leader_lap_time: number, traffic_ahead: number, traffic_behind: number, lap_distance: number,
  x: number, z: number, speed: number, gear: number, rpm: number, throttle: number, brake: number,
  clutch: number, steering: number, tire_pressures: wheels, tire_temps: wheels,
  tire_tread_temps: maybe(wheelsOf(listOf(number))), tire_carcass_temps: wheels,
  tire_wear: wheels, tires_as_of_lap: number, tire_compounds: maybe(wheelsOf(isText)),
  tire_flat: maybe(wheelsOf(isFlag)), tire_sets_remaining: number, brake_temps: wheels,
  brake_wear: wheels, engine_water_temp: number, engine_oil_temp: number, aero_damage: number,
  suspension_damage: wheels, repair_time: number, brake_bias: number, tc: number, tc_cut: number,
  tc_slip: number, abs: number, engine_map: number, tc_active: flag, abs_active: flag,
  speed_limiter: flag, headlights: flag, flags: texts, pit_state: text, pit_stops: number,
  penalties: number, incidents: number, track_limits: number, session_phase: text,
  time_elapsed: number, time_remaining: number, laps_remaining: number, stint_laps: number,
  stint_time: number, drive_time: number, drive_time_remaining: number, time_of_day: number,
  track_temp: number, ambient_temp: number, rain: number, wetness: number, wind_speed: number,
  wind_direction: number, extra: maybe(mapOf(maybe(isScalar))),
};

/** @type {Record<keyof LapSummary, Check>} */
const LAP = {
  run: isNumber, lap: isNumber, finished_at: isText, lap_time: number, sector_times: numbers,
  driver: text, stint: number, stint_lap: number, kind: text, valid: flag, yellow: flag,
  complete: flag, fuel_used: number, fuel_left: number, fuel_added: number, energy_used: number,
  energy_left: number, pit_lane_time: number, pit_stop_time: number, tire_wear: wheels,
  tire_temps_mean: wheels, tire_temps_max: wheels, tire_pressures_mean: wheels,
  brake_temps_max: wheels, tire_compounds: maybe(wheelsOf(isText)), position: number,
  class_position: number, incidents: number, speed_max: number, track_temp: number,
  ambient_temp: number, wetness: number,
};

const isEnvelope = shape(ENVELOPE);
const isStatusFields = shape(STATUS);
const isMetaFields = shape(META);
const isSetupFields = shape(SETUP);
const isTelemetryFields = shape(TELEMETRY);
const isLapFields = shape(LAP);
const isTable = shape({
  first: Number.isInteger,
  columns: listOf(isText),
  rows: listOf(listOf((cell) => maybe(isScalar)(cell) || listOf(isNumber)(cell))),
});

/**
 * @param {unknown} value
 * @returns {value is StatusMessage}
 */
export const isStatus = (value) => isEnvelope(value) && isStatusFields(value);

/**
 * @param {unknown} value
 * @returns {value is MetaMessage}
 */
export const isMeta = (value) => isEnvelope(value) && isMetaFields(value);

/**
 * @param {unknown} value
 * @returns {value is SetupMessage}
 */
export const isSetup = (value) => isEnvelope(value) && isSetupFields(value);

/**
 * @param {unknown} value
 * @returns {value is TelemetryMessage}
 */
export const isTelemetry = (value) => isEnvelope(value) && shape({ telemetry: isTelemetryFields })(value);

/**
 * @param {unknown} value
 * @returns {value is LapMessage}
 */
export const isLap = (value) => isEnvelope(value) && shape({ lap_summary: isLapFields })(value);

/**
 * @param {unknown} value
 * @returns {value is LapsMessage}
 */
export const isLaps = (value) => isEnvelope(value) && isTable(value);

/**
 * Fields that are not named may be anything.
 * @param {Record<string, Check>} fields
 * @returns {Check}
 */
function shape(fields) {
  const checks = Object.entries(fields);
  return (value) => isObject(value) && checks.every(([name, check]) => check(field(value, name)));
}

/**
 * @param {unknown} value
 * @returns {value is object}
 */
export function isObject(value) {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/**
 * @param {unknown} value
 * @param {string} name of a field of its own
 * @returns {unknown} undefined of what has none
 */
export function field(value, name) {
  if (typeof value !== "object" || value === null) return undefined;
  return Object.hasOwn(value, name) ? Reflect.get(value, name) : undefined;
}
