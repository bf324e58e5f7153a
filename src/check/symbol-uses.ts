/** Which symbols relocations are of, as far as the kernel applies them. */

import { R_NONE } from "../elf/index.js";
import { isVisited } from "./application.js";
import type { Subject } from "./subject.js";

/** Symbols of ordinary relocations that do something. */
export function symbolsOfOrdinary(subject: Subject): ReadonlySet<number> {
  const used = new Set<number>();
  for (const [table, target] of subject.ordinaryTables()) {
    if (!isVisited(subject, target)) continue;
    for (const { type, symbol } of subject.entries(table)) if (type !== R_NONE) used.add(symbol);
  }
  return used;
}

/** Symbols of livepatch sections. */
export function symbolsOfLivepatch(subject: Subject): ReadonlySet<number> {
  const used = new Set<number>();
  for (const [, { symbol }] of subject.livepatchEntries()) used.add(symbol);
  return used;
}
