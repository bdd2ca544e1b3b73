import assert from "node:assert/strict";
import { test } from "node:test";

import { changeLines, changesByLine, lineKey, lineText } from "../../dashboard/js/setup_changes.js";
import { SetupHistory } from "../../dashboard/js/setup_history.js";
import { EPOCH_MS, setup } from "./messages.js";

/** @import { SetupMessage } from "../../dashboard/js/types.js" */

/** @param {number} lap */
const on = (lap) => ({ run: 1, lap, at: EPOCH_MS + lap * 100_000 });

/** @param {SetupMessage["setup"][]} setups each on the lap of its number, from 1 */
function historyOf(...setups) {
  const history = new SetupHistory("spa24");
  for (const [i, values] of setups.entries()) {
    history.offer(setup(values, { revision: i + 1 }), on(i + 1));
  }
  return history;
}

/**
 * @param {SetupHistory} history
 * @param {string} category
 * @param {string} name
 */
function textOf(history, category, name) {
  const changes = changesByLine(history, "pc-a").get(lineKey(category, name));
  return changes === undefined ? null : lineText(changes, on(5));
}

test("a value says what it was and since when, and one that stayed says nothing", () => {
  const history = historyOf({ brakes: { bias: 54, ducts: 2 } }, { brakes: { bias: 55, ducts: 2 } });

  assert.equal(textOf(history, "brakes", "bias"), "was 54; changed 3 laps ago");
  assert.equal(textOf(history, "brakes", "ducts"), null);
});

test("of four corners those are told that changed last", () => {
  const history = historyOf(
    { tires: { camber: { fl: -3, fr: -3 } } },
    { tires: { camber: { fl: -3.1, fr: -3 } } },
    { tires: { camber: { fl: -3.1, fr: -3.2 } } },
  );

  assert.equal(textOf(history, "tires", "camber"), "was −3 front right; changed 2 laps ago");
});

test("the list has old and new values, and none for what is not there", () => {
  const history = historyOf(
    { tires: { camber: { fl: -3 } }, electronics: { tc: 4 } },
    { tires: { camber: { fl: -3.2 } }, electronics: { abs: true } },
  );

  const lines = changeLines(history.sinceLast("pc-a"), history.lastChanges("pc-a"));

  assert.deepEqual(
    lines.map(({ label, before, after, stamp }) => [label, before, after, stamp?.lap]),
    [
      ["Tyres: Camber front left", "−3", "−3.2", 2],
      ["Electronics: ABS", "–", "on", 2],
      ["Electronics: TC", "4", "–", 2],
    ],
  );
});
