import assert from "node:assert/strict";
import { test } from "node:test";

import { Keeper, readKept, writeKept } from "../../dashboard/js/kept.js";
import { Store } from "../../dashboard/js/store.js";
import {
  arrival,
  EPOCH_MS,
  lap,
  laps,
  meta,
  setup,
  snapshot,
  status,
  telemetry,
} from "./messages.js";

/** @import { Part } from "../../dashboard/js/kept.js" */
/** @import { Envelope } from "../../dashboard/js/types.js" */

const SESSION = "spa24";
const COLUMNS = ["run", "lap", "finished_at"];

/** A shelf that remembers what was done to it. */
class FakeShelf {
  /** @type {Map<string, string>} */
  texts = new Map();
  /** @type {string[]} */
  done = [];

  load = (/** @type {string} */ id, /** @type {Part} */ part) =>
    this.texts.get(`${id} ${part}`) ?? null;

  save = (/** @type {string} */ id, /** @type {Part} */ part, /** @type {string} */ text) => {
    this.done.push(`save ${part}`);
    this.texts.set(`${id} ${part}`, text);
  };

  drop = (/** @type {string} */ id) => {
    this.done.push("drop");
    this.texts.delete(`${id} values`);
    this.texts.delete(`${id} laps`);
  };
}

function watching() {
  const store = new Store();
  const shelf = new FakeShelf();
  const keeper = new Keeper(store, shelf, SESSION);
  store.accept(snapshot([], { active: "pc-a" }), 0);
  return { store, shelf, keeper };
}

/**
 * @param {Store} store
 * @param {number} [now_ms]
 */
function tellAll(store, now_ms = 0) {
  const row = [1, 4, new Date(EPOCH_MS).toISOString()];
  store.accept({ type: "status_update", ...arrival(status({ driver: "Driver One" }), now_ms) }, now_ms);
  store.accept({ type: "meta_update", ...arrival(meta({ car: "Porsche" }), now_ms) }, now_ms);
  store.accept({ type: "setup_update", ...arrival(setup({ brakes: { bias: 54 } }), now_ms) }, now_ms);
  store.accept({ type: "telemetry_update", ...arrival(telemetry({ fuel: 42 }), now_ms) }, now_ms);
  store.accept({ type: "lap_update", ...arrival(lap({ lap: 5 }), now_ms) }, now_ms);
  const chunk = laps({ columns: COLUMNS, rows: [row] });
  store.accept({ type: "laps_update", ...arrival(chunk, now_ms) }, now_ms);
}

/**
 * A stored text with one value.
 * @param {object} [entry]
 * @param {object} [data]
 */
function stored(entry, data) {
  const value = {
    channel: "telemetry",
    monitor_id: "pc-a",
    at: EPOCH_MS,
    data: { ...telemetry({ fuel: 42 }), ...data },
    ...entry,
  };
  return JSON.stringify({ v: 1, active: "pc-a", values: [value] });
}

/** @param {string | null} text */
const valuesIn = (text) => readKept(text, SESSION, EPOCH_MS + 1000).values;

test("what a page showed is shown again, all of it, replayed and with its true age", () => {
  const { store, shelf, keeper } = watching();
  tellAll(store, 1000);
  keeper.save(4000, EPOCH_MS);

  const later = new Store();
  const kept = new Keeper(later, shelf, SESSION).load(EPOCH_MS + 60_000);
  later.restore(kept, 100, EPOCH_MS + 60_000);

  assert.deepEqual(later.kept, { at: EPOCH_MS - 3000, at_ms: 100 - 63_000 });
  assert.equal(later.active, "pc-a");
  const { shown } = later;
  assert.equal(shown?.status.held?.data.driver, "Driver One");
  assert.equal(shown?.meta.held?.data.car, "Porsche");
  assert.equal(shown?.setup.held?.data.setup["brakes"]?.["bias"], 54);
  assert.equal(shown?.telemetry.held?.data.telemetry.fuel, 42);
  assert.deepEqual(later.rows().map((row) => row.lap), [4, 5]);
  assert.equal(shown?.telemetry.held?.retained, true);
  assert.deepEqual(shown?.quiet(100), { ms: 63_000, is_estimate: true });
});

