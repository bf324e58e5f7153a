/**
 * Abbreviation tables (DWARF 5 section 7.5.3): what the entries of a unit look like, each shape
 * once. An entry is the code of its shape and the values.
 */

import {
  DW_AT_sibling,
  DW_FORM_implicit_const,
  DW_FORM_ref1,
  DW_FORM_ref2,
  DW_FORM_ref4,
  DW_FORM_ref8,
} from "./constants.js";
import type { Cursor } from "./cursor.js";
import { type Encoding, sizeOfForm, skipValue } from "./forms.js";
import { Unreadable } from "./unreadable.js";

/** The shape of an entry. Of the attribute lists the nth items belong together. */
export interface Abbreviation {
  readonly tag: number;
  readonly hasChildren: boolean;
  /** DW_AT_*, in the order of the values. */
  readonly attributes: readonly number[];
  /** DW_FORM_*. */
  readonly forms: readonly number[];
  /** The value of a DW_FORM_implicit_const, which entries do not have; else 0. */
  readonly constants: readonly number[];
  /** Bytes of all values together; undefined if that varies. */
  readonly size: number | undefined;
  /** The same by parts: sizes in bytes, and between them forms, negative, of values that vary. */
  readonly steps: readonly number[];
  /** Where DW_AT_sibling is, in bytes behind the code, and its size; undefined if that varies. */
  readonly sibling: { readonly offset: number; readonly size: number } | undefined;
}

/** The shapes by code. */
export class AbbreviationTable {
  /** Codes 1, 2, 3 and so on, which is all there are in the tables compilers make. */
  readonly #first: Abbreviation[] = [];
  readonly #others = new Map<number, Abbreviation>();

  /** Adds one; a code that stands twice means either. */
  add(code: number, abbreviation: Abbreviation): void {
    if (code === this.#first.length + 1) this.#first.push(abbreviation);
    else if (!this.#others.has(code)) this.#others.set(code, abbreviation);
  }

  /** Throws Unreadable if there is none. */
  get(code: number): Abbreviation {
    const abbreviation = this.#first[code - 1] ?? this.#others.get(code);
    if (abbreviation === undefined) throw new Unreadable(`there is no abbreviation ${code}`);
    return abbreviation;
  }
}

/** Reads the table that begins at `cursor`. */
export function readAbbreviations(cursor: Cursor, encoding: Encoding): AbbreviationTable {
  const table = new AbbreviationTable();
  for (;;) {
    const code = cursor.uleb();
    if (code === 0) return table;
    table.add(code, readAbbreviation(cursor, encoding));
  }
}

function readAbbreviation(cursor: Cursor, encoding: Encoding): Abbreviation {
  const tag = cursor.uleb();
  const hasChildren = cursor.u8() !== 0;
  const attributes: number[] = [];
  const forms: number[] = [];
  const constants: number[] = [];
  const steps: number[] = [];
  let sibling: Abbreviation["sibling"];
  let fixed = 0;
  for (;;) {
    const attribute = cursor.uleb();
    const form = cursor.uleb();
    if (attribute === 0 && form === 0) break;
    if (form === 0) throw new Unreadable("an abbreviation has form 0");
    attributes.push(attribute);
    forms.push(form);
    constants.push(form === DW_FORM_implicit_const ? cursor.sleb() : 0);
    const size = sizeOfForm(form, encoding);
    if (attribute === DW_AT_sibling && size !== undefined && steps.length === 0) {
      if (isReferenceInUnit(form)) sibling = { offset: fixed, size };
    }
    if (size !== undefined) {
      fixed += size;
    } else {
      if (fixed > 0) steps.push(fixed);
      steps.push(-form);
      fixed = 0;
    }
  }
  const size = steps.length === 0 ? fixed : undefined;
  if (fixed > 0) steps.push(fixed);
  return { tag, hasChildren, attributes, forms, constants, size, steps, sibling };
}

function isReferenceInUnit(form: number): boolean {
  return (
    form === DW_FORM_ref1 || form === DW_FORM_ref2 || form === DW_FORM_ref4 || form === DW_FORM_ref8
  );
}

/** Moves `cursor` from behind an entry's code to behind its values. */
export function skipValues(cursor: Cursor, { steps }: Abbreviation, encoding: Encoding): void {
  for (const step of steps) {
    if (step >= 0) cursor.skip(step);
    else skipValue(cursor, -step, encoding);
  }
}
