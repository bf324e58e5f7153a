// SPDX-License-Identifier: GPL-2.0-only
import { describe, expect, test } from "vitest";
import { Diagnostics, Refusal } from "../../src/diagnostics.js";
import { readElf, writeElf } from "../../src/elf/index.js";
import { buildElf, buildIndexedElf, SHN, SHT } from "../elf-builder.js";
import { accepted, type Fault, faultsIn, opened, refused } from "./outcome.js";
import {
  type FieldName,
  type Pair,
  pairs,
  peekNumber,
  poke,
  recordFields,
} from "./record-fields.js";
import { relayout } from "./relayout.js";
import { type Sample, sample } from "./sample.js";

function factsOfClass(pair: Pair, length = 0): Facts {
  const ehdr = recordFields[pair.class].ehdr.size;
  return { wide: pair.class === 64, length: `0x${length.toString(16)}`, ehdr };
}

type Breakage = (file: Sample) => void;

/** A field of the sample that is broken, and all that the reader then has to say. */
interface Row {
  readonly broken: string;
  /** Breaks the sample in place. */
  readonly by?: Breakage;
  /** How many bytes are left of it, given the size of an ELF header; all if absent. */
  readonly cutTo?: (ehdr: number) => number;
  readonly says: (facts: Facts) => readonly Fault[];
}

/** What of the broken file depends on its class. */
interface Facts {
  readonly wide: boolean;
  /** Of the file, as messages have it. */
  readonly length: string;
  /** Size of the ELF header. */
  readonly ehdr: number;
}

/** Sets one field of the ELF header. */
function elfHeader(field: FieldName, value: number | bigint): Breakage {
  return ({ bytes }) => poke(bytes, 0, field, value);
}

/** Sets one field of a section's header. */
function header(section: string, field: FieldName, value: number | bigint): Breakage {
  return (file) => poke(file.bytes, file.header(section), field, value);
}

function symbol(index: number, field: FieldName, value: number): Breakage {
  return (file) => poke(file.bytes, file.symbol(index), field, value);
}

/** Writes a 32-bit word of a section's contents. */
function word(section: string, at: number, value: number): Breakage {
  return (file) => poke(file.bytes, file.contents(section) + at, "st_name", value);
}

/** Sets r_info of the first entry. */
function info(section: string, symbolOfEntry: number): Breakage {
  return (file) => {
    const shift = file.pair.class === 64 ? 32n : 8n;
    const value = (BigInt(symbolOfEntry) << shift) | 1n;
    poke(file.bytes, file.relocation(section, 0), "r_info", value);
  };
}

/** Puts a section's contents elsewhere. */
function moved(section: string, offset: (facts: Facts) => number): Breakage {
  return (file) =>
    poke(file.bytes, file.header(section), "sh_offset", offset(factsOfClass(file.pair)));
}

function overlap(name: string, at: number, other: string, end: number): Fault {
  const message = `${name} at 0x${at.toString(16)} overlaps ${other}, which ends at 0x${end.toString(16)}`;
  return { code: "elf-overlap", message };
}

const magic = "not an ELF file: it does not begin with 0x7f ELF";

