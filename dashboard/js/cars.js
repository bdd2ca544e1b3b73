/** The page of several cars, `/s/car-1+car-2`: a connection and a row each. */

import { steadyClock } from "./clock.js";
import { create, find, textSlot } from "./dom.js";
import { writeLabels } from "./labels.js";
import { applyTheme, themeOf } from "./look.js";
import { registerWorker } from "./offline.js";
import { loadPrefs } from "./prefs.js";
import { isSessionId, sessionPath } from "./session_id.js";
import { BROWSER, Connection } from "./socket.js";
import { Store } from "./store.js";
import { carsText } from "./texts/start.js";
import { loadUnits } from "./units.js";
import { Viewer } from "./view.js";
import { socketUrl } from "./web_socket.js";
import { carRow } from "./widgets/car_row.js";

/** A row has nothing that moves faster. */
const CARS_HZ = 2;
const HIDDEN_HZ = 1;
const REPAINT_MS = 250;

writeLabels(document);
const { theme } = loadPrefs(() => localStorage);
applyTheme(document, themeOf(theme, matchMedia("(prefers-color-scheme: light)").matches));
const now = steadyClock(() => performance.now(), Date.now);
const units = loadUnits(() => localStorage);
const ids = [...new Set((location.pathname.split("/")[2] ?? "").split("+"))].filter(isSessionId);
const body = find(document, "[data-test=cars] tbody");
const cars = ids.map(car);
const announce = textSlot(find(document, "[data-slot=announcer]"));

setInterval(paint, REPAINT_MS);
document.addEventListener("visibilitychange", wake);
addEventListener("online", wake);
addEventListener("load", () => void registerWorker(navigator));
paint();

/** @param {string} session_id */
function car(session_id) {
  const store = new Store();
  const viewer = new Viewer(store);
  const connection = new Connection(
    {
      url: socketUrl(location),
      session_id,
      onFrame: (frame, is_settled) => store.accept(frame, now(), is_settled),
      onState: () => {},
    },
    { ...BROWSER, now },
  );
  connection.limit(CARS_HZ);
  connection.start();
  const element = create("tr");
  body.append(element);
  return { session_id, viewer, connection, row: carRow(element, sessionPath(session_id)) };
}

function paint() {
  const views = cars.map(({ session_id, viewer, connection, row }) => {
    const view = viewer.view(connection.state, units, now());
    row.render(view, session_id);
    return view;
  });
  const good = views.filter(({ state }) => state === "live").length;
  announce(carsText(good, views.length));
}

function wake() {
  for (const { connection } of cars) {
    connection.limit(document.hidden ? HIDDEN_HZ : CARS_HZ);
    if (!document.hidden) connection.wake();
  }
}
