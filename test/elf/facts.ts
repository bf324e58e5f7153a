// SPDX-License-Identifier: GPL-2.0-only

// What a relocatable says, by names and without a single index, so that two files can be compared
// whose sections and symbols are numbered differently. Like the builder and the dump, it takes
// nothing from src/. Names have to be unique, but for section symbols, which go by their section's.

import { SHF, SHN, SHT, STT } from "../elf-builder.js";
import { headerAt, pairOf, peek, peekNumber, recordFields } from "./record-fields.js";
import { contentsOf } from "./relayout.js";

export interface SectionFacts {
  readonly name: string;
  readonly type: number;
  readonly flags: bigint;
  /** The section that sh_link names, "" for none. */
  readonly link: string;
  /** The section or symbol that sh_info names; undefined for what is a count or a plain number. */
  readonly info: string | undefined;
  readonly addralign: bigint;
  readonly entsize: bigint;
  /** In hexadecimal; undefined for tables, which other facts show. */
  readonly contents: string | undefined;
  /** sh_size, for SHT_NOBITS only. */
  readonly nobits: bigint | undefined;
}

export interface SymbolFacts {
  readonly name: string;
  /** The section's name, or st_shndx as a number where it is none. */
  readonly section: string | number;
  /** st_value, st_size, st_info, st_other. */
  readonly rest: readonly bigint[];
  /** It stands before sh_info of the symbol table. */
  readonly local: boolean;
}

export interface RelocationFacts {
  readonly offset: bigint;
  readonly type: bigint;
  readonly symbol: string;
  /** r_addend as an unsigned value. */
  readonly addend: bigint;
}

export interface Facts {
  readonly sections: readonly SectionFacts[];
  readonly symbols: readonly SymbolFacts[];
  /** By the name of the SHT_RELA section. */
  readonly relocations: ReadonlyMap<string, readonly RelocationFacts[]>;
  /** The flag word and the members, by the name of the SHT_GROUP section. */
  readonly groups: ReadonlyMap<string, { flags: bigint; members: readonly string[] }>;
}

export function factsOf(bytes: Uint8Array): Facts {
  const pair = pairOf(bytes);
  const { sym, rela } = recordFields[pair.class];
  const count = peekNumber(bytes, 0, "e_shnum");
  const indices = Array.from({ length: count }, (_, index) => index);
  const header = (index: number) => headerAt(bytes, index);
  const field = (index: number, name: Parameters<typeof peek>[2]) =>
    peekNumber(bytes, header(index), name);
  const offsetOf = (index: number) => field(index, "sh_offset");

  const nameTable = contentsOf(bytes, peekNumber(bytes, 0, "e_shstrndx"));
  const names = indices.map((index) => stringAt(nameTable, field(index, "sh_name")));
  const nameOf = (index: number) => names[index] ?? `no section ${index}`;

  const table = indices.find((index) => field(index, "sh_type") === SHT.SYMTAB) ?? 0;
  const symbolNames = contentsOf(bytes, field(table, "sh_link"));
  const firstGlobal = field(table, "sh_info");
  const symbols = records(contentsOf(bytes, table), sym.size).map((offset, index): SymbolFacts => {
    const at = offsetOf(table) + offset;
    const section = peekNumber(bytes, at, "st_shndx");
    const rest = (["st_value", "st_size", "st_info", "st_other"] as const).map((name) =>
      peek(bytes, at, name),
    );
    const isSection = (Number(rest[2]) & 0xf) === STT.SECTION;
    return {
      name: isSection
        ? `[${nameOf(section)}]`
        : stringAt(symbolNames, peekNumber(bytes, at, "st_name")),
      section: section >= SHN.LORESERVE || section === SHN.UNDEF ? section : nameOf(section),
      rest,
      local: index < firstGlobal,
    };
  });
  const symbolName = (index: number) => symbols[index]?.name ?? `no symbol ${index}`;

  const relocations = new Map<string, RelocationFacts[]>();
  const groups = new Map<string, { flags: bigint; members: string[] }>();
  const sections = indices.slice(1).map((index): SectionFacts => {
    const type = field(index, "sh_type");
    const contents = contentsOf(bytes, index);
    const info = field(index, "sh_info");
    if (type === SHT.RELA) {
      const symbolShift = pair.class === 64 ? 32n : 8n;
      relocations.set(
        nameOf(index),
        records(contents, rela.size).map((offset) => {
          const at = offsetOf(index) + offset;
          const parts = peek(bytes, at, "r_info");
          return {
            offset: peek(bytes, at, "r_offset"),
            type: parts & ((1n << symbolShift) - 1n),
            symbol: symbolName(Number(parts >> symbolShift)),
            addend: peek(bytes, at, "r_addend"),
          };
        }),
      );
    } else if (type === SHT.GROUP) {
      // st_name is a 32-bit word at the start of its record, and so is each word of a group.
      const words = records(contents, 4).map((at) => peek(bytes, offsetOf(index) + at, "st_name"));
      const members = words.slice(1).map((member) => nameOf(Number(member)));
      groups.set(nameOf(index), { flags: words[0] ?? 0n, members });
    }
    const flags = peek(bytes, header(index), "sh_flags");
    const namesSection = type === SHT.RELA || (flags & BigInt(SHF.INFO_LINK)) !== 0n;
    const isTable = ([SHT.RELA, SHT.GROUP, SHT.SYMTAB] as number[]).includes(type);
    return {
      name: nameOf(index),
      type,
      flags,
      link: nameOf(field(index, "sh_link")),
      info: namesSection ? nameOf(info) : type === SHT.GROUP ? symbolName(info) : undefined,
      addralign: peek(bytes, header(index), "sh_addralign"),
      entsize: peek(bytes, header(index), "sh_entsize"),
      contents: isTable ? undefined : Buffer.from(contents).toString("hex"),
      nobits: type === SHT.NOBITS ? peek(bytes, header(index), "sh_size") : undefined,
    };
  });
  return { sections, symbols, relocations, groups };
}

/** The offsets of the records of a table; one that is cut off is one too many. */
function records(table: Uint8Array, size: number): number[] {
  return Array.from({ length: Math.ceil(table.length / size) }, (_, index) => index * size);
}

function stringAt(table: Uint8Array, offset: number): string {
  return Buffer.from(table.subarray(offset, table.indexOf(0, offset))).toString("latin1");
}
