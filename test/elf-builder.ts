// SPDX-License-Identifier: GPL-2.0-only

// Writes small ET_REL files from a plain description, for tests.
//
// It is an oracle, so it imports nothing from src/ and spells out every offset of the ELF records
// by hand: a mistake in the program's own record layouts cannot hide in the inputs of its tests.
// Nothing is fast here, and nothing is clever. What it does not check it writes as asked, because
// half of its users want a file that is wrong in exactly one place.

/** A number of up to 64 bits; give a bigint for what a number cannot hold exactly. */
export type Word = number | bigint;

/** Section types (gABI chapter 4), as far as tests name them. */
export const SHT = {
  NULL: 0,
  PROGBITS: 1,
  SYMTAB: 2,
  STRTAB: 3,
  RELA: 4,
  NOTE: 7,
  NOBITS: 8,
  REL: 9,
  GROUP: 17,
  SYMTAB_SHNDX: 18,
} as const;

/** Section flags (gABI chapter 4; RELA_LIVEPATCH is the kernel's, include/uapi/linux/elf.h). */
export const SHF = {
  WRITE: 0x1,
  ALLOC: 0x2,
  EXECINSTR: 0x4,
  MERGE: 0x10,
  STRINGS: 0x20,
  INFO_LINK: 0x40,
  LINK_ORDER: 0x80,
  GROUP: 0x200,
  RELA_LIVEPATCH: 0x00100000,
} as const;

/** Symbol bindings. */
export const STB = { LOCAL: 0, GLOBAL: 1, WEAK: 2 } as const;

/** Symbol types. */
export const STT = { NOTYPE: 0, OBJECT: 1, FUNC: 2, SECTION: 3, FILE: 4 } as const;

/** Special section indices (LIVEPATCH is the kernel's, include/uapi/linux/elf.h). */
export const SHN = {
  UNDEF: 0,
  LORESERVE: 0xff00,
  LIVEPATCH: 0xff20,
  ABS: 0xfff1,
  COMMON: 0xfff2,
  XINDEX: 0xffff,
} as const;

export interface SectionDescription {
  readonly name: string;
  /** Default: SHT_PROGBITS. */
  readonly type?: number;
  readonly flags?: Word;
  /** The contents; a string stands for its UTF-8 bytes, without a NUL of its own. */
  readonly data?: Uint8Array | readonly number[] | string;
  /** Contents as 32-bit words in the file's byte order; a name stands for that section's index. */
  readonly words?: readonly (number | string)[];
  /** sh_size. Without contents: that many zero bytes, or none in the file for SHT_NOBITS. */
  readonly size?: number;
  /** Default: 1. */
  readonly addralign?: number;
  readonly entsize?: number;
  /** A section's name (`.symtab` and `.strtab` too), or the bare value. */
  readonly link?: string | number;
  /** A section's name, for SHT_GROUP a symbol's name, or the bare value. */
  readonly info?: string | number;
}

export interface SymbolDescription {
  readonly name: string;
  readonly value?: Word;
  readonly size?: Word;
  /** Default: STB_GLOBAL. */
  readonly bind?: number;
  /** Default: STT_NOTYPE. */
  readonly type?: number;
  /** st_other as a whole; its low two bits are the visibility. */
  readonly other?: number;
  /** A section's name, `undef` (the default), `abs`, `common`, or the bare st_shndx. */
  readonly section?: string | number;
}

export interface RelocationDescription {
  readonly offset: Word;
  readonly type: number;
  /** A symbol's name, or an index of the written table, where 0 is the null symbol. */
  readonly symbol: string | number;
  /** Default: 0. Not written in an SHT_REL section. */
  readonly addend?: Word;
}

export interface RelocationSectionDescription {
  /** The section to be relocated: its name or index. */
  readonly section: string | number;
  readonly entries: readonly RelocationDescription[];
  /** Default: `.rela` (`.rel` for SHT_REL) and the name of the section to be relocated. */
  readonly name?: string;
  /** Default: SHT_RELA. */
  readonly type?: number;
  /** Default: SHF_INFO_LINK. */
  readonly flags?: Word;
}

export interface ElfDescription {
  /** Default: 64. */
  readonly class?: 32 | 64;
  /** Default: little. */
  readonly order?: "little" | "big";
  /** e_machine. Default: x86_64 (62) for ELF64 little, s390 (22) for ELF64 big, else PowerPC. */
  readonly machine?: number;
  /** e_flags. */
  readonly flags?: number;
  readonly sections?: readonly SectionDescription[];
  readonly symbols?: readonly SymbolDescription[];
  readonly relocations?: readonly RelocationSectionDescription[];
  /** Puts section names into `.strtab` and leaves `.shstrtab` out, as LLVM's assembler does. */
  readonly oneStringTable?: boolean;
}

