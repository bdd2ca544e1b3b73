/** The session page: puts the parts together and paints once a frame. */

/** @import { Quality, Units } from "./types.js" */

import { CarMemory } from "./car_memory.js";
import { Desk } from "./desk.js";
import { deskWidgets } from "./desk_widgets.js";
import { find, textSlot } from "./dom.js";
import { Keeper } from "./kept.js";
import { MapShelf } from "./map_shelf.js";
import { registerWorker } from "./offline.js";
import { PING_MS, QualityMeter } from "./quality.js";
import { Recorder } from "./recorder.js";
import { isSessionId } from "./session_id.js";
import { LocalShelf } from "./shelf.js";
import { BROWSER, Connection, socketUrl } from "./socket.js";
import { steadyClock } from "./steady.js";
import { Store } from "./store.js";
import { loadUnits, saveUnits } from "./units.js";
import { Viewer } from "./view.js";
import { conditionsWidget } from "./widgets/conditions.js";
import { deltaWidget } from "./widgets/delta.js";
import { driveWidget } from "./widgets/drive.js";
import { fuelWidget } from "./widgets/fuel.js";
import { gapsWidget } from "./widgets/gaps.js";
import { identityWidget } from "./widgets/identity.js";
import { keptWidget } from "./widgets/kept.js";
import { lapsWidget } from "./widgets/laps.js";
import { mapWidget } from "./widgets/map.js";
import { noticesWidget } from "./widgets/notices.js";
import { paceWidget } from "./widgets/pace.js";
import { qualityWidget } from "./widgets/quality.js";
import { raceWidget } from "./widgets/race.js";
import { setupWidget } from "./widgets/setup.js";
import { shared, shareWidget } from "./widgets/share.js";
import { stintWidget } from "./widgets/stint.js";
import { tiresWidget } from "./widgets/tires.js";
import { tracesWidget } from "./widgets/traces.js";
import { trustWidget } from "./widgets/trust.js";
import { unitsWidget } from "./widgets/units.js";

/** How often the ages move on when nothing comes. */
const REPAINT_MS = 250;
const HIDDEN_HZ = 1;
const METERED_HZ = 2;
/** How often alerts are looked for when nothing comes, also in a hidden tab. */
const JUDGE_MS = 1000;

// `/s/car-1+car-2` names several cars; this page shows the first.
const session_id = location.pathname.split("/")[2]?.split("+")[0] ?? "";
if (isSessionId(session_id)) watch();
else location.replace("/");
addEventListener("load", () => void registerWorker(navigator));

function watch() {
  const now = steadyClock(() => performance.now(), Date.now);
  const store = new Store();
  const viewer = new Viewer(store);
  const recorder = new Recorder(new MapShelf(() => localStorage));
  const meter = new QualityMeter();
  const shelf = new LocalShelf(() => localStorage);
  const keeper = new Keeper(store, shelf, session_id);
  const memory = new CarMemory(session_id, shelf);
  const desk = new Desk(session_id, () => localStorage);
  const connection = new Connection(
    {
      url: socketUrl(location),
      session_id,
      onFrame: (frame, is_settled) => {
        const now_ms = now();
        store.accept(frame, now_ms, is_settled);
        recorder.accept(frame, store);
        memory.accept(frame, store, now_ms, Date.now());
        judge();
        // A hidden tab is sent less and late, which is no fault of the way.
        if (!document.hidden) meter.accept(frame, now_ms, Date.now());
        keeper.offer(now_ms, Date.now());
      },
      onState: (state) => {
        store.revision += 1;
        if (state === "connected") return;
        meter.reset();
        keeper.save(now(), Date.now());
      },
    },
    { ...BROWSER, now },
  );
  let units = loadUnits(() => localStorage);
  /** @param {Quality} [quality] */
  const look = (quality) => {
    viewer.thresholds = desk.thresholds;
    viewer.rules = desk.prefs.driver_rules;
    return viewer.view(connection.state, units, now(), quality);
  };
  const judge = () => desk.judge(store, look(), memory, now(), Date.now());
  const widgets = buildWidgets({ recorder, memory, desk }, (chosen) => {
    units = chosen;
    saveUnits(() => localStorage, chosen);
    store.revision += 1;
  });
  textSlot(find(document, "[data-slot=session-id]"))(session_id);
  shareWidget(
    find(document, "#share"),
    find(document, "[data-slot=announcer]"),
    shared(location, session_id),
    navigator.clipboard,
  );
  store.restore(keeper.load(Date.now()), now(), Date.now());
  recorder.follow(store);
  memory.follow(store, now(), Date.now());
  setInterval(judge, JUDGE_MS);
  followVisibility(connection);
  saveBeforeEnd(() => {
    // What was there when the connection was lost is kept; another tab may have newer values.
    if (connection.state === "connected") keeper.save(now(), Date.now());
  });
  connection.start();

  paintLoop(store, () => {
    const view = look(meter.report(store.shown?.id ?? null, now()));
    for (const widget of widgets) widget.render(view);
  });
}

