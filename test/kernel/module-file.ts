// A module's file, of which tests change single fields. It knows nothing of what the fields are for,
// and nothing of src/, so that a mistake there cannot hide in what the tests make.
//
// Contents stay where they are. What grows is put at the end of the file anew, and the old bytes stay
// behind, described by nobody: so it is the same module but for that.
import { readFile, writeFile } from "node:fs/promises";
import { recordFields } from "../elf/record-fields.js";

type Records = (typeof recordFields)[64];
export type HeaderField = keyof Records["ehdr"]["fields"];
export type SectionField = keyof Records["shdr"]["fields"];
export type SymbolField = keyof Records["sym"]["fields"];

/** A section or a symbol: by its name, of which there is one, or by its index. */
export type Which = string | number;

/** Where something is within a section. */
export interface Place {
  readonly section: string;
  readonly offset: number;
}

/** An entry of a section of relocations with addends. */
export interface Relocation {
  readonly offset: number;
  readonly type: number;
  /** Its symbol's index. */
  readonly symbol: number;
  readonly addend: number;
}

/** That a file has no section or symbol of a name. */
export class MissingPart extends Error {}

export class ModuleFile {
  #bytes: Buffer;
  readonly #bits: 32 | 64;
  readonly #isBig: boolean;

  constructor(bytes: Buffer) {
    this.#bytes = Buffer.from(bytes);
    this.#bits = bytes[4] === 1 ? 32 : 64;
    this.#isBig = bytes[5] === 2;
  }

  get bytes(): Buffer {
    return this.#bytes;
  }

  // --- The file header

