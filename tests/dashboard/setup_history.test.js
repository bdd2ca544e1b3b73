import assert from "node:assert/strict";
import { test } from "node:test";

import { agoOf } from "../../dashboard/js/change_age.js";
import { MAX_MONITORS, MAX_REVISIONS, SetupHistory } from "../../dashboard/js/setup_history.js";
import { sheetKey } from "../../dashboard/js/setup_sheet.js";
import { agoText } from "../../dashboard/js/texts/setup.js";
import { EPOCH_MS, setup } from "./messages.js";

/** @import { Stamp } from "../../dashboard/js/change_age.js" */
/** @import { Change } from "../../dashboard/js/setup_sheet.js" */

const BIAS = sheetKey("brakes", "bias", null);

/**
 * @param {number} lap
 * @returns {Stamp}
 */
function on(lap) {
  return { run: 1, lap, at: EPOCH_MS + lap * 100_000 };
}

/**
 * Revisions from 1 with this bias, each on the lap of its number.
 * @param {SetupHistory} history
 * @param {number[]} biases
 * @param {{ monitor_id?: string, first?: number }} [of]
 */
function tell(history, biases, { monitor_id = "pc-a", first = 1 } = {}) {
  return biases.map((bias, i) => {
    const message = setup({ brakes: { bias, ducts: 2 } }, { monitor_id, revision: first + i });
    return texts(history.offer(message, on(first + i)));
  });
}

/** @param {readonly Change[]} changes */
function texts(changes) {
  return changes.map(({ name, before, after }) => `${name} ${before} > ${after}`);
}

/** @param {SetupHistory} history */
function restored(history) {
  const again = new SetupHistory("spa24");
  again.restore(JSON.parse(JSON.stringify(history)));
  return again;
}

test("a revision is told against the one before, and against the first", () => {
  const history = new SetupHistory("spa24");

  const told = tell(history, [54, 55, 56]);

  assert.deepEqual(told, [[], ["bias 54 > 55"], ["bias 55 > 56"]]);
  assert.deepEqual(texts(history.sinceLast("pc-a")), ["bias 55 > 56"]);
  assert.deepEqual(texts(history.sinceFirst("pc-a")), ["bias 54 > 56"]);
});

test("what was changed back does not differ from the first, but was changed", () => {
  const history = new SetupHistory("spa24");

  tell(history, [54, 55, 54]);

  assert.deepEqual(history.sinceFirst("pc-a"), []);
  assert.equal(history.lastChanges("pc-a").get(BIAS)?.stamp.lap, 3);
});

test("each value says how many laps ago it changed", () => {
  const history = new SetupHistory("spa24");
  history.offer(setup({ brakes: { bias: 54 }, fuel: { load: 90 } }, { revision: 1 }), on(1));
  history.offer(setup({ brakes: { bias: 55 }, fuel: { load: 90 } }, { revision: 2 }), on(4));
  history.offer(setup({ brakes: { bias: 55 }, fuel: { load: 60 } }, { revision: 3 }), on(6));

  const ages = [...history.lastChanges("pc-a").values()].map(({ change, stamp }) => {
    return `${change.name} ${agoText(agoOf(stamp, on(7)))}`;
  });

  assert.deepEqual(ages, ["bias changed 3 laps ago", "load changed 1 lap ago"]);
});

test("the same revision again, as after each reconnect, is no change", () => {
  const history = new SetupHistory("spa24");
  tell(history, [54, 55]);

  assert.deepEqual(tell(history, [55], { first: 2 }), [[]]);
  assert.deepEqual(texts(history.sinceLast("pc-a")), ["bias 54 > 55"]);
  assert.equal(history.of("pc-a").length, 2);
});

test("two drivers' setups never mix, and a swap there and back is no change", () => {
  const history = new SetupHistory("spa24");
  tell(history, [54, 55]);

  const swapped = tell(history, [60], { monitor_id: "pc-b" });
  const back = tell(history, [55], { first: 2 });

  assert.deepEqual([swapped, back], [[[]], [[]]]);
  assert.deepEqual(history.sinceFirst("pc-b"), []);
  assert.deepEqual(texts(history.sinceFirst("pc-a")), ["bias 54 > 55"]);
});

/** @type {[string, number, number][]} */
const RESTARTS = [
  ["a lower revision", 1, 60],
  ["the same revision with other values", 3, 60],
];

for (const [name, revision, bias] of RESTARTS) {
  test(`${name} begins anew: it is another race, or a monitor that lost its count`, () => {
    const history = new SetupHistory("spa24");
    tell(history, [54, 55, 56]);

    const told = tell(history, [bias], { first: revision });

    assert.deepEqual(told, [[]]);
    assert.deepEqual(history.sinceFirst("pc-a"), []);
    assert.equal(history.of("pc-a").length, 1);
  });
}

test("when revisions were missed, what changed is known and when it changed is not", () => {
  const history = new SetupHistory("spa24");
  tell(history, [54]);

  const told = tell(history, [57], { first: 4 });

  const stamp = history.lastChanges("pc-a").get(BIAS)?.stamp;
  assert.deepEqual(told, [["bias 54 > 57"]]);
  assert.equal(stamp && agoText(agoOf(stamp, on(9))), "changed earlier");
});

test("a setup of another session is not kept", () => {
  const history = new SetupHistory("monza6");

  tell(history, [54, 55]);

  assert.deepEqual(history.of("pc-a"), []);
});

