/** Finds relocations of a section by what they do to it, to compare it with another of the same. */

import type { Numbers } from "../elf/index.js";
import type { EntryTable } from "./entry-table.js";

export class EntriesByPlace {
  readonly #table: EntryTable;
  /** Where they stand in the order of their places, as assemblers write them, nothing is needed. */
  readonly #isRising: boolean;
  /** By place, type and addend; -1 for what stands there twice. */
  #positions: ReadonlyMap<string, number> | undefined;
  #next = 0;

  constructor(table: EntryTable) {
    this.#table = table;
    this.#isRising = isRising(table.offsets);
  }

  /** The position of the one entry of this place, type and addend; -1 if there is none, or more. */
  find(offset: number, type: number, addend: number): number {
    if (!this.#isRising) {
      this.#positions ??= positionsOf(this.#table);
      return this.#positions.get(keyOf(offset, type, addend)) ?? -1;
    }
    const { offsets, types, addends } = this.#table;
    // Who asks does so in the same order.
    const at = offsets[this.#next] === offset ? this.#next : search(offsets, offset);
    if (at < 0 || types[at] !== type || addends[at] !== addend) return -1;
    this.#next = at + 1;
    return at;
  }
}

function isRising(offsets: Numbers): boolean {
  for (let at = 1; at < offsets.length; at++) if (offsets[at]! <= offsets[at - 1]!) return false;
  return true;
}

function search(offsets: Numbers, offset: number): number {
  let from = 0;
  let to = offsets.length;
  while (from < to) {
    const middle = (from + to) >>> 1;
    if (offsets[middle]! < offset) from = middle + 1;
    else to = middle;
  }
  return offsets[from] === offset ? from : -1;
}

function positionsOf({ count, offsets, types, addends }: EntryTable): Map<string, number> {
  const positions = new Map<string, number>();
  for (let at = 0; at < count; at++) {
    const key = keyOf(offsets[at]!, types[at]!, addends[at]!);
    positions.set(key, positions.has(key) ? -1 : at);
  }
  return positions;
}

function keyOf(offset: number, type: number, addend: number): string {
  return `${offset} ${type} ${addend}`;
}
