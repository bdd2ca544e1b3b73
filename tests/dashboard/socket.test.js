import assert from "node:assert/strict";
import { test } from "node:test";

import { Connection, decode, RECONNECT_ATTEMPTS, socketUrl } from "../../dashboard/js/socket.js";

/** @import { SocketEvents, World } from "../../dashboard/js/socket.js" */

/** A world whose clock moves only when the test says so. */
class FakeWorld {
  now_ms = 0;
  /** @type {{ events: SocketEvents, sent: unknown[], is_closed: boolean }[]} */
  sockets = [];
  /** @type {{ at_ms: number, run: () => void }[]} */
  #timers = [];
  jitter = 0.5;

  /** @type {World} */
  world = {
    open: (_url, events) => {
      /** @type {{ events: SocketEvents, sent: unknown[], is_closed: boolean }} */
      const socket = { events, sent: [], is_closed: false };
      this.sockets.push(socket);
      return {
        send: (text) => socket.sent.push(JSON.parse(text)),
        close: () => {
          socket.is_closed = true;
        },
      };
    },
    after: (ms, run) => {
      const timer = { at_ms: this.now_ms + ms, run };
      this.#timers.push(timer);
      return () => {
        this.#timers = this.#timers.filter((other) => other !== timer);
      };
    },
    now: () => this.now_ms,
    random: () => this.jitter,
  };

  /** @param {number} ms */
  pass(ms) {
    const end_ms = this.now_ms + ms;
    for (;;) {
      const due = this.#timers.filter((timer) => timer.at_ms <= end_ms);
      const next = due.sort((a, b) => a.at_ms - b.at_ms)[0];
      if (next === undefined) break;
      this.#timers = this.#timers.filter((timer) => timer !== next);
      this.now_ms = next.at_ms;
      next.run();
    }
    this.now_ms = end_ms;
  }

  get last() {
    const socket = this.sockets.at(-1);
    assert(socket !== undefined);
    return socket;
  }

  /** The newest socket opens and the bridge says something. */
  answer() {
    this.last.events.onOpen();
    this.last.events.onText('{"type":"pong","t":1}');
  }
}

function started() {
  const fake = new FakeWorld();
  /** @type {string[]} */
  const states = [];
  /** @type {unknown[]} */
  const frames = [];
  const connection = new Connection(
    {
      url: "ws://pit/ws",
      session_id: "spa24",
      onFrame: (frame) => frames.push(frame),
      onState: (state) => states.push(state),
    },
    fake.world,
  );
  connection.start();
  return { fake, connection, states, frames };
}

test("it joins the session as soon as the socket is open", () => {
  const { fake } = started();

  fake.last.events.onOpen();

  assert.deepEqual(fake.last.sent, [{ type: "join_session", session_id: "spa24" }]);
});

test("it is connected when the bridge has said something, not before", () => {
  const { fake, connection, states } = started();

  fake.last.events.onOpen();
  const opened = connection.state;
  fake.answer();

  assert.equal(opened, "connecting");
  assert.deepEqual(states, ["connected"]);
});

test("it tries again for ever, after 1, 2, 4, 8 and then 15 seconds", () => {
  const { fake, states } = started();
  const delays = [];

  for (let i = 0; i < 40; i += 1) {
    const lost_ms = fake.now_ms;
    fake.last.events.onClose();
    const { length } = fake.sockets;
    while (fake.sockets.length === length) fake.pass(100);
    delays.push(fake.now_ms - lost_ms);
  }

  assert.equal(RECONNECT_ATTEMPTS, Infinity);
  assert.deepEqual(delays.slice(0, 6), [1000, 2000, 4000, 8000, 15_000, 15_000]);
  assert.equal(delays.at(-1), 15_000);
  assert.deepEqual(states, ["lost"]);
});

test("browsers do not all come back at the same moment", () => {
  const { fake } = started();
  fake.jitter = 0;

  fake.last.events.onClose();
  fake.pass(799);
  const before = fake.sockets.length;
  fake.pass(1);

  assert.equal(before, 1);
  assert.equal(fake.sockets.length, 2);
});

