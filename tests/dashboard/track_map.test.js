import assert from "node:assert/strict";
import { test } from "node:test";

import { mapKey, TrackMap } from "../../dashboard/js/track_map.js";
import { drive, LENGTH_M, META, placeAt } from "./driving.js";

/** @import { MapFrame, MapMeta } from "../../dashboard/js/track_map.js" */
/** @import { Outline } from "../../dashboard/js/outline.js" */
/** @import { TrackMeta } from "../../dashboard/js/track.js" */
/** @import { Driven } from "./driving.js" */

const TWO_LAPS = drive({ paces: [1, 1, 1], hz: 10 });

/**
 * @param {Driven[]} driven
 * @param {TrackMap} [map]
 * @param {TrackMeta} [meta]
 */
function learn(driven, map = new TrackMap(), meta = META) {
  for (const { at_ms, frame } of driven) map.take(at_ms, "pc-a", frame, meta);
  return map;
}

/** @param {TrackMap} map */
function outlineOf(map) {
  assert(map.outline !== null);
  return map.outline;
}

/**
 * The outline is where the track is.
 * @param {Outline} outline
 * @param {number} within_m
 */
function assertLine(outline, within_m) {
  for (let m = 0; m < LENGTH_M; m += 9) {
    const [drawn, driven] = [outline.placeAt(m), placeAt(m)];
    const off_m = Math.hypot(drawn.x - driven.x, drawn.z - driven.z);
    assert(off_m < within_m, `${off_m} m off at ${m} m`);
  }
}

/** @type {[number, number][]} */
const RATES = [
  // Hz, what the line may be off, m
  [60, 1],
  [10, 1],
  [2, 2.5],
  [1, 9],
];

for (const [hz, within_m] of RATES) {
  test(`at ${hz} Hz the outline is the track's`, () => {
    const outline = outlineOf(learn(drive({ paces: [1, 1, 1], hz })));

    assert(outline.points.length <= 400);
    assert.deepEqual(outline.points.at(-1), outline.points[0]);
    assert.equal(outline.length_m, LENGTH_M);
    assertLine(outline, within_m);
  });
}

test("a distance beyond the lap is on the next one", () => {
  const outline = outlineOf(learn(TWO_LAPS));

  assert.deepEqual(outline.drawnAt(LENGTH_M + 1000), outline.drawnAt(1000));
  assert.deepEqual(outline.drawnAt(-1000), outline.drawnAt(3000));
});

test("it is drawn 1000 wide, x to the right and z up", () => {
  const outline = outlineOf(learn(TWO_LAPS));
  const right = placeAt(0);
  const top = placeAt(400);

  assert(Math.abs(outline.width - 1080) < 0.01);
  assert.match(outline.view_box, /^0 0 1080\.0 433\.\d$/);
  assert(Math.abs(outline.drawn(right.x, right.z).x - 1040) < 2);
  assert(outline.drawn(top.x, top.z).y < outline.drawn(right.x, right.z).y);
  for (const point of outline.points) assert(outline.shows(point));
});

test("no later lap changes it", () => {
  const map = learn(TWO_LAPS);
  const { outline } = map;
  const wider = TWO_LAPS.map(({ at_ms, frame }) => ({
    at_ms: at_ms + 1e6,
    frame: { ...frame, x: (frame.x ?? 0) * 1.1 },
  }));

  learn(wider, map);

  assert.equal(map.outline, outline);
});

/** @type {[string, TrackMeta, boolean][]} */
const METAS = [
  ["another track", { ...META, track: "Spa" }, false],
  ["another layout", { ...META, layout: "Short" }, false],
  ["another length", { ...META, track_length: 3500 }, false],
  ["a monitor that knows no track", {}, true],
  ["a monitor that knows no layout", { track: META.track, track_length: LENGTH_M }, true],
  ["a length rounded otherwise", { ...META, track_length: LENGTH_M - 4 }, true],
];

for (const [name, meta, stays] of METAS) {
  test(`${name} ${stays ? "keeps" : "forgets"} the map`, () => {
    const map = learn(TWO_LAPS);

    map.follow(meta);

    assert.equal(map.outline !== null, stays);
    assert.equal(map.reason, stays ? null : "learning");
  });
}

/**
 * The frames of the first whole lap, lap 2, from 1000 m on, changed for so many seconds.
 * @param {number} seconds
 * @param {MapFrame} fields
 */
function onLap2(seconds, fields) {
  const begin = TWO_LAPS.find(({ frame }) => frame.lap === 2 && (frame.lap_distance ?? 0) > 1000);
  const begin_ms = begin?.at_ms ?? NaN;
  return TWO_LAPS.map(({ at_ms, frame }) => {
    const is_changed = at_ms >= begin_ms && at_ms < begin_ms + 1000 * seconds;
    return { at_ms, frame: is_changed ? { ...frame, ...fields } : frame };
  });
}

