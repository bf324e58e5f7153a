// SPDX-License-Identifier: GPL-2.0-only

// One valid file with one of everything that the reader checks and the writer corrects, the same
// in all four classes and byte orders:
//
//    1 .group       8 .rela.text          0 null        3 once
//    2 .text        9 .rela.text.once     1 [.data]     4 _printk
//    3 .text.once  10 .rela.debug_info    2 local_func  5 maybe
//    4 .data       11 .symtab
//    5 .bss        12 .strtab
//    6 .ordered    13 .shstrtab
//    7 .debug_info

import {
  buildIndexedElf,
  type ElfDescription,
  type ElfIndex,
  SHF,
  SHT,
  STB,
  STT,
} from "../elf-builder.js";
import { type Pair, recordFields } from "./record-fields.js";

export function sampleDescription(pair: Pair): ElfDescription {
  return {
    ...pair,
    flags: 0x1234,
    sections: [
      {
        name: ".group",
        type: SHT.GROUP,
        words: [1, ".text.once", ".rela.text.once"],
        entsize: 4,
        addralign: 4,
        link: ".symtab",
        info: "once",
      },
      {
        name: ".text",
        flags: SHF.ALLOC | SHF.EXECINSTR,
        data: Uint8Array.from({ length: 16 }, (_, at) => 0xe0 + at),
        addralign: 16,
      },
      {
        name: ".text.once",
        flags: SHF.ALLOC | SHF.EXECINSTR | SHF.GROUP,
        data: "once....",
        addralign: 4,
      },
      { name: ".data", flags: SHF.ALLOC | SHF.WRITE, data: "datadata", addralign: 8 },
      { name: ".bss", type: SHT.NOBITS, flags: SHF.ALLOC | SHF.WRITE, size: 4096, addralign: 32 },
      { name: ".ordered", flags: SHF.ALLOC | SHF.LINK_ORDER, data: "odd", link: ".text" },
      { name: ".debug_info", data: "debug info" },
    ],
    symbols: [
      { name: "", section: ".data", bind: STB.LOCAL, type: STT.SECTION },
      { name: "local_func", section: ".text", bind: STB.LOCAL, type: STT.FUNC, size: 16 },
      { name: "once", section: ".text.once", type: STT.FUNC, value: 4, other: 2 },
      { name: "_printk" },
      { name: "maybe", bind: STB.WEAK },
    ],
    relocations: [
      {
        section: ".text",
        entries: [
          { offset: 4, type: 1, symbol: "_printk", addend: -4 },
          { offset: 8, type: 2, symbol: 1, addend: 0x7fffffff },
        ],
      },
      {
        section: ".text.once",
        flags: SHF.INFO_LINK | SHF.GROUP,
        entries: [{ offset: 0, type: 4, symbol: "maybe" }],
      },
      {
        section: ".debug_info",
        entries: [{ offset: 2, type: 1, symbol: "local_func", addend: 1 }],
      },
    ],
  };
}

/** The sample as bytes that a test may change, and where in them everything is. */
export interface Sample extends ElfIndex {
  readonly pair: Pair;
  readonly bytes: Uint8Array;
  /** File offset of a section's header. */
  header(section: string): number;
  /** File offset of a section's contents. */
  contents(section: string): number;
  /** File offset of a symbol's record. */
  symbol(index: number): number;
  /** File offset of a relocation's record. */
  relocation(section: string, entry: number): number;
}

export function sample(pair: Pair, changes: Partial<ElfDescription> = {}): Sample {
  const built = buildIndexedElf({ ...sampleDescription(pair), ...changes });
  const index = (section: string) => built.sections.get(section)!;
  const contents = (section: string) => built.contentOffsets[index(section)]!;
  return {
    ...built,
    pair,
    header: (section) => built.headerOffsets[index(section)]!,
    contents,
    symbol: (symbol) => built.symbolOffsets[symbol]!,
    relocation: (section, entry) => contents(section) + entry * recordFields[pair.class].rela.size,
  };
}
