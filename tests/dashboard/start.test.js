import assert from "node:assert/strict";
import { test } from "node:test";

import { isSessionId, readSessionId, sessionIdIn } from "../../dashboard/js/session_id.js";
import { readSessions, sessionLine } from "../../dashboard/js/sessions.js";

/** @type {[string, string | null][]} */
const TYPED = [
  ["spa24", "spa24"],
  ["  k3v9t2m7q5x1c8n4b6j0r2d5fy \n", "k3v9t2m7q5x1c8n4b6j0r2d5fy"],
  ["http://10.0.0.2:8000/s/spa-24", "spa-24"],
  ["https://pit.example/s/spa_24?x=1#top", "spa_24"],
  ["/s/spa24/", "spa24"],
  ["", null],
  ["Spa24", null],
  ["spa 24", null],
  ["-spa", null],
  ["../../etc", null],
  ["http://pit.example/s/%2e%2e", null],
  ["javascript:alert(1)", null],
  ["a".repeat(64), "a".repeat(64)],
  ["a".repeat(65), null],
];

for (const [text, id] of TYPED) {
  test(`${JSON.stringify(text).slice(0, 40)} is ${id === null ? "no session" : "a session"}`, () => {
    assert.equal(readSessionId(text), id);
  });
}

test("a line end after an id is not part of an id", () => {
  assert.equal(isSessionId("spa24\n"), false);
});

const LISTED = {
  sessions: [
    {
      session_id: "old",
      monitors: [
        { monitor_id: "x", state: "offline", driver: null, in_control: null, age_s: 7200 },
      ],
      car: null,
      track: null,
    },
    {
      session_id: "spa24",
      monitors: [
        { monitor_id: "a", state: "online", driver: "Driver One", in_control: true, age_s: 0.4 },
        { monitor_id: "b", state: "idle", driver: null, in_control: false, age_s: 3 },
      ],
      car: "Porsche",
      track: "Spa",
    },
  ],
};

test("sessions are listed live ones first, each with its state in words", () => {
  const lines = readSessions(LISTED).map(sessionLine);

  assert.deepEqual(lines, [
    {
      title: "Porsche",
      place: "Spa",
      monitors: "Driver One: on track; b: connected, nobody drives",
      state: "online",
    },
    { title: "Car not known yet", place: "–", monitors: "x: signed off 2 h ago", state: "offline" },
  ]);
});

test("a list that is none, or holds what cannot be linked to, does no harm", () => {
  const hostile = { sessions: [null, 7, { session_id: "../x" }, { session_id: "ok", monitors: 3 }] };

  assert.deepEqual(readSessions(null), []);
  assert.deepEqual(readSessions({ sessions: "x" }), []);
  assert.deepEqual(readSessions(hostile).map((s) => s.session_id), ["ok"]);
});

test("a page shows the session of its path, of several the first", () => {
  assert.equal(sessionIdIn("/s/spa24-92"), "spa24-92");
  assert.equal(sessionIdIn("/s/car-1+car-2"), "car-1");
  for (const path of ["/", "/s/", "/s/Spa 24", "/s/%2e"]) assert.equal(sessionIdIn(path), null, path);
});
