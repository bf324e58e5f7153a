/**
 * The bytes of a file of which not all are in memory. Most of a large module is debug information, which
 * nobody looks at: it goes from one file into the other, and takes memory only where somebody does.
 */

import type { FileBytes } from "./file-bytes.js";

/** Where bytes come from that are not in memory. */
export interface ByteSource {
  /** Size of the file in bytes. */
  readonly size: number;
  /** Fills `bytes` with those at `offset`, which the caller has held against the file's size. */
  readInto(bytes: Uint8Array, offset: number): void;
}

/** Bytes that are still where they come from. */
export interface Missing {
  /** Offset of the first one. */
  readonly at: number;
  readonly size: number;
  /** Offset in the source. */
  readonly from: number;
}

/** Bytes of a piece that is read to be passed on. */
const PIECE_MOST = 1 << 20;

export class PartialBytes implements ByteSource, FileBytes {
  /** Bytes of the file's size; zero where they are missing, and no memory is taken there. */
  readonly bytes: Uint8Array;
  readonly #source: ByteSource;
  #missing: readonly Missing[];

  /** `missing` in the order of their places, none of them in another. */
  constructor(bytes: Uint8Array, missing: readonly Missing[], source: ByteSource) {
    this.bytes = bytes;
    this.#missing = missing;
    this.#source = source;
  }

  /** A file of which nothing is in memory yet. */
  static unread(source: ByteSource): PartialBytes {
    const { size } = source;
    return new PartialBytes(new Uint8Array(size), [{ at: 0, size, from: 0 }], source);
  }

  /** `bytes` as they are, or as a whole file. */
  static of(bytes: Uint8Array | PartialBytes): PartialBytes {
    if (bytes instanceof PartialBytes) return bytes;
    // Node's Buffer is a Uint8Array whose slice() does not copy; here slice() has to.
    const plain = new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length);
    return new PartialBytes(plain, [], NO_SOURCE);
  }

  get size(): number {
    return this.bytes.length;
  }

  /** Whether all of the `size` bytes at `offset` are in memory. */
  has(offset: number, size: number): boolean {
    return !this.#missing.some((each) => overlaps(each, offset, size));
  }

  /** Reads what is missing of the `size` bytes at `offset`; throws what the source throws. */
  load(offset: number, size: number): void {
    if (this.has(offset, size)) return;
    const still: Missing[] = [];
    for (const each of this.#missing) {
      const { at, from } = each;
      const first = Math.max(at, offset);
      const last = Math.min(at + each.size, offset + size);
      if (first >= last) {
        still.push(each);
        continue;
      }
      this.#source.readInto(this.bytes.subarray(first, last), from + first - at);
      if (first > at) still.push({ at, size: first - at, from });
      const left = at + each.size - last;
      if (left > 0) still.push({ at: last, size: left, from: from + last - at });
    }
    this.#missing = still;
  }

  /** A view, good for as long as this is. Throws what the source throws. */
  read(offset: number, size: number): Uint8Array {
    this.load(offset, size);
    return this.bytes.subarray(offset, offset + size);
  }

  /** What was missing stays so. Throws what the source throws. */
  readInto(bytes: Uint8Array, offset: number): void {
    const end = offset + bytes.length;
    let done = offset;
    for (const { at, size, from } of this.#missing) {
      const [first, last] = [Math.max(at, offset), Math.min(at + size, end)];
      if (first >= last) continue;
      bytes.set(this.bytes.subarray(done, first), done - offset);
      this.#source.readInto(bytes.subarray(first - offset, last - offset), from + first - at);
      done = last;
    }
    bytes.set(this.bytes.subarray(done, end), done - offset);
  }

  /** All bytes in their order, each piece good until the next one is asked for. */
  *pieces(): Iterable<Uint8Array> {
    const longest = this.#missing.reduce((most, { size }) => Math.max(most, size), 0);
    const room = new Uint8Array(Math.min(longest, PIECE_MOST));
    let end = 0;
    for (const { at, size, from } of [...this.#missing, { at: this.size, size: 0, from: 0 }]) {
      if (at > end) yield this.bytes.subarray(end, at);
      for (let done = 0; done < size; done += room.length) {
        const piece = room.subarray(0, Math.min(room.length, size - done));
        this.#source.readInto(piece, from + done);
        yield piece;
      }
      end = at + size;
    }
  }
}

const NO_SOURCE: ByteSource = {
  size: 0,
  readInto: () => {
    throw new Error("there is nothing that was not read");
  },
};

function overlaps({ at, size }: Missing, offset: number, wanted: number): boolean {
  // Of no bytes none is missing, wherever they would be.
  return wanted > 0 && offset < at + size && at < offset + wanted;
}
