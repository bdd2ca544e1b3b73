import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { themeOf } from "../../dashboard/js/look.js";

const CSS = new URL("../../dashboard/", import.meta.url);
const AA = 4.5;
const TEXTS = ["ink", "soft", "dim", "good", "warn", "bad", "cold", "best"];

/**
 * The colours of one theme.
 * @param {string} path
 * @param {string} selector
 */
function coloursOf(path, selector) {
  const sheet = readFileSync(new URL(path, CSS), "utf8");
  const rule = sheet.slice(sheet.indexOf(`${selector} {`)).split("\n\n")[0] ?? "";
  return new Map([...rule.matchAll(/--([a-z-]+): (#[0-9a-f]{6});/g)].map((m) => [m[1], m[2] ?? ""]));
}

/** @param {string} hex */
function luminance(hex) {
  const [r = 0, g = 0, b = 0] = [1, 3, 5].map((at) => {
    const share = parseInt(hex.slice(at, at + 2), 16) / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

/**
 * @param {string} a
 * @param {string} b
 */
function contrast(a, b) {
  const [light = 0, dark = 0] = [luminance(a), luminance(b)].sort((x, y) => y - x);
  return (light + 0.05) / (dark + 0.05);
}

/** @type {[string, Map<string | undefined, string>][]} */
const THEMES = [
  ["dark", coloursOf("style.css", ":root")],
  ["light", coloursOf("css/light.css", ':root[data-theme="light"]')],
];
for (const [theme, colours] of THEMES) {
  for (const ground of ["ground", "raised", "track"]) {
    test(`${theme} text can be read on the ${ground}`, () => {
      for (const text of TEXTS) {
        const ratio = contrast(colours.get(text) ?? "", colours.get(ground) ?? "");
        assert(ratio >= AA, `${text} ${ratio}`);
      }
    });
  }
}

test("the light theme has each colour of the dark one", () => {
  const [dark = new Map(), light = new Map()] = THEMES.map(([, colours]) => colours);

  assert(dark.size > 10);
  for (const name of dark.keys()) assert(light.has(name), name);
});

test("auto is what the device asks for, and a choice is a choice", () => {
  assert.deepEqual(
    [themeOf("auto", true), themeOf("auto", false), themeOf("dark", true), themeOf("light", false)],
    ["light", "dark", "dark", "light"],
  );
});
