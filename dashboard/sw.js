/**
 * The service worker: opens the pages where there is no bridge.
 *
 * The bridge puts `SHELL` in front, which names the files of its version. Their addresses carry
 * the version, so a page and its files belong together wherever each of them comes from.
 */

/**
 * @typedef {object} Shell
 * @property {string} version
 * @property {string} start the start page
 * @property {string} session the page of every session
 * @property {string} cars the page of several
 * @property {string[]} files all that the two need, themselves included
 */

/** A bridge that takes longer is not waited for when the page is at hand. */
const PATIENCE_MS = 4000;
/** What a proxy in front says when the bridge is gone. */
const GONE = [502, 503, 504];

/** @param {Shell} shell */
async function install({ version, files }) {
  const cache = await caches.open(version);
  await cache.addAll(files);
}

/** @param {Shell} shell */
async function removeOthers({ version }) {
  const others = (await caches.keys()).filter((name) => name !== version);
  await Promise.all(others.map((name) => caches.delete(name)));
}

/**
 * The page's answer, or null for what is the bridge's alone: data is never from yesterday.
 * @param {Pick<Request, "method" | "mode" | "url">} request
 * @param {() => Promise<Response>} ask
 * @param {Shell} shell
 * @returns {Promise<Response> | null}
 */
function answer({ method, mode, url }, ask, { start, session, cars }) {
  const { origin, pathname } = new URL(url);
  if (method !== "GET" || origin !== location.origin) return null;
  if (pathname.startsWith("/v/")) return kept(pathname, ask);
  if (mode !== "navigate") return null;
  if (pathname === "/") return fresh(start, ask);
  if (!pathname.startsWith("/s/")) return null;
  return fresh(pathname.includes("+") ? cars : session, ask);
}

/**
 * A file of one version never changes.
 * @param {string} path
 * @param {() => Promise<Response>} ask
 */
async function kept(path, ask) {
  return (await caches.match(path)) ?? ask();
}

/**
 * A page of the bridge's version, or the one at hand while the bridge does not answer.
 * @param {string} path
 * @param {() => Promise<Response>} ask
 */
async function fresh(path, ask) {
  const at_hand = await caches.match(path);
  if (at_hand === undefined) return ask();
  const asked = ask().then(
    (response) => (GONE.includes(response.status) ? at_hand : response),
    () => at_hand,
  );
  const later = new Promise((resolve) => setTimeout(resolve, PATIENCE_MS, at_hand));
  return Promise.race([asked, later]);
}

/** @typedef {Event & { waitUntil(work: Promise<unknown>): void }} LifeEvent */
/** @typedef {Event & { request: Request, respondWith(answer: Promise<Response>): void }} FetchEvent */

/**
 * @typedef {object} Scope
 * @property {Shell} SHELL
 * @property {() => Promise<void>} skipWaiting
 * @property {(type: string, run: (event: LifeEvent & FetchEvent) => void) => void} addEventListener
 */

/** @param {Scope} scope */
function serve(scope) {
  const shell = scope.SHELL;
  scope.addEventListener("install", (event) => {
    // No page mixes versions, so none needs to be closed before this one may serve.
    void scope.skipWaiting();
    event.waitUntil(install(shell));
  });
  scope.addEventListener("activate", (event) => event.waitUntil(removeOthers(shell)));
  scope.addEventListener("fetch", (event) => {
    const response = answer(event.request, () => fetch(event.request), shell);
    if (response !== null) event.respondWith(response);
  });
}

/**
 * The types that are checked here are those of pages, not of workers.
 * @type {object}
 */
const here = globalThis;
serve(Reflect.get(here, "self"));
