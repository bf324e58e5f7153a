/** What of the symbols of a converted module is as it was, seen without reading all their names. */

import { type ElfObject, type Section, STT_SECTION } from "../elf/index.js";
import type { Comparison } from "./comparison.js";
import { firstDifference } from "./same-bytes.js";

/**
 * Names of symbols are where they were, since the string table begins with what it was: symbols with the
 * same st_name have the same name.
 */
export function keepsNames(after: ElfObject, before: ElfObject): boolean {
  const { names } = before.symbols;
  const start = after.symbols.names.subarray(0, names.length);
  return start.length === names.length && firstDifference(start, names) === names.length;
}

/**
 * If names are kept: the symbols whose name, type or section is not that of the symbol that had the same
 * index; undefined if indices alone do not tell. Conversion changes a few.
 */
function changedSymbols(after: ElfObject, before: ElfObject): readonly number[] | undefined {
  if (after.symbols.count !== before.symbols.count) return undefined;
  const isSame = ({ index, name }: Section) => after.sections[index]?.name === name;
  return before.sections.every(isSame) ? after.symbols.differing(before.symbols) : undefined;
}

/**
 * It is certain, if names are kept, that symbols are in sections of the names that they were in:
 * for each defined one there was one that had the same name, and was there. Conversion keeps their order.
 */
export function areWhereTheyWere(after: ElfObject, before: ElfObject): boolean {
  const changed = changedSymbols(after, before);
  if (changed?.every((symbol) => sectionOfNamed(after, symbol) === undefined)) return true;
  const { symbols } = after;
  const { count } = before.symbols;
  let old = 1;
  for (let symbol = 1; symbol < symbols.count; symbol++) {
    const section = sectionOfNamed(after, symbol);
    if (section === undefined) continue;
    const name = symbols.nameOffset(symbol);
    while (old < count && before.symbols.nameOffset(old) !== name) old++;
    if (old === count) return false;
    const was = sectionOfNamed(before, old);
    if (was?.name !== section.name) return false;
    old++;
  }
  return true;
}

/** 1 for each symbol that is called otherwise than the one that it was; `keeps` if names are kept. */
export function renamedSymbols(
  after: ElfObject,
  before: ElfObject,
  comparison: Pick<Comparison, "originalOf" | "isSameNumbering">,
  keeps: boolean,
): Uint8Array {
  const { count } = after.symbols;
  const renamed = new Uint8Array(count);
  const test = (symbol: number) => {
    const was = comparison.originalOf(symbol);
    if (was === undefined) renamed[symbol] = 1;
    else if (keeps && hasSameName(after, symbol, before, was)) return;
    else if (meaningOf(after, symbol) !== meaningOf(before, was)) renamed[symbol] = 1;
  };
  const changed = keeps && comparison.isSameNumbering ? changedSymbols(after, before) : undefined;
  if (changed !== undefined) changed.forEach(test);
  else for (let symbol = 0; symbol < count; symbol++) test(symbol);
  return renamed;
}

/** Both have names of their own, and in one place. */
function hasSameName(after: ElfObject, symbol: number, before: ElfObject, was: number): boolean {
  return (
    after.symbols.nameOffset(symbol) === before.symbols.nameOffset(was) &&
    after.symbols.type(symbol) !== STT_SECTION &&
    before.symbols.type(was) !== STT_SECTION
  );
}

/** What a symbol is called: its name, or that of its section; undefined if it has neither. */
export function meaningOf({ symbols, sections }: ElfObject, symbol: number): string | undefined {
  if (symbol >= symbols.count) return undefined;
  const section = symbols.type(symbol) === STT_SECTION ? symbols.sectionIndex(symbol) : undefined;
  const name = section === undefined ? symbols.name(symbol) : sections[section]?.name;
  return name || undefined;
}

/** The section of a symbol that is not the section's own; undefined if there is none. */
export function sectionOfNamed(object: ElfObject, symbol: number): Section | undefined {
  const section = object.sectionOfSymbol(symbol);
  return section === undefined || object.symbols.type(symbol) === STT_SECTION ? undefined : section;
}
