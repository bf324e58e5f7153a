// SPDX-License-Identifier: GPL-2.0-only

// The symbols of a linked vmlinux.

import { describe, expect, test } from "vitest";
import { Diagnostics } from "../../src/diagnostics.js";
import { rankSymbols } from "../../src/symbols/index.js";
import { pairs } from "../elf/record-fields.js";
import { SHF, SHN, SHT, STB, STT, type SymbolDescription } from "../elf-builder.js";
import { BSS, buildVmlinux, DATA, ET, TEXT, vmlinux } from "./elf-sources.js";
import { bytesOf, linesOf02, listOf, sourcesOf } from "./reading.js";

const header = (bytes: Uint8Array, release?: string) =>
  listOf({ bytes }, { format: "0.2", ...(release && { release }) }).list!.split("\n")[0];

const inText = (name: string, offset: number, more: Partial<SymbolDescription> = {}) => ({
  name,
  section: ".text",
  value: TEXT + BigInt(offset),
  ...more,
});
const file = (name: string): SymbolDescription => ({
  name,
  bind: STB.LOCAL,
  type: STT.FILE,
  section: "abs",
});
const LOCAL = { bind: STB.LOCAL };

describe("vmlinux", () => {
  test.each([
    ["ET_EXEC", ET.EXEC],
    ["ET_DYN", ET.DYN],
  ])("%s is read in the order of addresses, which lie above 2^53", (_, type) => {
    const { bytes } = buildVmlinux({
      type,
      symbols: [
        inText("b", 0x801),
        inText("a", 0x800),
        inText("c", 0x7ff),
        { name: "d", section: ".data", value: DATA },
        { name: "e", section: ".bss", value: BSS + 1n },
        { name: "p", section: ".data..percpu", value: 0x10 },
        { name: "first", section: ".data..percpu", value: 0 },
      ],
    });
    expect(linesOf02({ bytes })).toEqual([
      "*vmlinux",
      "first 0000000000000000 D",
      "p 0000000000000010 D",
      "c ffffffff810007ff T",
      "a ffffffff81000800 T",
      "b ffffffff81000801 T",
      "d ffffffff82000000 D",
      "e ffffffff83000001 B",
    ]);
  });

  test.each(pairs)("of any class and byte order: $class, $order", (pair) => {
    const high = pair.class === 64 ? "ffffffff" : "";
    const base = pair.class === 64 ? 0xffffffff81000000n : 0x81000000n;
    const { bytes } = buildVmlinux({
      ...pair,
      symbols: [
        file("a.c"),
        { name: "f", ...LOCAL, section: ".text", value: base + 0x20n },
        { name: "f", ...LOCAL, section: ".text", value: base + 0x10n, type: STT.FUNC },
        { name: "g", section: ".text", value: base },
      ],
    });
    expect(linesOf02({ bytes })).toEqual([
      "*vmlinux",
      `g ${high}81000000 T`,
      `f ${high}81000010 t a.c`,
      `f ${high}81000020 t a.c`,
    ]);
  });

  test.each([
    [62, "x86_64"],
    [22, "s390x"],
    [21, "powerpc64"],
    [20, "powerpc"],
    [183, "arm64"],
    [258, "loongarch"],
    [243, "machine-243"],
  ])("of machine %d says that it is %s", (machine, arch) => {
    const { bytes } = buildVmlinux({ machine, symbols: [inText("f", 0)] });
    expect(header(bytes)).toBe(`klp-convert-symbol-data.0.2 arch=${arch} order=kallsyms`);
  });

  test("has the source file of local symbols, of others none", () => {
    const bytes = vmlinux(
      inText("early", 0x5, LOCAL),
      file("one.c"),
      inText("f", 0x10, LOCAL),
      file("two words.c"),
      inText("f", 0x20, LOCAL),
      file(""),
      inText("g", 0x30, LOCAL),
      file("bad\x01.c"),
      inText("h", 0x40, LOCAL),
      inText("global", 0x50),
      inText("weak", 0x60, { bind: STB.WEAK }),
    );
    expect(linesOf02({ bytes }).slice(1)).toEqual([
      "early ffffffff81000005 t",
      "f ffffffff81000010 t one.c",
      "f ffffffff81000020 t two words.c",
      "g ffffffff81000030 t",
      "h ffffffff81000040 t",
      "global ffffffff81000050 T",
      "weak ffffffff81000060 W",
    ]);
  });

  test("has no source file of an export, whose fourth field is a namespace", () => {
    const bytes = vmlinux(
      file("printk.c"),
      inText("__ksymtab_f", 0x10, LOCAL),
      inText("__ksymtab_g", 0x18, LOCAL),
      inText("f", 0x20, LOCAL),
    );
    expect(linesOf02({ bytes }).slice(1)).toEqual([
      "__ksymtab_f ffffffff81000010 t",
      "__ksymtab_g ffffffff81000018 t",
      "f ffffffff81000020 t printk.c",
    ]);
    const symvers = "0x00000001\tf\tvmlinux\tEXPORT_SYMBOL\tNAMESPACE\n";
    expect(linesOf02({ bytes, symvers }).slice(1)).toEqual([
      "__ksymtab_g ffffffff81000018 t",
      "f ffffffff81000020 t printk.c",
      "__ksymtab_f - - NAMESPACE",
    ]);
  });

  test("says of which code and data the memory is given back when the kernel is up", () => {
    const init = 0xffffffff84000000n;
    const { bytes } = buildVmlinux({
      sections: [
        {
          name: ".init.text",
          flags: SHF.ALLOC | SHF.EXECINSTR,
          size: 64,
          address: init,
        },
        { name: ".init.data", flags: SHF.ALLOC | SHF.WRITE, size: 64, address: init + 0x100n },
        { name: ".exit.text", flags: SHF.ALLOC | SHF.EXECINSTR, size: 64, address: init + 0x200n },
      ],
      symbols: [
        file("main.c"),
        { name: "f", ...LOCAL, type: STT.FUNC, section: ".init.text", value: init },
        { name: "_sinittext", section: ".init.text", value: init },
        { name: "d", type: STT.OBJECT, section: ".init.data", value: init + 0x100n },
        { name: "w", bind: STB.WEAK, type: STT.FUNC, section: ".init.text", value: init + 8n },
        { name: "e", type: STT.FUNC, section: ".exit.text", value: init + 0x200n },
        { name: "f", type: STT.FUNC, section: ".text", value: TEXT },
        { name: "o", type: STT.OBJECT, section: ".data", value: DATA },
      ],
    });
    expect(linesOf02({ bytes }).slice(1)).toEqual([
      "f ffffffff81000000 T",
      "o ffffffff82000000 D",
      "f ffffffff84000000 tf main.c",
      "_sinittext ffffffff84000000 T",
      "w ffffffff84000008 Wf",
      "d ffffffff84000100 Df",
      "e ffffffff84000200 T",
    ]);
    // They count all the same, and no name is left out for it.
    expect(listOf({ bytes })).toEqual({
      list: "klp-convert-symbol-data.0.1\n*vmlinux\nf\no\nf\n_sinittext\nw\nd\ne\n",
      said: [],
    });
    const map = sourcesOf({ bytes }).map(["f"], new Diagnostics("symbols"));
    const [occurrences] = map.owners("f");
    expect(occurrences!.symbols.map(({ kept }) => kept)).toEqual(["always", "freed"]);
    expect(rankSymbols(occurrences!).map(({ position }) => position)).toEqual([1, 2]);
    const { list } = listOf({ bytes }, { format: "0.2" });
    expect(listOf({ list: list! }, { format: "0.2" }).list).toBe(list);
  });

  test("has of what nm shows only what kallsyms keeps", () => {
    const bytes = vmlinux(
      file("a.c"),
      { name: "", ...LOCAL, type: STT.SECTION, section: ".text" },
      { name: "section", ...LOCAL, type: STT.SECTION, section: ".text" },
      inText("", 0x10, LOCAL),
      inText(".L1", 0x20, LOCAL),
      inText("__crc_f", 0x30),
      inText("*star", 0x40),
      inText("white space", 0x40),
      inText("f", 0x50),
      { name: "absolute", section: "abs", value: 0x1234 },
      { name: "local_absolute", ...LOCAL, section: "abs", value: 0x1234 },
      { name: "__gp", section: "abs", value: 0xfffn },
      { name: "undefined" },
      { name: "weak_undefined", bind: STB.WEAK },
      inText("unique", 0x60, { bind: 10 }),
      inText("n".repeat(511), 0x70),
      inText("n".repeat(512), 0x80),
    );
    expect(linesOf02({ bytes }).slice(1)).toEqual([
      "__gp 0000000000000fff A",
      "f ffffffff81000050 T",
      `${"n".repeat(511)} ffffffff81000070 T`,
    ]);
  });

  test("has symbols of one address by weakness, underscores and name, whatever the table's order", () => {
    const symbols = ["z", "W", "_y", "a", "__start_a"].map((name) =>
      inText(name, 0, name === "W" ? { bind: STB.WEAK } : {}),
    );
    const names = (bytes: Uint8Array) =>
      linesOf02({ bytes })
        .slice(1)
        .map((line) => line.split(" ")[0]);
    expect(names(vmlinux(...symbols))).toEqual(["a", "z", "_y", "__start_a", "W"]);
    expect(names(vmlinux(...[...symbols].reverse()))).toEqual(["a", "z", "_y", "__start_a", "W"]);
  });

  test("has types as nm prints them", () => {
    const sections = [
      { name: ".rodata", flags: SHF.ALLOC, size: 8 },
      { name: ".notes", size: 8 },
      { name: ".debug_info", size: 8 },
      { name: ".writable", flags: SHF.WRITE, size: 8 },
      { name: ".code", flags: SHF.EXECINSTR, size: 8 },
      { name: ".empty", type: SHT.NOBITS, size: 8 },
    ];
    const types: [Partial<SymbolDescription>, string, string][] = [
      [{ section: ".text" }, "T", "t"],
      [{ section: ".data" }, "D", "d"],
      [{ section: ".bss" }, "B", "b"],
      [{ section: ".rodata" }, "R", "r"],
      [{ section: ".writable" }, "?", "?"],
      [{ section: ".code" }, "T", "t"],
      [{ section: ".empty" }, "B", "b"],
      [{ section: "common" }, "C", "C"],
      [{ section: ".text", type: 10 }, "i", "i"],
      [{ section: ".text", type: 10, bind: STB.WEAK }, "i", "i"],
      [{ section: ".text", bind: STB.WEAK }, "W", "W"],
      [{ section: ".data", bind: STB.WEAK, type: STT.OBJECT }, "V", "V"],
      [{ section: SHN.LORESERVE + 5 }, "?", "?"],
      // Never in kallsyms: of a section that is read only and not loaded.
      [{ section: ".notes" }, "", ""],
      [{ section: ".debug_info" }, "", ""],
    ];
    for (const [symbol, global, local] of types) {
      const bind = (bind: number) => {
        const { bytes } = buildVmlinux({
          sections,
          symbols: [{ bind, ...symbol, name: "f", value: 1 }],
        });
        return linesOf02({ bytes })[1]?.split(" ")[2] ?? "";
      };
      expect([symbol, bind(STB.GLOBAL)]).toEqual([symbol, global]);
      expect([symbol, bind(STB.LOCAL)]).toEqual([symbol, local]);
    }
  });
});

