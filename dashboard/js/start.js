/** The start page: a list of sessions where the bridge gives one, and a box for the id. */

import { create, find } from "./dom.js";
import { writeLabels } from "./labels.js";
import { applyTheme, themeOf } from "./look.js";
import { registerWorker } from "./offline.js";
import { loadPrefs } from "./prefs.js";
import { readSessionId, sessionPath } from "./session_id.js";
import { readSessions, sessionLine } from "./sessions.js";
import { START } from "./words.js";

/** @import { ListedSession } from "./sessions.js" */

const REFRESH_MS = 5000;

writeLabels(document);
const { theme } = loadPrefs(() => localStorage);
applyTheme(document, themeOf(theme, matchMedia("(prefers-color-scheme: light)").matches));

const section = find(document, "#sessions");
const list = find(section, "ul");
const none = find(section, "[data-slot=no-sessions]");
const form = find(document, "#join");
const problem = find(document, "#join-problem");
const input = document.querySelector("#session-id");
let shown = "";

if (input instanceof HTMLInputElement) {
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    join(input);
  });
  input.addEventListener("input", () => {
    problem.textContent = "";
    input.removeAttribute("aria-invalid");
  });
}
void refresh();
addEventListener("load", () => void registerWorker(navigator));

/** @param {HTMLInputElement} box */
function join(box) {
  const id = readSessionId(box.value);
  if (id !== null) {
    location.assign(sessionPath(id));
    return;
  }
  box.setAttribute("aria-invalid", "true");
  problem.textContent = box.value.trim() === "" ? START.no_id : START.not_an_id;
  box.focus();
}

/** Nothing to list is no error: the bridge may keep the list to itself. */
async function refresh() {
  try {
    const response = await fetch("/api/sessions", { cache: "no-store" });
    if (response.status === 404) {
      section.hidden = true;
      return;
    }
    if (response.ok) paint(readSessions(await response.json()));
  } catch {
    // The bridge is away; the next turn asks again.
  }
  setTimeout(() => void refresh(), REFRESH_MS);
}

/** @param {ListedSession[]} sessions */
function paint(sessions) {
  const text = JSON.stringify(sessions);
  if (text === shown) return;
  shown = text;
  section.hidden = false;
  none.hidden = sessions.length > 0;
  // A reader on the keyboard keeps the place: the link that had the focus gets it again.
  const focused = document.activeElement?.getAttribute("href");
  list.replaceChildren(...sessions.map(item));
  for (const link of list.querySelectorAll("a")) {
    if (link.getAttribute("href") === focused) link.focus();
  }
}

/** @param {ListedSession} session */
function item(session) {
  const { title, place, monitors, state } = sessionLine(session);
  const link = create("a");
  link.href = sessionPath(session.session_id);
  link.dataset["state"] = state;
  link.append(
    create("strong", undefined, title),
    create("span", "place", place),
    create("span", "monitors", monitors),
    create("code", undefined, session.session_id),
  );
  const element = create("li");
  element.append(link);
  return element;
}
