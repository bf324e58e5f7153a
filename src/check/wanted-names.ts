/** The names that a check asks symbols for; they have to be known before symbols are looked through. */

import { SHN_LIVEPATCH } from "../elf/index.js";
import { EXPORTED_FOR_CERTAIN, importsOf } from "./imports.js";
import type { Subject } from "./subject.js";

/**
 * Names of livepatch symbols as the kernel reads them, of all undefined symbols, and of the functions
 * that the patch replaces. The subject need not have symbols yet.
 */
export function wantedNames(subject: Subject): Set<string> {
  const names = new Set([EXPORTED_FOR_CERTAIN]);
  for (const symbol of subject.object?.symbols.inSection(SHN_LIVEPATCH) ?? []) {
    const { name } = subject.symbolName(symbol);
    if (name !== "") names.add(name);
  }
  for (const { name } of importsOf(subject)) names.add(name);
  for (const functions of subject.patch.objects?.values() ?? []) {
    for (const { name } of functions) names.add(name);
  }
  return names;
}
