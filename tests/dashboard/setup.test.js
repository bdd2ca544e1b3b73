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

  const groups = setupGroups(message, null);

  assert.deepEqual(groups.map(({ label }) => label), ["Tyres", "Electronics", "Custom group"]);
  assert.deepEqual(groups[0]?.lines[0]?.values, [
    { corner: "fl", text: "135 kPa" },
    { corner: "fr", text: "136 kPa" },
    { corner: "rl", text: "–" },
    { corner: "rr", text: "–" },
  ]);
  assert.equal(groups[1]?.lines[0]?.label, "TC cut");
});

test("what changed since the last revision says what it was", () => {
  const before = setup({ electronics: { tc: 4, abs: 5 }, tires: { camber: { fl: -3, fr: -3 } } });
  const after = setup(
    { electronics: { tc: 6, abs: 5, engine_map: 1 }, tires: { camber: { fl: -3.2, fr: -3 } } },
    { revision: 2 },
  );

  const was = setupGroups(after, before).flatMap(({ lines }) => lines.map((line) => line.was));

  assert.deepEqual(was, ["−3 / −3 / – / –", "4", null, null]);
});

test("names such as __proto__ are shown and touch nothing", () => {
  const hostile = JSON.parse('{"__proto__":{"toString":1,"<img src=x onerror=alert(1)>":"<b>"}}');

  const [group] = setupGroups(setup(hostile), setup(hostile));

  assert.deepEqual(group?.lines.map(({ label }) => label), [
    "ToString",
    "<img src=x onerror=alert(1)>",
  ]);
  assert.deepEqual(group?.lines.map(({ was }) => was), [null, null]);
  assert.equal(`${{}}`, "[object Object]");
});

test("no setup is no groups", () => {
  assert.deepEqual(setupGroups(null, null), []);
});
