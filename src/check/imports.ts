/** The symbols that the module loader looks for among exports (kernel/module/main.c, simplify_symbols). */

import { EM_PPC64, EM_S390, EM_X86_64, R_NONE, SHN_UNDEF, STB_WEAK } from "../elf/index.js";
import { kernelSpelling, type SymbolMap, VMLINUX } from "../symbols/index.js";
import { optionFor } from "./lookups.js";
import type { Subject } from "./subject.js";

export interface Import {
  /** Its index. */
  readonly symbol: number;
  readonly name: string;
  readonly weak: boolean;
}

/** The imports in the order of the symbol table; those not among them that the loader sets itself. */
export function* importsOf({ object, header }: Subject): Iterable<Import> {
  if (object === undefined) return;
  const { symbols } = object;
  for (const symbol of symbols.inSection(SHN_UNDEF)) {
    if (!symbols.isNamed(symbol)) continue;
    const spelled = symbols.nameIfShort(symbol);
    if (spelled === undefined || isSetByLoader(spelled, header?.machine)) continue;
    // arch/powerpc/kernel/module_64.c, dedotify
    const isDotted = header?.machine === EM_PPC64 && spelled.startsWith(".");
    const name = isDotted ? spelled.slice(1) : spelled;
    yield { symbol, name, weak: symbols.binding(symbol) === STB_WEAK };
  }
}

/** Who exports an import, the one first that the kernel takes (find_symbol). */
export function exporterOf(map: SymbolMap, { name }: Pick<Import, "name">): string | undefined {
  const exporters = map.exporters(name);
  return exporters.includes(VMLINUX) ? VMLINUX : exporters[0];
}

/** The map says all that vmlinux exports. */
function knowsExports(map: SymbolMap): boolean {
  const isWhole = map.facts(VMLINUX)?.names === "all";
  return isWhole && map.exporters(EXPORTED_FOR_CERTAIN).includes(VMLINUX);
}

/** Why nobody may be said to export an import; undefined if it is certain that nobody does. */
export function doubtOf(subject: Subject): string | undefined {
  const { map } = subject;
  if (map === undefined) return "the kernel's symbols are not given: --symbols";
  if (!knowsExports(map)) {
    return `${map.file} does not say what vmlinux exports: --symbols Module.symvers, or vmlinux`;
  }
  const unknown = dependenciesOf(subject).find((module) => map.facts(module) === undefined);
  if (unknown === undefined) return undefined;
  return `what ${unknown} exports is not known: ${optionFor(unknown)}`;
}

/** The modules that the module says it needs. */
export function dependenciesOf(subject: Subject): string[] {
  const depends = subject.info("depends") ?? "";
  return depends.split(",").flatMap((each) => (each === "" ? [] : kernelSpelling(each)));
}

/** The symbols that ordinary relocations use: those that the module loader applies. */
export function symbolsInUse(subject: Subject): ReadonlySet<number> {
  const used = new Set<number>();
  for (const [table] of subject.ordinaryTables()) {
    for (const { symbol, type } of subject.entries(table)) if (type !== R_NONE) used.add(symbol);
  }
  return used;
}

/** vmlinux exports it wherever there is livepatch: a source without it does not know exports. */
export const EXPORTED_FOR_CERTAIN = "klp_enable_patch";

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
