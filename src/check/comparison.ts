/**
 * A converted module held against the one it was made from: which section and which symbol is which,
 * and which relocations there were. Conversion takes sections of annotations and of objtool's entries
 * out, with the symbols that nothing needs any more, and puts livepatch sections behind all others; the
 * order of what remains never changes.
 */

import { Diagnostics } from "../diagnostics.js";
import {
  type ElfObject,
  type Section,
  SHF_RELA_LIVEPATCH,
  SHN_LORESERVE,
  SHN_UNDEF,
  SHT_RELA,
} from "../elf/index.js";
import {
  collectReferences,
  hasTombstones,
  isMarkSection,
  type KlpReloc,
  type KlpRelocs,
  nameInKernel,
  readKlpRelocs,
  unusedTombstones,
} from "../livepatch/index.js";
import { EntriesByPlace } from "./entries-by-place.js";
import { EntryTable } from "./entry-table.js";
import { isMergedFrom } from "./merged-entries.js";
import type { Subject } from "./subject.js";

/** A relocation of the module before conversion. */
export interface OriginalRelocation {
  readonly offset: number;
  readonly type: number;
  readonly addend: number;
  /** Index of its symbol before conversion. */
  readonly symbol: number;
  /** Its number among those of its section, in the order that conversion keeps. */
  readonly rank: number;
}

/** A relocation of the converted module. */
export interface PresentRelocation {
  readonly offset: number;
  readonly type: number;
  readonly addend: number;
  /** Index of its symbol before conversion; -1 less its own index if there was none. */
  readonly symbol: number;
  /** Index of its symbol. */
  readonly own: number;
  /** The section that it is in, and its number there. */
  readonly table: Section;
  readonly entry: number;
}

const COMPARISONS = new WeakMap<Subject, Comparison>();

/** The comparison of a subject that has both modules. */
export function comparisonOf(subject: Subject): Comparison {
  let comparison = COMPARISONS.get(subject);
  if (comparison === undefined) {
    comparison = new Comparison(subject, subject.input!);
    COMPARISONS.set(subject, comparison);
  }
  return comparison;
}

export class Comparison {
  /** Why not all can be compared; undefined if it can. */
  readonly fault: string | undefined;
  readonly #subject: Subject;
  readonly #after: ElfObject;
  readonly #before: ElfObject;
  readonly #klpRelocs: KlpRelocs;
  /** Sections of the converted module by their index before. */
  readonly #sections: ReadonlyMap<number, Section>;
  /** Indices of symbols before conversion, by those after; -1 where there was none. */
  readonly #symbols: Int32Array;
  /** Symbols have the indices that they had. */
  readonly isSameNumbering: boolean;
  #strays: ReadonlySet<string> | undefined;
  #originalTables: ReadonlyMap<number, readonly Section[]> | undefined;
  #entries: ReadonlyMap<Section, readonly KlpReloc[]> | undefined;
  #presentTables: ReadonlyMap<number, readonly Section[]> | undefined;
  readonly #kept = new Map<Section, boolean>();

