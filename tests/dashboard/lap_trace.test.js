import assert from "node:assert/strict";
import { test } from "node:test";

import { delta, LapTrace, LapTraces } from "../../dashboard/js/lap_trace.js";
import { drive, LAP_S, LENGTH_M, META, timeAt } from "./driving.js";

/** @import { TrackMeta } from "../../dashboard/js/track.js" */
/** @import { Driven, DrivenFrame } from "./driving.js" */

/** @typedef {{ at_ms: number, frame: DrivenFrame, monitor_id?: string, meta?: TrackMeta }} Heard */

/**
 * @param {Heard[]} heard
 * @param {LapTraces} [traces]
 */
function follow(heard, traces = new LapTraces()) {
  /** @type {number[]} */
  const whole = [];
  let { last } = traces;
  for (const { at_ms, frame, monitor_id = "pc-a", meta = META } of heard) {
    traces.take(at_ms, monitor_id, frame, meta);
    if (traces.last !== null && traces.last !== last) whole.push(traces.last.lap);
    last = traces.last;
  }
  return { traces, whole };
}

/** @param {ArrayLike<number>} values */
const worst = (values) => Array.from(values, Math.abs).reduce((a, b) => Math.max(a, b), 0);

/** @param {Driven[]} driven */
const withoutOfficialTimes = (driven) =>
  driven.map(({ at_ms, frame }) => ({ at_ms, frame: { ...frame, last_lap_time: null } }));

/** @type {[number, number, number][]} */
const RATES = [
  // Hz, what a time may be off within the lap and on the line, s
  [60, 0.0005, 0.0005],
  [10, 0.001, 0.001],
  [2, 0.006, 0.006],
  [1, 0.03, 0.02],
];

for (const [hz, within_s, on_line_s] of RATES) {
  test(`at ${hz} Hz the times of a whole lap are those that were driven`, () => {
    const driven = withoutOfficialTimes(drive({ paces: [1, 1.05, 1], hz }));

    const { last } = follow(driven).traces;

    assert(last !== null);
    const { times, distances } = last;
    assert.equal(last.lap, 2);
    assert.equal(times.length, 401);
    assert.equal(distances.at(-1), LENGTH_M);
    const off = times.map((time, i) => time - 1.05 * timeAt(distances[i] ?? NaN));
    assert(worst(off) < within_s, `${worst(off)} s`);
    assert(Math.abs((last.lap_time ?? 0) - 1.05 * LAP_S) < on_line_s, `${last.lap_time}`);
  });
}

test("the game's own lap time is taken when it comes with the new lap", () => {
  const driven = drive({ paces: [1, 1.05, 1], hz: 2 });

  assert.equal(follow(driven).traces.last?.lap_time, 1.05 * LAP_S);
});

test("one that still is the lap's before is not", () => {
  const driven = drive({ paces: [1.05, 1.05, 1], hz: 2 }).map(({ at_ms, frame }) => ({
    at_ms,
    frame: { ...frame, last_lap_time: 1.05 * LAP_S + 0.1 },
  }));

  const lap_time = follow(driven).traces.last?.lap_time ?? 0;

  assert(Math.abs(lap_time - 1.05 * LAP_S) < 0.01, `${lap_time}`);
});

test("a new one that cannot be the lap's is not", () => {
  const driven = drive({ paces: [1, 1.05, 1], hz: 2 }).map(({ at_ms, frame }) => ({
    at_ms,
    frame: { ...frame, last_lap_time: frame.lap === 3 ? 12.3 : null },
  }));

  const lap_time = follow(driven).traces.last?.lap_time ?? 0;

  assert(Math.abs(lap_time - 1.05 * LAP_S) < 0.01, `${lap_time}`);
});

test("a frame whose time is behind the one before is passed over", () => {
  const driven = drive({ paces: [1, 1, 1], hz: 10 }).map(({ at_ms, frame }, i) => {
    const lap_time = (frame.lap_time ?? 0) - (i % 10 === 5 ? 0.15 : 0);
    return { at_ms, frame: { ...frame, lap_time } };
  });

  const { last } = follow(driven).traces;

  const off = last?.times.map((time, i) => time - timeAt(last.distances[i] ?? NaN)) ?? [NaN];
  assert(worst(off) < 0.003, `${worst(off)} s`);
});

