// SPDX-License-Identifier: GPL-2.0-only

// What is done to texts that symbols are read from, and to whatever else has lines.

import { interestingNumber, SYMBOL_NAMES, TOKENS } from "../interesting.js";
import type { Random } from "../random.js";

/** Returns a text, one character per byte, after an edit; `other` is one to take parts of. */
export type TextMutation = (text: string, random: Random, other: string) => string;

function onLines(text: string, edit: (lines: string[]) => void): string {
  const lines = text.split("\n");
  edit(lines);
  return lines.join("\n");
}

/** Changes one word of one line. */
function onWord(text: string, random: Random, edit: (word: string) => string): string {
  return onLines(text, (lines) => {
    const at = random.below(lines.length);
    const words = lines[at]!.split(/([ \t*=+])/);
    const word = random.below(words.length);
    words[word] = edit(words[word]!);
    lines[at] = words.join("");
  });
}

export const TEXT_MUTATIONS: Readonly<Record<string, TextMutation>> = {
  "a token": (text, random) => {
    const at = random.below(text.length + 1);
    return text.slice(0, at) + random.pick(TOKENS) + text.slice(at + random.pick([0, 0, 1, 3, 17]));
  },
  "a line": (text, random, other) =>
    onLines(text, (lines) => {
      const from = random.oneIn(2) ? lines : other.split("\n");
      lines.splice(random.below(lines.length + 1), random.below(2), random.pick(from));
    }),
  "the lines' order": (text, random) =>
    onLines(text, (lines) => {
      const moved = lines.splice(random.below(lines.length), random.few(5));
      lines.splice(random.below(lines.length + 1), 0, ...moved);
    }),
  "a name": (text, random) => onWord(text, random, () => random.pick(SYMBOL_NAMES)),
  "a number": (text, random) =>
    onWord(text, random, () => {
      const value = BigInt.asUintN(64, interestingNumber(random, 16n));
      return random.oneIn(2) ? value.toString(16).padStart(16, "0") : value.toString();
    }),
  "a word twice": (text, random) => onWord(text, random, (word) => word + word),
  "the end": (text, random) => text.slice(0, random.below(text.length + 1)),
  "a byte": (text, random) => {
    const at = random.below(text.length);
    return text.slice(0, at) + String.fromCharCode(random.below(256)) + text.slice(at + 1);
  },
  "the rest of another": (text, random, other) =>
    text.slice(0, random.below(text.length)) + other.slice(random.below(other.length)),
  "very many lines": (text, random) => {
    if (!random.oneIn(20)) return text;
    return onLines(text, (lines) => {
      const repeated = random.pick(lines);
      const count = random.pick([500, 5000]);
      const at = random.below(lines.length);
      const more = Array.from({ length: count }, (_, i) => repeated + (random.oneIn(2) ? i : ""));
      lines.splice(at, 0, ...more);
    });
  },
};
