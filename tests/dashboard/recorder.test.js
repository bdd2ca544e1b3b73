import assert from "node:assert/strict";
import { test } from "node:test";

import { MapShelf } from "../../dashboard/js/map_shelf.js";
import { Recorder } from "../../dashboard/js/recorder.js";
import { Store } from "../../dashboard/js/store.js";
import { drive, META } from "./driving.js";
import { items } from "./items.js";
import { arrival, EPOCH_MS, meta, snapshot, telemetry } from "./messages.js";

/** @import { BridgeFrame } from "../../dashboard/js/types.js" */
/** @import { Stamp } from "./messages.js" */
/** @import { Driven } from "./driving.js" */

const PACES = [1.01, 1, 1.02];

/** A store and what records it. */
class Page {
  store = new Store();
  recorder;

  /** @param {MapShelf} [shelf] */
  constructor(shelf = new MapShelf(items())) {
    this.recorder = new Recorder(shelf);
    this.accept({ ...snapshot(), active: "pc-a" });
    this.accept({ type: "meta_update", ...arrival(meta(META)) });
  }

  /** @param {BridgeFrame} frame */
  accept(frame, now_ms = 0) {
    this.store.accept(frame, now_ms);
    this.recorder.accept(frame, this.store);
  }

  /**
   * @param {Driven[]} driven
   * @param {Stamp} [stamp]
   */
  drive(driven, { made_ms = 0, ...stamp } = {}) {
    for (const [i, { at_ms, frame }] of driven.entries()) {
      const made = { ...stamp, seq: i + 1, made_ms: at_ms + made_ms };
      const data = telemetry({ ...frame, speed: 100 }, made);
      this.accept({ type: "telemetry_update", ...arrival(data, at_ms) }, at_ms);
    }
  }

  speeds() {
    return [...(this.recorder.ring.data(["speed"])[1] ?? [])];
  }
}

/**
 * @param {number} speed
 * @param {Stamp} stamp
 * @returns {BridgeFrame}
 */
function update(speed, stamp, retained = false) {
  const data = telemetry({ speed }, stamp);
  return { type: "telemetry_update", ...arrival(data, stamp.made_ms, retained) };
}

test("only live frames of the shown monitor that are news are recorded", () => {
  const page = new Page();

  page.accept(update(1, { seq: 1, made_ms: 0 }, true));
  page.accept(update(2, { seq: 5, made_ms: 100 }));
  page.accept(update(3, { seq: 4, made_ms: 200 }));
  page.accept(update(4, { monitor_id: "pc-b", made_ms: 300 }));
  page.accept(update(6, { seq: 6, made_ms: 400 }));

  assert.deepEqual(page.speeds(), [2, 6]);
  assert.equal(page.recorder.revision, 2);
});

test("times are by the bridge's clock, however wrong the monitor's is", () => {
  const page = new Page();
  const data = telemetry({ speed: 1 }, { made_ms: 3_600_000 });

  page.accept({ type: "telemetry_update", ...arrival(data, 50) });

  assert.deepEqual([...page.recorder.ring.data([])[0]], [(EPOCH_MS + 50) / 1000]);
});

test("a driver who takes over is recorded after a hole, and the best lap of the car stays", () => {
  const page = new Page();
  page.drive(drive({ paces: PACES, hz: 5 }));
  const { best } = page.recorder.traces;

  const at_ms = 300_000;
  page.accept({ type: "active", session_id: "spa24", monitor_id: "pc-b" }, at_ms);
  const data = telemetry({ speed: 7, lap: 4 }, { monitor_id: "pc-b", made_ms: at_ms });
  page.accept({ type: "telemetry_update", ...arrival(data, at_ms) }, at_ms);

  assert.deepEqual(page.speeds().slice(-2), [null, 7]);
  assert.equal(best?.lap, 2);
  assert.equal(page.recorder.traces.best, best);
  assert.equal(page.recorder.traces.current, null);
});

test("a map that was learned is there at once the next time, and before the car moves", () => {
  const shelf = new MapShelf(items());
  const page = new Page(shelf);
  page.drive(drive({ paces: PACES, hz: 5 }));

  const next = new Page(shelf);

  assert.notEqual(page.recorder.map.outline, null);
  assert.deepEqual(next.recorder.map.save(), page.recorder.map.save());
});

test("a map of another track is not taken, nor what is no map", () => {
  const shelf = new MapShelf(items());
  new Page(shelf).drive(drive({ paces: PACES, hz: 5 }));
  const other = new Page(shelf);
  const broken = new Page(new MapShelf(items({ "pitboard.maps": '[["x", 1], 3, null]' })));

  other.accept({ type: "meta_update", ...arrival(meta({ ...META, track: "Oval" }, { seq: 2 })) });

  assert.equal(other.recorder.map.outline, null);
  assert.equal(broken.recorder.map.reason, "no data");
});
