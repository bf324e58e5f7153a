/**
 * The symbols that a module has from elsewhere, and what uses them: those that livepatch resolves
 * (SHN_LIVEPATCH), and those that the module loader does (SHN_UNDEF).
 *
 * Nothing is refused here. What no kernel would load is shown as it stands; whether it loads is
 * another question.
 */

import {
  type ElfObject,
  R_NONE,
  type Section,
  SHN_LIVEPATCH,
  SHN_UNDEF,
  SHT_RELA,
  STB_WEAK,
} from "../elf/index.js";
import {
  isLivepatchSection,
  isMarkSection,
  objectOfLivepatchSection,
  parseLivepatchName,
  reasonToStay,
} from "../livepatch/index.js";
import type { SymbolMap } from "../symbols/index.js";
import type {
  Import,
  InspectedModule,
  LivepatchSection,
  LivepatchSymbol,
  Use,
} from "./inspection.js";
import { type User, Users } from "./users.js";

/** Livepatch symbols, livepatch sections and imports of a module. */
export function externalSymbols(
  object: ElfObject,
  map: SymbolMap | undefined,
): Pick<InspectedModule, "symbols" | "sections" | "imports"> {
  const { symbols } = object;
  const uses = collectUses(object);
  const livepatch: LivepatchSymbol[] = [];
  const imports: Import[] = [];
  for (let symbol = 1; symbol < symbols.count; symbol++) {
    const section = symbols.sectionIndex(symbol);
    if (section !== SHN_UNDEF && section !== SHN_LIVEPATCH) continue;
    if (!symbols.isNamed(symbol)) continue;
    const name = symbols.name(symbol);
    const ofSymbol = uses.get(symbol) ?? [];
    const relocations = ofSymbol.reduce((sum, use) => sum + use.relocations, 0);
    if (section === SHN_LIVEPATCH) {
      const said = parseLivepatchName(name);
      livepatch.push({
        livepatchName: name,
        object: said?.object ?? null,
        name: said?.name ?? name,
        position: said?.position ?? null,
        relocations,
        uses: ofSymbol,
      });
    } else {
      const exporters = map?.exporters(name).map((owner) => {
        return { object: owner, namespace: map.namespace(name, owner) ?? null };
      });
      imports.push({
        name,
        weak: symbols.binding(symbol) === STB_WEAK,
        exporters: exporters ?? null,
        reason: reasonToStay(name, object.machine) ?? null,
        relocations,
        uses: ofSymbol,
      });
    }
  }
  return { symbols: livepatch, sections: livepatchSections(object), imports };
}

/** The names of all undefined symbols, to be looked up. */
export function importedNames({ symbols }: ElfObject): string[] {
  const names: string[] = [];
  for (let symbol = 1; symbol < symbols.count; symbol++) {
    if (symbols.sectionIndex(symbol) === SHN_UNDEF && symbols.isNamed(symbol)) {
      names.push(symbols.name(symbol));
    }
  }
  return names;
}

function livepatchSections(object: ElfObject): LivepatchSection[] {
  return object
    .present()
    .filter(isLivepatchSection)
    .map((section) => ({
      name: section.name,
      gate: objectOfLivepatchSection(section.name) ?? null,
      target: object.sections[section.info]?.name ?? "",
      relocations: section.relocations(object.layout).count,
    }));
}

/** Uses by symbol, in the order of sections and entries. */
function collectUses(object: ElfObject): ReadonlyMap<number, readonly Use[]> {
  const { symbols } = object;
  const users = new Users(object);
  const counts = new Map<number, Map<string | null, Map<User, number>>>();
  for (const [section, target, gate] of appliedRelocations(object)) {
    const entries = section.relocations(object.layout);
    for (let entry = 0; entry < entries.count; entry++) {
      const symbol = entries.symbol(entry);
      const index = symbols.sectionIndex(symbol);
      // R_NONE is what objtool leaves where a relocation was.
      if ((index !== SHN_UNDEF && index !== SHN_LIVEPATCH) || entries.type(entry) === R_NONE) {
        continue;
      }
      const user = users.at(target, entries.offset(entry));
      const byGate = counts.get(symbol) ?? new Map<string | null, Map<User, number>>();
      counts.set(symbol, byGate);
      const byUser = byGate.get(gate) ?? new Map<User, number>();
      byGate.set(gate, byUser.set(user, (byUser.get(user) ?? 0) + 1));
    }
  }
  return new Map(
    [...counts].map(([symbol, byGate]) => [
      symbol,
      [...byGate].flatMap(([gate, byUser]) =>
        [...byUser].map(([user, relocations]) => ({ ...user, gate, relocations })),
      ),
    ]),
  );
}

/**
 * Relocations that the kernel applies: sections, what they relocate, and the object they wait for.
 * Those of sections with annotations are not uses: they say what uses mean.
 */
function* appliedRelocations(object: ElfObject): Iterable<[Section, Section, string | null]> {
  for (const section of object.present()) {
    const target = object.sections[section.info];
    if (section.type !== SHT_RELA || target === undefined || isMarkSection(target.name)) continue;
    if (isLivepatchSection(section)) {
      yield [section, target, objectOfLivepatchSection(section.name) ?? null];
    } else if (target.isLoaded) {
      yield [section, target, null];
    }
  }
}