const rows: readonly Row[] = [
  // The file header.
  {
    broken: "the length, no byte at all",
    cutTo: () => 0,
    says: () => [{ code: "elf-truncated", message: "the file is empty" }],
  },
  ...[1, 3, 4, 15].map((length) => ({
    broken: `the length, ${length} of the first bytes`,
    cutTo: () => length,
    says: () => [
      {
        code: "elf-truncated",
        message: `the file is ${length} byte${length > 1 ? "s" : ""}, shorter than an ELF file's identification`,
      },
    ],
  })),
  {
    broken: "the length, one byte and that another",
    by: ({ bytes }) => {
      bytes[0] = 0x20;
    },
    cutTo: () => 1,
    says: () => [{ code: "elf-magic", message: magic }],
  },
  ...[0, 1, 2, 3].map((at) => ({
    broken: `byte ${at} of the magic number`,
    by: ({ bytes }: Sample) => {
      bytes[at] = 0x20;
    },
    says: () => [{ code: "elf-magic", message: magic }],
  })),
  {
    broken: "EI_CLASS",
    by: ({ bytes }) => {
      bytes[4] = 3;
    },
    says: () => [{ code: "elf-class", message: "EI_CLASS is 3 when it should be 1 or 2" }],
  },
  {
    broken: "EI_DATA",
    by: ({ bytes }) => {
      bytes[5] = 0;
    },
    says: () => [{ code: "elf-data", message: "EI_DATA is 0 when it should be 1 or 2" }],
  },
  {
    broken: "EI_CLASS and EI_DATA",
    by: ({ bytes }) => {
      bytes[4] = 0;
      bytes[5] = 3;
    },
    says: () => [
      { code: "elf-class", message: "EI_CLASS is 0 when it should be 1 or 2" },
      { code: "elf-data", message: "EI_DATA is 3 when it should be 1 or 2" },
    ],
  },
  ...[16, 51].map((length) => ({
    broken: `the length, ${length} bytes`,
    cutTo: () => length,
    says: ({ ehdr }: Facts) => [
      {
        code: "elf-truncated",
        message: `the file is ${length} bytes, shorter than the ELF header's ${ehdr}`,
      },
    ],
  })),
  {
    broken: "the length, an ELF header",
    cutTo: (ehdr) => ehdr,
    says: ({ wide, length }) => [
      {
        code: "elf-shoff",
        message: `the section header table (14 entries at ${wide ? "0x220" : "0x1a0"}) reaches past the end of the file at ${length}`,
      },
    ],
  },
  {
    broken: "e_type",
    by: elfHeader("e_type", 2),
    says: () => [
      {
        code: "elf-type",
        message: "e_type is 2 when it should be 1 (ET_REL): a module is a relocatable file",
      },
    ],
  },
  {
    broken: "e_phnum",
    by: elfHeader("e_phnum", 1),
    says: () => [
      { code: "elf-phnum", message: "e_phnum is 1 when a relocatable has no program headers" },
    ],
  },
  {
    broken: "e_shentsize",
    by: elfHeader("e_shentsize", 41),
    says: ({ wide }) => [
      { code: "elf-shentsize", message: `e_shentsize is 41 when it should be ${wide ? 64 : 40}` },
    ],
  },
  {
    broken: "e_shnum, a reserved index",
    by: elfHeader("e_shnum", 0xff00),
    says: () => [
      {
        code: "elf-shnum",
        message:
          "e_shnum is 65280 when it should be 1 to 65279: the module loader knows no extended numbering",
      },
    ],
  },
  {
    broken: "e_shnum, one section more than there is room for",
    by: elfHeader("e_shnum", 15),
    says: ({ length, wide }) => [
      {
        code: "elf-shoff",
        message: `the section header table (15 entries at ${wide ? "0x220" : "0x1a0"}) reaches past the end of the file at ${length}`,
      },
    ],
  },
  {
    broken: "e_shoff, past the end",
    by: elfHeader("e_shoff", 0x7fffffff),
    says: ({ length }) => [
      {
        code: "elf-shoff",
        message: `the section header table (14 entries at 0x7fffffff) reaches past the end of the file at ${length}`,
      },
    ],
  },
  {
    broken: "e_shstrndx, 0",
    by: elfHeader("e_shstrndx", 0),
    says: () => [{ code: "elf-shstrndx", message: "e_shstrndx is 0 when it should be 1 to 13" }],
  },
  {
    broken: "e_shstrndx, no section",
    by: elfHeader("e_shstrndx", 14),
    says: () => [{ code: "elf-shstrndx", message: "e_shstrndx is 14 when it should be 1 to 13" }],
  },
  {
    broken: "all of the ELF header",
    by: ({ bytes }) => {
      poke(bytes, 0, "e_type", 3);
      poke(bytes, 0, "e_phnum", 9);
      poke(bytes, 0, "e_shentsize", 1);
      poke(bytes, 0, "e_shoff", 0x7fffffff);
      poke(bytes, 0, "e_shstrndx", 0xffff);
    },
    says: ({ wide, length }) => [
      {
        code: "elf-type",
        message: "e_type is 3 when it should be 1 (ET_REL): a module is a relocatable file",
      },
      { code: "elf-phnum", message: "e_phnum is 9 when a relocatable has no program headers" },
      { code: "elf-shentsize", message: `e_shentsize is 1 when it should be ${wide ? 64 : 40}` },
      {
        code: "elf-shoff",
        message: `the section header table (14 entries at 0x7fffffff) reaches past the end of the file at ${length}`,
      },
      { code: "elf-shstrndx", message: "e_shstrndx is 65535 when it should be 1 to 13" },
    ],
  },

  // The section headers.
  {
    broken: "sh_type of section 0",
    by: ({ bytes, headerOffsets }) => poke(bytes, headerOffsets[0]!, "sh_type", SHT.PROGBITS),
    says: () => [
      {
        code: "elf-null-section",
        message: "section 0 is corrupt: it should be SHT_NULL of size 0",
      },
    ],
  },
  {
    broken: "sh_size of section 0, as extended numbering has it",
    by: ({ bytes, headerOffsets }) => poke(bytes, headerOffsets[0]!, "sh_size", 70000),
    says: () => [
      {
        code: "elf-null-section",
        message: "section 0 is corrupt: it should be SHT_NULL of size 0",
      },
    ],
  },
  {
    broken: "sh_offset of two sections",
    by: (file) => {
      poke(file.bytes, file.header(".text"), "sh_offset", 0x7ffffff0);
      poke(file.bytes, file.header(".ordered"), "sh_offset", file.bytes.length + 1);
      poke(file.bytes, file.header(".ordered"), "sh_size", 0);
    },
    says: ({ length }) => [
      {
        code: "elf-section-bounds",
        message: `section 2 is corrupt: 0x10 bytes at 0x7ffffff0 reach past the end of the file at ${length}`,
      },
      {
        code: "elf-section-bounds",
        message: `section 6 is corrupt: 0x0 bytes at 0x${(Number(length) + 1).toString(16)} reach past the end of the file at ${length}`,
      },
    ],
  },
  {
    broken: "sh_size, past the end",
    by: header(".data", "sh_size", 0x7fffffff),
    says: ({ length, wide }) => [
      {
        code: "elf-section-bounds",
        message: `section 4 is corrupt: 0x7fffffff bytes at ${wide ? "0x68" : "0x58"} reach past the end of the file at ${length}`,
      },
    ],
  },
  {
    broken: "sh_type of the section names",
    by: header(".shstrtab", "sh_type", SHT.PROGBITS),
    says: () => [
      {
        code: "elf-strtab",
        message: "section 13 is corrupt: its type is 1 when a string table's is 3 (SHT_STRTAB)",
      },
    ],
  },
  ...(
    [
      ["no bytes", header(".shstrtab", "sh_size", 0)],
      ["its last NUL", header(".shstrtab", "sh_size", 4)],
      [
        "its first NUL",
        (file) => file.bytes.fill(0x78, file.contents(".shstrtab"), 1 + file.contents(".shstrtab")),
      ],
    ] as const satisfies readonly (readonly [string, Breakage])[]
  ).map(([what, by]) => ({
    broken: `the section names: ${what}`,
    by,
    says: () => [
      {
        code: "elf-strtab",
        message: "section 13 is corrupt: a string table has to begin and end with a NUL byte",
      },
    ],
  })),
  {
    broken: "sh_name of two sections",
    by: (file) => {
      poke(file.bytes, file.header(".text"), "sh_name", 127);
      poke(file.bytes, file.header(".bss"), "sh_name", 0xffffffff);
    },
    says: () => [
      {
        code: "elf-section-name",
        message: "section 2 is corrupt: its name is at 127 of a string table of 127 bytes",
      },
      {
        code: "elf-section-name",
        message: "section 5 is corrupt: its name is at 4294967295 of a string table of 127 bytes",
      },
    ],
  },

  {
    broken: "the bounds of a section and the type of the section names, and then their names",
    by: (file) => {
      header(".data", "sh_size", 0x7fffffff)(file);
      header(".shstrtab", "sh_type", SHT.NOTE)(file);
      header(".text", "sh_name", 0x7fffffff)(file);
    },
    says: ({ wide, length }) => [
      {
        code: "elf-section-bounds",
        message: `section 4 is corrupt: 0x7fffffff bytes at ${wide ? "0x68" : "0x58"} reach past the end of the file at ${length}`,
      },
      {
        code: "elf-strtab",
        message: "section 13 is corrupt: its type is 7 when a string table's is 3 (SHT_STRTAB)",
      },
    ],
  },
  {
    broken: "the name of a section, and then the symbol table",
    by: (file) => {
      header(".text", "sh_name", 0x7fffffff)(file);
      header(".symtab", "sh_entsize", 1)(file);
    },
    says: () => [
      {
        code: "elf-section-name",
        message: "section 2 is corrupt: its name is at 2147483647 of a string table of 127 bytes",
      },
    ],
  },

  // Contents that overlap.
  {
    broken: "sh_offset, a byte less",
    by: moved(".text.once", ({ wide }) => (wide ? 0x5f : 0x4f)),
    says: ({ wide }) => [overlap("section 3", wide ? 0x5f : 0x4f, "section 2", wide ? 0x60 : 0x50)],
  },
  {
    broken: "sh_offset, that of another section",
    by: moved(".text.once", ({ wide }) => (wide ? 0x68 : 0x58)),
    says: ({ wide }) => [overlap("section 4", wide ? 0x68 : 0x58, "section 3", wide ? 0x70 : 0x60)],
  },
  {
    broken: "sh_offset of three sections, inside two others",
    by: (file) => {
      moved(".data", ({ wide }) => (wide ? 0xf8 : 0xa8))(file);
      moved(".ordered", ({ wide }) => (wide ? 0xf1 : 0xa1))(file);
      moved(".debug_info", ({ wide }) => (wide ? 0x52 : 0x42))(file);
    },
    says: ({ wide }) => [
      overlap("section 7", wide ? 0x52 : 0x42, "section 2", wide ? 0x60 : 0x50),
      overlap("section 6", wide ? 0xf1 : 0xa1, "section 11", wide ? 0x180 : 0x100),
      overlap("section 4", wide ? 0xf8 : 0xa8, "section 11", wide ? 0x180 : 0x100),
    ],
  },
  {
    broken: "sh_offset, inside the ELF header",
    by: (file) => {
      moved(".ordered", ({ ehdr }) => ehdr - 1)(file);
      header(".ordered", "sh_size", 1)(file);
    },
    says: ({ ehdr }) => [overlap("section 6", ehdr - 1, "the ELF header", ehdr)],
  },
  {
    broken: "sh_offset, inside the section header table",
    by: moved(".ordered", ({ wide }) => (wide ? 0x224 : 0x1a4)),
    says: ({ wide, length }) => [
      overlap(
        "section 6",
        wide ? 0x224 : 0x1a4,
        "the section header table",
        Number.parseInt(length, 16),
      ),
    ],
  },
  {
    broken: "sh_size, into the section header table",
    by: header(".shstrtab", "sh_size", 0x82),
    says: ({ wide }) => [
      overlap("the section header table", wide ? 0x220 : 0x1a0, "section 13", wide ? 0x221 : 0x1a1),
    ],
  },

  // The symbol table.
  {
    broken: "sh_type of the symbol table",
    by: header(".symtab", "sh_type", SHT.PROGBITS),
    says: () => [
      { code: "elf-symtab", message: "there is no symbol table; was the file stripped?" },
    ],
  },
  {
    broken: "sh_type of .data, a second symbol table",
    by: header(".data", "sh_type", SHT.SYMTAB),
    says: () => [
      {
        code: "elf-symtab",
        message: "there are 2 symbol tables when a module has one: sections 4, 11",
      },
    ],
  },
  ...[0, 14, 0xffffffff].map((link) => ({
    broken: `sh_link of the symbol table, ${link}`,
    by: header(".symtab", "sh_link", link),
    says: () => [
      {
        code: "elf-link",
        message: `section 11 is corrupt: sh_link is ${link} when it should name its string table, 1 to 13`,
        section: ".symtab",
      },
    ],
  })),
  {
    broken: "sh_link of the symbol table, no string table",
    by: header(".symtab", "sh_link", 2),
    says: () => [
      {
        code: "elf-strtab",
        message: "section 2 is corrupt: its type is 1 when a string table's is 3 (SHT_STRTAB)",
      },
    ],
  },
  {
    broken: "the last NUL of the symbols' names",
    by: (file) => poke(file.bytes, file.header(".strtab"), "sh_size", 3),
    says: () => [
      {
        code: "elf-strtab",
        message: "section 12 is corrupt: a string table has to begin and end with a NUL byte",
      },
    ],
  },
  {
    broken: "sh_entsize and sh_size of the symbol table",
    by: (file) => {
      poke(file.bytes, file.header(".symtab"), "sh_entsize", 0);
      poke(file.bytes, file.header(".symtab"), "sh_size", 60);
    },
    says: ({ wide }) => [
      {
        code: "elf-entsize",
        message: `section 11 is corrupt: sh_entsize is 0 when it should be ${wide ? 24 : 16}`,
        section: ".symtab",
      },
      {
        code: "elf-table-size",
        message: `section 11 is corrupt: size is 60 when it should be a multiple of ${wide ? 24 : 16}`,
        section: ".symtab",
      },
    ],
  },
  {
    broken: "sh_size of the symbol table, without any symbol",
    by: header(".symtab", "sh_size", 0),
    says: () => [
      {
        code: "elf-symtab",
        message: "the symbol table is empty: it lacks the null symbol",
        section: ".symtab",
      },
      {
        code: "elf-first-global",
        message: "section 11 is corrupt: sh_info is 3 in a table of 0 symbols",
        section: ".symtab",
      },
      {
        code: "elf-info",
        message: "section 1 is corrupt: sh_info is 3 in a table of 0 symbols",
        section: ".group",
      },
      {
        code: "elf-relocation-symbol",
        message: "relocation 0 is corrupt: its symbol is 4 in a table of 0 symbols",
        section: ".rela.text",
        offset: 4,
      },
      {
        code: "elf-relocation-symbol",
        message: "relocation 1 is corrupt: its symbol is 1 in a table of 0 symbols",
        section: ".rela.text",
        offset: 8,
      },
      {
        code: "elf-relocation-symbol",
        message: "relocation 0 is corrupt: its symbol is 5 in a table of 0 symbols",
        section: ".rela.text.once",
        offset: 0,
      },
      {
        code: "elf-relocation-symbol",
        message: "relocation 0 is corrupt: its symbol is 2 in a table of 0 symbols",
        section: ".rela.debug_info",
        offset: 2,
      },
    ],
  },
  {
    broken: "sh_info of the symbol table",
    by: header(".symtab", "sh_info", 7),
    says: () => [
      {
        code: "elf-first-global",
        message: "section 11 is corrupt: sh_info is 7 in a table of 6 symbols",
        section: ".symtab",
      },
    ],
  },
  {
    broken: "st_name",
    by: symbol(4, "st_name", 31),
    says: () => [
      {
        code: "elf-symbol-name",
        message: "symbol 4 is corrupt: its name is at 31 of a string table of 31 bytes",
        section: ".symtab",
      },
    ],
  },
  ...[14, 0xfeff, 0xffff].map((index) => ({
    broken: `st_shndx, ${index}`,
    by: symbol(3, "st_shndx", index),
    says: () => [
      {
        code: "elf-symbol-section",
        message: `symbol 3 is corrupt: its section index is ${index} in a file of 14 sections`,
        section: ".symtab",
        symbol: "once",
      },
    ],
  })),

  {
    broken: "sh_entsize of the symbol table and its names, and then a symbol",
    by: (file) => {
      header(".symtab", "sh_entsize", 1)(file);
      header(".strtab", "sh_type", SHT.NOTE)(file);
      symbol(3, "st_shndx", 0xffff)(file);
    },
    says: ({ wide }) => [
      {
        code: "elf-entsize",
        message: `section 11 is corrupt: sh_entsize is 1 when it should be ${wide ? 24 : 16}`,
        section: ".symtab",
      },
      {
        code: "elf-strtab",
        message: "section 12 is corrupt: its type is 7 when a string table's is 3 (SHT_STRTAB)",
      },
    ],
  },

  // What sections say of each other.
  ...(
    [
      [SHT.REL, "SHT_REL: machines with livepatch use SHT_RELA only"],
      [0x40000014, "SHT_CREL: the module loader reads SHT_RELA only"],
      [SHT.SYMTAB_SHNDX, "SHT_SYMTAB_SHNDX: the module loader knows no extended numbering"],
    ] as const
  ).map(([type, message]) => ({
    broken: `sh_type, ${type}`,
    by: header(".data", "sh_type", type),
    says: () => [
      { code: "elf-section-type", message: `section 4 is ${message}`, section: ".data" },
    ],
  })),
  {
    broken: "sh_link, no section",
    by: header(".ordered", "sh_link", 14),
    says: () => [
      {
        code: "elf-link",
        message: "section 6 is corrupt: sh_link is 14 in a file of 14 sections",
        section: ".ordered",
      },
    ],
  },
  {
    broken: "sh_info of SHF_INFO_LINK, no section",
    by: (file) => {
      poke(file.bytes, file.header(".data"), "sh_flags", 0x43);
      poke(file.bytes, file.header(".data"), "sh_info", 99);
    },
    says: () => [
      {
        code: "elf-info",
        message: "section 4 is corrupt: sh_info is 99 in a file of 14 sections",
        section: ".data",
      },
    ],
  },
  {
    broken: "sh_info of relocations without SHF_INFO_LINK, no section",
    by: (file) => {
      poke(file.bytes, file.header(".rela.text"), "sh_flags", 0);
      poke(file.bytes, file.header(".rela.text"), "sh_info", 14);
    },
    says: () => [
      {
        code: "elf-info",
        message: "section 8 is corrupt: sh_info is 14 in a file of 14 sections",
        section: ".rela.text",
      },
    ],
  },
  {
    broken: "sh_info of relocations, 0",
    by: header(".rela.text", "sh_info", 0),
    says: () => [
      {
        code: "elf-info",
        message: "section 8 is corrupt: sh_info is 0 when it should name the section to relocate",
        section: ".rela.text",
      },
    ],
  },
  ...([11, 12] as const).map((table) => ({
    broken: `sh_info of relocations, ${table === 11 ? "the symbol table" : "its string table"}`,
    by: header(".rela.text", "sh_info", table),
    says: () => [
      {
        code: "elf-info",
        message: `section 8 is corrupt: sh_info is ${table} when the symbols and their names, 11 and 12, are not relocated`,
        section: ".rela.text",
      },
    ],
  })),
  {
    broken: "sh_link of relocations and of a group, not the symbol table",
    by: (file) => {
      poke(file.bytes, file.header(".rela.text"), "sh_link", 12);
      poke(file.bytes, file.header(".group"), "sh_link", 0);
    },
    says: () => [
      {
        code: "elf-link",
        message: "section 1 is corrupt: sh_link is 0 when the symbol table is section 11",
        section: ".group",
      },
      {
        code: "elf-link",
        message: "section 8 is corrupt: sh_link is 12 when the symbol table is section 11",
        section: ".rela.text",
      },
    ],
  },

  // Relocations and groups.
  {
    broken: "sh_entsize and sh_size of relocations",
    by: (file) => {
      poke(file.bytes, file.header(".rela.text"), "sh_entsize", 8);
      poke(file.bytes, file.header(".rela.text"), "sh_size", 11);
    },
    says: ({ wide }) => [
      {
        code: "elf-entsize",
        message: `section 8 is corrupt: sh_entsize is 8 when it should be ${wide ? 24 : 12}`,
        section: ".rela.text",
      },
      {
        code: "elf-table-size",
        message: `section 8 is corrupt: size is 11 when it should be a multiple of ${wide ? 24 : 12}`,
        section: ".rela.text",
      },
    ],
  },
  {
    broken: "the symbol of r_info",
    by: info(".rela.text", 6),
    says: () => [
      {
        code: "elf-relocation-symbol",
        message: "relocation 0 is corrupt: its symbol is 6 in a table of 6 symbols",
        section: ".rela.text",
        offset: 4,
      },
    ],
  },
  {
    broken: "r_offset",
    by: (file) => poke(file.bytes, file.relocation(".rela.text", 1), "r_offset", 17),
    says: () => [
      {
        code: "elf-relocation-offset",
        message: "relocation 1 is corrupt: its offset lies past the end of section 2 at 0x10",
        section: ".rela.text",
        offset: 17,
      },
    ],
  },
  ...[0, 3, 10].map((size) => ({
    broken: `sh_size of a group, ${size}`,
    by: header(".group", "sh_size", size),
    says: () => [
      {
        code: "elf-table-size",
        message: `section 1 is corrupt: size is ${size} when a group's is a multiple of 4 and at least 4`,
        section: ".group",
      },
    ],
  })),
  {
    broken: "sh_info of a group",
    by: header(".group", "sh_info", 6),
    says: () => [
      {
        code: "elf-info",
        message: "section 1 is corrupt: sh_info is 6 in a table of 6 symbols",
        section: ".group",
      },
    ],
  },
  ...[0, 14, 0xffffffff].map((member) => ({
    broken: `a member of a group, ${member}`,
    by: word(".group", 8, member),
    says: () => [
      {
        code: "elf-group-member",
        message: `section 1 is corrupt: a member is section ${member} in a file of 14 sections`,
        section: ".group",
        offset: 8,
      },
    ],
  })),
  {
    broken: "a symbol, a link, a relocation and a group",
    by: (file) => {
      word(".group", 4, 0)(file);
      header(".ordered", "sh_link", 77)(file);
      info(".rela.debug_info", 0xffff)(file);
      symbol(1, "st_shndx", 0x100)(file);
    },
    says: () => [
      {
        code: "elf-symbol-section",
        message: "symbol 1 is corrupt: its section index is 256 in a file of 14 sections",
        section: ".symtab",
        symbol: "",
      },
      {
        code: "elf-group-member",
        message: "section 1 is corrupt: a member is section 0 in a file of 14 sections",
        section: ".group",
        offset: 4,
      },
      {
        code: "elf-link",
        message: "section 6 is corrupt: sh_link is 77 in a file of 14 sections",
        section: ".ordered",
      },
      {
        code: "elf-relocation-symbol",
        message: "relocation 0 is corrupt: its symbol is 65535 in a table of 6 symbols",
        section: ".rela.debug_info",
        offset: 2,
      },
    ],
  },
];

