import assert from "node:assert/strict";
import { test } from "node:test";

import {
  changedRule,
  DEFAULT_PREFS,
  hide,
  loadPrefs,
  move,
  ordered,
  reset,
  savePrefs,
  show,
  shown,
} from "../../dashboard/js/prefs.js";
import { items, refusing } from "./items.js";

/** @import { Prefs } from "../../dashboard/js/prefs.js" */

const KNOWN = ["fuel", "tires", "laps", "setup"];

/** @type {[string, Partial<Prefs>, string, number, string[]][]} */
const MOVES = [
  ["to the front", {}, "laps", 0, ["laps", "fuel", "tires", "setup"]],
  ["to the end", {}, "fuel", 3, ["tires", "laps", "setup", "fuel"]],
  ["one down", {}, "fuel", 1, ["tires", "fuel", "laps", "setup"]],
  ["one up", {}, "setup", 2, ["fuel", "tires", "setup", "laps"]],
  ["to where it is", {}, "tires", 1, KNOWN],
  ["past the end", {}, "fuel", 99, ["tires", "laps", "setup", "fuel"]],
  ["before the front", {}, "laps", -1, ["laps", "fuel", "tires", "setup"]],
  ["to no place", {}, "laps", NaN, KNOWN],
  ["that is unknown", {}, "radar", 0, KNOWN],
  [
    "past one of a newer page",
    { order: ["radar", "fuel", "map", "tires"] },
    "tires",
    0,
    ["tires", "fuel", "laps", "setup"],
  ],
  ["that is hidden", { hidden: ["laps"] }, "laps", 0, ["laps", "fuel", "tires", "setup"]],
];

for (const [name, prefs, id, place, expected] of MOVES) {
  test(`a widget is moved ${name}`, () => {
    const moved = move({ ...DEFAULT_PREFS, ...prefs }, KNOWN, id, place);

    assert.deepEqual(ordered(moved, KNOWN), expected);
  });
}

test("moves add up, and every place can be reached from every other", () => {
  for (const id of KNOWN) {
    for (const place of KNOWN.keys()) {
      const start = move(move(DEFAULT_PREFS, KNOWN, "setup", 0), KNOWN, "fuel", 2);
      assert.equal(ordered(move(start, KNOWN, id, place), KNOWN).indexOf(id), place);
    }
  }
});

/** @type {[string, string[], string[]][]} */
const ORDERS = [
  ["nothing was moved", [], KNOWN],
  [
    "widgets were added since, each after the one before it by default",
    ["setup", "fuel"],
    ["setup", "fuel", "tires", "laps"],
  ],
  ["the first by default was added since", ["tires", "laps", "setup"], KNOWN],
  [
    "it has widgets of a newer page",
    ["radar", "setup", "map", "laps", "tires", "fuel"],
    ["setup", "laps", "tires", "fuel"],
  ],
];

for (const [name, order, expected] of ORDERS) {
  test(`the order when ${name}`, () => {
    assert.deepEqual(ordered({ ...DEFAULT_PREFS, order }, KNOWN), expected);
  });
}

test("a hidden widget is not shown until it is shown again, in its place", () => {
  const hidden = hide(hide(DEFAULT_PREFS, "tires"), "tires");

  assert.deepEqual(shown(hidden, KNOWN), ["fuel", "laps", "setup"]);
  assert.deepEqual(hidden.hidden, ["tires"]);
  assert.deepEqual(shown(show(hidden, "tires"), KNOWN), KNOWN);
});

test("widgets of a newer page are kept, though this one does not show them", () => {
  const storage = items();
  const newer = { ...DEFAULT_PREFS, order: ["radar", "fuel", "map"], hidden: ["map", "tires"] };

  savePrefs(storage, move(show(newer, "tires"), KNOWN, "setup", 0));

  const { order, hidden } = loadPrefs(storage);
  assert.deepEqual(hidden, ["map"]);
  assert.deepEqual(
    order.filter((id) => !KNOWN.includes(id)),
    ["radar", "map"],
  );
  assert.deepEqual(ordered(loadPrefs(storage), KNOWN), ["setup", "fuel", "tires", "laps"]);
});

