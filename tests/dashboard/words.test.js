/** All that the dashboard says is in `words.js`, so that a translation is one file. */

import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { mock, test } from "node:test";

import { writeLabels } from "../../dashboard/js/labels.js";
import { say, sayCount } from "../../dashboard/js/say.js";
import * as words from "../../dashboard/js/words.js";

const DASHBOARD = new URL("../../dashboard/", import.meta.url);
const ROOT = new URL("js/", DASHBOARD);
const MODULES = readdirSync(ROOT, { recursive: true, encoding: "utf8" })
  .filter((path) => path.endsWith(".js"))
  .map((path) => ({ path, source: readFileSync(new URL(path, ROOT), "utf8") }));
const PAGES = readdirSync(DASHBOARD)
  .filter((path) => path.endsWith(".html"))
  .map((path) => ({ path, source: readFileSync(new URL(path, DASHBOARD), "utf8") }));

const COMMENT = /\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm;
const IMPORT = /^import [^;]*;/gm;
const LITERAL = /"((?:[^"\\\n]|\\.)*)"|`((?:[^`\\]|\\.)*)`/g;
const HOLE = /\$\{(?:[^{}]|\{[^}]*\})*\}/g;
/** A sentence or a word for people; also beside what is filled in. */
const SAID = /^[A-Z][a-z]|[A-Za-z]{2,}[,:]? [A-Za-z(§]|§,? [A-Za-z]|: §/;
/** Of classes, fonts and globals, and of errors that no reader of the page meets. */
const NOT_SAID =
  /(?:new Error\(|console\.error\(|matchMedia\(|class(?:Name)?: |\b(?:create|cell)\("\w+", (?:\w+ \? )?|\bfont(?: =|:) )$/;
const KEY = /^(?:Arrow|Page)(?:Up|Down|Left|Right)$|^(?:Home|End|Escape)$/;
/** A literal that goes straight to where readers read. */
const SHOWN =
  /(?:textContent = |title = |setAttribute\("(?:aria-label|title)", |create\("\w+", [^,()]+, )"[^"]*[a-z]/gi;

/** Words by which modules name reasons to each other; they are types, and tsc knows them. */
const CODES = new Set(
  MODULES.flatMap(({ source }) => source.match(COMMENT) ?? [])
    .flatMap((comment) => [...comment.matchAll(/(?:\{|\||\*)\s*"([a-z ]+)"/g)])
    .map((match) => match[1]),
);

/**
 * What a module says by itself.
 * @param {string} source
 */
function saidIn(source) {
  const code = source.replace(COMMENT, "").replace(IMPORT, "");
  const said = [...code.matchAll(LITERAL)].flatMap((match) => {
    const text = match[1] ?? (match[2] ?? "").replace(HOLE, "§");
    const before = code.slice(Math.max(0, match.index - 60), match.index);
    const is_global = code.startsWith(" in globalThis", match.index + match[0].length);
    const is_name = is_global || NOT_SAID.test(before) || CODES.has(text) || KEY.test(text);
    return SAID.test(text) && !is_name ? [text] : [];
  });
  return [...said, ...(code.match(SHOWN) ?? [])];
}

/** @type {[string, number][]} */
const SOURCES = [
  ['note("No lap completed yet");', 1],
  ['const SEEN = "Seen";', 1],
  ["say(`lap ${lap} of ${laps}`);", 1],
  ["say(`${name}: ${text}`);", 1],
  ['hint.textContent = "away";', 1],
  ['row.append(create("span", "was", "changed"));', 1],
  ['button.setAttribute("aria-label", "up");', 1],
  ['// Says "No lap yet".\nconst id = "no-laps";', 0],
  ['const cell = create("td", "text severity");', 0],
  ['throw new Error("The page has no list");', 0],
  ["find(root, `[data-slot=${name}]`);", 0],
];

for (const [source, count] of SOURCES) {
  test(`${count === 0 ? "no text" : "a text"} is found in ${source}`, () => {
    assert.equal(saidIn(source).length > 0, count > 0);
  });
}

for (const { path, source } of MODULES) {
  // A file has the contract's names in every language.
  if (path === "words.js" || path === "csv.js") continue;
  test(`${path} leaves what is said to words.js`, () => {
    assert.deepEqual(saidIn(source), []);
  });
}

/** What is compared or looked up, and what is no word. */
const CODE_BEFORE = /(?:[=!]== |\[\s*|\b(?:params|units), )$/;
const CODE = new Set(
  ["bad", "warn", "pressure", "temperature", "plain", "no data"].concat(
    ["_temp", "ms", "pitboard", "2-digit", "h23", "\\u2007", "\\u2068§\\u2069"],
  ),
);

/**
 * All that `texts/` may not say by itself: not one word.
 * @param {string} source
 */
function wordsIn(source) {
  const code = source.replace(COMMENT, "").replace(IMPORT, "");
  return [...code.matchAll(/"([^"\n]*)"|'([^'\n]*)'|`([^`]*)`/g)].flatMap((match) => {
    const text = match[1] ?? match[2] ?? (match[3] ?? "").replace(HOLE, "§");
    const before = code.slice(Math.max(0, match.index - 20), match.index);
    return /[A-Za-z]/.test(text) && !CODE_BEFORE.test(before) && !CODE.has(text) ? [text] : [];
  });
}

test("a word that texts/ says by itself is found", () => {
  assert.deepEqual(wordsIn('words.push("yellow"); return `P${n}`; x ? \'done\' : "";'), [
    "yellow",
    "P§",
    "done",
  ]);
});

for (const { path, source } of MODULES.filter(({ path }) => path.startsWith("texts/"))) {
  test(`${path} has no word of its own`, () => {
    assert.deepEqual(wordsIn(source), []);
  });
}

/** Names of units, of formats and of the program, which are the same in every language. */
const SYMBOLS = new Set("pitboard CSV L °C °F kPa bar psi km/h mph rpm s gal (US)".split(" "));

for (const { path, source } of PAGES) {
  test(`${path} leaves what is said to words.js`, () => {
    // Where no script runs none can fill it in.
    const body = source.replace(/<noscript>.*<\/noscript>/, "").replace(/<!--.*?-->/gs, "");
    const texts = [...body.matchAll(/>([^<>]*[A-Za-z][^<>]*)</g)].map((match) => match[1] ?? "");
    const named = body.match(/ (?:aria-(?:label|valuetext)|alt|title|placeholder)="[^"]+"/g);

    const said = texts.flatMap((text) => text.trim().split(" "));
    assert.deepEqual(said.filter((word) => !SYMBOLS.has(word)), []);
    assert.equal(named, null);
  });
}

test("each label stands in a page, and no page names another", () => {
  const named = PAGES.flatMap(({ source }) => {
    return [...source.matchAll(/data-(?:text|aria-label|aria-valuetext|alt|title)="([^"]+)"/g)];
  }).map((match) => match[1] ?? "");

  assert.deepEqual([...new Set(named)].sort(), Object.keys(words.LABELS).sort());
});

test("each word is said by some module", () => {
  const code = MODULES.filter(({ path }) => path !== "words.js").map(({ source }) => source).join();
  const groups = Object.entries(words).filter(([, group]) => typeof group === "object");

  for (const [group, members] of groups) {
    // Members by their name or, where the name is a code, by the code or all at once.
    if (group === "LABELS") continue;
    assert(new RegExp(`\\b${group}\\b`).test(code), group);
    if (Array.isArray(members) || new RegExp(`\\b${group}[,)]`).test(code)) continue;
    for (const name of Object.keys(members)) {
      const is_said = new RegExp(`\\b${group}\\.${name}\\b|\\b${group}\\[`).test(code);
      assert(is_said, `${group}.${name}`);
    }
  }
});

const CONTRACT = readFileSync(new URL("../contract/meanings.py", DASHBOARD), "utf8");

for (const { field, table } of [
  { field: "flags", table: words.FLAGS },
  { field: "flags", table: words.FLAG_NOTICES },
  { field: "pit_state", table: words.PITS.states },
  { field: "session_phase", table: words.PHASES },
  { field: "session_type", table: words.SESSION_TYPES },
]) {
  test(`the words of ${field} are those of the contract: ${Object.values(table)[0]}`, () => {
    const meaning = CONTRACT.replace(/"\n\s*"/g, "").match(`"${field}": "words?: (.*?)",`)?.[1];
    const named = [...(meaning ?? "").matchAll(/`(\w+)`/g)].map((match) => match[1] ?? "");

    assert.deepEqual(Object.keys(table).sort(), named.sort());
  });
}

test("settings of the games have words", () => {
  const source = readFileSync(new URL("../publisher/garage_names.py", DASHBOARD), "utf8");
  const pairs = [...source.matchAll(/\("([a-z]+)", "([a-z_]+)"\)/g)];

  assert(pairs.length > 50);
  for (const [, category = "", name = ""] of pairs) {
    assert(Object.hasOwn(words.CATEGORIES, category), category);
    assert(Object.hasOwn(words.SETTINGS, name), name);
  }
});

test("holes are filled once, and what fills them is no sentence", () => {
  assert.equal(say("{name} on lap {lap}", { name: "{lap}", lap: 3 }), "{lap} on lap 3");
  assert.equal(say("{name}$&", { name: "$1" }), "$1$&");
});

test("the form goes with the number", () => {
  const forms = /** @type {const} */ ({ one: "{count} lap of {all}", other: "{count} laps of {all}" });

  assert.equal(sayCount(forms, 1, { all: "9" }), "1 lap of 9");
  assert.equal(sayCount(forms, "1.0", { all: "9" }), "1.0 lap of 9");
  assert.equal(sayCount(forms, "0", { all: "9" }), "0 laps of 9");
  assert.equal(sayCount(forms, "–", { all: "9" }), "– laps of 9");
});

test("a hole that nothing fills is seen", () => {
  const misspelt = /** @type {string} */ ("lap {lpa}");

  assert.equal(say(misspelt, /** @type {Record<never, string>} */ ({ lap: 3 })), "lap {lpa}");
});

test("a label that a translation lacks is shown by its name", () => {
  const errors = mock.method(console, "error", () => {});
  /** @type {string[]} */
  const written = [];
  const element = /** @type {*} */ ({
    getAttribute: () => "fuel.nothing",
    firstElementChild: null,
    prepend: (/** @type {string} */ text) => written.push(text),
  });

  writeLabels(
    /** @type {*} */ ({
      documentElement: {},
      querySelectorAll: (/** @type {string} */ by) => (by === "[data-text]" ? [element] : []),
    }),
  );

  assert.deepEqual(written, ["fuel.nothing"]);
  assert.equal(errors.mock.callCount(), 1);
});

test("a category that a language leaves out is said as any other", () => {
  assert.equal(sayCount({ other: "{count} 周" }, 1), "1 周");
});
