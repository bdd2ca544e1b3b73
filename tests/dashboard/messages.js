/** Messages and frames for the tests: what they do not name is plausible. */

/** @import { Arrival, BridgeFrame, Envelope, LapMessage, LapRow, LapsMessage, LapSummary, MetaMessage, Meta, SetupMessage, Snapshot, StatusFields, StatusMessage, Telemetry, TelemetryMessage, Value } from "../../dashboard/js/types.js" */

/** The bridge's clock when a test's own clock is 0, ms. */
export const EPOCH_MS = Date.parse("2026-06-13T18:42:00.000Z");

/** @typedef {{ monitor_id?: string, birth?: number, seq?: number, made_ms?: number }} Stamp */

/**
 * @param {Stamp} stamp
 * @returns {Envelope}
 */
function envelope({ monitor_id = "pc-a", birth = 1, seq = 1, made_ms = 0 } = {}) {
  const timestamp = new Date(EPOCH_MS + made_ms).toISOString();
  return { v: 1, session_id: "spa24", monitor_id, birth, seq, timestamp };
}

/**
 * @param {Telemetry} values
 * @param {Stamp} [stamp]
 * @returns {TelemetryMessage}
 */
export function telemetry(values, stamp) {
  return { ...envelope(stamp), telemetry: { lap: 1, fuel: 50, position: 3, ...values } };
}

/**
 * @param {Partial<StatusFields>} fields
 * @param {Stamp} [stamp]
 * @returns {StatusMessage}
 */
export function status(fields, stamp) {
  return { ...envelope(stamp), state: "online", ...fields };
}

/**
 * @param {Meta} fields
 * @param {Stamp} [stamp]
 * @returns {MetaMessage}
 */
export function meta(fields, stamp) {
  return { ...envelope(stamp), ...fields };
}

/**
 * @param {SetupMessage["setup"]} values
 * @param {Stamp & { revision?: number }} [stamp]
 * @returns {SetupMessage}
 */
export function setup(values, { revision = 1, ...stamp } = {}) {
  const base = envelope(stamp);
  return { ...base, revision, captured_at: base.timestamp, setup: values };
}

/**
 * @param {Partial<LapSummary>} fields
 * @param {Stamp} [stamp]
 * @returns {LapMessage}
 */
export function lap(fields, stamp) {
  const base = envelope(stamp);
  return { ...base, lap_summary: { run: 1, lap: 1, finished_at: base.timestamp, ...fields } };
}

/**
 * @param {Pick<LapsMessage, "columns" | "rows"> & { first?: number }} table
 * @param {Stamp} [stamp]
 * @returns {LapsMessage}
 */
export function laps({ first = 0, columns, rows }, stamp) {
  return { ...envelope(stamp), first, columns, rows };
}

/**
 * A message as it came at *now_ms* of the test's clock.
 * @template {Envelope} T
 * @param {T} data
 * @param {number} [now_ms]
 * @param {boolean} [retained]
 * @returns {Arrival<T>}
 */
export function arrival(data, now_ms = 0, retained = false) {
  return { received_at: EPOCH_MS + now_ms, retained, data };
}

/**
 * @param {Value[]} [values]
 * @param {{ active?: string | null, now_ms?: number, connected?: boolean }} [about]
 * @returns {Snapshot}
 */
export function snapshot(values = [], { active = null, now_ms = 0, connected = true } = {}) {
  const now = EPOCH_MS + now_ms;
  return { type: "snapshot", session_id: "spa24", now, upstream: { connected }, active, values };
}

/**
 * @param {Partial<LapRow>} fields
 * @returns {LapRow}
 */
export function row(fields = {}) {
  return {
    monitor_id: "pc-a",
    run: 1,
    lap: 1,
    finished_at: new Date(EPOCH_MS).toISOString(),
    lap_time: 100,
    sector_times: [],
    driver: "Driver One",
    kind: "flying",
    valid: true,
    yellow: false,
    complete: true,
    fuel_used: 3,
    fuel_left: 50,
    fuel_added: 0,
    energy_used: null,
    energy_left: null,
    tire_wear: null,
    wear_max: 10,
    compound: null,
    stint: null,
    stint_lap: null,
    position: null,
    class_position: null,
    track_temp: null,
    wetness: null,
    ...fields,
  };
}

/**
 * What a newer or broken peer may send; the types promise otherwise.
 * @param {unknown} frame
 */
export function untyped(frame) {
  return /** @type {BridgeFrame} */ (frame);
}
