/**
 * What the bytes of a debug section refer to. In a relocatable neither addresses nor offsets into
 * other sections are known: where one will be, there may be zeros, and a relocation says symbol and
 * addend. So in a section that has relocations each reference is asked of these, and never taken
 * from the bytes. They answer the reverse question as well, and that is what makes the reader fast:
 * of all entries only those with a relocation that leads to a variable can speak of it.
 */

import type { AddressTypes } from "../elf/index.js";
import { type ElfObject, Relocations, type Section } from "../elf/index.js";
import type { Place, PlaceSet } from "./places.js";

export class StoredReferences {
  readonly #object: ElfObject;
  readonly #types: AddressTypes;
  readonly #entries: Relocations;
  /** Where the last search ended. */
  #found = 0;

  constructor(
    object: ElfObject,
    types: AddressTypes,
    /** The one relocation section of the section in question. */
    table: Section | undefined,
  ) {
    this.#object = object;
    this.#types = types;
    this.#entries = new Relocations(table?.data ?? new Uint8Array(), object.layout);
  }

  /** Offsets of the references to one of `places`, in ascending order. */
  leadingTo(places: PlaceSet): number[] {
    const entries = this.#entries;
    const { symbols } = this.#object;
    const found: number[] = [];
    let symbol = -1;
    let offsets: ReadonlySet<number> | undefined;
    for (let entry = 0; entry < entries.count; entry++) {
      const next = entries.symbol(entry);
      if (next !== symbol) {
        symbol = next;
        offsets = places.offsetsIn(symbols.sectionIndex(symbol));
      }
      if (offsets === undefined) continue;
      if (!offsets.has(symbols.value(symbol) + entries.addend(entry))) continue;
      if (this.#widthOf(entry) !== undefined) found.push(entries.offset(entry));
    }
    return found.sort((a, b) => a - b);
  }

  /** Nothing is relocated, so that the bytes are all there is. */
  get areBytes(): boolean {
    return this.#entries.count === 0;
  }

  /** Where the reference of `width` bytes at `at` leads; undefined if no one relocation says it. */
  targetAt(at: number, width: 4 | 8): Place | undefined {
    const entries = this.#entries;
    const entry = this.#find(at);
    if (entry === undefined || this.#widthOf(entry) !== width) return undefined;
    if (entry + 1 < entries.count && entries.offset(entry + 1) === at) return undefined;
    const symbol = entries.symbol(entry);
    const section = this.#object.sectionOfSymbol(symbol);
    if (section === undefined) return undefined;
    const offset = this.#object.symbols.value(symbol) + entries.addend(entry);
    return { section: section.index, offset };
  }

  /** Bytes that a relocation fills in with an address; undefined if it is of another kind. */
  #widthOf(entry: number): 4 | 8 | undefined {
    const type = this.#entries.type(entry);
    if (this.#types[4].includes(type)) return 4;
    return this.#types[8].includes(type) ? 8 : undefined;
  }

  /**
   * The first relocation of the place `at`. Every tool writes relocations in the order of their
   * places; where one did not, some are not found.
   */
  #find(at: number): number | undefined {
    const entries = this.#entries;
    // What is asked for next is mostly a little behind what was asked for last.
    let low = this.#found;
    if (low > 0 && entries.offset(low - 1) >= at) low = 0;
    let step = 1;
    while (low + step < entries.count && entries.offset(low + step) < at) {
      low += step;
      step *= 2;
    }
    let high = Math.min(low + step, entries.count);
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (entries.offset(middle) < at) low = middle + 1;
      else high = middle;
    }
    this.#found = low;
    return low < entries.count && entries.offset(low) === at ? low : undefined;
  }
}