test("the best lap is the fastest, the last the newest; their difference grows along it", () => {
  const { traces } = follow(drive({ paces: [1, 1.02, 1, 1.01, 1.03], hz: 60 }));
  const { best, last } = traces;

  const behind = delta(last, best);

  assert.deepEqual([best?.lap, last?.lap], [3, 4]);
  assert.equal(behind?.length, 401);
  assert(Math.abs((behind?.[200] ?? 0) - 0.01 * timeAt(2000)) < 0.001);
  assert(Math.abs((behind?.[400] ?? 0) - 0.01 * LAP_S) < 0.001);
});

test("the lap being driven is compared as far as it has come", () => {
  const driven = drive({ paces: [1, 1, 1.02], hz: 60 });
  const half = driven.filter(({ frame: { lap, lap_distance } }) => {
    return (lap ?? 0) < 3 || (lap_distance ?? 0) < 2005;
  });

  const { traces } = follow(half);
  const behind = delta(traces.current, traces.best);

  assert.equal(behind?.length, 201);
  assert(Math.abs((behind?.[200] ?? 0) - 0.02 * timeAt(2000)) < 0.001);
  const now = traces.deltaNow(traces.best) ?? NaN;
  assert(Math.abs(now - 0.02 * timeAt(traces.current?.at_m ?? NaN)) < 0.001, `${now}`);
});

test("without a lap to compare with there is no delta", () => {
  const { traces } = follow(drive({ paces: [1, 1], hz: 10 }));

  assert.equal(traces.reason, "learning");
  assert.equal(traces.deltaNow(traces.best), null);
  assert.equal(delta(traces.current, traces.best), null);
});

// Laps 2, 3 and 4 are whole: 1 was not seen from a line, 5 not to it.
const FIVE = drive({ paces: [1.1, 1, 1.02, 1.04, 1.1], hz: 10 });

/**
 * A change to the frames of lap 3 from 1000 m on, for so many seconds.
 * @param {number} seconds
 * @param {(heard: Driven) => Heard | null} change
 * @returns {Heard[]}
 */
function onLap3(seconds, change) {
  const begin = FIVE.find(({ frame }) => frame.lap === 3 && (frame.lap_distance ?? 0) > 1000);
  const begin_ms = begin?.at_ms ?? NaN;
  return FIVE.map((heard) => {
    const { at_ms } = heard;
    return at_ms >= begin_ms && at_ms < begin_ms + 1000 * seconds ? change(heard) : heard;
  }).filter((heard) => heard !== null);
}

/** @type {(fields: DrivenFrame) => (heard: Driven) => Heard} */
const set =
  (fields) =>
  ({ at_ms, frame }) => ({ at_ms, frame: { ...frame, ...fields } });

/** @type {(move: (frame: DrivenFrame) => DrivenFrame) => Heard[]} */
const each = (move) =>
  FIVE.map(({ at_ms, frame }) => ({ at_ms, frame: { ...frame, ...move(frame) } }));

const COUNTED_EARLY = each(({ lap, lap_distance }) =>
  LENGTH_M - (lap_distance ?? 0) < 30 ? { lap: (lap ?? 0) + 1 } : {},
);
const COUNTED_LATE = each(({ lap, lap_distance }) =>
  (lap_distance ?? 0) < 30 ? { lap: (lap ?? 0) - 1 } : {},
);
const PAST_LENGTH = each(({ lap_distance }) => {
  const m = lap_distance ?? 0;
  return m < 10 ? { lap_distance: LENGTH_M + m } : {};
});

const PAST_LINE = FIVE.map(({ at_ms, frame }) => {
  const { lap = 0, lap_distance = 0 } = frame;
  if ((lap_distance ?? 0) >= 10 || lap === 1) return { at_ms, frame };
  const before = FIVE.findLast((heard) => heard.frame.lap === (lap ?? 0) - 1) ?? { at_ms, frame };
  const ran_s = (before.frame.lap_time ?? 0) + (at_ms - before.at_ms) / 1000;
  const { last_lap_time = null } = before.frame;
  const past_m = LENGTH_M + (lap_distance ?? 0);
  const fields = { lap: (lap ?? 0) - 1, lap_time: ran_s, lap_distance: past_m, last_lap_time };
  return { at_ms, frame: { ...frame, ...fields } };
});

/** What lap 3 takes from 2000 m on. */
const SKIPPED_MS = 1000 * 1.02 * (LAP_S - timeAt(2000));

/**
 * The laps, with a minute's stand on lap 3.
 * @returns {Heard[]}
 */
