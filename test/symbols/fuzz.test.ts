// SPDX-License-Identifier: GPL-2.0-only

// Whatever bytes a source has, it is read or refused; and a list that is made of it reads again.

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Diagnostics, Refusal } from "../../src/diagnostics.js";
import { SHF, STB, STT } from "../elf-builder.js";
import { buildModule, buildVmlinux, TEXT } from "./elf-sources.js";
import { bytesOf, linesOf, listOf, sourcesOf } from "./reading.js";

const runs = { numRuns: 1000 };

/** Reads a source in every way; what is thrown but a refusal is a fault. */
function expectHandled(source: Uint8Array): void {
  for (const format of ["0.1", "0.2"] as const) {
    const { list } = listOf({ source }, { format });
    if (list === undefined) continue;
    const again = listOf({ again: list }, { format });
    expect(again.said.filter(({ severity }) => severity === "error")).toEqual([]);
    expect(again.list).toBe(list);
    expect(list.startsWith(`klp-convert-symbol-data.${format}`)).toBe(true);
    expect(list.endsWith("\n")).toBe(true);
  }
  const sources = sourcesOf({ source });
  const faults = new Diagnostics("symbols");
  try {
    const map = sources.map(["f", "g", "first"], faults);
    for (const name of ["f", "g", "first"]) {
      for (const { object, symbols } of map.owners(name)) {
        expect(map.facts(object)).toBeDefined();
        expect(symbols.length).toBeGreaterThan(0);
        map.isOrderDoubtful(object);
      }
      map.exporters(name);
    }
    map.nearest(["ff", "fist"]);
  } catch (error) {
    expect(error).toBeInstanceOf(Refusal);
  }
}

const TEXTS = {
  kallsyms: linesOf(
    "ffffffff81000000 T _text",
    "ffffffff81000010 t f",
    "ffffffff81000020 t f",
    "ffffffffc0000000 t g\t[some-module]",
    "ffffffffc0000010 t first\t[ext4]",
    "ffffffffc0000020 t x\t[bpf]",
  ),
  "System.map": linesOf(
    "                 w weak",
    "0000000000000000 D __per_cpu_start",
    "0000000000000000 A absolute",
    "ffffffff81000000 T _text",
    "ffffffff81000010 t f",
    "ffffffff81000010 W g",
    "ffffffff81000020 t __crc_f",
    "ffffffff81000030 t first",
  ),
  "nm -f posix": linesOf(
    "first T ffffffff81000010 0000000000000010",
    "f t ffffffff81000020 ",
    "g U         ",
    "x A 0000000000000001 ",
  ),
  "Module.symvers": linesOf(
    "0x12345678\tf\tvmlinux\tEXPORT_SYMBOL\t",
    "0x12345678\tg\tfs/some-fs/ext4\tEXPORT_SYMBOL_GPL\tNAMESPACE",
    "0x12345678\tfirst\tOLD\tfs/xfs\tEXPORT_SYMBOL_GPL",
  ),
  "a list in format 0.1": linesOf(
    "klp-convert-symbol-data.0.1",
    "*vmlinux",
    "f",
    "__ksymtab_f",
    "f",
    "*some-module",
    "g",
    "*vmlinux",
    "first",
  ),
  "a list in format 0.2": linesOf(
    "klp-convert-symbol-data.0.2 release=6.1.0 arch=x86_64 order=kallsyms",
    "*vmlinux",
    "f ffffffff81000010 t a file.c",
    "__ksymtab_f - - NAMESPACE",
    "first ffffffff81000020 T",
    "*ext4 order=symtab release=6.2.0",
    "g .text+0x10 t super.c",
    "g .init.text+0x10 ti super.c",
    "first - ax",
  ),
};

/** What mutations are made of: pieces that mean something somewhere. */
const piece = fc.oneof(
  fc.constantFrom(
    "\n",
    "\r\n",
    "\r",
    " ",
    "\t",
    "\0",
    "*",
    "-",
    "[",
    "]",
    ".",
    "_",
    "x",
    "T",
    "a",
    "0",
    "f",
    "\xff",
    "\x1b",
    "[m]",
    "*m\n",
    "0000000000000000",
    "ffffffffffffffff",
    "__ksymtab_",
    "=",
    "order=symtab",
    " ti",
    "+0x1",
    "klp-convert-symbol-data.0.2",
    "\tEXPORT_SYMBOL\t",
    "U _text\n",
  ),
  fc.string({ maxLength: 6, unit: "binary-ascii" }),
);

/** Replaces some stretches of a text. */
function mutated(text: string): fc.Arbitrary<string> {
  const edit = fc.tuple(fc.nat(text.length), fc.nat(12), piece);
  return fc
    .array(edit, { minLength: 1, maxLength: 5 })
    .map((edits) =>
      edits.reduce((all, [at, length, by]) => all.slice(0, at) + by + all.slice(at + length), text),
    );
}

