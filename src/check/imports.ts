/** The symbols that the module loader looks for among exports (kernel/module/main.c, simplify_symbols). */

import { EM_PPC64, EM_S390, EM_X86_64, SHN_UNDEF, STB_WEAK } from "../elf/index.js";
import type { Subject } from "./subject.js";

export interface Import {
  /** Its index. */
  readonly symbol: number;
  readonly name: string;
  readonly weak: boolean;
}

/** The imports in the order of the symbol table; those not among them that the loader sets itself. */
export function* importsOf({ object, header }: Subject): Iterable<Import> {
  const { symbols } = object ?? {};
  for (let symbol = 1; symbols !== undefined && symbol < symbols.count; symbol++) {
    if (symbols.sectionIndex(symbol) !== SHN_UNDEF || !symbols.isNamed(symbol)) continue;
    const spelled = symbols.name(symbol);
    if (isSetByLoader(spelled, header?.machine)) continue;
    // arch/powerpc/kernel/module_64.c, dedotify
    const isDotted = header?.machine === EM_PPC64 && spelled.startsWith(".");
    const name = isDotted ? spelled.slice(1) : spelled;
    yield { symbol, name, weak: symbols.binding(symbol) === STB_WEAK };
  }
}

/** Leftovers of a conversion, which are no exports of anything. */
export function isLeftover(name: string): boolean {
  return /^\.?(?:klp|kpatch)\./.test(name);
}

function isSetByLoader(name: string, machine: number | undefined): boolean {
  switch (machine) {
    case EM_X86_64:
    case EM_S390:
      return name === "_GLOBAL_OFFSET_TABLE_";
    case EM_PPC64:
      return name === ".TOC.";
    default:
      return false;
  }
}
