import assert from "node:assert/strict";
import { test } from "node:test";

import { familyOf } from "../../dashboard/js/car_families.js";

/** @import { Family } from "../../dashboard/js/car_families.js" */

/** @type {[string | null | undefined, Family][]} */
const CLASSES = [
  ["GT3", "gt3"],
  ["LMGT3", "gt3"],
  ["GTD PRO", "gt3"],
  ["GTE", "gte"],
  ["GTLM", "gte"],
  ["LMP2", "lmp2"],
  ["LMP2_ELMS", "lmp2"],
  ["LMP3", "lmp3"],
  ["Hypercar", "hypercar"],
  ["Hyper", "hypercar"],
  ["LMDh", "hypercar"],
  ["GTP", "hypercar"],
  ["gt3 class", "gt3"],
  ["Touring", "other"],
  ["", "other"],
  [null, "other"],
  [undefined, "other"],
];

for (const [name, family] of CLASSES) {
  test(`class ${name} has the limits of ${family}`, () => {
    assert.equal(familyOf(name), family);
  });
}
