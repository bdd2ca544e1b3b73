/** Two tabs of one browser, of which the second began before the first changed anything. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { Desk } from "../../dashboard/js/desk.js";
import { changedRule, hide, move, show } from "../../dashboard/js/prefs.js";
import { changedLimit } from "../../dashboard/js/thresholds.js";
import { items } from "./items.js";

const KNOWN = ["race", "fuel", "tires"];

/** Two desks over one storage. */
function tabs() {
  const storage = items();
  const open = () => new Desk("spa24", storage);
  return { one: open(), two: open(), open };
}

test("each tab keeps its look, and one that is opened later has what both chose", () => {
  const { one, two, open } = tabs();

  one.changePrefs({ ...one.prefs, theme: "light" });
  two.changePrefs({ ...two.prefs, is_wall: true, has_sound: true });

  assert.deepEqual([one.prefs.theme, one.prefs.is_wall], ["light", false]);
  assert.deepEqual([two.prefs.theme, two.prefs.is_wall], ["auto", true]);
  const { theme, is_wall, has_sound } = open().prefs;
  assert.deepEqual([theme, is_wall, has_sound], ["light", true, true]);
});

test("sections that two tabs hide are both hidden, and one shown again is shown", () => {
  const { one, two, open } = tabs();

  one.changePrefs(hide(one.prefs, "fuel"));
  two.changePrefs(hide(two.prefs, "tires"));
  assert.deepEqual(open().prefs.hidden, ["fuel", "tires"]);
  one.changePrefs(show(one.prefs, "fuel"));

  assert.deepEqual(open().prefs.hidden, ["tires"]);
});

test("an order and a rule of one tab outlive what another changes", () => {
  const { one, two, open } = tabs();

  one.changePrefs(move(one.prefs, KNOWN, "tires", 0));
  one.changePrefs(changedRule(one.prefs, "max_total", 7200));
  two.changePrefs(changedRule(two.prefs, "min_total", 3600));

  const { order, driver_rules } = open().prefs;
  assert.deepEqual(order, ["tires", "race", "fuel"]);
  assert.deepEqual(driver_rules, { min_total: 3600, max_total: 7200, max_continuous: null });
});

test("what a tab takes back is taken back", () => {
  const { one, two, open } = tabs();
  one.changePrefs({ ...changedRule(one.prefs, "max_total", 7200), is_wall: true });
  two.changePrefs({ ...two.prefs, theme: "dark" });

  one.changePrefs({ ...changedRule(one.prefs, "max_total", null), is_wall: false });

  const { theme, is_wall, driver_rules } = open().prefs;
  assert.deepEqual([theme, is_wall, driver_rules.max_total], ["dark", false, null]);
});

test("limits that two tabs set stand side by side, and those set back are gone", () => {
  const { one, two, open } = tabs();
  const changed = (/** @type {Desk} */ desk, /** @type {number | null} */ limit) =>
    changedLimit(desk.thresholds, "gt3", "water_temp", "hot", limit).thresholds;

  one.changeThresholds(changed(one, 101));
  two.changeThresholds(changedLimit(two.thresholds, "gt3", "tire_wear", "limit", 80).thresholds);

  const own = open().thresholds.gt3;
  assert.deepEqual([own?.water_temp?.hot, own?.tire_wear?.limit], [101, 80]);
  one.changeThresholds({});
  assert.deepEqual([open().thresholds.gt3?.water_temp, open().thresholds.gt3?.tire_wear?.limit], [
    undefined,
    80,
  ]);
});

test("what two tabs mute is muted, and what one hears again is heard", () => {
  const { one, two, open } = tabs();

  one.mute("fuel", true);
  two.mute("tire_wear", true);
  one.mute("fuel", false);

  assert.deepEqual([...open().muted], ["tire_wear"]);
  assert.deepEqual([...two.muted], ["tire_wear"]);
});
