import assert from "node:assert/strict";
import { test } from "node:test";

import { DEFAULT_UNITS } from "../../dashboard/js/format.js";
import { changedUnits, loadUnits, saveUnits } from "../../dashboard/js/units.js";
import { items } from "./items.js";

test("chosen units are kept", () => {
  /** @type {Map<string, string>} */
  const kept = new Map();
  const storage = {
    getItem: (/** @type {string} */ key) => kept.get(key) ?? null,
    setItem: (/** @type {string} */ key, /** @type {string} */ text) => void kept.set(key, text),
  };

  saveUnits(() => storage, DEFAULT_UNITS, changedUnits(DEFAULT_UNITS, "pressure", "psi"));

  assert.deepEqual(loadUnits(() => storage), { ...DEFAULT_UNITS, pressure: "psi" });
});

test("two tabs that change different units lose neither", () => {
  const storage = items();

  saveUnits(storage, DEFAULT_UNITS, changedUnits(DEFAULT_UNITS, "pressure", "psi"));
  saveUnits(storage, DEFAULT_UNITS, changedUnits(DEFAULT_UNITS, "fuel", "gal"));

  assert.deepEqual(loadUnits(storage), { ...DEFAULT_UNITS, pressure: "psi", fuel: "gal" });
});

for (const stored of ["", "{", "null", "[]", '{"pressure":"atm","__proto__":{"fuel":"gal"}}']) {
  test(`units stored as ${JSON.stringify(stored)} do no harm`, () => {
    assert.deepEqual(loadUnits(() => ({ getItem: () => stored })), DEFAULT_UNITS);
  });
}

test("a browser that refuses to store is no error", () => {
  const refuse = () => {
    throw new Error("refused");
  };

  saveUnits(refuse, DEFAULT_UNITS, changedUnits(DEFAULT_UNITS, "fuel", "gal"));

  assert.deepEqual(loadUnits(refuse), DEFAULT_UNITS);
});