/**
 * @param {{ recorder: Recorder, memory: CarMemory, desk: Desk }} parts
 * @param {(units: Units) => void} onUnits
 */
function buildWidgets({ recorder, memory, desk }, onUnits) {
  const root = (/** @type {string} */ id) => find(document, `#${id}`);
  const is_wide = matchMedia("(min-width: 700px)").matches;
  return [
    trustWidget(root("trust"), document.documentElement),
    qualityWidget(root("quality")),
    keptWidget(root("kept")),
    identityWidget(root("identity")),
    noticesWidget(root("notices")),
    raceWidget(root("race")),
    fuelWidget(root("fuel")),
    tiresWidget(root("tires"), recorder.trends),
    driveWidget(root("drive"), memory.settings),
    conditionsWidget(root("conditions"), recorder.trends),
    stintWidget(root("stint")),
    gapsWidget(root("gaps")),
    mapWidget(root("map"), recorder),
    deltaWidget(root("delta"), recorder),
    tracesWidget(root("traces"), recorder),
    paceWidget(root("pace")),
    lapsWidget(root("laps")),
    setupWidget(root("setup"), memory, is_wide),
    ...deskWidgets(document, desk),
    unitsWidget(document, root("units"), onUnits),
  ];
}

/**
 * One loop for all widgets; it rests while nothing changed.
 * @param {Store} store
 * @param {() => void} paint
 */
function paintLoop(store, paint) {
  let painted_revision = -1;
  let painted_ms = -Infinity;
  /** @param {number} now_ms */
  const frame = (now_ms) => {
    if (store.revision !== painted_revision || now_ms - painted_ms >= REPAINT_MS) {
      painted_revision = store.revision;
      painted_ms = now_ms;
      paint();
    }
    requestAnimationFrame(frame);
  };
  requestAnimationFrame(frame);
}

/** @param {Connection} connection */
function followVisibility(connection) {
  const limit = () => {
    connection.limit(document.hidden ? HIDDEN_HZ : isMetered() ? METERED_HZ : null);
    connection.ping_ms = document.hidden ? null : PING_MS;
  };
  limit();
  document.addEventListener("visibilitychange", () => {
    limit();
    if (!document.hidden) connection.wake();
  });
  // A page restored from the back/forward cache finds its socket closed.
  addEventListener("pageshow", (event) => {
    if (event.persisted) connection.wake();
  });
  addEventListener("online", () => connection.wake());
}

/**
 * A phone ends hidden pages without another word.
 * @param {() => void} save
 */
function saveBeforeEnd(save) {
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) save();
  });
  addEventListener("pagehide", save);
}

/** Whether the reader asked the browser to save data, where the browser tells. */
function isMetered() {
  /** @type {unknown} */
  const network = "connection" in navigator ? navigator.connection : null;
  return (
    typeof network === "object" &&
    network !== null &&
    "saveData" in network &&
    network.saveData === true
  );
}
