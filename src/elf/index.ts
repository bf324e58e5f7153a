/**
 * src/elf reads, edits and writes ELF relocatables of either class and byte order; it must not
 * know what a livepatch is, nor where bytes come from.
 */

export * from "./constants.js";
export type { Layout } from "./layout.js";
export { ElfObject, type NewSection, Section } from "./object.js";
export { readElf } from "./read.js";
export { Relocations } from "./relocations.js";
export { removeSections } from "./remove-sections.js";
export { SymbolTable } from "./symbol-table.js";
export { writeElf } from "./write.js";
