// SPDX-License-Identifier: GPL-2.0-only

// A relocatable taken apart into plain records that can be edited without a thought, and put together
// again: sizes, offsets and string tables follow. It takes nothing from src, and serves as a second
// reader too.

export interface DraftSymbol {
  name: string;
  value: bigint;
  size: bigint;
  info: number;
  other: number;
  section: number;
}

export interface DraftRelocation {
  offset: bigint;
  type: number;
  symbol: number;
  addend: bigint;
}

export interface DraftSection {
  name: string;
  type: number;
  flags: bigint;
  address: bigint;
  link: number;
  info: number;
  addralign: bigint;
  entsize: bigint;
  /** Contents, unless they are made of records. */
  data: Uint8Array;
  /** sh_size, where it is not that of the contents. */
  size?: bigint;
  /** Records of SHT_SYMTAB. */
  symbols?: DraftSymbol[];
  /** Records of SHT_RELA. */
  relocations?: DraftRelocation[];
}

export interface Draft {
  readonly is64: boolean;
  readonly little: boolean;
  /** The ELF header; what follows from the sections is written anew. */
  header: Uint8Array;
  machine: number;
  sectionNames: number;
  sections: DraftSection[];
}

const SHT_SYMTAB = 2;
const SHT_RELA = 4;
const SHT_NOBITS = 8;

/** Bytes read and written in one class and byte order. */
class Cursor {
  readonly view: DataView;

  constructor(
    readonly bytes: Uint8Array,
    readonly is64: boolean,
    readonly little: boolean,
  ) {
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  }

  half(at: number): number {
    return this.view.getUint16(at, this.little);
  }

  word(at: number): number {
    return this.view.getUint32(at, this.little);
  }

  long(at: number): bigint {
    return this.is64 ? this.view.getBigUint64(at, this.little) : BigInt(this.word(at));
  }

  setHalf(at: number, value: number): void {
    this.view.setUint16(at, value, this.little);
  }

  setWord(at: number, value: number): void {
    this.view.setUint32(at, value, this.little);
  }

  setLong(at: number, value: bigint): void {
    if (this.is64) this.view.setBigUint64(at, BigInt.asUintN(64, value), this.little);
    else this.setWord(at, Number(BigInt.asUintN(32, value)));
  }
}

export function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("latin1");
}

export function bytesOfLatin1(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text, "latin1"));
}

function stringAt(table: Uint8Array, offset: number): string {
  const end = table.indexOf(0, offset);
  return latin1(table.subarray(offset, end < 0 ? table.length : end));
}

/** Takes a valid file apart. Throws RangeError if it is not one. */
export function takeApart(bytes: Uint8Array): Draft {
  const [is64, little] = [bytes[4] === 2, bytes[5] === 1];
  const file = new Cursor(bytes, is64, little);
  const tail = is64 ? 48 : 36;
  const [headerSize, entrySize] = is64 ? [64, 64] : [52, 40];
  const table = Number(file.long(is64 ? 40 : 32));
  const count = file.half(tail + 12);
  const sectionNames = file.half(tail + 14);
  const word = is64 ? 8 : 4;
  const headers = Array.from({ length: count }, (_, index) => {
    const at = table + index * entrySize;
    const [offset, size] = [file.long(at + 8 + 2 * word), file.long(at + 8 + 3 * word)];
    const type = file.word(at + 4);
    const isInFile = type !== 0 && type !== SHT_NOBITS;
    return {
      nameOffset: file.word(at),
      type,
      flags: file.long(at + 8),
      address: file.long(at + 8 + word),
      link: file.word(at + 8 + 4 * word),
      info: file.word(at + 12 + 4 * word),
      addralign: file.long(at + 16 + 4 * word),
      entsize: file.long(at + 16 + 5 * word),
      data: isInFile ? bytes.slice(Number(offset), Number(offset + size)) : new Uint8Array(),
      ...(!isInFile && { size }),
    };
  });
  const names = headers[sectionNames]!.data;
  const sections = headers.map(({ nameOffset, ...header }): DraftSection => {
    const section: DraftSection = { name: stringAt(names, nameOffset), ...header };
    if (section.type === SHT_SYMTAB) {
      section.symbols = readSymbols(section.data, headers[section.link]!.data, is64, little);
    } else if (section.type === SHT_RELA) {
      section.relocations = readRelocations(section.data, is64, little);
    }
    return section;
  });
  const header = bytes.slice(0, headerSize);
  return { is64, little, header, machine: file.half(18), sectionNames, sections };
}

function readSymbols(
  data: Uint8Array,
  names: Uint8Array,
  is64: boolean,
  little: boolean,
): DraftSymbol[] {
  const table = new Cursor(data, is64, little);
  const size = is64 ? 24 : 16;
  return Array.from({ length: Math.floor(data.length / size) }, (_, index) => {
    const at = index * size;
    const rest = is64 ? at + 4 : at + 12;
    return {
      name: stringAt(names, table.word(at)),
      value: table.long(is64 ? at + 8 : at + 4),
      size: table.long(is64 ? at + 16 : at + 8),
      info: data[rest]!,
      other: data[rest + 1]!,
      section: table.half(rest + 2),
    };
  });
}