test("a frame puts the delay back to one second, an open socket alone does not", () => {
  const { fake } = started();
  fake.last.events.onClose();
  fake.pass(1000);
  fake.last.events.onOpen();
  fake.last.events.onClose();
  fake.pass(1999);
  const hammering = fake.sockets.length;
  fake.pass(1);
  fake.answer();
  fake.last.events.onClose();
  fake.pass(1000);

  assert.equal(hammering, 2);
  assert.equal(fake.sockets.length, 4);
});

test("five seconds without any frame is a dead connection", () => {
  const { fake, connection } = started();
  fake.answer();

  fake.pass(5000);
  const quiet = connection.state;
  fake.pass(1000);

  assert.equal(quiet, "connected");
  assert.equal(connection.state, "lost");
  assert.equal(fake.sockets[0]?.is_closed, true);
});

test("heartbeats keep a connection alive", () => {
  const { fake, connection } = started();
  fake.answer();

  for (let i = 0; i < 60; i += 1) {
    fake.pass(1000);
    fake.last.events.onText('{"type":"heartbeat","session_id":"spa24","t":1,"lost":0,"received":1}');
  }

  assert.equal(connection.state, "connected");
  assert.equal(fake.sockets.length, 1);
});

test("an attempt that nobody answers is given up", () => {
  const { fake } = started();

  fake.pass(6000);
  fake.pass(1000);

  assert.equal(fake.sockets.length, 2);
  assert.equal(fake.sockets[0]?.is_closed, true);
});

test("what a given-up socket still says is not heard", () => {
  const { fake, frames, connection } = started();
  fake.answer();
  fake.pass(6000);
  const old = fake.last;
  const heard = frames.length;

  old.events.onText('{"type":"pong","t":2}');
  old.events.onOpen();
  old.events.onClose();
  fake.pass(1000);

  assert.equal(frames.length, heard);
  assert.equal(fake.sockets.length, 2);
  assert.equal(connection.state, "lost");

  fake.answer();
  old.events.onClose();
  assert.equal(connection.state, "connected");
});

test("a network that is back is used at once", () => {
  const { fake, connection } = started();
  for (let i = 0; i < 5; i += 1) {
    fake.last.events.onClose();
    fake.pass(15_000);
  }
  fake.last.events.onClose();
  const { length } = fake.sockets;

  connection.wake();

  assert.equal(fake.sockets.length, length + 1);
});

test("waking leaves a healthy connection alone and replaces a silent one", () => {
  const { fake, connection } = started();
  fake.answer();

  connection.wake();
  const healthy = fake.sockets.length;
  fake.now_ms += 5001; // a machine that slept: time passed, no timer ran
  connection.wake();

  assert.equal(healthy, 1);
  assert.equal(fake.sockets.length, 2);
});

test("a hidden tab joins again with one frame a second, a visible one with all", () => {
  const { fake, connection } = started();
  fake.answer();

  connection.limit(1);
  connection.limit(1);
  connection.limit(null);

  assert.deepEqual(fake.last.sent.slice(1), [
    { type: "join_session", session_id: "spa24", max_hz: 1 },
    { type: "join_session", session_id: "spa24" },
  ]);
});

test("the limit is kept over a reconnect", () => {
  const { fake, connection } = started();
  fake.answer();
  connection.limit(1);

  fake.last.events.onClose();
  fake.pass(1000);
  fake.last.events.onOpen();

  assert.deepEqual(fake.last.sent, [{ type: "join_session", session_id: "spa24", max_hz: 1 }]);
});

for (const text of ["", "{", "null", "7", '"type"', "[]", "{}", new ArrayBuffer(3)]) {
  test(`no frame is read from ${typeof text === "string" ? JSON.stringify(text) : "bytes"}`, () => {
    assert.equal(decode(text), null);
  });
}

test("garbage neither ends the connection nor proves it alive", () => {
  const { fake, frames, connection } = started();
  fake.last.events.onOpen();

  fake.last.events.onText("{");

  assert.deepEqual(frames, []);
  assert.equal(connection.state, "connecting");
});

test("the socket follows the page to TLS", () => {
  assert.equal(socketUrl({ protocol: "https:", host: "pit.example" }), "wss://pit.example/ws");
  assert.equal(socketUrl({ protocol: "http:", host: "10.0.0.2:8000" }), "ws://10.0.0.2:8000/ws");
});
