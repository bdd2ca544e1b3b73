/** Which track is driven. */

/**
 * Those fields of `meta` that tell it.
 * @typedef {object} TrackMeta
 * @property {string | null} [track]
 * @property {string | null} [layout]
 * @property {number | null} [track_length]
 */

/** @typedef {{ track: string | null, layout: string | null, length_m: number | null }} Track */

/** Two monitors may round the length of one track differently. */
const SAME_LENGTH_M = 5;

export class TrackWatch {
  /** @type {Track} */
  track = { track: null, layout: null, length_m: null };

  /** @type {TrackMeta | null} */
  #meta = null;

  /**
   * What a monitor does not tell stays as another told it: the car does not leave its track.
   * @param {TrackMeta} meta
   * @returns {boolean} whether it is another track than before
   */
  follow(meta) {
    if (meta === this.#meta) return false;
    this.#meta = meta;
    const told = trackOf(meta);
    const is_other = !isSameTrack(told, this.track);
    const { track, layout, length_m } = is_other ? told : this.track;
    this.track = {
      track: track ?? told.track,
      layout: layout ?? told.layout,
      length_m: length_m ?? told.length_m,
    };
    return is_other;
  }
}

/**
 * @param {TrackMeta} meta
 * @returns {Track}
 */
export function trackOf({ track, layout, track_length }) {
  const length_m = typeof track_length === "number" && track_length > 0 ? track_length : null;
  return { track: track ?? null, layout: layout ?? null, length_m };
}

/**
 * Whether nothing that is known of both tells them apart.
 * @param {Track} a
 * @param {Track} b
 */
export function isSameTrack(a, b) {
  const differ = (/** @type {string | null} */ one, /** @type {string | null} */ other) =>
    one !== null && other !== null && one !== other;
  if (differ(a.track, b.track) || differ(a.layout, b.layout)) return false;
  if (a.length_m === null || b.length_m === null) return true;
  return Math.abs(a.length_m - b.length_m) <= SAME_LENGTH_M;
}
