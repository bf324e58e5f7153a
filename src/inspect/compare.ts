/**
 * How two modules differ, an intermediate one and what was made of it above all. Indices, file offsets
 * and the tables of names follow from the rest and are not compared; everything else is, so that what
 * is not listed is the same.
 */

import { counted, Diagnostics, hex, Refusal } from "../diagnostics.js";
import {
  type ElfObject,
  machineName,
  type Section,
  SHN_ABS,
  SHN_COMMON,
  SHN_LIVEPATCH,
  SHN_LORESERVE,
  SHN_UNDEF,
  SHT_GROUP,
  SHT_RELA,
  SHT_STRTAB,
  SHT_SYMTAB,
} from "../elf/index.js";
import { isSigned } from "../livepatch/index.js";
import { compareRelocations } from "./compare-relocations.js";
import type {
  ChangedField,
  ChangedSection,
  ChangedSymbol,
  CompareResult,
  Comparison,
  ModinfoChange,
  RenamedSymbol,
  SectionChanges,
  SymbolChanges,
} from "./comparison.js";
import { isReordered, type Pairs, pairSections, pairSymbols } from "./pairing.js";
import { readModinfo, readModule } from "./read-module.js";
import { symbolText } from "./symbol-text.js";

/** A module's bytes, and the name of its file in messages. */
export interface ModuleFile {
  readonly file: string;
  readonly bytes: Uint8Array;
}

/** How `after` differs from `before`. A file that cannot be read is a result without a comparison. */
export function compareModules(before: ModuleFile, after: ModuleFile): CompareResult {
  const read = [before, after].map(({ file, bytes }) => {
    const diagnostics = new Diagnostics(file);
    try {
      return { object: readModule(bytes, diagnostics), diagnostics };
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      return { object: undefined, diagnostics };
    }
  });
  const [first, second] = read.map(({ object }) => object);
  return {
    comparison:
      first === undefined || second === undefined
        ? null
        : compare(first, second, isSameBytes(before.bytes, after.bytes)),
    diagnostics: read.flatMap(({ diagnostics }) => diagnostics.list()),
  };
}

function compare(before: ElfObject, after: ElfObject, identical: boolean): Comparison {
  const sections = pairSections(before, after);
  const symbols = pairSymbols(before, after, sections);
  const { same: sameRelocations, ...relocations } = compareRelocations(
    before,
    after,
    sections,
    symbols,
  );
  const sectionChanges = compareSections(before, after, sections);
  const symbolChanges = compareSymbols(before, after, sections, symbols);
  return {
    identical,
    header: compareHeaders(before, after),
    symbols: symbolChanges,
    sections: sectionChanges,
    relocations,
    modinfo: compareModinfo(before, after),
    same: {
      // The null section and the null symbol are in every file.
      sections: sections.after.size - 1 - sectionChanges.changed.length,
      symbols: symbols.after.size - 1 - symbolChanges.renamed.length - symbolChanges.changed.length,
      relocations: sameRelocations,
    },
  };
}

function compareHeaders(before: ElfObject, after: ElfObject): ChangedField[] {
  const fields = [before, after].map((object) => {
    const { ehdr, elfClass, littleEndian } = object.layout;
    const view = new DataView(object.bytes.buffer, object.bytes.byteOffset);
    return {
      machine: machineName(object.machine),
      class: elfClass === 2 ? "ELFCLASS64" : "ELFCLASS32",
      "byte order": littleEndian ? "little" : "big",
      e_flags: hex(ehdr.e_flags.get(view, 0)),
      signature: isSigned(object.bytes) ? "appended" : "none",
    };
  });
  return changedFields(fields[0]!, fields[1]!);
}

/** The fields of two records that differ. */
function changedFields<Fields extends Readonly<Record<string, string>>>(
  before: Fields,
  after: Fields,
): ChangedField[] {
  return Object.keys(before)
    .filter((field) => before[field] !== after[field])
    .map((field) => ({ field, before: before[field]!, after: after[field]! }));
}

function compareSections(before: ElfObject, after: ElfObject, sections: Pairs): SectionChanges {
  const changed: ChangedSection[] = [];
  for (const section of before.present()) {
    const index = sections.after.get(section.index);
    if (index === undefined) continue;
    const fields = compareSection(before, section, after, after.sections[index]!, sections);
    if (fields.length > 0) changed.push({ name: section.name, fields });
  }
  const unpaired = (object: ElfObject, pairs: ReadonlyMap<number, number>) =>
    object
      .present()
      .filter(({ index }) => !pairs.has(index))
      .map(({ name, size }) => ({ name, size }));
  return {
    added: unpaired(after, sections.before),
    removed: unpaired(before, sections.after),
    changed,
    reordered: isReordered(sections),
  };
}

/** Sections whose contents are compared as what they hold. */
const COMPARED_APART = [SHT_RELA, SHT_SYMTAB, SHT_STRTAB];

function compareSection(
  before: ElfObject,
  section: Section,
  after: ElfObject,
  other: Section,
  sections: Pairs,
): ChangedField[] {
  const fields = changedFields(headerFields(before, section), headerFields(after, other));
  if (COMPARED_APART.includes(section.type)) return fields;
  const isSame =
    section.type === SHT_GROUP
      ? isSameGroup(before, section, after, other, sections)
      : section.size === other.size && isSameBytes(section.data, other.data);
  if (!isSame) {
    fields.push({
      field: "contents",
      before: counted(section.size, "byte"),
      after: counted(other.size, "byte"),
    });
  }
  return fields;
}

