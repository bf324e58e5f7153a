/**
 * Writes an edited object. First every index, size and offset of the new file is settled, then the
 * bytes are emitted in one go; what cannot be written is refused before there is a byte.
 */

import type { Diagnostics } from "../diagnostics.js";
import { SHN_LORESERVE, SHT_GROUP, SHT_NOBITS, SHT_NULL, SHT_RELA } from "./constants.js";
import type { ElfObject, Section } from "./object.js";
import { type Missing, PartialBytes } from "./partial-bytes.js";
import { type Placement, placeContents } from "./placement.js";
import { StringTableGrowth } from "./string-table.js";

/** Gives memory for a file: `size` bytes, all of them zero. */
export type Allocate = (size: number) => Uint8Array;

const newMemory: Allocate = (size) => new Uint8Array(size);

/** Returns the object as a file; adds and throws as {@link writePartially} does. */
export function writeElf(object: ElfObject, diagnostics: Diagnostics): Uint8Array {
  const file = writePartially(object, diagnostics);
  file.load(0, file.size);
  return file.bytes;
}

/**
 * Returns the object as a file, in memory that `allocate` gives for it. What is missing of the object's
 * own file is so of this one too, and is read from there.
 *
 * Adds errors to `diagnostics` and throws Refusal if the result has more sections or bytes than its
 * class can number. Throws Error if the model points at something it has removed: that is a fault
 * of the caller, not of the file.
 */
export function writePartially(
  object: ElfObject,
  diagnostics: Diagnostics,
  allocate = newMemory,
): PartialBytes {
  const sectionIndex = numberSections(object, diagnostics);
  const symbolIndex = numberSymbols(object);
  const names = growStringTables(object);
  const contents = settleContents(object, sectionIndex, symbolIndex, names);
  const placement = placeContents(object, contents, diagnostics);
  diagnostics.throwIfFailed();
  const bytes = allocate(placement.size);
  return emit(object, bytes, placement, contents, sectionIndex, symbolIndex, names);
}

/** New index by old one; `GONE` for what was removed. */
type Numbering = Int32Array;
const GONE = -1;

function numberSections(object: ElfObject, diagnostics: Diagnostics): Numbering {
  const numbering = new Int32Array(object.sections.length);
  let next = 0;
  for (const section of object.sections) {
    numbering[section.index] = section.removed ? GONE : next++;
  }
  if (next >= SHN_LORESERVE) {
    diagnostics.error(
      "elf-too-many-sections",
      `the result would have ${next} sections; a module can number ${SHN_LORESERVE - 1}`,
    );
    diagnostics.refuse();
  }
  return numbering;
}

/** Undefined if no symbol was removed, so that tables need no pass over their entries. */
function numberSymbols(object: ElfObject): Numbering | undefined {
  const { removed, count } = object.symbols;
  if (removed.size === 0) return undefined;
  const numbering = new Int32Array(count);
  let next = 0;
  for (let symbol = 0; symbol < count; symbol++) {
    numbering[symbol] = removed.has(symbol) ? GONE : next++;
  }
  return numbering;
}

function renumber(numbering: Numbering, index: number, what: string): number {
  const renumbered = numbering[index];
  if (renumbered === undefined || renumbered === GONE) {
    throw new Error(`${what} refers to ${index}, which was removed`);
  }
  return renumbered;
}

/** Offsets of new names, and the string tables that grew by them. */
interface GrownNames {
  /** sh_name of new sections by their model index. */
  readonly sections: ReadonlyMap<number, number>;
  /** st_name of renamed symbols by their model index. */
  readonly symbols: ReadonlyMap<number, number>;
  readonly tables: ReadonlyMap<number, Uint8Array>;
}

function growStringTables(object: ElfObject): GrownNames {
  const growths = new Map<number, StringTableGrowth>();
  // Symbol and section names may share one table, as LLVM's assembler lays it out.
  const growthOf = (section: number) => {
    let growth = growths.get(section);
    if (growth === undefined) {
      growth = new StringTableGrowth(object.sections[section]!.data);
      growths.set(section, growth);
    }
    return growth;
  };
  const sections = new Map<number, number>();
  for (const section of object.present()) {
    if (section.fileOffset === undefined) {
      sections.set(section.index, growthOf(object.sectionNames).add(section.name));
    }
  }
  const symbols = new Map<number, number>();
  object.symbols.renamed.forEach((name, symbol) => {
    symbols.set(symbol, growthOf(object.symbols.stringTable).add(name));
  });
  const tables = new Map([...growths].map(([section, growth]) => [section, growth.bytes()]));
  return { sections, symbols, tables };
}

/** The bytes each present section will have, by model index; relocations still with old symbols. */
function settleContents(
  object: ElfObject,
  sectionIndex: Numbering,
  symbolIndex: Numbering | undefined,
  names: GrownNames,
): Map<number, Uint8Array> {
  const sectionsMoved = object.sections.some((section) => section.removed);
  const contents = new Map<number, Uint8Array>();
  for (const section of object.present()) {
    let data = names.tables.get(section.index) ?? section.inMemory;
    if (section.index === object.symbols.section) {
      data = settleSymbols(object, sectionsMoved ? sectionIndex : undefined, symbolIndex, names);
    } else if (section.type === SHT_GROUP && sectionsMoved) {
      data = settleGroup(object, section, sectionIndex);
    }
    contents.set(section.index, data);
  }
  return contents;
}

