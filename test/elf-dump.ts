// SPDX-License-Identifier: GPL-2.0-only

// Prints everything a relocatable says in its headers and tables as text, for golden files and
// comparisons.
//
// It is an oracle like the builder: nothing comes from src/. File offsets are left out, and every
// column has a fixed width with the name last, so that a golden file changes in the lines that
// changed and in no others.

const SECTION_TYPES = new Map<number, string>([
  [0, "NULL"],
  [1, "PROGBITS"],
  [2, "SYMTAB"],
  [3, "STRTAB"],
  [4, "RELA"],
  [5, "HASH"],
  [6, "DYNAMIC"],
  [7, "NOTE"],
  [8, "NOBITS"],
  [9, "REL"],
  [14, "INIT_ARRAY"],
  [15, "FINI_ARRAY"],
  [17, "GROUP"],
  [18, "SYMTAB_SHNDX"],
]);
const SYMBOL_TYPES = new Map<number, string>([
  [0, "NOTYPE"],
  [1, "OBJECT"],
  [2, "FUNC"],
  [3, "SECTION"],
  [4, "FILE"],
  [5, "COMMON"],
  [6, "TLS"],
]);
const BINDINGS = new Map<number, string>([
  [0, "LOCAL"],
  [1, "GLOBAL"],
  [2, "WEAK"],
]);
const VISIBILITIES = ["DEFAULT", "INTERNAL", "HIDDEN", "PROTECTED"] as const;
const SPECIAL_SECTIONS = new Map<number, string>([
  [0, "UND"],
  [0xff20, "LIVEPATCH"],
  [0xfff1, "ABS"],
  [0xfff2, "COM"],
  [0xffff, "XINDEX"],
]);

interface Section {
  readonly index: number;
  name: string;
  readonly nameOffset: number;
  readonly type: number;
  readonly flags: bigint;
  readonly address: bigint;
  readonly offset: number;
  readonly size: number;
  readonly link: number;
  readonly info: number;
  readonly align: bigint;
  readonly entsize: number;
}

interface ElfSymbol {
  readonly name: string;
  readonly value: bigint;
  readonly size: bigint;
  readonly info: number;
  readonly other: number;
  readonly shndx: number;
}

/**
 * Dumps a relocatable of any class and byte order as text that ends in a newline. Throws an Error
 * when `bytes` is no ELF file and a RangeError when a table reaches beyond its end.
 */