describe("the release of vmlinux", () => {
  const banner = (text: string | Uint8Array, symbol: Partial<SymbolDescription> = {}) =>
    buildVmlinux({
      sections: [
        {
          name: ".rodata",
          flags: SHF.ALLOC,
          data: typeof text === "string" ? bytesOf(text) : text,
          address: 0xffffffff82800000n,
        },
      ],
      symbols: [
        { name: "linux_banner", section: ".rodata", value: 0xffffffff82800000n, ...symbol },
        inText("kallsyms_names", 0),
      ],
    }).bytes;

  const release = (bytes: Uint8Array, stated?: string) =>
    /release=(\S+)/.exec(header(bytes, stated)!)?.[1];

  test("is in its banner", () => {
    const text =
      "Linux version 6.1.0-56-amd64 (debian-kernel@lists.debian.org) (gcc-12 …) #1 SMP\n";
    expect(release(banner(text))).toBe("6.1.0-56-amd64");
    expect(release(banner(`........${text}`, { value: 0xffffffff82800008n }))).toBe(
      "6.1.0-56-amd64",
    );
    expect(release(banner(text), "7.3.4")).toBe("6.1.0-56-amd64");
    expect(release(banner(`Linux version ${"6".repeat(64)} (x)`))).toBe("6".repeat(64));
  });

  test("decides which names kallsyms has", () => {
    const names = (version: string) =>
      listOf({ bytes: banner(`Linux version ${version} (x)`) }).list!.includes("kallsyms_names");
    expect(names("6.1.0-56-amd64")).toBe(false);
    expect(names("7.3.4")).toBe(true);
  });

  test.each<[string, Uint8Array]>([
    ["in a banner that says something else", banner("Xinux version 6.1.0 (x)")],
    ["in a banner that is cut off", banner("Linux version 6.1.0")],
    ["in a banner without it", banner("Linux version  (x)")],
    [
      "behind the end of the section",
      banner("Linux version 6.1.0 (x)", { value: 0xffffffff82900000n }),
    ],
    ["before its start", banner("Linux version 6.1.0 (x)", { value: 0xffffffff82700000n })],
    ["4 GiB before its start", banner("Linux version 6.1.0 (x)", { value: 0xfffffffe82800000n })],
    [
      "in the section before it",
      buildVmlinux({
        sections: [
          { name: ".before", flags: SHF.ALLOC, data: bytesOf("Linux version 6.1.0 (x)") },
          { name: ".rodata", flags: SHF.ALLOC, data: [1], address: 0xffffffff82800000n },
        ],
        symbols: [{ name: "linux_banner", section: ".rodata", value: 0xffffffff82800000n - 23n }],
      }).bytes,
    ],
    ["in no section", banner("Linux version 6.1.0 (x)", { section: "abs" })],
    ["beyond the first 256 bytes", banner(`Linux version ${"6".repeat(300)} (x)`)],
    ["a word of 65 characters", banner(`Linux version ${"6".repeat(65)} (x)`)],
    ["a word that is not ASCII", banner("Linux version 6.1.0-gr\xf6\xdfe (x)")],
    ["what a list has for the unknown", banner("Linux version - (x)")],
    ["where there is no banner", vmlinux(inText("f", 0))],
  ])("is not %s", (_, bytes) => {
    expect(release(bytes)).toBeUndefined();
    expect(release(bytes, "7.3.4")).toBe("7.3.4");
  });
});
