/**
 * What DWARF says of variables, asked from the other end. An object may have a hundred megabytes of
 * debug information, and nearly all of it is of no concern. The relocations that lead to a variable
 * say which units speak of it, and where; only these are read, and of them only what is on the way.
 *
 * The file is not trusted: every offset, size, form and index is checked before it is used, and how
 * much work may be done is bounded. But the kernel never reads debug information, so whatever is
 * wrong with it is no fault of the object: what cannot be read is not found.
 */

import { hex } from "../diagnostics.js";
import type { ElfObject } from "../elf/index.js";
import { addressTypes } from "../elf/index.js";
import { tablesWith } from "./address-tables.js";
import { stringOf } from "./attribute-values.js";
import { DW_AT_name, DW_TAG_structure_type } from "./constants.js";
import { DebugFile } from "./debug-file.js";
import type { DebugSection } from "./debug-sections.js";
import type { Entry } from "./entries.js";
import { type Place, PlaceSet } from "./places.js";
import { scanUnit } from "./scan.js";
import { isDefined, isNamed, type StructLayout, UnitStructs } from "./structs.js";
import type { Unit } from "./units.js";
import { tried, Unreadable } from "./unreadable.js";
import { aggregateOfVariable, nameOf } from "./variables.js";

/** Variables that one question finds at most. */
const VARIABLES_MOST = 0x10000;

/** How many reasons are kept why something could not be read. */
const FAULTS_MOST = 10;

/** A variable at a place that was asked for. */
export interface DebugVariable extends Place {
  readonly name: string | undefined;
  /**
   * Name of the struct that it is, or that it is an array of, without qualifiers and typedefs;
   * undefined if it is something else, or the struct has no name.
   */
  readonly structName: string | undefined;
  readonly isArray: boolean;
  /**
   * The layout of the struct called `name` in the unit that the variable is in, or that its type is
   * in, if they differ; undefined if there is none.
   */
  struct(name: string): StructLayout | undefined;
}

/** There is no debug information, or none that can be read. */
export interface NoDebugInfo {
  /** Why, as in `.debug_info is compressed`. */
  readonly reason: string;
}

/**
 * The debug information of a relocatable object, as it was read. Nothing is read before it is asked
 * for.
 */
export function readDebugInfo(object: ElfObject): DebugInfo | NoDebugInfo {
  const types = addressTypes(object.machine);
  if (types === undefined)
    return { reason: `relocations of machine ${object.machine} are not known` };
  const file = new DebugFile(object, types);
  const { sections } = file;
  for (const name of [".debug_info", ".debug_abbrev"] as const) {
    if (sections.named(name).length === 0) return { reason: `there is no ${name}` };
  }
  if (sections.fault !== undefined) return { reason: sections.fault };
  return new DebugInfo(file);
}

export class DebugInfo {
  readonly #file: DebugFile;
  readonly #structs = new Map<Unit, UnitStructs>();
  readonly #faults = new Set<string>();

  constructor(file: DebugFile) {
    this.#file = file;
  }

  /** What could not be read up to now, for the curious: a variable may have been there. */
  get faults(): readonly string[] {
    return [...this.#faults];
  }

  /**
   * The variables that begin at one of `places`. Ask for all places at once: each question goes
   * through all relocations of .debug_info.
   */
  variablesAt(places: Iterable<Place>): DebugVariable[] {
    const file = this.#file;
    file.renewWork();
    const wanted = new PlaceSet(places);
    const found: DebugVariable[] = [];
    const add = (entry: Entry, place: Place) => {
      if (!wanted.has(place)) return;
      if (found.length === VARIABLES_MOST) throw new Unreadable("there are too many variables");
      found.push(this.#variable(entry, place));
    };
    const tables = new PlaceSet(this.#attempt(".debug_addr", () => tablesWith(file, wanted)) ?? []);
    for (const section of file.sections.named(".debug_info")) {
      // Where in such a unit a variable refers to its table, no relocation says.
      const whole = this.#unitsAt(section, section.references.leadingTo(tables));
      const parts = this.#unitsAt(section, section.references.leadingTo(wanted));
      for (const unit of whole.keys()) this.#scan(unit, add);
      for (const [unit, hits] of parts) if (!whole.has(unit)) this.#scan(unit, add, hits);
    }
    return found;
  }

  /** The units that have the bytes at `offsets`, which ascend; each with those it has. */
  #unitsAt(section: DebugSection, offsets: readonly number[]): Map<Unit, number[]> {
    const units = new Map<Unit, number[]>();
    for (const offset of offsets) {
      const what = `${section.name}+${hex(offset)}`;
      const unit = this.#attempt(what, () => this.#file.unitAt({ section, offset }));
      if (unit === undefined) continue;
      const before = units.get(unit);
      if (before === undefined) units.set(unit, [offset]);
      else before.push(offset);
    }
    return units;
  }

  #variable(entry: Entry, { section, offset }: Place): DebugVariable {
    const aggregate = aggregateOfVariable(entry);
    const own = aggregate?.entry.tag === DW_TAG_structure_type ? aggregate.entry : undefined;
    return {
      section,
      offset,
      name: nameOf(entry),
      structName: own && stringOf(own, DW_AT_name),
      isArray: aggregate?.isArray ?? false,
      struct: (name) =>
        this.#attempt(nameOfUnit(entry.unit), () => this.#layout(name, own, entry.unit)),
    };
  }

  #layout(name: string, own: Entry | undefined, unit: Unit): StructLayout | undefined {
    const struct =
      own !== undefined && isDefined(own) && isNamed(own, name)
        ? own
        : ((own && this.#structsOf(own.unit).named(name)) ?? this.#structsOf(unit).named(name));
    return struct && this.#structsOf(struct.unit).layout(struct);
  }

  #structsOf(unit: Unit): UnitStructs {
    if (!this.#structs.has(unit)) this.#scan(unit, () => {}, []);
    return this.#structs.get(unit)!;
  }

  /** Calls `found` with variables of the unit and notes its structs, see {@link scanUnit}. */
  #scan(unit: Unit, found: (entry: Entry, place: Place) => void, hits?: readonly number[]): void {
    const structs = this.#attempt(nameOfUnit(unit), () => scanUnit(unit, found, hits));
    this.#structs.set(unit, new UnitStructs(structs ?? []));
  }

  /** What `read` answers; undefined if it comes upon what cannot be read. */
  #attempt<Answer>(what: string, read: () => Answer): Answer | undefined {
    const answer = tried(read);
    if (!(answer instanceof Unreadable)) return answer;
    if (this.#faults.size < FAULTS_MOST) this.#faults.add(`${what}: ${answer.message}`);
    return undefined;
  }
}

function nameOfUnit({ section, start }: Unit): string {
  return `${section.name}+${hex(start)}`;
}
