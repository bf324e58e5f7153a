/**
 * What the parts of a file say about each other: names, indices and offsets that point from one
 * into another. Nothing behind the reader checks any of it again.
 */

import { counted, type Diagnostics, hex } from "../diagnostics.js";
import {
  SHN_LORESERVE,
  SHN_UNDEF,
  SHN_XINDEX,
  SHT_CREL,
  SHT_GROUP,
  SHT_NULL,
  SHT_REL,
  SHT_RELA,
  SHT_SYMTAB_SHNDX,
} from "./constants.js";
import type { ElfObject, Section } from "./object.js";
import { relocationsOf } from "./relocations.js";
import { NAME_MOST } from "./string-table.js";

/** Adds every fault found to `diagnostics`. */
export function checkConsistency(object: ElfObject, diagnostics: Diagnostics): void {
  checkSymbols(object, diagnostics);
  for (const section of object.sections) {
    // Nothing in an unused header means anything.
    if (section.type === SHT_NULL) continue;
    checkLinks(section, object, diagnostics);
    if (section.type === SHT_RELA) checkRelocations(section, object, diagnostics);
    if (section.type === SHT_GROUP) checkGroup(section, object, diagnostics);
  }
}

/** A table's sh_entsize is its record's size, and its sh_size a multiple of that. */
export function checkTableShape(
  section: { readonly index: number; readonly name: string; readonly size: number },
  entrySize: number,
  recordSize: number,
  diagnostics: Diagnostics,
): void {
  const { index, name, size } = section;
  if (entrySize !== recordSize) {
    diagnostics.error(
      "elf-entsize",
      `section ${index} is corrupt: sh_entsize is ${entrySize} when it should be ${recordSize}`,
      { section: name },
    );
  }
  if (size % recordSize !== 0) {
    diagnostics.error(
      "elf-table-size",
      `section ${index} is corrupt: size is ${size} when it should be a multiple of ${recordSize}`,
      { section: name },
    );
  }
}

function checkSymbols({ symbols, sections, layout }: ElfObject, diagnostics: Diagnostics): void {
  const place = { section: sections[symbols.section]!.name };
  const names = sections[symbols.stringTable]!.data.length;
  const { records } = symbols;
  const view = new DataView(records.buffer, records.byteOffset, records.length);
  if (symbols.count === 0) {
    diagnostics.error("elf-symtab", "the symbol table is empty: it lacks the null symbol", place);
  }
  if (symbols.count > 0 && symbols.sectionIndex(0) !== SHN_UNDEF) {
    diagnostics.error(
      "elf-null-symbol",
      `symbol 0 is corrupt: its section index is ${symbols.sectionIndex(0)} when it should be 0`,
      place,
    );
  }
  if (symbols.firstGlobal > symbols.count) {
    diagnostics.error(
      "elf-first-global",
      `section ${symbols.section} is corrupt: sh_info is ${symbols.firstGlobal} in a table of ${counted(symbols.count, "symbol")}`,
      place,
    );
  }
  for (let symbol = 0; symbol < symbols.count; symbol++) {
    const nameOffset = layout.sym.st_name.get(view, symbol * layout.sym.size);
    if (nameOffset >= names) {
      diagnostics.error(
        "elf-symbol-name",
        `symbol ${symbol} is corrupt: its name is at ${nameOffset} of a string table of ${counted(names, "byte")}`,
        place,
      );
      continue;
    }
    const section = symbols.sectionIndex(symbol);
    if (section === SHN_UNDEF && symbols.nameIfShort(symbol) === undefined) {
      diagnostics.error(
        "elf-symbol-name",
        `symbol ${symbol} is corrupt: its name has more than ${NAME_MOST} bytes`,
        place,
      );
      continue;
    }
    if (section === SHN_XINDEX || (section >= sections.length && section < SHN_LORESERVE)) {
      diagnostics.error(
        "elf-symbol-section",
        `symbol ${symbol} is corrupt: its section index is ${section} in a file of ${counted(sections.length, "section")}`,
        { ...place, symbol: symbols.name(symbol) },
      );
    }
  }
}

/** Section types whose meaning would be lost on the module loader, and with it on this tool. */
const UNLOADABLE_TYPES: ReadonlyMap<number, string> = new Map([
  [SHT_REL, "SHT_REL: machines with livepatch use SHT_RELA only"],
  [SHT_CREL, "SHT_CREL: the module loader reads SHT_RELA only"],
  [SHT_SYMTAB_SHNDX, "SHT_SYMTAB_SHNDX: the module loader knows no extended numbering"],
]);

