import assert from "node:assert/strict";
import { test } from "node:test";

import { loadMuted, MAX_SESSIONS, saveMuted } from "../../dashboard/js/alert_mutes.js";
import { items, refusing } from "./items.js";

test("what is muted is remembered for its session alone", () => {
  const storage = items();

  saveMuted(storage, "spa24", ["tire_wear", "all"]);
  saveMuted(storage, "monza6", ["fuel"]);

  assert.deepEqual(loadMuted(storage, "spa24"), ["tire_wear", "all"]);
  assert.deepEqual(loadMuted(storage, "monza6"), ["fuel"]);
  assert.deepEqual(loadMuted(storage, "imola4"), []);
});

test("with nothing muted any more, nothing is kept of a session", () => {
  const storage = items();
  saveMuted(storage, "spa24", ["fuel"]);

  saveMuted(storage, "spa24", []);

  assert.doesNotMatch(storage().getItem("pitboard.muted") ?? "", /spa24/);
});

test("of many sessions those saved last are kept", () => {
  const storage = items();
  for (let i = 0; i <= MAX_SESSIONS; i += 1) saveMuted(storage, `s${i}`, ["fuel"]);

  assert.deepEqual(loadMuted(storage, "s0"), []);
  assert.deepEqual(loadMuted(storage, "s1"), ["fuel"]);
});

test("one bad entry among the stored ones does not discard the others", () => {
  const sessions = [
    null,
    { session_id: "__proto__", names: ["fuel"] },
    { session_id: "monza6", names: "fuel" },
    { session_id: "spa24", names: [7, "fuel", "<b>", "fuel"] },
  ];

  const storage = items({ "pitboard.muted": JSON.stringify({ v: 1, sessions }) });

  assert.deepEqual(loadMuted(storage, "spa24"), ["fuel"]);
  assert.deepEqual(loadMuted(storage, "monza6"), []);
});

for (const stored of [
  "",
  "{",
  "null",
  "[]",
  '{"v":1,"sessions":7}',
  '{"v":2,"sessions":[{"session_id":"spa24","names":["fuel"]}]}',
]) {
  test(`mutes stored as ${JSON.stringify(stored)} do no harm`, () => {
    assert.deepEqual(loadMuted(items({ "pitboard.muted": stored }), "spa24"), []);
  });
}

test("a browser that refuses to store is no error", () => {
  saveMuted(refusing, "spa24", ["fuel"]);

  assert.deepEqual(loadMuted(refusing, "spa24"), []);
});
