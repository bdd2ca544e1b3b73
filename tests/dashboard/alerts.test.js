import assert from "node:assert/strict";
import { test } from "node:test";

import { ALL, MAX_LOG, RULE_NAMES, RULES } from "../../dashboard/js/alerts.js";
import { AlertPage, CALM_CAR, HOT, TOO_HOT, car, names, setup } from "./alert_pages.js";

/** @import { ActiveAlert } from "../../dashboard/js/alert_types.js" */

test("rules have ids of their own", () => {
  assert.equal(new Set(RULES.map(({ id }) => id)).size, RULES.length);
  assert.ok(!RULE_NAMES.includes(ALL));
});

test("a muted alert is shown and logged, and not raised", () => {
  const page = new AlertPage(["brake_temp"]);

  page.at(0, { ...TOO_HOT, laps_left: 1 });
  const { active, raised, log } = page.at(5);

  assert.deepEqual(names(raised), ["critical fuel"]);
  assert.deepEqual(
    active.map(({ id, is_muted }) => [id, is_muted]),
    [
      ["fuel", false],
      ["brake_temp.fl", true],
    ],
  );
  assert.equal(log.length, 2);
});

test("with all muted nothing is raised; what was muted is not raised when it no longer is", () => {
  const page = new AlertPage();
  page.alerts.mute(ALL, true);
  const muted = page.settle(0, TOO_HOT);
  page.alerts.mute(ALL, false);

  const { active, raised } = page.at(20);

  assert.deepEqual([muted.raised, raised], [[], []]);
  assert.deepEqual(
    active.map(({ is_muted }) => is_muted),
    [false],
  );
  assert.deepEqual(page.alerts.muted, []);
});

test("an alert is acknowledged until it is raised again", () => {
  const page = new AlertPage();
  const isAcknowledged = (/** @type {{ active: ActiveAlert[] }} */ { active }) =>
    active[0]?.is_acknowledged;
  page.settle(0, HOT);
  page.alerts.acknowledge("brake_temp.fl");

  assert.equal(isAcknowledged(page.at(11)), true);
  page.settle(20, CALM_CAR);
  assert.equal(isAcknowledged(page.settle(40, HOT)), true);
  assert.equal(isAcknowledged(page.settle(60, TOO_HOT)), false);
});

test("the worst comes first, then the newest", () => {
  const page = new AlertPage();
  page.settle(0, { laps_left: 1 });
  page.settle(20, car({ penalties: 3 }));
  page.settle(40, car({ penalties: 3, engine_oil_temp: 126, tire_flat: { fl: true } }));

  const { active } = page.at(60, setup(4));

  assert.deepEqual(names(active), [
    "critical tire_flat.fl",
    "critical fuel",
    "warning oil_temp",
    "warning penalties",
    "info setup_changed",
  ]);
});

test("of what is raised at once the worst comes first", () => {
  const page = new AlertPage();
  page.at(0, car({ penalties: 1, tire_flat: { fl: true } }));

  assert.deepEqual(names(page.at(1).raised), ["critical tire_flat.fl", "warning penalties"]);
});

test("the log says when, on which lap and for how long", () => {
  const page = new AlertPage();
  page.at(0, TOO_HOT);
  page.at(2);
  page.at(10, { ...TOO_HOT, laps_left: 2.5 });
  page.at(13);
  page.at(30, CALM_CAR);

  const { log } = page.at(33);

  assert.deepEqual(
    log.map(({ id, at_ms, lap, duration_ms }) => [id, at_ms, lap, duration_ms]),
    [
      ["brake_temp.fl", 2000, 45, 31_000],
      ["fuel", 13_000, 45, null],
    ],
  );
});

test("what becomes worse has its own entry, what comes back soon goes on with its old one", () => {
  const page = new AlertPage();
  page.settle(0, HOT);
  page.settle(20, TOO_HOT);
  page.settle(40, CALM_CAR);
  const over = page.at(60).log;
  const again = page.settle(80, TOO_HOT).log;

  const brief = (/** @type {typeof over} */ log) => {
    return log.map(({ finding, duration_ms }) => [finding.severity, duration_ms]);
  };
  assert.deepEqual(brief(over), [
    ["warning", 20_000],
    ["critical", 20_000],
  ]);
  assert.deepEqual(brief(again), [
    ["warning", 20_000],
    ["critical", null],
  ]);
});

test("the log is the same list until it changes", () => {
  const page = new AlertPage();

  const first = page.settle(0, TOO_HOT).log;

  assert.equal(page.at(20, HOT).log, first);
  assert.notEqual(page.settle(40, CALM_CAR).log, first);
});

test("only the newest entries of the log are kept", () => {
  const page = new AlertPage();
  for (let revision = 3; revision < MAX_LOG + 10; revision += 1)
    page.at(revision * 60, setup(revision));

  const { log } = page.again(1e6);

  assert.equal(log.length, MAX_LOG);
  assert.equal(log.at(-1)?.finding.params["revision"], MAX_LOG + 9);
});
