/**
 * The session page: connects, paints what the car does now, and then loads the rest of itself.
 *
 * What this module imports stands between opening the page and the first number, so it is little.
 */

/** @import { Widget } from "./painter.js" */
/** @import { BridgeFrame, Picture } from "./types.js" */
/** @import { WholePage } from "./whole_page.js" */

import { steadyClock } from "./clock.js";
import { filled, find, textSlot } from "./dom.js";
import { early } from "./early.js";
import { Keeper } from "./kept.js";
import { writeLabels } from "./labels.js";
import { applyLook, sectionName, sectionsOf } from "./look.js";
import { Painter } from "./painter.js";
import { pictureOf } from "./picture.js";
import { loadPrefs } from "./prefs.js";
import { followVisibility, saveBeforeEnd } from "./presence.js";
import { sessionIdIn } from "./session_id.js";
import { LocalShelf } from "./shelf.js";
import { BROWSER, Connection } from "./socket.js";
import { Store } from "./store.js";
import { loadUnits, saveUnits } from "./units.js";
import { socketUrl } from "./web_socket.js";
import { driveBars, driveWidget } from "./widgets/drive.js";
import { essentialsWidget } from "./widgets/essentials.js";
import { identityWidget } from "./widgets/identity.js";
import { keptWidget, noticesWidget } from "./widgets/notices.js";
import { trustWidget } from "./widgets/trust.js";
import { unitsWidget } from "./widgets/units.js";

/** Without a bridge nothing is worth waiting for with the rest of the page. */
const PATIENCE_MS = 500;

class SessionPage {
  #now = steadyClock(() => performance.now(), Date.now);
  #store = new Store();
  #shelf = new LocalShelf(() => localStorage);
  #units = loadUnits(() => localStorage);
  /** @type {WholePage | null} */
  #whole = null;
  /** @type {ReturnType<typeof restOfPage> | null} */
  #rest = null;
  #paint = () => {};
  #session_id;
  #keeper;
  #connection;

  /** @param {string} session_id */
  constructor(session_id) {
    this.#session_id = session_id;
    this.#keeper = new Keeper(this.#store, this.#shelf, session_id);
    this.#connection = new Connection(
      {
        url: socketUrl(location),
        session_id,
        onFrame: (frame, is_settled) => this.#accept(frame, is_settled),
        onState: (state) => {
          this.#store.revision += 1;
          if (state === "connected") return;
          this.#whole?.forgetWay();
          this.#save();
          this.#rest?.load();
        },
      },
      { ...BROWSER, open: early?.open ?? BROWSER.open, now: this.#now },
    );
  }

