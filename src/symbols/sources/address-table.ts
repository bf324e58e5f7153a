/**
 * Symbols with their addresses, one row each, as vmlinux and texts about it have them. Rows are
 * columns of numbers: a kernel has 100,000 symbols and more, and none of them is an object.
 */

import { nameOfBytes } from "../../byte-string.js";

export class AddressTable {
  count = 0;
  readonly high: Uint32Array;
  readonly low: Uint32Array;
  /** nm's letter, as a character code. */
  readonly type: Uint8Array;
  readonly nameStart: Uint32Array;
  readonly nameEnd: Uint32Array;
  /** 1 for what is in memory that the kernel gives back when it is up. */
  readonly freed: Uint8Array;
  /** For a reader's own use: what else there is to say of a row. 0 for nothing. */
  readonly extra: Uint32Array;

  constructor(
    /** The bytes that names are in. */
    readonly names: Uint8Array,
    /** As many rows as there may be at most. */
    most: number,
  ) {
    this.high = new Uint32Array(most);
    this.low = new Uint32Array(most);
    this.type = new Uint8Array(most);
    this.nameStart = new Uint32Array(most);
    this.nameEnd = new Uint32Array(most);
    this.freed = new Uint8Array(most);
    this.extra = new Uint32Array(most);
  }

  add(
    high: number,
    low: number,
    type: number,
    nameStart: number,
    nameEnd: number,
    extra: number,
    freed = 0,
  ): void {
    const row = this.count++;
    this.high[row] = high;
    this.low[row] = low;
    this.type[row] = type;
    this.nameStart[row] = nameStart;
    this.nameEnd[row] = nameEnd;
    this.freed[row] = freed;
    this.extra[row] = extra;
  }

  name(row: number): string {
    return nameOfBytes(this.names, this.nameStart[row], this.nameEnd[row]);
  }

  /** All addresses are 0: they are hidden, or there are none. */
  hasOnlyZeros(): boolean {
    for (let row = 0; row < this.count; row++) {
      if (this.high[row] !== 0 || this.low[row] !== 0) return false;
    }
    return true;
  }

  /** Rows of which `extra` is 0 come in the order of their addresses. */
  isAscending(): boolean {
    let previous = -1;
    for (let row = 0; row < this.count; row++) {
      if (this.extra[row] !== 0) continue;
      if (previous >= 0 && this.compareAddresses(previous, row) > 0) return false;
      previous = row;
    }
    return true;
  }

  /** Row `a` has a lower address than row `b` (negative), the same (0), or a higher one. */
  compareAddresses(a: number, b: number): number {
    return this.high[a]! - this.high[b]! || this.low[a]! - this.low[b]!;
  }

  /** Orders the names of two rows by their bytes. */
  compareNames(a: number, b: number): number {
    const { names } = this;
    let i = this.nameStart[a]!;
    let j = this.nameStart[b]!;
    const iEnd = this.nameEnd[a]!;
    const jEnd = this.nameEnd[b]!;
    while (i < iEnd && j < jEnd) {
      const difference = names[i++]! - names[j++]!;
      if (difference !== 0) return difference;
    }
    return iEnd - i - (jEnd - j);
  }
}
