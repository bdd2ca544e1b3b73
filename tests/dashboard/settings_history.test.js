import assert from "node:assert/strict";
import { test } from "node:test";

import { MAX_CHANGES, SettingsHistory } from "../../dashboard/js/settings_history.js";
import { EPOCH_MS } from "./messages.js";

/** @import { Settings } from "../../dashboard/js/settings_history.js" */

/** @typedef {[at_s: number, car: Settings, monitor_id?: string]} Frame */

/**
 * @param {Frame[]} frames
 * @param {SettingsHistory} [history]
 */
function drive(frames, history = new SettingsHistory()) {
  for (const [at_s, car, monitor_id = "pc-a"] of frames) {
    const lap = 1 + Math.floor(at_s / 100);
    history.offer(monitor_id, car, { run: 1, lap, at: EPOCH_MS + at_s * 1000 });
  }
  return history;
}

/** @param {SettingsHistory} history */
function told({ changes }) {
  return changes.map(({ name, before, after, stamp }) => {
    return `${name} ${before} > ${after} on ${stamp.lap ?? "?"}`;
  });
}

/** @type {[string, Frame[], string[]][]} */
const CASES = [
  [
    "what is said first is no change",
    [
      [0, { tc: 4 }],
      [5, { tc: 4 }],
    ],
    [],
  ],
  [
    "a click is a change once it stands",
    [
      [0, { tc: 4 }],
      [1, { tc: 5 }],
      [3, { tc: 5 }],
    ],
    ["tc 4 > 5 on 1"],
  ],
  [
    "a click does not count before",
    [
      [0, { tc: 4 }],
      [1, { tc: 5 }],
      [2.9, { tc: 5 }],
    ],
    [],
  ],
  [
    "three clicks in two seconds are one change",
    [
      [0, { tc: 4 }],
      [1, { tc: 5 }],
      [2, { tc: 6 }],
      [3, { tc: 7 }],
      [4, { tc: 7 }],
      [5, { tc: 7 }],
    ],
    ["tc 4 > 7 on 1"],
  ],
  [
    "a click and back is none",
    [
      [0, { tc: 4 }],
      [1, { tc: 5 }],
      [2, { tc: 4 }],
      [5, { tc: 4 }],
    ],
    [],
  ],
  [
    "two clicks apart are two changes",
    [
      [0, { abs: 4 }],
      [1, { abs: 5 }],
      [4, { abs: 5 }],
      [8, { abs: 6 }],
      [11, { abs: 6 }],
    ],
    ["abs 4 > 5 on 1", "abs 5 > 6 on 1"],
  ],
  [
    "the lap is that of the click",
    [
      [98, { abs: 4 }],
      [99, { abs: 5 }],
      [100, { abs: 5 }],
      [102, { abs: 5 }],
    ],
    ["abs 4 > 5 on 1"],
  ],
  [
    "each setting counts apart",
    [
      [0, { brake_bias: 54, tc_cut: 1, tc_slip: 2, engine_map: 3 }],
      [1, { brake_bias: 53.8, tc_cut: 2, tc_slip: 2, engine_map: 1 }],
      [4, { brake_bias: 53.8, tc_cut: 2, tc_slip: 2, engine_map: 1 }],
    ],
    ["brake_bias 54 > 53.8 on 1", "tc_cut 1 > 2 on 1", "engine_map 3 > 1 on 1"],
  ],
  [
    "the noise of a float is none",
    [
      [0, { brake_bias: 54.2 }],
      [1, { brake_bias: 54.21 }],
      [4, { brake_bias: 54.19 }],
      [8, { brake_bias: 54.2 }],
    ],
    [],
  ],
  [
    "a value that is missing for a while is none",
    [
      [0, { tc: 4 }],
      [1, { tc: null }],
      [2, {}],
      [6, { tc: 4 }],
      [9, { tc: 4 }],
    ],
    [],
  ],
  [
    "zero is a value",
    [
      [0, { tc: 1 }],
      [1, { tc: 0 }],
      [4, { tc: 0 }],
    ],
    ["tc 1 > 0 on 1"],
  ],
  [
    "what changed in a silence changed at a time not known",
    [
      [0, { tc: 4 }],
      [60, { tc: 6 }],
      [63, { tc: 6 }],
    ],
    ["tc 4 > 6 on ?"],
  ],
  [
    "another driver's settings are no change",
    [
      [0, { tc: 4 }],
      [1, { tc: 8 }, "pc-b"],
      [4, { tc: 8 }, "pc-b"],
    ],
    [],
  ],
  [
    "nor is what he left, when the first is back",
    [
      [0, { tc: 4 }],
      [1, { tc: 8 }, "pc-b"],
      [5, { tc: 8 }],
      [8, { tc: 8 }],
    ],
    [],
  ],
];

