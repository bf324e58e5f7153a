/** How many bytes relocations write. */

import { relocationType } from "../livepatch/index.js";
import type { EntryTable } from "./entry-table.js";

/** Bytes that each entry writes; 0 if none, or if nothing is known of its type. */
export function widthsOf(machine: number, { count, types }: EntryTable): Uint8Array {
  const widths = new Uint8Array(count);
  let type = -1;
  let width = 0;
  for (let at = 0; at < count; at++) {
    // Neighbours mostly have one type.
    if (types[at] !== type) {
      type = types[at]!;
      width = relocationType(machine, type)?.width ?? 0;
    }
    widths[at] = width;
  }
  return widths;
}
