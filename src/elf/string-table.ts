/** String tables (gABI chapter 4, "String Table"): names as NUL-terminated bytes. */

import { nameOfBytes, writeName } from "../byte-string.js";
import { counted, type Diagnostics } from "../diagnostics.js";
import { SHT_STRTAB } from "./constants.js";

/**
 * Bytes a name may have, its NUL not counted. The kernel reads 511, annotated names twice 55 and
 * some more. Names may overlap in their table, so without a limit a small file could hold any
 * amount.
 */
export const NAME_MOST = 1024;

/** The name at `offset` of a string table; undefined if it has more than NAME_MOST bytes. */
export function nameAt(table: Uint8Array, offset: number): string | undefined {
  const end = Math.min(offset + NAME_MOST + 1, table.length);
  let nul = offset;
  // Names are short: a call to look for the NUL takes longer than this.
  while (nul < end && table[nul] !== 0) nul++;
  return nul < end ? nameOfBytes(table, offset, nul) : undefined;
}

/** Section `index` is a string table, which begins and ends with NUL. */
export function checkStringTable(
  index: number,
  type: number,
  data: Uint8Array,
  diagnostics: Diagnostics,
): void {
  if (type !== SHT_STRTAB) {
    diagnostics.error(
      "elf-strtab",
      `section ${index} is corrupt: its type is ${type} when a string table's is 3 (SHT_STRTAB)`,
    );
  } else if (data.length === 0 || data[0] !== 0 || data[data.length - 1] !== 0) {
    diagnostics.error(
      "elf-strtab",
      `section ${index} is corrupt: a string table has to begin and end with a NUL byte`,
    );
  }
}

/** The name of section `index`, at `offset` of a checked table; adds an error if it has none. */
export function readSectionName(
  index: number,
  offset: number,
  names: Uint8Array,
  diagnostics: Diagnostics,
): string {
  const name = offset < names.length ? nameAt(names, offset) : undefined;
  if (name === undefined) {
    diagnostics.error(
      "elf-section-name",
      offset < names.length
        ? `section ${index} is corrupt: its name has more than ${NAME_MOST} bytes`
        : `section ${index} is corrupt: its name is at ${offset} of a string table of ${counted(names.length, "byte")}`,
    );
  }
  return name ?? "";
}

/** Names to be added at the end of a string table; what is in the table stays where it is. */
export class StringTableGrowth {
  readonly #added: string[] = [];
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
      this.#added.push(name);
      this.#offsets.set(name, offset);
      this.#size += name.length + 1;
    }
    return offset;
  }

  /** The grown table. Throws RangeError of a name that is not made of bytes. */
  bytes(): Uint8Array {
    if (this.#added.length === 0) return this.original;
    const bytes = new Uint8Array(this.#size);
    bytes.set(this.original);
    let at = this.original.length;
    for (const name of this.#added) {
      writeName(bytes, at, name);
      at += name.length + 1;
    }
    return bytes;
  }
}