/** @type {[string, Driven[], boolean][]} */
const LAPS = [
  ["a whole lap", TWO_LAPS, true],
  [
    "a lap that was not seen to the line",
    TWO_LAPS.filter(({ frame }) => (frame.lap ?? 0) < 3),
    false,
  ],
  ["a lap with a moment without x and z", onLap2(1, { x: null, z: null }), true],
  ["one with half a minute without", onLap2(30, { x: null, z: null }), false],
  ["one without z", onLap2(100, { z: null }), false],
  ["a lap with a glitch in x", onLap2(0.3, { x: 9e5 }), true],
  ["a lap through the pits", onLap2(1, { pit_state: "entering" }), false],
  [
    "a lap whose x and z do not close",
    TWO_LAPS.map(({ at_ms, frame }) => ({
      at_ms,
      frame: { ...frame, x: (frame.x ?? 0) + (frame.lap_distance ?? 0) / 10 },
    })),
    false,
  ],
  [
    "a lap at one frame in 3 s, played four times as fast",
    drive({ paces: [1, 1, 1], hz: 1 / 3 }).map(({ at_ms, frame }) => ({ at_ms: at_ms / 4, frame })),
    false,
  ],
];

for (const [name, driven, is_map] of LAPS) {
  test(`${name} ${is_map ? "makes a map" : "makes none"}`, () => {
    const map = learn(driven);

    assert.equal(map.outline !== null, is_map);
    assert.equal(map.reason, is_map ? null : "learning");
    if (is_map) assertLine(outlineOf(map), 3);
  });
}

const MAP = learn(TWO_LAPS);
const SOMEWHERE = { x: placeAt(700).x, z: placeAt(700).z };

/** @type {[string, TrackMap, MapFrame, { fraction: number | null, at_m: number | null }][]} */
const PLACES = [
  [
    "x and z tell the place",
    MAP,
    { ...SOMEWHERE, lap_distance: 690 },
    { fraction: 690 / LENGTH_M, at_m: 700 },
  ],
  ["even without a lap distance", MAP, { ...SOMEWHERE }, { fraction: null, at_m: 700 }],
  [
    "without x the lap distance tells it",
    MAP,
    { z: 3, lap_distance: 1500 },
    { fraction: 0.375, at_m: 1500 },
  ],
  [
    "where the track crosses itself too",
    MAP,
    { x: null, z: null, lap_distance: 3000 },
    { fraction: 0.75, at_m: 3000 },
  ],
  [
    "x and z far from the lap distance are of another map",
    MAP,
    { x: -SOMEWHERE.x, z: -SOMEWHERE.z, lap_distance: 700 },
    { fraction: 700 / LENGTH_M, at_m: 700 },
  ],
  ["x and z off the drawing are not drawn", MAP, { x: 5000, z: 0 }, { fraction: null, at_m: null }],
  ["10 m past the line is on it", MAP, { lap_distance: LENGTH_M + 10 }, { fraction: 1, at_m: 10 }],
  ["a little before it is too", MAP, { lap_distance: -5 }, { fraction: 0, at_m: LENGTH_M - 5 }],
  ["nothing known, nothing shown", MAP, {}, { fraction: null, at_m: null }],
  [
    "before there is a map there is the part of the lap",
    learn(TWO_LAPS.slice(0, 9)),
    { ...SOMEWHERE, lap_distance: 1000 },
    { fraction: 0.25, at_m: null },
  ],
  [
    "and without a length not even that",
    learn(TWO_LAPS, new TrackMap(), {}),
    { ...SOMEWHERE, lap_distance: 1000 },
    { fraction: null, at_m: null },
  ],
];

for (const [name, map, frame, { fraction, at_m }] of PLACES) {
  test(name, () => {
    const place = map.place(frame);

    assert.equal(place.fraction, fraction);
    assert.equal(place.point === null, at_m === null);
    if (place.point === null || at_m === null) return;
    const { x, z } = placeAt(at_m);
    const there = outlineOf(map).drawn(x, z);
    assert(Math.hypot(place.point.x - there.x, place.point.y - there.y) < 2);
  });
}

/** @type {[string, MapMeta, [string, number][]][]} */
const MARKS = [
  ["the line alone", {}, [["line", 0]]],
  [
    "the ends of sectors but the last, which is the line",
    { sector_ends: [1000, 2500, LENGTH_M] },
    [["line", 0], ["sector", 0.25], ["sector", 0.625]],
  ],
  [
    "the pit lane's ends",
    { pit_entry: 3800, pit_exit: 200, sector_ends: null },
    [["line", 0], ["pit_entry", 0.95], ["pit_exit", 0.05]],
  ],
  [
    "nothing off the lap",
    { pit_entry: 4100, pit_exit: -1, sector_ends: [NaN, 5000] },
    [["line", 0]],
  ],
];

for (const [name, meta, expected] of MARKS) {
  test(`marked: ${name}`, () => {
    const marks = MAP.marks(meta);

    assert.deepEqual(marks.map(({ kind, fraction }) => [kind, fraction]), expected);
    for (const { fraction, point } of marks) {
      assert.deepEqual(point, outlineOf(MAP).drawnAt(fraction * LENGTH_M));
    }
  });
}