  header(field: HeaderField): number {
    const [offset, size] = recordFields[this.#bits].ehdr.fields[field];
    return this.#read(offset, size);
  }

  setHeader(field: HeaderField, value: number): void {
    const [offset, size] = recordFields[this.#bits].ehdr.fields[field];
    this.#write(offset, size, value);
  }

  /** Sets a byte of e_ident. */
  setIdent(index: number, value: number): void {
    this.#bytes[index] = value;
  }

  // --- Sections

  get sectionNames(): string[] {
    return Array.from({ length: this.header("e_shnum") }, (_, i) => this.sectionName(i));
  }

  sectionName(index: number): string {
    const names = this.section(this.header("e_shstrndx"), "sh_offset");
    return this.#text(names + this.section(index, "sh_name"));
  }

  hasSection(name: string): boolean {
    return this.sectionNames.includes(name);
  }

  sectionIndex(which: Which): number {
    if (typeof which === "number") {
      return which;
    }
    const index = this.sectionNames.indexOf(which);
    if (index < 0) {
      throw new MissingPart(`no section ${which}`);
    }
    return index;
  }

  section(which: Which, field: SectionField): number {
    const [offset, size] = recordFields[this.#bits].shdr.fields[field];
    return this.#read(this.#sectionStart(which) + offset, size);
  }

  setSection(which: Which, field: SectionField, value: number): void {
    const [offset, size] = recordFields[this.#bits].shdr.fields[field];
    this.#write(this.#sectionStart(which) + offset, size, value);
  }

  addFlags(which: Which, flags: number): void {
    this.setSection(which, "sh_flags", this.section(which, "sh_flags") | flags);
  }

  removeFlags(which: Which, flags: number): void {
    this.setSection(which, "sh_flags", this.section(which, "sh_flags") & ~flags);
  }

  renameSection(which: Which, name: string): void {
    const index = this.sectionIndex(which);
    this.setSection(index, "sh_name", this.#addString(this.header("e_shstrndx"), name));
  }

  /** A view: what is written to it is in the file. */
  contents(which: Which): Buffer {
    const index = this.sectionIndex(which);
    const offset = this.section(index, "sh_offset");
    return this.#bytes.subarray(offset, offset + this.section(index, "sh_size"));
  }

  /** Puts other contents in; what is longer than what there was goes to the end of the file. */
  setContents(which: Which, contents: Buffer): void {
    const index = this.sectionIndex(which);
    const old = this.contents(index);
    this.setSection(index, "sh_size", contents.length);
    if (contents.length <= old.length) {
      contents.copy(old);
    } else {
      this.setSection(index, "sh_offset", this.#append(contents, 64));
    }
  }

  /** Moves contents as they are to the end of the file. */
  moveContents(which: Which): void {
    const index = this.sectionIndex(which);
    const contents = Buffer.from(this.contents(index));
    this.setSection(index, "sh_offset", this.#append(contents, 64));
  }

  /** Moves the section headers as they are to the end of the file. */
  moveSectionHeaders(): void {
    this.setHeader("e_shoff", this.#append(Buffer.from(this.#sectionHeaders()), 64));
  }

  /** Adds a section behind all others and returns its index; what is not given is 0. */
  addSection(
    name: string,
    contents: Buffer,
    fields: Readonly<Partial<Record<SectionField, number>>>,
  ): number {
    const index = this.header("e_shnum");
    const empty = Buffer.alloc(this.header("e_shentsize"));
    const headers = this.#append(Buffer.concat([this.#sectionHeaders(), empty]), 64);
    this.setHeader("e_shoff", headers);
    this.setHeader("e_shnum", index + 1);
    this.setSection(index, "sh_offset", this.#append(contents, 64));
    this.setSection(index, "sh_size", contents.length);
    for (const [field, value] of Object.entries(fields)) {
      this.setSection(index, field as SectionField, value);
    }
    this.renameSection(index, name);
    return index;
  }

  // --- Symbols

  get symbolCount(): number {
    return this.section(".symtab", "sh_size") / this.#symbolSize;
  }

  symbolName(index: number): string {
    return this.#text(this.section(".strtab", "sh_offset") + this.symbol(index, "st_name"));
  }

  symbolIndex(which: Which): number {
    if (typeof which === "number") {
      return which;
    }
    for (let index = 0; index < this.symbolCount; index++) {
      if (this.symbolName(index) === which) return index;
    }
    throw new MissingPart(`no symbol ${which}`);
  }

  symbol(which: Which, field: SymbolField): number {
    const [offset, size] = recordFields[this.#bits].sym.fields[field];
    return this.#read(this.#symbolStart(which) + offset, size);
  }

  setSymbol(which: Which, field: SymbolField, value: number): void {
    const [offset, size] = recordFields[this.#bits].sym.fields[field];
    this.#write(this.#symbolStart(which) + offset, size, value);
  }

  renameSymbol(which: Which, name: string): void {
    const index = this.symbolIndex(which);
    this.setSymbol(index, "st_name", this.#addString(".strtab", name));
  }

  /** Adds a symbol behind all others and returns its index; what is not given is 0. */
  addSymbol(name: string, fields: Readonly<Partial<Record<SymbolField, number>>>): number {
    const index = this.symbolCount;
    const empty = Buffer.alloc(this.#symbolSize);
    this.setContents(".symtab", Buffer.concat([this.contents(".symtab"), empty]));
    for (const [field, value] of Object.entries(fields)) {
      this.setSymbol(index, field as SymbolField, value);
    }
    this.renameSymbol(index, name);
    return index;
  }

  /** Where a variable is. */
  placeOf(variable: string): Place {
    const index = this.symbolIndex(variable);
    return {
      section: this.sectionName(this.symbol(index, "st_shndx")),
      offset: this.symbol(index, "st_value"),
    };
  }

  /** Sets eight bytes of data, or of text. */
  setLong({ section, offset }: Place, value: number): void {
    this.#write(this.section(section, "sh_offset") + offset, 8, value);
  }

  /**
   * Puts another text where one is, once, in the sections whose names begin so. What the other is
   * shorter is filled with NULs.
   */
  replaceText(sections: string, text: string, other: string): void {
    const places = this.sectionNames
      .map((name, index) => ({ name, contents: this.contents(index) }))
      .filter(({ name }) => name.startsWith(sections))
      .flatMap(({ contents }) => placesOf(text, contents).map((at) => contents.subarray(at)));
    const [place] = places;
    if (place === undefined || places.length > 1 || other.length > text.length) {
      throw new Error(`${text} is ${places.length} times in ${sections}, for ${other}`);
    }
    place.fill(0, 0, text.length).write(other, "latin1");
  }

  /** Puts bytes behind the file that nobody describes. */
  appendToFile(bytes: Buffer): void {
    this.#append(bytes, 1);
  }

  /** Puts another string, not longer, where one is, once, in the sections whose names begin so. */
  replaceString(sections: string, text: string, other: string): void {
    const places = this.sectionNames
      .map((name, index) => ({ name, contents: this.contents(index) }))
      .filter(({ name }) => name.startsWith(sections))
      .flatMap(({ contents }) =>
        placesOf(`${text}\0`, contents)
          .filter((at) => at === 0 || contents[at - 1] === 0)
          .map((at) => contents.subarray(at)),
      );
    const [place] = places;
    if (place === undefined || places.length > 1 || other.length > text.length) {
      throw new Error(`the string ${text} is ${places.length} times in ${sections}, for ${other}`);
    }
    place.fill(0, 0, text.length).write(other, "latin1");
  }

  // --- Relocations

  relocations(which: Which): Relocation[] {
    const start = this.section(which, "sh_offset");
    const size = this.#relocationSize;
    const count = Math.floor(this.section(which, "sh_size") / size);
    return Array.from({ length: count }, (_, i) => this.#relocation(start + i * size));
  }

  /** The index of the first relocation of a symbol. */
  relocationOf(which: Which, symbol: Which): number {
    const wanted = this.symbolIndex(symbol);
    const index = this.relocations(which).findIndex((each) => each.symbol === wanted);
    if (index < 0) {
      throw new Error(`${which} has no relocation of ${symbol}`);
    }
    return index;
  }

  /** The index of the relocation of an offset. */
  relocationAt(which: Which, offset: number): number {
    const index = this.relocations(which).findIndex((each) => each.offset === offset);
    if (index < 0) {
      throw new Error(`${which} has no relocation of offset ${offset}`);
    }
    return index;
  }

  setRelocation(which: Which, index: number, change: Partial<Relocation>): void {
    const size = this.#relocationSize;
    const start = this.section(which, "sh_offset") + index * size;
    this.#encode({ ...this.#relocation(start), ...change }).copy(this.#bytes, start);
  }

  setRelocations(which: Which, relocations: readonly Relocation[]): void {
    this.setContents(which, Buffer.concat(relocations.map((each) => this.#encode(each))));
  }

  // --- Bytes

  #read(at: number, size: number): number {
    if (size === 8) {
      return Number(this.#readLong(at));
    }
    return this.#isBig ? this.#bytes.readUIntBE(at, size) : this.#bytes.readUIntLE(at, size);
  }

  #readLong(at: number): bigint {
    return this.#isBig ? this.#bytes.readBigUInt64BE(at) : this.#bytes.readBigUInt64LE(at);
  }

  #write(at: number, size: number, value: number, bytes = this.#bytes): void {
    if (size === 8) {
      const whole = BigInt.asUintN(64, BigInt(value));
      if (this.#isBig) bytes.writeBigUInt64BE(whole, at);
      else bytes.writeBigUInt64LE(whole, at);
    } else if (this.#isBig) {
      bytes.writeUIntBE(value, at, size);
    } else {
      bytes.writeUIntLE(value, at, size);
    }
  }

  get #symbolSize(): number {
    return this.#bits === 64 ? 24 : 16;
  }

  get #relocationSize(): number {
    return this.#bits === 64 ? 24 : 12;
  }

  #relocation(at: number): Relocation {
    if (this.#bits === 32) {
      const info = this.#read(at + 4, 4);
      const addend = this.#read(at + 8, 4) | 0;
      return { offset: this.#read(at, 4), type: info & 0xff, symbol: info >>> 8, addend };
    }
    // r_info: the symbol in its high half, the type in its low one.
    const [symbolAt, typeAt] = this.#isBig ? [at + 8, at + 12] : [at + 12, at + 8];
    const addend = BigInt.asIntN(64, this.#readLong(at + 16));
    return {
      offset: this.#read(at, 8),
      type: this.#read(typeAt, 4),
      symbol: this.#read(symbolAt, 4),
      addend: Number(addend),
    };
  }

  #encode({ offset, type, symbol, addend }: Relocation): Buffer {
    const entry = Buffer.alloc(this.#relocationSize);
    const write = (at: number, size: number, value: number) => this.#write(at, size, value, entry);
    if (this.#bits === 32) {
      write(0, 4, offset);
      write(4, 4, symbol * 256 + type);
      write(8, 4, addend >>> 0);
      return entry;
    }
    const [symbolAt, typeAt] = this.#isBig ? [8, 12] : [12, 8];
    write(0, 8, offset);
    write(symbolAt, 4, symbol);
    write(typeAt, 4, type);
    write(16, 8, addend);
    return entry;
  }

  #sectionStart(which: Which): number {
    const index = this.sectionIndex(which);
    return this.header("e_shoff") + index * (this.#bits === 64 ? 64 : 40);
  }

  #sectionHeaders(): Buffer {
    const start = this.header("e_shoff");
    return this.#bytes.subarray(start, start + this.header("e_shnum") * this.header("e_shentsize"));
  }

  #symbolStart(which: Which): number {
    return this.section(".symtab", "sh_offset") + this.symbolIndex(which) * this.#symbolSize;
  }

  #addString(table: Which, text: string): number {
    const old = Buffer.from(this.contents(table));
    this.setContents(table, Buffer.concat([old, Buffer.from(`${text}\0`, "latin1")]));
    return old.length;
  }

  #append(contents: Buffer, alignment: number): number {
    const start = Math.ceil(this.#bytes.length / alignment) * alignment;
    const padding = Buffer.alloc(start - this.#bytes.length);
    this.#bytes = Buffer.concat([this.#bytes, padding, contents]);
    return start;
  }

  #text(start: number): string {
    return this.#bytes.toString("latin1", start, this.#bytes.indexOf(0, start));
  }
}

function placesOf(text: string, contents: Buffer): number[] {
  const places: number[] = [];
  for (let at = contents.indexOf(text, 0, "latin1"); at >= 0; ) {
    places.push(at);
    at = contents.indexOf(text, at + 1, "latin1");
  }
  return places;
}

/** Changes a file where it is. */
export async function editModule(path: string, edit: (file: ModuleFile) => void): Promise<void> {
  const file = new ModuleFile(await readFile(path));
  edit(file);
  await writeFile(path, file.bytes);
}
