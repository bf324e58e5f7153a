/** The structs of a unit and their layouts (DWARF 5 section 5.7). */

import { aggregateOf } from "./aggregates.js";
import { constantOf, expressionOf, flagOf, stringOf, stringPlaceOf } from "./attribute-values.js";
import * as DW from "./constants.js";
import type { DebugPlace } from "./debug-sections.js";
import type { Entry } from "./entries.js";
import { walkBelow } from "./walk.js";

/** The layout of a struct, in bytes. */
export interface StructLayout {
  readonly size: number;
  /**
   * Where its members begin, by name, all of them within the struct. Members of an anonymous struct
   * or union count as its own; bit fields are left out.
   */
  readonly members: ReadonlyMap<string, number>;
}

/** How deep anonymous structs and unions are looked into. */
const DEPTH_MOST = 16;

/** The structs of one unit. */
export class UnitStructs {
  readonly #structs: readonly Entry[];
  /** Where the names of them are, once one was asked for. */
  #names: readonly (DebugPlace | undefined)[] | undefined;
  readonly #byName = new Map<string, Entry | undefined>();
  readonly #layouts = new Map<number, StructLayout | undefined>();

  constructor(structs: readonly Entry[]) {
    this.#structs = structs;
  }

  /** The struct of that name, if it is defined and not only declared. */
  named(name: string): Entry | undefined {
    if (!this.#byName.has(name)) this.#byName.set(name, this.#find(name));
    return this.#byName.get(name);
  }

  /** The layout of a struct of the unit; undefined of one that is only declared. */
  layout(struct: Entry): StructLayout | undefined {
    if (!this.#layouts.has(struct.offset)) this.#layouts.set(struct.offset, readLayout(struct));
    return this.#layouts.get(struct.offset);
  }

  #find(name: string): Entry | undefined {
    this.#names ??= this.#structs.map((struct) => stringPlaceOf(struct, DW.DW_AT_name));
    const names = this.#names;
    return this.#structs.find((struct, index) => isString(names[index], name) && isDefined(struct));
  }
}

/** The struct has that name, which has one character per byte. */
export function isNamed(struct: Entry, name: string): boolean {
  return isString(stringPlaceOf(struct, DW.DW_AT_name), name);
}

function isString(place: DebugPlace | undefined, text: string): boolean {
  return place?.section.isStringAt(place.offset, text) === true;
}

/** The struct is here as a whole, and not only said to be somewhere (section 2.13.1). */
export function isDefined(struct: Entry): boolean {
  return !flagOf(struct, DW.DW_AT_declaration);
}

function readLayout(struct: Entry): StructLayout | undefined {
  const size = constantOf(struct, DW.DW_AT_byte_size);
  if (size === undefined) return undefined;
  const members = new Map<string, number>();
  addMembers(struct, 0, 1, members);
  for (const [name, offset] of members) if (offset > size) members.delete(name);
  return { size, members };
}

function addMembers(
  aggregate: Entry,
  base: number,
  depth: number,
  members: Map<string, number>,
): void {
  walkBelow(aggregate, {
    tags: [DW.DW_TAG_member],
    found(member) {
      const offset = offsetOf(member);
      if (offset === undefined) return;
      const at = base + offset;
      const name = stringOf(member, DW.DW_AT_name);
      if (name !== undefined) {
        if (!members.has(name)) members.set(name, at);
      } else if (depth < DEPTH_MOST) {
        const inner = aggregateOf(member);
        if (inner?.isArray === false) addMembers(inner.entry, at, depth + 1, members);
      }
    },
    enters: () => false,
  });
}

/** Where a member begins (section 5.7.6); undefined of a bit field, and if it is not known. */
function offsetOf(member: Entry): number | undefined {
  if (member.has(DW.DW_AT_bit_size)) return undefined;
  // Members of a union need not say it.
  if (!member.has(DW.DW_AT_data_member_location)) return 0;
  const constant = constantOf(member, DW.DW_AT_data_member_location);
  if (constant !== undefined) return constant;
  const expression = expressionOf(member, DW.DW_AT_data_member_location);
  if (expression === undefined || expression.u8() !== DW.DW_OP_plus_uconst) return undefined;
  const offset = expression.uleb();
  return expression.at === expression.end ? offset : undefined;
}
