// SPDX-License-Identifier: GPL-2.0-only

// What is done to the bytes of an ELF file: a field set to what it should not be, bytes cut off, put
// twice, left out. Nothing follows.

import { interestingNumber } from "../interesting.js";
import type { Random } from "../random.js";

/** Returns the bytes after an edit; they may be the same array. `other` is a file to take parts of. */
export type ByteMutation = (bytes: Uint8Array, random: Random, other: Uint8Array) => Uint8Array;

/** A field: its offset in the file, and its width. */
type Spot = readonly [at: number, width: 1 | 2 | 4 | 8];

/** What can be told of a file's layout, whatever is wrong with it. */
class Outline {
  readonly is64: boolean;
  readonly little: boolean;
  readonly #view: DataView;
  readonly table: number;
  readonly count: number;

  constructor(readonly bytes: Uint8Array) {
    this.is64 = bytes[4] === 2;
    this.little = bytes[5] === 1;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    this.table = this.get(this.is64 ? [40, 8] : [32, 4]);
    this.count = this.get([this.is64 ? 60 : 48, 2]);
  }

  get([at, width]: Spot): number {
    if (at + width > this.bytes.length) return 0;
    if (width === 1) return this.#view.getUint8(at);
    if (width === 2) return this.#view.getUint16(at, this.little);
    if (width === 4) return this.#view.getUint32(at, this.little);
    return Number(this.#view.getBigUint64(at, this.little));
  }

  set([at, width]: Spot, value: bigint): void {
    if (at < 0 || at + width > this.bytes.length) return;
    const bits = BigInt.asUintN(8 * width, value);
    if (width === 1) this.#view.setUint8(at, Number(bits));
    else if (width === 2) this.#view.setUint16(at, Number(bits), this.little);
    else if (width === 4) this.#view.setUint32(at, Number(bits), this.little);
    else this.#view.setBigUint64(at, bits, this.little);
  }

  header(section: number): number {
    return this.table + section * (this.is64 ? 64 : 40);
  }

  contents(section: number): readonly [offset: number, size: number] {
    const at = this.header(section);
    const word = this.is64 ? 8 : 4;
    return [this.get([at + 8 + 2 * word, word]), this.get([at + 8 + 3 * word, word])];
  }

  sectionsOfType(type: number): number[] {
    const found: number[] = [];
    for (let section = 0; section < this.count; section++) {
      if (this.get([this.header(section) + 4, 4]) === type) found.push(section);
    }
    return found;
  }
}

function fieldsOfHeader(is64: boolean): Spot[] {
  const word: 4 | 8 = is64 ? 8 : 4;
  const tail = 24 + 3 * word;
  return [
    [4, 1],
    [5, 1],
    [6, 1],
    [7, 1],
    [16, 2],
    [18, 2],
    [20, 4],
    [24, word],
    [24 + word, word],
    [24 + 2 * word, word],
    [tail, 4],
    ...[4, 6, 8, 10, 12, 14].map((at): Spot => [tail + at, 2]),
  ];
}

function fieldsOfSection(is64: boolean): Spot[] {
  const word: 4 | 8 = is64 ? 8 : 4;
  return [
    [0, 4],
    [4, 4],
    [8, word],
    [8 + word, word],
    [8 + 2 * word, word],
    [8 + 3 * word, word],
    [8 + 4 * word, 4],
    [12 + 4 * word, 4],
    [16 + 4 * word, word],
    [16 + 5 * word, word],
  ];
}

const fieldsOfSymbol = (is64: boolean): Spot[] =>
  is64
    ? [
        [0, 4],
        [4, 1],
        [5, 1],
        [6, 2],
        [8, 8],
        [16, 8],
      ]
    : [
        [0, 4],
        [4, 4],
        [8, 4],
        [12, 1],
        [13, 1],
        [14, 2],
      ];

const fieldsOfRelocation = (is64: boolean): Spot[] =>
  is64
    ? [
        [0, 8],
        [8, 4],
        [12, 4],
        [16, 8],
      ]
    : [
        [0, 4],
        [4, 4],
        [4, 1],
        [8, 4],
      ];

function setField(
  bytes: Uint8Array,
  random: Random,
  place: (
    outline: Outline,
  ) => { at: number; fields: readonly Spot[]; sizes?: number[] } | undefined,
): Uint8Array {
  const changed = bytes.slice();
  const outline = new Outline(changed);
  const found = place(outline);
  if (found === undefined) return bytes;
  const [offset, width] = random.pick(found.fields);
  const spot: Spot = [found.at + offset, width];
  const sizes = [bytes.length, outline.count, ...(found.sizes ?? [])].filter(Number.isSafeInteger);
  const old = outline.get(spot);
  outline.set(spot, interestingNumber(random, BigInt(Number.isSafeInteger(old) ? old : 0), sizes));
  return changed;
}

/** The record of a table of one of the sections of a type. */
function recordOf(type: number, recordSize: (is64: boolean) => number, random: Random) {
  return (outline: Outline): { at: number; sizes: number[] } | undefined => {
    const tables = outline.sectionsOfType(type);
    if (tables.length === 0) return undefined;
    const [offset, size] = outline.contents(random.pick(tables));
    const record = recordSize(outline.is64);
    const count = Math.min(Math.floor(size / record), 1e6);
    return { at: offset + random.below(count) * record, sizes: [count, size] };
  };
}

export const BYTE_MUTATIONS: Readonly<Record<string, ByteMutation>> = {
  "a field of the ELF header": (bytes, random) =>
    setField(bytes, random, ({ is64 }) => ({ at: 0, fields: fieldsOfHeader(is64) })),
  "a field of a section header": (bytes, random) =>
    setField(bytes, random, (outline) => {
      const section = random.below(outline.count);
      const [offset, size] = outline.contents(random.below(outline.count));
      const sizes = [offset, size, offset + size, outline.table];
      return { at: outline.header(section), fields: fieldsOfSection(outline.is64), sizes };
    }),
  "a field of a symbol": (bytes, random) =>
    setField(bytes, random, (outline) => {
      const record = recordOf(2, (is64) => (is64 ? 24 : 16), random)(outline);
      return record && { ...record, fields: fieldsOfSymbol(outline.is64) };
    }),
  "a field of a relocation": (bytes, random) =>
    setField(bytes, random, (outline) => {
      const record = recordOf(4, (is64) => (is64 ? 24 : 12), random)(outline);
      return record && { ...record, fields: fieldsOfRelocation(outline.is64) };
    }),
  "a byte of a string table": (bytes, random) =>
    setField(bytes, random, (outline) => {
      const record = recordOf(3, () => 1, random)(outline);
      return record && { ...record, fields: [[0, 1]] };
    }),
  "a byte": (bytes, random) => {
    const changed = bytes.slice();
    const at = random.below(bytes.length);
    if (bytes.length > 0) changed[at] = changed[at]! ^ (1 << random.below(8));
    return changed;
  },
  "the end": (bytes, random) =>
    random.oneIn(2)
      ? bytes.slice(0, random.below(bytes.length + 1))
      : bytes.slice(0, Math.max(0, bytes.length - 1 - random.below(80))),
  "more at the end": (bytes, random, other) =>
    joined(bytes, other.subarray(0, random.below(Math.min(other.length, 5000)))),
  "bytes left out": (bytes, random) => {
    const at = random.below(bytes.length);
    return joined(bytes.subarray(0, at), bytes.subarray(at + 1 + random.below(64)));
  },
  "bytes twice": (bytes, random) => {
    const at = random.below(bytes.length);
    const size = 1 + random.below(random.oneIn(4) ? 2000 : 64);
    return joined(bytes.subarray(0, at + size), bytes.subarray(at));
  },
  "bytes of another file": (bytes, random, other) => {
    const changed = bytes.slice();
    const size = Math.min(1 + random.below(256), bytes.length, other.length);
    const from = random.below(other.length - size);
    changed.set(other.subarray(from, from + size), random.below(bytes.length - size));
    return changed;
  },
  "the beginning of one file and the rest of another": (bytes, random, other) => {
    const at = random.below(Math.min(bytes.length, other.length));
    return joined(bytes.subarray(0, at), other.subarray(at));
  },
};

/** What is done to files that are no ELF files. */
export const PACKED_MUTATIONS: Readonly<Record<string, ByteMutation>> = {
  "a byte": BYTE_MUTATIONS["a byte"]!,
  "a byte of the head": (bytes, random) => {
    const changed = bytes.slice();
    changed[random.below(Math.min(24, bytes.length))] = random.below(256);
    return changed;
  },
  "a byte of the tail": (bytes, random) => {
    const changed = bytes.slice();
    changed[Math.max(0, bytes.length - 1 - random.below(40))] = random.below(256);
    return changed;
  },
  "the end": BYTE_MUTATIONS["the end"]!,
  "more at the end": BYTE_MUTATIONS["more at the end"]!,
  "zeros at the end": (bytes, random) => joined(bytes, new Uint8Array(random.below(64))),
  "another at the end": (bytes, _random, other) => joined(bytes, other),
  "bytes left out": BYTE_MUTATIONS["bytes left out"]!,
  "bytes twice": BYTE_MUTATIONS["bytes twice"]!,
};

function joined(one: Uint8Array, two: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(one.length + two.length);
  bytes.set(one);
  bytes.set(two, one.length);
  return bytes;
}
