/**
 * Debugging information entries (DWARF 5 section 2.1): a tag, attributes, and the entries below it.
 * Most are only passed over; an {@link Entry} is made of those that something is asked of.
 */

import { hex } from "../diagnostics.js";
import type { Abbreviation } from "./abbreviations.js";
import { DW_FORM_indirect } from "./constants.js";
import type { Cursor } from "./cursor.js";
import { formOfIndirect, sizeOfForm, skipValue } from "./forms.js";
import type { Unit } from "./units.js";
import { Unreadable } from "./unreadable.js";

/** The value of an attribute, not read yet. */
export interface Value {
  readonly form: number;
  /** Stands at the value. */
  readonly cursor: Cursor;
  /** The value itself, if `form` is DW_FORM_implicit_const. */
  readonly constant: number;
}

export class Entry {
  constructor(
    readonly unit: Unit,
    /** Offset in the unit's section. */
    readonly offset: number,
    readonly abbreviation: Abbreviation,
    /** Offset of the first value. */
    readonly values: number,
  ) {}

  get tag(): number {
    return this.abbreviation.tag;
  }

  /** The entry has the attribute. */
  has(attribute: number): boolean {
    return this.abbreviation.attributes.includes(attribute);
  }

  /** The value of an attribute; undefined if the entry does not have it. */
  value(attribute: number): Value | undefined {
    const { unit, abbreviation } = this;
    const { attributes, forms, constants } = abbreviation;
    const index = attributes.indexOf(attribute);
    if (index < 0) return undefined;
    unit.file.work.spend(index + 1);
    const cursor = unit.section.cursor(this.values, unit.end);
    for (let before = 0; before < index; before++) {
      const form = forms[before]!;
      const size = sizeOfForm(form, unit);
      if (size === undefined) skipValue(cursor, form, unit);
      else cursor.skip(size);
    }
    const form = forms[index]!;
    const constant = constants[index]!;
    if (form === DW_FORM_indirect) return { form: formOfIndirect(cursor), cursor, constant };
    return { form, cursor, constant };
  }
}

/** The entry at `offset` of the unit's section. Throws Unreadable if there is none. */
export function entryAt(unit: Unit, offset: number): Entry {
  if (!(offset >= unit.root && offset < unit.end)) {
    throw new Unreadable(`there is no entry at ${hex(offset)}`);
  }
  const cursor = unit.section.cursor(offset, unit.end);
  const abbreviation = unit.abbreviations.get(cursor.uleb());
  return new Entry(unit, offset, abbreviation, cursor.at);
}
