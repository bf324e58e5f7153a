/**
 * Reads numbers out of one part of a section, one after the other, and never past its end.
 *
 * Numbers of more than 53 bits come out rounded but stay larger than any file, as in src/elf, so
 * that every check against a size still refuses them.
 */

import { hex } from "../diagnostics.js";
import { Unreadable } from "./unreadable.js";

/** Bytes a LEB128 number may have: a 64-bit one has ten, and may be padded. */
const LEB_MOST = 16;

export class Cursor {
  constructor(
    readonly bytes: Uint8Array,
    readonly littleEndian: boolean,
    /** Offset of the next byte to be read. */
    public at: number,
    /** Offset behind the last byte that may be read, within `bytes`. */
    readonly end: number,
  ) {
    if (!(at >= 0 && at <= end && end <= bytes.length)) {
      throw new Unreadable(`there is nothing at ${hex(at)}`);
    }
  }

  skip(size: number): void {
    this.at = this.#take(size) + size;
  }

  u8(): number {
    const at = this.#take(1);
    this.at = at + 1;
    return this.bytes[at]!;
  }

  /** An unsigned number of `size` bytes. */
  unsigned(size: number): number {
    const at = this.#take(size);
    this.at = at + size;
    return unsignedAt(this.bytes, at, size, this.littleEndian);
  }

  /** What reads the next `size` bytes, and no others; this one goes on behind them. */
  part(size: number): Cursor {
    const at = this.#take(size);
    this.at = at + size;
    return new Cursor(this.bytes, this.littleEndian, at, this.at);
  }

  /** Unsigned LEB128, DWARF 5 section 7.6. */
  uleb(): number {
    const { at } = this;
    const byte = this.bytes[at]!;
    // Nearly all are of one byte.
    if (byte >= 0x80 || at >= this.end) return this.#leb(false);
    this.at = at + 1;
    return byte;
  }

  /** Signed LEB128. */
  sleb(): number {
    return this.#leb(true);
  }

  #leb(isSigned: boolean): number {
    let value = 0;
    let scale = 1;
    for (let size = 1; size <= LEB_MOST; size++) {
      const byte = this.u8();
      value += (byte & 0x7f) * scale;
      scale *= 0x80;
      if (byte < 0x80) return isSigned && byte >= 0x40 ? value - scale : value;
    }
    throw new Unreadable("a number has more than 16 bytes");
  }

  /** Bytes up to a NUL, and that too. */
  skipString(): void {
    while (this.u8() !== 0);
  }

  /** Where `size` bytes begin, if there are so many. */
  #take(size: number): number {
    if (!(size <= this.end - this.at)) {
      throw new Unreadable(`what begins at ${hex(this.at)} reaches past ${hex(this.end)}`);
    }
    return this.at;
  }
}

/** An unsigned number of `size` bytes, which must be there. */
export function unsignedAt(
  bytes: Uint8Array,
  at: number,
  size: number,
  littleEndian: boolean,
): number {
  let value = 0;
  for (let i = 0; i < size; i++) {
    value = value * 0x100 + bytes[littleEndian ? at + size - 1 - i : at + i]!;
  }
  return value;
}
