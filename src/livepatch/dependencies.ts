/**
 * `depends=` in .modinfo: the modules that modprobe loads before this one. modpost writes it from the
 * imports it saw (scripts/mod/modpost.c, add_depends). A module whose last import became a livepatch
 * symbol has to go from it, or modprobe would load it with the patch all the same, and the kernel
 * would never see it load after.
 */

import { bytesOfName, nameOfBytes } from "../byte-string.js";
import type { ElfObject } from "../elf/index.js";
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

/**
 * Takes modules out of `depends=`. NULs fill what it had more, which everybody who reads .modinfo
 * passes over (kernel/module/main.c, module_next_tag_pair), so that nothing behind it moves.
 */
export function removeDependencies(object: ElfObject, lost: readonly string[]): void {
  const section = [...object.present()].find(({ name }) => name === ".modinfo");
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