describe.each(pairs)("a corrupt ELF$class $order file", (pair) => {
  test("is not one before it is broken", () => {
    expect(opened(sample(pair).bytes).sections).toHaveLength(14);
  });

  test.each(rows)("is refused and says what is wrong: $broken", ({ by, cutTo, says }) => {
    const file = sample(pair);
    by?.(file);
    const ehdr = recordFields[pair.class].ehdr.size;
    const bytes = file.bytes.subarray(0, cutTo?.(ehdr));
    expect(refused((diagnostics) => readElf(bytes, diagnostics))).toEqual(
      says(factsOfClass(pair, bytes.length)),
    );
  });

  test("has its messages counted beyond the first hundred", () => {
    const count = 150;
    const symbols = Array.from({ length: count }, (_, index) => ({ name: `s${index}` }));
    const { bytes, symbolOffsets } = sample(pair, { symbols, relocations: [], sections: [] });
    for (const at of symbolOffsets.slice(1)) poke(bytes, at, "st_shndx", 0x1234);
    const faults = refused((diagnostics) => readElf(bytes, diagnostics));
    expect(faults).toHaveLength(101);
    expect(faults[99]?.message).toBe(
      "symbol 100 is corrupt: its section index is 4660 in a file of 4 sections",
    );
    expect(faults[100]).toEqual({ code: "too-many", message: "50 more errors not shown" });
  });
});