function readRelocations(data: Uint8Array, is64: boolean, little: boolean): DraftRelocation[] {
  const table = new Cursor(data, is64, little);
  const word = is64 ? 8 : 4;
  return Array.from({ length: Math.floor(data.length / (3 * word)) }, (_, index) => {
    const at = index * 3 * word;
    const info = table.long(at + word);
    const shift = is64 ? 32n : 8n;
    return {
      offset: table.long(at),
      type: Number(info & ((1n << shift) - 1n)),
      symbol: Number(info >> shift),
      addend: BigInt.asIntN(word * 8, table.long(at + 2 * word)),
    };
  });
}

/** A copy that can be edited; contents are shared until they are replaced. */
export function copyOf(draft: Draft): Draft {
  return { ...draft, header: draft.header.slice(), sections: draft.sections.map(copyOfSection) };
}

export function copyOfSection(section: DraftSection): DraftSection {
  return {
    ...section,
    ...(section.symbols && { symbols: section.symbols.map((each) => ({ ...each })) }),
    ...(section.relocations && {
      relocations: section.relocations.map((each) => ({ ...each })),
    }),
  };
}

/** Names of one string table to be, the empty one at offset 0. */
class Strings {
  readonly #parts = ["\0"];
  readonly #offsets = new Map<string, number>([["", 0]]);
  #size = 1;

  add(name: string): number {
    const known = this.#offsets.get(name);
    if (known !== undefined) return known;
    const offset = this.#size;
    this.#offsets.set(name, offset);
    this.#parts.push(name, "\0");
    this.#size += name.length + 1;
    return offset;
  }

  bytes(): Uint8Array {
    return bytesOfLatin1(this.#parts.join(""));
  }
}

/** Puts a draft together: header, contents in the order of sections, section headers. */
export function putTogether(draft: Draft): Uint8Array {
  const { is64, little, sections } = draft;
  const word = is64 ? 8 : 4;
  const [headerSize, entrySize] = is64 ? [64, 64] : [52, 40];
  const tables = new Map<number, Strings>();
  const stringsOf = (index: number) => {
    const strings = tables.get(index) ?? new Strings();
    tables.set(index, strings);
    return strings;
  };
  const nameOffsets = sections.map(({ name }) => stringsOf(draft.sectionNames).add(name));
  const contents = sections.map((section) => {
    if (section.symbols !== undefined) {
      return writeSymbols(section.symbols, stringsOf(section.link), is64, little);
    }
    if (section.relocations !== undefined) {
      return writeRelocations(section.relocations, is64, little);
    }
    return section.data;
  });
  for (const [index, strings] of tables) {
    if (sections[index] !== undefined) contents[index] = strings.bytes();
  }
  let end = headerSize;
  const offsets = sections.map(({ type, addralign }, index) => {
    if (type === 0) return 0;
    const align = addralign > 1n && addralign <= 4096n ? Number(addralign) : 1;
    const at = Math.ceil(end / align) * align;
    if (type !== SHT_NOBITS) end = at + contents[index]!.length;
    return at;
  });
  const table = Math.ceil(end / word) * word;
  const file = new Cursor(new Uint8Array(table + sections.length * entrySize), is64, little);
  file.bytes.set(draft.header);
  file.setHalf(18, draft.machine);
  file.setLong(is64 ? 40 : 32, BigInt(table));
  const tail = is64 ? 48 : 36;
  file.setHalf(tail + 12, sections.length);
  file.setHalf(tail + 14, draft.sectionNames);
  for (const [index, section] of sections.entries()) {
    const at = table + index * entrySize;
    const isInFile = section.type !== 0 && section.type !== SHT_NOBITS;
    if (isInFile) file.bytes.set(contents[index]!, offsets[index]);
    file.setWord(at, nameOffsets[index]!);
    file.setWord(at + 4, section.type);
    file.setLong(at + 8, section.flags);
    file.setLong(at + 8 + word, section.address);
    file.setLong(at + 8 + 2 * word, BigInt(offsets[index]!));
    file.setLong(at + 8 + 3 * word, section.size ?? BigInt(isInFile ? contents[index]!.length : 0));
    file.setWord(at + 8 + 4 * word, section.link);
    file.setWord(at + 12 + 4 * word, section.info);
    file.setLong(at + 16 + 4 * word, section.addralign);
    file.setLong(at + 16 + 5 * word, section.entsize);
  }
  return file.bytes;
}

function writeSymbols(
  symbols: readonly DraftSymbol[],
  names: Strings,
  is64: boolean,
  little: boolean,
): Uint8Array {
  const size = is64 ? 24 : 16;
  const table = new Cursor(new Uint8Array(symbols.length * size), is64, little);
  for (const [index, symbol] of symbols.entries()) {
    const at = index * size;
    const rest = is64 ? at + 4 : at + 12;
    table.setWord(at, names.add(symbol.name));
    table.setLong(is64 ? at + 8 : at + 4, symbol.value);
    table.setLong(is64 ? at + 16 : at + 8, symbol.size);
    table.bytes[rest] = symbol.info;
    table.bytes[rest + 1] = symbol.other;
    table.setHalf(rest + 2, symbol.section);
  }
  return table.bytes;
}

function writeRelocations(
  relocations: readonly DraftRelocation[],
  is64: boolean,
  little: boolean,
): Uint8Array {
  const word = is64 ? 8 : 4;
  const table = new Cursor(new Uint8Array(relocations.length * 3 * word), is64, little);
  for (const [index, { offset, type, symbol, addend }] of relocations.entries()) {
    const at = index * 3 * word;
    table.setLong(at, offset);
    table.setLong(at + word, (BigInt(symbol) << (is64 ? 32n : 8n)) | BigInt(type));
    table.setLong(at + 2 * word, addend);
  }
  return table.bytes;
}
