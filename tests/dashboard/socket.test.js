import assert from "node:assert/strict";
import { test } from "node:test";

import { Connection, decode, RECONNECT_ATTEMPTS } from "../../dashboard/js/socket.js";

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

  /** @param {object} frame */
  say(frame) {
    this.last.events.onText(JSON.stringify(frame));
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
  /** @type {unknown[]} */
  const settled = [];
  const connection = new Connection(
    {
      url: "ws://pit/ws",
      session_id: "spa24",
      onFrame: (frame, is_settled) => {
        frames.push(frame);
        if (is_settled) settled.push(frame);
      },
      onState: (state) => states.push(state),
    },
    fake.world,
  );
  connection.start();
  return { fake, connection, states, frames, settled };
}

const SNAPSHOT = { type: "snapshot" };
const ERROR = { type: "error", code: 4400, message: "bad request", ref: "x" };
const REQUEST = { type: "request_latest", session_id: "spa24" };

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

test("the silence is noticed within half a second", () => {
  const { fake, connection } = started();
  fake.answer();

  fake.pass(5501);

  assert.equal(connection.state, "lost");
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

test("a silent connection that is replaced no longer counts as connected", () => {
  const { fake, connection, states } = started();
  fake.answer();
  fake.now_ms += 3_600_000;

  connection.wake();

  assert.deepEqual(states, ["connected", "lost"]);
  fake.answer();
  assert.equal(connection.state, "connected");
});

test("after a network came back the next attempts are soon again", () => {
  const { fake, connection } = started();
  for (let i = 0; i < 6; i += 1) {
    fake.last.events.onClose();
    fake.pass(15_000);
  }

  fake.last.events.onClose();
  connection.wake();
  fake.last.events.onClose();
  const { length } = fake.sockets;
  fake.pass(1000);

  assert.equal(fake.sockets.length, length + 1);
});

test("an attempt from before the network came back is not waited for, a new one is", () => {
  const { fake, connection } = started();
  fake.pass(900);
  connection.wake();
  const young = fake.sockets.length;
  fake.pass(200);
  connection.wake();

  assert.equal(young, 1);
  assert.equal(fake.sockets.length, 2);
  assert.equal(fake.sockets[0]?.is_closed, true);
  assert.equal(connection.state, "connecting");
});

test("a bridge that refuses is not connected to and not hammered, but what it says is heard", () => {
  const { fake, frames, states } = started();
  const delays = [];
  for (let i = 0; i < 4; i += 1) {
    const lost_ms = fake.now_ms;
    fake.last.events.onOpen();
    fake.say(ERROR);
    fake.last.events.onClose(4400);
    const { length } = fake.sockets;
    while (fake.sockets.length === length) fake.pass(100);
    delays.push(fake.now_ms - lost_ms);
  }

  assert.deepEqual(delays, [1000, 2000, 4000, 8000]);
  assert.deepEqual(states, ["lost"]);
  assert.deepEqual(frames[0], ERROR);
});

test("a browser that was too slow asks for less each time, until the reader is back", () => {
  const { fake, connection } = started();
  const rates = [];
  for (let i = 0; i < 6; i += 1) {
    fake.answer();
    rates.push(Reflect.get(Object(fake.last.sent[0]), "max_hz"));
    fake.last.events.onClose(4008);
    fake.pass(1000);
  }
  fake.last.events.onClose();
  connection.wake();
  fake.answer();

  assert.deepEqual(rates, [undefined, 10, 5, 2, 1, 1]);
  assert.deepEqual(fake.last.sent[0], { type: "join_session", session_id: "spa24" });
});

test("a slow browser's hidden tab keeps to the lower rate of the two", () => {
  const { fake, connection } = started();
  fake.answer();
  fake.last.events.onClose(4008);
  fake.pass(1000);
  fake.answer();

  connection.limit(1);
  connection.limit(60);

  assert.deepEqual(
    fake.last.sent.map((frame) => Reflect.get(Object(frame), "max_hz")),
    [10, 1, 10],
  );
});

test("after a reconnection the session is joined, and asked for again when the bridge has settled", () => {
  const { fake, settled } = started();
  fake.answer();
  fake.say(SNAPSHOT);
  fake.pass(4000);
  const first = [...fake.last.sent];
  fake.last.events.onClose();
  fake.pass(1000);

  fake.answer();
  fake.say(SNAPSHOT);
  fake.pass(1999);
  const before = fake.last.sent.length;
  fake.pass(1);
  fake.say(SNAPSHOT);

  assert.equal(first.length, 1);
  assert.equal(before, 1);
  assert.deepEqual(fake.last.sent, [{ type: "join_session", session_id: "spa24" }, REQUEST]);
  assert.equal(settled.length, 1);
});

test("a bridge that has its broker back is asked again, one that lost it is not settled", () => {
  const { fake, settled } = started();
  fake.answer();
  fake.say(SNAPSHOT);

  fake.say({ type: "upstream", connected: true, since: 1 });
  fake.pass(2000);
  fake.say({ type: "upstream", connected: false, since: 1 });
  fake.say(SNAPSHOT);
  const unsettled = [...settled];
  fake.pass(4000);

  assert.deepEqual(fake.last.sent.slice(1), [REQUEST]);
  assert.deepEqual(unsettled, [{ type: "upstream", connected: false, since: 1 }]);
});

test("a bridge that has come back is not settled because the one before was", () => {
  const { fake, settled } = started();
  fake.answer();
  fake.say(SNAPSHOT);
  fake.say({ type: "upstream", connected: true, since: 1 });
  fake.pass(2000);
  fake.last.events.onClose();
  fake.pass(1000);

  fake.answer();
  fake.say(SNAPSHOT);

  assert.deepEqual(settled, []);
});

test("a connection that is lost before it settled asks nothing", () => {
  const { fake } = started();
  fake.answer();
  fake.say(SNAPSHOT);
  fake.last.events.onClose();
  fake.pass(1000);
  fake.answer();
  fake.say(SNAPSHOT);

  fake.last.events.onClose();
  fake.pass(1000);
  fake.last.events.onOpen();
  fake.pass(3000);

  assert.deepEqual(fake.sockets[1]?.sent, [{ type: "join_session", session_id: "spa24" }]);
  assert.deepEqual(fake.last.sent, [{ type: "join_session", session_id: "spa24" }]);
});

test("the round trip is measured every few seconds while the page wants it", () => {
  const { fake, connection } = started();
  connection.ping_ms = 2000;
  const pings = () => fake.last.sent.slice(1);
  fake.pass(3000); // not open yet
  fake.answer();
  for (let i = 0; i < 4; i += 1) {
    fake.pass(1000);
    fake.say({ type: "heartbeat" });
  }
  const seen = pings();
  connection.ping_ms = null;
  fake.pass(4000);

  assert.deepEqual(seen, [
    { type: "ping", t: 3500 },
    { type: "ping", t: 5500 },
  ]);
  assert.deepEqual(pings(), seen);

  connection.ping_ms = 2000;
  fake.last.events.onClose();
  fake.pass(1000);
  fake.answer();
  fake.pass(1500);
  assert.deepEqual(pings(), []);
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

test("what limits the frames is told, and why", () => {
  const { fake, connection } = started();
  fake.answer();
  const told = [connection.limited];

  connection.limit(2);
  for (let i = 0; i < 4; i += 1) {
    fake.last.events.onClose(4008);
    fake.pass(1000);
    fake.answer();
    told.push(connection.limited);
  }
  connection.limit(null);
  told.push(connection.limited);

  const [asked, slow] = [{ max_hz: 2, reason: "asked" }, { max_hz: 1, reason: "too slow" }];
  assert.deepEqual(told, [null, asked, asked, asked, slow, slow]);
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
