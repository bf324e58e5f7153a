/**
 * What the pointers in a module's data point to, before there is an address: each is an absolute
 * relocation, and its symbol and addend say section and offset.
 */

import { nameOfBytes } from "../../byte-string.js";
import {
  type ElfObject,
  Relocations,
  relocationSections,
  type Section,
  SHT_NOBITS,
  STT_OBJECT,
} from "../../elf/index.js";
import { countBelow } from "../../sorted-numbers.js";
import type { Machine } from "../machines.js";

/** A byte of a section. */
export interface Spot {
  readonly section: Section;
  readonly offset: number;
}

/** Where a pointer leads: a spot of the module, or an undefined symbol. */
export interface Pointer {
  readonly symbol: number;
  /** Undefined for a symbol that the module does not define. */
  readonly spot: Spot | undefined;
}

export class Pointers {
  readonly #object: ElfObject;
  readonly #machine: Machine;
  readonly #bySection = new Map<Section, PointersOfSection>();
  #tables: ReadonlyMap<number, readonly Section[]> | undefined;
  #objects: ReadonlyMap<number, ExtentsOfSection> | undefined;

  constructor(object: ElfObject, machine: Machine) {
    this.#object = object;
    this.#machine = machine;
  }

  /** The pointer at a spot; undefined if there is none. */
  at({ section, offset }: Spot): Pointer | undefined {
    return this.#of(section).at.get(offset);
  }

  /** Offsets from `start` up to `end` that relocations stand at, in order. */
  offsets(section: Section, start: number, end: number): number[] {
    const { offsets } = this.#of(section);
    return offsets.slice(countBelow(offsets, start), countBelow(offsets, end));
  }

  /** The variable that a spot is in, by its symbol: where it begins and ends. */
  variable({ section, offset }: Spot): { start: number; end: number } | undefined {
    this.#objects ??= this.#collectObjects();
    const extents = this.#objects.get(section.index);
    const extent = extents?.byStart.get(
      extents.starts[countBelow(extents.starts, offset + 1) - 1]!,
    );
    return extent !== undefined && offset < extent.end ? extent : undefined;
  }

  /** The text at a spot, up to its NUL; undefined if there is none of at most `most` bytes. */
  text({ section, offset }: Spot, most: number): string | undefined {
    if (offset < 0 || section.type === SHT_NOBITS) return undefined;
    const bytes = section.data.subarray(offset, offset + most + 1);
    const nul = bytes.indexOf(0);
    return nul < 0 ? undefined : nameOfBytes(bytes, 0, nul);
  }

  #of(section: Section): PointersOfSection {
    let found = this.#bySection.get(section);
    if (found === undefined) {
      const at = this.#collect(section);
      found = { at, offsets: [...at.keys()].sort((a, b) => a - b) };
      this.#bySection.set(section, found);
    }
    return found;
  }

  #collect(section: Section): ReadonlyMap<number, Pointer | undefined> {
    const object = this.#object;
    const found = new Map<number, Pointer | undefined>();
    this.#tables ??= relocationSections(object, object.present());
    for (const { data } of this.#tables.get(section.index) ?? []) {
      const entries = new Relocations(data, object.layout);
      for (let entry = 0; entry < entries.count; entry++) {
        const offset = entries.offset(entry);
        const isOne = this.#machine.absolute.includes(entries.type(entry)) && !found.has(offset);
        found.set(offset, isOne ? pointer(object, entries, entry) : undefined);
      }
    }
    return found;
  }

  #collectObjects(): ReadonlyMap<number, ExtentsOfSection> {
    const { symbols } = this.#object;
    const bySection = new Map<number, { byStart: Map<number, Extent>; starts: number[] }>();
    for (let symbol = 1; symbol < symbols.count; symbol++) {
      if (symbols.type(symbol) !== STT_OBJECT || symbols.size(symbol) === 0) continue;
      const section = symbols.sectionIndex(symbol);
      const start = symbols.value(symbol);
      const end = start + symbols.size(symbol);
      const of = bySection.get(section) ?? { byStart: new Map<number, Extent>(), starts: [] };
      bySection.set(section, of);
      const known = of.byStart.get(start);
      if (known === undefined) of.starts.push(start);
      // Of two names of one variable either will do; of two that differ the larger one.
      if (known === undefined || known.end < end) of.byStart.set(start, { start, end });
    }
    for (const { starts } of bySection.values()) starts.sort((a, b) => a - b);
    return bySection;
  }
}

interface PointersOfSection {
  /** By offset; undefined for what is no pointer, or more than one. */
  readonly at: ReadonlyMap<number, Pointer | undefined>;
  /** The offsets, in order. */
  readonly offsets: readonly number[];
}

interface Extent {
  readonly start: number;
  readonly end: number;
}

/** The variables of a section by where they begin. */
interface ExtentsOfSection {
  readonly byStart: ReadonlyMap<number, Extent>;
  readonly starts: readonly number[];
}

function pointer(object: ElfObject, entries: Relocations, entry: number): Pointer {
  const symbol = entries.symbol(entry);
  const section = object.sectionOfSymbol(symbol);
  if (section === undefined) return { symbol, spot: undefined };
  const offset = object.symbols.value(symbol) + entries.addend(entry);
  return { symbol, spot: { section, offset } };
}
