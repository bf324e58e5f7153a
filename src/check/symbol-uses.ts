/** Which symbols relocations are of, as far as the kernel applies them. */

import { R_NONE, type Section } from "../elf/index.js";
import { VMLINUX } from "../symbols/index.js";
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

/**
 * The first section with which the kernel resolves a livepatch symbol while it loads the patch. From
 * then on its address is in the symbol table, where ordinary relocations find it too.
 */
export function firstResolutions(subject: Subject): ReadonlyMap<number, number> {
  const first = new Map<number, number>();
  for (const { section, gate, target } of subject.livepatchSections) {
    if (gate !== VMLINUX || !isVisited(subject, target)) continue;
    for (const { symbol } of subject.entries(section)) {
      if (!first.has(symbol)) first.set(symbol, section.index);
    }
  }
  return first;
}

/** The kernel has resolved a symbol when it comes to a section, as {@link firstResolutions} says. */
export function isResolvedBefore(
  resolved: ReadonlyMap<number, number>,
  symbol: number,
  section: Section,
): boolean {
  const first = resolved.get(symbol);
  return first !== undefined && first < section.index;
}

/** Symbols of livepatch sections. */
export function symbolsOfLivepatch(subject: Subject): ReadonlySet<number> {
  const used = new Set<number>();
  for (const [, { symbol }] of subject.livepatchEntries()) used.add(symbol);
  return used;
}
