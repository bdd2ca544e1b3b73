/** Where on the track the car is: on its map, or along a bar until one has been learned. */

/** @import { View } from "../types.js" */
/** @import { Point } from "../outline.js" */
/** @import { Mark, TrackMap } from "../track_map.js" */
/** @import { Recorder } from "../recorder.js" */

import { changed, fillSlot, find, shape, textSlot } from "../dom.js";
import { markWord, noMapText, placeText } from "../texts/pace.js";

/** Half the length of a mark across the track, in the map's units, and how far off its word is. */
const HALF_MARK = 22;
const WORD_OFF = 54;

/**
 * @param {HTMLElement} root
 * @param {Recorder} recorder
 */
export function mapWidget(root, { map, traces }) {
  const plan = find(root, "[data-slot=plan]");
  const unmapped = find(root, "[data-slot=unmapped]");
  const spot = find(root, "[data-slot=spot]");
  const ghost = find(root, "[data-slot=ghost]");
  const legend = find(root, "[data-slot=map-legend]");
  const hasGhost = changed((/** @type {boolean} */ has) => {
    legend.hidden = !has;
  });
  const bar = fillSlot(find(root, "[data-bar=lap]"));
  const place = textSlot(find(root, "[data-slot=place]"));
  const reason = textSlot(find(root, "[data-slot=map-reason]"));
  const isMapped = changed((/** @type {boolean} */ is) => {
    plan.hidden = !is;
    unmapped.hidden = is;
  });
  /** @type {{ outline: TrackMap["outline"], meta: View["meta"] | null }} */
  let drawn = { outline: null, meta: null };

  return {
    /** @param {View} view */
    render({ telemetry, meta }) {
      const { outline } = map;
      isMapped(outline !== null);
      if (outline !== drawn.outline || meta !== drawn.meta) {
        drawn = { outline, meta };
        draw(plan, map, meta);
      }
      const { fraction, point } = map.place(telemetry);
      bar(fraction);
      moveSpot(spot, map, point);
      const ghost_m = traces.ghostNow();
      moveSpot(ghost, map, ghost_m === null ? null : (outline?.drawnAt(ghost_m) ?? null));
      hasGhost(outline !== null && traces.best !== null);
      place(placeText(telemetry, meta.track_length));
      reason(noMapText(map.reason));
    },
  };
}

/**
 * The overlay is as large as the map, so per cent of it are per cent of the map; a transform is
 * moved without painting the map again.
 * @param {HTMLElement} spot
 * @param {TrackMap} map
 * @param {Point | null} point
 */
function moveSpot(spot, { outline }, point) {
  if (spot.hidden !== (point === null)) spot.hidden = point === null;
  if (outline === null || point === null) return;
  const x = ((100 * point.x) / outline.width).toFixed(2);
  const y = ((100 * point.y) / outline.height).toFixed(2);
  const transform = `translate(${x}%, ${y}%)`;
  if (spot.style.transform !== transform) spot.style.transform = transform;
}

/**
 * @param {HTMLElement} plan
 * @param {TrackMap} map
 * @param {View["meta"]} meta
 */
function draw(plan, map, meta) {
  const { outline } = map;
  const svg = plan.querySelector("svg");
  if (outline === null || svg === null) return;
  svg.setAttribute("viewBox", outline.view_box);
  plan.style.setProperty("--wide", String(outline.width));
  plan.style.setProperty("--high", String(outline.height));
  const places = outline.points.map(({ x, y }) => `${x.toFixed(1)} ${y.toFixed(1)}`);
  const road = shape("path", { class: "road", d: `M${places.join("L")}Z` });
  const marks = map.marks(meta);
  const words = marks.map(({ kind }, i) => {
    return markWord(kind, marks.slice(0, i).filter((mark) => mark.kind === "sector").length);
  });
  const shapes = marks.flatMap((mark, i) => markShapes(mark, words[i] ?? "", map));
  svg.replaceChildren(road, ...shapes);
}

/**
 * A stroke across the track, and its word on the side that is away from the middle.
 * @param {Mark} mark
 * @param {string} word
 * @param {TrackMap} map
 */
function markShapes({ kind, fraction, point }, word, { outline }) {
  if (point === null || outline === null) return [];
  const m = fraction * outline.length_m;
  const [before, after] = [outline.drawnAt(m - 15), outline.drawnAt(m + 15)];
  const length = Math.hypot(after.x - before.x, after.y - before.y) || 1;
  const [across_x, across_y] = [(before.y - after.y) / length, (after.x - before.x) / length];
  const [middle_x, middle_y] = [outline.width / 2, outline.height / 2];
  const out = across_x * (point.x - middle_x) + across_y * (point.y - middle_y) < 0 ? -1 : 1;
  const at = (/** @type {number} */ off) => {
    return { x: point.x + out * off * across_x, y: point.y + out * off * across_y };
  };
  const [from, to, text_at] = [at(-HALF_MARK), at(HALF_MARK), at(WORD_OFF)];
  const stroke = { x1: from.x, y1: from.y, x2: to.x, y2: to.y };
  const text = shape("text", { class: "word", x: text_at.x, y: text_at.y });
  text.textContent = word;
  return [shape("line", { class: `mark ${kind}`, ...stroke }), text];
}
