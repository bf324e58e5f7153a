/**
 * The entries of one SHT_RELA section (gABI chapter 4, "Relocation") as bytes with accessors; no
 * object per relocation. An entry moves as its bytes, so offset, type and addend cannot change.
 */

import { SHT_RELA } from "./constants.js";
import type { Layout, RelaWords } from "./layout.js";
import type { ElfObject, Section } from "./object.js";

/** Bytes of a word. */
const WORD = 4;

const IS_LITTLE_ENDIAN_HERE = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;

/** Integers: of 32 bits where that is enough, since V8 allocates each double that is read. */
export type Numbers = Int32Array | Float64Array;

/** What all entries have in a field, each field by itself: many ask for all of them. */
export interface RelocationFields {
  readonly offsets: Numbers;
  readonly types: Uint32Array;
  readonly symbols: Uint32Array;
  /** The largest of the offsets, or -1. */
  readonly mostOffset: number;
  /** The largest of the symbols, or -1. */
  readonly mostSymbol: number;
}

export class Relocations {
  readonly count: number;
  /** Bytes of an entry. */
  readonly size: number;
  readonly bytes: Uint8Array;
  readonly #layout: Layout;
  readonly #fields: RelaWords;
  readonly #view: DataView;
  /** The bytes as this machine's words; undefined if they are of the other order, or not aligned. */
  readonly #words: Uint32Array | undefined;
  /** The bytes as what they are copied and compared in: words of whatever order, if they are aligned. */
  readonly #pieces: Uint32Array | Uint8Array;
  /** Pieces of an entry. */
  readonly #piecesEach: number;
  #all: RelocationFields | undefined;

  constructor(bytes: Uint8Array, layout: Layout) {
    const { buffer, byteOffset, length } = bytes;
    this.bytes = bytes;
    this.size = layout.rela.size;
    this.#layout = layout;
    this.#fields = layout.relaWords;
    this.#view = new DataView(buffer, byteOffset, length);
    const words =
      byteOffset % WORD === 0
        ? new Uint32Array(buffer, byteOffset, Math.floor(length / WORD))
        : undefined;
    this.#words = layout.littleEndian === IS_LITTLE_ENDIAN_HERE ? words : undefined;
    this.#pieces = words ?? bytes;
    this.#piecesEach = words === undefined ? this.size : this.size / WORD;
    this.count = Math.floor(length / this.size);
  }

  /** r_offset: bytes from the start of the section that is relocated. */
  offset(entry: number): number {
    const { size, offsetLow, toHigh } = this.#fields;
    const at = entry * size + offsetLow;
    const low = this.#word(at);
    const high = toHigh === 0 ? 0 : this.#word(at + toHigh);
    // What comes of a multiplication V8 keeps on the heap, even if it is small.
    return high === 0 ? low : high * 2 ** 32 + low;
  }

  /** The symbol part of r_info, an index as in the file read. */
  symbol(entry: number): number {
    const { size, symbol, symbolShift } = this.#fields;
    return this.#word(entry * size + symbol) >>> symbolShift;
  }

  /** The type part of r_info. */
  type(entry: number): number {
    const { size, type, symbolShift } = this.#fields;
    const word = this.#word(entry * size + type);
    return symbolShift === 0 ? word : word & 0xff;
  }

  /** r_addend, signed; exact up to 2^53, which no section's size comes near. */
  addend(entry: number): number {
    const { size, addendLow, toHigh } = this.#fields;
    const at = entry * size + addendLow;
    const low = this.#word(at);
    const high = toHigh === 0 ? low >> 31 : this.#word(at + toHigh) | 0;
    return high === low >> 31 ? low | 0 : high * 2 ** 32 + low;
  }

  /** The fields of all entries. */
  get all(): RelocationFields {
    this.#all ??= this.#readAll();
    return this.#all;
  }