describe("a text that was changed is read or refused", () => {
  test.each(Object.entries(TEXTS))("%s", (_, text) => {
    expect(listOf({ text }).list).toBeDefined();
    fc.assert(
      fc.property(mutated(text), (changed) => expectHandled(bytesOf(changed))),
      runs,
    );
  });

  test.each(Object.entries(TEXTS))("%s, of its lines in any order and number", (_, text) => {
    const lines = text.split("\n").slice(0, -1);
    const first = lines[0]!.startsWith("klp-") ? [lines.shift()!] : [];
    const some = fc.array(fc.constantFrom(...lines), { maxLength: 20 });
    fc.assert(
      fc.property(some, (chosen) => expectHandled(bytesOf(linesOf(...first, ...chosen)))),
      runs,
    );
  });
});

describe("bytes of any kind are read or refused", () => {
  const start = fc.constantFrom(
    "",
    ...Object.values(TEXTS),
    "\x7fELF",
    "\x7fELF\x02\x01\x01",
    "MZ",
  );

  test("alone, and behind something that is known", () => {
    fc.assert(
      fc.property(start, fc.uint8Array({ maxLength: 200 }), (text, bytes) => {
        expectHandled(Uint8Array.from([...bytesOf(text), ...bytes]));
      }),
      runs,
    );
  });
});

const LOCAL = { bind: STB.LOCAL };
const symbols = (section: string, value: bigint) => [
  { name: "a.c", ...LOCAL, type: STT.FILE, section: "abs" },
  { name: "f", ...LOCAL, section, value },
  { name: "b.c", ...LOCAL, type: STT.FILE, section: "abs" },
  { name: "f", ...LOCAL, section: ".data", value: value + 8n },
  { name: "first", ...LOCAL, section: "common", value: 8 },
  { name: "g", section, value: value + 16n },
  { name: "weak", bind: STB.WEAK },
];

const ELF_FILES = {
  vmlinux: buildVmlinux({
    sections: [
      { name: ".rodata", flags: SHF.ALLOC, data: "Linux version 6.1.0 (x)", address: 16n },
    ],
    symbols: [...symbols(".text", TEXT), { name: "linux_banner", section: ".rodata", value: 16 }],
  }).bytes,
  "small vmlinux": buildVmlinux({ class: 32, order: "big", symbols: symbols(".text", 0x81000000n) })
    .bytes,
  module: buildModule({ symbols: symbols(".init.text", 0n) }).bytes,
  "small module": buildModule({
    class: 32,
    order: "big",
    thisModule: "small",
    modinfo: "vermagic=4.4.0 SMP \0",
    symbols: symbols(".text", 0n),
  }).bytes,
};

describe("an ELF file that was changed is read or refused", () => {
  const value = fc.oneof(fc.constantFrom(0, 1, 2, 3, 8, 0x7f, 0x80, 0xff), fc.nat(255));

  test.each(Object.entries(ELF_FILES))("%s, in some of its bytes", (_, bytes) => {
    expect(listOf({ bytes }).list).toBeDefined();
    // The filler of sections is of no interest; the rest is headers, names and symbols.
    const places = [...bytes.keys()].filter((at) => bytes[at] !== 0 || at > bytes.length - 1500);
    const edit = fc.tuple(fc.constantFrom(...places), value);
    fc.assert(
      fc.property(fc.array(edit, { minLength: 1, maxLength: 6 }), (edits) => {
        const changed = bytes.slice();
        for (const [at, by] of edits) changed[at] = by;
        expectHandled(changed);
      }),
      runs,
    );
  });

  test.each(Object.entries(ELF_FILES))("%s, cut off anywhere", (_, bytes) => {
    fc.assert(
      fc.property(fc.nat(bytes.length), (length) => expectHandled(bytes.slice(0, length))),
      { numRuns: 300 },
    );
  });
});

describe("sources of any kind together are read or refused", () => {
  test("as one of them is changed", () => {
    const all = Object.entries(TEXTS);
    const pair = fc
      .tuple(fc.constantFrom(...all), fc.constantFrom(...all))
      .chain(([[, one], [, two]]) => fc.tuple(mutated(one), fc.constant(two)));
    fc.assert(
      fc.property(pair, ([one, two]) => {
        for (const format of ["0.1", "0.2"] as const) {
          const { list } = listOf({ one, two }, { format });
          if (list === undefined) continue;
          expect(listOf({ two, one }, { format }).list).toBe(list);
          expect(listOf({ list }, { format }).list).toBe(list);
        }
      }),
      runs,
    );
  });
});
