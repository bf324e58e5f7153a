/**
 * The entries of one SHT_RELA section (gABI chapter 4, "Relocation") as bytes with accessors; no
 * object per relocation. An entry moves as its bytes, so offset, type and addend cannot change.
 */

import { SHT_RELA } from "./constants.js";
import type { Layout } from "./layout.js";
import type { ElfObject, Section } from "./object.js";

export class Relocations {
  readonly count: number;
  readonly #view: DataView;
  readonly #bytes: Uint8Array;
  readonly #layout: Layout;

  constructor(bytes: Uint8Array, layout: Layout) {
    this.#bytes = bytes;
    this.#layout = layout;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    this.count = Math.floor(bytes.length / layout.rela.size);
  }

  /** r_offset: bytes from the start of the section that is relocated. */
  offset(entry: number): number {
    return this.#layout.rela.r_offset.get(this.#view, this.#at(entry));
  }

  /** The symbol part of r_info, an index as in the file read. */
  symbol(entry: number): number {
    return this.#layout.rela.symbol.get(this.#view, this.#at(entry));
  }

  /** The type part of r_info. */
  type(entry: number): number {
    return this.#layout.rela.type.get(this.#view, this.#at(entry));
  }

  /** r_addend, signed; exact up to 2^53, which no section's size comes near. */
  addend(entry: number): number {
    const { r_addend } = this.#layout.rela;
    const at = this.#at(entry);
    const low = r_addend.low(this.#view, at);
    return r_addend.size === 4 ? low | 0 : (r_addend.high(this.#view, at) | 0) * 2 ** 32 + low;
  }

  /**
   * The bytes of an entry that relocates another place in another way: symbol and addend are those
   * of `entry`. Throws RangeError if the class has no room for `offset` or `type`.
   */
  replaced(entry: number, offset: number, type: number): Uint8Array {
    const { size, r_offset, type: typeField } = this.#layout.rela;
    const bytes = this.#bytes.slice(entry * size, (entry + 1) * size);
    const view = new DataView(bytes.buffer);
    r_offset.set(view, 0, offset);
    typeField.set(view, 0, type);
    return bytes;
  }

  /**
   * The entries' bytes by the key that `keyOf` gives them, in their order; keys in the order they
   * first come up.
   */
  partition<Key>(keyOf: (entry: number) => Key): Map<Key, Uint8Array> {
    const { size } = this.#layout.rela;
    const parts = new Map<Key, Part>();
    // Neighbours mostly have one key, and are copied in one go: by run of them, its part and its end.
    const partOfRun: Part[] = [];
    const ends: number[] = [];
    for (let entry = 0; entry < this.count; ) {
      const start = entry;
      const key = keyOf(start);
      do entry++;
      while (entry < this.count && keyOf(entry) === key);
      let part = parts.get(key);
      if (part === undefined) {
        part = new Part();
        parts.set(key, part);
      }
      part.size += (entry - start) * size;
      partOfRun.push(part);
      ends.push(entry * size);
    }
    for (const part of parts.values()) part.bytes = new Uint8Array(part.size);
    let start = 0;
    for (const [run, part] of partOfRun.entries()) {
      part.add(this.#bytes.subarray(start, ends[run]));
      start = ends[run]!;
    }
    return new Map(Array.from(parts, ([key, { bytes }]) => [key, bytes]));
  }

  /** The bytes of the entries that `choose` picks, in their order. */
  pick(choose: (entry: number) => boolean): Uint8Array {
    return this.partition(choose).get(true) ?? new Uint8Array(0);
  }

  #at(entry: number): number {
    return entry * this.#layout.rela.size;
  }
}

/** Entries of one key, counted before they are copied. */
class Part {
  size = 0;
  bytes = new Uint8Array(0);
  #filled = 0;

  add(bytes: Uint8Array): void {
    this.bytes.set(bytes, this.#filled);
    this.#filled += bytes.length;
  }
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
