/**
 * Reads the symbols of an ELF file, linked or relocatable, and nothing else of it: the headers, the
 * symbol table and its strings. What is read is checked against the file as {@link readElf} does
 * it; what is not read is not judged.
 */

import { counted, type Diagnostics, hex } from "../diagnostics.js";
import { checkTableShape } from "./consistency.js";
import { SHN_LORESERVE, SHN_XINDEX, SHT_NOBITS, SHT_NULL, SHT_SYMTAB } from "./constants.js";
import type { FileBytes } from "./file-bytes.js";
import { FILE_HEADER_MOST, type FileHeader, readFileHeader } from "./file-header.js";
import type { Layout } from "./layout.js";
import { checkStringTable, readSectionName } from "./string-table.js";
import { SymbolTable } from "./symbol-table.js";

/** A section of a {@link SymbolFile}, as its header describes it. */
export interface SectionHead {
  readonly index: number;
  readonly name: string;
  readonly type: number;
  /** The low 32 bits of sh_flags. */
  readonly flags: number;
  /** sh_addr, in its two halves. */
  readonly addressHigh: number;
  readonly addressLow: number;
  /** sh_offset and sh_size in bytes; not held against the file yet. */
  readonly offset: number;
  readonly size: number;
}

/** An ELF file of which the symbols were read. */
export class SymbolFile {
  constructor(
    readonly file: FileBytes,
    readonly header: FileHeader,
    readonly sections: readonly SectionHead[],
    readonly symbols: SymbolTable,
  ) {}

  get layout(): Layout {
    return this.header.layout;
  }

  /**
   * Up to `most` bytes of a section's contents from byte `from` on; empty for a section that has
   * none in the file, or whose header points outside of it.
   */
  contents(section: SectionHead, from: number, most: number): Uint8Array {
    const { type, offset, size } = section;
    const isOutside = offset > this.file.size || size > this.file.size - offset;
    if (type === SHT_NULL || type === SHT_NOBITS || isOutside || from >= size) {
      return new Uint8Array();
    }
    return this.file.read(offset + from, Math.min(most, size - from));
  }
}

/**
 * Reads the symbols of an ELF file of any type, either class and byte order.
 *
 * Adds every fault found to `diagnostics` and throws Refusal if there is one: damage, no symbol
 * table or several, extended section numbering.
 */
export function readSymbols(file: FileBytes, diagnostics: Diagnostics): SymbolFile {
  const head = file.read(0, Math.min(FILE_HEADER_MOST, file.size));
  const header = readFileHeader(head, file.size, false, diagnostics);
  const { layout } = header;
  const table = file.read(header.tableOffset, header.sectionCount * layout.shdr.size);
  const view = new DataView(table.buffer, table.byteOffset, table.length);
  const contents = (index: number) => readContents(file, view, layout, index, diagnostics);
  const at = (index: number) => index * layout.shdr.size;

  const names = contents(header.sectionNames);
  const nameType = layout.shdr.sh_type.get(view, at(header.sectionNames));
  checkStringTable(header.sectionNames, nameType, names, diagnostics);
  diagnostics.throwIfFailed();

  const sections: SectionHead[] = [];
  for (let index = 0; index < header.sectionCount; index++) {
    sections.push(readSectionHead(view, layout, index, names, diagnostics));
  }
  diagnostics.throwIfFailed();
  const symbols = readTable(sections, view, layout, contents, diagnostics);
  checkSymbols(symbols, sections, diagnostics);
  diagnostics.throwIfFailed();
  return new SymbolFile(file, header, sections, symbols);
}

/** The contents of a section that the symbols cannot be read without. */
function readContents(
  file: FileBytes,
  view: DataView,
  { shdr }: Layout,
  index: number,
  diagnostics: Diagnostics,
): Uint8Array {
  const at = index * shdr.size;
  const type = shdr.sh_type.get(view, at);
  const offset = shdr.sh_offset.get(view, at);
  const size = shdr.sh_size.get(view, at);
  if (type === SHT_NULL || type === SHT_NOBITS) return new Uint8Array();
  if (offset > file.size || size > file.size - offset) {
    diagnostics.error(
      "elf-section-bounds",
      `section ${index} is corrupt: ${hex(size)} bytes at ${hex(offset)} reach past the end of the file at ${hex(file.size)}`,
    );
    diagnostics.refuse();
  }
  return file.read(offset, size);
}

function readSectionHead(
  view: DataView,
  { shdr }: Layout,
  index: number,
  names: Uint8Array,
  diagnostics: Diagnostics,
): SectionHead {
  const at = index * shdr.size;
  return {
    index,
    name: readSectionName(index, shdr.sh_name.get(view, at), names, diagnostics),
    type: shdr.sh_type.get(view, at),
    flags: shdr.sh_flags.low(view, at),
    addressHigh: shdr.sh_addr.high(view, at),
    addressLow: shdr.sh_addr.low(view, at),
    offset: shdr.sh_offset.get(view, at),
    size: shdr.sh_size.get(view, at),
  };
}

function readTable(
  sections: readonly SectionHead[],
  view: DataView,
  layout: Layout,
  contents: (index: number) => Uint8Array,
  diagnostics: Diagnostics,
): SymbolTable {
  const [section, ...others] = sections.filter(({ type }) => type === SHT_SYMTAB);
  if (section === undefined || others.length > 0) {
    diagnostics.error(
      "elf-symtab",
      section === undefined
        ? "there is no symbol table; was the file stripped?"
        : `there are ${others.length + 1} symbol tables when there should be one: sections ${[section, ...others].map(({ index }) => index).join(", ")}`,
    );
    diagnostics.refuse();
  }
  const { shdr } = layout;
  const at = section.index * shdr.size;
  const records = contents(section.index);
  const entrySize = shdr.sh_entsize.get(view, at);
  checkTableShape({ ...section, size: records.length }, entrySize, layout.sym.size, diagnostics);
  const link = shdr.sh_link.get(view, at);
  const strings = sections[link];
  if (strings === undefined || link === 0) {
    diagnostics.error(
      "elf-link",
      `section ${section.index} is corrupt: sh_link is ${link} when it should name its string table, 1 to ${sections.length - 1}`,
      { section: section.name },
    );
    diagnostics.refuse();
  }
  const names = contents(link);
  checkStringTable(link, strings.type, names, diagnostics);
  diagnostics.throwIfFailed();
  const firstGlobal = shdr.sh_info.get(view, at);
  return new SymbolTable(section.index, link, firstGlobal, records, names, layout);
}

function checkSymbols(
  symbols: SymbolTable,
  sections: readonly SectionHead[],
  diagnostics: Diagnostics,
): void {
  const place = { section: sections[symbols.section]!.name };
  for (let symbol = 0; symbol < symbols.count; symbol++) {
    const nameOffset = symbols.nameOffset(symbol);
    if (nameOffset >= symbols.names.length) {
      diagnostics.error(
        "elf-symbol-name",
        `symbol ${symbol} is corrupt: its name is at ${nameOffset} of a string table of ${counted(symbols.names.length, "byte")}`,
        place,
      );
    }
    const section = symbols.sectionIndex(symbol);
    if (section === SHN_XINDEX || (section >= sections.length && section < SHN_LORESERVE)) {
      diagnostics.error(
        "elf-symbol-section",
        `symbol ${symbol} is corrupt: its section index is ${section} in a file of ${counted(sections.length, "section")}`,
        place,
      );
    }
  }
}
