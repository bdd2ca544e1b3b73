/** The service worker, run as the browser runs it: against a cache and a network. */

import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

const ORIGIN = "http://127.0.0.1:8000";
const SHELL = {
  version: "new",
  start: "/v/new/static/index.html",
  session: "/v/new/static/session.html",
  files: ["/v/new/static/index.html", "/v/new/static/session.html", "/v/new/static/js/main.js"],
};

/** @typedef {{ waitUntil?: (work: Promise<unknown>) => void, request?: object, respondWith?: (answer: Promise<Response>) => void }} Event */
/** @type {Map<string, (event: Event) => void>} */
const listeners = new Map();
/** @type {Map<string, Map<string, Response>>} */
let stored = new Map();
/** @type {(path: string) => Promise<Response>} */
let network = () => Promise.reject(new TypeError("Failed to fetch"));
/** @type {string[]} */
let asked = [];

/** @param {string} path */
const ask = (path) => {
  asked.push(path);
  return network(path);
};

const scope = {
  SHELL,
  skipWaiting: () => Promise.resolve(),
  addEventListener: (/** @type {string} */ type, /** @type {(event: Event) => void} */ run) =>
    void listeners.set(type, run),
};

const caches = {
  async open(/** @type {string} */ name) {
    const cache = stored.get(name) ?? new Map();
    stored.set(name, cache);
    return {
      async addAll(/** @type {string[]} */ paths) {
        const responses = await Promise.all(paths.map(ask));
        if (responses.some(({ ok }) => !ok)) throw new TypeError("Request failed");
        for (const [i, path] of paths.entries()) cache.set(path, responses[i]);
      },
    };
  },
  keys: async () => [...stored.keys()],
  delete: async (/** @type {string} */ name) => stored.delete(name),
  match: async (/** @type {string} */ path) =>
    [...stored.values()].map((cache) => cache.get(path)).find((response) => response !== undefined),
};

Object.assign(globalThis, {
  self: scope,
  caches,
  location: new URL(`${ORIGIN}/sw.js`),
  fetch: (/** @type {{ url: string }} */ { url }) => ask(new URL(url).pathname),
});
await import("../../dashboard/sw.js");

/** @param {string} type */
async function live(type) {
  /** @type {Promise<unknown> | undefined} */
  let work;
  listeners.get(type)?.({ waitUntil: (/** @type {Promise<unknown>} */ promise) => (work = promise) });
  await work;
}

/**
 * What the page gets, or null when the worker leaves the request to the browser.
 * @param {string} url
 * @param {{ method?: string, mode?: string }} [about]
 */
async function get(url, { method = "GET", mode = "navigate" } = {}) {
  /** @type {Promise<Response> | null} */
  let answer = null;
  const request = { url: new URL(url, ORIGIN).href, method, mode };
  listeners.get("fetch")?.({
    request,
    respondWith: (/** @type {Promise<Response>} */ promise) => {
      answer = promise;
    },
  });
  const response = /** @type {Response | null} */ (await answer);
  return response === null ? null : response.text();
}

const online = async (/** @type {string} */ path) => new Response(`network ${path}`);
const offline = () => Promise.reject(new TypeError("Failed to fetch"));

beforeEach(() => {
  stored = new Map();
  network = online;
  asked = [];
});

async function installed() {
  await live("install");
  for (const [path] of stored.get("new") ?? []) {
    stored.get("new")?.set(path, new Response(`kept ${path}`));
  }
  asked = [];
}

test("it keeps the files of its version and of no other", async () => {
  stored.set("old", new Map());

  await live("install");
  await live("activate");

  assert.deepEqual([...stored.keys()], ["new"]);
  assert.deepEqual([...(stored.get("new")?.keys() ?? [])], SHELL.files);
});

test("a version that is not whole is not installed", async () => {
  network = async (path) => new Response("", { status: path.endsWith("main.js") ? 404 : 200 });

  await assert.rejects(live("install"));
});

test("a page is the bridge's while the bridge answers", async () => {
  await installed();

  assert.equal(await get("/s/spa24"), "network /s/spa24");
  assert.equal(await get("/"), "network /");
});

test("without the bridge one page serves every session", async () => {
  await installed();
  network = offline;

  assert.equal(await get("/s/spa24"), "kept /v/new/static/session.html");
});

test("without the bridge there is a start page", async () => {
  await installed();
  network = offline;

  assert.equal(await get("/?x=1"), "kept /v/new/static/index.html");
});

for (const status of [502, 503, 504]) {
  test(`a proxy's ${status} is a bridge that is gone`, async () => {
    await installed();
    network = async () => new Response("gone", { status });

    assert.equal(await get("/s/spa24"), "kept /v/new/static/session.html");
  });
}

test("what the bridge refuses is refused", async () => {
  await installed();
  network = async () => new Response("no such session", { status: 404 });

  assert.equal(await get("/s/spa24"), "no such session");
});

test("a bridge that does not answer is not waited for", async (t) => {
  await installed();
  t.mock.timers.enable({ apis: ["setTimeout"] });
  network = () => new Promise(() => {});

  const page = get("/s/spa24");
  // The cache answers before the wait begins.
  await new Promise(setImmediate);
  t.mock.timers.tick(4000);

  assert.equal(await page, "kept /v/new/static/session.html");
});

test("the first visit is the bridge's, whatever it says", async () => {
  network = async () => new Response("starting", { status: 503 });
  assert.equal(await get("/s/spa24"), "starting");

  network = offline;
  await assert.rejects(get("/s/spa24"));
});

test("a file of a version is asked for once", async () => {
  await installed();

  assert.equal(await get("/v/new/static/js/main.js", { mode: "cors" }), "kept /v/new/static/js/main.js");
  assert.deepEqual(asked, []);
});

test("a file of another version comes from a bridge of that version or not at all", async () => {
  await installed();

  assert.equal(await get("/v/next/static/js/main.js", { mode: "cors" }), "network /v/next/static/js/main.js");
  network = offline;
  await assert.rejects(get("/v/next/static/js/main.js", { mode: "cors" }));
});

for (const path of ["/api/sessions", "/api/sessions/spa24", "/ws", "/metrics", "/livez", "/sw.js"]) {
  test(`${path} is the bridge's alone`, async () => {
    await installed();

    assert.equal(await get(path, { mode: "cors" }), null);
    assert.equal(await get(path), null);
    assert.deepEqual(asked, []);
  });
}

test("another site and anything but GET is left alone", async () => {
  await installed();

  assert.equal(await get("https://pit.example/s/spa24"), null);
  assert.equal(await get("/s/spa24", { method: "POST" }), null);
  assert.equal(await get("/s/spa24", { mode: "cors" }), null);
});
