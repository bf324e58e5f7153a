/**
 * What an intermediate module says that each of its places means: by an annotation, by the annotated
 * name, by an entry of objtool's form, or by nothing but a plain name.
 */

import { Diagnostics } from "../diagnostics.js";
import { type ElfObject, type Section, SHN_UNDEF } from "../elf/index.js";
import { readAnnotations } from "./dialects/annotations.js";
import { readKlpRelocs } from "./dialects/klp-relocs.js";
import type { Machine } from "./machines.js";
import { parseAnnotatedName, parseLivepatchName } from "./names.js";
import { ordinaryRelocations } from "./references.js";

/** A symbol as an intermediate module speaks of it. */
export interface Meaning {
  readonly name: string;
  /** The object that has it, and its position there; undefined where a plain name is all there is. */
  readonly said: { readonly object: string; readonly position: number } | undefined;
}

/** By section, and by offset in it: the undefined symbols that are used there. */
export function meaningsOf(
  object: ElfObject,
  machine: Machine,
): ReadonlyMap<Section, ReadonlyMap<number, Meaning>> {
  // What is malformed is told when the module is converted; here it says nothing.
  const unheard = new Diagnostics("");
  const annotations = readAnnotations(object, machine, unheard);
  const klpRelocs = readKlpRelocs(object, machine, annotations.sections, unheard);
  const meanings = new Map<Section, Map<number, Meaning>>();
  const note = (target: Section, offset: number, meaning: Meaning) => {
    const known = meanings.get(target) ?? new Map<number, Meaning>();
    meanings.set(target, known);
    known.set(offset, meaning);
  };
  const { symbols } = object;
  const bySymbol = new Map<number, Meaning | undefined>();
  for (const [table, target] of ordinaryRelocations(object)) {
    const entries = table.relocations(object.layout);
    for (let entry = 0; entry < entries.count; entry++) {
      const symbol = entries.symbol(entry);
      if (!bySymbol.has(symbol)) {
        const isUndefined = symbols.sectionIndex(symbol) === SHN_UNDEF && symbols.isNamed(symbol);
        const name = symbols.name(symbol);
        const said = parseAnnotatedName(name) ?? annotations.byName.get(name);
        bySymbol.set(symbol, isUndefined ? { name: said?.name ?? name, said } : undefined);
      }
      const meaning = bySymbol.get(symbol);
      if (meaning !== undefined) note(target, entries.offset(entry), meaning);
    }
  }
  for (const { target, offset, symbol } of klpRelocs.entries) {
    const said = parseLivepatchName(symbols.name(symbol));
    if (said !== undefined) note(target, offset, { name: said.name, said });
  }
  return meanings;
}
