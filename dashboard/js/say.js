/** Fills the holes of the sentences of `words.js`. */

import { LANGUAGE } from "./words.js";

/**
 * The names of a sentence's holes.
 * @template {string} T
 * @typedef {T extends `${string}{${infer Hole}}${infer Rest}` ? Hole | Holes<Rest> : never} Holes
 */

/** @typedef {string | number} Filling as shown */

/** @typedef {{ readonly other: string }} Other */
/** @typedef {Other & { readonly [category in Intl.LDMLPluralRule]?: string }} Forms */

/**
 * @template {Forms} T
 * @typedef {Exclude<Holes<Extract<T[keyof T], string>>, "count">} Others
 */

const HOLE = /\{(\w+)\}/;
const categories = new Intl.PluralRules(LANGUAGE);
/** @type {Map<string, readonly string[]>} of each sentence: text, name of a hole, text and so on */
const known = new Map();

/**
 * `lap {lap} of {laps}`, filled.
 * @template {string} T
 * @param {T} sentence
 * @param {Record<Holes<T>, Filling>} fillings
 */
export function say(sentence, fillings) {
  return fill(sentence, fillings);
}

/**
 * The form that goes with a number, which fills `{count}`: `1 lap`, `2 laps`.
 * @template {Forms} T
 * @param {T} forms
 * @param {Filling} count
 * @param {Others<T> extends never ? [] : [Record<Others<T>, Filling>]} others of the holes
 */
export function sayCount(forms, count, ...others) {
  const sentence = forms[categories.select(Number(count))] ?? forms.other;
  return fill(sentence, { ...others[0], count });
}

/**
 * @param {string} sentence
 * @param {Readonly<Record<string, Filling>>} fillings
 */
function fill(sentence, fillings) {
  let parts = known.get(sentence);
  if (parts === undefined) known.set(sentence, (parts = sentence.split(HOLE)));
  return parts.map((part, i) => (i % 2 === 0 ? part : `${fillings[part] ?? `{${part}}`}`)).join("");
}
