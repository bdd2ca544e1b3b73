/** The contract's own golden samples, which the Python tests read too. */

import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";

import { DEFAULT_UNITS } from "../../dashboard/js/format.js";
import { decode } from "../../dashboard/js/socket.js";
import { Store } from "../../dashboard/js/store.js";
import { Viewer } from "../../dashboard/js/view.js";
import { arrival, snapshot, untyped } from "./messages.js";

const SAMPLES = new URL("../../contract/samples/", import.meta.url);
const names = (/** @type {string} */ folder) =>
  readdirSync(new URL(folder, SAMPLES)).filter((name) => name.endsWith(".json"));
const read = (/** @type {string} */ path) =>
  JSON.parse(readFileSync(new URL(path, SAMPLES), "utf8"));

/**
 * A page that heard one message.
 * @param {string} name
 */
function pageOf(name) {
  const { topic, payload } = read(`good/${name}`);
  const [, , , monitor_id, ...channel] = topic.split("/");
  const value = { channel: channel.join("/"), monitor_id, ...arrival(payload) };
  const store = new Store();
  store.accept(untyped({ ...snapshot(), values: [value] }), 0);
  return { store, payload, view: new Viewer(store).view("connected", DEFAULT_UNITS, 0) };
}

for (const name of names("good")) {
  test(`good/${name} is taken in and shown as its monitor's`, () => {
    const { view, payload } = pageOf(name);

    assert.equal(view.monitor_id, payload.monitor_id);
  });
}

for (const name of names("frames").filter((each) => each.startsWith("bridge-"))) {
  test(`frames/${name} is read`, () => {
    const { frame_text, frame } = read(`frames/${name}`);
    const read_frame = decode(frame_text ?? JSON.stringify(frame));
    const store = new Store();

    assert(read_frame !== null);
    store.accept(read_frame, 0);
    assert.equal(store.revision, 1);
  });
}

/**
 * The frame that a bridge without its checks would send.
 * @param {{ topic: string, payload_text?: string, payload_base64?: string }} sample
 */
function uncheckedFrame({ topic, payload_text, payload_base64 }) {
  const channel = topic.split("/")[4] ?? "telemetry";
  const payload = payload_text ?? Buffer.from(payload_base64 ?? "", "base64").toString();
  return `{"type":"${channel}_update","received_at":1,"retained":false,"data":${payload}}`;
}

// A bad topic names no channel, so there is no frame that it could come in.
for (const name of names("bad").filter((each) => read(`bad/${each}`).error !== "topic")) {
  test(`bad/${name} does the page no harm, should it ever get through`, () => {
    const store = new Store();

    const frame = decode(uncheckedFrame(read(`bad/${name}`)));
    if (frame !== null) store.accept(frame, 0);

    assert(new Viewer(store).view("connected", DEFAULT_UNITS, 0));
  });
}

test("a full telemetry sample arrives field by field", () => {
  const { view, payload } = pageOf("telemetry-lmgt3.json");

  assert.deepEqual(view.telemetry, payload.telemetry);
  assert.equal(view.outlook.reach.fuel.left, payload.telemetry.fuel);
});

test("a lap chunk with columns from the future keeps those it knows", () => {
  const { store, payload } = pageOf("laps-unknown-columns.json");
  const lap = payload.columns.indexOf("lap");

  assert.deepEqual(
    store.rows().map((row) => row.lap),
    payload.rows.map((/** @type {unknown[]} */ row) => row[lap]),
  );
});

test("the row of a lap event and the row of its chunk are the same lap", () => {
  const { store } = pageOf("lap-full.json");
  const [row] = store.rows();
  const { lap_summary } = read("good/lap-full.json").payload;

  assert.equal(row?.lap_time, lap_summary.lap_time);
  assert.equal(row?.fuel_used, lap_summary.fuel_used);
  assert.equal(row?.wear_max, Math.max(...Object.values(lap_summary.tire_wear).map(Number)));
});
