/**
 * The entries of one SHT_RELA section (gABI chapter 4, "Relocation") as bytes with accessors; no
 * object per relocation. An entry moves as its bytes, so offset, type and addend cannot change.
 */

import type { Layout } from "./layout.js";

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

  /** True if r_addend is 0, the one question about addends that comes up. */
  addendIsZero(entry: number): boolean {
    return this.#layout.rela.r_addend.get(this.#view, this.#at(entry)) === 0;
  }

  /**
   * The entries' bytes by the key that `keyOf` gives them, in their order; keys in the order they
   * first come up. `keyOf` must answer the same each time it is asked about an entry, since the
   * sizes are counted before anything is copied.
   */
  partition<Key>(keyOf: (entry: number) => Key): Map<Key, Uint8Array> {
    const { size } = this.#layout.rela;
    const counts = new Map<Key, number>();
    for (let entry = 0; entry < this.count; entry++) {
      const key = keyOf(entry);
      counts.set(key, (counts.get(key) ?? 0) + 1);
    }
    const parts = new Map([...counts].map(([key, count]) => [key, new Uint8Array(count * size)]));
    const filled = new Map<Key, number>();
    for (let entry = 0; entry < this.count; ) {
      // Neighbours of one key are copied in one go.
      const start = entry;
      const key = keyOf(start);
      do entry++;
      while (entry < this.count && keyOf(entry) === key);
      const to = filled.get(key) ?? 0;
      parts.get(key)!.set(this.#bytes.subarray(start * size, entry * size), to);
      filled.set(key, to + (entry - start) * size);
    }
    return parts;
  }

  /** The bytes of the entries that `choose` picks, in their order. */
  pick(choose: (entry: number) => boolean): Uint8Array {
    return this.partition(choose).get(true) ?? new Uint8Array(0);
  }

  #at(entry: number): number {
    return entry * this.#layout.rela.size;
  }
}
