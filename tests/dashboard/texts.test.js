/**
 * What the dashboard says is in `js/texts/` and in the HTML pages: a translation is a copy of the
 * two.
 */

import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";

import * as index from "../../dashboard/js/texts.js";

const ROOT = new URL("../../dashboard/js/", import.meta.url);
const MODULES = readdirSync(ROOT, { recursive: true, encoding: "utf8" })
  .filter((path) => path.endsWith(".js"))
  .map((path) => ({ path, source: readFileSync(new URL(path, ROOT), "utf8") }));

const COMMENT = /\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm;
const IMPORT = /^import [^;]*;/gm;
const LITERAL = /"((?:[^"\\\n]|\\.)*)"|`((?:[^`\\]|\\.)*)`/g;
const HOLE = /\$\{(?:[^{}]|\{[^}]*\})*\}/g;
/** A sentence or a word for people; also beside what is filled in. */
const SAID = /^[A-Z][a-z]|[A-Za-z]{2,}[,:]? [A-Za-z(§]|§,? [A-Za-z]|: §/;
/** Of classes, fonts and globals, and of errors that no reader of the page meets. */
const NOT_SAID =
  /(?:new Error\(|matchMedia\(|class(?:Name)?: |\b(?:create|cell)\("\w+", (?:\w+ \? )?|\bfont(?: =|:) )$/;
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
  if (path.startsWith("texts/") || path === "csv.js") continue;
  test(`${path} leaves what is said to texts/`, () => {
    assert.deepEqual(saidIn(source), []);
  });
}

test("the index has all of texts/, each name once", () => {
  const named = MODULES.filter(({ path }) => path.startsWith("texts/")).flatMap(({ source }) => {
    return [...source.matchAll(/^export (?:const|function) (\w+)/gm)].map((match) => match[1]);
  });

  assert(named.length > 100);
  assert.deepEqual(Object.keys(index).sort(), named.sort());
});