/** Where things are in a built file, so that a test can break one field of it. */
export interface ElfIndex {
  /** Section index by name; of several with one name, the first. */
  readonly sections: ReadonlyMap<string, number>;
  /** Symbol index by name; of several with one name, the first in the written table. */
  readonly symbols: ReadonlyMap<string, number>;
  /** File offset of each section's header, by section index. */
  readonly headerOffsets: readonly number[];
  /** File offset of each section's contents (sh_offset), by section index. */
  readonly contentOffsets: readonly number[];
  /** File offset of each symbol's record, by symbol index. */
  readonly symbolOffsets: readonly number[];
}

interface OutputSection {
  readonly name: string;
  readonly type: number;
  readonly flags: Word;
  readonly data: Uint8Array;
  readonly size: number;
  readonly link: number;
  readonly info: number;
  readonly addralign: number;
  readonly entsize: number;
}

/** Builds the file that `description` asks for. */
export function buildElf(description: ElfDescription): Uint8Array {
  return buildIndexedElf(description).bytes;
}

/**
 * Builds the file that `description` asks for and says where everything in it is.
 *
 * The section order is: null, the given sections, one relocation section for each of
 * `relocations`, `.symtab`, `.strtab`, `.shstrtab`. Symbols keep their order, except that locals
 * come first. Throws an Error on a name that nothing has, a RangeError on a value that does not
 * fit its field.
 */
