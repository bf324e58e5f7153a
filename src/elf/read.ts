/**
 * Reads a relocatable object. The file is not trusted: every offset, size, count and index is
 * checked against the file before it is used, and nothing is allocated from a number that was not.
 * All faults of a part are found before the read ends; a part that the next one builds on must be
 * sound before that one is looked at.
 */

import { type Diagnostics, hex } from "../diagnostics.js";
import { checkConsistency, checkTableShape } from "./consistency.js";
import { SHT_NOBITS, SHT_NULL, SHT_SYMTAB } from "./constants.js";
import { FILE_HEADER_MOST, type FileHeader, readFileHeader } from "./file-header.js";
import type { Layout } from "./layout.js";
import { ElfObject, Section } from "./object.js";
import { PartialBytes } from "./partial-bytes.js";
import { checkStringTable, readSectionName } from "./string-table.js";
import { SymbolTable } from "./symbol-table.js";

/**
 * Reads an ET_REL file of either class and byte order; the result holds views of `input`.
 *
 * Adds every fault found to `diagnostics` and throws Refusal if the file is damaged, is not a
 * relocatable, or uses what a module loader cannot load: SHT_REL, extended section numbering,
 * several symbol tables (kernel/module/main.c, elf_validity_cache_copy).
 */
export function readElf(input: Uint8Array | PartialBytes, diagnostics: Diagnostics): ElfObject {
  const file = PartialBytes.of(input);
  const { bytes } = file;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const header = readFileHeader(
    bytes.subarray(0, FILE_HEADER_MOST),
    bytes.length,
    true,
    diagnostics,
  );
  const sections = readSections(file, view, header, diagnostics);
  diagnostics.throwIfFailed();
  const symbols = readSymbolTable(sections, header.layout, diagnostics);
  diagnostics.throwIfFailed();
  const object = new ElfObject(
    file,
    header.layout,
    header.machine,
    sections,
    symbols,
    header.sectionNames,
    header.tableOffset,
  );
  checkConsistency(object, diagnostics);
  diagnostics.throwIfFailed();
  return object;
}

function readSections(
  file: PartialBytes,
  view: DataView,
  header: FileHeader,
  diagnostics: Diagnostics,
): Section[] {
  const { bytes } = file;
  const { shdr } = header.layout;
  const at = (index: number) => header.tableOffset + index * shdr.size;
  if (shdr.sh_type.get(view, at(0)) !== SHT_NULL || shdr.sh_size.get(view, at(0)) !== 0) {
    diagnostics.error("elf-null-section", "section 0 is corrupt: it should be SHT_NULL of size 0");
  }
  const contents: Uint8Array[] = [];
  for (let index = 0; index < header.sectionCount; index++) {
    const type = shdr.sh_type.get(view, at(index));
    const offset = shdr.sh_offset.get(view, at(index));
    const size = shdr.sh_size.get(view, at(index));
    const hasBytes = type !== SHT_NULL && type !== SHT_NOBITS;
    if (hasBytes && (offset > bytes.length || size > bytes.length - offset)) {
      diagnostics.error(
        "elf-section-bounds",
        `section ${index} is corrupt: ${hex(size)} bytes at ${hex(offset)} reach past the end of the file at ${hex(bytes.length)}`,
      );
      contents.push(bytes.subarray(0, 0));
    } else {
      contents.push(hasBytes ? bytes.subarray(offset, offset + size) : bytes.subarray(0, 0));
    }
  }
  const names = contents[header.sectionNames]!;
  checkStringTable(
    header.sectionNames,
    shdr.sh_type.get(view, at(header.sectionNames)),
    names,
    diagnostics,
  );
  diagnostics.throwIfFailed();
  checkOverlaps(header, contents, bytes, diagnostics);
  diagnostics.throwIfFailed();
  return contents.map((data, index) => {
    const name = readSectionName(index, shdr.sh_name.get(view, at(index)), names, diagnostics);
    const offset = shdr.sh_offset.get(view, at(index));
    return new Section(
      index,
      name,
      new DataView(bytes.buffer, bytes.byteOffset + at(index), shdr.size),
      data,
      shdr.sh_type.get(view, at(index)),
      shdr.sh_flags.low(view, at(index)),
      shdr.sh_link.get(view, at(index)),
      shdr.sh_info.get(view, at(index)),
      shdr.sh_size.get(view, at(index)),
      offset,
      file.has(offset, data.length) ? undefined : file,
    );
  });
}

/**
 * Contents that overlap could not be moved apart by the writer, and would let a small file hold any
 * number of large tables.
 */
function checkOverlaps(
  header: FileHeader,
  contents: readonly Uint8Array[],
  file: Uint8Array,
  diagnostics: Diagnostics,
): void {
  const { ehdr, shdr } = header.layout;
  const extents = contents.map((data, index) => ({
    name: `section ${index}`,
    start: data.byteOffset - file.byteOffset,
    size: data.length,
  }));
  const tableSize = contents.length * shdr.size;
  extents.push({ name: "the section header table", start: header.tableOffset, size: tableSize });
  let before = "the ELF header";
  let end = ehdr.size;
  const inFileOrder = extents.filter(({ size }) => size > 0).sort((a, b) => a.start - b.start);
  for (const { name, start, size } of inFileOrder) {
    if (start < end) {
      diagnostics.error(
        "elf-overlap",
        `${name} at ${hex(start)} overlaps ${before}, which ends at ${hex(end)}`,
      );
    }
    if (start + size > end) before = name;
    end = Math.max(end, start + size);
  }
}

function readSymbolTable(
  sections: readonly Section[],
  layout: Layout,
  diagnostics: Diagnostics,
): SymbolTable {
  const tables = sections.filter((section) => section.type === SHT_SYMTAB);
  const [table] = tables;
  if (table === undefined || tables.length > 1) {
    diagnostics.error(
      "elf-symtab",
      tables.length === 0
        ? "there is no symbol table; was the file stripped?"
        : `there are ${tables.length} symbol tables when a module has one: sections ${tables.map((each) => each.index).join(", ")}`,
    );
    diagnostics.refuse();
  }
  const entrySize = layout.shdr.sh_entsize.get(table.header, 0);
  checkTableShape(table, entrySize, layout.sym.size, diagnostics);
  const names = sections[table.link];
  if (names === undefined || table.link === 0) {
    diagnostics.error(
      "elf-link",
      `section ${table.index} is corrupt: sh_link is ${table.link} when it should name its string table, 1 to ${sections.length - 1}`,
      { section: table.name },
    );
    diagnostics.refuse();
  }
  checkStringTable(names.index, names.type, names.data, diagnostics);
  diagnostics.throwIfFailed();
  return new SymbolTable(table.index, names.index, table.info, table.data, names.data, layout);
}
