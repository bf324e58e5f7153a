/** String tables (gABI chapter 4, "String Table"): names as NUL-terminated bytes. */

import { bytesOfName, nameOfBytes } from "../byte-string.js";

/**
 * Bytes a name may have, its NUL not counted. The kernel reads 511, annotated names twice 55 and
 * some more. Names may overlap in their table, so without a limit a small file could hold any
 * amount.
 */
export const NAME_MOST = 1024;

/** The name at `offset` of a string table; undefined if it has more than NAME_MOST bytes. */
export function nameAt(table: Uint8Array, offset: number): string | undefined {
  const window = table.subarray(offset, offset + NAME_MOST + 1);
  const nul = window.indexOf(0);
  return nul < 0 ? undefined : nameOfBytes(window, 0, nul);
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
