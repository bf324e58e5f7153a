/**
 * Headers and contents of a relocatable as they stand, for those who judge it: nothing is refused, and
 * nothing is said of what is wrong. What lies outside of the file is left out, so that who reads on
 * stays within it.
 */

import { SHF_RELA_LIVEPATCH, SHT_NOBITS, SHT_NULL, SHT_RELA, SHT_SYMTAB } from "./constants.js";
import type { Layout } from "./layout.js";
import { ElfObject, Section } from "./object.js";
import type { PartialBytes } from "./partial-bytes.js";
import { relocationsOf } from "./relocations.js";
import { nameAt } from "./string-table.js";
import { SymbolTable } from "./symbol-table.js";

/** The fields of an ELF header that a module loader looks at. */
export interface RawHeader {
  readonly type: number;
  readonly machine: number;
  readonly flags: number;
  readonly tableOffset: number;
  readonly entrySize: number;
  readonly sectionCount: number;
  readonly sectionNames: number;
}

/** A section header; numbers above 2^53 rounded. */
export interface RawSection {
  readonly index: number;
  /** sh_name. */
  readonly nameOffset: number;
  readonly type: number;
  /** The low 32 bits of sh_flags. */
  readonly flags: number;
  /** The bits above the low 32. */
  readonly flagsHigh: number;
  readonly address: number;
  readonly offset: number;
  readonly size: number;
  readonly link: number;
  readonly info: number;
  readonly addralign: number;
  readonly entsize: number;
  readonly header: DataView;
}

/** A relocation whose symbol the symbol table does not have. */
export interface StrayRelocation {
  readonly section: Section;
  readonly entry: number;
  readonly offset: number;
  readonly symbol: number;
}

/** An object of whatever the file has. */
export interface ObjectAsItIs {
  readonly object: ElfObject;
  /** Relocations that the object was left without, since they have no symbol. */
  readonly strays: readonly StrayRelocation[];
}

/** The ELF header at the start of `bytes`; undefined if they are too few. */
export function readRawHeader(bytes: Uint8Array, { ehdr }: Layout): RawHeader | undefined {
  if (bytes.length < ehdr.size) return undefined;
  const view = viewOf(bytes);
  return {
    type: ehdr.e_type.get(view, 0),
    machine: ehdr.e_machine.get(view, 0),
    flags: ehdr.e_flags.get(view, 0),
    tableOffset: ehdr.e_shoff.get(view, 0),
    entrySize: ehdr.e_shentsize.get(view, 0),
    sectionCount: ehdr.e_shnum.get(view, 0),
    sectionNames: ehdr.e_shstrndx.get(view, 0),
  };
}

/** The section header table; undefined if it does not lie within the file. */
export function readRawSections(
  bytes: Uint8Array,
  { shdr }: Layout,
  { tableOffset, sectionCount }: RawHeader,
): RawSection[] | undefined {
  const room = bytes.length - tableOffset;
  if (room < 0 || sectionCount * shdr.size > room) return undefined;
  const view = viewOf(bytes);
  return Array.from({ length: sectionCount }, (_, index) => {
    const at = tableOffset + index * shdr.size;
    return {
      index,
      nameOffset: shdr.sh_name.get(view, at),
      type: shdr.sh_type.get(view, at),
      flags: shdr.sh_flags.low(view, at),
      flagsHigh: shdr.sh_flags.high(view, at),
      address: shdr.sh_addr.get(view, at),
      offset: shdr.sh_offset.get(view, at),
      size: shdr.sh_size.get(view, at),
      link: shdr.sh_link.get(view, at),
      info: shdr.sh_info.get(view, at),
      addralign: shdr.sh_addralign.get(view, at),
      entsize: shdr.sh_entsize.get(view, at),
      header: new DataView(bytes.buffer, bytes.byteOffset + at, shdr.size),
    };
  });
}

/** The contents of a section; empty if it has none, or if they do not lie within the file. */
export function rawContents(bytes: Uint8Array, { type, offset, size }: RawSection): Uint8Array {
  const isOutside = offset > bytes.length || size > bytes.length - offset;
  if (type === SHT_NULL || type === SHT_NOBITS || isOutside) return bytes.subarray(0, 0);
  return bytes.subarray(offset, offset + size);
}

/**
 * How often each byte may be part of a section, on average. In a sound file it is of one at most; in
 * one that was made to be expensive, thousands of tables lie on the same bytes.
 */
const OVERLAP_MOST = 4;

/**
 * The object that the headers describe; undefined if it has no symbol table with a string table. Names
 * that cannot be read are empty, and so is what overlaps too much. It can be read like one of
 * {@link readElf}, and not be written.
 */
export function objectAsItIs(
  file: PartialBytes,
  layout: Layout,
  header: RawHeader,
  sections: readonly RawSection[],
): ObjectAsItIs | undefined {
  const { bytes } = file;
  const table = sections.find(({ type }) => type === SHT_SYMTAB);
  const strings = table && sections[table.link];
  if (table === undefined || strings === undefined) return undefined;
  const sectionNames = sections[header.sectionNames];
  const names =
    sectionNames === undefined ? bytes.subarray(0, 0) : rawContents(bytes, sectionNames);
  const records = rawContents(bytes, table);
  const whole = records.length - (records.length % layout.sym.size);
  const symbols = new SymbolTable(
    table.index,
    table.link,
    table.info,
    records.subarray(0, whole),
    namesFrom(bytes, strings),
    layout,
  );
  const strays: StrayRelocation[] = [];
  let room = bytes.length * OVERLAP_MOST;
  const made = sections.map((raw) => {
    const contents = rawContents(bytes, raw);
    room -= contents.length;
    return new Section(
      raw.index,
      nameAt(names, raw.nameOffset) ?? "",
      raw.header,
      room < 0 ? bytes.subarray(0, 0) : contents,
      raw.type,
      raw.flags,
      raw.link,
      raw.info,
      raw.size,
      raw.offset,
      file.has(raw.offset, contents.length) ? undefined : file,
    );
  });
  for (const section of made) {
    const { type, flags, info } = section;
    const isRead = type === SHT_RELA || (flags & SHF_RELA_LIVEPATCH) !== 0;
    if (isRead) leaveOutStrays(section, made[info], symbols.count, layout, strays);
  }
  const { machine, tableOffset } = header;
  const index = header.sectionNames;
  const object = new ElfObject(file, layout, machine, made, symbols, index, tableOffset);
  return { object, strays };
}

/**
 * Names of symbols from where their table begins: the last one may have no end in the table, and then
 * goes on in what follows, for who does not look where the table ends.
 */
function namesFrom(bytes: Uint8Array, strings: RawSection): Uint8Array {
  const isEmpty = rawContents(bytes, strings).length === 0;
  return isEmpty ? bytes.subarray(0, 0) : bytes.subarray(strings.offset);
}

function leaveOutStrays(
  section: Section,
  target: Section | undefined,
  symbolCount: number,
  layout: Layout,
  strays: StrayRelocation[],
): void {
  const entries = relocationsOf(section, target, layout);
  const { symbols, mostSymbol } = entries.all;
  if (mostSymbol < symbolCount) return;
  for (const [entry, symbol] of symbols.entries()) {
    if (symbol >= symbolCount)
      strays.push({ section, entry, offset: entries.offset(entry), symbol });
  }
  section.data = entries.pick((entry) => symbols[entry]! < symbolCount);
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
}
