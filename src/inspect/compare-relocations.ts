/**
 * Which relocations moved, came and went. One is known by the place it relocates, its type, symbol
 * and addend; the section it is in may differ: then it moved. What is left on both sides of one place
 * is the relocation that stood in for another symbol, and that one.
 */

import { type ElfObject, type Section, SHT_RELA } from "../elf/index.js";
import type { MovedRelocations, RelocationChanges, RelocationsOfSection } from "./comparison.js";
import type { Pairs } from "./pairing.js";
import { symbolText } from "./symbol-text.js";

interface Entry {
  readonly section: Section;
  /** Its number among all of the file. */
  readonly number: number;
  /** The section by its index in the first file, below 0 if only the second has it. */
  readonly sectionKey: number;
  readonly symbol: number;
  /** Where it is and what it does there, without the symbol. */
  readonly place: string;
  /** The symbol by its index in the first file, below 0 if only the second has it. */
  readonly symbolKey: number;
}

export interface ComparedRelocations extends RelocationChanges {
  /** How many are the same, and in the same section. */
  readonly same: number;
}

export function compareRelocations(
  before: ElfObject,
  after: ElfObject,
  sections: Pairs,
  symbols: Pairs,
): ComparedRelocations {
  const same = (index: number) => index;
  const first = readEntries(before, same, same);
  const second = readEntries(
    after,
    (index) => sections.before.get(index) ?? -1 - index,
    (symbol) => symbols.before.get(symbol) ?? -1 - symbol,
  );
  const moved: [Entry, Entry][] = [];
  const matching = new Matching(first, second);
  const unmoved = matching.match(
    ({ place, symbolKey, sectionKey }) => `${sectionKey} ${symbolKey} ${place}`,
  );
  moved.push(...matching.match(({ place, symbolKey }) => `${symbolKey} ${place}`));
  moved.push(...matching.match(({ place }) => place));
  return {
    moved: countMoves(before, after, moved),
    removed: countEntries(before, matching.first),
    added: countEntries(after, matching.second),
    reordered: reorderedSections(unmoved),
    same: unmoved.length,
  };
}

function readEntries(
  object: ElfObject,
  sectionKey: (index: number) => number,
  symbolKey: (symbol: number) => number,
): Entry[] {
  const found: Entry[] = [];
  for (const section of object.present()) {
    if (section.type !== SHT_RELA) continue;
    const key = sectionKey(section.index);
    const target = sectionKey(section.info);
    const entries = section.relocations(object.layout);
    for (let entry = 0; entry < entries.count; entry++) {
      const symbol = entries.symbol(entry);
      const place = `${target} ${entries.offset(entry)} ${entries.type(entry)} ${entries.addend(entry)}`;
      found.push({
        section,
        number: found.length,
        sectionKey: key,
        symbol,
        place,
        symbolKey: symbolKey(symbol),
      });
    }
  }
  return found;
}

/** What has not found its like yet. */
class Matching {
  constructor(
    public first: readonly Entry[],
    public second: readonly Entry[],
  ) {}

  /** Takes out the pairs of equal keys; of equal keys the first with the first. */
  match(keyOf: (entry: Entry) => string): [Entry, Entry][] {
    const waiting = new Map<string, Entry[]>();
    for (const entry of this.first) {
      const key = keyOf(entry);
      const same = waiting.get(key);
      if (same === undefined) waiting.set(key, [entry]);
      else same.push(entry);
    }
    for (const same of waiting.values()) same.reverse();
    const pairs: [Entry, Entry][] = [];
    const matched = new Set<Entry>();
    for (const entry of this.second) {
      const other = waiting.get(keyOf(entry))?.pop();
      if (other === undefined) continue;
      pairs.push([other, entry]);
      matched.add(other).add(entry);
    }
    this.first = this.first.filter((entry) => !matched.has(entry));
    this.second = this.second.filter((entry) => !matched.has(entry));
    return pairs;
  }
}

function countMoves(
  before: ElfObject,
  after: ElfObject,
  pairs: readonly (readonly [Entry, Entry])[],
): MovedRelocations[] {
  const moves = new Map<
    string,
    { -readonly [Key in keyof MovedRelocations]: MovedRelocations[Key] }
  >();
  for (const [old, now] of pairs) {
    const key = `${old.section.index} ${now.section.index} ${old.symbol} ${now.symbol}`;
    const known = moves.get(key);
    if (known !== undefined) known.relocations++;
    else {
      moves.set(key, {
        from: old.section.name,
        to: now.section.name,
        symbol: symbolText(before, old.symbol),
        symbolAfter: symbolText(after, now.symbol),
        relocations: 1,
      });
    }
  }
  return [...moves.values()];
}

function countEntries(object: ElfObject, entries: readonly Entry[]): RelocationsOfSection[] {
  const counts = new Map<string, { section: string; symbol: string; relocations: number }>();
  for (const { section, symbol } of entries) {
    const key = `${section.index} ${symbol}`;
    const known = counts.get(key);
    if (known !== undefined) known.relocations++;
    else {
      const name = symbolText(object, symbol);
      counts.set(key, { section: section.name, symbol: name, relocations: 1 });
    }
  }
  return [...counts.values()];
}

/** Names of sections in which entries that both have do not stand in the first file's order. */
function reorderedSections(pairs: readonly (readonly [Entry, Entry])[]): string[] {
  const last = new Map<Section, number>();
  const reordered = new Set<Section>();
  // Pairs come in the order of the second file.
  for (const [old, now] of pairs) {
    if (old.number < (last.get(now.section) ?? -1)) reordered.add(now.section);
    last.set(now.section, old.number);
  }
  return [...reordered].map(({ name }) => name);
}
