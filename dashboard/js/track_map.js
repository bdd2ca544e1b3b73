/**
 * The map of the track, learned from the first lap that was seen whole, and who is where on it.
 *
 * It stays as learned, so that it never moves under the reader's eyes.
 */

/** @import { LapFrame } from "./lap_follower.js" */
/** @import { Point, WorldPoint } from "./outline.js" */
/** @import { TrackMeta } from "./track.js" */

import { LapFollower } from "./lap_follower.js";
import { isOutline, MAX_POINTS, Outline, simplified } from "./outline.js";
import { field, isObject } from "./shapes.js";
import { isSameTrack, trackOf, TrackWatch } from "./track.js";

/** @typedef {LapFrame & { x?: number | null, z?: number | null }} MapFrame */
/**
 * @typedef {TrackMeta & { sector_ends?: number[] | null, pit_entry?: number | null,
 *   pit_exit?: number | null }} MapMeta
 */

/**
 * @typedef {object} CarPlace
 * @property {number | null} fraction of the lap, 0 to 1
 * @property {Point | null} point on the map
 */
/**
 * @typedef {object} Mark
 * @property {"line" | "sector" | "pit_entry" | "pit_exit"} kind
 * @property {number} fraction of the lap
 * @property {Point | null} point on the map
 */
/**
 * @typedef {object} SavedMap
 * @property {1} v
 * @property {string | null} track
 * @property {string | null} layout
 * @property {number} length_m
 * @property {number[][]} points metres from the line, x and z
 */
/** @typedef {"no track length" | "no data" | "learning" | null} MapReason */

/** A lap is sampled no finer than this, and in no more points than these. */
const MIN_STEP_M = 5;
const MAX_SAMPLES = 4000;
/** A line with a longer piece that nobody saw is not the track's. */
const MAX_STEP_M = 350;
const MEAN_STEP_M = 100;
/** Farther than this from where its lap distance says, a car's x and z are of another map. */
const ASTRAY_M = 200;

export class TrackMap {
  /** @type {Outline | null} */
  outline = null;

  #watch = new TrackWatch();
  #follower = new LapFollower();
  #has_data = false;
  /** @type {WorldPoint[] | null} */
  #samples = null;

