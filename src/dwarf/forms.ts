/**
 * How many bytes the value of an attribute takes (DWARF 5 section 7.5.6, "Form Encodings"). Of most
 * forms that depends on nothing but the unit, so that what lies before a value, and whole entries,
 * can be passed over without looking at them.
 */

import { hex } from "../diagnostics.js";
import * as DW from "./constants.js";
import type { Cursor } from "./cursor.js";
import { Unreadable } from "./unreadable.js";

/** What the sizes of values in a unit depend on. */
export interface Encoding {
  readonly version: number;
  /** Bytes of an offset: 4 in the 32-bit format, 8 in the 64-bit one (section 7.4). */
  readonly offsetSize: 4 | 8;
  /** Bytes of an address. */
  readonly addressSize: 4 | 8;
}

const SIZES: ReadonlyMap<number, number> = new Map([
  [DW.DW_FORM_flag_present, 0],
  [DW.DW_FORM_implicit_const, 0],
  [DW.DW_FORM_flag, 1],
  [DW.DW_FORM_data1, 1],
  [DW.DW_FORM_ref1, 1],
  [DW.DW_FORM_strx1, 1],
  [DW.DW_FORM_addrx1, 1],
  [DW.DW_FORM_data2, 2],
  [DW.DW_FORM_ref2, 2],
  [DW.DW_FORM_strx2, 2],
  [DW.DW_FORM_addrx2, 2],
  [DW.DW_FORM_strx3, 3],
  [DW.DW_FORM_addrx3, 3],
  [DW.DW_FORM_data4, 4],
  [DW.DW_FORM_ref4, 4],
  [DW.DW_FORM_ref_sup4, 4],
  [DW.DW_FORM_strx4, 4],
  [DW.DW_FORM_addrx4, 4],
  [DW.DW_FORM_data8, 8],
  [DW.DW_FORM_ref8, 8],
  [DW.DW_FORM_ref_sig8, 8],
  [DW.DW_FORM_ref_sup8, 8],
  [DW.DW_FORM_data16, 16],
]);

/** Bytes of every value of `form`; undefined if each says itself how long it is. */
export function sizeOfForm(form: number, encoding: Encoding): number | undefined {
  switch (form) {
    case DW.DW_FORM_addr:
      return encoding.addressSize;
    case DW.DW_FORM_strp:
    case DW.DW_FORM_line_strp:
    case DW.DW_FORM_sec_offset:
    case DW.DW_FORM_strp_sup:
    case DW.DW_FORM_GNU_ref_alt:
    case DW.DW_FORM_GNU_strp_alt:
      return encoding.offsetSize;
    case DW.DW_FORM_ref_addr:
      // An address in DWARF 2, an offset since (section 7.5.6, footnote).
      return encoding.version === 2 ? encoding.addressSize : encoding.offsetSize;
    default:
      return SIZES.get(form);
  }
}

/** Moves `cursor` past a value that says itself how long it is. */
export function skipValue(cursor: Cursor, form: number, encoding: Encoding): void {
  switch (form) {
    case DW.DW_FORM_udata:
    case DW.DW_FORM_sdata:
    case DW.DW_FORM_ref_udata:
    case DW.DW_FORM_strx:
    case DW.DW_FORM_addrx:
    case DW.DW_FORM_loclistx:
    case DW.DW_FORM_rnglistx:
    case DW.DW_FORM_GNU_addr_index:
    case DW.DW_FORM_GNU_str_index:
      cursor.uleb();
      return;
    case DW.DW_FORM_string:
      cursor.skipString();
      return;
    case DW.DW_FORM_indirect: {
      const actual = formOfIndirect(cursor);
      const size = sizeOfForm(actual, encoding);
      if (size === undefined) skipValue(cursor, actual, encoding);
      else cursor.skip(size);
      return;
    }
    default:
      cursor.skip(sizeOfBlock(cursor, form));
  }
}

/** Reads the length that a block or an expression begins with. */
export function sizeOfBlock(cursor: Cursor, form: number): number {
  switch (form) {
    case DW.DW_FORM_block1:
      return cursor.u8();
    case DW.DW_FORM_block2:
      return cursor.unsigned(2);
    case DW.DW_FORM_block4:
      return cursor.unsigned(4);
    case DW.DW_FORM_block:
    case DW.DW_FORM_exprloc:
      return cursor.uleb();
    default:
      throw new Unreadable(`form ${hex(form)} is not known`);
  }
}

/** Reads the form that a value of DW_FORM_indirect begins with, and that is not such a one. */
export function formOfIndirect(cursor: Cursor): number {
  const form = cursor.uleb();
  if (form === DW.DW_FORM_indirect || form === DW.DW_FORM_implicit_const) {
    throw new Unreadable(`form ${hex(form)} cannot be indirect`);
  }
  return form;
}