export function dumpElf(bytes: Uint8Array): string {
  if (bytes.length < 52 || ![0x7f, 0x45, 0x4c, 0x46].every((byte, at) => bytes[at] === byte)) {
    throw new Error("not an ELF file");
  }
  const is64 = bytes[4] === 2;
  const little = bytes[5] === 1;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const u16 = (at: number): number => view.getUint16(at, little);
  const u32 = (at: number): number => view.getUint32(at, little);
  const word = (at: number): bigint => (is64 ? view.getBigUint64(at, little) : BigInt(u32(at)));
  const signedWord = (at: number): bigint =>
    is64 ? view.getBigInt64(at, little) : BigInt(view.getInt32(at, little));
  const wordSize = is64 ? 8 : 4;
  const address = (value: bigint): string => value.toString(16).padStart(2 * wordSize, "0");

  const tail = 24 + 3 * wordSize; // e_flags follows e_entry, e_phoff and e_shoff
  const sectionHeaders = Number(word(24 + 2 * wordSize));
  const sectionHeaderSize = u16(tail + 10);
  const sectionCount = u16(tail + 12);
  const nameTable = u16(tail + 14);
  const lines = [
    "header",
    `  class      ${is64 ? "ELF64" : "ELF32"}`,
    `  data       ${little ? "little" : "big"}`,
    `  version    ${bytes[6]}, ${u32(20)}`,
    `  osabi      ${bytes[7]}, ${bytes[8]}`,
    `  type       ${u16(16) === 1 ? "REL" : u16(16)}`,
    `  machine    ${u16(18)}`,
    `  entry      ${hex(word(24))}`,
    `  flags      ${hex(u32(tail))}`,
    `  ehsize     ${u16(tail + 4)}`,
    `  programs   ${u16(tail + 8)} of ${u16(tail + 6)} bytes`,
    `  sections   ${sectionCount} of ${sectionHeaderSize} bytes`,
    `  shstrndx   ${nameTable}`,
  ];

  const sections: Section[] = [];
  for (let index = 0; index < sectionCount; index++) {
    const at = sectionHeaders + index * sectionHeaderSize;
    sections.push({
      index,
      name: "",
      nameOffset: u32(at),
      type: u32(at + 4),
      flags: word(at + 8),
      address: word(at + 8 + wordSize),
      offset: Number(word(at + 8 + 2 * wordSize)),
      size: Number(word(at + 8 + 3 * wordSize)),
      link: u32(at + 8 + 4 * wordSize),
      info: u32(at + 12 + 4 * wordSize),
      align: word(at + 16 + 4 * wordSize),
      entsize: Number(word(at + 16 + 5 * wordSize)),
    });
  }
  const string = (table: Section | undefined, offset: number): string => {
    if (table === undefined || offset >= table.size) return "<name out of bounds>";
    const contents = bytes.subarray(table.offset, table.offset + table.size);
    const end = contents.indexOf(0, offset);
    return new TextDecoder().decode(contents.subarray(offset, end < 0 ? undefined : end));
  };
  for (const section of sections) section.name = string(sections[nameTable], section.nameOffset);

  lines.push("", "sections");
  for (const section of sections) {
    lines.push(
      columns([
        [`[${section.index}]`, 5],
        [SECTION_TYPES.get(section.type) ?? hex(section.type), 12],
        [`flags ${hex(section.flags)}`, 14],
        [`size ${section.size}`, 11],
        [`link ${section.link}`, 8],
        [`info ${section.info}`, 8],
        [`align ${section.align}`, 9],
        [`entsize ${section.entsize}`, 10],
        // sh_addr is 0 in every relocatable; the dump speaks of it only if it is not.
        [section.address === 0n ? section.name : `${section.name} at ${hex(section.address)}`, 0],
      ]),
    );
  }

  const symbolsOf = (table: Section | undefined): ElfSymbol[] => {
    if (table === undefined || table.type !== 2) return [];
    const size = is64 ? 24 : 16;
    return Array.from({ length: Math.floor(table.size / size) }, (_, index) => {
      const at = table.offset + index * size;
      return {
        name: string(sections[table.link], u32(at)),
        value: word(at + (is64 ? 8 : 4)),
        size: word(at + (is64 ? 16 : 8)),
        info: view.getUint8(at + (is64 ? 4 : 12)),
        other: view.getUint8(at + (is64 ? 5 : 13)),
        shndx: u16(at + (is64 ? 6 : 14)),
      };
    });
  };
  // Section symbols have no name of their own; the section's one stands for it in brackets.
  const displayName = (symbol: ElfSymbol | undefined): string => {
    if (symbol === undefined) return "<no such symbol>";
    if (symbol.name !== "" || (symbol.info & 0xf) !== 3) return symbol.name;
    return `[${sections[symbol.shndx]?.name ?? "<no such section>"}]`;
  };

  for (const table of sections.filter((section) => section.type === 2)) {
    lines.push("", `symbols [${table.index}] ${table.name}`);
    symbolsOf(table).forEach((symbol, index) => {
      const type = symbol.info & 0xf;
      const bind = symbol.info >> 4;
      const visibility = VISIBILITIES[symbol.other & 3]!;
      const rest = symbol.other & ~3;
      const special =
        SPECIAL_SECTIONS.get(symbol.shndx) ?? (symbol.shndx >= 0xff00 ? hex(symbol.shndx) : null);
      lines.push(
        columns([
          [String(index), 4],
          [address(symbol.value), 2 * wordSize],
          [`size ${symbol.size}`, 9],
          [SYMBOL_TYPES.get(type) ?? hex(type), 7],
          [BINDINGS.get(bind) ?? hex(bind), 6],
          // The bits beside the visibility are the machine's, ppc64's local entry offset for one.
          [rest === 0 ? visibility : `${visibility}+${hex(rest)}`, 9],
          [special ?? String(symbol.shndx), 9],
          [displayName(symbol), 0],
        ]),
      );
    });
  }

  for (const section of sections.filter(({ type }) => type === 4 || type === 9)) {
    const hasAddend = section.type === 4;
    const entrySize = wordSize * (hasAddend ? 3 : 2);
    const symbols = symbolsOf(sections[section.link]);
    const target = sections[section.info]?.name ?? "<no such section>";
    lines.push(
      "",
      `relocations [${section.index}] ${section.name} for [${section.info}] ${target}`,
    );
    for (let at = 0; at + entrySize <= section.size; at += entrySize) {
      const info = word(section.offset + at + wordSize);
      const symbol = Number(is64 ? info >> 32n : info >> 8n);
      const type = Number(is64 ? info & 0xffffffffn : info & 0xffn);
      const addend = hasAddend ? signedWord(section.offset + at + 2 * wordSize) : undefined;
      lines.push(
        columns([
          [address(word(section.offset + at)), 2 * wordSize],
          [`type ${type}`, 8],
          [`symbol ${symbol}`, 10],
          [addend === undefined ? "" : `${addend < 0n ? "-" : "+"} ${abs(addend)}`, 6],
          [displayName(symbols[symbol]), 0],
        ]),
      );
    }
  }

  for (const group of sections.filter(({ type }) => type === 17)) {
    const signature = displayName(symbolsOf(sections[group.link])[group.info]);
    const words = Array.from({ length: Math.floor(group.size / 4) }, (_, index) =>
      u32(group.offset + 4 * index),
    );
    lines.push(
      "",
      `group [${group.index}] ${group.name} flags ${hex(words[0] ?? 0)} signature ${signature}`,
    );
    for (const member of words.slice(1)) {
      lines.push(`  [${member}] ${sections[member]?.name ?? "<no such section>"}`);
    }
  }
  return `${lines.join("\n")}\n`;
}

function hex(value: number | bigint): string {
  return `0x${value.toString(16)}`;
}

function abs(value: bigint): bigint {
  return value < 0n ? -value : value;
}

function columns(cells: readonly (readonly [text: string, width: number])[]): string {
  return `  ${cells.map(([text, width]) => text.padEnd(width)).join(" ")}`.trimEnd();
}
