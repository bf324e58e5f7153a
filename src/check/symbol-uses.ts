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
 * The first section with which the kernel resolves each livepatch symbol while it loads the patch. From
 * then on its address is in the symbol table, where ordinary relocations find it too.
 */
export class Resolutions {
  readonly #subject: Subject;
  #first: ReadonlyMap<number, number> | undefined;

  constructor(subject: Subject) {
    this.#subject = subject;
  }

  /** The kernel has resolved a symbol when it comes to a section. */
  isBefore(symbol: number, section: Section): boolean {
    this.#first ??= firstResolutions(this.#subject);
    const first = this.#first.get(symbol);
    return first !== undefined && first < section.index;
  }
}

function firstResolutions(subject: Subject): ReadonlyMap<number, number> {
  const first = new Map<number, number>();
  for (const { section, gate, target } of subject.livepatchSections) {
    if (gate !== VMLINUX || !isVisited(subject, target)) continue;
    const { symbols, firstUses } = subject.table(section);
    for (const at of firstUses) {
      if (!first.has(symbols[at]!)) first.set(symbols[at]!, section.index);
    }
  }
  return first;
}

/** Symbols of livepatch sections. */
export function symbolsOfLivepatch(subject: Subject): ReadonlySet<number> {
  const used = new Set<number>();
  for (const { entry } of subject.firstUses) used.add(entry.symbol);
  return used;
}
