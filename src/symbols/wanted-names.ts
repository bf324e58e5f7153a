/**
 * A fixed set of names, to be looked for in a great many bytes. Two numbers, each made of the length and
 * eight bytes of a name, tell nearly always that it is none of them; only the rest has to become a string
 * and be looked up.
 */

/** Bits of a table: of the names of a whole kernel one in 850 gets past two tables of 4,000 names. */
const BITS = 17;
/** Bytes of a table. */
const TABLE = 2 ** BITS / 8;
/** Bytes of the tables. */
export const SHAPES_SIZE = 2 * TABLE;

export class WantedNames {
  readonly #index = new Map<string, number>();
  /** A bit for each shape that wanted names have, then one for each head, see {@link mayBeWanted}. */
  readonly shapes = new Uint8Array(SHAPES_SIZE);

  constructor(names: Iterable<string>) {
    for (const name of names) {
      if (this.#index.has(name)) continue;
      this.#index.set(name, this.#index.size);
      const { length } = name;
      const middle = charsAt(name, placeOfMiddle(length));
      const shape = shapeOf(length, middle, charsAt(name, Math.max(0, length - 4)));
      const head = headOf(length, charsAt(name, 0), middle);
      this.shapes[shape >>> 3]! |= 1 << (shape & 7);
      this.shapes[TABLE + (head >>> 3)]! |= 1 << (head & 7);
    }
  }

  /** The number of `name`, or -1. */
  indexOf(name: string): number {
    return this.#index.get(name) ?? -1;
  }
}

/** False of nearly every name that is not wanted. */
export function mayBeWanted(
  shapes: Uint8Array,
  bytes: Uint8Array,
  start: number,
  end: number,
): boolean {
  const length = end - start;
  const middle = bytesAt(bytes, start + placeOfMiddle(length), end);
  const shape = shapeOf(length, middle, bytesAt(bytes, Math.max(start, end - 4), end));
  if ((shapes[shape >>> 3]! & (1 << (shape & 7))) === 0) return false;
  const head = headOf(length, bytesAt(bytes, start, end), middle);
  return (shapes[TABLE + (head >>> 3)]! & (1 << (head & 7))) !== 0;
}

/** Where the four bytes in the middle of a name begin. */
function placeOfMiddle(length: number): number {
  return length < 4 ? 0 : (length >> 1) - 2;
}

/** The four characters from `at` on as a little-endian number; those beyond the end of `name` are 0. */
function charsAt(name: string, at: number): number {
  const left = name.length - at;
  let word = name.charCodeAt(at);
  if (left > 1) word |= name.charCodeAt(at + 1) << 8;
  if (left > 2) word |= name.charCodeAt(at + 2) << 16;
  if (left > 3) word |= name.charCodeAt(at + 3) << 24;
  return word;
}

/** Likewise of a name that ends at `end`. */
function bytesAt(bytes: Uint8Array, at: number, end: number): number {
  const left = end - at;
  let word = bytes[at]!;
  if (left > 1) word |= bytes[at + 1]! << 8;
  if (left > 2) word |= bytes[at + 2]! << 16;
  if (left > 3) word |= bytes[at + 3]! << 24;
  return word;
}

/** A number of BITS bits from the length and bytes of the middle and the end. */
function shapeOf(length: number, middle: number, tail: number): number {
  const mixed = tail ^ Math.imul(middle, 5) ^ (length << 3);
  return Math.imul(mixed, 0x9e3779b1) >>> (32 - BITS);
}

/** A number of BITS bits from the length and bytes of the beginning and the middle. */
function headOf(length: number, first: number, middle: number): number {
  const mixed = first ^ Math.imul(middle, 0x85ebca6b) ^ (length << 4);
  return Math.imul(mixed, 0x9e3779b1) >>> (32 - BITS);
}
