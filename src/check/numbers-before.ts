/** Whether symbols and relocations mean what they meant before conversion, when all was numbered anew. */

import { type ElfObject, type Section, SHT_RELA } from "../elf/index.js";
import { comparisonOf } from "./comparison.js";
import { EntriesByPlace } from "./entries-by-place.js";
import { TOLERATED } from "./file-tests.js";
import {
  areWhereTheyWere,
  keepsNames,
  meaningOf,
  renamedSymbols,
  sectionOfNamed,
} from "./kept-symbols.js";
import { wrong } from "./outcome.js";
import type { Findings } from "./rule.js";
import type { Subject } from "./subject.js";

/** Tests it, of a module whose input is known. */
export function testNumbersBefore(subject: Subject, findings: Findings): void {
  const { object, input } = subject;
  const keeps = object !== undefined && input !== undefined && keepsNames(object, input);
  testSymbolsBefore(subject, keeps, findings);
  testEntriesBefore(subject, keeps, findings);
}

/** Symbols whose name tells which they were are in the section that they were in. */
function testSymbolsBefore(subject: Subject, keeps: boolean, findings: Findings): void {
  const { object, input } = subject;
  if (object === undefined || input === undefined) {
    findings.unchecked("the sections of symbols: there is no symbol table that could be read");
    return;
  }
  if (keeps && areWhereTheyWere(object, input)) return;
  const before = placesOfSymbols(input);
  let used: ReadonlySet<number> | undefined;
  for (const [name, place] of placesOfSymbols(object)) {
    const old = before.get(name);
    if (old === undefined || place === undefined || old.section === place.section) continue;
    // A section that is there no more may just be called otherwise.
    if (subject.sectionNamed(old.section) === undefined) continue;
    const { symbol, section } = place;
    used ??= usedSymbols(subject);
    findings.add({
      place: { symbol: name },
      message: `symbol ${symbol} is in ${section}, and was in ${old.section} before conversion`,
      ...(used.has(symbol)
        ? { outcome: wrong(`${name} stands for what is in ${section}`) }
        : TOLERATED),
    });
  }
}

/** Symbols that relocations of what is loaded are of. */
function usedSymbols(subject: Subject): Set<number> {
  const used = new Set<number>();
  for (const [table] of subject.ordinaryTables()) {
    for (const { symbol } of subject.entries(table)) used.add(symbol);
  }
  return used;
}

/** Ordinary relocations that are where they were are of the symbol that they were of. */
function testEntriesBefore(subject: Subject, keeps: boolean, findings: Findings): void {
  const { object, input } = subject;
  if (object === undefined || input === undefined) return;
  const before = new Map<string, Section | undefined>();
  for (const section of input.sections) {
    if (section.type !== SHT_RELA || section.index === 0) continue;
    before.set(section.name, before.has(section.name) ? undefined : section);
  }
  let renamed: Uint8Array | undefined;
  let meanings: ReadonlySet<string | undefined> | undefined;
  for (const [table, target] of subject.ordinaryTables()) {
    const old = before.get(table.name);
    const { count, symbols } = subject.table(table);
    if (old === undefined || count === 0) continue;
    const comparison = comparisonOf(subject);
    if (comparison.isPartOf(table, old)) {
      renamed ??= renamedSymbols(object, input, comparison, keeps);
      if (!hasAny(renamed, symbols)) continue;
    }
    const { offsets, types, addends } = subject.table(table);
    const entries = subject.table(old);
    const were = new EntriesByPlace(entries);
    for (let at = 0; at < count; at++) {
      const offset = offsets[at]!;
      const symbol = symbols[at]!;
      const found = were.find(offset, types[at]!, addends[at]!);
      const was = found < 0 ? undefined : meaningOf(input, entries.symbols[found]!);
      const is = meaningOf(object, symbol);
      if (was === undefined || is === undefined || was === is) continue;
      // What is there no more may just be called otherwise.
      meanings ??= meaningsOf(object);
      if (!meanings.has(was)) continue;
      findings.add({
        place: { section: target.name, offset, symbol: is },
        message: `the relocation is of symbol ${symbol}, and was of ${was} before conversion`,
        outcome: wrong(`it uses ${is} instead of ${was}`),
      });
    }
  }
}

/** One of `symbols` is marked with 1. */
function hasAny(marks: Uint8Array, symbols: Uint32Array): boolean {
  for (let at = 0; at < symbols.length; at++) if (marks[symbols[at]!] === 1) return true;
  return false;
}

function meaningsOf(object: ElfObject): Set<string | undefined> {
  const meanings = new Set<string | undefined>();
  for (let symbol = 1; symbol < object.symbols.count; symbol++) {
    meanings.add(meaningOf(object, symbol));
  }
  return meanings;
}

interface PlaceOfSymbol {
  readonly symbol: number;
  readonly section: string;
}

/** Defined symbols with a name of their own; undefined for what stands there twice. */
function placesOfSymbols(object: ElfObject): Map<string, PlaceOfSymbol | undefined> {
  const { symbols } = object;
  const places = new Map<string, PlaceOfSymbol | undefined>();
  for (let symbol = 1; symbol < symbols.count; symbol++) {
    const section = sectionOfNamed(object, symbol);
    if (section === undefined) continue;
    const name = symbols.name(symbol);
    if (name === "") continue;
    places.set(name, places.has(name) ? undefined : { symbol, section: section.name });
  }
  return places;
}
