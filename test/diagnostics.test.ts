// SPDX-License-Identifier: GPL-2.0-only

import { execFileSync } from "node:child_process";
import { describe, expect, test } from "vitest";
import { diagnosticText } from "../src/cli/diagnostic-text.js";
import { counted, Diagnostics, hex, Refusal, shellWord } from "../src/diagnostics.js";

describe("diagnostics", () => {
  test("are data, in the order they were found", () => {
    const diagnostics = new Diagnostics("in.ko");
    diagnostics.note("a", "first");
    diagnostics.error("b", "second", { section: ".text", offset: 56, symbol: "foo" }, ["why"]);
    expect(diagnostics.list()).toEqual([
      { severity: "note", code: "a", file: "in.ko", message: "first", notes: [] },
      {
        severity: "error",
        code: "b",
        file: "in.ko",
        section: ".text",
        offset: 56,
        symbol: "foo",
        message: "second",
        notes: ["why"],
      },
    ]);
  });

  test("beyond a hundred of a severity are counted, and hide none of another", () => {
    const diagnostics = new Diagnostics("in.ko");
    for (let i = 0; i < 103; i++) diagnostics.note("n", `note ${i}`);
    for (let i = 0; i < 101; i++) diagnostics.warning("w", `warning ${i}`);
    diagnostics.error("e", "the reason");
    const list = diagnostics.list();
    expect(list).toHaveLength(203);
    expect(list.slice(200).map(({ severity, message }) => `${severity}: ${message}`)).toEqual([
      "error: the reason",
      "warning: 1 more warning not shown",
      "note: 3 more notes not shown",
    ]);
  });

  test("end a step only if there was an error, also one beyond the cap", () => {
    const diagnostics = new Diagnostics("in.ko");
    diagnostics.warning("w", "careful");
    expect(() => diagnostics.throwIfFailed()).not.toThrow();
    diagnostics.error("e", "wrong");
    expect(() => diagnostics.throwIfFailed()).toThrow(Refusal);
  });
});

describe("as text", () => {
  const at = (place: object) => {
    const diagnostic = {
      severity: "error",
      code: "c",
      file: "f",
      message: "m",
      notes: [],
    } as const;
    return diagnosticText({ ...diagnostic, ...place }, false);
  };

  test("a place is a line, a section, or an offset in it", () => {
    expect(at({})).toBe("klp-convert: error: f: m\n");
    expect(at({ line: 7 })).toBe("klp-convert: error: f:7: m\n");
    expect(at({ section: ".text" })).toBe("klp-convert: error: f: .text: m\n");
    expect(at({ section: ".text", offset: 56 })).toBe("klp-convert: error: f: .text+0x38: m\n");
  });

  test("notes are indented, and control characters cannot be obeyed", () => {
    expect(at({ notes: ["a\x1b[2Jb", "c"] })).toBe(
      "klp-convert: error: f: m\n    a\\x1b[2Jb\n    c\n",
    );
  });
});

test("counts have their noun, offsets are hexadecimal, words are safe in a shell", () => {
  expect([counted(0, "symbol"), counted(1, "symbol"), counted(2, "symbol")]).toEqual([
    "0 symbols",
    "1 symbol",
    "2 symbols",
  ]);
  expect(counted(2, "entry", "entries")).toBe("2 entries");
  expect(hex(56)).toBe("0x38");
  expect(shellWord("a/b.ko")).toBe("a/b.ko");
  expect(shellWord("$(touch x)")).toBe("'$(touch x)'");
  expect(shellWord("it's")).toBe("'it'\\''s'");
  expect(shellWord("")).toBe("''");
});

test("a word of control characters is the same word to a shell, and nothing to a terminal", () => {
  const hostile = "a\nb\x1b[31m1\\'\x7f\u009bc$(x)";
  const word = shellWord(hostile);
  expect(word).toBe("$'a\\x0ab\\x1b[31m1\\\\\\'\\x7f\\u009bc$(x)'");
  const env = { ...process.env, LC_ALL: "C.UTF-8" };
  expect(execFileSync("bash", ["-c", `printf %s ${word}`], { env }).toString()).toBe(hostile);
});