function stopped() {
  const place = FIVE.findIndex(({ frame }) => frame.lap === 3 && (frame.lap_distance ?? 0) > 1000);
  const stand = FIVE[place] ?? { at_ms: NaN, frame: {} };
  const waiting = Array.from({ length: 600 }, (_, i) => ({
    at_ms: stand.at_ms + 100 * (i + 1),
    frame: { ...stand.frame, lap_time: (stand.frame.lap_time ?? 0) + (i + 1) / 10 },
  }));
  const after = FIVE.slice(place + 1).map(({ at_ms, frame }) => {
    const lap_time = (frame.lap_time ?? 0) + (frame.lap === 3 ? 60 : 0);
    const last_lap_time = (frame.last_lap_time ?? 0) + (frame.lap === 4 ? 60 : 0);
    return { at_ms: at_ms + 60_000, frame: { ...frame, lap_time, last_lap_time } };
  });
  return [...FIVE.slice(0, place + 1), ...waiting, ...after];
}

/** @type {[string, Heard[], number[]][]} */
const LAPS = [
  ["laps seen from line to line are whole", FIVE, [2, 3, 4]],
  ["a hole of less than 2 s is bridged", onLap3(1.8, () => null), [2, 3, 4]],
  ["a longer hole discards the lap", onLap3(2.2, () => null), [2, 4]],
  ["so does one without a distance", onLap3(2.2, set({ lap_distance: null })), [2, 4]],
  ["a moment without one does not", onLap3(1, set({ lap_distance: null })), [2, 3, 4]],
  ["a visit to the pit lane discards the lap", onLap3(0.2, set({ pit_state: "entering" })), [2, 4]],
  ["a request to stop does not", onLap3(20, set({ pit_state: "requested" })), [2, 3, 4]],
  ["unknown pit states do not", each(() => ({ pit_state: null })), [2, 3, 4]],
  [
    "a teleport to the garage discards the lap",
    onLap3(4, set({ pit_state: "garage", lap_time: null, lap_distance: null })),
    [2, 4],
  ],
  ["a teleport without a word does too", onLap3(4, set({ lap_distance: 3000 })), [2, 4]],
  ["one impossible frame is passed over", onLap3(0.1, set({ lap_distance: 3000 })), [2, 3, 4]],
  [
    "a change of monitor discards the lap, and the laps before stay",
    onLap3(300, ({ at_ms, frame }) => ({ at_ms, frame: { ...frame, run: 7 }, monitor_id: "pc-b" })),
    [2, 4],
  ],
  [
    "even if it counts the same runs",
    onLap3(300, (heard) => ({ ...heard, monitor_id: "pc-b" })),
    [2, 4],
  ],
  [
    "and first knows no distance",
    onLap3(300, ({ at_ms, frame }) => {
      const is_first = frame.lap === 3 && (frame.lap_distance ?? 0) < 1050;
      const lap_distance = is_first ? null : (frame.lap_distance ?? null);
      return { at_ms, frame: { ...frame, lap_distance }, monitor_id: "pc-b" };
    }),
    [2, 4],
  ],
  ["a counter that jumps on discards the lap", onLap3(300, ({ at_ms, frame }) => ({
    at_ms, frame: { ...frame, lap: (frame.lap ?? 0) + 2 },
  })), [2, 6]],
  ["a car that stands for a minute drives a slow whole lap", stopped(), [2, 3, 4]],
  [
    "a lap that ends in the pit lane and one that begins there are none",
    each(({ lap, lap_time }) => (lap === 3 && (lap_time ?? 0) < 5 ? { pit_state: "exiting" } : {})),
    [4],
  ],
  [
    "a recording may be played ten times as fast",
    FIVE.map(({ at_ms, frame }) => ({ at_ms: at_ms / 10, frame })),
    [2, 3, 4],
  ],
  ["the counter may move before distance and time do", COUNTED_EARLY, [2, 3, 4]],
  ["or after them", COUNTED_LATE, [2, 3, 4]],
  ["the distance may run past the length while the new lap counts", PAST_LENGTH, [2, 3, 4]],
  [
    "and be below 0 before the line",
    each((frame) => {
      const m = frame.lap_distance ?? 0;
      return m > LENGTH_M - 200 ? { lap_distance: m - LENGTH_M } : {};
    }),
    [2, 3, 4],
  ],
  [
    "the counter may move after the line, with distance and time running on",
    PAST_LINE,
    [2, 3, 4],
  ],
  [
    "a counter that moves on by two at the line ends no lap",
    each(({ lap }) => ((lap ?? 0) > 3 ? { lap: (lap ?? 0) + 1 } : {})),
    [2],
  ],
  [
    "a lap counted far from the line is none",
    FIVE.filter(({ frame }) => frame.lap !== 3 || (frame.lap_distance ?? 0) < 2000).map(
      ({ at_ms, frame }) => ({
        at_ms: (frame.lap ?? 0) > 3 ? at_ms - SKIPPED_MS : at_ms,
        frame,
      }),
    ),
    [2],
  ],
  [
    "a lap that begins far from the line is none",
    each(({ lap, lap_distance }) =>
      lap === 4 ? { lap_distance: Math.min(LENGTH_M, (lap_distance ?? 0) + 1000) } : {},
    ),
    [2],
  ],
  ["no time into the lap, no laps", each(() => ({ lap_time: null })), []],
];

