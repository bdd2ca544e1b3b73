import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { raceEnd } from "../../dashboard/js/race_end.js";
import { progressOf } from "../../dashboard/js/race_progress.js";

/** @import { RaceEnd } from "../../dashboard/js/race_end.js" */
/** @import { Meta, Telemetry } from "../../dashboard/js/types.js" */

const TRACK_M = 5000;
const PACE_S = 100;

/** @type {Meta} */
const TIMED = { session_type: "race", race_time: 7200, track_length: TRACK_M };
/** @type {Meta} */
const BY_LAPS = { session_type: "race", race_laps: 50, track_length: TRACK_M };
/** @type {Meta} */
const BOTH = { ...TIMED, ...BY_LAPS };
/** @type {Meta} */
const NO_LENGTH = { session_type: "race", track_length: TRACK_M };

/**
 * The leader, halfway round lap 10.
 * @type {Telemetry}
 */
const LEADING = { lap: 10, lap_distance: 2500, position: 1, session_phase: "racing" };
/**
 * A car that the leader, 20 % faster, has lapped once; he is 0.2 laps further on.
 * @type {Telemetry}
 */
const LAPPED = {
  ...LEADING,
  position: 9,
  gap_leader: 16,
  laps_behind_leader: 1,
  leader_lap_time: 80,
};

const AT_LINE = { lap: 11, lap_distance: 0 };
const BEFORE_LINE = { lap_distance: 4900, pit_state: "stopped" };
const AFTER_LINE = { lap: 11, lap_distance: 100, lap_time: 60, pit_state: "stopped" };
const AHEAD = { lap_distance: 4500, gap_leader: 72 };
const WHOLE_GAP = { gap_leader: 176, laps_behind_leader: 2 };
const ON_HIS_LAP = { laps_behind_leader: 0, leader_lap_time: 100 };

/**
 * @param {Telemetry} car
 * @param {Meta} meta
 * @param {number | null} [pace_s]
 */
const endOf = (car, meta, pace_s = PACE_S) =>
  raceEnd(car, meta, progressOf(car, meta.track_length, pace_s), pace_s);

/**
 * The name; the frame, but for what the car's own has; meta; final lap; laps to go; ended by.
 * @typedef {[string, Telemetry, Meta, number, number, RaceEnd["ended_by"]]} End
 */

/** @type {End[]} */
const ENDS_LEADING = [
  ["the leader ends a timed race himself", { time_remaining: 960 }, TIMED, 20, 10.5, "time"],
  ["at the line with time left he goes on", { time_remaining: 51 }, TIMED, 11, 1.5, "time"],
  ["at the line as the time ends he does not", { time_remaining: 50 }, TIMED, 10, 0.5, "time"],
  ["after the time the lap is finished", { time_remaining: 0 }, TIMED, 10, 0.5, "time"],
  ["just past the line it is a whole lap", { ...AT_LINE, time_remaining: 0 }, TIMED, 11, 1, "time"],
  ["in the box before the line", { ...BEFORE_LINE, time_remaining: 960 }, TIMED, 20, 10.02, "time"],
  ["in the box after the line", { ...AFTER_LINE, time_remaining: 960 }, TIMED, 20, 9.98, "time"],
  ["after a reset of the lap counter", { lap: 1, time_remaining: 7150 }, TIMED, 72, 71.5, "time"],
  ["he drives all of a race by laps", {}, BY_LAPS, 50, 40.5, "laps"],
  ["the last lap of a race by laps", { lap: 50 }, BY_LAPS, 50, 0.5, "laps"],
  ["the clock of a race by laps may be 0", { time_remaining: 0 }, BY_LAPS, 50, 40.5, "laps"],
  ["laps left are the race's laps", { laps_remaining: 6 }, NO_LENGTH, 15, 5.5, "laps"],
  ["of two limits the time is first", { time_remaining: 960 }, BOTH, 20, 10.5, "time"],
  ["of two limits the laps are first", { time_remaining: 7000 }, BOTH, 50, 40.5, "laps"],
  ["behind a red flag", { session_phase: "stopped", time_remaining: 60 }, TIMED, 11, 1.5, "time"],
];

