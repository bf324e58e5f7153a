// SPDX-License-Identifier: GPL-2.0-only
import { describe, expect, test } from "vitest";
import type { Field } from "../../src/elf/layout.js";
import { buildElf, SHN, STB, STT } from "../elf-builder.js";
import { opened } from "./outcome.js";
import { pairs } from "./record-fields.js";

describe.each(pairs)("the symbol table of ELF$class $order", (pair) => {
  const object = opened(
    buildElf({
      ...pair,
      sections: [
        { name: ".text", size: 64 },
        { name: ".data", size: 64 },
      ],
      symbols: [
        { name: "", section: ".text", bind: STB.LOCAL, type: STT.SECTION },
        { name: "label", section: ".text", bind: STB.LOCAL, value: 16, size: 16 },
        { name: "f", section: ".text", type: STT.FUNC, value: 16, size: 16 },
        { name: "g\xe4", section: ".text", bind: STB.WEAK, type: STT.FUNC, value: 32, size: 1 },
        { name: "table", section: ".data", type: STT.OBJECT, value: 8, size: 56 },
        { name: "out" },
        { name: "fixed", section: "abs", type: STT.OBJECT, value: 0, size: 64 },
        { name: "livepatch", section: SHN.LIVEPATCH },
        { name: ".shared", section: "common" },
      ],
    }),
  );
  const { symbols } = object;
  const indices = Array.from({ length: symbols.count }, (_, index) => index);

  test("counts the null symbol, and knows where globals begin", () => {
    expect(symbols.count).toBe(10);
    expect(symbols.firstGlobal).toBe(3);
    expect([symbols.section, symbols.stringTable]).toEqual([3, 4]);
  });

  test("tells which symbols are in a section", () => {
    const inSection = (index: number) => [...symbols.inSection(index)];
    expect(inSection(1)).toEqual([1, 2, 3, 4]);
    expect(inSection(2)).toEqual([5]);
    expect(inSection(SHN.LIVEPATCH)).toEqual([8]);
    // The null symbol is none.
    expect(inSection(0)).toEqual([6]);
    expect(inSection(4)).toEqual([]);
  });

  test("tells whose name begins with a dot", () => {
    expect(indices.filter((index) => symbols.isDotted(index))).toEqual([9]);
  });

  test("tells which symbols another table has otherwise", () => {
    const { bytes, layout } = object;
    const { size, st_name, st_info, st_shndx, st_value } = layout.sym;
    const changed = (symbol: number, field: Field, value: number) => {
      const copy = bytes.slice();
      const at = object.sections[symbols.section]!.fileOffset! + symbol * size;
      field.set(new DataView(copy.buffer), at, value);
      return opened(copy).symbols;
    };
    expect(symbols.differing(symbols)).toEqual([]);
    expect(symbols.differing(changed(2, st_name, 0))).toEqual([2]);
    expect(symbols.differing(changed(4, st_info, 0x12))).toEqual([4]);
    expect(symbols.differing(changed(9, st_shndx, 0xff20))).toEqual([9]);
    // Where it is in its section is no part of who it is.
    expect(symbols.differing(changed(9, st_value, 8))).toEqual([]);
  });

  test("has no symbol behind the last", () => {
    for (const ask of [() => symbols.sectionIndex(10), () => symbols.name(10)]) {
      expect(ask).toThrow(new RangeError("there is no symbol 10"));
    }
  });

  test("has the fields of each symbol", () => {
    expect(indices.map((index) => symbols.name(index))).toEqual([
      "",
      "",
      "label",
      "f",
      // The builder writes UTF-8; a name has one character per byte.
      "g\xc3\xa4",
      "table",
      "out",
      "fixed",
      "livepatch",
      ".shared",
    ]);
    expect(indices.map((index) => symbols.isNamed(index))).toEqual([
      false,
      false,
      ...indices.slice(2).map(() => true),
    ]);
    expect(indices.map((index) => symbols.binding(index))).toEqual([0, 0, 0, 1, 2, 1, 1, 1, 1, 1]);
    expect(indices.map((index) => symbols.type(index))).toEqual([0, 3, 0, 2, 2, 1, 0, 1, 0, 0]);
    expect(indices.map((index) => symbols.value(index))).toEqual([0, 0, 16, 16, 32, 8, 0, 0, 0, 0]);
    expect(indices.map((index) => symbols.size(index))).toEqual([0, 0, 16, 16, 1, 56, 0, 64, 0, 0]);
    expect(indices.map((index) => symbols.sectionIndex(index))).toEqual([
      0, 1, 1, 1, 1, 2, 0, 0xfff1, 0xff20, 0xfff2,
    ]);
  });

  test("is copied once when it is edited, and the input never", () => {
    const bytes = buildElf({ ...pair, symbols: [{ name: "a" }, { name: "b" }] });
    const original = bytes.slice();
    const edited = opened(bytes).symbols;
    expect(edited.records.buffer).toBe(bytes.buffer);
    edited.setSectionIndex(1, 0xff20);
    const { buffer } = edited.records;
    expect(buffer).not.toBe(bytes.buffer);
    edited.setSectionIndex(2, 0xfff1);
    expect(edited.records.buffer).toBe(buffer);
    expect([1, 2].map((symbol) => edited.sectionIndex(symbol))).toEqual([0xff20, 0xfff1]);
    expect(bytes).toEqual(original);
  });

  test("knows the sections that symbols are defined in", () => {
    expect(indices.map((index) => object.sectionOfSymbol(index)?.name)).toEqual([
      undefined,
      ".text",
      ".text",
      ".text",
      ".text",
      ".data",
      undefined,
      undefined,
      undefined,
      undefined,
    ]);
  });

  test("finds the function or object that covers an offset", () => {
    const covering = (section: number) => (offset: number) => symbols.covering(section, offset);
    expect([0, 15, 16, 31, 32, 33].map(covering(1))).toEqual([
      undefined,
      undefined,
      "f",
      "f",
      "g\xc3\xa4",
      undefined,
    ]);
    expect([7, 8, 63, 64].map(covering(2))).toEqual([undefined, "table", "table", undefined]);
    expect([0, 8].map(covering(3))).toEqual([undefined, undefined]);
  });
});
