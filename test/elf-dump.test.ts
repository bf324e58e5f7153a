// SPDX-License-Identifier: GPL-2.0-only
import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { buildElf, buildIndexedElf, SHF, SHT, STB, STT } from "./elf-builder.js";
import { dumpElf } from "./elf-dump.js";

const fixtures = fileURLToPath(new URL("fixtures/", import.meta.url));
const hasReadelf = spawnSync("readelf", ["--version"]).status === 0;

describe("the dump", () => {
  test("shows header, sections, symbols, relocations and groups", () => {
    const bytes = buildElf({
      class: 32,
      order: "big",
      sections: [
        {
          name: ".group",
          type: SHT.GROUP,
          words: [1, ".text"],
          entsize: 4,
          addralign: 4,
          link: ".symtab",
          info: 1,
        },
        { name: ".text", flags: SHF.ALLOC | SHF.EXECINSTR, size: 8, addralign: 4 },
      ],
      symbols: [
        { name: "", section: ".text", bind: STB.LOCAL, type: STT.SECTION },
        { name: "vm_local_func" },
        { name: ".klp.sym.vmlinux.x,0", section: 0xff20, type: STT.FUNC, other: 0x60 },
      ],
      relocations: [
        {
          section: ".text",
          entries: [
            { offset: 4, type: 10, symbol: "vm_local_func", addend: -4 },
            { offset: 6, type: 4, symbol: 1, addend: 16 },
            { offset: 7, type: 0, symbol: 0 },
          ],
        },
      ],
    });
    expect(dumpElf(bytes)).toBe(
      `
header
  class      ELF32
  data       big
  version    1, 1
  osabi      0, 0
  type       REL
  machine    20
  entry      0x0
  flags      0x0
  ehsize     52
  programs   0 of 0 bytes
  sections   7 of 40 bytes
  shstrndx   6

sections
  [0]   NULL         flags 0x0      size 0      link 0   info 0   align 0   entsize 0
  [1]   GROUP        flags 0x0      size 8      link 4   info 1   align 4   entsize 4  .group
  [2]   PROGBITS     flags 0x6      size 8      link 0   info 0   align 4   entsize 0  .text
  [3]   RELA         flags 0x40     size 36     link 4   info 2   align 4   entsize 12 .rela.text
  [4]   SYMTAB       flags 0x0      size 64     link 5   info 2   align 4   entsize 16 .symtab
  [5]   STRTAB       flags 0x0      size 36     link 0   info 0   align 1   entsize 0  .strtab
  [6]   STRTAB       flags 0x0      size 51     link 0   info 0   align 1   entsize 0  .shstrtab

symbols [4] .symtab
  0    00000000 size 0    NOTYPE  LOCAL  DEFAULT   UND
  1    00000000 size 0    SECTION LOCAL  DEFAULT   2         [.text]
  2    00000000 size 0    NOTYPE  GLOBAL DEFAULT   UND       vm_local_func
  3    00000000 size 0    FUNC    GLOBAL DEFAULT+0x60 LIVEPATCH .klp.sym.vmlinux.x,0

relocations [3] .rela.text for [2] .text
  00000004 type 10  symbol 2   - 4    vm_local_func
  00000006 type 4   symbol 1   + 16   [.text]
  00000007 type 0   symbol 0   + 0

group [1] .group flags 0x1 signature [.text]
  [2] .text
`.trimStart(),
    );
  });

  test("says nothing about file offsets", () => {
    const description = {
      sections: [
        { name: ".a", data: "aa" },
        { name: ".b", data: "bb" },
      ],
    };
    const { bytes, sections, headerOffsets } = buildIndexedElf(description);
    const before = dumpElf(bytes);
    bytes[headerOffsets[sections.get(".b")!]! + 24]! += 1;
    expect(dumpElf(bytes)).toBe(before);
  });

  test("prints constants it does not know as hex, indices of nothing in words", () => {
    const { bytes, headerOffsets } = buildIndexedElf({
      sections: [
        { name: ".x", type: 0x6fffffff, size: 4 },
        { name: ".g", type: SHT.GROUP, words: [1, 77], link: ".symtab", info: "odd" },
      ],
      symbols: [{ name: "odd", type: 10, bind: 10, section: 0xff42, other: 3 }],
      relocations: [{ section: 1, entries: [{ offset: 0, type: 1, symbol: 99 }] }],
    });
    bytes[headerOffsets[1]! + 3] = 1; // sh_name
    const dump = dumpElf(bytes);
    expect(dump).toMatch(/\[1\] +0x6fffffff .* <name out of bounds>\n/);
    expect(dump).toMatch(/ 0xa +0xa +PROTECTED 0xff42 +odd\n/);
    expect(dump).toMatch(/ symbol 99 +\+ 0 +<no such symbol>\n/);
    expect(dump).toContain("  [77] <no such section>\n");
  });

  test("reads a view into a larger buffer", () => {
    const bytes = buildElf({ symbols: [{ name: "_printk" }] });
    const larger = new Uint8Array(bytes.length + 3);
    larger.set(bytes, 3);
    expect(dumpElf(larger.subarray(3))).toBe(dumpElf(bytes));
  });

  test("refuses other files", () => {
    expect(() => dumpElf(new Uint8Array(100))).toThrow(new Error("not an ELF file"));
    const bytes = buildElf({});
    expect(() => dumpElf(bytes.subarray(0, bytes.length - 10))).toThrow(RangeError);
  });

  describe.skipIf(!hasReadelf)("agrees with readelf", () => {
    test.each(readdirSync(fixtures).filter((name) => name.endsWith(".ko")))("on %s", (name) => {
      const dump = dumpElf(readFileSync(fixtures + name));
      const readelf = (option: string): string =>
        spawnSync("readelf", ["-W", option, fixtures + name], { encoding: "utf8" }).stdout;
      const digits = dump.includes("ELF32") ? 8 : 16;

      const sections = matches(
        readelf("-S"),
        /^ +\[ *(\d+)\] (\S*) +([A-Z]+) +0+ [0-9a-f]+ ([0-9a-f]+) ([0-9a-f]+) [WAXMSILG ]{3} +(\d+) +(\d+) +(\d+)$/gm,
      ).map(([index, section, type, size, entsize, link, info, align]) =>
        [
          index,
          type,
          parseInt(size!, 16),
          link,
          info,
          align,
          parseInt(entsize!, 16),
          section,
        ].join(),
      );
      expect(
        matches(
          dump,
          /^ {2}\[(\d+)\] +([A-Z]+) +flags \S+ +size (\d+) +link (\d+) +info (\d+) +align (\d+) +entsize (\d+) *(.*)$/gm,
        ).map((fields) => fields.join()),
      ).toEqual(sections);

      const symbols = matches(
        readelf("-s"),
        /^ +(\d+): ([0-9a-f]+) +(\d+) (\S+) +(\S+) +(\S+) +(?:\[.*\] +)?(\S+) (.*)$/gm,
      ).map((fields) => fields.join());
      expect(
        matches(
          dump,
          /^ {2}(\d+) +([0-9a-f]{8,16}) size (\d+) +(\S+) +(\S+) +([A-Z]+)\S* +(\S+) *\[?(.*?)\]?$/gm,
        ).map((fields) => fields.join()),
      ).toEqual(symbols);

      const relocations = matches(
        readelf("-r"),
        /^([0-9a-f]{8,16}) +([0-9a-f]+) R_\S+ +[0-9a-f]+ +(\S+) ([+-]) ([0-9a-f]+)$/gm,
      ).map(([offset, info, symbol, sign, addend]) => {
        const typeDigits = digits === 16 ? 8 : 2;
        const type = parseInt(info!.slice(-typeDigits), 16);
        const index = parseInt(info!.slice(0, -typeDigits), 16);
        return [offset, type, index, sign, parseInt(addend!, 16), symbol].join();
      });
      // Expressions that match nothing would agree on everything.
      expect(dump).toContain(`\n  sections   ${sections.length} of `);
      expect(symbols.length).toBeGreaterThan(10);
      expect(relocations.length).toBeGreaterThan(5);
      expect(
        matches(
          dump,
          /^ {2}([0-9a-f]{8,16}) type (\d+) +symbol (\d+) +([+-]) (\d+) +\[?(.*?)\]?$/gm,
        ).map((fields) => fields.join()),
      ).toEqual(relocations);
    });
  });
});

function matches(text: string, pattern: RegExp): string[][] {
  return [...text.matchAll(pattern)].map((match) => match.slice(1));
}