for (const [name, heard, expected] of LAPS) {
  test(name, () => {
    const { whole, traces } = follow(heard);

    assert.deepEqual(whole, expected);
    for (const lap of [traces.last, traces.best]) {
      const times = lap?.times ?? new Float64Array();
      assert.equal(times.at(-1), lap?.lap_time);
      assert(times.every((time, i) => i === 0 || time >= (times[i - 1] ?? NaN)));
    }
  });
}

/** @type {[string, Heard[]][]} */
const SHIFTED = [
  ["the counter moves early", COUNTED_EARLY],
  ["the counter moves late", COUNTED_LATE],
  ["the distance runs past the length", PAST_LENGTH],
  ["time and distance run on past the line", PAST_LINE],
];

for (const [name, heard] of SHIFTED) {
  test(`lap times stay right when ${name}`, () => {
    const driven = heard.map(({ at_ms, frame }) => {
      return { at_ms, frame: { ...frame, last_lap_time: null } };
    });

    const { last } = follow(driven).traces;

    assert(Math.abs((last?.lap_time ?? 0) - 1.04 * LAP_S) < 0.03, `${last?.lap_time}`);
  });
}

test("a lap that was given up is not there any more", () => {
  const until = onLap3(2.2, () => null).filter(({ frame }) => (frame.lap ?? 0) < 4);

  assert.equal(follow(until).traces.current, null);
});

/** @type {[number, number][]} */
const LENGTHS = [
  [LENGTH_M, 401],
  [6981.6, 699],
  [4886.7, 490],
  [5793.1, 580],
  [7197.4, 721],
  [13_626, 1364],
  [20_832.3, 2084],
  [400.1, 41],
  [3, 2],
];

for (const [length_m, steps] of LENGTHS) {
  test(`a lap of ${length_m} m has its last step on the line`, () => {
    const lap = new LapTrace("pc-a", 1, length_m);

    lap.add(length_m / 3, 20);
    lap.finish(length_m, 60);

    assert.equal(lap.times.length, steps);
    assert.equal(lap.times.at(-1), 60);
    assert(Math.abs((lap.distances.at(-1) ?? 0) - length_m) < 1e-6);
    assert(Math.abs((lap.timeAt(length_m / 6) ?? 0) - 10) < 1e-9);
    assert(Math.abs((lap.timeAt(length_m) ?? 0) - 60) < 1e-9);
  });
}

test("a lap that does not count is the last one, but never the best", () => {
  const heard = FIVE.map(({ at_ms, frame }) => {
    const lap_valid = !(frame.lap === 2 && (frame.lap_distance ?? 0) > 3000);
    return { at_ms, frame: { ...frame, lap_valid } };
  });

  const { whole, traces } = follow(heard);

  assert.deepEqual(whole, [2, 3, 4]);
  assert.equal(traces.best?.lap, 3);
});

