import assert from "node:assert/strict";
import { test } from "node:test";

import { AlertPage, GONE, names, setup, texts } from "./alert_pages.js";

/** @import { Known } from "./alert_pages.js" */

test("a change of the setup is told once, for half a minute", () => {
  const page = new AlertPage();
  page.at(0, setup(3));

  assert.deepEqual(texts(page.at(1, setup(4)).raised), ["Setup changed: Bias 54 → 55"]);
  assert.deepEqual(names(page.at(30.9).active), ["info setup_changed"]);
  assert.deepEqual(names(page.at(31).cleared), ["info setup_changed"]);
});

test("changes that follow at once are told as one", () => {
  const page = new AlertPage();
  page.at(0, setup(3));
  page.at(1, setup(4));
  page.at(2, setup(5));

  assert.deepEqual(page.at(10, setup(6)).raised, []);
  assert.deepEqual(texts(page.at(11).raised), ["Setup changed"]);
});

/** @type {[string, Known, Known][]} */
const NO_CHANGES = [
  ["its revision goes back, as of another race", setup(7), setup(2)],
  ["another monitor is shown", setup(7), { ...setup(9), monitor_id: "pc-b" }],
  ["it comes for the first time", { setup: null }, setup(9)],
  ["it is gone", setup(7), { setup: null }],
];

for (const [name, before, after] of NO_CHANGES) {
  test(`no change of the setup is told when ${name}`, () => {
    const page = new AlertPage();
    page.at(0, before);

    assert.deepEqual(page.at(20, after).raised, []);
    assert.deepEqual(page.at(40).raised, []);
  });
}

test("a setup that was changed in a silence is told when data is live again", () => {
  const page = new AlertPage();
  page.at(0, setup(3));
  const silent = page.settle(10, { ...GONE, monitor_state: "idle", ...setup(4, 2) });

  const { raised } = page.at(60, { is_live: true, state: "live", monitor_state: "online" });

  assert.deepEqual([silent.raised, texts(raised)], [[], ["Setup changed: 2 values"]]);
});

test("a change of driver is told, a name that is missing for a while is none", () => {
  const page = new AlertPage();
  page.at(0);

  assert.deepEqual(page.at(1, { driver: null }).raised, []);
  assert.deepEqual(page.at(2, { driver: "Driver One" }).raised, []);
  const { raised } = page.at(3, { driver: "Driver Two", monitor_id: "pc-b" });
  assert.deepEqual(texts(raised), ["Driver changed: Driver One → Driver Two"]);
});