test("it is saved at most every five seconds, the laps only when there is another", () => {
  const { store, shelf, keeper } = watching();
  tellAll(store);

  for (let now_ms = 0; now_ms <= 12_000; now_ms += 100) keeper.offer(now_ms, EPOCH_MS + now_ms);

  assert.deepEqual(shelf.done, ["save values", "save laps", "save values"]);
  store.accept({ type: "lap_update", ...arrival(lap({ lap: 6 }, { seq: 2 })) }, 12_000);
  keeper.save(12_000, EPOCH_MS);
  assert.deepEqual(shelf.done.slice(3), ["save values", "save laps"]);
});

test("a session that was removed on the broker is not kept either", () => {
  const { store, shelf, keeper } = watching();
  store.accept({ type: "telemetry_update", ...arrival(telemetry({})) }, 0);
  keeper.save(0, EPOCH_MS);
  const removed = { session_id: SESSION, channel: "telemetry", monitor_id: "pc-a" };
  store.accept({ type: "removed", ...removed }, 0);

  keeper.save(1, EPOCH_MS);

  assert.equal(shelf.done.at(-1), "drop");
});

test("a session of which a settled bridge has nothing is not kept either", () => {
  const { store, shelf, keeper } = watching();
  tellAll(store);
  keeper.save(0, EPOCH_MS);
  store.accept(snapshot([]), 1, true);

  keeper.save(2, EPOCH_MS);

  assert.equal(shelf.done.at(-1), "drop");
});

test("a page that is closed before a cold bridge has told anything leaves alone what was kept", () => {
  const { shelf, keeper } = watching();
  keeper.offer(0, EPOCH_MS);

  keeper.save(1000, EPOCH_MS + 1000);
  assert.deepEqual(shelf.done, []);
  keeper.offer(6000, EPOCH_MS + 6000);

  assert.deepEqual(shelf.done, ["drop"]);
});

test("a broker that has only just come back is given time to tell", () => {
  const { store, shelf, keeper } = watching();
  store.accept(snapshot([], { connected: false }), 0);
  for (let now_ms = 0; now_ms <= 20_000; now_ms += 1000) keeper.offer(now_ms, EPOCH_MS + now_ms);
  store.accept({ type: "upstream", connected: true, since: 0 }, 20_000);

  keeper.offer(20_500, EPOCH_MS + 20_500);

  assert.deepEqual(shelf.done, []);
});

test("a session that was removed and is published again is kept", () => {
  const { store, shelf, keeper } = watching();
  tellAll(store);
  store.accept(snapshot([]), 1, true);
  tellAll(store, 2);

  keeper.save(3, EPOCH_MS);

  assert.deepEqual(shelf.done, ["save values", "save laps"]);
});

test("an empty page whose bridge has no broker leaves alone what was kept", () => {
  const { store, shelf, keeper } = watching();
  store.accept(snapshot([], { connected: false }), 0);

  keeper.save(0, EPOCH_MS);

  assert.deepEqual(shelf.done, []);
});

test("a page that has not heard the bridge yet leaves alone what was kept", () => {
  const shelf = new FakeShelf();

  new Keeper(new Store(), shelf, SESSION).save(0, EPOCH_MS);

  assert.deepEqual(shelf.done, []);
});

test("what was only restored is not saved again", () => {
  const shelf = new FakeShelf();
  const store = new Store();
  const keeper = new Keeper(store, shelf, SESSION);
  store.restore(readKept(stored(), SESSION, EPOCH_MS), 0, EPOCH_MS);

  keeper.save(0, EPOCH_MS);
  store.accept(snapshot([], { connected: false }), 0);
  keeper.save(0, EPOCH_MS);

  assert.deepEqual(shelf.done, []);
});