test("who spins and drives some metres back has lost that time, and no more", () => {
  const driven = FIVE.filter(({ at_ms }) => at_ms < 1000 * (1.1 * LAP_S + 30));
  const { traces } = follow(driven);
  const { at_ms, frame } = driven.at(-1) ?? { at_ms: NaN, frame: {} };
  const before = traces.current?.times ?? [];

  for (let i = 1; i <= 60; i += 1) {
    // 25 m back and 35 m on, in 6 s.
    const moved_m = i <= 25 ? -i : i - 50;
    const lap_distance = (frame.lap_distance ?? 0) + moved_m;
    const lap_time = (frame.lap_time ?? 0) + i / 10;
    traces.take(at_ms + 100 * i, "pc-a", { ...frame, lap_distance, lap_time }, META);
  }

  const { times } = traces.current ?? {};
  assert.deepEqual(times?.slice(0, before.length), before);
  assert.equal(times?.length, before.length + 1);
  const lost_s = (times?.at(-1) ?? NaN) - (before.at(-1) ?? NaN);
  assert(lost_s > 5 && lost_s < 6, `${lost_s}`);
});

/** @type {[string, Heard[], number[]][]} */
const RUNS = [
  ["another run of a monitor forgets the laps", [{ at_ms: 0, frame: { run: 2, lap: 9 } }], []],
  ["a lap counter that went back does too", [{ at_ms: 0, frame: { run: 1, lap: 1 } }], []],
  [
    "even if another monitor tells",
    [{ at_ms: 0, frame: { run: 4, lap: 1 }, monitor_id: "pc-b" }],
    [],
  ],
  [
    "the next driver keeps them",
    [{ at_ms: 0, frame: { run: 4, lap: 5 }, monitor_id: "pc-b" }],
    [2, 4],
  ],
  [
    "another track forgets them",
    [{ at_ms: 0, frame: { run: 1, lap: 5 }, meta: { track: "Spa", track_length: LENGTH_M } }],
    [],
  ],
  [
    "a monitor that does not know the track keeps them",
    [{ at_ms: 0, frame: { run: 1, lap: 5 }, meta: {} }],
    [2, 4],
  ],
  [
    "as does one that rounds its length otherwise",
    [{ at_ms: 0, frame: { run: 1, lap: 5 }, meta: { ...META, track_length: LENGTH_M + 3 } }],
    [2, 4],
  ],
];

for (const [name, after, expected] of RUNS) {
  test(name, () => {
    const { traces } = follow(FIVE);

    follow(after.map((heard) => ({ ...heard, at_ms: 1e6 })), traces);

    assert.deepEqual([traces.best, traces.last].flatMap((lap) => lap?.lap ?? []), expected);
  });
}

test("without the track's length there are no laps, and the reason says so", () => {
  const { traces, whole } = follow(FIVE.map((heard) => ({ ...heard, meta: { track: "Spa" } })));

  assert.deepEqual(whole, []);
  assert.equal(traces.reason, "no track length");
});

/** @type {[string, DrivenFrame, string][]} */
const LACKS = [
  ["a distance", { lap_distance: null }, "no data"],
  ["a time into the lap", { lap_time: null }, "no data"],
  ["nothing", {}, "learning"],
];

for (const [name, fields, reason] of LACKS) {
  test(`the reason for no lap where ${name} is missing`, () => {
    const { traces } = follow(each(() => fields).slice(0, 100));

    assert.equal(traces.reason, reason);
  });
}

test("of another track's length there are no laps", () => {
  const meta = { ...META, track_length: LENGTH_M - 100 };

  assert.deepEqual(follow(FIVE.map((heard) => ({ ...heard, meta }))).whole, []);
});

test("of a hundred laps the last and the best are held", () => {
  const paces = Array.from({ length: 100 }, (_, i) => 1 + (i % 7) / 100);

  const { traces, whole } = follow(drive({ paces, hz: 2 }));

  assert.equal(whole.length, 98);
  assert.deepEqual([traces.current?.lap, traces.last?.lap, traces.best?.lap], [100, 99, 8]);
});

test("the ghost is where the best lap was at this time, and nowhere once that lap was over", () => {
  const { traces } = follow(drive({ paces: [1, 1, 1, 1.1], hz: 20 }).slice(0, -20));
  const { best, current } = traces;
  assert(best !== null && current !== null);

  for (const m of [0, 3, 1234.5, LENGTH_M]) {
    const at_s = best.timeAt(m);
    assert(Math.abs((best.distanceAt(at_s ?? NaN) ?? NaN) - m) < 1e-6, String(m));
  }
  assert.equal(best.distanceAt((best.lap_time ?? NaN) + 0.001), null);
  assert.equal(best.distanceAt(-0.001), null);
  assert.equal(traces.ghostNow(), best.distanceAt(current.at_s));
});

test("there is no ghost before a lap to compare with", () => {
  assert.equal(new LapTraces().ghostNow(), null);
});
