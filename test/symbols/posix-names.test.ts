// SPDX-License-Identifier: GPL-2.0-only

// nm -f posix is sorted by name; the kernel's order is made of the values.

import { describe, expect, test } from "vitest";
import { linesOf, linesOf02, refusalOf } from "./reading.js";

describe("nm -f posix", () => {
  test("is put in the order of the values", () => {
    const text = linesOf(
      "_text T ffffffff81000000 ",
      "a t ffffffff81000020 10",
      "absolute a 1 ",
      "f t ffffffff81000030 8",
      "f t ffffffff81000010 8",
      "undefined U         ",
      "weak w         ",
      "_percpu d 0 8",
    );
    expect(linesOf02({ text })).toEqual([
      "*vmlinux",
      "_percpu 0000000000000000 d",
      "_text ffffffff81000000 T",
      "f ffffffff81000010 t",
      "a ffffffff81000020 t",
      "f ffffffff81000030 t",
    ]);
  });

  test("may lack sizes, end with CR LF, and be of a 32-bit machine", () => {
    const text = linesOf("g T c0000008", "h T c0000010", "i T c0000000 8 ");
    const expected = ["*vmlinux", "i c0000000 T", "g c0000008 T", "h c0000010 T"];
    expect(linesOf02({ text })).toEqual(expected);
    expect(linesOf02({ text: text.replaceAll("\n", "\r\n") })).toEqual(expected);
  });

  test("has symbols of one address by name, as nm -n would have them", () => {
    const text = linesOf(
      "_b T ffffffff81000000",
      "z T ffffffff81000000",
      "a T ffffffff81000000",
      "aa T ffffffff80000000",
    );
    expect(
      linesOf02({ text })
        .slice(1)
        .map((line) => line.split(" ")[0]),
    ).toEqual(["aa", "a", "z", "_b"]);
  });

  test.each([
    "a",
    "add",
    "bad",
    "dead",
    "cafe",
    "A",
    "f",
  ])("may begin with a name of hexadecimal digits: %s", (name) => {
    const text = linesOf(`${name} T ffffffff81000010 8`, "g T ffffffff81000000 8");
    const expected = ["*vmlinux", "g ffffffff81000000 T", `${name} ffffffff81000010 T`];
    expect(linesOf02({ text })).toEqual(expected);
  });

  test("is rid of what kallsyms leaves out", () => {
    const text = linesOf(
      "__crc_f A 12345678 ",
      "__kstrtab_f r ffffffff82000000 ",
      "f T ffffffff81000000 ",
    );
    expect(linesOf02({ text })).toEqual(["*vmlinux", "f ffffffff81000000 T"]);
  });
});

describe("nm -f posix is refused", () => {
  const lost = (line: number) => ({
    code: "source-order",
    line,
    message:
      "names without values have lost the kernel's order: livepatch counts homonyms by address",
    notes: [
      "give the output of nm -f posix with its value column, or nm -n vmlinux, or vmlinux itself",
    ],
  });

  test("without values, as names and types", () => {
    expect(refusalOf(linesOf("a T", "b t"))).toEqual([lost(1)]);
    expect(refusalOf(linesOf("a T  ", "b t  "))).toEqual([lost(1)]);
    expect(refusalOf(linesOf("u U", "b t", "c t"))).toEqual([lost(2)]);
    expect(refusalOf(linesOf("g T ffffffff81000000 8", "h t", "i t"))).toEqual([lost(2)]);
  });

  test("without values and types, as a list of names", () => {
    expect(refusalOf(linesOf("a", "b"))).toEqual([lost(1)]);
    expect(refusalOf(linesOf("saved_command_line"))).toEqual([lost(1)]);
  });

  test("of vmlinux.o, and of a module", () => {
    expect(refusalOf(linesOf("_text U         ", "f T 0 8"))).toMatchObject([
      {
        code: "source-relocatable",
        message: "these are symbols of an object that is not linked yet: _text is undefined",
      },
    ]);
    expect(refusalOf(linesOf("__this_module D 0 8", "f T 0 8"))).toMatchObject([
      {
        code: "source-relocatable",
        message: "these are symbols of a module: __this_module is among them",
      },
    ]);
  });

  test("when all values are 0", () => {
    expect(refusalOf(linesOf("g T 0 8", "h T 0 8"))).toMatchObject([
      { code: "source-order", message: "all addresses are 0, so there is no order to be had" },
    ]);
  });

  test.each([
    ["nothing", ""],
    ["a space at its start", " f T 0 8"],
    ["a type of two letters", "f TT 0 8"],
    ["a value of other characters", "f T x 8"],
    ["a value of 17 digits", "f T 00000000000000000 8"],
    ["a fifth word", "f T 0 8 9"],
  ])("for a line with %s", (_, line) => {
    expect(refusalOf(linesOf("g T ffffffff81000000 8", line))).toEqual([
      { code: "source-line", line: 2, message: `"${line}" is not NAME TYPE VALUE SIZE` },
    ]);
  });

  test("when it is cut off", () => {
    expect(refusalOf("g T ffffffff81000000 8\nh T fff")).toEqual([
      {
        code: "source-truncated",
        line: 2,
        message: "the last line has no newline: the file is cut off",
        notes: ["make the file again; its maker or a copy of it was interrupted"],
      },
    ]);
  });
});
