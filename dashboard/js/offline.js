/** The service worker, which opens the page where there is no bridge. */

/** @param {Navigator} navigator */
export async function registerWorker(navigator) {
  try {
    // There is none without TLS, but for localhost.
    if ("serviceWorker" in navigator) await navigator.serviceWorker.register("/sw.js");
  } catch {
    // Private windows refuse, and so does a bridge that is gone; the page works without.
  }
}
