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
   * The bytes of all entries that `choose` picks, in order. `choose` must answer the same each time
   * it is asked about an entry, since the size is counted before anything is copied.
   */
  pick(choose: (entry: number) => boolean): Uint8Array {
    const { size } = this.#layout.rela;
    let picked = 0;
    for (let entry = 0; entry < this.count; entry++) if (choose(entry)) picked++;
    const bytes = new Uint8Array(picked * size);
    let to = 0;
    for (let entry = 0; entry < this.count; ) {
      const start = entry;
      while (entry < this.count && choose(entry)) entry++;
      if (entry > start) {
        bytes.set(this.#bytes.subarray(start * size, entry * size), to);
        to += (entry - start) * size;
      } else entry++;
    }
    return bytes;
  }

  #at(entry: number): number {
    return entry * this.#layout.rela.size;
  }
}
