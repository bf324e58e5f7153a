// SPDX-License-Identifier: GPL-2.0-only

import { describe, expect, test } from "vitest";
import { splitWords } from "../../src/batch/index.js";

describe("words of a file are split as GNU's tools split them:", () => {
  test.each<[string, readonly string[]]>([
    ["", []],
    [" \t\n ", []],
    ["one two\n\tthree\r\n", ["one", "two", "three"]],
    ["'with space' \"and 'quote'\"", ["with space", "and 'quote'"]],
    ["a'b c'd", ["ab cd"]],
    ["a\\ b \\'c \\\\d", ["a b", "'c", "\\d"]],
    // libiberty takes a backslash the same way everywhere.
    ["'a\\'b' \"c\\\"d\"", ["a'b", 'c"d']],
    ["'' \"\"", ["", ""]],
    ["'two\nlines'", ["two\nlines"]],
    ["end\\", ["end"]],
    ["a # b", ["a", "#", "b"]],
  ])("%j", (text, words) => {
    expect(splitWords(text)).toEqual({ words, unclosed: undefined });
  });

  test.each(["'", '"'])("a quote %s that is not closed is told", (quote) => {
    expect(splitWords(`a ${quote}b c`)).toEqual({ words: ["a", "b c"], unclosed: quote });
  });

  test("comments begin with a word, where there are comments", () => {
    const words = (text: string) => splitWords(text, { comments: true }).words;
    expect(words("a b # 'c")).toEqual(["a", "b"]);
    expect(words("#a")).toEqual([]);
    expect(words("a#b")).toEqual(["a#b"]);
    expect(words("'#a' \\#b")).toEqual(["#a", "#b"]);
  });
});
