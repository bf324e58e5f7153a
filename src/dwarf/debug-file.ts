/** The debug information of one object: its sections, and what was read of them so far. */

import type { AddressTypes, ElfObject } from "../elf/index.js";
import { DW_AT_addr_base, DW_AT_str_offsets_base, DW_FORM_sec_offset } from "./constants.js";
import { type DebugPlace, type DebugSection, DebugSections } from "./debug-sections.js";
import { type Entry, entryAt } from "./entries.js";
import { type Unit, Units } from "./units.js";
import { Allowance } from "./unreadable.js";

/** Bytes that abbreviation tables may have altogether: in memory they take many times as much. */
const TABLES_MOST = 0x400000;

/** Steps that one question may take: some in any case, and some for each byte of .debug_info. */
const WORK_AT_LEAST = 0x400000;
const WORK_PER_BYTE = 16;

/** Tables of which each unit of an object has some rows (sections 7.26 and 7.27). */
type SharedTable = ".debug_str_offsets" | ".debug_addr";

/** Where the rows of one unit begin. */
type Bases = Readonly<Record<SharedTable, DebugPlace | undefined>>;

export class DebugFile {
  readonly sections: DebugSections;
  /** Bytes of an address. */
  readonly wordSize: 4 | 8;
  /** For the bytes of abbreviation tables. */
  readonly tables = new Allowance(TABLES_MOST);
  readonly #units = new Map<DebugSection, Units>();
  readonly #bases = new Map<Unit, Bases>();
  #work = new Allowance(0);

  constructor(object: ElfObject, types: AddressTypes) {
    this.sections = new DebugSections(object, types);
    this.wordSize = object.layout.wordSize;
  }

  /** For what is done with entries. */
  get work(): Allowance {
    return this.#work;
  }

  /** Begins a question: what those before it have cost does not count. */
  renewWork(): void {
    let size = 0;
    for (const { bytes } of this.sections.named(".debug_info")) size += bytes.length;
    this.#work = new Allowance(WORK_AT_LEAST + size * WORK_PER_BYTE);
  }

  /** The unit that has a byte of .debug_info. Throws Unreadable if it cannot be read. */
  unitAt({ section, offset }: DebugPlace): Unit {
    let units = this.#units.get(section);
    if (units === undefined) {
      units = new Units(this, section);
      this.#units.set(section, units);
    }
    return units.at(offset);
  }

  /** The entry at a place of .debug_info. Throws Unreadable if there is none. */
  entryAt(place: DebugPlace): Entry {
    return entryAt(this.unitAt(place), place.offset);
  }

  /** Where the unit's rows of a table begin; undefined if it does not say. */
  baseOf(unit: Unit, table: SharedTable): DebugPlace | undefined {
    let bases = this.#bases.get(unit);
    if (bases === undefined) {
      const root = entryAt(unit, unit.root);
      bases = {
        ".debug_str_offsets": baseIn(".debug_str_offsets", root, DW_AT_str_offsets_base),
        ".debug_addr": baseIn(".debug_addr", root, DW_AT_addr_base),
      };
      this.#bases.set(unit, bases);
    }
    return bases[table];
  }
}

function baseIn(table: SharedTable, root: Entry, attribute: number): DebugPlace | undefined {
  const value = root.value(attribute);
  if (value?.form !== DW_FORM_sec_offset) return undefined;
  const { file, section, offsetSize } = root.unit;
  return file.sections.follow(section, value.cursor.at, offsetSize, table);
}