describe.each(pairs)("the names of an ELF$class $order file", (pair) => {
  const longest = "n".repeat(1024);
  const tooLong = `${longest}n`;

  test("may have 1024 bytes, those of defined symbols any number", () => {
    const symbols = [{ name: longest }, { name: `d${tooLong}`, section: ".x" }];
    const object = opened(
      buildElf({ ...pair, sections: [{ name: ".x" }, { name: longest }], symbols }),
    );
    expect(object.sections[2]?.name).toBe(longest);
    expect(object.symbols.name(1)).toBe(longest);
    expect(object.symbols.name(2)).not.toContain("n".repeat(1024));
  });

  test("are refused beyond that: of sections", () => {
    const bytes = buildElf({ ...pair, sections: [{ name: ".x" }, { name: tooLong }] });
    expect(refused((diagnostics) => readElf(bytes, diagnostics))).toEqual([
      {
        code: "elf-section-name",
        message: "section 2 is corrupt: its name has more than 1024 bytes",
      },
    ]);
  });

  test("are refused beyond that: of undefined symbols", () => {
    const bytes = buildElf({ ...pair, symbols: [{ name: "out" }, { name: tooLong }] });
    expect(refused((diagnostics) => readElf(bytes, diagnostics))).toEqual([
      {
        code: "elf-symbol-name",
        message: "symbol 2 is corrupt: its name has more than 1024 bytes",
        section: ".symtab",
      },
    ]);
  });
});