test("a text that is too long loses its last values, not its shape", () => {
  const big = "x".repeat(200_000);
  const held = [1, 2, 3].map((seq) => {
    const data = { ...telemetry({}, { seq }), extra: big };
    return { channel: "telemetry", monitor_id: "pc-a", at_ms: 0, at: EPOCH_MS, data };
  });

  const values = valuesIn(writeKept(null, held));

  assert.deepEqual(values.map(({ value }) => value.data.seq), [1, 2]);
});

/**
 * @template {Envelope} T
 * @param {T} data
 */
const filler = (data) => ({ ...data, extra: "x".repeat(300_000) });

test("of too many laps the newest are kept, of too many monitors the one in control", () => {
  const { store, keeper } = watching();
  store.accept({ type: "telemetry_update", ...arrival(filler(telemetry({}, { monitor_id: "pc-0" }))) }, 0);
  for (const first of [0, 100, 1000]) {
    const chunk = laps({ first, columns: COLUMNS, rows: [] });
    store.accept({ type: "laps_update", ...arrival(filler(chunk)) }, 0);
  }
  store.accept({ type: "telemetry_update", ...arrival(filler(telemetry({}))) }, 0);
  keeper.save(0, EPOCH_MS);

  const { values } = keeper.load(EPOCH_MS);

  assert.deepEqual(
    values.map(({ value }) => [value.channel, value.monitor_id]),
    [
      ["telemetry", "pc-a"],
      ["laps/10", "pc-a"],
    ],
  );
});

/** @type {[string, string | null][]} */
const NOTHING = [
  ["no text", null],
  ["an empty text", ""],
  ["half a text", stored().slice(0, 50)],
  ["a number", "7"],
  ["a list", "[]"],
  ["another version", stored().replace('"v":1', '"v":2')],
  ["no values", '{"v":1,"values":{}}'],
  ["values that are none", '{"v":1,"values":[null,7,"x",[],{}]}'],
  ["another session's value", stored({}, { session_id: "monza" })],
  ["another monitor's value", stored({}, { monitor_id: "pc-b" })],
  ["an id that is none", stored({ monitor_id: "../x" }, { monitor_id: "../x" })],
  ["an unknown channel", stored({ channel: "weather" })],
  ["the wrong channel", stored({ channel: "meta" }, { car: 7 })],
  ["another chunk", stored({ channel: "laps/1" }, { first: 0, columns: [], rows: [] })],
  ["half a chunk's number", stored({ channel: "laps/0.5" }, { first: 50, columns: "", rows: [] })],
  ["no time", stored({ at: null })],
  ["no telemetry", stored({}, { telemetry: null })],
  ["text for a number", stored({}, { telemetry: { fuel: "<img src=x>" } })],
  ["flags that cannot be listed", stored({}, { telemetry: { flags: 5 } })],
  ["a wheel that is a text", stored({}, { telemetry: { tire_temps: { fl: "hot" } } })],
  ["no birth", stored({}, { birth: null })],
  ["a value of two months ago", stored({ at: EPOCH_MS - 60 * 86_400_000 })],
];

for (const [name, text] of NOTHING) {
  test(`nothing is restored from ${name}`, () => {
    assert.deepEqual(valuesIn(text), []);
  });
}

test("a broken value is dropped, the others stay", () => {
  const good = JSON.parse(stored());
  const text = JSON.stringify({ ...good, values: [{ channel: "status" }, ...good.values, 7] });

  assert.equal(valuesIn(text).length, 1);
});

test("a time that lies ahead, or nowhere, is now", () => {
  const at = [stored({ at: EPOCH_MS + 9e9 }), stored().replace(`"at":${EPOCH_MS}`, '"at":1e999')];

  assert.deepEqual(at.map((text) => valuesIn(text)[0]?.at), [EPOCH_MS + 1000, EPOCH_MS + 1000]);
});

test("an id of the monitor in control is an id or nobody", () => {
  const text = stored().replace('"active":"pc-a"', '"active":"<b>"');

  assert.equal(readKept(text, SESSION, EPOCH_MS).active, null);
});
