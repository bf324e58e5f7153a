/**
 * .debug_addr (DWARF 5 section 7.27): tables of addresses, one for each unit that has the addresses
 * of its variables there and not with them. The unit refers to where the rows of its table begin.
 */

import type { DebugFile } from "./debug-file.js";
import type { DebugSection } from "./debug-sections.js";
import type { Place, PlaceSet } from "./places.js";
import { readLength } from "./units.js";

/** Where the rows begin of those tables that have one of `places`. */
export function tablesWith(file: DebugFile, places: PlaceSet): Place[] {
  return file.sections.named(".debug_addr").flatMap((section) => tablesIn(section, places));
}

function tablesIn(section: DebugSection, places: PlaceSet): Place[] {
  const rows = section.references.leadingTo(places);
  const tables: Place[] = [];
  let start = 0;
  let row = 0;
  while (row < rows.length) {
    const { cursor, end } = readLength(section.cursor(start));
    // Version, size of an address, size of a segment selector.
    cursor.skip(2 + 1 + 1);
    if (rows[row]! < end) tables.push({ section: section.index, offset: cursor.at });
    while (row < rows.length && rows[row]! < end) row++;
    start = end;
  }
  return tables;
}
