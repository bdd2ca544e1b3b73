import assert from "node:assert/strict";
import { test } from "node:test";

import { bestLapTime, currentRun, LapTable } from "../../dashboard/js/laps.js";
import { arrival, EPOCH_MS, lap, laps, row } from "./messages.js";

/** @import { Cell } from "../../dashboard/js/types.js" */
/** @import { Stamp } from "./messages.js" */

const COLUMNS = ["run", "lap", "finished_at", "lap_time"];
const at = (/** @type {number} */ s) => new Date(EPOCH_MS + s * 1000).toISOString();
const noSkew = () => 0;

/**
 * @param {LapTable} table
 * @param {Cell[][]} rows
 * @param {Stamp & { first?: number, columns?: string[] }} [about]
 */
function chunk(table, rows, { first = 0, columns = COLUMNS, ...stamp } = {}) {
  const message = laps({ first, columns, rows }, stamp);
  table.offerChunk(message.monitor_id, `laps/${first / 100}`, arrival(message), 0);
}

/**
 * @param {LapTable} table
 * @param {Parameters<typeof lap>[0]} fields
 * @param {Stamp} [stamp]
 */
function event(table, fields, stamp) {
  const message = lap(fields, stamp);
  table.offerLap(message.monitor_id, arrival(message), 0);
}

/** @param {LapTable} table */
const order = (table) => table.rows(noSkew).map((r) => `${r.monitor_id} ${r.run}/${r.lap}`);

test("rows of all chunks and events are merged by monitor, run and lap", () => {
  const table = new LapTable();

  chunk(table, [[1, 1, at(100), 100]]);
  chunk(table, [[1, 101, at(200), 100]], { first: 100 });
  event(table, { lap: 102, finished_at: at(300) }, { seq: 1 });
  event(table, { lap: 101, finished_at: at(200) }, { seq: 2 });

  assert.deepEqual(order(table), ["pc-a 1/1", "pc-a 1/101", "pc-a 1/102"]);
});

test("a chunk is the truth where an event says otherwise", () => {
  const table = new LapTable();

  chunk(table, [[1, 1, at(100), 99.5]]);
  event(table, { lap: 1, finished_at: at(100), lap_time: 12 });

  assert.deepEqual(table.rows(noSkew).map((r) => r.lap_time), [99.5]);
});

test("a lap lost on the way is healed by the next chunk", () => {
  const table = new LapTable();
  event(table, { lap: 3, finished_at: at(300) });

  chunk(table, [[1, 1, at(100), 1], [1, 2, at(200), 1], [1, 3, at(300), 1]]);

  assert.deepEqual(order(table), ["pc-a 1/1", "pc-a 1/2", "pc-a 1/3"]);
});

test("an older chunk does not replace a newer one", () => {
  const table = new LapTable();

  chunk(table, [[1, 1, at(100), 1], [1, 2, at(200), 1]], { birth: 2, seq: 1 });
  const { revision } = table;
  chunk(table, [[1, 1, at(100), 1]], { birth: 1, seq: 90 });

  assert.equal(table.revision, revision);
  assert.equal(table.rows(noSkew).length, 2);
});

test("lap 3 of the race is not lap 3 of practice", () => {
  const table = new LapTable();

  chunk(table, [[1, 3, at(100), 1], [2, 3, at(500), 1]]);

  assert.deepEqual(order(table), ["pc-a 1/3", "pc-a 2/3"]);
});

test("laps of two monitors stand in the order in which they were finished", () => {
  const table = new LapTable();

  chunk(table, [[1, 1, at(100), 1], [1, 3, at(300), 1]], { monitor_id: "pc-b" });
  chunk(table, [[7, 2, at(200), 1]], { monitor_id: "pc-a" });

  assert.deepEqual(order(table), ["pc-b 1/1", "pc-a 7/2", "pc-b 1/3"]);
});

test("each monitor's clock is set right before the laps are ordered", () => {
  const table = new LapTable();
  chunk(table, [[1, 1, at(100), 1]], { monitor_id: "pc-a" });
  chunk(table, [[1, 2, at(50), 1]], { monitor_id: "pc-slow" });

  const rows = table.rows((id) => (id === "pc-slow" ? 150_000 : 0));

  assert.deepEqual(rows.map((r) => r.lap), [1, 2]);
});

test("columns are found by name, and unknown or hostile ones ignored", () => {
  const table = new LapTable();
  const columns = ["__proto__", "lap", "new_column", "finished_at", "run", "wear_fl", "wear_rr"];

  chunk(table, [["x", 4, [1], at(1), 2, 12, 31.5], [null, null, null, null, null, null, null]], {
    columns,
  });

  const [first, ...rest] = table.rows(noSkew);
  assert.deepEqual([first?.run, first?.lap, first?.wear_max, first?.lap_time], [2, 4, 31.5, null]);
  assert.deepEqual(rest, []);
});

test("the current run ends where the lap counter went back", () => {
  const practice = [row({ lap: 8 }), row({ lap: 9 })];
  const race = [
    row({ lap: 1, monitor_id: "pc-a", run: 4 }),
    row({ lap: 2, monitor_id: "pc-b", run: 1 }),
  ];

  assert.deepEqual(currentRun([...practice, ...race]), race);
  assert.deepEqual(currentRun([]), []);
});

test("a lap that does not count is not the best", () => {
  const rows = [
    row({ lap_time: 99, valid: false }),
    row({ lap_time: 98, complete: false }),
    row({ lap_time: null }),
    row({ lap_time: 101, valid: null }),
    row({ lap_time: 102 }),
  ];

  assert.equal(bestLapTime(rows), 101);
  assert.equal(bestLapTime([]), null);
});

test("of a thousand laps only those of the chunk that changed are read again", () => {
  const table = new LapTable();
  const hundred = (/** @type {number} */ first) =>
    Array.from({ length: 100 }, (_, i) => [1, first + i + 1, at(100 * (first + i + 1)), 100]);
  for (let first = 0; first < 900; first += 100) chunk(table, hundred(first), { first });
  chunk(table, hundred(900).slice(0, 99), { first: 900, seq: 1 });
  const before = new Set(table.rows(noSkew));

  chunk(table, hundred(900), { first: 900, seq: 2 });

  const rows = table.rows(noSkew);
  assert.equal(rows.length, 1000);
  assert.equal(rows.filter((row) => !before.has(row)).length, 100);
});