for (const [name, frames, expected] of CASES) {
  test(`settings: ${name}`, () => {
    assert.deepEqual(told(drive(frames)), expected);
  });
}

/** @type {Frame[]} */
const CLICK = [
  [0, { tc: 4, abs: 1 }],
  [1, { tc: 5, abs: 1 }],
  [3, { tc: 5, abs: 1 }],
];

test("the last change of a setting is there until another monitor is followed", () => {
  const history = drive(CLICK);

  assert.deepEqual(history.last("tc"), {
    name: "tc",
    before: 4,
    after: 5,
    stamp: { run: 1, lap: 1, at: EPOCH_MS + 1000 },
  });
  assert.equal(history.last("abs"), null);
  drive(
    [
      [4, { tc: 5 }, "pc-b"],
      [5, { tc: 5 }],
    ],
    history,
  );
  assert.equal(history.last("tc"), null);
});

test("only the newest changes are kept", () => {
  const history = new SettingsHistory();
  for (let i = 0; i <= MAX_CHANGES + 5; i += 1) {
    drive(
      [
        [i * 5, { tc: i % 50 }],
        [i * 5 + 3, { tc: i % 50 }],
      ],
      history,
    );
  }

  assert.equal(history.changes.length, MAX_CHANGES);
  assert.equal(history.changes.at(-1)?.after, (MAX_CHANGES + 5) % 50);
});

/** @param {unknown} stored */
function restored(stored) {
  const history = new SettingsHistory();
  history.restore(JSON.parse(JSON.stringify(stored)));
  return history;
}

test("a page that opens again knows the changes, and what came while it was closed", () => {
  const history = restored(drive(CLICK));

  assert.equal(history.last("tc")?.after, 5);
  drive(
    [
      [300, { tc: 9, abs: 1 }],
      [303, { tc: 9, abs: 1 }],
    ],
    history,
  );
  assert.deepEqual(told(history), ["tc 4 > 5 on 1", "tc 5 > 9 on ?"]);
});

test("what a monitor said is not overwritten by what was stored", () => {
  const history = drive([[0, { tc: 7 }]]);

  history.restore(JSON.parse(JSON.stringify(drive(CLICK))));

  assert.deepEqual(told(history), []);
  assert.deepEqual(
    told(
      drive(
        [
          [1, { tc: 7 }],
          [4, { tc: 7 }],
        ],
        history,
      ),
    ),
    [],
  );
});

test("one bad value among the stored ones does not discard the others", () => {
  const tc = { name: "tc", before: 4, after: 5, stamp: { lap: "1" } };
  const history = restored({
    v: 1,
    monitor_id: "pc-a",
    values: [["tc", 5], ["abs", "1"], ["wings", 3], 7, null, ["engine_map", 2]],
    changes: [null, { ...tc, after: "5" }, { ...tc, name: "wings" }, tc],
  });

  assert.deepEqual(told(history), ["tc 4 > 5 on ?"]);
  drive(
    [
      [0, { tc: 5, abs: 3, engine_map: 1 }],
      [3, { tc: 5, abs: 3, engine_map: 1 }],
    ],
    history,
  );
  assert.deepEqual(told(history), ["tc 4 > 5 on ?", "engine_map 2 > 1 on ?"]);
});

test("of stored changes only the newest are read", () => {
  const changes = Array.from({ length: 150 }, (_, after) => ({ name: "tc", before: 1, after }));

  const history = restored({ v: 1, monitor_id: "pc-a", values: [], changes });

  assert.deepEqual([history.changes.length, history.changes[0]?.after], [MAX_CHANGES, 50]);
});

/** @type {unknown[]} */
const JUNK = [
  null,
  7,
  [],
  {},
  { v: 2, monitor_id: "pc-a" },
  { v: 1, monitor_id: "../x" },
  { v: 1, monitor_id: "pc-a", values: 7, changes: {} },
];

for (const stored of JUNK) {
  test(`settings stored as ${JSON.stringify(stored)} do no harm`, () => {
    assert.deepEqual(told(drive(CLICK, restored(stored))), ["tc 4 > 5 on 1"]);
  });
}
