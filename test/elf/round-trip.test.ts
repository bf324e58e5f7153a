// SPDX-License-Identifier: GPL-2.0-only
import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { buildElf, SHF, SHT, STB, STT } from "../elf-builder.js";
import { opened, written } from "./outcome.js";
import { headerAt, pairs, peekNumber, poke, recordFields } from "./record-fields.js";
import { filler, type Piece, relayout } from "./relayout.js";
import { sample, sampleDescription } from "./sample.js";

const fixtures = fileURLToPath(new URL("../fixtures/", import.meta.url));

/** Reads and writes without an edit; where a byte changed, says where. */
function expectUnchanged(bytes: Uint8Array): void {
  const original = bytes.slice();
  const result = written(opened(bytes));
  expect(result.length).toBe(original.length);
  expect(result.findIndex((byte, at) => byte !== original[at])).toBe(-1);
  // The input is not the output's memory, and it was not written into.
  expect(result.buffer).not.toBe(bytes.buffer);
  expect(Buffer.compare(bytes, original)).toBe(0);
}

describe("a file without an edit is written as it was read", () => {
  const modules = readdirSync(fixtures).filter((name) => name.endsWith(".ko"));

  test("there are fixtures", () => {
    expect(modules).toContain("x86_64.in.ko");
    expect(modules).toContain("ppc32.in.ko");
  });

  test.each(modules)("%s", (name) => {
    expectUnchanged(Uint8Array.from(readFileSync(fixtures + name)));
  });

  test("from a Buffer that is a part of a larger one", () => {
    const bytes = readFileSync(`${fixtures}s390x.in.ko`);
    const part = Buffer.concat([filler(13, 0xff), bytes, filler(7, 0xff)]).subarray(13, -7);
    expect(part.byteOffset % 4).not.toBe(0);
    expect(Buffer.compare(written(opened(part)), bytes)).toBe(0);
  });
});

