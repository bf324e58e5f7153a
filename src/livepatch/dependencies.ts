/**
 * What a module is said to need before it is loaded: `depends=` in .modinfo, and the checksums in
 * `__versions`. modpost writes both from the imports it saw (scripts/mod/modpost.c, add_depends,
 * add_versions); depmod goes by undefined symbols and `__versions`, others by `depends=`. A module
 * whose last import became a livepatch symbol has to go from both, or it would be loaded with the
 * patch all the same, and the kernel would never see it load after.
 */

import { bytesOfName, nameOfBytes } from "../byte-string.js";
import { type ElfObject, type Layout, relocationSections, type Section } from "../elf/index.js";
import { kernelSpelling, type SymbolMap, VMLINUX } from "../symbols/index.js";
import type { Decision } from "./rules/verdict.js";

/**
 * The modules in `depends=` that nothing but livepatch symbols uses any more, as they are spelled
 * there. Without knowing who exports what stays, none.
 */
export function lostDependencies(
  depends: string | undefined,
  decisions: readonly Decision[],
  map: SymbolMap | undefined,
): string[] {
  if (map === undefined || !depends) return [];
  const kept = new Set<string>();
  let isAnyOpen = false;
  const bound = new Set<string>();
  for (const { reference, target } of decisions) {
    if (target !== undefined) bound.add(target.object);
    else {
      for (const object of exportersOf(reference.name, map)) kept.add(object);
      // What nobody known exports may be exported by a module of which not all is known.
      isAnyOpen ||= reference.weak && map.exporters(reference.name).length === 0;
    }
  }
  return depends.split(",").filter((spelled) => {
    const module = kernelSpelling(spelled);
    if (isAnyOpen && !map.hasObject(module)) return false;
    return bound.has(module) && !kept.has(module);
  });
}

/** The symbol stays an import, of a module and not of vmlinux. */
export function isImportOfModule(
  { reference, target }: Decision,
  map: SymbolMap | undefined,
): boolean {
  return target === undefined && map !== undefined && exportersOf(reference.name, map).length > 0;
}

/** What vmlinux exports the kernel takes from there (kernel/module/main.c, find_symbol). */
function exportersOf(name: string, map: SymbolMap): readonly string[] {
  const exporters = map.exporters(name);
  return exporters.includes(VMLINUX) ? [] : exporters;
}

/** Bytes of struct modversion_info: an unsigned long, and a name that fills it up to 64. */
const VERSION_SIZE = 64;

/** An entry of `__versions`. */
export interface Version {
  readonly name: string;
  /** The bytes of the checksum. */
  readonly checksum: Uint8Array;
}

/** The entries of `__versions`, in their order. */
export function readVersions({ data }: Section, { wordSize }: Layout): Version[] {
  return Array.from({ length: Math.floor(data.length / VERSION_SIZE) }, (_, i) => {
    const entry = data.subarray(i * VERSION_SIZE, (i + 1) * VERSION_SIZE);
    const name = nameOfBytes(entry, wordSize).split("\0")[0]!;
    return { name, checksum: entry.subarray(0, wordSize) };
  });
}

/**
 * Takes the checksums of symbols of lost modules out of `__versions`, which kernels with
 * CONFIG_MODVERSIONS have. The kernel would not mind them, but depmod takes every name in there for
 * an import, and would have the module loaded first again.
 */
export function removeVersions(
  object: ElfObject,
  lost: readonly string[],
  decisions: readonly Decision[],
): void {
  const section = object.present().find(({ name }) => name === "__versions");
  if (section === undefined || section.data.length % VERSION_SIZE !== 0) return;
  // No kernel has relocations there; with some, entries could not be taken out from among others.
  const relocations = relocationSections(object, [section]).get(section.index)!;
  if (relocations.some(({ data }) => data.length > 0)) return;
  const modules = new Set(lost.map(kernelSpelling));
  const names = new Set(
    decisions.flatMap(({ reference, target }) =>
      target !== undefined && modules.has(target.object) ? reference.name : [],
    ),
  );
  const kept: Uint8Array[] = [];
  for (const [i, { name }] of readVersions(section, object.layout).entries()) {
    const at = i * VERSION_SIZE;
    if (!names.has(name)) kept.push(section.data.subarray(at, at + VERSION_SIZE));
  }
  if (kept.length * VERSION_SIZE === section.data.length) return;
  const data = new Uint8Array(kept.length * VERSION_SIZE);
  for (const [i, entry] of kept.entries()) data.set(entry, i * VERSION_SIZE);
  section.data = data;
}

/**
 * Takes modules out of `depends=`. NULs fill what it had more, which everybody who reads .modinfo
 * passes over (kernel/module/main.c, module_next_tag_pair), so that nothing behind it moves.
 */
export function removeDependencies(object: ElfObject, lost: readonly string[]): void {
  const section = object.present().find(({ name }) => name === ".modinfo");
  if (section === undefined || lost.length === 0) return;
  const text = nameOfBytes(section.data);
  const match = /(?:^|\0)depends=([^\0]*)/.exec(text);
  if (match === null) return;
  const [whole, modules = ""] = match;
  const left = modules.split(",").filter((module) => !lost.includes(module));
  const data = section.data.slice();
  const end = match.index + whole.length;
  data.fill(0, end - modules.length, end);
  data.set(bytesOfName(left.join(",")), end - modules.length);
  section.data = data;
}
