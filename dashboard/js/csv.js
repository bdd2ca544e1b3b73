/**
 * Laps and traces as CSV (RFC 4180: CRLF, quotes doubled), for spreadsheets and scripts.
 *
 * Always in the contract's units, which stand in the columns' names (`_s`, `_m`, `_l`, `_pct`,
 * `_c`, `_kpa`, `_kmh`, `_rpm`), whatever the reader chose for the page. A number has a dot and no
 * more than 6 digits behind it; what is unknown is empty. Columns keep their order: new ones are
 * added at the end, before the sectors, of which there are as many as the laps have.
 */

/** @import { LapRow } from "./types.js" */
/** @import { LapTrace } from "./lap_trace.js" */

/** @typedef {string | number | boolean | null | undefined} CsvCell */
/** @typedef {{ name: string, values: ArrayLike<number | null> }} CsvColumn */

/** @type {readonly [string, (row: LapRow) => CsvCell][]} */
const LAP_COLUMNS = [
  ["monitor_id", (row) => row.monitor_id],
  ["run", (row) => row.run],
  ["lap", (row) => row.lap],
  ["finished_at", (row) => row.finished_at],
  ["driver", (row) => row.driver],
  ["stint", (row) => row.stint],
  ["stint_lap", (row) => row.stint_lap],
  ["kind", (row) => row.kind],
  ["valid", (row) => row.valid],
  ["yellow", (row) => row.yellow],
  ["complete", (row) => row.complete],
  ["lap_time_s", (row) => row.lap_time],
  ["position", (row) => row.position],
  ["class_position", (row) => row.class_position],
  ["fuel_used_l", (row) => row.fuel_used],
  ["fuel_left_l", (row) => row.fuel_left],
  ["fuel_added_l", (row) => row.fuel_added],
  ["energy_used_pct", (row) => row.energy_used],
  ["energy_left_pct", (row) => row.energy_left],
  ["compound", (row) => row.compound],
  ["wear_fl_pct", (row) => row.tire_wear?.fl],
  ["wear_fr_pct", (row) => row.tire_wear?.fr],
  ["wear_rl_pct", (row) => row.tire_wear?.rl],
  ["wear_rr_pct", (row) => row.tire_wear?.rr],
  ["wear_max_pct", (row) => row.wear_max],
  ["track_temp_c", (row) => row.track_temp],
  ["wetness_pct", (row) => row.wetness],
];

/** @type {Record<string, string>} */
const UNIT_SUFFIXES = {
  speed: "kmh", rpm: "rpm", throttle: "pct", brake: "pct", clutch: "pct", steering: "pct",
  lap_time: "s", delta_best: "s", lap_distance: "m", x: "m", z: "m", fuel: "l",
  virtual_energy: "pct", battery: "pct", tire_temps: "c", tire_pressures: "kpa", tire_wear: "pct",
  brake_temps: "c", track_temp: "c", ambient_temp: "c", engine_water_temp: "c",
  engine_oil_temp: "c", rain: "pct", wetness: "pct", wind_speed: "kmh", brake_bias: "pct",
};

/**
 * @param {readonly LapRow[]} rows
 * @returns {string}
 */
export function lapsCsv(rows) {
  const sectors = rows.reduce((most, row) => Math.max(most, row.sector_times.length), 0);
  const names = LAP_COLUMNS.map(([name]) => name);
  for (let i = 1; i <= sectors; i += 1) names.push(`sector_${i}_s`);
  const cells = rows.map((row) => [
    ...LAP_COLUMNS.map(([, read]) => read(row)),
    ...Array.from({ length: sectors }, (_, i) => row.sector_times[i]),
  ]);
  return csv(names, cells);
}

/**
 * Recorded telemetry: `time_s` since the first sample, then the columns; a sample without any
 * value, which parts two stretches of the stream, is left out.
 * @param {ArrayLike<number>} times s
 * @param {readonly CsvColumn[]} columns fields of telemetry, of a corner as `tire_temps_fl`
 * @returns {string}
 */
export function telemetryCsv(times, columns) {
  const names = columns.map(({ name }) => withUnit(name));
  const cells = Array.from({ length: times.length }, (_, row) => [
    (times[row] ?? NaN) - (times[0] ?? NaN),
    ...columns.map(({ values }) => values[row]),
  ]);
  const known = cells.filter(([, ...values]) => values.some((value) => numberText(value) !== ""));
  return csv(["time_s", ...names], known);
}

/**
 * Time over distance of the laps that are there.
 * @param {{ current: LapTrace | null, last: LapTrace | null, best: LapTrace | null }} traces
 * @returns {string}
 */
export function tracesCsv({ current, last, best }) {
  const traces = [current, last, best];
  const lengthOf = (/** @type {LapTrace | null} */ trace) => trace?.times.length ?? 0;
  const longest = traces.reduce((a, b) => (lengthOf(b) > lengthOf(a) ? b : a));
  const times = traces.map((trace) => trace?.times);
  const cells = Array.from(longest?.distances ?? [], (at_m, i) => [
    at_m,
    ...times.map((column) => column?.[i]),
  ]);
  return csv(["lap_distance_m", "current_s", "last_s", "best_s"], cells);
}

/**
 * @param {readonly string[]} names
 * @param {readonly (readonly CsvCell[])[]} rows
 */
export function csv(names, rows) {
  return [names, ...rows].map((cells) => `${cells.map(cellText).join(",")}\r\n`).join("");
}

/** @param {string} name */
function withUnit(name) {
  const corner = name.match(/_(fl|fr|rl|rr)$/);
  const suffix = UNIT_SUFFIXES[corner === null ? name : name.slice(0, corner.index)];
  return suffix === undefined || suffix === name ? name : `${name}_${suffix}`;
}

/** @param {CsvCell} cell */
function cellText(cell) {
  if (typeof cell === "number") return numberText(cell);
  if (typeof cell === "boolean") return String(cell);
  const text = guarded(cell ?? "");
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** @param {number | null | undefined} value */
function numberText(value) {
  if (typeof value !== "number" || !Number.isFinite(value)) return "";
  return String(Number(value.toFixed(6)));
}

/**
 * A spreadsheet runs a text that begins like a formula, and names are other people's text.
 * @param {string} text
 */
function guarded(text) {
  return /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
}