// The leader needs 0.3 laps, 24 s, to the line, and this car 50 s.
/** @type {End[]} */
const ENDS_LAPPED = [
  ["a leader who crosses too late is flagged", { time_remaining: 20 }, TIMED, 10, 0.5, "time"],
  ["one who crosses in time goes on", { time_remaining: 30 }, TIMED, 11, 1.5, "time"],
  ["from there time counts in his laps", { time_remaining: 350 }, TIMED, 14, 4.5, "time"],
  ["just ahead of him it is a lap more", { ...AHEAD, time_remaining: 20 }, TIMED, 11, 1.1, "time"],
  ["a gap with the whole laps in it", { ...WHOLE_GAP, time_remaining: 30 }, TIMED, 11, 1.5, "time"],
  // 39.3 of his laps take 3144 s.
  ["who is lapped drives fewer", {}, BY_LAPS, 41, 31.5, "laps"],
  ["so it is with a gap with the laps in it", WHOLE_GAP, BY_LAPS, 41, 31.5, "laps"],
  ["who is on his lap drives them all", ON_HIS_LAP, BY_LAPS, 50, 40.5, "laps"],
  ["he has driven his laps", { lap: 49 }, BY_LAPS, 49, 0.5, "laps"],
  [
    "the chequered flag is out",
    { time_remaining: 0, flags: ["checkered"] },
    TIMED,
    10,
    0.5,
    "flag",
  ],
];

for (const [base, ends] of /** @type {const} */ ([
  [LEADING, ENDS_LEADING],
  [LAPPED, ENDS_LAPPED],
])) {
  for (const [name, fields, meta, final_lap, laps_to_go, ended_by] of ends) {
    test(`${name}: ${laps_to_go} laps`, () => {
      const end = endOf({ ...base, ...fields }, meta);

      assert.equal(end.reason, null);
      assert.deepEqual([end.final_lap, end.ended_by], [final_lap, ended_by]);
      assert(Math.abs((end.laps_to_go ?? NaN) - laps_to_go) < 1e-9, `${end.laps_to_go}`);
      assert.equal(end.estimated, false);
    });
  }
}

const NO_LEADER = { gap_leader: null, laps_behind_leader: null, leader_lap_time: null };

/**
 * The name; what is not as in the frame; final lap by time and by laps; whether it is estimated.
 * @type {[string, Partial<Telemetry>, number, number, boolean][]}
 */
const ESTIMATES = [
  ["all of the leader is known", {}, 14, 41, false],
  ["his lap time is not: he is as fast as we", { leader_lap_time: null }, 14, 49, true],
  ["his lap was one in the pits: he is as fast as we", { leader_lap_time: 160 }, 14, 49, true],
  ["his gap is not: he is beside us", { gap_leader: null }, 14, 42, true],
  ["nor that of laps more", { gap_leader: null, laps_behind_leader: 4 }, 14, 39, true],
  ["his laps are not: he is on ours", { laps_behind_leader: null }, 14, 42, true],
  ["nothing of him is", NO_LEADER, 13, 50, true],
  ["nor our place", { ...NO_LEADER, position: null }, 13, 50, true],
  ["our distance is not: time tells about", { lap_distance: null, lap_time: 50 }, 14, 41, true],
];

for (const [name, fields, by_time, by_laps, estimated] of ESTIMATES) {
  test(`where ${name}, the end is ${estimated ? "estimated" : "known"}`, () => {
    const car = { ...LAPPED, time_remaining: 350, ...fields };

    const ends = [endOf(car, TIMED), endOf(car, BY_LAPS)];

    assert.deepEqual(
      ends.map((end) => [end.final_lap, end.estimated]),
      [
        [by_time, estimated],
        [by_laps, estimated],
      ],
    );
  });
}

