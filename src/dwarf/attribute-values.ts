/**
 * What the values of attributes say, by class (DWARF 5 section 7.5.5, "Classes and Forms"). Each
 * function answers undefined if the entry does not have the attribute, or has it in another class.
 */

import * as DW from "./constants.js";
import type { Cursor } from "./cursor.js";
import type { DebugPlace } from "./debug-sections.js";
import { type Entry, entryAt, type Value } from "./entries.js";
import { sizeOfBlock, sizeOfForm } from "./forms.js";
import type { Unit } from "./units.js";

/** A flag that is set. */
export function flagOf(entry: Entry, attribute: number): boolean {
  const value = entry.value(attribute);
  if (value?.form === DW.DW_FORM_flag) return value.cursor.u8() !== 0;
  return value?.form === DW.DW_FORM_flag_present;
}

/** A constant that is not negative. */
export function constantOf(entry: Entry, attribute: number): number | undefined {
  const value = entry.value(attribute);
  if (value === undefined) return undefined;
  const constant = readConstant(value);
  return Number.isSafeInteger(constant) && constant! >= 0 ? constant : undefined;
}

function readConstant({ form, cursor, constant }: Value): number | undefined {
  switch (form) {
    case DW.DW_FORM_data1:
      return cursor.u8();
    case DW.DW_FORM_data2:
      return cursor.unsigned(2);
    case DW.DW_FORM_data4:
      return cursor.unsigned(4);
    case DW.DW_FORM_data8:
      return cursor.unsigned(8);
    case DW.DW_FORM_udata:
      return cursor.uleb();
    case DW.DW_FORM_sdata:
      return cursor.sleb();
    case DW.DW_FORM_implicit_const:
      return constant;
    default:
      return undefined;
  }
}

/** An expression, if it has operations: a cursor over them. Before DWARF 4 it is a block. */
export function expressionOf(entry: Entry, attribute: number): Cursor | undefined {
  const value = entry.value(attribute);
  if (value === undefined) return undefined;
  const { form, cursor } = value;
  switch (form) {
    case DW.DW_FORM_exprloc:
    case DW.DW_FORM_block:
    case DW.DW_FORM_block1:
    case DW.DW_FORM_block2:
    case DW.DW_FORM_block4: {
      const size = sizeOfBlock(cursor, form);
      return size === 0 ? undefined : cursor.part(size);
    }
    default:
      return undefined;
  }
}

/** An entry of this unit or another one. References to type units are not followed. */
export function referenceOf(entry: Entry, attribute: number): Entry | undefined {
  const value = entry.value(attribute);
  if (value === undefined) return undefined;
  const { unit } = entry;
  const { form, cursor } = value;
  switch (form) {
    case DW.DW_FORM_ref1:
    case DW.DW_FORM_ref2:
    case DW.DW_FORM_ref4:
    case DW.DW_FORM_ref8:
      return entryAt(unit, unit.start + cursor.unsigned(sizeOfForm(form, unit)!));
    case DW.DW_FORM_ref_udata:
      return entryAt(unit, unit.start + cursor.uleb());
    case DW.DW_FORM_ref_addr: {
      const width = unit.version === 2 ? unit.addressSize : unit.offsetSize;
      const { file, section } = unit;
      return file.entryAt(file.sections.follow(section, cursor.at, width, ".debug_info"));
    }
    default:
      return undefined;
  }
}

/** Where a string begins. */
export function stringPlaceOf(entry: Entry, attribute: number): DebugPlace | undefined {
  const value = entry.value(attribute);
  if (value === undefined) return undefined;
  const { file, section, offsetSize } = entry.unit;
  const { form, cursor } = value;
  switch (form) {
    case DW.DW_FORM_string:
      return { section, offset: cursor.at };
    case DW.DW_FORM_strp:
      return file.sections.follow(section, cursor.at, offsetSize, ".debug_str");
    case DW.DW_FORM_line_strp:
      return file.sections.follow(section, cursor.at, offsetSize, ".debug_line_str");
    case DW.DW_FORM_strx:
      return stringAtIndex(entry.unit, cursor.uleb());
    case DW.DW_FORM_strx1:
    case DW.DW_FORM_strx2:
    case DW.DW_FORM_strx3:
    case DW.DW_FORM_strx4:
      return stringAtIndex(entry.unit, cursor.unsigned(sizeOfForm(form, entry.unit)!));
    default:
      return undefined;
  }
}

/** Section 7.26: the unit has a table of offsets, and `index` is a row of it. */
function stringAtIndex(unit: Unit, index: number): DebugPlace | undefined {
  const base = unit.file.baseOf(unit, ".debug_str_offsets");
  if (base === undefined) return undefined;
  const at = base.offset + index * unit.offsetSize;
  return unit.file.sections.follow(base.section, at, unit.offsetSize, ".debug_str");
}

/** A string, one character per byte. */
export function stringOf(entry: Entry, attribute: number): string | undefined {
  const place = stringPlaceOf(entry, attribute);
  const text = place?.section.stringAt(place.offset);
  entry.unit.file.work.spend(text?.length ?? 0);
  return text;
}
