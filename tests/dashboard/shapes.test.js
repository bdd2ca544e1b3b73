/** The shapes that the page relies on, against the contract's golden samples. */

import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";

import * as shapes from "../../dashboard/js/shapes.js";

const SAMPLES = new URL("../../contract/samples/", import.meta.url);
const names = (/** @type {string} */ folder) =>
  readdirSync(new URL(folder, SAMPLES)).filter((name) => name.endsWith(".json"));
const read = (/** @type {string} */ path) =>
  JSON.parse(readFileSync(new URL(path, SAMPLES), "utf8"));

/** @type {Record<string, (value: unknown) => boolean>} */
const CHECKS = {
  status: shapes.isStatus,
  meta: shapes.isMeta,
  setup: shapes.isSetup,
  telemetry: shapes.isTelemetry,
  lap: shapes.isLap,
  laps: shapes.isLaps,
};

for (const name of names("good")) {
  test(`good/${name} has the shape of its channel`, () => {
    const { topic, payload } = read(`good/${name}`);
    const channel = topic.split("/")[4];

    assert.equal(CHECKS[channel]?.(payload), true);
  });
}

/** What the page would stumble over; ranges and lengths are the bridge's business. */
const BAD = [
  "boolean-for-number",
  "text-for-number",
  "birth-text",
  "seq-fraction",
  "missing-birth",
  "missing-seq",
  "missing-state",
  "missing-timestamp",
  "missing-v",
  "state-unknown",
  "version-2",
  "telemetry-missing",
  "telemetry-null",
  "telemetry-tire-temps-as-list",
  "setup-value-as-list",
  "setup-without-revision",
  "lap-without-finished-at",
  "laps-cell-nested",
];

for (const name of BAD) {
  test(`bad/${name}.json has not`, () => {
    const { topic, payload, payload_text } = read(`bad/${name}.json`);
    const channel = topic.split("/")[4];

    assert.equal(CHECKS[channel]?.(payload ?? JSON.parse(payload_text)), false);
  });
}

test("a prototype's fields are nobody's", () => {
  const inherited = Object.create({ state: "online" });

  assert.equal(shapes.field(inherited, "state"), undefined);
  assert.equal(shapes.field({}, "constructor"), undefined);
});