function settleSymbols(
  object: ElfObject,
  sectionIndex: Numbering | undefined,
  symbolIndex: Numbering | undefined,
  names: GrownNames,
): Uint8Array {
  const { symbols } = object;
  if (sectionIndex === undefined && symbolIndex === undefined && names.symbols.size === 0) {
    return symbols.records;
  }
  const { sym } = object.layout;
  const records = presentSymbols(object);
  const view = new DataView(records.buffer);
  const at = (symbol: number) => (symbolIndex?.[symbol] ?? symbol) * sym.size;
  names.symbols.forEach((name, symbol) => {
    if (symbolIndex?.[symbol] !== GONE) sym.st_name.set(view, at(symbol), name);
  });
  if (sectionIndex === undefined) return records;
  for (let symbol = 0; symbol < symbols.count; symbol++) {
    if (symbolIndex?.[symbol] === GONE) continue;
    const section = sym.st_shndx.get(view, at(symbol));
    if (section >= SHN_LORESERVE) continue;
    const index = renumber(sectionIndex, section, `symbol ${symbol}`);
    sym.st_shndx.set(view, at(symbol), index);
  }
  return records;
}

/** A copy of the records that will be written, as they are. */
function presentSymbols({ symbols, layout }: ElfObject): Uint8Array {
  const { records, removed } = symbols;
  if (removed.size === 0) return records.slice();
  const { size } = layout.sym;
  const present = new Uint8Array((symbols.count - removed.size) * size);
  let at = 0;
  for (let symbol = 0; symbol < symbols.count; symbol++) {
    if (removed.has(symbol)) continue;
    present.set(records.subarray(symbol * size, (symbol + 1) * size), at);
    at += size;
  }
  return present;
}

/** gABI chapter 4, "Section Groups": after the flag word, the members' section indices. */
function settleGroup(object: ElfObject, group: Section, sectionIndex: Numbering): Uint8Array {
  const { word } = object.layout;
  const data = group.data.slice();
  const view = new DataView(data.buffer);
  for (let at = 4; at < data.length; at += 4) {
    word.set(view, at, renumber(sectionIndex, word.get(view, at), `group ${group.index}`));
  }
  return data;
}

function emit(
  object: ElfObject,
  bytes: Uint8Array,
  placement: Placement,
  contents: ReadonlyMap<number, Uint8Array>,
  sectionIndex: Numbering,
  symbolIndex: Numbering | undefined,
  names: GrownNames,
): PartialBytes {
  const { ehdr, shdr, rela } = object.layout;
  const missing: Missing[] = [];
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  bytes.set(object.bytes.subarray(0, ehdr.size));
  ehdr.e_shoff.set(view, 0, placement.headerTable);
  ehdr.e_shnum.set(view, 0, object.presentCount);
  ehdr.e_shstrndx.set(
    view,
    0,
    renumber(sectionIndex, object.sectionNames, "the header's e_shstrndx"),
  );
  for (const [from, to, size] of placement.opaque) {
    bytes.set(object.bytes.subarray(from, from + size), to);
  }
  for (const section of object.sections) {
    if (section.removed) continue;
    const header = placement.headerTable + sectionIndex[section.index]! * shdr.size;
    bytes.set(new Uint8Array(section.header.buffer, section.header.byteOffset, shdr.size), header);
    // Nothing in an unused header means anything.
    if (section.type === SHT_NULL) continue;
    const owner = `section ${section.index} (${section.name})`;
    const name = names.sections.get(section.index);
    if (name !== undefined) shdr.sh_name.set(view, header, name);
    shdr.sh_link.set(view, header, renumber(sectionIndex, section.link, owner));
    shdr.sh_info.set(view, header, settleInfo(object, section, sectionIndex, symbolIndex, owner));
    const at = placement.sections.get(section.index);
    const data = contents.get(section.index);
    if (at === undefined || data === undefined) continue;
    if (at !== section.fileOffset) shdr.sh_offset.set(view, header, at);
    if (section.type === SHT_NOBITS) continue;
    shdr.sh_size.set(view, header, data.length);
    if (section.isMissing) missing.push({ at, size: data.length, from: section.fileOffset! });
    else bytes.set(data, at);
    if (section.type === SHT_RELA && symbolIndex !== undefined) {
      for (let entry = at; entry < at + data.length; entry += rela.size) {
        rela.symbol.set(view, entry, renumber(symbolIndex, rela.symbol.get(view, entry), owner));
      }
    }
  }
  missing.sort((a, b) => a.at - b.at);
  return new PartialBytes(bytes, missing, object.file);
}

/** sh_info by section type: a section, a symbol, the count of local symbols, or a plain number. */
function settleInfo(
  object: ElfObject,
  section: Section,
  sectionIndex: Numbering,
  symbolIndex: Numbering | undefined,
  owner: string,
): number {
  const { symbols } = object;
  if (section.infoIsSection) return renumber(sectionIndex, section.info, owner);
  if (symbolIndex === undefined) return section.info;
  if (section.type === SHT_GROUP) return renumber(symbolIndex, section.info, owner);
  if (section.index === symbols.section) {
    let locals = 0;
    for (let symbol = 0; symbol < symbols.firstGlobal; symbol++) {
      if (!symbols.removed.has(symbol)) locals++;
    }
    return locals;
  }
  return section.info;
}
