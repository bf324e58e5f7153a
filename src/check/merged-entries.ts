/** Entries of relocations that were taken apart into several sections, as conversion does, found as bytes. */

import type { EntryTable, Numbers } from "./entry-table.js";
import { WORD, wordsOf } from "./same-bytes.js";

/** A section of relocations, as its bytes and as its entries. */
export interface Part {
  readonly data: Uint8Array;
  readonly entries: EntryTable;
}

/** Sections that one is taken apart into: one for each object, and the ordinary one. */
const PARTS_MOST = 8;

/**
 * The entries of `data`, of `size` bytes each, rise by their places, and `parts` have them all, once,
 * byte for byte and in their order.
 */
export function isMergedFrom(data: Uint8Array, parts: readonly Part[], size: number): boolean {
  const cursors = parts
    .filter(({ entries }) => entries.count > 0)
    .map((each) => new Cursor(each, size));
  const count = Math.floor(data.length / size);
  if (cursors.reduce((sum, { left }) => sum + left, 0) !== count) return false;
  if (cursors.length > PARTS_MOST) return false;
  const words = wordsOf(data);
  let cursor = cursors[0];
  let last = -1;
  for (let entry = 0; entry < count; entry++) {
    const start = (entry * size) / WORD;
    // Neighbours mostly stay together.
    if (!cursor!.isAt(words, start)) cursor = cursors.find((each) => each.isAt(words, start));
    if (cursor === undefined) return false;
    const offset = cursor.take();
    if (offset <= last) return false;
    last = offset;
  }
  return true;
}

class Cursor {
  readonly #offsets: Numbers;
  readonly #words: Uint32Array;
  readonly #step: number;
  #next = 0;

  constructor({ data, entries }: Part, size: number) {
    this.#offsets = entries.offsets;
    this.#words = wordsOf(data);
    this.#step = size / WORD;
  }

  get left(): number {
    return this.#offsets.length - this.#next;
  }

  /** The next entry is the one of `words` at `start`. */
  isAt(words: Uint32Array, start: number): boolean {
    if (this.#next === this.#offsets.length) return false;
    const own = this.#words;
    const step = this.#step;
    const from = this.#next * step;
    for (let i = 0; i < step; i++) if (own[from + i] !== words[start + i]) return false;
    return true;
  }

  /** Goes on, and tells the place of the entry. */
  take(): number {
    return this.#offsets[this.#next++]!;
  }
}
