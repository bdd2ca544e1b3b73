import assert from "node:assert/strict";
import { test } from "node:test";

import { LocalShelf, MAX_SESSIONS } from "../../dashboard/js/shelf.js";

/** A `localStorage` of limited size. */
class FakeStorage {
  /** @type {Map<string, string>} */
  #items = new Map();
  max_chars = Infinity;

  get length() {
    return this.#items.size;
  }

  get keys() {
    return [...this.#items.keys()].sort();
  }

  /** @param {number} index */
  key(index) {
    return [...this.#items.keys()][index] ?? null;
  }

  /** @param {string} key */
  getItem(key) {
    return this.#items.get(key) ?? null;
  }

  /**
   * @param {string} key
   * @param {string} text
   */
  setItem(key, text) {
    const others = [...this.#items].filter(([name]) => name !== key);
    const chars = others.reduce((sum, [, { length }]) => sum + length, text.length);
    if (chars > this.max_chars) throw new Error("QuotaExceededError");
    this.#items.set(key, text);
  }

  /** @param {string} key */
  removeItem(key) {
    this.#items.delete(key);
  }
}

function shelved() {
  const storage = new FakeStorage();
  return { storage, shelf: new LocalShelf(() => storage) };
}

test("each part of each session is kept apart", () => {
  const { shelf } = shelved();

  shelf.save("spa24", "values", "a");
  shelf.save("spa24", "laps", "b");
  shelf.save("monza", "values", "c");

  assert.deepEqual(
    [shelf.load("spa24", "values"), shelf.load("spa24", "laps"), shelf.load("monza", "values")],
    ["a", "b", "c"],
  );
  assert.equal(shelf.load("monza", "laps"), null);
});

test("a handful of sessions is kept, those that were watched last", () => {
  const { shelf, storage } = shelved();
  for (let i = 0; i < MAX_SESSIONS; i += 1) shelf.save(`car-${i}`, "values", "x");
  shelf.save("car-0", "laps", "x");

  shelf.save("new", "values", "x");

  assert.equal(shelf.load("car-1", "values"), null);
  assert.equal(shelf.load("car-0", "values"), "x");
  assert.equal(shelf.load("new", "values"), "x");
  assert.equal(storage.keys.filter((key) => key.endsWith(".values")).length, MAX_SESSIONS);
});

test("a session that is dropped leaves nothing behind, its id neither", () => {
  const { shelf, storage } = shelved();
  shelf.save("spa24", "values", "a");
  shelf.save("spa24", "laps", "b");
  shelf.save("monza", "values", "c");

  shelf.drop("spa24");

  assert.deepEqual(storage.keys, ["pitboard.kept", "pitboard.kept.monza.values"]);
  assert.equal(storage.getItem("pitboard.kept"), '["monza"]');
});

test("when it is full, the session that is watched takes the place of the others", () => {
  const { shelf, storage } = shelved();
  shelf.save("spa24", "values", "x".repeat(60));
  storage.max_chars = 100;

  shelf.save("monza", "values", "y".repeat(60));

  assert.equal(shelf.load("monza", "values")?.length, 60);
  assert.equal(shelf.load("spa24", "values"), null);
});

test("what does not fit at all is not kept, and harms nobody", () => {
  const { shelf, storage } = shelved();
  storage.max_chars = 100;

  shelf.save("spa24", "values", "x".repeat(200));

  assert.equal(shelf.load("spa24", "values"), null);
});

for (const index of ["{", "7", '["../x", 7, null]', '"spa24"']) {
  test(`an index of ${index} is as good as none, and what it hides is cleared away`, () => {
    const { shelf, storage } = shelved();
    storage.setItem("pitboard.kept", index);
    storage.setItem("pitboard.kept.lost.values", "x");
    storage.setItem("pitboard.units", "{}");

    shelf.save("spa24", "values", "a");

    assert.deepEqual(storage.keys, [
      "pitboard.kept",
      "pitboard.kept.spa24.values",
      "pitboard.units",
    ]);
    assert.equal(storage.getItem("pitboard.kept"), '["spa24"]');
  });
}

test("a browser that refuses storage is a browser without", () => {
  const shelf = new LocalShelf(() => {
    throw new Error("SecurityError");
  });

  shelf.save("spa24", "values", "a");
  shelf.drop("spa24");

  assert.equal(shelf.load("spa24", "values"), null);
});