test("of many revisions the first and the newest are kept, and no time is made up", () => {
  const history = new SetupHistory("spa24");
  for (let revision = 1; revision <= MAX_REVISIONS + 2; revision += 1) {
    const values = { brakes: { bias: revision, load: revision < 2 ? 90 : 60 } };
    history.offer(setup(values, { revision }), on(revision));
  }

  const numbers = history.of("pc-a").map(({ revision }) => revision);
  const loaded = history.lastChanges("pc-a").get(sheetKey("brakes", "load", null));
  assert.equal(numbers.length, MAX_REVISIONS);
  assert.deepEqual(numbers.slice(0, 3), [1, 4, 5]);
  assert.deepEqual(loaded?.stamp, { run: null, lap: null, at: null });
  assert.equal(history.lastChanges("pc-a").get(BIAS)?.stamp.lap, MAX_REVISIONS + 2);
});

test("large revisions are kept while they fit", () => {
  const history = new SetupHistory("spa24");
  const values = (/** @type {number} */ base) => {
    return Object.fromEntries(Array.from({ length: 400 }, (_, i) => [`v${i}`, base + i]));
  };
  for (let revision = 1; revision <= 20; revision += 1) {
    history.offer(setup({ other: values(revision) }, { revision }), on(revision));
  }

  assert.equal(history.of("pc-a").length, 11);
  assert.equal(history.of("pc-a")[0]?.revision, 1);
  assert.equal(history.of("pc-a").at(-1)?.revision, 20);
});

test("of many monitors those heard last are kept", () => {
  const history = new SetupHistory("spa24");
  for (let i = 0; i < MAX_MONITORS; i += 1) tell(history, [54], { monitor_id: `pc-${i}` });
  tell(history, [55], { monitor_id: "pc-0", first: 2 });
  tell(history, [54], { monitor_id: `pc-${MAX_MONITORS}` });

  assert.equal(history.of("pc-0").length, 2);
  assert.equal(history.of("pc-1").length, 0);
  assert.equal(history.of(`pc-${MAX_MONITORS}`).length, 1);
});

test("what was stored comes back whole", () => {
  const history = new SetupHistory("spa24");
  const corners = { fl: -3, fr: -3, rl: "soft", rr: true };
  history.offer(setup({ tires: { camber: corners }, fuel: { load: 9 } }, { revision: 1 }), on(1));
  history.offer(setup({ tires: { camber: { ...corners, fl: -2 } } }, { revision: 2 }), on(3));

  const again = restored(history);

  assert.deepEqual(again.of("pc-a"), history.of("pc-a"));
  assert.deepEqual(texts(again.sinceLast("pc-a")), ["camber -3 > -2", "load 9 > null"]);
});

test("a page that opens again goes on from what was stored", () => {
  const history = new SetupHistory("spa24");
  tell(history, [54, 55]);

  const again = restored(history);

  assert.deepEqual(tell(again, [55, 56], { first: 2 }), [[], ["bias 55 > 56"]]);
  assert.deepEqual(texts(again.sinceFirst("pc-a")), ["bias 54 > 56"]);
});

test("what a monitor said is not overwritten by what was stored", () => {
  const old = new SetupHistory("spa24");
  tell(old, [40, 41]);
  const history = new SetupHistory("spa24");
  tell(history, [54]);

  history.restore(JSON.parse(JSON.stringify(old)));

  assert.equal(history.of("pc-a").length, 1);
});

/** @type {[string, unknown][]} */
const BROKEN = [
  ["a revision that is no number", { revision: "2" }],
  ["a revision that goes back", { revision: 1 }],
  ["no moment of capture", { captured_at: 7 }],
  ["values that are no list", { values: {} }],
  ["a value that is an object", { values: [["brakes", "bias", null, {}]] }],
  ["a value that is null", { values: [null] }],
  ["a corner that is none", { values: [["brakes", "bias", "xx", 1]] }],
  ["a name that is no text", { values: [["brakes", 7, null, 1]] }],
  ["too many values", { values: Array(1601).fill(["brakes", "bias", null, 1]) }],
  ["a text without end", { values: [["brakes", "bias", null, "x".repeat(300)]] }],
];

for (const [name, part] of BROKEN) {
  test(`a stored revision with ${name} ends what is read, and another monitor is read on`, () => {
    const history = new SetupHistory("spa24");
    tell(history, [54, 55, 56]);
    tell(history, [60, 61], { monitor_id: "pc-b" });
    const stored = JSON.parse(JSON.stringify(history));
    Object.assign(stored.monitors[0].revisions[1], part);
    const again = new SetupHistory("spa24");

    again.restore(stored);

    assert.deepEqual(
      again.of("pc-a").map(({ revision }) => revision),
      [1],
    );
    assert.deepEqual(texts(again.sinceFirst("pc-b")), ["bias 60 > 61"]);
  });
}

/** @type {unknown[]} */
const JUNK = [
  null,
  7,
  [],
  {},
  { v: 2, session_id: "spa24", monitors: [] },
  { v: 1, session_id: "spa24", monitors: {} },
  { v: 1, session_id: "spa24", monitors: [null, 7, { monitor_id: "__proto__", revisions: [] }] },
  { v: 1, session_id: "spa24", monitors: [{ monitor_id: "pc-a", revisions: [null] }] },
  { v: 1, session_id: "spa24", monitors: [{ monitor_id: "pc-a", revisions: 7 }] },
];

for (const stored of JUNK) {
  test(`a history stored as ${JSON.stringify(stored)} does no harm`, () => {
    const history = new SetupHistory("spa24");

    history.restore(stored);

    assert.deepEqual(history.of("pc-a"), []);
    assert.deepEqual(tell(history, [54, 55]), [[], ["bias 54 > 55"]]);
  });
}

test("a history stored of another session is not read", () => {
  const history = new SetupHistory("spa24");
  tell(history, [54]);
  const other = new SetupHistory("monza6");

  other.restore(JSON.parse(JSON.stringify(history)));

  assert.deepEqual(other.of("pc-a"), []);
});