function headerFields(object: ElfObject, section: Section) {
  const { shdr } = object.layout;
  const { type, flags, link, info, header } = section;
  const nameOf = (index: number) => object.sections[index]?.name ?? `${index}`;
  const ofInfo = section.infoIsSection
    ? nameOf(info)
    : type === SHT_GROUP
      ? object.symbols.name(info)
      : `${info}`;
  return {
    type: hex(type),
    flags: hex(flags),
    alignment: `${shdr.sh_addralign.get(header, 0)}`,
    "entry size": `${shdr.sh_entsize.get(header, 0)}`,
    address: hex(shdr.sh_addr.get(header, 0)),
    link: nameOf(link),
    // Of the symbol table it is where the locals end, which follows from the symbols.
    info: type === SHT_SYMTAB ? "" : ofInfo,
  };
}

/** A group's first word is its flags, the others are section indices. */
function isSameGroup(
  before: ElfObject,
  section: Section,
  after: ElfObject,
  other: Section,
  sections: Pairs,
): boolean {
  const [first, second] = [wordsOf(before, section), wordsOf(after, other)];
  return (
    first.length === second.length &&
    first.every((word, i) => second[i] === (i === 0 ? word : sections.after.get(word)))
  );
}

function wordsOf({ layout }: ElfObject, { data }: Section): number[] {
  const view = new DataView(data.buffer, data.byteOffset, data.length);
  return Array.from({ length: data.length / 4 }, (_, i) => layout.word.get(view, 4 * i));
}

function compareSymbols(
  before: ElfObject,
  after: ElfObject,
  sections: Pairs,
  symbols: Pairs,
): SymbolChanges {
  const renamed: RenamedSymbol[] = [];
  const changed: ChangedSymbol[] = [];
  const sectionsBefore = (index: number) => `${index}`;
  const sectionsAfter = (index: number) => `${sections.before.get(index) ?? -1 - index}`;
  for (const [old, now] of symbols.after) {
    if (old === 0) continue;
    const first = symbolFields(before, old, sectionsBefore);
    const second = symbolFields(after, now, sectionsAfter);
    const fields = changedFields(first, second).filter(({ field }) => field !== "place");
    if (first.place !== second.place) {
      fields.unshift({
        field: "section",
        before: sectionText(before, old),
        after: sectionText(after, now),
      });
    }
    const [name, nameNow] = [symbolText(before, old), symbolText(after, now)];
    if (name !== nameNow) renamed.push({ before: name, after: nameNow, fields });
    else if (fields.length > 0) changed.push({ name, fields });
  }
  const unpaired = (object: ElfObject, pairs: ReadonlyMap<number, number>) => {
    const all = Array.from({ length: object.symbols.count }, (_, symbol) => symbol);
    return all.filter((symbol) => !pairs.has(symbol)).map((symbol) => symbolText(object, symbol));
  };
  return {
    renamed,
    changed,
    added: unpaired(after, symbols.before),
    removed: unpaired(before, symbols.after),
    reordered: isReordered(symbols),
  };
}

/** All that the table says of a symbol but its name; `place` is its section as `keyOf` says it. */
function symbolFields(
  { symbols, layout }: ElfObject,
  symbol: number,
  keyOf: (section: number) => string,
) {
  const { records } = symbols;
  const view = new DataView(records.buffer, records.byteOffset, records.length);
  const section = symbols.sectionIndex(symbol);
  return {
    place: section >= SHN_LORESERVE ? hex(section) : keyOf(section),
    value: hex(symbols.value(symbol)),
    size: `${symbols.size(symbol)}`,
    type: `${symbols.type(symbol)}`,
    binding: `${symbols.binding(symbol)}`,
    other: hex(layout.sym.st_other.get(view, symbol * layout.sym.size)),
  };
}

const SECTION_WORDS: ReadonlyMap<number, string> = new Map([
  [SHN_UNDEF, "undefined"],
  [SHN_LIVEPATCH, "livepatch"],
  [SHN_ABS, "absolute"],
  [SHN_COMMON, "common"],
]);

function sectionText(object: ElfObject, symbol: number): string {
  const index = object.symbols.sectionIndex(symbol);
  return SECTION_WORDS.get(index) ?? object.sectionOfSymbol(symbol)?.name ?? hex(index);
}

function compareModinfo(before: ElfObject, after: ElfObject): ModinfoChange[] {
  const [first, second] = [valuesByKey(before), valuesByKey(after)];
  const changes: ModinfoChange[] = [];
  for (const key of new Set([...first.keys(), ...second.keys()])) {
    const change = { key, before: first.get(key) ?? [], after: second.get(key) ?? [] };
    if (change.before.join("\0") !== change.after.join("\0")) changes.push(change);
  }
  return changes;
}

function valuesByKey(object: ElfObject): Map<string, string[]> {
  const values = new Map<string, string[]>();
  for (const { key, value } of readModinfo(object)) {
    values.set(key, [...(values.get(key) ?? []), value]);
  }
  return values;
}

function isSameBytes(one: Uint8Array, other: Uint8Array): boolean {
  return one.length === other.length && one.every((byte, i) => byte === other[i]);
}
