/** The names that the rules ask the symbols for. */

import { SHN_LIVEPATCH, SHN_UNDEF } from "../elf/index.js";
import type { Subject } from "./subject.js";

/** Names in livepatch symbols, of imports, and of the functions that the patch replaces. */
export function wantedNames(subject: Subject): Set<string> {
  const names = new Set<string>();
  const { object, patch } = subject;
  for (let symbol = 1; symbol < (object?.symbols.count ?? 0); symbol++) {
    const section = object!.symbols.sectionIndex(symbol);
    if (section === SHN_LIVEPATCH) names.add(subject.symbolName(symbol).name);
    else if (section === SHN_UNDEF) names.add(object!.symbols.name(symbol));
  }
  for (const functions of patch.objects?.values() ?? []) {
    for (const { name } of functions) names.add(name);
  }
  names.delete("");
  return names;
}
