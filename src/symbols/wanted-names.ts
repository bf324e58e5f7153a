/**
 * A fixed set of names, to be looked for in a great many bytes. The shape of a line, a number made
 * of its length and a few of its bytes, tells nearly always that it is none of them, and if many names are
 * wanted its head does, another such number; only the rest has to become a string and be looked up.
 */

const SHAPES = 1 << 16;

export class WantedNames {
  readonly #index = new Map<string, number>();
  /** 1 for the shapes and the heads that wanted names have, see {@link mayBeWanted}. */
  readonly shapes = new Uint8Array(2 * SHAPES);

  constructor(names: Iterable<string>) {
    for (const name of names) {
      if (this.#index.has(name)) continue;
      this.#index.set(name, this.#index.size);
      const { length } = name;
      const code = (at: number) => name.charCodeAt(at);
      const tail = (code(length - 1) << 16) | (code(length - 2) << 8) | code(length - 3);
      const first = code(0) | (code(1) << 8) | (code(2) << 16) | (code(3) << 24);
      this.shapes[shapeOf(length, code(length >> 1), tail)] = 1;
      this.shapes[SHAPES + headOf(length, first)] = 1;
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
  const last = end - 1;
  const length = end - start;
  const tail = (bytes[last]! << 16) | (bytes[last - 1]! << 8) | bytes[last - 2]!;
  if (shapes[shapeOf(length, bytes[start + (length >> 1)]!, tail)] !== 1) return false;
  const first =
    bytes[start]! |
    (bytes[start + 1]! << 8) |
    (bytes[start + 2]! << 16) |
    (bytes[start + 3]! << 24);
  return shapes[SHAPES + headOf(length, first)] === 1;
}

/** A number below SHAPES from the length and four bytes, of those that differ most among symbols. */
function shapeOf(length: number, middle: number, tail: number): number {
  if (length < 3) return (middle << 2) | length;
  return (Math.imul(tail ^ (middle << 24) ^ (length << 3), 0x9e3779b1) >>> 16) & (SHAPES - 1);
}

/** A number below SHAPES from the length and the first four bytes; 0 of a name that has no four. */
function headOf(length: number, first: number): number {
  if (length < 4) return 0;
  return (Math.imul(first ^ (length << 4), 0x9e3779b1) >>> 16) & (SHAPES - 1);
}
