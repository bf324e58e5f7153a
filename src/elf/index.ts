/**
 * src/elf reads, edits and writes ELF relocatables of either class and byte order, and reads the
 * symbols of any ELF file; it must not know what a livepatch is, nor where bytes come from.
 */

export { type AddressTypes, addressTypes } from "./address-types.js";
export { COMPRESSED_FORMATS, type CompressedFormat } from "./compressed-formats.js";
export * from "./constants.js";
export { type FileBytes, fileBytesOf } from "./file-bytes.js";
export { isElf } from "./file-header.js";
export {
  type ObjectAsItIs,
  objectAsItIs,
  type RawHeader,
  type RawSection,
  rawContents,
  readRawHeader,
  readRawSections,
  type StrayRelocation,
} from "./headers-as-they-are.js";
export { type Layout, layoutOf } from "./layout.js";
export { machineName } from "./machine-names.js";
export { ElfObject, type NewSection, Section } from "./object.js";
export { type ByteSource, PartialBytes } from "./partial-bytes.js";
export { readElf } from "./read.js";
export { readPartially } from "./read-partially.js";
export { readSymbols, type SectionHead, SymbolFile } from "./read-symbols.js";
export { type Numbers, Relocations, relocationSections } from "./relocations.js";
export { removeRelocations, removeSections } from "./remove-sections.js";
export { NAME_MOST, nameAt } from "./string-table.js";
export { KEPT_NAMES, SymbolTable } from "./symbol-table.js";
export { type Allocate, writeElf, writePartially } from "./write.js";
