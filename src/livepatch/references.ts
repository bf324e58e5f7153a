/**
 * The undefined symbols of a module, and the relocations of loaded sections that use them.
 *
 * The module loader resolves every undefined symbol of the table, also one that nothing uses
 * (kernel/module/main.c, simplify_symbols), so all of them are looked at. Relocations count only in
 * sections that are loaded: the others (`.debug_*`) are never applied by the kernel, and as
 * livepatch relocations they would be written through an address that is gone by then.
 */

import { counted, type Diagnostics, type Place } from "../diagnostics.js";
import {
  type ElfObject,
  R_NONE,
  type Section,
  SHF_RELA_LIVEPATCH,
  SHN_LIVEPATCH,
  SHN_UNDEF,
  SHT_RELA,
  STB_WEAK,
} from "../elf/index.js";
import type { KlpRelocs } from "./dialects/klp-relocs.js";
import { isTombstone } from "./dialects/tombstones.js";

/** One undefined symbol and its uses, or those of its uses that entries of objtool's form make. */
export interface Reference {
  /** Index of the symbol. */
  readonly symbol: number;
  readonly name: string;
  readonly weak: boolean;
  /** For uses of objtool's form: the object whose loading gates them. */
  readonly gate?: string;
  /** Relocations of loaded sections that use it. */
  count: number;
  /** Indices of the sections those relocate, in file order. */
  targets: ReadonlySet<number>;
  /** Offset of the first use in the first of the targets. */
  firstOffset: number;
}

const NO_TARGETS: ReadonlySet<number> = new Set();

/** Sets of targets: a set for each of a million symbols would be larger than the module. */
class Targets {
  /** Of nearly all references there is one target, and references share the sets of one. */
  readonly #ofOne = new Map<number, ReadonlySet<number>>();

  /** Adds one that the reference does not have yet. */
  add(reference: Reference, target: number): void {
    const { targets } = reference;
    if (targets.size === 0) reference.targets = this.#only(target);
    else if (targets.size === 1) reference.targets = new Set([...targets, target]);
    // A set of several is the reference's own.
    else (targets as Set<number>).add(target);
  }

  #only(target: number): ReadonlySet<number> {
    let only = this.#ofOne.get(target);
    if (only === undefined) {
      only = new Set([target]);
      this.#ofOne.set(target, only);
    }
    return only;
  }
}

/** SHT_RELA sections that the module loader applies. */
export function* ordinaryRelocations(object: ElfObject): Iterable<[Section, Section]> {
  for (const section of object.present()) {
    if (section.type !== SHT_RELA || isLivepatchSection(section)) continue;
    // Of a file that was read as it is, sh_info may name none: then nothing is applied.
    const target = object.sections[section.info];
    if (target?.isLoaded) yield [section, target];
  }
}

/** SHF_RELA_LIVEPATCH is set. */
export function isLivepatchSection(section: Section): boolean {
  return (section.flags & SHF_RELA_LIVEPATCH) !== 0;
}

/**
 * Finds every undefined symbol, in symbol table order, with its uses in loaded sections other than
 * those of `ignored`. Entries of objtool's form are uses by themselves, behind the symbol's others;
 * the dead relocations that stand for them are none, and a symbol that has no other is left out.
 *
 * Adds an error for relocations that livepatch and the module loader would treat as the other's:
 * an ordinary one of a livepatch symbol is resolved to 0 without a word, and a livepatch one of an
 * ordinary symbol is refused (kernel/livepatch/core.c, klp_resolve_symbols).
 */
export function collectReferences(
  object: ElfObject,
  ignored: readonly Section[],
  klpRelocs: KlpRelocs,
  diagnostics: Diagnostics,
): Reference[] {
  const { symbols } = object;
  const targets = new Targets();
  const references: Reference[] = [];
  // With room for all at once: an array that is filled with such gaps becomes a table of hashes.
  const bySymbol = new Array<Reference | undefined>(symbols.count);
  for (const symbol of symbols.inSection(SHN_UNDEF)) {
    if (!symbols.isNamed(symbol)) continue;
    const reference = {
      symbol,
      name: symbols.name(symbol),
      weak: symbols.binding(symbol) === STB_WEAK,
      count: 0,
      targets: NO_TARGETS,
      firstOffset: 0,
    };
    references.push(reference);
    bySymbol[symbol] = reference;
  }
  const isIgnored = new Set(ignored);
  for (const [section, target] of ordinaryRelocations(object)) {
    if (isIgnored.has(target)) continue;
    const dead = klpRelocs.dead.get(section);
    collectFrom(object, section, target, dead, bySymbol, targets, diagnostics);
  }
  for (const section of object.present()) {
    if (!isLivepatchSection(section)) continue;
    if (section.type === SHT_RELA) checkLivepatchSection(object, section, diagnostics);
    else {
      diagnostics.error(
        "livepatch-section-misused",
        `section ${section.index} has SHF_RELA_LIVEPATCH and type ${section.type}: the kernel would take what is in it for livepatch relocations`,
        { section: section.name },
        ["the flag is for what a converter makes; build the module again"],
      );
    }
  }
  const gated = gatedReferences(object, klpRelocs, targets);
  return references.flatMap((reference) => {
    const others = gated.get(reference.symbol);
    const isStandIn =
      others !== undefined ||
      klpRelocs.tombstones.has(reference.symbol) ||
      isTombstone(reference.name);
    const isUsed = reference.count > 0 || !isStandIn;
    if (others === undefined) return isUsed ? reference : [];
    return isUsed ? [reference, ...others] : others;
  });
}