export function buildIndexedElf(description: ElfDescription): { bytes: Uint8Array } & ElfIndex {
  const is64 = (description.class ?? 64) === 64;
  const little = (description.order ?? "little") === "little";
  const given = description.sections ?? [];
  const relocations = description.relocations ?? [];
  const symtabIndex = 1 + given.length + relocations.length;
  const strtabIndex = symtabIndex + 1;
  const shstrtabIndex = description.oneStringTable ? strtabIndex : symtabIndex + 2;

  // Every index is known before anything is written, so that names can refer forwards.
  const relocationNames = relocations.map((relocation) => {
    if (relocation.name !== undefined) return relocation.name;
    const target = relocation.section;
    const name = typeof target === "string" ? target : (given[target - 1]?.name ?? "");
    return (relocation.type === SHT.REL ? ".rel" : ".rela") + name;
  });
  const sectionNames = ["", ...given.map((section) => section.name), ...relocationNames];
  sectionNames.push(".symtab", ".strtab");
  if (!description.oneStringTable) sectionNames.push(".shstrtab");
  const sections = firstIndexByName(sectionNames);

  const symbols: readonly SymbolDescription[] = [
    { name: "", bind: STB.LOCAL },
    ...(description.symbols ?? []).filter((symbol) => bindOf(symbol) === STB.LOCAL),
    ...(description.symbols ?? []).filter((symbol) => bindOf(symbol) !== STB.LOCAL),
  ];
  const firstGlobal = symbols.filter((symbol) => bindOf(symbol) === STB.LOCAL).length;
  const symbolIndices = firstIndexByName(symbols.map((symbol) => symbol.name));

  const sectionIndex = (section: string | number): number =>
    typeof section === "number" ? section : find(sections, section, "section");
  const symbolIndex = (symbol: string | number): number =>
    typeof symbol === "number" ? symbol : find(symbolIndices, symbol, "symbol");

  const strings = new StringTable();
  const symbolNames = symbols.map((symbol) => strings.add(symbol.name));
  const sectionStrings = description.oneStringTable ? strings : new StringTable();
  const sectionNameOffsets = sectionNames.map((name) => sectionStrings.add(name));

  const symbolSize = is64 ? 24 : 16;
  const symbolTable = new Bytes(symbols.length * symbolSize, is64, little);
  symbols.forEach((symbol, index) => {
    const at = index * symbolSize;
    const info = (bindOf(symbol) << 4) | (symbol.type ?? STT.NOTYPE);
    const shndx = specialIndex(symbol.section ?? "undef") ?? sectionIndex(symbol.section ?? 0);
    symbolTable.u32(at, symbolNames[index]!);
    if (is64) {
      symbolTable.u8(at + 4, info);
      symbolTable.u8(at + 5, symbol.other ?? 0);
      symbolTable.u16(at + 6, shndx);
      symbolTable.word(at + 8, symbol.value ?? 0);
      symbolTable.word(at + 16, symbol.size ?? 0);
    } else {
      symbolTable.word(at + 4, symbol.value ?? 0);
      symbolTable.word(at + 8, symbol.size ?? 0);
      symbolTable.u8(at + 12, info);
      symbolTable.u8(at + 13, symbol.other ?? 0);
      symbolTable.u16(at + 14, shndx);
    }
  });

  const output: OutputSection[] = [
    // The null section's alignment is 0 as well: its whole header is.
    {
      name: "",
      type: SHT.NULL,
      flags: 0,
      data: new Uint8Array(0),
      size: 0,
      link: 0,
      info: 0,
      addralign: 0,
      entsize: 0,
    },
  ];
  for (const section of given) {
    const type = section.type ?? SHT.PROGBITS;
    const data = contentsOf(section, type, (word) => {
      const bytes = new Bytes(4, is64, little);
      bytes.u32(0, sectionIndex(word));
      return bytes.array;
    });
    const info = section.info ?? 0;
    output.push({
      name: section.name,
      type,
      flags: section.flags ?? 0,
      data,
      size: section.size ?? data.length,
      link: sectionIndex(section.link ?? 0),
      info: type === SHT.GROUP ? symbolIndex(info) : sectionIndex(info),
      addralign: section.addralign ?? 1,
      entsize: section.entsize ?? 0,
    });
  }
  relocations.forEach((relocation, index) => {
    const type = relocation.type ?? SHT.RELA;
    const wordSize = is64 ? 8 : 4;
    const entrySize = wordSize * (type === SHT.REL ? 2 : 3);
    const table = new Bytes(relocation.entries.length * entrySize, is64, little);
    relocation.entries.forEach((entry, position) => {
      const at = position * entrySize;
      const symbol = BigInt(symbolIndex(entry.symbol));
      const info = (symbol << (is64 ? 32n : 8n)) | BigInt(entry.type);
      table.word(at, entry.offset);
      table.word(at + wordSize, info);
      if (type !== SHT.REL) table.word(at + 2 * wordSize, entry.addend ?? 0);
    });
    output.push({
      name: relocationNames[index]!,
      type,
      flags: relocation.flags ?? SHF.INFO_LINK,
      data: table.array,
      size: table.array.length,
      link: symtabIndex,
      info: sectionIndex(relocation.section),
      addralign: wordSize,
      entsize: entrySize,
    });
  });
  output.push({
    name: ".symtab",
    type: SHT.SYMTAB,
    flags: 0,
    data: symbolTable.array,
    size: symbolTable.array.length,
    link: strtabIndex,
    info: firstGlobal,
    addralign: is64 ? 8 : 4,
    entsize: symbolSize,
  });
  const stringTables: [string, StringTable][] = [[".strtab", strings]];
  if (!description.oneStringTable) stringTables.push([".shstrtab", sectionStrings]);
  for (const [name, table] of stringTables) {
    const data = table.bytes();
    output.push({
      name,
      type: SHT.STRTAB,
      flags: 0,
      data,
      size: data.length,
      link: 0,
      info: 0,
      addralign: 1,
      entsize: 0,
    });
  }

  const fileHeaderSize = is64 ? 64 : 52;
  const sectionHeaderSize = is64 ? 64 : 40;
  const contentOffsets: number[] = [];
  let end = fileHeaderSize;
  output.forEach((section, index) => {
    if (index > 0) end = alignUp(end, section.addralign);
    contentOffsets.push(index === 0 ? 0 : end);
    end += section.data.length;
  });
  const sectionHeaders = alignUp(end, is64 ? 8 : 4);
  const headerOffsets = output.map((_, index) => sectionHeaders + index * sectionHeaderSize);

  const file = new Bytes(sectionHeaders + output.length * sectionHeaderSize, is64, little);
  file.array.set([0x7f, 0x45, 0x4c, 0x46, is64 ? 2 : 1, little ? 1 : 2, 1]);
  file.u16(16, 1); // e_type: ET_REL
  file.u16(18, description.machine ?? defaultMachine(is64, little));
  file.u32(20, 1); // e_version
  // e_entry and e_phoff stay 0: a relocatable has neither.
  file.word(is64 ? 40 : 32, sectionHeaders); // e_shoff
  const tail = is64 ? 48 : 36; // from e_flags on, both classes agree
  file.u32(tail, description.flags ?? 0);
  file.u16(tail + 4, fileHeaderSize); // e_ehsize
  file.u16(tail + 10, sectionHeaderSize); // e_shentsize
  file.u16(tail + 12, output.length); // e_shnum
  file.u16(tail + 14, shstrtabIndex); // e_shstrndx

  output.forEach((section, index) => {
    const at = headerOffsets[index]!;
    const word = is64 ? 8 : 4;
    file.array.set(section.data, contentOffsets[index]!);
    file.u32(at, sectionNameOffsets[index]!); // sh_name
    file.u32(at + 4, section.type); // sh_type
    file.word(at + 8, section.flags); // sh_flags; sh_addr after it stays 0
    file.word(at + 8 + 2 * word, contentOffsets[index]!); // sh_offset
    file.word(at + 8 + 3 * word, section.size); // sh_size
    file.u32(at + 8 + 4 * word, section.link); // sh_link
    file.u32(at + 12 + 4 * word, section.info); // sh_info
    file.word(at + 16 + 4 * word, section.addralign); // sh_addralign
    file.word(at + 16 + 5 * word, section.entsize); // sh_entsize
  });

  const symbolTableOffset = contentOffsets[symtabIndex]!;
  return {
    bytes: file.array,
    sections,
    symbols: symbolIndices,
    headerOffsets,
    contentOffsets,
    symbolOffsets: symbols.map((_, index) => symbolTableOffset + index * symbolSize),
  };
}

