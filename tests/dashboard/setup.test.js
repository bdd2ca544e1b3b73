import assert from "node:assert/strict";
import { test } from "node:test";

import { setupGroups } from "../../dashboard/js/setup.js";
import { setup } from "./messages.js";

test("settings are grouped in the crew's order, with words for names", () => {
  const message = setup({
    custom_group: { x: 1 },
    electronics: { tc_cut: 5 },
    tires: { pressure: { fl: "135 kPa", fr: "136 kPa", rl: null } },
    fuel: {},
  });

  const groups = setupGroups(message);

  assert.deepEqual(groups.map(({ label }) => label), ["Tyres", "Electronics", "Custom group"]);
  assert.deepEqual(groups[0]?.lines[0]?.values, [
    { corner: "fl", text: "135 kPa" },
    { corner: "fr", text: "136 kPa" },
    { corner: "rl", text: "–" },
    { corner: "rr", text: "–" },
  ]);
  assert.equal(groups[1]?.lines[0]?.label, "TC cut");
});

test("names such as __proto__ are shown and touch nothing", () => {
  const hostile = JSON.parse('{"__proto__":{"toString":1,"<img src=x onerror=alert(1)>":"<b>"}}');

  const [group] = setupGroups(setup(hostile));

  assert.deepEqual(group?.lines.map(({ label }) => label), [
    "ToString",
    "<img src=x onerror=alert(1)>",
  ]);
  assert.equal(`${{}}`, "[object Object]");
});

test("no setup is no groups", () => {
  assert.deepEqual(setupGroups(null), []);
});