/** The uses that entries of objtool's form make, by symbol: one reference for each gate. */
function gatedReferences(
  { symbols }: ElfObject,
  { entries }: KlpRelocs,
  targets: Targets,
): ReadonlyMap<number, readonly Reference[]> {
  const bySymbol = new Map<number, Map<string, Reference>>();
  for (const { symbol, gate, target, offset } of entries) {
    const byGate = bySymbol.get(symbol) ?? new Map<string, Reference>();
    bySymbol.set(symbol, byGate);
    let reference = byGate.get(gate);
    if (reference === undefined) {
      const name = symbols.name(symbol);
      const weak = symbols.binding(symbol) === STB_WEAK;
      reference = { symbol, name, weak, gate, count: 0, targets: NO_TARGETS, firstOffset: offset };
      byGate.set(gate, reference);
    }
    reference.count++;
    if (!reference.targets.has(target.index)) targets.add(reference, target.index);
  }
  return new Map([...bySymbol].map(([symbol, byGate]) => [symbol, [...byGate.values()]]));
}

function collectFrom(
  object: ElfObject,
  section: Section,
  target: Section,
  dead: ReadonlySet<number> | undefined,
  bySymbol: readonly (Reference | undefined)[],
  targets: Targets,
  diagnostics: Diagnostics,
): void {
  const { symbols } = object;
  const entries = section.relocations(object.layout);
  const { symbols: used } = entries.all;
  for (let entry = 0; entry < entries.count; entry++) {
    if (dead?.has(entry)) continue;
    const symbol = used[entry]!;
    const reference = bySymbol[symbol];
    if (reference !== undefined) {
      if (reference.count === 0) reference.firstOffset = entries.offset(entry);
      reference.count++;
      if (!reference.targets.has(target.index)) targets.add(reference, target.index);
    } else if (symbols.sectionIndex(symbol) === SHN_LIVEPATCH && entries.type(entry) !== R_NONE) {
      diagnostics.error(
        "livepatch-symbol-misused",
        `the relocation of livepatch symbol ${symbols.name(symbol)} is not in a livepatch section: the kernel would resolve it to 0`,
        { section: target.name, offset: entries.offset(entry), symbol: symbols.name(symbol) },
        [
          "the module was converted by a tool that left this behind; convert the intermediate module",
        ],
      );
    }
  }
}

function checkLivepatchSection(
  object: ElfObject,
  section: Section,
  diagnostics: Diagnostics,
): void {
  const { symbols } = object;
  const entries = section.relocations(object.layout);
  for (let entry = 0; entry < entries.count; entry++) {
    const symbol = entries.symbol(entry);
    if (symbols.sectionIndex(symbol) === SHN_LIVEPATCH) continue;
    diagnostics.error(
      "livepatch-section-misused",
      `the livepatch relocation is of ${symbols.name(symbol) || `symbol ${symbol}`}, which is not a livepatch symbol: the kernel would refuse it`,
      { section: section.name, offset: entries.offset(entry), symbol: symbols.name(symbol) },
      ["the module was converted by a tool that left this behind; convert the intermediate module"],
    );
  }
}

/** What is said of a reference where it cannot be decided. */
export class UseOfSymbol {
  readonly #object: ElfObject;
  readonly #reference: Reference;

  constructor(object: ElfObject, reference: Reference) {
    this.#object = object;
    this.#reference = reference;
  }

  place(): Place {
    return placeOfUse(this.#object, this.#reference);
  }

  text(): string {
    return describeUses(this.#object, this.#reference);
  }
}

/** Where a symbol is used first. */
export function placeOfUse(object: ElfObject, { name, targets, firstOffset }: Reference): Place {
  const [target] = targets;
  if (target === undefined) return { symbol: name };
  return { section: object.sections[target]!.name, offset: firstOffset, symbol: name };
}

/** How often a symbol is used, and by which function or object first. */
export function describeUses(
  object: ElfObject,
  { count, targets, firstOffset }: Reference,
): string {
  const [target] = targets;
  if (target === undefined) {
    return "nothing that is loaded uses it, but the module loader looks for every undefined symbol";
  }
  const user = object.symbols.covering(target, firstOffset);
  return `used by ${counted(count, "relocation")}${user === undefined ? "" : `, first in ${user}`}`;
}