  /**
   * Why there is no map.
   * @returns {MapReason}
   */
  get reason() {
    if (this.outline !== null) return null;
    if (this.#watch.track.length_m === null) return "no track length";
    return this.#has_data ? "learning" : "no data";
  }

  /**
   * @param {number} at_ms when the frame was made, by one clock for all monitors
   * @param {string} monitor_id
   * @param {MapFrame} frame a live one
   * @param {TrackMeta} meta
   */
  take(at_ms, monitor_id, frame, meta) {
    this.follow(meta);
    this.#has_data ||= (frame.x ?? null) !== null && (frame.z ?? null) !== null;
    const { length_m } = this.#watch.track;
    if (length_m === null || this.outline !== null) return;
    const step = this.#follower.take(at_ms, monitor_id, frame, length_m);
    if (step === "finished") this.#learn(length_m);
    if (step === "finished" || step === "begun") this.#samples = [];
    if (step !== "none" && step !== "lost") this.#sample(frame, length_m);
  }

  /**
   * Another track has another map.
   * @param {TrackMeta} meta
   */
  follow(meta) {
    if (!this.#watch.follow(meta)) return;
    this.outline = this.#samples = null;
  }

  /**
   * Where a car is; by its lap distance where x and z are missing or of another world.
   * @param {MapFrame} frame
   * @returns {CarPlace}
   */
  place({ x, z, lap_distance }) {
    const { outline } = this;
    const { length_m } = this.#watch.track;
    const m = lap_distance ?? null;
    const is_on_lap = m !== null && length_m !== null;
    const fraction = is_on_lap ? Math.min(1, Math.max(0, m / length_m)) : null;
    if (outline === null) return { fraction, point: null };
    const along = m === null ? null : outline.placeAt(m);
    if (typeof x === "number" && typeof z === "number") {
      const is_astray = along !== null && Math.hypot(x - along.x, z - along.z) > ASTRAY_M;
      const point = outline.drawn(x, z);
      if (!is_astray && outline.shows(point)) return { fraction, point };
    }
    return { fraction, point: along === null ? null : outline.drawn(along.x, along.z) };
  }

  /**
   * The line, the ends of the sectors and of the pit lane, as far as they are known.
   * @param {MapMeta} meta
   * @returns {Mark[]}
   */
  marks({ sector_ends, pit_entry, pit_exit }) {
    const { length_m } = this.#watch.track;
    if (length_m === null) return [];
    /** @type {Mark[]} */
    const marks = [];
    const add = (/** @type {Mark["kind"]} */ kind, /** @type {unknown} */ m) => {
      if (typeof m !== "number" || m < 0 || m > length_m) return;
      marks.push({ kind, fraction: m / length_m, point: this.outline?.drawnAt(m) ?? null });
    };
    add("line", 0);
    for (const end of sector_ends ?? []) if (end > 0 && end < length_m) add("sector", end);
    add("pit_entry", pit_entry);
    add("pit_exit", pit_exit);
    return marks;
  }

  /**
   * The map as plain JSON; null while there is none.
   * @returns {SavedMap | null}
   */
  save() {
    if (this.outline === null) return null;
    const { track, layout, length_m } = this.#watch.track;
    const points = this.outline.world.map(({ m, x, z }) => [rounded(m), rounded(x), rounded(z)]);
    return { v: 1, track, layout, length_m: length_m ?? this.outline.length_m, points };
  }

  /**
   * Take a map that was saved, if it is one and of the track that is driven.
   * @param {unknown} saved
   * @returns {boolean} whether it was taken
   */
  load(saved) {
    if (this.outline !== null || !isObject(saved) || field(saved, "v") !== 1) return false;
    const track = trackOf({
      track: textOf(field(saved, "track")),
      layout: textOf(field(saved, "layout")),
      track_length: numberOf(field(saved, "length_m")),
    });
    const driven = this.#watch.track;
    if (track.length_m === null || driven.length_m === null) return false;
    if (track.track !== driven.track || !isSameTrack(track, driven)) return false;
    const world = worldOf(field(saved, "points"));
    if (!isOutline(world) || Math.abs((world.at(-1)?.m ?? 0) - track.length_m) > 1) return false;
    this.outline = new Outline(world);
    this.#samples = null;
    return true;
  }

  /**
   * @param {MapFrame} frame
   * @param {number} length_m
   */
  #sample({ x, z }, length_m) {
    const samples = this.#samples;
    if (samples === null || typeof x !== "number" || typeof z !== "number") return;
    const m = this.#follower.at_m;
    const before = samples.at(-1);
    if (before !== undefined && m < before.m + Math.max(MIN_STEP_M, length_m / MAX_SAMPLES)) return;
    if (before === undefined || isStep(before, { m, x, z })) samples.push({ m, x, z });
  }

  /**
   * The lap is whole: close the line through the place where it crosses the start.
   * @param {number} length_m
   */
  #learn(length_m) {
    const until_m = length_m - MIN_STEP_M;
    const samples = (this.#samples ?? []).filter(({ m }) => m > MIN_STEP_M && m < until_m);
    const first = samples[0];
    const last = samples.at(-1);
    if (first === undefined || last === undefined) return;
    if (samples.length < length_m / MEAN_STEP_M) return;
    const next = { m: first.m + length_m, x: first.x, z: first.z };
    const is_whole = [...samples, next].every((point, i) => {
      const before = samples[i - 1];
      return before === undefined || point.m - before.m <= MAX_STEP_M;
    });
    if (!is_whole || !isStep(last, next)) return;
    const share = (length_m - last.m) / (next.m - last.m);
    const line = { x: last.x + share * (next.x - last.x), z: last.z + share * (next.z - last.z) };
    const world = simplified([{ m: 0, ...line }, ...samples, { m: length_m, ...line }]);
    if (isOutline(world)) this.outline = new Outline(world);
  }
}

/**
 * Under what a map may be kept; null for a track without a name.
 * @param {TrackMeta} meta
 */
export function mapKey(meta) {
  const { track, layout, length_m } = trackOf(meta);
  if (track === null || length_m === null) return null;
  return JSON.stringify([track, layout, Math.round(length_m)]);
}

/**
 * Whether a car can have driven from one place to the next as far as the lap distance says.
 * @param {WorldPoint} a
 * @param {WorldPoint} b
 */
function isStep(a, b) {
  return Math.hypot(b.x - a.x, b.z - a.z) <= 1.5 * (b.m - a.m) + 30;
}

/**
 * @param {unknown} points
 * @returns {WorldPoint[]} none if one of them is no point
 */
function worldOf(points) {
  if (!Array.isArray(points) || points.length > MAX_POINTS) return [];
  const world = [];
  for (const point of points) {
    const [m, x, z] = Array.isArray(point) ? point.map(numberOf) : [];
    if (typeof m !== "number" || typeof x !== "number" || typeof z !== "number") return [];
    world.push({ m, x, z });
  }
  return world;
}

/** @param {unknown} value */
const textOf = (value) => (typeof value === "string" && value.length <= 64 ? value : null);
/** @param {unknown} value */
const numberOf = (value) => (typeof value === "number" && Number.isFinite(value) ? value : null);
/** @param {number} metres */
const rounded = (metres) => Math.round(metres * 10) / 10;