describe.each(pairs)("ELF$class $order: what the reader lets through", (pair) => {
  const file = sample(pair);

  test.each([
    ["an offset past the end of a section that is not loaded", ".rela.debug_info", 0x7fffffff],
    ["an offset at the very end of a loaded section", ".rela.text", 16],
  ])("%s", (_, section, offset) => {
    const bytes = file.bytes.slice();
    poke(bytes, file.relocation(section, 0), "r_offset", offset);
    expect(accepted((diagnostics) => readElf(bytes, diagnostics)).sections).toHaveLength(14);
  });

  test.each([0, 0xff00, 0xff20, 0xfff1, 0xfff2, 13])("a symbol with section index %i", (index) => {
    const bytes = file.bytes.slice();
    poke(bytes, file.symbol(3), "st_shndx", index);
    expect(opened(bytes).symbols.sectionIndex(3)).toBe(index);
  });
});

/** mulberry32: the same numbers in every run. */
function random(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

/**
 * Reads `bytes`, and writes what was accepted once as it is and once edited. Whatever the bytes
 * are, each step returns or throws Refusal with a reason; anything else fails the test.
 */
function withstands(bytes: Uint8Array): "refused" | "accepted" {
  const original = bytes.slice();
  const read = attempt((diagnostics) => readElf(bytes, diagnostics));
  if (read === undefined) return "refused";
  const copy = attempt((diagnostics) => writeElf(read, diagnostics));
  if (copy !== undefined) expect(Buffer.compare(copy, original)).toBe(0);

  read.addSection({
    name: ".new",
    type: SHT.PROGBITS,
    flags: 0,
    link: 0,
    info: 0,
    addralign: 8,
    entsize: 0,
    data: new Uint8Array(24),
  });
  if (read.symbols.count > 1) read.symbols.rename(1, "renamed");
  const edited = attempt((diagnostics) => writeElf(read, diagnostics));
  // A header can ask for alignment, but not for more than a page of it each.
  if (edited !== undefined) {
    expect(edited.length).toBeLessThan(bytes.length + 4096 * (read.sections.length + 1));
    expect(opened(edited).sections.at(-1)?.name).toBe(".new");
  }
  expect(Buffer.compare(bytes, original)).toBe(0);
  return "accepted";
}

function attempt<Result>(act: (diagnostics: Diagnostics) => Result): Result | undefined {
  const diagnostics = new Diagnostics("in.ko");
  try {
    const result = act(diagnostics);
    expect(diagnostics.failed).toBe(false);
    return result;
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    expect(faultsIn(diagnostics)).not.toEqual([]);
    return undefined;
  }
}

describe.each(pairs)("a hostile ELF$class $order file", (pair) => {
  test("is refused when it is cut off anywhere, wherever its tables are", () => {
    const { bytes } = sample(pair);
    const sections = Array.from({ length: 13 }, (_, index) => index + 1);
    const layouts = [bytes, relayout(bytes, ["header table", ...sections])];
    for (const whole of layouts) {
      expect(withstands(whole)).toBe("accepted");
      for (let length = 0; length < whole.length; length++) {
        expect(withstands(whole.slice(0, length)), `${length} bytes`).toBe("refused");
      }
    }
  });

  test("never gets more than a refusal out of one changed byte", () => {
    const { bytes } = sample(pair);
    const below = random(pair.class + pair.order.length);
    let survivors = 0;
    for (let run = 0; run < 5000; run++) {
      const mutated = bytes.slice();
      mutated[below(mutated.length)] = below(256);
      if (withstands(mutated) === "accepted") survivors++;
    }
    // Most bytes are contents and names, which may be anything; the others must have been hit too.
    expect(survivors).toBeGreaterThan(1000);
    expect(survivors).toBeLessThan(4000);
  });

  test("never gets more than a refusal out of an extreme value in any header field", () => {
    const { bytes, headerOffsets, symbolOffsets, relocation } = sample(pair);
    const { ehdr, shdr, sym, rela } = recordFields[pair.class];
    const places = [
      ...Object.keys(ehdr.fields).map((field) => [0, field]),
      ...headerOffsets.flatMap((at) => Object.keys(shdr.fields).map((field) => [at, field])),
      ...symbolOffsets.flatMap((at) => Object.keys(sym.fields).map((field) => [at, field])),
      ...Object.keys(rela.fields).map((field) => [relocation(".rela.text", 0), field]),
    ] as [number, FieldName][];
    const values = [0, 1, 2, 3, 7, 0x7f, 0xff, 0xff00, 0xffff, bytes.length - 1, bytes.length];
    const wide = [2n ** 31n - 1n, 2n ** 31n, 2n ** 32n - 1n, 2n ** 53n, 2n ** 63n, 2n ** 64n - 1n];
    let survivors = 0;
    for (const [at, field] of places) {
      for (const value of [...values, ...wide]) {
        const mutated = bytes.slice();
        poke(mutated, at, field, value);
        if (withstands(mutated) === "accepted") survivors++;
      }
    }
    expect(survivors).toBeGreaterThan(500);
  });
});

describe("a small file cannot ask for much", () => {
  const pair: Pair = pairs[0]!;
  const many = Array.from({ length: 20_000 }, () => ({ name: ".x" }));
  const long = { name: "l".repeat(1_000_000) };

  test("by section names that lie within each other", { timeout: 15_000 }, () => {
    const { bytes, headerOffsets } = buildIndexedElf({ ...pair, sections: [long, ...many] });
    const name = peekNumber(bytes, headerOffsets[1]!, "sh_name");
    for (const [at, header] of headerOffsets.slice(1, -3).entries()) {
      poke(bytes, header, "sh_name", name + at);
    }
    expect(withstands(bytes)).toBe("refused");
  });

  test("by symbol names that lie within each other", { timeout: 15_000 }, () => {
    for (const shndx of [SHN.UNDEF, SHN.ABS, 0x1234]) {
      const { bytes, symbolOffsets } = buildIndexedElf({ ...pair, symbols: [long, ...many] });
      for (const [at, symbol] of symbolOffsets.slice(1).entries()) {
        poke(bytes, symbol, "st_name", 1 + at);
        poke(bytes, symbol, "st_shndx", shndx);
      }
      expect(withstands(bytes)).toBe(shndx === SHN.ABS ? "accepted" : "refused");
    }
  });

  test("by tables that lie within each other", { timeout: 15_000 }, () => {
    const entries = Array.from({ length: 20_000 }, () => ({ offset: 0, type: 1, symbol: 0 }));
    const tables = Array.from({ length: 20_000 }, () => ({
      name: ".x",
      type: SHT.RELA,
      link: ".symtab",
      info: 1,
      entsize: 24,
    }));
    const { bytes, headerOffsets, contentOffsets } = buildIndexedElf({
      ...pair,
      sections: [{ name: ".debug", size: 8 }, ...tables],
      relocations: [{ section: 1, entries }],
    });
    const at = contentOffsets[2 + tables.length]!;
    for (const header of headerOffsets.slice(2, 2 + tables.length)) {
      poke(bytes, header, "sh_offset", at);
      poke(bytes, header, "sh_size", 24 * entries.length);
    }
    expect(withstands(bytes)).toBe("refused");
  });
});

test("a file of random bytes behind a sound start is refused", () => {
  const below = random(1);
  for (let run = 0; run < 1000; run++) {
    const pair: Pair = pairs[run % pairs.length]!;
    const { bytes } = sample(pair);
    const start = recordFields[pair.class].ehdr.size;
    for (let at = start; at < bytes.length; at++) bytes[at] = below(256);
    expect(withstands(bytes)).toBe("refused");
  }
});
