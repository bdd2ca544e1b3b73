/** The browser's WebSocket to the bridge, and one that is opened before the page can hear it. */

/** @import { SocketEvents, World } from "./socket.js" */

/** Of a page that never takes over, or so late that it had better begin anew. */
const MOST_HELD = 600;

/**
 * The bridge's WebSocket at the address that the page came from.
 * @param {{ protocol: string, host: string }} location
 */
export function socketUrl({ protocol, host }) {
  return `${protocol === "https:" ? "wss:" : "ws:"}//${host}/ws`;
}

/**
 * @param {string} session_id
 * @param {number} [max_hz] the most frames a second; without it all
 */
export function joinText(session_id, max_hz = Infinity) {
  const rate = max_hz === Infinity ? {} : { max_hz };
  return JSON.stringify({ type: "join_session", session_id, ...rate });
}

/** @type {World["open"]} */
export function openSocket(url, { onOpen, onText, onClose }) {
  const socket = new WebSocket(url);
  socket.onopen = onOpen;
  socket.onmessage = (event) => onText(event.data);
  socket.onclose = ({ code }) => onClose(code);
  return socket;
}

/** Says the first words for who will take it, and holds what it is told meanwhile. */
export class EarlySocket {
  #open;
  #socket;
  #greeting;
  #is_taken = false;
  /** @type {SocketEvents | null} */
  #events = null;
  /** @type {((events: SocketEvents) => void)[]} */
  #held = [];

  /**
   * @param {World["open"]} open
   * @param {string} url
   * @param {string} greeting is sent when it is open
   */
  constructor(open, url, greeting) {
    this.#open = open;
    this.#greeting = greeting;
    this.#socket = open(url, {
      onOpen: () => {
        this.#socket.send(greeting);
        this.#tell((events) => events.onOpen());
      },
      onText: (text) => this.#tell((events) => events.onText(text)),
      onClose: (code) => this.#tell((events) => events.onClose(code)),
    });
  }

  /**
   * At first this socket, which then tells at once what has been; later a new one each time.
   * @type {World["open"]}
   */
  open = (url, events) => {
    if (this.#is_taken) return this.#open(url, events);
    this.#is_taken = true;
    queueMicrotask(() => {
      this.#events = events;
      for (const tell of this.#held.splice(0)) tell(events);
    });
    let is_first = true;
    return {
      send: (text) => {
        // What has been said would be answered a second time.
        if (!is_first || text !== this.#greeting) this.#socket.send(text);
        is_first = false;
      },
      close: () => this.#socket.close(),
    };
  };

  /** @param {(events: SocketEvents) => void} tell */
  #tell(tell) {
    if (this.#events !== null) tell(this.#events);
    else if (this.#held.push(tell) === MOST_HELD) this.#socket.close();
  }
}
