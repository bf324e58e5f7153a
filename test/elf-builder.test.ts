// SPDX-License-Identifier: GPL-2.0-only
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import {
  buildElf,
  buildIndexedElf,
  type ElfDescription,
  SHF,
  SHN,
  SHT,
  STB,
  STT,
} from "./elf-builder.js";
import { dumpElf } from "./elf-dump.js";

const pairs = [
  { class: 64, order: "little" },
  { class: 64, order: "big" },
  { class: 32, order: "little" },
  { class: 32, order: "big" },
] as const;

const hasReadelf = spawnSync("readelf", ["--version"]).status === 0;

/** A bit of everything that the builder can write. */
function sample(pair: Pick<ElfDescription, "class" | "order">): ElfDescription {
  const wordSize = pair.class === 32 ? 4 : 8;
  return {
    ...pair,
    sections: [
      {
        name: ".group",
        type: SHT.GROUP,
        words: [1, ".text.once"],
        entsize: 4,
        addralign: 4,
        link: ".symtab",
        info: "once",
      },
      { name: ".text", flags: SHF.ALLOC | SHF.EXECINSTR, size: 32, addralign: 16 },
      { name: ".text.once", flags: SHF.ALLOC | SHF.EXECINSTR | SHF.GROUP, size: 4 },
      { name: ".data", flags: SHF.ALLOC | SHF.WRITE, data: new Uint8Array(wordSize), addralign: 8 },
      { name: ".bss", type: SHT.NOBITS, flags: SHF.ALLOC | SHF.WRITE, size: 4096, addralign: 64 },
      { name: ".ordered", flags: SHF.ALLOC | SHF.LINK_ORDER, data: "text", link: ".text" },
    ],
    symbols: [
      { name: "first", section: ".text", type: STT.FUNC, size: 16, other: 2 },
      { name: "local", section: ".text", bind: STB.LOCAL, value: 16, type: STT.FUNC },
      { name: "_printk" },
      { name: "", section: ".data", bind: STB.LOCAL, type: STT.SECTION },
      { name: "once", section: ".text.once" },
      { name: "maybe", bind: STB.WEAK },
      { name: "fixed", section: "abs", value: 0x1234 },
      { name: ".klp.sym.vmlinux.x,0", section: SHN.LIVEPATCH },
    ],
    relocations: [
      {
        section: ".text",
        entries: [
          { offset: 4, type: 1, symbol: "_printk", addend: -4 },
          { offset: 12, type: 2, symbol: 2, addend: 8 },
        ],
      },
      {
        section: ".data",
        name: ".klp.rela.vmlinux.data",
        flags: SHF.INFO_LINK | SHF.ALLOC | SHF.RELA_LIVEPATCH,
        entries: [{ offset: 0, type: 1, symbol: ".klp.sym.vmlinux.x,0", addend: 0x7fffffff }],
      },
    ],
  };
}