test("marks need no map", () => {
  const map = new TrackMap();
  assert.deepEqual(map.marks({ pit_entry: 1 }), []);

  map.follow(META);

  assert.deepEqual(map.marks({}), [{ kind: "line", fraction: 0, point: null }]);
});

/** @type {[string, MapFrame, TrackMeta, string][]} */
const LACKS = [
  ["nothing", {}, META, "learning"],
  ["z", { z: null }, META, "no data"],
  ["the length", {}, { track: "Lemniscate" }, "no track length"],
];

for (const [name, fields, meta, reason] of LACKS) {
  test(`the reason for no map where ${name} is missing`, () => {
    const driven = TWO_LAPS.slice(0, 9).map(({ at_ms, frame }) => {
      return { at_ms, frame: { ...frame, ...fields } };
    });

    assert.equal(learn(driven, new TrackMap(), meta).reason, reason);
  });
}

test("a map that was saved is the same when it is loaded", () => {
  const text = JSON.stringify(MAP.save());
  const map = new TrackMap();
  map.follow(META);

  assert.equal(map.load(JSON.parse(text)), true);

  assert.equal(map.reason, null);
  assert(text.length < 12_000, `${text.length}`);
  for (let m = 0; m < LENGTH_M; m += 100) {
    const [loaded, learned] = [outlineOf(map).drawnAt(m), outlineOf(MAP).drawnAt(m)];
    assert(Math.hypot(loaded.x - learned.x, loaded.y - learned.y) < 0.2);
  }
  assert.deepEqual(JSON.parse(JSON.stringify(map.save())), JSON.parse(text));
});

test("a map of before gives way to none that was saved", () => {
  const map = learn(TWO_LAPS);
  const { outline } = map;

  assert.equal(map.load(MAP.save()), false);
  assert.equal(map.outline, outline);
  assert.equal(new TrackMap().save(), null);
});

const SAVED = MAP.save();
const POINTS = SAVED?.points ?? [];
const [, ...FIRST_XZ] = POINTS[0] ?? [];
const THIRD_M = POINTS[3]?.[0] ?? NaN;
/** @type {(change: (points: number[][]) => unknown) => unknown} */
const withPoints = (change) => ({ ...SAVED, points: change(structuredClone(POINTS)) });

/** @type {[string, unknown][]} */
const BAD = [
  ["nothing", null],
  ["a text", "map"],
  ["a list", [SAVED]],
  ["another version", { ...SAVED, v: 2 }],
  ["another track", { ...SAVED, track: "Spa" }],
  ["a track without a name", { ...SAVED, track: null }],
  ["another layout", { ...SAVED, layout: "Short" }],
  ["another length", { ...SAVED, length_m: 5000 }],
  ["a length that is no number", { ...SAVED, length_m: "4000" }],
  ["no points", { ...SAVED, points: null }],
  ["points that are none", withPoints((points) => points.map(() => "1,2,3"))],
  ["a point without z", withPoints((points) => points.with(3, [1, 2]))],
  ["a point that is no number", withPoints((points) => points.with(3, [THIRD_M, NaN, 1]))],
  ["a point out of the world", withPoints((points) => points.with(3, [THIRD_M, 1e9, 1]))],
  ["too few points", withPoints((points) => [points[0], points[1], points.at(-1)])],
  ["too many points", withPoints((points) => {
    const between = Array.from({ length: 400 }, (_, i) => [(i + 1) / 1000, 0, 0]);
    return [points[0], ...between, ...points.slice(1)];
  })],
  ["points out of order", withPoints((points) => points.with(3, points[9] ?? []))],
  ["a line that is open", withPoints((points) => points.with(-1, [LENGTH_M, 0, 0]))],
  ["a line that begins elsewhere", withPoints((points) => points.slice(1))],
  ["a line that begins past the line", withPoints((points) => points.with(0, [1, ...FIRST_XZ]))],
  ["a line of another length", withPoints((points) => points.with(-1, [4100, ...FIRST_XZ]))],
];

for (const [name, saved] of BAD) {
  test(`${name} is not taken for a map`, () => {
    const map = new TrackMap();
    map.follow(META);

    assert.equal(map.load(saved), false);
    assert.equal(map.outline, null);
  });
}

/** @type {[string, TrackMeta, string | null][]} */
const KEYS = [
  ["name, layout and length", META, '["Lemniscate","Full",4000]'],
  ["a layout that is unknown", { track: "Spa", track_length: 6981.6 }, '["Spa",null,6982]'],
  ["no name", { track_length: 4000 }, null],
  ["no length", { track: "Spa", layout: "Full" }, null],
];

for (const [name, meta, key] of KEYS) {
  test(`a map's key of ${name}`, () => {
    assert.equal(mapKey(meta), key);
  });
}