function checkLinks(
  section: Section,
  { sections, symbols }: ElfObject,
  diagnostics: Diagnostics,
): void {
  const place = { section: section.name };
  const reason = UNLOADABLE_TYPES.get(section.type);
  if (reason !== undefined) {
    diagnostics.error("elf-section-type", `section ${section.index} is ${reason}`, place);
  }
  if (section.link >= sections.length) {
    diagnostics.error(
      "elf-link",
      `section ${section.index} is corrupt: sh_link is ${section.link} in a file of ${counted(sections.length, "section")}`,
      place,
    );
  }
  if (section.infoIsSection && section.info >= sections.length) {
    diagnostics.error(
      "elf-info",
      `section ${section.index} is corrupt: sh_info is ${section.info} in a file of ${counted(sections.length, "section")}`,
      place,
    );
  }
  if (
    section.link < sections.length &&
    (section.type === SHT_RELA || section.type === SHT_GROUP) &&
    section.link !== symbols.section
  ) {
    diagnostics.error(
      "elf-link",
      `section ${section.index} is corrupt: sh_link is ${section.link} when the symbol table is section ${symbols.section}`,
      place,
    );
  }
}

function checkRelocations(
  section: Section,
  { sections, symbols, layout }: ElfObject,
  diagnostics: Diagnostics,
): void {
  const entrySize = layout.shdr.sh_entsize.get(section.header, 0);
  checkTableShape(section, entrySize, layout.rela.size, diagnostics);
  const target = sections[section.info];
  if (section.info === 0) {
    diagnostics.error(
      "elf-info",
      `section ${section.index} is corrupt: sh_info is 0 when it should name the section to relocate`,
      { section: section.name },
    );
  }
  // The kernel loads both, and relocates what it loads; but conversion makes them anew.
  if (section.info === symbols.section || section.info === symbols.stringTable) {
    diagnostics.error(
      "elf-info",
      `section ${section.index} is corrupt: sh_info is ${section.info} when the symbols and their names, ${symbols.section} and ${symbols.stringTable}, are not relocated`,
      { section: section.name },
    );
  }
  // Offsets into sections that are not loaded may count uncompressed bytes (SHF_COMPRESSED).
  const most = target?.isLoaded ? target.size : Number.POSITIVE_INFINITY;
  const entries = relocationsOf(section, target, layout);
  const { offsets, symbols: used, mostOffset, mostSymbol } = entries.all;
  if (mostSymbol < symbols.count && mostOffset <= most) return;
  for (const [entry, symbol] of used.entries()) {
    const offset = offsets[entry]!;
    if (symbol >= symbols.count) {
      diagnostics.error(
        "elf-relocation-symbol",
        `relocation ${entry} is corrupt: its symbol is ${symbol} in a table of ${counted(symbols.count, "symbol")}`,
        { section: section.name, offset },
      );
    }
    if (offset > most) {
      diagnostics.error(
        "elf-relocation-offset",
        `relocation ${entry} is corrupt: its offset lies past the end of section ${section.info} at ${hex(most)}`,
        { section: section.name, offset },
      );
    }
  }
}

/** gABI chapter 4, "Section Groups": a flag word, then section indices; sh_info is a symbol. */
function checkGroup(
  section: Section,
  { sections, symbols, layout }: ElfObject,
  diagnostics: Diagnostics,
): void {
  const place = { section: section.name };
  if (section.data.length < 4 || section.data.length % 4 !== 0) {
    diagnostics.error(
      "elf-table-size",
      `section ${section.index} is corrupt: size is ${section.data.length} when a group's is a multiple of 4 and at least 4`,
      place,
    );
    return;
  }
  if (section.info >= symbols.count) {
    diagnostics.error(
      "elf-info",
      `section ${section.index} is corrupt: sh_info is ${section.info} in a table of ${counted(symbols.count, "symbol")}`,
      place,
    );
  }
  const view = new DataView(section.data.buffer, section.data.byteOffset, section.data.length);
  for (let at = 4; at < section.data.length; at += 4) {
    const member = layout.word.get(view, at);
    if (member === 0 || member >= sections.length) {
      diagnostics.error(
        "elf-group-member",
        `section ${section.index} is corrupt: a member is section ${member} in a file of ${counted(sections.length, "section")}`,
        { ...place, offset: at },
      );
    }
  }
}