  constructor(subject: Subject, before: ElfObject) {
    const { elf: after, machine } = subject;
    this.#subject = subject;
    this.#after = after;
    this.#before = before;
    const removed = removedSections(before);
    this.#sections = matchSections(before, after, removed);
    const marks = before.sections.filter(
      (each) => removed.has(each.index) && each.type !== SHT_RELA,
    );
    const none = { entries: [], sections: [], dead: new Map(), tombstones: new Set<number>() };
    this.#klpRelocs =
      machine === undefined
        ? { ...none, isFaulty: false }
        : readKlpRelocs(before, machine, marks, new Diagnostics("input"));
    this.fault = this.#klpRelocs.isFaulty
      ? "the module before conversion has entries of objtool's form that cannot be read"
      : undefined;
    const gone = symbolsThatGo(before, marks, this.#klpRelocs);
    this.#symbols = matchSymbols(before, after, this.#sections, removed, gone);
    this.isSameNumbering = isIdentity(this.#symbols);
  }

  /** Loaded sections that relocations can be of, before and after, in their order. */
  *targets(): Iterable<readonly [before: Section, after: Section]> {
    for (const before of this.#before.sections) {
      const after = this.#sections.get(before.index);
      if (before.isLoaded && after !== undefined && !isTable(before)) yield [before, after];
    }
  }

  /** Loaded sections with code or data, with what became of them; undefined if they are gone. */
  *contents(): Iterable<readonly [before: Section, after: Section | undefined]> {
    const removed = removedSections(this.#before);
    const { sectionNames, symbols } = this.#before;
    // Conversion adds to them, and the kernel does not read the copies that it loads.
    const tables = [sectionNames, symbols.section, symbols.stringTable];
    for (const before of this.#before.sections) {
      if (before.index === 0 || !before.isLoaded || isTable(before)) continue;
      if (tables.includes(before.index)) continue;
      if (!removed.has(before.index)) yield [before, this.#sections.get(before.index)];
    }
  }

  /**
   * It is certain, without a look at each, that the relocations of a section are those that it had, each
   * once and every table of them in the order that they had. Of what objtool has made it is not.
   */
  areKept(before: Section, after: Section): boolean {
    let kept = this.#kept.get(after);
    if (kept === undefined) {
      kept = this.#areKept(before, after);
      this.#kept.set(after, kept);
    }
    return kept;
  }

  #areKept(before: Section, after: Section): boolean {
    const [table, ...others] = this.#originalsOf(before);
    const { entries, dead } = this.#klpRelocs;
    if (others.length > 0 || entries.length > 0 || dead.size > 0) return false;
    const tables = this.#presentOf(after);
    if (table === undefined) return tables.every(({ data }) => data.length === 0);
    const { layout } = this.#before;
    const whole = table.relocations(layout);
    if (this.isSameNumbering && layout === this.#after.layout) {
      const parts = tables.map((each) => each.relocations(layout));
      if (isMergedFrom(whole, parts)) return true;
    }
    const original = new EntryTable(whole);
    const originals = new EntriesByPlace(original);
    const isFound = new Uint8Array(original.count);
    let left = original.count;
    for (const each of tables) {
      const { count, offsets, types, addends, symbols } = this.#subject.table(each);
      let last = -1;
      for (let entry = 0; entry < count; entry++) {
        const at = originals.find(offsets[entry]!, types[entry]!, addends[entry]!);
        // Of what is not found the position is before all others.
        if (at <= last || isFound[at] === 1) return false;
        if (original.symbols[at] !== this.#symbols[symbols[entry]!]) return false;
        isFound[at] = 1;
        last = at;
        left--;
      }
    }
    return left === 0;
  }

  /**
   * It is certain that each relocation of a section of them is one of `before`, a section of them before
   * conversion, with the symbol that it had there.
   */
  isPartOf(after: Section, before: Section): boolean {
    const was = this.#before.sections[before.info];
    const is = this.#after.sections[after.info];
    return (
      this.#before.layout === this.#after.layout &&
      was !== undefined &&
      is !== undefined &&
      this.#sections.get(was.index) === is &&
      this.#originalsOf(was)[0] === before &&
      this.areKept(was, is)
    );
  }

  /** The index that a symbol had before conversion; undefined if there was none. */
  originalOf(symbol: number): number | undefined {
    const original = this.#symbols[symbol]!;
    return original < 0 ? undefined : original;
  }

  #originalsOf(target: Section): readonly Section[] {
    this.#originalTables ??= tablesByTarget(this.#before);
    return this.#originalTables.get(target.index) ?? [];
  }

  #presentOf(target: Section): readonly Section[] {
    this.#presentTables ??= tablesByTarget(this.#after);
    return this.#presentTables.get(target.index) ?? [];
  }

  /** All relocations of a section before conversion. */
  originals(target: Section): OriginalRelocation[] {
    const found: OriginalRelocation[] = [];
    for (const table of this.#originalsOf(target)) {
      const dead = this.#klpRelocs.dead.get(table);
      const entries = table.relocations(this.#before.layout);
      for (let entry = 0; entry < entries.count; entry++) {
        if (dead?.has(entry)) continue;
        found.push({
          offset: entries.offset(entry),
          type: entries.type(entry),
          addend: entries.addend(entry),
          symbol: entries.symbol(entry),
          rank: found.length,
        });
      }
    }
    this.#entries ??= entriesByTarget(this.#klpRelocs);
    for (const { offset, type, symbol, named } of this.#entries.get(target) ?? []) {
      const addend = named.entries.addend(named.entry);
      found.push({ offset, type, addend, symbol, rank: found.length });
    }
    return found;
  }

  /** All relocations of a section of the converted module, section by section. */
  present(target: Section): PresentRelocation[] {
    const found: PresentRelocation[] = [];
    for (const table of this.#presentOf(target)) {
      const entries = table.relocations(this.#after.layout);
      for (let entry = 0; entry < entries.count; entry++) {
        const own = entries.symbol(entry);
        found.push({
          offset: entries.offset(entry),
          type: entries.type(entry),
          addend: entries.addend(entry),
          symbol: this.originalOf(own) ?? -1 - own,
          own,
          table,
          entry,
        });
      }
    }
    return found;
  }

  /** A relocation of this place has a symbol that there is none of, and is in nothing told here. */
  isStray(target: Section, offset: number): boolean {
    this.#strays ??= new Set(
      this.#subject.strays.map((each) => `${each.section.info} ${each.offset}`),
    );
    return this.#strays.has(`${target.index} ${offset}`);
  }

  /** What messages call a symbol of the module before conversion. */
  originalName(symbol: number): string {
    return nameFor(this.#before, symbol);
  }

  /** What messages call a symbol of the converted module. */
  presentName(symbol: number): string {
    return nameFor(this.#after, symbol);
  }
}

function isIdentity(indices: Int32Array): boolean {
  for (let at = 0; at < indices.length; at++) if (indices[at] !== at) return false;
  return true;
}

/** Symbols that only stood in for others; who uses which is asked where there are any. */
function symbolsThatGo(
  before: ElfObject,
  marks: readonly Section[],
  klpRelocs: KlpRelocs,
): ReadonlySet<number> {
  if (!hasTombstones(before, klpRelocs)) return new Set();
  const references = collectReferences(before, marks, klpRelocs, new Diagnostics("input"));
  return new Set(unusedTombstones(before, klpRelocs, references));
}

function nameFor(object: ElfObject, symbol: number): string {
  return object.symbols.name(symbol) || object.sectionOfSymbol(symbol)?.name || `symbol ${symbol}`;
}

/** The section holds relocations, of the kernel's or of livepatch's making. */
function isTable({ type, flags }: Section): boolean {
  return type === SHT_RELA || (flags & SHF_RELA_LIVEPATCH) !== 0;
}

function entriesByTarget({ entries }: KlpRelocs): ReadonlyMap<Section, readonly KlpReloc[]> {
  const byTarget = new Map<Section, KlpReloc[]>();
  for (const entry of entries) {
    const of = byTarget.get(entry.target);
    if (of === undefined) byTarget.set(entry.target, [entry]);
    else of.push(entry);
  }
  return byTarget;
}

function tablesByTarget({ sections }: ElfObject): ReadonlyMap<number, readonly Section[]> {
  const tables = new Map<number, Section[]>();
  for (const section of sections) {
    if (section.index === 0 || !isTable(section)) continue;
    const of = tables.get(section.info);
    if (of === undefined) tables.set(section.info, [section]);
    else of.push(section);
  }
  return tables;
}

/** Indices of the sections that conversion takes out, with their relocations. */
function removedSections({ sections }: ElfObject): ReadonlySet<number> {
  const marks = new Set(
    sections
      .filter(({ index, name }) => index > 0 && isMarkSection(name))
      .map(({ index }) => index),
  );
  const tables = sections.filter(({ type, info }) => type === SHT_RELA && marks.has(info));
  return new Set([...marks, ...tables.map(({ index }) => index)]);
}

/**
 * A section is known by its name, the first of that name by the first. One that was renamed is where it
 * has to be, since what stays keeps its order.
 */
function matchSections(
  before: ElfObject,
  after: ElfObject,
  removed: ReadonlySet<number>,
): ReadonlyMap<number, Section> {
  const byName = new Map<string, Section[]>();
  for (const section of [...after.sections].reverse()) {
    if (section.index === 0) continue;
    const of = byName.get(section.name);
    if (of === undefined) byName.set(section.name, [section]);
    else of.push(section);
  }
  const kept = before.sections.filter(({ index }) => index > 0 && !removed.has(index));
  const matched = new Map<number, Section>();
  for (const { index, name } of kept) {
    const section = byName.get(name)?.pop();
    if (section !== undefined) matched.set(index, section);
  }
  const taken = new Set(matched.values());
  for (const [i, { index }] of kept.entries()) {
    const there = after.sections[i + 1];
    if (!matched.has(index) && there !== undefined && !taken.has(there)) matched.set(index, there);
  }
  return matched;
}

/**
 * Symbols keep their order too. Those of removed sections go, and those that are `gone`. Of a module
 * that something else was done to, a symbol is known by its name and place. Answers with the index before
 * of each symbol, -1 where there was none.
 */
function matchSymbols(
  before: ElfObject,
  after: ElfObject,
  sections: ReadonlyMap<number, Section>,
  removed: ReadonlySet<number>,
  gone: ReadonlySet<number>,
): Int32Array {
  const matched = new Int32Array(after.symbols.count);
  const isAnyGone = removed.size > 0 || gone.size > 0;
  const isGone = (symbol: number) =>
    removed.has(before.symbols.sectionIndex(symbol)) || gone.has(symbol);
  let next = 1;
  for (let symbol = 1; symbol < before.symbols.count; symbol++) {
    if (!isAnyGone || !isGone(symbol)) matched[next++] = symbol;
  }
  if (next === after.symbols.count) return matched;
  return matchByName(before, after, sections);
}

function matchByName(
  before: ElfObject,
  after: ElfObject,
  sections: ReadonlyMap<number, Section>,
): Int32Array {
  const indices = new Map([...sections].map(([index, section]) => [section.index, index]));
  const found = new Map<string, number[]>();
  for (let symbol = before.symbols.count - 1; symbol > 0; symbol--) {
    const index = before.symbols.sectionIndex(symbol);
    const key = symbolKey(before, symbol, index);
    const of = found.get(key);
    if (of === undefined) found.set(key, [symbol]);
    else of.push(symbol);
  }
  const matched = new Int32Array(after.symbols.count).fill(-1, 1);
  for (let symbol = 1; symbol < after.symbols.count; symbol++) {
    const index = after.symbols.sectionIndex(symbol);
    const key = symbolKey(after, symbol, indices.get(index) ?? index);
    const of = found.get(key);
    // One that is there twice says the same either time.
    const original = of !== undefined && of.length > 1 ? of.pop() : of?.[0];
    if (original !== undefined) matched[symbol] = original;
  }
  return matched;
}

/** What is in no section is known by its name in the kernel alone. */
function symbolKey({ symbols }: ElfObject, symbol: number, section: number): string {
  const name = nameInKernel(symbols.name(symbol));
  if (section === SHN_UNDEF || section >= SHN_LORESERVE) return name;
  return `${section} ${symbols.value(symbol)} ${name}`;
}
