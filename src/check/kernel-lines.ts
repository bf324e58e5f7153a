/** Lines of the kernel that several rules predict. */

import { EM_PPC64, SHN_UNDEF } from "../elf/index.js";
import type { Subject } from "./subject.js";

/** A symbol's name as the kernel prints it. */
export function printedName(subject: Subject, symbol: number): string {
  const { symbols } = subject.elf;
  const name = symbols.name(symbol);
  // arch/powerpc/kernel/module_64.c, dedotify
  const isCut = subject.header?.machine === EM_PPC64 && symbols.sectionIndex(symbol) === SHN_UNDEF;
  return isCut && name.startsWith(".") ? name.slice(1) : name;
}

/**
 * kernel/livepatch/core.c, klp_resolve_symbols, at a symbol that is not SHN_LIVEPATCH. The section that
 * it prints is the symbol table.
 */
export function lineOfUnmarked(subject: Subject, name: string, entry: number): string {
  const where = subject.isSince("7.3")
    ? ` at rela sec ${subject.elf.symbols.section} idx ${entry}`
    : "";
  return `livepatch: symbol ${name}${where} is not marked as a livepatch symbol`;
}
