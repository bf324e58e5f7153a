/**
 * The symbol table (gABI chapter 4, "Symbol Table") as bytes with accessors: no object is made per
 * symbol. A symbol is known by its index in the file as read.
 */

import { STT_FUNC, STT_OBJECT } from "./constants.js";
import type { Layout } from "./layout.js";
import { nameAt } from "./string-table.js";

/**
 * Symbols whose names are kept once they were read. Names may overlap, so that all of a file that was
 * made for it could take forty times its size; and no Map holds more than 2^24.
 */
export const KEPT_NAMES = 0x10000;

const DOT = ".".charCodeAt(0);

/** A field of a symbol. Throws RangeError if the table has no such symbol. */
function fieldOf(field: number | undefined, symbol: number): number {
  if (field === undefined) throw new RangeError(`there is no symbol ${symbol}`);
  return field;
}

/** What all symbols have in the fields that every rule asks for: read in one go, which takes less. */
interface OftenAsked {
  readonly nameOffsets: Uint32Array;
  readonly infos: Uint8Array;
  readonly sectionIndices: Uint16Array;
}

export class SymbolTable {
  /** Number of symbols, the null symbol and the removed ones included. */
  readonly count: number;
  readonly #layout: Layout;
  #view: DataView;
  #edited = false;
  #all: OftenAsked | undefined;
  /** Names as read, of those that were asked for: mostly a few, and an array with gaps is slow. */
  readonly #read = new Map<number, string | undefined>();
  readonly #renamed = new Map<number, string>();
  readonly #removed = new Set<number>();

  constructor(
    /** Index of the SHT_SYMTAB section. */
    readonly section: number,
    /** Index of its string table. */
    readonly stringTable: number,
    /** sh_info as read: index of the first symbol that is not local. */
    readonly firstGlobal: number,
    table: Uint8Array,
    /** The string table as read. */
    readonly names: Uint8Array,
    layout: Layout,
  ) {
    this.count = table.length / layout.sym.size;
    this.#layout = layout;
    this.#view = new DataView(table.buffer, table.byteOffset, table.length);
  }

  /**
   * The symbol's name, one character per byte; the new one if it was renamed. Of undefined symbols
   * it is always whole; the reader has refused those with longer names than it can have.
   */
  name(symbol: number): string {
    return this.#renamed.get(symbol) ?? this.nameIfShort(symbol) ?? "(a name beyond all limits)";
  }

  /** The name as read, or undefined if it has more than NAME_MOST bytes. */
  nameIfShort(symbol: number): string | undefined {
    let name = this.#read.get(symbol);
    if (name === undefined) {
      name = nameAt(this.names, this.nameOffset(symbol));
      if (symbol < KEPT_NAMES) this.#read.set(symbol, name);
    }
    return name;
  }

