/** What a type comes down to (DWARF 5 sections 5.2, 5.3 and 5.5). */

import { referenceOf } from "./attribute-values.js";
import * as DW from "./constants.js";
import type { Entry } from "./entries.js";

/** Types that stand for others, one after the other; a file may have them go in circles. */
const STEPS_MOST = 32;

/** A struct or union. */
export interface Aggregate {
  readonly entry: Entry;
  /** The type is an array of it. */
  readonly isArray: boolean;
}

/** The struct or union that the DW_AT_type of an entry comes down to. */
export function aggregateOf(typed: Entry): Aggregate | undefined {
  let isArray = false;
  let entry = referenceOf(typed, DW.DW_AT_type);
  for (let step = 0; entry !== undefined && step < STEPS_MOST; step++) {
    switch (entry.tag) {
      case DW.DW_TAG_structure_type:
      case DW.DW_TAG_union_type:
        return { entry, isArray };
      case DW.DW_TAG_array_type:
        isArray = true;
        break;
      case DW.DW_TAG_typedef:
      case DW.DW_TAG_const_type:
      case DW.DW_TAG_volatile_type:
      case DW.DW_TAG_restrict_type:
      case DW.DW_TAG_atomic_type:
        break;
      default:
        return undefined;
    }
    entry = referenceOf(entry, DW.DW_AT_type);
  }
  return undefined;
}