test("a reset puts the widgets back and leaves the other choices", () => {
  /** @type {Prefs} */
  const prefs = {
    ...hide(move(DEFAULT_PREFS, KNOWN, "setup", 0), "fuel"),
    theme: "dark",
    has_sound: true,
  };

  assert.deepEqual(reset(prefs), { ...DEFAULT_PREFS, theme: "dark", has_sound: true });
});

/** @type {Prefs} */
const ALL = {
  order: ["setup", "fuel"],
  hidden: ["laps"],
  theme: "light",
  is_wall: true,
  has_sound: true,
  has_notifications: true,
  driver_rules: { min_total: 21_600, max_total: 50_400, max_continuous: 14_400 },
};

test("all choices are remembered", () => {
  const storage = items();

  savePrefs(storage, ALL);

  assert.deepEqual(loadPrefs(storage), ALL);
});

/** @type {[string, object, Partial<Prefs>][]} */
const BAD = [
  ["an order that is no list", { order: "fuel" }, { order: [] }],
  [
    "an order with other things in it",
    { order: [7, null, "fuel", "FUEL", "../x", "fuel"] },
    { order: ["fuel"] },
  ],
  [
    "an order without end",
    { order: Array.from({ length: 200 }, (_, i) => `w${i}`) },
    { order: Array.from({ length: 100 }, (_, i) => `w${i}`) },
  ],
  ["hidden ones that are no list", { hidden: {} }, { hidden: [] }],
  ["an unknown theme", { theme: "pink" }, { theme: "auto" }],
  ["a switch that is a number", { is_wall: 1 }, { is_wall: false }],
  ["a switch that is a text", { has_sound: "yes" }, { has_sound: false }],
  ["a switch that is null", { has_notifications: null }, { has_notifications: false }],
  ["rules that are no object", { driver_rules: 7 }, { driver_rules: DEFAULT_PREFS.driver_rules }],
  ["rules that are null", { driver_rules: null }, { driver_rules: DEFAULT_PREFS.driver_rules }],
  [
    "one rule that is none",
    { driver_rules: { min_total: -1, max_total: 50_400, max_continuous: "4 h", x: 1 } },
    { driver_rules: { min_total: null, max_total: 50_400, max_continuous: null } },
  ],
];

for (const [name, bad, read] of BAD) {
  test(`${name} among the stored choices does not discard the others`, () => {
    const text = JSON.stringify({ v: 1, ...ALL, ...bad });

    assert.deepEqual(loadPrefs(items({ "pitboard.prefs": text })), { ...ALL, ...read });
  });
}

for (const stored of [
  "",
  "{",
  "null",
  "[]",
  "7",
  '{"v":2,"theme":"dark"}',
  '{"__proto__":{"v":1,"theme":"dark"}}',
]) {
  test(`choices stored as ${JSON.stringify(stored)} do no harm`, () => {
    assert.deepEqual(loadPrefs(items({ "pitboard.prefs": stored })), DEFAULT_PREFS);
  });
}

/** @type {[unknown, number | null][]} */
const RULES = [
  [14_400, 14_400],
  [null, null],
  [0, 600],
  [-1, 600],
  [604_799, 604_799],
  [604_800, 600],
  [NaN, 600],
  ["14400", 600],
];

for (const [value, expected] of RULES) {
  test(`a driving time of ${value} s ${expected === value ? "is a rule" : "is refused"}`, () => {
    const before = changedRule(DEFAULT_PREFS, "max_continuous", 600);

    const { driver_rules } = changedRule(before, "max_continuous", value);

    assert.deepEqual(driver_rules, { ...DEFAULT_PREFS.driver_rules, max_continuous: expected });
  });
}

test("a browser that refuses to store is no error", () => {
  savePrefs(refusing, ALL);

  assert.deepEqual(loadPrefs(refusing), DEFAULT_PREFS);
});