  open() {
    const [connection, now] = [this.#connection, this.#now];
    this.#store.restore(this.#keeper.load(Date.now()), now(), Date.now());
    followVisibility(connection);
    saveBeforeEnd(() => {
      // What was there when the connection was lost is kept; another tab may have newer values.
      if (connection.state === "connected") this.#save();
    });
    connection.start();
    // Made while the bridge answers.
    const sections = dressed(this.#session_id);
    this.#rest = restOfPage(({ WholePage }) => {
      this.#whole = new WholePage({
        session_id: this.#session_id,
        store: this.#store,
        shelf: this.#shelf,
        sections,
        now,
        look: this.#look,
      });
    });
    const first = new Painter(now, this.#firstWidgets());
    const essentials = new Painter(now, { glance: [essentialsWidget(document)] });
    this.#paint = () => {
      first.frame(this.#store.revision, this.#look);
      if (this.#whole !== null) this.#whole.paint();
      // What this browser kept is in no hurry, and is shown whole.
      else if (this.#store.kept === null) essentials.frame(this.#store.revision, this.#look);
    };
    eachFrame(() => this.#paint());
  }

  #look = () => {
    const now_ms = this.#now();
    const quality = this.#whole?.quality(now_ms);
    const { state, limited } = this.#connection;
    return pictureOf(this.#store, state, this.#units, now_ms, quality, limited);
  };

  /**
   * @param {BridgeFrame} frame
   * @param {boolean} is_settled
   */
  #accept(frame, is_settled) {
    const now_ms = this.#now();
    this.#store.accept(frame, now_ms, is_settled);
    this.#whole?.accept(frame, now_ms);
    this.#keeper.offer(now_ms, Date.now());
    if (frame.type !== "snapshot") return;
    // The next frame may be a long one: that of the empty page.
    if (this.#whole === null) this.#paint();
    this.#rest?.load();
  }

  #save() {
    this.#keeper.save(this.#now(), Date.now());
  }

  /**
   * What the car does now, and whether to believe it.
   * @returns {{ frame: Widget<Picture>[], glance: Widget<Picture>[] }}
   */
  #firstWidgets() {
    const root = (/** @type {string} */ id) => find(document, `#${id}`);
    const drive = filled(document, "drive");
    return {
      frame: [driveBars(drive)],
      glance: [
        trustWidget(root("trust"), document.documentElement),
        keptWidget(root("kept")),
        identityWidget(root("identity")),
        noticesWidget(root("notices")),
        driveWidget(drive),
        unitsWidget(document, root("units"), (chosen) => {
          saveUnits(() => localStorage, this.#units, chosen);
          this.#units = chosen;
          this.#store.revision += 1;
        }),
      ],
    };
  }
}

/**
 * The page as the reader wants it, before anything of it is seen; its sections in its own order.
 * @param {string} session_id
 */
function dressed(session_id) {
  writeLabels(document);
  const sections = sectionsOf(find(document, "main")).map((section) => ({
    id: section.id,
    name: sectionName(section),
  }));
  const is_light = matchMedia("(prefers-color-scheme: light)").matches;
  applyLook(document, sections, loadPrefs(() => localStorage), is_light);
  textSlot(find(document, "[data-slot=session-id]"))(session_id);
  // Who presses one before what it does is there gets it when it is.
  for (const name of ["open-settings", "copy-link"]) {
    const button = find(document, `[data-test=${name}]`);
    button.addEventListener("click", () => (button.dataset["pressed"] = ""), { once: true });
  }
  return sections;
}

/**
 * What the rest of the page is made of; the modules of each run in a task of their own.
 * @type {readonly (() => Promise<unknown>)[]}
 */
const PARTS = [
  () => import("./view.js"),
  () => import("./desk_widgets.js"),
  () => import("./widgets/traces.js"),
  () => import("./car_memory.js"),
];

/**
 * Loads the rest of the page when the first picture is painted, or soon if none comes.
 * @param {(module: typeof import("./whole_page.js")) => void} onLoaded
 */
function restOfPage(onLoaded) {
  let is_asked = false;
  const ask = async () => {
    if (is_asked) return;
    is_asked = true;
    try {
      for (const load of PARTS) {
        await load();
        await nextTask();
      }
      const module = await import("./whole_page.js");
      // Its modules ran in this task, which is long enough without what they do now.
      setTimeout(() => onLoaded(module));
    } catch {
      // The bridge went away meanwhile; its next snapshot asks again.
      is_asked = false;
    }
  };
  setTimeout(ask, PATIENCE_MS);
  // The frame after the first picture's: until then it is being painted.
  return { load: () => requestAnimationFrame(() => requestAnimationFrame(() => void ask())) };
}

/** Lets the browser do what waits. */
function nextTask() {
  return new Promise((resolve) => setTimeout(resolve));
}

/** @param {() => void} paint */
function eachFrame(paint) {
  const frame = () => {
    paint();
    requestAnimationFrame(frame);
  };
  requestAnimationFrame(frame);
}

const session_id = sessionIdIn(location.pathname);
const open = (/** @type {string} */ id) => new SessionPage(id).open();
// The script runs as soon as it is there, so that it shares no task with the page's own `load`.
if (session_id === null) location.replace("/");
else if (document.readyState !== "loading") open(session_id);
else addEventListener("DOMContentLoaded", () => open(session_id));