describe("the builder", () => {
  test.each(pairs)("writes what was asked: ELF$class $order", (pair) => {
    const dump = dumpElf(buildElf(sample(pair)));
    expect(dump).toContain(`class      ELF${pair.class}\n  data       ${pair.order}\n`);
    // Locals move to the front, and both halves keep their order.
    const names = /symbols [^\n]*\n((?: .*\n)*)/.exec(dump)?.[1]?.trimEnd().split("\n");
    expect(names?.map((line) => line.split(/ +/).at(-1))).toEqual([
      "UND",
      "local",
      "[.data]",
      "first",
      "_printk",
      "once",
      "maybe",
      "fixed",
      ".klp.sym.vmlinux.x,0",
    ]);
    expect(dump).toMatch(/\[9\] +SYMTAB .* link 10 +info 3 /);
    expect(dump).toMatch(/\[3\] +PROGBITS +flags 0x206 /);
    expect(dump).toMatch(/\[5\] +NOBITS +flags 0x3 +size 4096 /);
    expect(dump).toMatch(/\[6\] +PROGBITS +flags 0x82 +size 4 +link 2 /);
    expect(dump).toMatch(/ 0+ size 0 +NOTYPE +GLOBAL DEFAULT +LIVEPATCH /);
    expect(dump).toMatch(/ 0+1234 size 0 +NOTYPE +GLOBAL DEFAULT +ABS +fixed\n/);
    expect(dump).toMatch(/ size 16 +FUNC +GLOBAL HIDDEN +2 +first\n/);
    expect(dump).toContain("group [1] .group flags 0x1 signature once\n  [3] .text.once\n");
    expect(dump).toMatch(/relocations \[7\] \.rela\.text for \[2\] \.text\n {2}0+4 type 1 .* - 4 /);
    expect(dump).toMatch(/0+c type 2 +symbol 2 +\+ 8 +\[\.data\]\n/);
    expect(dump).toMatch(/\[8\] \.klp\.rela\.vmlinux\.data for \[4\] \.data\n.* \+ 2147483647 /);
  });

  test.each(pairs)("satisfies readelf: ELF$class $order", { skip: !hasReadelf }, (pair) => {
    const directory = mkdtempSync(join(tmpdir(), "elf-builder-"));
    try {
      for (const oneStringTable of [false, true]) {
        const path = join(directory, `${oneStringTable}.o`);
        writeFileSync(path, buildElf({ ...sample(pair), oneStringTable }));
        const result = spawnSync("readelf", ["-W", "-a", path], { encoding: "utf8" });
        expect(result.stderr).toBe("");
        expect(result.stdout).not.toMatch(/warning|<corrupt|<unknown/i);
        expect(result.stdout).toContain(".klp.sym.vmlinux.x,0");
        expect(result.status).toBe(0);
      }
    } finally {
      rmSync(directory, { recursive: true });
    }
  });

  // The bytes below were written down from the gABI's record layouts, not from a run.
  test("places the fields of ELF64 little-endian", () => {
    const { bytes, headerOffsets, symbolOffsets, contentOffsets } = buildIndexedElf(
      record(64, "little"),
    );
    expect(hex(bytes, 0, 8)).toBe("7f454c4602010100");
    expect(hex(bytes, 16, 8)).toBe("01003e0001000000");
    expect(hex(bytes, 48, 16)).toBe("7856341240000000000040000600" + "0500");
    expect(hex(bytes, symbolOffsets[1]!, 24)).toBe(
      "01000000" + "12" + "02" + "0100" + "1011000000000000" + "2000000000000000",
    );
    expect(hex(bytes, contentOffsets[2]!, 24)).toBe(
      "0400000000000000" + "0a00000001000000" + "fcffffffffffffff",
    );
    expect(hex(bytes, headerOffsets[2]! + 4, 12)).toBe("04000000" + "4000000000000000");
    expect(hex(bytes, headerOffsets[2]! + 40, 24)).toBe(
      "03000000" + "01000000" + "0800000000000000" + "1800000000000000",
    );
  });

  test("places the fields of ELF64 big-endian", () => {
    const { bytes, headerOffsets, symbolOffsets, contentOffsets } = buildIndexedElf(
      record(64, "big"),
    );
    expect(hex(bytes, 0, 8)).toBe("7f454c4602020100");
    expect(hex(bytes, 16, 8)).toBe("0001001600000001");
    expect(hex(bytes, 48, 16)).toBe("1234567800400000000000400006" + "0005");
    expect(hex(bytes, symbolOffsets[1]!, 24)).toBe(
      "00000001" + "12" + "02" + "0001" + "0000000000001110" + "0000000000000020",
    );
    expect(hex(bytes, contentOffsets[2]!, 24)).toBe(
      "0000000000000004" + "000000010000000a" + "fffffffffffffffc",
    );
    expect(hex(bytes, headerOffsets[2]! + 40, 8)).toBe("0000000300000001");
  });

  test("places the fields of ELF32 little-endian", () => {
    const { bytes, headerOffsets, symbolOffsets, contentOffsets } = buildIndexedElf(
      record(32, "little"),
    );
    expect(hex(bytes, 0, 8)).toBe("7f454c4601010100");
    expect(hex(bytes, 16, 8)).toBe("0100140001000000");
    expect(hex(bytes, 36, 16)).toBe("7856341234000000000028000600" + "0500");
    expect(hex(bytes, symbolOffsets[1]!, 16)).toBe(
      "01000000" + "10110000" + "20000000" + "12" + "02" + "0100",
    );
    expect(hex(bytes, contentOffsets[2]!, 12)).toBe("04000000" + "0a010000" + "fcffffff");
    expect(hex(bytes, headerOffsets[2]! + 24, 16)).toBe(
      "03000000" + "01000000" + "04000000" + "0c000000",
    );
  });

  test("places the fields of ELF32 big-endian", () => {
    const { bytes, headerOffsets, symbolOffsets, contentOffsets } = buildIndexedElf(
      record(32, "big"),
    );
    expect(hex(bytes, 0, 8)).toBe("7f454c4601020100");
    expect(hex(bytes, 16, 8)).toBe("0001001400000001");
    expect(hex(bytes, 36, 16)).toBe("1234567800340000000000280006" + "0005");
    expect(hex(bytes, symbolOffsets[1]!, 16)).toBe(
      "00000001" + "00001110" + "00000020" + "12" + "02" + "0001",
    );
    expect(hex(bytes, contentOffsets[2]!, 12)).toBe("00000004" + "0000010a" + "fffffffc");
    expect(hex(bytes, headerOffsets[2]! + 24, 8)).toBe("0000000300000001");
  });

  test("indexes sections, symbols and their offsets", () => {
    const { bytes, sections, symbols, headerOffsets, contentOffsets, symbolOffsets } =
      buildIndexedElf(sample({ class: 64, order: "little" }));
    expect(Object.fromEntries(sections)).toMatchObject({
      ".group": 1,
      ".rela.text": 7,
      ".symtab": 9,
      ".shstrtab": 11,
    });
    expect(symbols.get("_printk")).toBe(4);
    // Break sh_type of .text and st_shndx of _printk, and see exactly that change.
    const before = dumpElf(bytes).split("\n");
    bytes[headerOffsets[sections.get(".text")!]! + 4] = 7;
    bytes[symbolOffsets[symbols.get("_printk")!]! + 6] = 2;
    bytes[contentOffsets[sections.get(".rela.text")!]! + 8] = 9;
    const after = dumpElf(bytes).split("\n");
    expect(after.filter((line, at) => line !== before[at])).toEqual([
      expect.stringMatching(/\[2\] +NOTE .* \.text$/),
      expect.stringMatching(/ 2 +_printk$/),
      expect.stringMatching(/ type 9 .* _printk$/),
    ]);
  });

  test("takes 64-bit values as bigint and refuses what does not fit", () => {
    const wide = { symbols: [{ name: "wide", section: "abs", value: 0xffff_ffff_8000_0000n }] };
    expect(dumpElf(buildElf(wide))).toContain("ffffffff80000000");
    expect(() => buildElf({ ...wide, class: 32 })).toThrow(
      new RangeError("18446744071562067968 does not fit 32 bits"),
    );
  });

  test("writes SHT_REL sections without addends", () => {
    const dump = dumpElf(
      buildElf({
        sections: [{ name: ".text", size: 8 }],
        symbols: [{ name: "callee" }],
        relocations: [
          { section: 1, type: SHT.REL, entries: [{ offset: 4, type: 1, symbol: "callee" }] },
        ],
      }),
    );
    expect(dump).toMatch(/\[2\] +REL .* size 16 .* \.rel\.text\n/);
    expect(dump).toMatch(/ type 1 +symbol 1 +callee\n/);
  });

  test("names a section or symbol that is missing", () => {
    expect(() => buildElf({ symbols: [{ name: "x", section: ".txet" }] })).toThrow(
      new Error("no section is called .txet"),
    );
    const relocations = [{ section: 0, entries: [{ offset: 0, type: 1, symbol: "y" }] }];
    expect(() => buildElf({ relocations })).toThrow(new Error("no symbol is called y"));
  });
});

/** One of each record, with values that tell the fields and their bytes apart. */
function record(elfClass: 32 | 64, order: "little" | "big"): ElfDescription {
  return {
    class: elfClass,
    order,
    flags: 0x12345678,
    sections: [{ name: ".text", flags: SHF.ALLOC, size: 8 }],
    symbols: [{ name: "f", section: ".text", type: STT.FUNC, value: 0x1110, size: 0x20, other: 2 }],
    relocations: [
      { section: ".text", entries: [{ offset: 4, type: 10, symbol: "f", addend: -4 }] },
    ],
  };
}

function hex(bytes: Uint8Array, offset: number, length: number): string {
  return Buffer.from(bytes.subarray(offset, offset + length)).toString("hex");
}
