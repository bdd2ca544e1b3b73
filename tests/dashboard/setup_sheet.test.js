import assert from "node:assert/strict";
import { test } from "node:test";

import { diffSheets, sheetOf } from "../../dashboard/js/setup_sheet.js";

/** @import { SetupFields } from "../../dashboard/js/types.js" */

/** @typedef {SetupFields["setup"]} Setup */

const diff = (/** @type {Setup} */ before, /** @type {Setup} */ after) =>
  diffSheets(sheetOf(before), sheetOf(after));

/** @type {[string, Setup, Setup, string[]][]} */
const DIFFS = [
  ["nothing", { brakes: { bias: 54.2 } }, { brakes: { bias: 54.2 } }, []],
  ["a number", { brakes: { bias: 54.2 } }, { brakes: { bias: 55 } }, ["brakes bias: 54.2 > 55"]],
  ["a text", { tires: { type: "soft" } }, { tires: { type: "hard" } }, ["tires type: soft > hard"]],
  [
    "a switch",
    { other: { lights: true } },
    { other: { lights: false } },
    ["other lights: true > false"],
  ],
  ["zero", { brakes: { bias: 1 } }, { brakes: { bias: 0 } }, ["brakes bias: 1 > 0"]],
  [
    "two corners",
    { tires: { camber: { fl: -3, fr: -3, rl: -2, rr: -2 } } },
    { tires: { camber: { fl: -3, fr: -3.1, rl: -2, rr: -2.1 } } },
    ["tires camber fr: -3 > -3.1", "tires camber rr: -2 > -2.1"],
  ],
  ["a value that appears", {}, { fuel: { load: 40 } }, ["fuel load: null > 40"]],
  [
    "a value that goes",
    { fuel: { load: 40, map: 1 } },
    { fuel: { map: 1 } },
    ["fuel load: 40 > null"],
  ],
  ["a category that goes", { fuel: { load: 40 } }, {}, ["fuel load: 40 > null"]],
  [
    "a value that is null now",
    { fuel: { load: 40 } },
    { fuel: { load: null } },
    ["fuel load: 40 > null"],
  ],
  ["null for an empty text", { fuel: { load: "" } }, { fuel: { load: null } }, []],
  [
    "a corner that goes",
    { tires: { wear: { fl: 1, fr: null } } },
    { tires: { wear: { fl: null } } },
    ["tires wear fl: 1 > null"],
  ],
  [
    "one value for what was four",
    { tires: { psi: { fl: 20, fr: 21 } } },
    { tires: { psi: 20 } },
    ["tires psi: null > 20", "tires psi fl: 20 > null", "tires psi fr: 21 > null"],
  ],
  ["the noise of a float", { brakes: { bias: 54.2 } }, { brakes: { bias: 54.20001 } }, []],
  ["a number sent as text", { electronics: { tc: 4 } }, { electronics: { tc: "4" } }, []],
  [
    "names that run together",
    { "a/b": { c: 1 } },
    { a: { "b/c": 1 } },
    ["a b/c: null > 1", "a/b c: 1 > null"],
  ],
];

for (const [name, before, after, expected] of DIFFS) {
  test(`the difference of two setups: ${name}`, () => {
    const changes = diff(before, after).map((change) => {
      const where = [change.category, change.name, change.corner ?? []].flat().join(" ");
      return `${where}: ${change.before} > ${change.after}`;
    });

    assert.deepEqual(changes, expected);
  });
}

test("names such as __proto__ compare and touch nothing", () => {
  const hostile = JSON.parse('{"__proto__":{"toString":1}}');

  assert.deepEqual(
    diff({}, hostile).map(({ category, name }) => [category, name]),
    [["__proto__", "toString"]],
  );
  assert.deepEqual(diff(hostile, hostile), []);
  assert.equal(`${{}}`, "[object Object]");
});