/** @type {[string, Telemetry, Meta, [number | null, boolean, RaceEnd["reason"]]][]} */
const WITHOUT_PACE = [
  ["a timed race", { ...LEADING, time_remaining: 960 }, TIMED, [null, false, "learning"]],
  ["a race with both limits", { ...LEADING, time_remaining: 960 }, BOTH, [null, false, "learning"]],
  ["the leader of a race by laps", LEADING, BY_LAPS, [50, false, null]],
  ["who is lapped in a race by laps", LAPPED, BY_LAPS, [49, true, null]],
  [
    "who is many laps down on the last lap",
    { ...LAPPED, lap: 49, laps_behind_leader: 4 },
    BY_LAPS,
    [49, true, null],
  ],
  ["who may be lapped", { ...LEADING, position: null }, BY_LAPS, [50, true, null]],
  ["after the chequered flag", { ...LEADING, flags: ["checkered"] }, TIMED, [10, false, null]],
];

for (const [name, car, meta, expected] of WITHOUT_PACE) {
  test(`without a pace: ${name}`, () => {
    const { final_lap, estimated, reason } = endOf(car, meta, null);

    assert.deepEqual([final_lap, estimated, reason], expected);
  });
}

/** @type {[string, Partial<Telemetry>, Meta, RaceEnd["reason"]][]} */
const NO_ENDS = [
  ["practice", {}, { ...TIMED, session_type: "practice" }, "no race"],
  ["qualifying", {}, { ...BY_LAPS, session_type: "qualifying" }, "no race"],
  ["a session of which nothing is known", {}, {}, "no race"],
  ["a session of no known type with a race's length", {}, { race_time: 7200 }, null],
  ["a session of no known type with a length of 0", {}, { race_time: 0, race_laps: 0 }, "no race"],
  ["a session of a type from the future", {}, { session_type: "sprint", race_laps: 50 }, null],
  ["the session is over", { session_phase: "over" }, TIMED, "over"],
  ["the formation lap", { session_phase: "formation" }, TIMED, "not started"],
  ["the countdown", { session_phase: "countdown" }, TIMED, "not started"],
  ["an unknown phase", { session_phase: null }, TIMED, null],
  ["an unknown lap", { lap: null }, TIMED, "no lap"],
  ["neither time nor laps", { time_remaining: null }, TIMED, "no end"],
  ["all laps driven", { lap: 51 }, BY_LAPS, "over"],
  ["no laps left", { laps_remaining: 0 }, { session_type: "race" }, "over"],
];

for (const [name, fields, meta, reason] of NO_ENDS) {
  test(`${name}: ${reason ?? "an end"}`, () => {
    const end = endOf({ ...LEADING, time_remaining: 960, ...fields }, meta);

    assert.equal(end.reason, reason);
    assert.equal(end.final_lap === null, reason !== null);
    assert.equal(end.laps_to_go === null, reason !== null);
  });
}

/** @type {[string, Partial<Telemetry>, Meta, boolean][]} */
const CLOSE = [
  ["crosses 1 s after the time", { time_remaining: 23 }, TIMED, true],
  ["crosses 14 s after the time", { time_remaining: 10 }, TIMED, false],
  ["crosses 1 s before the time", { time_remaining: 25 }, TIMED, false],
  ["has got the flag", { time_remaining: 23, flags: ["checkered"] }, TIMED, false],
  ["races no more", { time_remaining: 23, session_phase: "over" }, TIMED, false],
  ["has his laps sooner", { lap: 49, time_remaining: 23 }, BOTH, false],
];

for (const [name, fields, meta, is_close] of CLOSE) {
  test(`a leader who ${name} ${is_close ? "may" : "does not"} make it one lap more`, () => {
    assert.equal(endOf({ ...LAPPED, ...fields }, meta).is_close, is_close);
  });
}

const sample = (/** @type {string} */ name) =>
  JSON.parse(readFileSync(new URL(`../../contract/samples/good/${name}`, import.meta.url), "utf8"))
    .payload;

/** @type {[string, boolean][]} */
const SAMPLES = [
  ["telemetry-lmgt3.json", true],
  ["telemetry-every-field.json", false],
];

for (const [name, estimated] of SAMPLES) {
  test(`good/${name} is 448 laps from the end of its 24 hours`, () => {
    const end = endOf(sample(name).telemetry, sample("meta-full.json"), 139.482);

    assert.deepEqual([end.final_lap, end.estimated], [616, estimated]);
  });
}
