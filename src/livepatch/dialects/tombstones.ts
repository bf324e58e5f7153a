/**
 * What stands at the places of objtool's entries until they are converted: ordinary relocations of
 * symbols that nobody has. They are dead, and go.
 */

import {
  type ElfObject,
  type Relocations,
  relocationSections,
  type Section,
  SHN_UNDEF,
  STB_WEAK,
  type SymbolTable,
} from "../../elf/index.js";
import { TOMBSTONE_PREFIX } from "../names.js";
import type { KlpReloc, KlpRelocs } from "./klp-relocs.js";

/**
 * Finds the relocation that stands at the place of each entry, and leaves entries out of which there
 * is none, or one that is not dead; `refuse` is told which, and why.
 */
export function findDead(
  object: ElfObject,
  found: readonly KlpReloc[],
  refuse: (each: KlpReloc, fault: string) => void,
): Pick<KlpRelocs, "entries" | "dead" | "tombstones"> {
  const standing = collectStanding(object, found);
  const entries: KlpReloc[] = [];
  const dead = new Map<Section, Set<number>>();
  const tombstones = new Set<number>();
  for (const each of found) {
    const { target, offset, type, named } = each;
    const there = standing.get(target)!.get(offset)!;
    const chosen = there.dead.get(type)?.pop();
    if (chosen === undefined) {
      refuse(each, faultOf(object, each, there));
      continue;
    }
    const { table, relocations, entry } = chosen;
    const [addend, stands] = [named.entries.addend(named.entry), relocations.addend(entry)];
    if (addend !== stands) {
      refuse(each, `says addend ${addend}, and ${stands} stands at its place`);
      continue;
    }
    const ofTable = dead.get(table) ?? new Set();
    dead.set(table, ofTable.add(entry));
    tombstones.add(relocations.symbol(entry));
    entries.push(each);
  }
  return { entries, dead, tombstones };
}

/** An ordinary relocation at the place of an entry. */
interface Standing {
  readonly table: Section;
  readonly relocations: Relocations;
  readonly entry: number;
}

/** What stands at a place. */
interface StandingThere {
  readonly first?: Standing;
  /** By type those that can be dead and that no entry has yet, the last first. */
  readonly dead: ReadonlyMap<number, Standing[]>;
  /** The types of all that can be dead, also of those that an entry has. */
  readonly types: ReadonlySet<number>;
}

/** All relocations at the places of entries, by section and offset. */
function collectStanding(
  object: ElfObject,
  found: readonly KlpReloc[],
): ReadonlyMap<Section, ReadonlyMap<number, StandingThere>> {
  const targets = [...new Set(found.map(({ target }) => target))];
  const places = new Map(targets.map((target) => [target, new Map<number, Standing[]>()]));
  for (const { target, offset } of found) places.get(target)!.set(offset, []);
  const tables = relocationSections(object, targets);
  for (const target of targets) {
    for (const table of tables.get(target.index)!) {
      const relocations = table.relocations(object.layout);
      for (let entry = 0; entry < relocations.count; entry++) {
        const there = places.get(target)!.get(relocations.offset(entry));
        there?.push({ table, relocations, entry });
      }
    }
  }
  return new Map(
    [...places].map(([target, byOffset]) => [
      target,
      new Map([...byOffset].map(([offset, all]) => [offset, sortStanding(object, all)])),
    ]),
  );
}

function sortStanding(object: ElfObject, all: readonly Standing[]): StandingThere {
  const dead = new Map<number, Standing[]>();
  for (const each of [...all].reverse()) {
    if (!canBeDead(object, each)) continue;
    const type = each.relocations.type(each.entry);
    const ofType = dead.get(type);
    if (ofType === undefined) dead.set(type, [each]);
    else ofType.push(each);
  }
  const [first] = all;
  return { dead, types: new Set(dead.keys()), ...(first && { first }) };
}

/** Its symbol is weak and undefined, so that the kernel would make it 0. */
function canBeDead({ symbols }: ElfObject, { relocations, entry }: Standing): boolean {
  const symbol = relocations.symbol(entry);
  return (
    symbol !== 0 &&
    symbols.sectionIndex(symbol) === SHN_UNDEF &&
    symbols.binding(symbol) === STB_WEAK
  );
}

/** Why there is none left for an entry. */
function faultOf(object: ElfObject, { type }: KlpReloc, { first, types }: StandingThere): string {
  if (first === undefined) return "has no relocation at its place";
  if (types.has(type)) return "is not the only one of its place";
  if (!canBeDead(object, first)) {
    const symbol = first.relocations.symbol(first.entry);
    const name = object.symbols.name(symbol) || `symbol ${symbol}`;
    return `has a relocation of ${name} at its place when one of ${TOMBSTONE_PREFIX}NAME, weak and undefined, is expected`;
  }
  const stands = first.relocations.type(first.entry);
  return `says relocation type ${type}, and type ${stands} stands at its place`;
}

/** There are symbols that stand in for others. */
export function hasTombstones({ symbols }: ElfObject, { tombstones }: KlpRelocs): boolean {
  if (tombstones.size > 0) return true;
  return symbols.inSection(SHN_UNDEF).some((symbol) => isNamedTombstone(symbols, symbol));
}

/** Symbols that stood in for others and that nothing uses any more: no reference is left of them. */
export function unusedTombstones(
  { symbols }: ElfObject,
  { tombstones }: KlpRelocs,
  references: readonly { readonly symbol: number }[],
): number[] {
  const standIns = symbols
    .inSection(SHN_UNDEF)
    .filter((symbol) => tombstones.has(symbol) || isNamedTombstone(symbols, symbol));
  if (standIns.length === 0) return [];
  const used = new Set(references.map(({ symbol }) => symbol));
  return [...standIns].filter((symbol) => !used.has(symbol));
}

function isNamedTombstone(symbols: SymbolTable, symbol: number): boolean {
  return symbols.isDotted(symbol) && isTombstone(symbols.name(symbol));
}

/** The name says that the symbol stands in for another. */
export function isTombstone(name: string): boolean {
  return name.startsWith(TOMBSTONE_PREFIX);
}
