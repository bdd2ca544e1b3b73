import assert from "node:assert/strict";
import { test } from "node:test";

import { MapShelf, MAX_MAPS } from "../../dashboard/js/map_shelf.js";
import { items, refusing } from "./items.js";

/** @import { SavedMap } from "../../dashboard/js/track_map.js" */

/**
 * @param {string} track
 * @returns {SavedMap}
 */
const map = (track) => ({ v: 1, track, layout: null, length_m: 4000, points: [] });

test("of many maps the newest few are kept, each once", () => {
  const shelf = new MapShelf(items());
  const names = Array.from({ length: MAX_MAPS + 1 }, (_, i) => `track ${i}`);

  for (const name of [...names, "track 1"]) shelf.save(name, map(name));

  const held = names.filter((name) => shelf.load(name) !== null);
  assert.deepEqual(held, names.slice(1));
  assert.deepEqual(shelf.load("track 1"), map("track 1"));
});

test("where there is no room for all, the newest map is kept alone", () => {
  const storage = items()();
  const small = {
    getItem: storage.getItem,
    setItem(/** @type {string} */ key, /** @type {string} */ text) {
      if (text.length > 120) throw new Error("full");
      storage.setItem(key, text);
    },
  };
  const shelf = new MapShelf(() => small);

  shelf.save("old", map("old"));
  shelf.save("new", map("new"));

  assert.deepEqual([shelf.load("old"), shelf.load("new")], [null, map("new")]);
});

for (const stored of ["{", "3", "null", "{}", '[1, null, [], [2, 3], ["other"]]']) {
  test(`what is no list of maps holds none: ${stored}`, () => {
    const shelf = new MapShelf(items({ "pitboard.maps": stored }));

    assert.equal(shelf.load("track"), null);
    shelf.save("track", map("track"));
    assert.deepEqual(shelf.load("track"), map("track"));
  });
}

test("a browser that refuses to store is no failure", () => {
  const shelf = new MapShelf(refusing);

  shelf.save("track", map("track"));

  assert.equal(shelf.load("track"), null);
});
