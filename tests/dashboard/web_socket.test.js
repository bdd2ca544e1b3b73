/** The socket that is opened before the page can hear it. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { EarlySocket, joinText, socketUrl } from "../../dashboard/js/web_socket.js";

/** @import { SocketEvents } from "../../dashboard/js/socket.js" */

const URL = "ws://pit:8000/ws";
const JOIN = joinText("spa24");

/** Sockets that do what the test says. */
class FakeNetwork {
  /** @type {{ url: string, events: SocketEvents, sent: string[], is_closed: boolean }[]} */
  sockets = [];

  /**
   * @param {string} url
   * @param {SocketEvents} events
   */
  open = (url, events) => {
    const socket = { url, events, sent: /** @type {string[]} */ ([]), is_closed: false };
    this.sockets.push(socket);
    return {
      send: (/** @type {string} */ text) => void socket.sent.push(text),
      close: () => {
        socket.is_closed = true;
      },
    };
  };

  get first() {
    const [socket] = this.sockets;
    assert(socket !== undefined);
    return socket;
  }
}

/** What a page hears. */
function listener() {
  /** @type {unknown[]} */
  const heard = [];
  return {
    heard,
    events: {
      onOpen: () => void heard.push("open"),
      onText: (/** @type {unknown} */ text) => void heard.push(text),
      onClose: (/** @type {number | undefined} */ code) => void heard.push(`closed ${code}`),
    },
  };
}

function early() {
  const network = new FakeNetwork();
  return { network, socket: new EarlySocket(network.open, URL, JOIN) };
}

test("the bridge is asked for the session before anybody takes the socket", () => {
  const { network } = early();

  network.first.events.onOpen();

  assert.deepEqual([network.first.url, network.first.sent], [URL, [JOIN]]);
});

test("who takes it hears what has been, in its order, and then what comes", async () => {
  const { network, socket } = early();
  const { heard, events } = listener();
  network.first.events.onOpen();
  network.first.events.onText("snapshot");

  socket.open(URL, events);
  const at_once = [...heard];
  await Promise.resolve();
  network.first.events.onText("telemetry");

  assert.deepEqual(at_once, []);
  assert.deepEqual(heard, ["open", "snapshot", "telemetry"]);
});

test("a socket that is not open yet opens for who has taken it", async () => {
  const { network, socket } = early();
  const { heard, events } = listener();
  socket.open(URL, events);
  await Promise.resolve();

  network.first.events.onOpen();

  assert.deepEqual(heard, ["open"]);
  assert.deepEqual(network.first.sent, [JOIN]);
});

test("one that the bridge has closed is heard to be closed", async () => {
  const { network, socket } = early();
  const { heard, events } = listener();
  network.first.events.onClose(1012);

  socket.open(URL, events);
  await Promise.resolve();

  assert.deepEqual(heard, ["closed 1012"]);
});

test("what was asked early is not asked again, but any later wish is", () => {
  const { network, socket } = early();
  network.first.events.onOpen();
  const taken = socket.open(URL, listener().events);

  for (const text of [JOIN, joinText("spa24", 1), JOIN]) taken.send(text);

  assert.deepEqual(network.first.sent, [JOIN, joinText("spa24", 1), JOIN]);
});

test("a page that is hidden asks for less at once, and for all when it is seen", () => {
  const { network, socket } = early();
  network.first.events.onOpen();
  const taken = socket.open(URL, listener().events);

  for (const text of [joinText("spa24", 1), JOIN]) taken.send(text);

  assert.deepEqual(network.first.sent, [JOIN, joinText("spa24", 1), JOIN]);
});

test("each later connection is a new one", () => {
  const { network, socket } = early();
  socket.open(URL, listener().events).close();

  socket.open(URL, listener().events);

  assert.equal(network.sockets.length, 2);
  assert.deepEqual(network.sockets.map(({ is_closed }) => is_closed), [true, false]);
});

test("a page that never takes over is not sent to for ever", async () => {
  const { network, socket } = early();
  const { heard, events } = listener();
  for (let i = 0; i < 600; i += 1) network.first.events.onText(`${i}`);

  assert(network.first.is_closed);
  network.first.events.onClose(1005);
  socket.open(URL, events);
  await Promise.resolve();

  assert.equal(heard.at(-1), "closed 1005");
});

test("a join names a rate only when there is one", () => {
  assert.deepEqual(JSON.parse(joinText("a", 10)), { type: "join_session", session_id: "a", max_hz: 10 });
  assert.deepEqual(JSON.parse(joinText("a")), { type: "join_session", session_id: "a" });
});

test("the socket follows the page to TLS", () => {
  assert.equal(socketUrl({ protocol: "https:", host: "pit.example" }), "wss://pit.example/ws");
  assert.equal(socketUrl({ protocol: "http:", host: "10.0.0.2:8000" }), "ws://10.0.0.2:8000/ws");
});
