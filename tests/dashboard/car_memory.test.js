import assert from "node:assert/strict";
import { test } from "node:test";

import { CarMemory } from "../../dashboard/js/car_memory.js";
import { Store } from "../../dashboard/js/store.js";
import { arrival, EPOCH_MS, setup, snapshot, telemetry } from "./messages.js";

/** @import { BridgeFrame } from "../../dashboard/js/types.js" */

/** Texts as `LocalShelf` keeps them. */
function shelf() {
  /** @type {Map<string, string>} */
  const texts = new Map();
  return {
    texts,
    load: (/** @type {string} */ id, /** @type {string} */ part) => texts.get(`${id} ${part}`) ?? null,
    save: (/** @type {string} */ id, /** @type {string} */ part, /** @type {string} */ text) =>
      void texts.set(`${id} ${part}`, text),
  };
}

/** A browser that opens the session's page, maybe again. */
class Browser {
  store = new Store();
  memory;

  /** @param {ReturnType<typeof shelf>} kept */
  constructor(kept) {
    this.memory = new CarMemory("spa24", kept);
    this.accept(snapshot());
  }

  /** @param {BridgeFrame} frame */
  accept(frame, now_ms = 0) {
    this.store.accept(frame, now_ms);
    this.memory.accept(frame, this.store, now_ms, EPOCH_MS + now_ms);
  }

  /** @param {number} bias */
  setup(bias, revision = 1, retained = false) {
    const message = setup({ brakes: { bias } }, { revision, seq: revision });
    this.accept({ type: "setup_update", ...arrival(message, 0, retained) });
  }

  /** @param {number} tc */
  drive(tc, at_s = 0, lap = 5, retained = false) {
    const now_ms = at_s * 1000;
    const message = telemetry({ run: 1, lap, tc }, { seq: at_s + 1, made_ms: now_ms });
    this.accept({ type: "telemetry_update", ...arrival(message, now_ms, retained) }, now_ms);
  }

  get changes() {
    return this.memory.setups.sinceLast("pc-a").map(({ before, after }) => `${before} > ${after}`);
  }
}

test("a setup that comes live is dated by the lap that is driven", () => {
  const browser = new Browser(shelf());
  browser.drive(4);

  browser.setup(54, 1);
  browser.setup(55, 2);

  assert.deepEqual(browser.changes, ["54 > 55"]);
  assert.equal(browser.memory.setups.of("pc-a").at(-1)?.stamp.lap, 5);
});

test("a setup that was replayed is dated by no lap", () => {
  const browser = new Browser(shelf());
  browser.drive(4);

  browser.setup(54, 1);
  browser.setup(55, 2, true);

  assert.deepEqual(browser.memory.setups.of("pc-a").at(-1)?.stamp.lap, null);
});

test("what changed is known again after a reload", () => {
  const kept = shelf();
  const first = new Browser(kept);
  first.setup(54, 1);
  first.setup(55, 2);
  for (const at_s of [0, 1]) first.drive(4, at_s);
  for (const at_s of [2, 3, 4, 5]) first.drive(6, at_s, 8);

  const again = new Browser(kept);
  again.setup(55, 2, true);

  assert.deepEqual(again.changes, ["54 > 55"]);
  assert.equal(again.memory.settings.last("tc")?.before, 4);
  assert.equal(again.memory.settings.last("tc")?.stamp.lap, 8);
});

test("a replayed frame turns no knob", () => {
  const browser = new Browser(shelf());
  for (const at_s of [0, 1]) browser.drive(4, at_s);

  for (const at_s of [2, 5, 8]) browser.drive(6, at_s, 8, true);

  assert.equal(browser.memory.settings.last("tc"), null);
});

for (const text of ["", "{", "null", "[1]", '{"v":1,"session_id":"spa24","monitors":[null]}']) {
  test(`a stored ${JSON.stringify(text)} is no history`, () => {
    const kept = shelf();
    kept.texts.set("spa24 setups", text);
    kept.texts.set("spa24 settings", text);

    const browser = new Browser(kept);
    browser.setup(54, 1);

    assert.equal(browser.memory.setups.of("pc-a").length, 1);
  });
}

test("nothing is written while nothing changes", () => {
  const kept = shelf();
  const browser = new Browser(kept);
  browser.setup(54, 1);
  browser.drive(4);
  kept.texts.clear();

  browser.setup(54, 1);
  for (const at_s of [1, 2, 3]) browser.drive(4, at_s);

  assert.equal(kept.texts.size, 0);
});
