/**
 * Where the entries of an array of structs are, and how many are set before the module runs: by the
 * struct's layout, or by the relocations in it where that is not known.
 */

import { SHT_NOBITS } from "../../elf/index.js";
import type { Pointers, Spot } from "./pointers.js";

/** A text that says why something of the patch could not be read. */
export class Unreadable extends Error {
  override readonly name = "Unreadable";
}

export class Arrays {
  readonly #pointers: Pointers;
  readonly #word: number;
  /** What arrays were read as, by their place and kind; a hostile file shows one from many. */
  readonly #inferred = new Map<string, Spot[] | Unreadable>();

  constructor(pointers: Pointers, wordSize: number) {
    this.#pointers = pointers;
    this.#word = wordSize;
  }

  /** All elements of an array variable. Throws Unreadable if nothing says how many there are. */
  *elements(array: Spot, size: number): Iterable<Spot> {
    const { section, offset: start } = array;
    const end = this.#pointers.variable(array)?.end;
    if (end === undefined || end > section.size) throw new Unreadable(NO_SYMBOL);
    for (let offset = start; offset + size <= end; offset += size) yield { section, offset };
  }

  /**
   * The entries of an array up to the one in which none of the `members` is set. Throws Unreadable if
   * there is none such, or room for more behind it.
   */
  described({ section, offset: start }: Spot, size: number, members: readonly number[]): Spot[] {
    const end = this.#pointers.variable({ section, offset: start })?.end ?? 0;
    const most = end === 0 ? section.size : Math.min(end, section.size);
    const entries: Spot[] = [];
    for (let offset = start; offset + size <= most; offset += size) {
      const isSet = members.some(
        (member) => this.#pointers.at({ section, offset: offset + member }) !== undefined,
      );
      if (!isSet) {
        // Init code may fill what is empty behind the end.
        if (offset + 2 * size <= end) throw new Unreadable(moreRoom({ section, offset: start }));
        return entries;
      }
      entries.push({ section, offset });
    }
    throw new Unreadable(`the array at ${section.name}+0x${start.toString(16)} has no end`);
  }

  /**
   * The entries of an array of unknown stride: the size of its symbol is a multiple of it, the
   * relocations of each entry are as `isEntry` says of their offsets within it, and behind the last
   * entry there is room for one that has none. Throws Unreadable if strides of both kinds are left.
   */
  inferred(array: Spot, least: number, isEntry: (within: readonly number[]) => boolean): Spot[] {
    const key = `${array.section.index} ${array.offset} ${least}`;
    const known = this.#inferred.get(key);
    if (known instanceof Unreadable) throw known;
    if (known !== undefined) return known;
    try {
      const found = this.#inferNew(array, least, isEntry);
      this.#inferred.set(key, found);
      return found;
    } catch (error) {
      if (error instanceof Unreadable) this.#inferred.set(key, error);
      throw error;
    }
  }

  #inferNew(array: Spot, least: number, isEntry: (within: readonly number[]) => boolean): Spot[] {
    const { section, offset: start } = array;
    const end = this.#pointers.variable(array)?.end;
    if (end === undefined || end > section.size) throw new Unreadable(NO_SYMBOL);
    const offsets = this.#pointers.offsets(section, start, end).map((offset) => offset - start);
    if (offsets.length === 0) return [];
    if (section.type === SHT_NOBITS)
      throw new Unreadable("the array is in a section without contents");
    const readings = new Map<string, readonly number[]>();
    for (let stride = least; stride <= end - start; stride += this.#word) {
      if ((end - start) % stride !== 0) continue;
      const entries = entriesAt(offsets, stride, isEntry);
      if (entries === undefined || entries.length * stride >= end - start) continue;
      // Of one entry the stride is open; of more it says that init code may fill the rest.
      const isFull = entries.length < 2 || (entries.length + 1) * stride === end - start;
      if (isFull) readings.set(entries.join(), entries);
    }
    const [reading, ...others] = readings.values();
    if (reading === undefined || others.length > 0) {
      throw new Unreadable("the relocations of the array leave its entries' size open");
    }
    return reading.map((entry) => ({ section, offset: start + entry }));
  }
}

const NO_SYMBOL = "no symbol says how large an array is";

function moreRoom({ section, offset }: Spot): string {
  return `the array at ${section.name}+0x${offset.toString(16)} has room for more than is set before the module runs`;
}

/** Starts of the entries that relocations at `offsets` fill, or undefined if they do not. */
function entriesAt(
  offsets: readonly number[],
  stride: number,
  isEntry: (within: readonly number[]) => boolean,
): number[] | undefined {
  const entries: number[] = [];
  for (let i = 0; i < offsets.length; ) {
    const start = entries.length * stride;
    const within: number[] = [];
    while (i < offsets.length && offsets[i]! < start + stride) within.push(offsets[i++]! - start);
    if (!isEntry(within)) return undefined;
    entries.push(start);
  }
  return entries;
}