  /** st_name: where the name as read begins in {@link names}. */
  nameOffset(symbol: number): number {
    return fieldOf(this.#oftenAsked.nameOffsets[symbol], symbol);
  }

  /** The name as read begins with a dot, as livepatch's and converters' do; no name is made for it. */
  isDotted(symbol: number): boolean {
    return this.names[this.nameOffset(symbol)] === DOT;
  }

  /** st_name is not 0, so the symbol has a name. */
  isNamed(symbol: number): boolean {
    return this.nameOffset(symbol) !== 0;
  }

  /** st_shndx. */
  sectionIndex(symbol: number): number {
    return fieldOf(this.#oftenAsked.sectionIndices[symbol], symbol);
  }

  /** The symbols of which st_shndx is `index`, in their order; the null symbol is not among them. */
  inSection(index: number): Uint32Array {
    const { sectionIndices } = this.#oftenAsked;
    const found = new Uint32Array(sectionIndices.length);
    let count = 0;
    for (let symbol = 1; symbol < sectionIndices.length; symbol++) {
      if (sectionIndices[symbol] === index) found[count++] = symbol;
    }
    return found.slice(0, count);
  }

  /** The symbols whose st_name, st_info or st_shndx `other` has otherwise for its own of that number. */
  differing(other: SymbolTable): number[] {
    const { nameOffsets, infos, sectionIndices } = this.#oftenAsked;
    const others = other.#oftenAsked;
    const found: number[] = [];
    for (let symbol = 0; symbol < nameOffsets.length; symbol++) {
      const isSame =
        nameOffsets[symbol] === others.nameOffsets[symbol] &&
        infos[symbol] === others.infos[symbol] &&
        sectionIndices[symbol] === others.sectionIndices[symbol];
      if (!isSame) found.push(symbol);
    }
    return found;
  }

  /** ELF_ST_BIND. */
  binding(symbol: number): number {
    return fieldOf(this.#oftenAsked.infos[symbol], symbol) >>> 4;
  }

  /** ELF_ST_TYPE. */
  type(symbol: number): number {
    return fieldOf(this.#oftenAsked.infos[symbol], symbol) & 0xf;
  }

  /** st_value; in a relocatable the offset within the symbol's section. */
  value(symbol: number): number {
    return this.#layout.sym.st_value.get(this.#view, this.#at(symbol));
  }

  /** The low 32 bits of st_value, exact. */
  valueLow(symbol: number): number {
    return this.#layout.sym.st_value.low(this.#view, this.#at(symbol));
  }

  /** The bits of st_value above the low 32. */
  valueHigh(symbol: number): number {
    return this.#layout.sym.st_value.high(this.#view, this.#at(symbol));
  }

  /** st_size in bytes. */
  size(symbol: number): number {
    return this.#layout.sym.st_size.get(this.#view, this.#at(symbol));
  }

  /** The function or object that covers byte `offset` of a section, for messages. */
  covering(section: number, offset: number): string | undefined {
    for (let symbol = 1; symbol < this.count; symbol++) {
      const type = this.type(symbol);
      if (type !== STT_FUNC && type !== STT_OBJECT) continue;
      if (this.sectionIndex(symbol) !== section) continue;
      const start = this.value(symbol);
      if (offset >= start && offset < start + this.size(symbol)) return this.name(symbol);
    }
    return undefined;
  }

  rename(symbol: number, name: string): void {
    this.#renamed.set(symbol, name);
  }

  setSectionIndex(symbol: number, index: number): void {
    this.#own();
    this.#layout.sym.st_shndx.set(this.#view, this.#at(symbol), index);
    if (this.#all !== undefined) this.#all.sectionIndices[symbol] = index;
  }

  /** Marks the symbol as gone; the writer leaves it out and corrects the indices of the rest. */
  remove(symbol: number): void {
    this.#removed.add(symbol);
  }

  /** The symbols marked as gone. */
  get removed(): ReadonlySet<number> {
    return this.#removed;
  }

  /** New names by symbol, in the order the renames were made. */
  get renamed(): ReadonlyMap<number, string> {
    return this.#renamed;
  }

  /** The records as edited, removed ones still among them, st_name still the old. */
  get records(): Uint8Array {
    return new Uint8Array(this.#view.buffer, this.#view.byteOffset, this.#view.byteLength);
  }

  get #oftenAsked(): OftenAsked {
    this.#all ??= this.#readAll();
    return this.#all;
  }

  #readAll(): OftenAsked {
    const { st_name, st_info, st_shndx, size } = this.#layout.sym;
    const { littleEndian } = this.#layout;
    const view = this.#view;
    const nameOffsets = new Uint32Array(this.count);
    const infos = new Uint8Array(this.count);
    const sectionIndices = new Uint16Array(this.count);
    for (let symbol = 0, at = 0; symbol < nameOffsets.length; symbol++, at += size) {
      nameOffsets[symbol] = view.getUint32(at + st_name.offset, littleEndian);
      infos[symbol] = view.getUint8(at + st_info.offset);
      sectionIndices[symbol] = view.getUint16(at + st_shndx.offset, littleEndian);
    }
    return { nameOffsets, infos, sectionIndices };
  }

  /** Copies the table before the first edit, since it is a view of the input. */
  #own(): void {
    if (this.#edited) return;
    this.#view = new DataView(this.records.slice().buffer);
    this.#edited = true;
  }

  #at(symbol: number): number {
    return symbol * this.#layout.sym.size;
  }
}
