// SPDX-License-Identifier: GPL-2.0-only

// Format 0.1 cannot say that a module has a symbol only for a while.

import { describe, expect, test } from "vitest";
import { STB, type SymbolDescription } from "../elf-builder.js";
import { buildModule } from "./elf-sources.js";
import { linesOf, listOf } from "./reading.js";

const symbols = (...all: readonly string[]): SymbolDescription[] =>
  all.map((name) => ({
    name: name.replace(/[!?]$/, ""),
    bind: STB.LOCAL,
    section: name.endsWith("!") ? ".init.text" : name.endsWith("?") ? "abs" : ".text",
  }));

/** A module with these symbols, in init memory with an `!`, absolute with a `?`. */
const module = (name: string, ...all: readonly string[]) =>
  buildModule({ modinfo: `name=${name}\0`, symbols: symbols(...all) }).bytes;

const list01 = (...lines: readonly string[]) => linesOf("klp-convert-symbol-data.0.1", ...lines);
const others = list01("*vmlinux", "f", "g", "*other", "f", "f");

const note = (count: string, names: string) => ({
  severity: "note",
  code: "list-left-out",
  file: expect.any(String),
  message: `${count} left out, of which a module has symbols for a while only`,
  notes: [names, "format 0.2 can tell them apart: --format 0.2"],
});

const notKept = (name: string) => ({
  severity: "warning",
  code: "keep-unknown",
  file: expect.any(String),
  message: `symbol ${name} is not kept: a module has it for a while only`,
  notes: ["format 0.2 can say so: --format 0.2"],
});

describe("of what a module has only for a while format 0.1 has nothing", () => {
  test.each(["f!", "f?"])("%s", (name) => {
    const given = { m: module("m", "a", name, "b"), others };
    expect(listOf(given)).toEqual({
      list: list01("*vmlinux", "f", "g", "*m", "a", "b", "*other", "f", "f"),
      said: [],
    });
  });

  test.each([
    ["f!", "f"],
    ["f", "f!"],
    ["f?", "f", "f"],
  ])("nor of its homonyms, in no object: %s, %s", (...names) => {
    const given = { m: module("m", "a", ...names), others };
    expect(listOf(given)).toEqual({
      list: list01("*vmlinux", "g", "*m", "a", "*other"),
      said: [note("1 name", "f")],
    });
  });

  test("but of another module's homonyms, if it keeps none of them", () => {
    const given = { m: module("m", "f!", "f?"), n: module("n", "f") };
    expect(listOf(given)).toEqual({ list: list01("*m", "*n", "f"), said: [] });
  });

  test("which is noted with the first five names", () => {
    const names = ["a", "b", "c", "d", "e", "f"].flatMap((name) => [name, `${name}!`]);
    expect(listOf({ m: module("m", ...names) })).toEqual({
      list: list01("*m"),
      said: [note("6 names", "a, b, c, d, e, …")],
    });
    expect(listOf({ m: module("m", ...names.slice(0, 10)) }).said).toEqual([
      note("5 names", "a, b, c, d, e"),
    ]);
  });

  test("which is noted once for a name, however many there are of it", () => {
    expect(
      listOf({ m: module("m", "f", "f!", "f", "f!"), n: module("n", "f!", "f") }).said,
    ).toEqual([note("1 name", "f")]);
  });

  test("which nobody needs to know who wants other names, or other objects", () => {
    const given = { m: module("m", "f!", "f", "a"), others };
    expect(listOf(given, { keep: ["a"] })).toEqual({
      list: list01("*vmlinux", "*m", "a", "*other"),
      said: [],
    });
    expect(listOf(given, { objects: ["vmlinux"] })).toEqual({
      list: list01("*vmlinux", "f", "g"),
      said: [],
    });
  });

  test("which is said of a name to be kept, and nothing else then", () => {
    const given = { m: module("m", "f!", "f", "a"), others };
    expect(listOf(given, { keep: ["f"] })).toEqual({
      list: list01("*vmlinux", "*m", "*other"),
      said: [notKept("f")],
    });
    // Of other names nobody asked.
    expect(listOf({ m: module("m", "f!", "g", "g!", "a"), others }, { keep: ["f", "a"] })).toEqual({
      list: list01("*vmlinux", "f", "*m", "a", "*other", "f", "f"),
      said: [],
    });
    expect(listOf({ m: module("m", "f!", "a") }, { keep: ["f", "a"] })).toEqual({
      list: list01("*m", "a"),
      said: [notKept("f")],
    });
  });

  test("and with format 0.2 all that was to be kept is, without a word", () => {
    const given = { m: module("m", "f!", "f", "a") };
    expect(listOf(given, { keep: ["f"], format: "0.2" })).toEqual({
      list: linesOf(
        "klp-convert-symbol-data.0.2 arch=x86_64 order=symtab names=some",
        "*m",
        "f .init.text+0x0 ti",
        "f .text+0x0 t",
      ),
      said: [],
    });
  });
});

test("a list in format 0.2 is taken at its word, whatever its order is worth", () => {
  for (const order of ["symtab", "kallsyms", "unknown"]) {
    const list = linesOf(
      `klp-convert-symbol-data.0.2 order=${order}`,
      "*m",
      "f .init.text+0x0 ti",
      "g .text+0x0 t",
    );
    expect(listOf({ list }).list).toBe(list01("*m", "g"));
  }
});

test("format 0.2 has all of it", () => {
  const given = { m: module("m", "f", "f!", "f?"), others };
  const { list, said } = listOf(given, { format: "0.2" });
  expect(said).toEqual([]);
  expect(list).toBe(
    linesOf(
      "klp-convert-symbol-data.0.2 arch=x86_64 order=unknown",
      "*vmlinux arch=-",
      "f - -",
      "g - -",
      "*m order=symtab",
      "f .text+0x0 t",
      "f .init.text+0x0 ti",
      "f - ax",
      "*other arch=-",
      "f - -",
      "f - -",
    ),
  );
});
