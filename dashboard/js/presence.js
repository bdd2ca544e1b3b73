/** Whether somebody looks at the page: asks for no more than is looked at, and saves before the end. */

/** @import { Connection } from "./socket.js" */

/** Often enough for 30 samples a minute, and a twentieth of what a browser may send. */
export const PING_MS = 2000;
const HIDDEN_HZ = 1;
const METERED_HZ = 2;

/** @param {Connection} connection */
export function followVisibility(connection) {
  const limit = () => {
    connection.limit(document.hidden ? HIDDEN_HZ : isMetered() ? METERED_HZ : null);
    connection.ping_ms = document.hidden ? null : PING_MS;
  };
  limit();
  document.addEventListener("visibilitychange", () => {
    limit();
    if (!document.hidden) connection.wake();
  });
  // A page restored from the back/forward cache finds its socket closed.
  addEventListener("pageshow", (event) => {
    if (event.persisted) connection.wake();
  });
  addEventListener("online", () => connection.wake());
  // From the garage's network to that of a phone, and back.
  networkOf()?.addEventListener("change", limit);
}

/**
 * A phone ends hidden pages without another word.
 * @param {() => void} save
 */
export function saveBeforeEnd(save) {
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) save();
  });
  addEventListener("pagehide", save);
}

/** Whether each byte costs the reader, where the browser tells: few but those of phones do. */
function isMetered() {
  const network = networkOf();
  if (network === null) return false;
  const saves = "saveData" in network && network.saveData === true;
  return saves || ("type" in network && network.type === "cellular");
}

function networkOf() {
  /** @type {unknown} */
  const network = "connection" in navigator ? navigator.connection : null;
  return network instanceof EventTarget ? network : null;
}
