/** What a unit is read for from end to end: its variables that have an address, and its structs. */

import * as DW from "./constants.js";
import { type Entry, entryAt } from "./entries.js";
import type { Place } from "./places.js";
import type { Unit } from "./units.js";
import { Unreadable } from "./unreadable.js";
import { placeOf } from "./variables.js";
import { walkBelow } from "./walk.js";

/** How many structs of a unit are kept; with all headers of a kernel it has some thousands. */
const STRUCTS_MOST = 0x20000;

/**
 * Calls `found` with the variables of a unit that have a place, and answers its structs: those that
 * it defines for all of itself, not within a function, and those that it declares.
 *
 * If `hits` are given, ascending offsets, an entry that has none of them between its first byte and
 * its last may be passed, as a function, and with it the variables that are within.
 */
export function scanUnit(
  unit: Unit,
  found: (variable: Entry, place: Place) => void,
  hits?: readonly number[],
): Entry[] {
  const structs: Entry[] = [];
  let hit = 0;
  walkBelow(entryAt(unit, unit.root), {
    tags: [DW.DW_TAG_variable, DW.DW_TAG_structure_type],
    found(entry, depth) {
      if (entry.tag === DW.DW_TAG_variable) {
        const place = placeOf(entry);
        if (place !== undefined) found(entry, place);
      } else if (depth === 1) {
        if (structs.length === STRUCTS_MOST) throw new Unreadable("there are too many structs");
        structs.push(entry);
      }
    },
    enters(start, end) {
      if (hits === undefined || end === undefined) return true;
      while (hit < hits.length && hits[hit]! < start) hit++;
      return hit < hits.length && hits[hit]! < end;
    },
  });
  return structs;
}
