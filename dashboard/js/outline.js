/**
 * The outline of a track: a closed line of at most 400 points, each with its distance along the
 * lap.
 *
 * World metres go in (x to the right, z up); what comes out is for a drawing whose longer side is
 * 1000, y down.
 */

/** @typedef {{ m: number, x: number, z: number }} WorldPoint */
/** @typedef {{ x: number, y: number }} Point */

export const MAX_POINTS = 400;
const MIN_POINTS = 8;
const SIDE = 1000;
/** Room for the pit lane and the car beside the line. */
const MARGIN = 40;
const FINEST_M = 0.5;

export class Outline {
  /** @type {readonly Point[]} in the drawing; the last is the first */
  points;
  /** For `viewBox`. */
  view_box;
  width;
  height;

  #scale;
  #left;
  #top;

  /** @param {readonly WorldPoint[]} world from the line (0 m) to the line (the track's length) */
  constructor(world) {
    this.world = world;
    const xs = world.map(({ x }) => x);
    const zs = world.map(({ z }) => z);
    this.#left = Math.min(...xs);
    this.#top = Math.max(...zs);
    const wide = Math.max(...xs) - this.#left;
    const high = this.#top - Math.min(...zs);
    this.#scale = SIDE / Math.max(wide, high, 1);
    this.width = wide * this.#scale + 2 * MARGIN;
    this.height = high * this.#scale + 2 * MARGIN;
    this.view_box = `0 0 ${this.width.toFixed(1)} ${this.height.toFixed(1)}`;
    this.points = world.map(({ x, z }) => this.drawn(x, z));
  }

  get length_m() {
    return this.world.at(-1)?.m ?? 0;
  }

  /**
   * A place in the world as it is drawn.
   * @param {number} x
   * @param {number} z
   * @returns {Point}
   */
  drawn(x, z) {
    return {
      x: (x - this.#left) * this.#scale + MARGIN,
      y: (this.#top - z) * this.#scale + MARGIN,
    };
  }

  /**
   * Whether a point lies within the drawing.
   * @param {Point} point
   */
  shows({ x, y }) {
    return x >= 0 && x <= this.width && y >= 0 && y <= this.height;
  }

  /**
   * The place on the track so far from the line.
   * @param {number} m
   * @returns {WorldPoint}
   */
  placeAt(m) {
    const { world, length_m } = this;
    const along = ((m % length_m) + length_m) % length_m;
    let low = 0;
    let high = world.length - 1;
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if ((world[middle]?.m ?? NaN) <= along) low = middle;
      else high = middle;
    }
    const a = world[low];
    const b = world[high];
    if (a === undefined || b === undefined) return { m: along, x: NaN, z: NaN };
    const share = (along - a.m) / (b.m - a.m);
    return { m: along, x: a.x + share * (b.x - a.x), z: a.z + share * (b.z - a.z) };
  }

  /**
   * @param {number} m
   * @returns {Point}
   */
  drawnAt(m) {
    const { x, z } = this.placeAt(m);
    return this.drawn(x, z);
  }
}

/**
 * As few points as show the line, and at most 400.
 * @param {readonly WorldPoint[]} world
 * @returns {WorldPoint[]}
 */
export function simplified(world) {
  let kept = [...world];
  for (let off_m = FINEST_M; off_m === FINEST_M || kept.length > MAX_POINTS; off_m *= 1.5) {
    kept = within(world, off_m);
  }
  return kept;
}

/**
 * Whether these may be the points of an outline: they may come from a store that anybody can edit.
 * @param {readonly WorldPoint[]} world
 */
export function isOutline(world) {
  const first = world[0];
  const last = world.at(-1);
  if (first === undefined || last === undefined) return false;
  if (world.length < MIN_POINTS || first.m !== 0) return false;
  if (first.x !== last.x || first.z !== last.z) return false;
  return world.every(({ m, x, z }, i) => {
    const before = world[i - 1]?.m ?? -1;
    return m > before && m <= 1e5 && Math.abs(x) <= 1e6 && Math.abs(z) <= 1e6;
  });
}

/**
 * The points without those that lie within *off_m* of the line through the others (Ramer, Douglas
 * and Peucker's way). Not recursive: a lap may have thousands.
 * @param {readonly WorldPoint[]} world
 * @param {number} off_m
 */
function within(world, off_m) {
  const is_kept = new Uint8Array(world.length);
  is_kept[0] = is_kept[world.length - 1] = 1;
  /** @type {[number, number][]} */
  const spans = [[0, world.length - 1]];
  for (let span = spans.pop(); span !== undefined; span = spans.pop()) {
    const [first, last] = span;
    const { place, distance } = farthest(world, first, last);
    if (distance <= off_m) continue;
    is_kept[place] = 1;
    spans.push([first, place], [place, last]);
  }
  return world.filter((_, i) => is_kept[i] === 1);
}

/**
 * @param {readonly WorldPoint[]} world
 * @param {number} first
 * @param {number} last
 */
function farthest(world, first, last) {
  const a = world[first];
  const b = world[last];
  let place = first;
  let distance = 0;
  for (let i = first + 1; i < last; i += 1) {
    const point = world[i];
    if (a === undefined || b === undefined || point === undefined) continue;
    const away = fromSegment(point, a, b);
    if (away > distance) [place, distance] = [i, away];
  }
  return { place, distance };
}

/**
 * @param {WorldPoint} point
 * @param {WorldPoint} a
 * @param {WorldPoint} b
 */
function fromSegment(point, a, b) {
  const dx = b.x - a.x;
  const dz = b.z - a.z;
  const square = dx * dx + dz * dz;
  // The ends of the whole lap are one place.
  const share = square === 0 ? 0 : ((point.x - a.x) * dx + (point.z - a.z) * dz) / square;
  const along = Math.max(0, Math.min(1, share));
  return Math.hypot(point.x - a.x - along * dx, point.z - a.z - along * dz);
}
