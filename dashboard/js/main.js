/**
 * The session page: connects, paints what the car does now, and then loads the rest of itself.
 *
 * What this module imports stands between opening the page and the first number, so it is little.
 */

/** @import { Widget } from "./painter.js" */
/** @import { SettingName } from "./settings_history.js" */
/** @import { BridgeFrame, Picture } from "./types.js" */
/** @import { WholePage } from "./whole_page.js" */

import { filled, find, textSlot } from "./dom.js";
import { Keeper } from "./kept.js";
import { applyLook, sectionName, sectionsOf } from "./look.js";
import { registerWorker } from "./offline.js";
import { Painter } from "./painter.js";
import { pictureOf } from "./picture.js";
import { loadPrefs } from "./prefs.js";
import { followVisibility, saveBeforeEnd } from "./presence.js";
import { QualityMeter } from "./quality.js";
import { isSessionId } from "./session_id.js";
import { LocalShelf } from "./shelf.js";
import { BROWSER, Connection, socketUrl } from "./socket.js";
import { steadyClock } from "./steady.js";
import { Store } from "./store.js";
import { loadUnits, saveUnits } from "./units.js";
import { driveWidget } from "./widgets/drive.js";
import { essentialsWidget } from "./widgets/essentials.js";
import { identityWidget } from "./widgets/identity.js";
import { keptWidget } from "./widgets/kept.js";
import { noticesWidget } from "./widgets/notices.js";
import { qualityWidget } from "./widgets/quality.js";
import { shared, shareWidget } from "./widgets/share.js";
import { trustWidget } from "./widgets/trust.js";
import { unitsWidget } from "./widgets/units.js";

/** Without a bridge nothing is worth waiting for with the rest of the page. */
const PATIENCE_MS = 500;

class SessionPage {
  #now = steadyClock(() => performance.now(), Date.now);
  #store = new Store();
  #meter = new QualityMeter();
  #shelf = new LocalShelf(() => localStorage);
  #units = loadUnits(() => localStorage);
  /** @type {WholePage | null} */
  #whole = null;
  /** @type {ReturnType<typeof restOfPage> | null} */
  #rest = null;
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
          this.#meter.reset();
          this.#save();
          this.#rest?.load();
        },
      },
      { ...BROWSER, now: this.#now },
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
    const first = new Painter(this.#firstWidgets(), now);
    const essentials = new Painter([essentialsWidget(document)], now);
    paintLoop(() => {
      first.frame(this.#store.revision, this.#look);
      if (this.#whole !== null) this.#whole.paint();
      // What this browser kept is in no hurry, and is shown whole.
      else if (this.#store.kept === null) essentials.frame(this.#store.revision, this.#look);
    });
  }

  #look = () => {
    const now_ms = this.#now();
    const quality = this.#meter.report(this.#store.shown?.id ?? null, now_ms);
    return pictureOf(this.#store, this.#connection.state, this.#units, now_ms, quality);
  };

  /**
   * @param {BridgeFrame} frame
   * @param {boolean} is_settled
   */
  #accept(frame, is_settled) {
    const now_ms = this.#now();
    this.#store.accept(frame, now_ms, is_settled);
    this.#whole?.accept(frame, now_ms);
    // A hidden tab is sent less and late, which is no fault of the way.
    if (!document.hidden) this.#meter.accept(frame, now_ms, Date.now());
    this.#keeper.offer(now_ms, Date.now());
    if (frame.type === "snapshot") this.#rest?.load();
  }

  #save() {
    this.#keeper.save(this.#now(), Date.now());
  }

  /**
   * What the car does now, and whether to believe it.
   * @returns {Widget<Picture>[]}
   */
  #firstWidgets() {
    const root = (/** @type {string} */ id) => find(document, `#${id}`);
    const settings = {
      last: (/** @type {SettingName} */ name) => this.#whole?.settings.last(name) ?? null,
    };
    return [
      trustWidget(root("trust"), document.documentElement),
      qualityWidget(root("quality")),
      keptWidget(root("kept")),
      identityWidget(root("identity")),
      noticesWidget(root("notices")),
      driveWidget(filled(document, "drive"), settings),
      unitsWidget(document, root("units"), (chosen) => {
        this.#units = chosen;
        saveUnits(() => localStorage, chosen);
        this.#store.revision += 1;
      }),
    ];
  }
}

/**
 * The page as the reader wants it, before anything of it is seen; its sections in its own order.
 * @param {string} session_id
 */
function dressed(session_id) {
  const sections = sectionsOf(find(document, "main")).map((section) => ({
    id: section.id,
    name: sectionName(section),
  }));
  const is_light = matchMedia("(prefers-color-scheme: light)").matches;
  applyLook(document, sections, loadPrefs(() => localStorage), is_light);
  textSlot(find(document, "[data-slot=session-id]"))(session_id);
  shareWidget(
    find(document, "#share"),
    find(document, "[data-slot=announcer]"),
    shared(location, session_id),
    navigator.clipboard,
  );
  // Who presses it before the settings are there gets them when they are.
  const button = find(document, "[data-test=open-settings]");
  button.addEventListener("click", () => (button.dataset["pressed"] = ""), { once: true });
  return sections;
}

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
      const module = await import("./whole_page.js");
      // Its modules ran in this task, which is long enough without what they do now.
      setTimeout(() => {
        onLoaded(module);
        void registerWorker(navigator);
      });
    } catch {
      // The bridge went away meanwhile; its next snapshot asks again.
      is_asked = false;
    }
  };
  setTimeout(ask, PATIENCE_MS);
  return { load: () => requestAnimationFrame(() => setTimeout(ask)) };
}

/** @param {() => void} paint */
function paintLoop(paint) {
  const frame = () => {
    paint();
    requestAnimationFrame(frame);
  };
  requestAnimationFrame(frame);
}

// `/s/car-1+car-2` names several cars; this page shows the first.
const session_id = location.pathname.split("/")[2]?.split("+")[0] ?? "";
if (isSessionId(session_id)) new SessionPage(session_id).open();
else location.replace("/");