function bindOf(symbol: SymbolDescription): number {
  return symbol.bind ?? STB.GLOBAL;
}

function defaultMachine(is64: boolean, little: boolean): number {
  if (!is64) return 20; // EM_PPC
  return little ? 62 : 22; // EM_X86_64, EM_S390
}

function specialIndex(section: string | number): number | undefined {
  if (section === "undef") return SHN.UNDEF;
  if (section === "abs") return SHN.ABS;
  if (section === "common") return SHN.COMMON;
  return undefined;
}

function firstIndexByName(names: readonly string[]): Map<string, number> {
  const indices = new Map<string, number>();
  names.forEach((name, index) => {
    if (name !== "" && !indices.has(name)) indices.set(name, index);
  });
  return indices;
}

function find(indices: ReadonlyMap<string, number>, name: string, kind: string): number {
  const index = indices.get(name);
  if (index === undefined) throw new Error(`no ${kind} is called ${name}`);
  return index;
}

function contentsOf(
  section: SectionDescription,
  type: number,
  word: (value: number | string) => Uint8Array,
): Uint8Array {
  if (section.words !== undefined) {
    return Uint8Array.from(section.words.flatMap((value) => [...word(value)]));
  }
  if (typeof section.data === "string") return new TextEncoder().encode(section.data);
  if (section.data !== undefined) return Uint8Array.from(section.data);
  return new Uint8Array(type === SHT.NOBITS ? 0 : (section.size ?? 0));
}

function alignUp(offset: number, alignment: number): number {
  return alignment > 1 ? Math.ceil(offset / alignment) * alignment : offset;
}

/** NUL-terminated names, the empty one at offset 0; equal names share an offset. */
class StringTable {
  #length = 1;
  readonly #offsets = new Map<string, number>([["", 0]]);

  add(name: string): number {
    const known = this.#offsets.get(name);
    if (known !== undefined) return known;
    const offset = this.#length;
    this.#offsets.set(name, offset);
    this.#length += new TextEncoder().encode(name).length + 1;
    return offset;
  }

  bytes(): Uint8Array {
    const bytes = new Uint8Array(this.#length);
    for (const [name, offset] of this.#offsets) bytes.set(new TextEncoder().encode(name), offset);
    return bytes;
  }
}

/** A buffer of one class and byte order. Each setter refuses a value that its field cannot hold. */
class Bytes {
  readonly array: Uint8Array;
  readonly #view: DataView;
  readonly #is64: boolean;
  readonly #little: boolean;

  constructor(length: number, is64: boolean, little: boolean) {
    this.array = new Uint8Array(length);
    this.#view = new DataView(this.array.buffer);
    this.#is64 = is64;
    this.#little = little;
  }

  u8(offset: number, value: number): void {
    this.#view.setUint8(offset, Number(twosComplement(value, 8)));
  }

  u16(offset: number, value: number): void {
    this.#view.setUint16(offset, Number(twosComplement(value, 16)), this.#little);
  }

  u32(offset: number, value: number): void {
    this.#view.setUint32(offset, Number(twosComplement(value, 32)), this.#little);
  }

  /** An address, offset, size or addend: 8 bytes in ELF64, 4 bytes in ELF32. */
  word(offset: number, value: Word): void {
    if (this.#is64) this.#view.setBigUint64(offset, twosComplement(value, 64), this.#little);
    else this.#view.setUint32(offset, Number(twosComplement(value, 32)), this.#little);
  }
}

/** The bits of a value, which is negative only for addends. */
function twosComplement(value: Word, bits: number): bigint {
  const wide = BigInt(value);
  if (wide >= 1n << BigInt(bits) || wide < -(1n << BigInt(bits - 1))) {
    throw new RangeError(`${value} does not fit ${bits} bits`);
  }
  return BigInt.asUintN(bits, wide);
}
