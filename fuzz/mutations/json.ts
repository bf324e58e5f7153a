// SPDX-License-Identifier: GPL-2.0-only

// What is done to JSON that stands in a text, one value at a time, so that it stays JSON.

import type { Random } from "../random.js";
import type { TextMutation } from "./texts.js";

/** How deep a value is nested that no function may go down into by calling itself. */
const DEEP = 20_000;

const VALUES: readonly string[] = [
  "null",
  "true",
  "0",
  "-1",
  "-0",
  "1.5",
  "1e999",
  "9007199254740993",
  '""',
  '"a"',
  '"\\u0000"',
  '"\\ud800"',
  '"\\u001b[31m"',
  '"a\\nb"',
  '"vmlinux:one=2"',
  '"ext4=vmlinux"',
  '"1/2"',
  '"2/2"',
  '"1/999999"',
  '"converted"',
  '"unchanged"',
  '"SIGTERM"',
  '"__proto__"',
  "[]",
  "{}",
  '{"toString":1}',
  '{"__proto__":{"in":"a"}}',
  "[null]",
  '["a","a"]',
  `"${"x".repeat(5000)}"`,
  "[".repeat(DEEP) + "]".repeat(DEEP),
];

/** Where a value of a text of JSON begins and ends: a string, a number, a word, or all in brackets. */
function valueAt(text: string, start: number): number {
  const scalar = /"(?:[^"\\\n]|\\.)*"|[-+\w.]+/y;
  scalar.lastIndex = start;
  const found = scalar.exec(text);
  if (found !== null) return start + found[0].length;
  let depth = 0;
  for (let at = start; at < text.length; at++) {
    if (text[at] === "[" || text[at] === "{") depth++;
    else if ((text[at] === "]" || text[at] === "}") && --depth === 0) return at + 1;
  }
  return text.length;
}

/** A value behind `:`, `[` or a comma, picked from all there are; undefined for none. */
function pickValue(text: string, random: Random): [start: number, end: number] | undefined {
  const starts = [...text.matchAll(/[:[,]\s*(?=["\w[{-])/g)];
  if (starts.length === 0) return undefined;
  const { index, 0: before } = random.pick(starts);
  const start = index + before.length;
  return [start, valueAt(text, start)];
}

const replaced = (text: string, [start, end]: readonly [number, number], by: string) =>
  text.slice(0, start) + by + text.slice(end);

export const JSON_MUTATIONS: Readonly<Record<string, TextMutation>> = {
  "a value of JSON": (text, random) => {
    const place = pickValue(text, random);
    return place === undefined ? text : replaced(text, place, random.pick(VALUES));
  },
  "a value of JSON by another": (text, random, other) => {
    const [place, from] = [pickValue(text, random), pickValue(other, random)];
    if (place === undefined || from === undefined) return text;
    return replaced(text, place, other.slice(...from));
  },
  "a field of JSON left out": (text, random) => {
    const fields = [...text.matchAll(/,\s*"\w+":|(?<=\{)"\w+":/g)];
    if (fields.length === 0) return text;
    const { index, 0: name } = random.pick(fields);
    return replaced(text, [index, valueAt(text, index + name.length)], "");
  },
  "a field of JSON more": (text, random) => {
    const names = ["in", "out", "symbols", "strict", "sympos", "job", "shards", "record"];
    const at = text.indexOf("{", random.below(text.length)) + 1;
    const name = random.pick([...names, "toString", "__proto__", "schemaVersion", "summary"]);
    return replaced(text, [at, at], `"${name}":${random.pick(VALUES)},`);
  },
};

/** Pieces that mean something where words are split. */
const PIECES = [
  "'",
  '"',
  "\\",
  "#",
  " ",
  "\t",
  "\n",
  "\\\n",
  "{",
  "@",
  "\u000b",
  "\xa0",
  "\0",
  "''",
];

export const WORD_MUTATIONS: Readonly<Record<string, TextMutation>> = {
  "a piece of a word": (text, random) => {
    const at = random.below(text.length + 1);
    return text.slice(0, at) + random.pick(PIECES) + text.slice(at + random.below(2));
  },
};
