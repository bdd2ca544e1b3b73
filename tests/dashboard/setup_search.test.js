import assert from "node:assert/strict";
import { test } from "node:test";

import { setupGroups } from "../../dashboard/js/setup.js";
import { searchSetup } from "../../dashboard/js/setup_search.js";
import { setup } from "./messages.js";

const GROUPS = setupGroups(
  setup({
    tires: {
      pressure: { fl: "135 kPa", fr: "136 kPa", rl: "132 kPa", rr: "132 kPa" },
      camber: { fl: -3.2, fr: -3, rl: -2, rr: -2 },
    },
    brakes: { brake_bias: "54.2:45.8", fr_duct: "Été" },
    electronics: { tc: 4, tc_cut: 5, ride_height_aid: false },
  }),
);

/** @type {[string, string, string[]][]} */
const CASES = [
  ["a name", "pressure", ["Pressure"]],
  ["part of a name, in capitals", "CAMB", ["Camber"]],
  ["a category, all its lines", "electronics", ["TC", "TC cut", "Ride height aid"]],
  ["a category as it is shown", "tyres", ["Pressure", "Camber"]],
  ["a category as it is sent", "tires", ["Pressure", "Camber"]],
  ["a name as it is sent", "tc_cut", ["TC cut"]],
  ["a name as it is shown", "tc cut", ["TC cut"]],
  ["a value", "136", ["Pressure"]],
  ["a switch", "off", ["Ride height aid"]],
  ["a number below zero, with the minus of the keyboard", "-3.2", ["Camber"]],
  ["an accent that is not typed", "ete", ["Fr duct"]],
  ["an accent that is not there", "prèssure", ["Pressure"]],
  ["a corner", "rear left", ["Pressure", "Camber"]],
  ["words in any order", "cut elec", ["TC cut"]],
  ["words of which one is nowhere", "brake camber", []],
  ["spaces around", "  bias ", ["Brake bias"]],
  ["signs of a pattern", ".*", []],
  ["nothing that is there", "wing", []],
];

for (const [name, typed, expected] of CASES) {
  test(`the setup is searched for ${name}: "${typed}"`, () => {
    const found = searchSetup(GROUPS, typed).flatMap(({ lines }) =>
      lines.map(({ label }) => label),
    );

    assert.deepEqual(found, expected);
  });
}

test("a group without a match is left out, and one with a match keeps its name", () => {
  assert.deepEqual(
    searchSetup(GROUPS, "bias").map(({ key, label }) => [key, label]),
    [["brakes", "Brakes"]],
  );
});

for (const typed of ["", "  ", "_"]) {
  test(`typed "${typed}" shows all`, () => {
    assert.equal(searchSetup(GROUPS, typed), GROUPS);
  });
}