  /** In one loop that calls nothing: it is over before V8 has made fast code of what it would call. */
  #readAll(): RelocationFields {
    const { count } = this;
    const { size, offsetLow, toHigh, symbol, type, symbolShift } = this.#fields;
    const words = this.#words ?? this.#wordsOfOtherOrder();
    const typeMask = symbolShift === 0 ? 0xffff_ffff : 0xff;
    const offsets = new Int32Array(count);
    const types = new Uint32Array(count);
    const symbols = new Uint32Array(count);
    let mostOffset = -1;
    let mostSymbol = -1;
    let isNarrow = true;
    for (let entry = 0, at = 0; entry < count; entry++, at += size) {
      const offset = words[at + offsetLow]!;
      if (offset > mostOffset) mostOffset = offset;
      if (toHigh !== 0 && words[at + offsetLow + toHigh] !== 0) isNarrow = false;
      offsets[entry] = offset;
      types[entry] = words[at + type]! & typeMask;
      const own = words[at + symbol]! >>> symbolShift;
      if (own > mostSymbol) mostSymbol = own;
      symbols[entry] = own;
    }
    if (isNarrow && mostOffset < 2 ** 31) {
      return { offsets, types, symbols, mostOffset, mostSymbol };
    }
    const wide = Float64Array.from(offsets, (_, entry) => this.offset(entry));
    mostOffset = wide.reduce((most, each) => Math.max(most, each), -1);
    return { offsets: wide, types, symbols, mostOffset, mostSymbol };
  }

  #wordsOfOtherOrder(): Uint32Array {
    const words = new Uint32Array(this.count * this.#fields.size);
    for (let at = 0; at < words.length; at++) words[at] = this.#word(at);
    return words;
  }

  /**
   * The bytes of an entry that relocates another place in another way: symbol and addend are those
   * of `entry`. Throws RangeError if the class has no room for `offset` or `type`.
   */
  replaced(entry: number, offset: number, type: number): Uint8Array {
    const { size, r_offset, type: typeField } = this.#layout.rela;
    const bytes = this.bytes.slice(entry * size, (entry + 1) * size);
    const view = new DataView(bytes.buffer);
    r_offset.set(view, 0, offset);
    typeField.set(view, 0, type);
    return bytes;
  }

  /**
   * The entries' bytes by the key that `keyOfGroup` has for their group, in their order; keys as they first
   * come up. Groups are by entry: its symbol, for one.
   */
  partition<Key>(groups: ArrayLike<number>, keyOfGroup: readonly Key[]): Map<Key, Uint8Array> {
    const parts = new Map<Key, Part>();
    // Neighbours mostly have one key: by run of them, its part and its end.
    const partOfRun: Part[] = [];
    const ends: number[] = [];
    for (let entry = 0; entry < this.count; ) {
      const start = entry;
      const key = keyOfGroup[groups[start]!]!;
      do entry++;
      while (entry < this.count && keyOfGroup[groups[entry]!] === key);
      let part = parts.get(key);
      if (part === undefined) {
        part = new Part();
        parts.set(key, part);
      }
      part.count += entry - start;
      partOfRun.push(part);
      ends.push(entry);
    }
    const { size } = this;
    const pieces = this.#pieces;
    const each = this.#piecesEach;
    for (const part of parts.values()) part.makeRoom(size, pieces);
    let at = 0;
    for (let run = 0; run < ends.length; run++) {
      const part = partOfRun[run]!;
      const end = ends[run]! * each;
      part.add(pieces, at, end);
      at = end;
    }
    return new Map(Array.from(parts, ([key, { bytes }]) => [key, bytes]));
  }

  /**
   * The `count` entries from `entry` on are those of `other` from `start` on, byte for byte. This is for a
   * few: of many, to compare their bytes takes less.
   */
  isSameRun(entry: number, count: number, other: Relocations, start: number): boolean {
    const each = this.#piecesEach;
    if (other.#piecesEach !== each) return this.#isSameInBytes(entry, count, other, start);
    const pieces = this.#pieces;
    const others = other.#pieces;
    const ahead = (start - entry) * each;
    for (let at = entry * each, end = at + count * each; at < end; at++) {
      if (pieces[at] !== others[at + ahead]) return false;
    }
    return true;
  }

  /** The bytes of the entries that `choose` picks, in their order. */
  pick(choose: (entry: number) => boolean): Uint8Array {
    const isChosen = Uint8Array.from({ length: this.count }, (_, entry) => Number(choose(entry)));
    return this.partition(isChosen, [false, true]).get(true) ?? new Uint8Array(0);
  }

  #isSameInBytes(entry: number, count: number, other: Relocations, start: number): boolean {
    const { size } = this;
    for (let i = 0; i < count * size; i++) {
      if (this.bytes[entry * size + i] !== other.bytes[start * size + i]) return false;
    }
    return true;
  }

  /** A word of the section by its number. */
  #word(at: number): number {
    const words = this.#words;
    return words === undefined
      ? this.#view.getUint32(at * WORD, this.#layout.littleEndian)
      : words[at]!;
  }
}

/** Pieces that are copied sooner one by one than by a call, which takes a view of them. */
const FEW_PIECES = 256;

/** Entries of one key, counted before they are copied. */
class Part {
  count = 0;
  bytes = new Uint8Array(0);
  pieces: Uint32Array | Uint8Array = this.bytes;
  /** Pieces that are copied. */
  #filled = 0;

  /** Room for all, of entries of `size` bytes, in pieces like those of `source`. */
  makeRoom(size: number, source: Uint32Array | Uint8Array): void {
    const { buffer } = new Uint8Array(this.count * size);
    this.bytes = new Uint8Array(buffer);
    this.pieces = source instanceof Uint32Array ? new Uint32Array(buffer) : this.bytes;
  }

  /** Adds the pieces of `source` from `start` up to `end`. */
  add(source: Uint32Array | Uint8Array, start: number, end: number): void {
    const to = this.pieces;
    let at = this.#filled;
    this.#filled += end - start;
    if (end - start > FEW_PIECES) to.set(source.subarray(start, end), at);
    else for (let from = start; from < end; from++) to[at++] = source[from]!;
  }
}

/**
 * The entries of a section that relocates `target`. Of debug information nobody looks at them again, so
 * they are not kept.
 */
export function relocationsOf(
  section: Section,
  target: Section | undefined,
  layout: Layout,
): Relocations {
  return target?.isLoaded ? section.relocations(layout) : new Relocations(section.data, layout);
}

/** The relocation sections of `sections`, by the index of what they relocate. */
export function relocationSections(
  object: ElfObject,
  sections: readonly Section[],
): ReadonlyMap<number, readonly Section[]> {
  const byTarget = new Map<number, Section[]>(sections.map(({ index }) => [index, []]));
  for (const section of object.present()) {
    if (section.type === SHT_RELA) byTarget.get(section.info)?.push(section);
  }
  return byTarget;
}
