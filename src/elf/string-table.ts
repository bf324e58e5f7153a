/** String tables (gABI chapter 4, "String Table"): names as NUL-terminated bytes. */

import { bytesOfName, nameOfBytes } from "../byte-string.js";

/** The name at `offset` of a string table; the table must end with NUL or the end ends the name. */
export function nameAt(table: Uint8Array, offset: number): string {
  const nul = table.indexOf(0, offset);
  return nameOfBytes(table, offset, nul < 0 ? table.length : nul);
}

/** Names to be added at the end of a string table; what is in the table stays where it is. */
export class StringTableGrowth {
  readonly #added: Uint8Array[] = [];
  readonly #offsets = new Map<string, number>();
  #size: number;

  constructor(readonly original: Uint8Array) {
    this.#size = original.length;
  }

  /** The offset at which `name` will stand; the same name is added once. */
  add(name: string): number {
    let offset = this.#offsets.get(name);
    if (offset === undefined) {
      offset = this.#size;
      const bytes = bytesOfName(name);
      this.#added.push(bytes);
      this.#offsets.set(name, offset);
      this.#size += bytes.length + 1;
    }
    return offset;
  }

  /** The grown table. */
  bytes(): Uint8Array {
    if (this.#added.length === 0) return this.original;
    const bytes = new Uint8Array(this.#size);
    bytes.set(this.original);
    let at = this.original.length;
    for (const name of this.#added) {
      bytes.set(name, at);
      at += name.length + 1;
    }
    return bytes;
  }
}
