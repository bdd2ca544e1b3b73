/** The pages as files: what the Content-Security-Policy and other people's tests rely on. */

import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";

const ROOT = new URL("../../dashboard/", import.meta.url);
const read = (/** @type {string} */ path) => readFileSync(new URL(path, ROOT), "utf8");
const PAGES = ["index.html", "session.html", "cars.html"];
const MODULES = readdirSync(new URL("js/", ROOT), { recursive: true, encoding: "utf8" })
  .filter((path) => path.endsWith(".js"))
  .map((path) => `js/${path}`);

const CORNERS = ["fl", "fr", "rl", "rr"];
const HOOKS = [
  ..."speed gear rpm fuel fuel-percent fuel-per-lap laps-left position lap driver car".split(" "),
  ..."track connection age monitor-state lap-table setup kept quality quality-details".split(" "),
  ...CORNERS.flatMap((c) => [`tire-${c}-temp`, `tire-${c}-pressure`, `tire-${c}-wear`, `brake-${c}`]),
];

test("each hook is on the session page exactly once", () => {
  const page = read("session.html");

  for (const hook of HOOKS) {
    assert.equal(page.split(`data-test="${hook}"`).length - 1, 1, hook);
  }
});

for (const path of PAGES) {
  test(`${path} holds nothing that the policy forbids`, () => {
    const page = read(path);

    assert.doesNotMatch(page, /<style|\sstyle=|\son[a-z]+=/i);
    assert.doesNotMatch(page, /<script(?![^>]*\ssrc="\/static\/)/);
    assert.doesNotMatch(page, /(?:src|href)="(?:https?:)?\/\//);
  });

  test(`${path} names only files that exist`, () => {
    const files = [...read(path).matchAll(/"\/static\/([^"]+)"/g)].map((match) => match[1] ?? "");

    assert(files.length > 2);
    for (const file of files) assert.doesNotThrow(() => read(file), file);
  });
}

test("received text can only ever become text", () => {
  assert(MODULES.length > 20);
  for (const path of MODULES) {
    assert.doesNotMatch(
      read(path),
      /innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function|createContextualFragment/,
      path,
    );
  }
});

test("only the socket trusts JSON", () => {
  const trusting = MODULES.filter((path) => /\/\*\* @type \{(?!const)[^}]*\} \*\/ \(/.test(read(path)));

  assert.deepEqual(trusting, ["js/socket.js"]);
});

test("no module outgrows a reader", () => {
  // The words of all are one list.
  for (const path of MODULES.filter((path) => path !== "js/words.js")) {
    assert(read(path).split("\n").length <= 300, path);
  }
});

test("a page has one live region for its state", () => {
  const regions = read("session.html").match(/role="(?:status|alert|log)"|aria-live/g);

  assert.deepEqual(regions, ['role="status"']);
});
