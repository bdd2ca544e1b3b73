/** A track and laps made by formula, so that a test knows where the car is at any time. */

/** @import { MapFrame } from "../../dashboard/js/track_map.js" */
/** @import { TraceFrame } from "../../dashboard/js/lap_trace.js" */

/** @typedef {TraceFrame & MapFrame} DrivenFrame */
/** @typedef {{ at_ms: number, frame: DrivenFrame }} Driven */

export const LENGTH_M = 4000;
export const META = { track: "Lemniscate", layout: "Full", track_length: LENGTH_M };

/** No frame is made just on a line. */
const PHASE = 0.37;
/** Metres across for a lemniscate of that length. */
const SIZE_M = LENGTH_M / 5.244115108;
const TURNS = 40_000;

/** Places at each 1/40000 of a turn, with the metres driven to them. */
const PLACES = places();
/** The seconds from the line to each metre, at pace 1. */
const SECONDS = seconds();
export const LAP_S = timeAt(LENGTH_M);

/**
 * Where the track is; a figure of eight, so one place has two distances.
 * @param {number} m
 */
export function placeAt(m) {
  const i = search(PLACES.length, (place) => (PLACES[place]?.m ?? Infinity) >= m);
  return PLACES[Math.min(i, PLACES.length - 1)] ?? { m, x: NaN, z: NaN };
}

/**
 * When a lap at pace 1 is there, s.
 * @param {number} m
 */
export function timeAt(m) {
  const i = Math.min(Math.floor(m), LENGTH_M - 1);
  const [a, b] = [SECONDS[i] ?? NaN, SECONDS[i + 1] ?? NaN];
  return a + (b - a) * (m - i);
}

/**
 * Laps on end. The first begins on the line at time 0, at lap 1, and each has its own pace: 1.1
 * takes 10 % longer.
 * @param {{ paces: number[], hz: number }} how
 * @returns {Driven[]}
 */
export function drive({ paces, hz }) {
  /** @type {Driven[]} */
  const driven = [];
  let begin_s = 0;
  let i = 0;
  for (const [number, pace] of paces.entries()) {
    const end_s = begin_s + LAP_S * pace;
    const before = paces[number - 1];
    const last_lap_time = before === undefined ? null : LAP_S * before;
    for (; (i + PHASE) / hz < end_s; i += 1) {
      const at_s = (i + PHASE) / hz;
      const lap_distance = distanceAt((at_s - begin_s) / pace);
      const { x, z } = placeAt(lap_distance);
      const lap = { run: 1, lap: number + 1, lap_time: at_s - begin_s, lap_valid: true };
      const frame = { ...lap, last_lap_time, lap_distance, x, z, pit_state: "none" };
      driven.push({ at_ms: 1000 * at_s, frame });
    }
    begin_s = end_s;
  }
  return driven;
}

/** @param {number} s since the line, at pace 1 */
function distanceAt(s) {
  const i = search(SECONDS.length, (metre) => (SECONDS[metre] ?? Infinity) >= s);
  if (i === 0) return 0;
  const [a, b] = [SECONDS[i - 1] ?? NaN, SECONDS[i] ?? NaN];
  return i - 1 + (s - a) / (b - a);
}

/** Between 25 and 75 m/s, three times round. */
function seconds() {
  const table = new Float64Array(LENGTH_M + 1);
  for (let m = 0; m < LENGTH_M; m += 1) {
    const speed = 50 + 25 * Math.sin((6 * Math.PI * m) / LENGTH_M);
    table[m + 1] = (table[m] ?? NaN) + 1 / speed;
  }
  return table;
}

function places() {
  const line = [];
  let m = 0;
  for (let i = 0; i <= TURNS; i += 1) {
    const angle = (2 * Math.PI * i) / TURNS;
    const wide = 1 + Math.sin(angle) ** 2;
    const x = (SIZE_M * Math.cos(angle)) / wide;
    const z = (SIZE_M * Math.sin(angle) * Math.cos(angle)) / wide;
    const before = line.at(-1);
    if (before !== undefined) m += Math.hypot(x - before.x, z - before.z);
    line.push({ m, x, z });
  }
  return line;
}

/**
 * The first index at which *isThere* holds.
 * @param {number} length
 * @param {(index: number) => boolean} isThere
 */
function search(length, isThere) {
  let [low, high] = [0, length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (isThere(middle)) high = middle;
    else low = middle + 1;
  }
  return low;
}
