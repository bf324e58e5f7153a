/** Variables and where they are (DWARF 5 section 4.1). */

import { type Aggregate, aggregateOf } from "./aggregates.js";
import { expressionOf, referenceOf, stringOf } from "./attribute-values.js";
import * as DW from "./constants.js";
import type { Entry } from "./entries.js";
import type { Place } from "./places.js";

/** How many entries may refer to others, one after the other, for what they do not say. */
const STEPS_MOST = 4;

/** Where a variable is, if that is one place for all of its life and nothing but an address. */
export function placeOf(variable: Entry): Place | undefined {
  const expression = expressionOf(variable, DW.DW_AT_location);
  if (expression === undefined) return undefined;
  const { file, section, addressSize } = variable.unit;
  switch (expression.u8()) {
    case DW.DW_OP_addr: {
      const { at, end } = expression;
      return end - at === addressSize ? section.references.targetAt(at, addressSize) : undefined;
    }
    case DW.DW_OP_addrx: {
      // Section 7.27: the unit has a table of addresses, and this is a row of it.
      const index = expression.uleb();
      const base = file.baseOf(variable.unit, ".debug_addr");
      if (expression.at !== expression.end || base === undefined) return undefined;
      const at = base.offset + index * addressSize;
      return base.section.references.targetAt(at, addressSize);
    }
    default:
      return undefined;
  }
}

export function nameOf(variable: Entry): string | undefined {
  const entry = sayingEntry(variable, DW.DW_AT_name);
  return entry && stringOf(entry, DW.DW_AT_name);
}

/** The struct or union that the variable is, or that it has an array of. */
export function aggregateOfVariable(variable: Entry): Aggregate | undefined {
  const entry = sayingEntry(variable, DW.DW_AT_type);
  return entry && aggregateOf(entry);
}

/**
 * The entry that has an attribute of the variable: itself, the declaration it completes (section
 * 2.13.2), or the abstract instance it is an instance of (section 3.3.8.2).
 */
function sayingEntry(variable: Entry, attribute: number): Entry | undefined {
  let entry: Entry | undefined = variable;
  for (let step = 0; entry !== undefined && step < STEPS_MOST; step++) {
    if (entry.has(attribute)) return entry;
    entry =
      referenceOf(entry, DW.DW_AT_specification) ?? referenceOf(entry, DW.DW_AT_abstract_origin);
  }
  return undefined;
}