describe.each(pairs)("ELF$class $order without an edit is written as it was read", (pair) => {
  const plain = sample(pair).bytes;
  const indices = Array.from({ length: 13 }, (_, index) => index + 1);

  /** The sample's sections in another order, with pieces between them. */
  function laidOut(...pieces: readonly Piece[]): Uint8Array {
    const bytes = relayout(plain, pieces);
    // Not vacuous: the reader still finds every section's contents.
    expect(opened(bytes).sections.map((section) => Buffer.from(section.data).toString())).toEqual(
      opened(plain).sections.map((section) => Buffer.from(section.data).toString()),
    );
    return bytes;
  }

  test("laid out as assemblers do", () => {
    expectUnchanged(plain);
  });

  test("with section and symbol names in one table", () => {
    expectUnchanged(buildElf({ ...sampleDescription(pair), oneStringTable: true }));
  });

  test("with nothing but its tables", () => {
    expectUnchanged(buildElf(pair));
  });

  test("with the section header table first", () => {
    expectUnchanged(laidOut("header table", ...indices));
  });

  test("with the section header table in the middle", () => {
    expectUnchanged(laidOut(...indices.slice(0, 6), "header table", ...indices.slice(6)));
  });

  test("with the section header table last, at an offset aligned to nothing", () => {
    const bytes = laidOut(...indices, filler(2), "header table");
    expect(peekNumber(bytes, 0, "e_shoff") % 2).toBe(1);
    expectUnchanged(bytes);
  });

  test("with sections in reverse order", () => {
    expectUnchanged(laidOut(...[...indices].reverse(), "header table"));
  });

  test("with sections in an order of their own", () => {
    expectUnchanged(laidOut(13, 2, 8, "header table", 11, 1, 4, 3, 12, 10, 9, 7, 6, 5));
  });

  test("with every section at an offset that its sh_addralign does not divide", () => {
    const pieces = indices.flatMap((index) => [filler(1 + (index % 3)), index]);
    expectUnchanged(laidOut(...pieces, filler(3), "header table"));
  });

  test("with zeros between sections, and behind the last", () => {
    const pieces = indices.flatMap((index) => [filler(40 * index), index]);
    expectUnchanged(laidOut(...pieces, filler(100), "header table", filler(77)));
  });

  test("with bytes between sections that no header describes, and behind the last", () => {
    const pieces = indices.flatMap((index) => [filler(3, 0xc0 + index), index]);
    expectUnchanged(laidOut(filler(9, 0x11), ...pieces, "header table", filler(5, 0xee)));
  });

  test("with gaps that begin and end with zeros around something", () => {
    const gap = Uint8Array.of(0, 0, 0, 1, 0, 0);
    const pieces = indices.flatMap((index) => [gap, index]);
    expectUnchanged(laidOut(...pieces, gap, "header table", gap));
  });

  // The largest powers of two, what is none, and what a double cannot tell from one.
  test.each([
    0n,
    3n,
    24n,
    0x1000_0000n,
    0x7fff_ffffn,
    0x8000_0000n,
    2n ** 53n + 1n,
    2n ** 63n,
    2n ** 64n - 1n,
  ])("with an sh_addralign of %s", (addralign) => {
    const bytes = plain.slice();
    for (const index of indices) poke(bytes, headerAt(bytes, index), "sh_addralign", addralign);
    expectUnchanged(bytes);
  });

  test.each([
    ["at 0", 0],
    ["inside the ELF header", 5],
    ["inside another section", 0x51],
    ["at the end of the file", plain.length],
  ])("with an empty section %s", (_, offset) => {
    const bytes = plain.slice();
    // .ordered: what it held is now a gap.
    poke(bytes, headerAt(bytes, 6), "sh_size", 0);
    poke(bytes, headerAt(bytes, 6), "sh_offset", offset);
    expectUnchanged(bytes);
  });

  test.each([
    1n,
    BigInt(plain.length) + 1n,
    0xffff_ffffn,
    2n ** 53n + 1n,
    2n ** 64n - 1n,
  ])("with SHT_NOBITS at sh_offset %s", (offset) => {
    const bytes = plain.slice();
    poke(bytes, headerAt(bytes, 5), "sh_offset", offset);
    expectUnchanged(bytes);
  });

  test.each([
    0n,
    1n,
    0xffff_ffffn,
    2n ** 40n,
    2n ** 64n - 1n,
  ])("with SHT_NOBITS of %s bytes", (size) => {
    const bytes = plain.slice();
    poke(bytes, headerAt(bytes, 5), "sh_size", size);
    expectUnchanged(bytes);
  });

  test("with fields that nothing in this program reads", () => {
    const bytes = plain.slice();
    bytes.set([1, 3, 9, 0xa1, 0xa2, 0xa3, 0xa4, 0xa5, 0xa6, 0xa7], 6);
    poke(bytes, 0, "e_version", 0xfedcba98);
    poke(bytes, 0, "e_entry", 2n ** 64n - 2n);
    poke(bytes, 0, "e_phoff", 2n ** 64n - 3n);
    poke(bytes, 0, "e_flags", 0xfffffffe);
    poke(bytes, 0, "e_ehsize", 1);
    poke(bytes, 0, "e_phentsize", 0xffff);
    for (const index of indices) poke(bytes, headerAt(bytes, index), "sh_addr", 2n ** 64n - 5n);
    for (const index of [2, 3, 4, 5, 7]) {
      poke(bytes, headerAt(bytes, index), "sh_entsize", 2n ** 64n - 7n);
      // All flags but SHF_INFO_LINK, which says that sh_info is a section.
      poke(bytes, headerAt(bytes, index), "sh_flags", 2n ** 64n - 1n - 0x40n);
      poke(bytes, headerAt(bytes, index), "sh_info", 0xfffffffd);
    }
    expectUnchanged(bytes);
  });

  test("with symbols and relocations of every bit", () => {
    const most = 2n ** BigInt(pair.class) - 1n;
    const bytes = buildElf({
      ...pair,
      sections: [{ name: ".debug", size: 8 }],
      symbols: [
        { name: "all", section: SHT.PROGBITS, value: most, size: most, other: 0xff, type: 0xf },
        { name: "own", section: 0xff1f, bind: 0xf, value: most - 1n },
        { name: "file", section: "abs", bind: STB.LOCAL, type: STT.FILE },
      ],
      relocations: [
        {
          section: ".debug",
          flags: SHF.INFO_LINK,
          entries: [
            { offset: most, type: 0xff, symbol: "all", addend: -(2n ** BigInt(pair.class - 1)) },
            { offset: most - 1n, type: 0xfe, symbol: 0, addend: most },
          ],
        },
      ],
    });
    expectUnchanged(bytes);
  });

  test("with SHT_NULL and unknown types among the sections", () => {
    const sections = [
      { name: ".null", type: SHT.NULL, addralign: 0 },
      { name: ".note", type: SHT.NOTE, data: "note" },
      { name: ".llvm_addrsig", type: 0x6fff4c03, data: [1, 2, 3], link: ".symtab" },
      { name: ".os", type: 0x60000001, flags: 0x0ff00000, data: "os", link: ".note" },
    ];
    const bytes = buildElf({ ...pair, sections, symbols: [{ name: "x", section: ".note" }] });
    poke(bytes, headerAt(bytes, 1), "sh_offset", 2n ** 64n - 1n);
    poke(bytes, headerAt(bytes, 1), "sh_size", 2n ** 64n - 1n);
    expectUnchanged(bytes);
  });

  test("with as many sections as can be numbered", () => {
    const { shdr } = recordFields[pair.class];
    const count = 0xfeff - 4;
    const sections = Array.from({ length: count }, () => ({ name: "same" }));
    const bytes = buildElf({ ...pair, sections });
    expect(peekNumber(bytes, 0, "e_shnum")).toBe(0xfeff);
    expect(bytes.length).toBeGreaterThan(0xfeff * shdr.size);
    expectUnchanged(bytes);
  });
});
