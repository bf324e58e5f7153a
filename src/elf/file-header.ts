/** The ELF header (gABI chapter 4, "ELF Header"), checked against the size of its file. */

import { counted, type Diagnostics, hex } from "../diagnostics.js";
import {
  EI_CLASS,
  EI_DATA,
  EI_NIDENT,
  ELFCLASS32,
  ELFCLASS64,
  ELFDATA2LSB,
  ELFDATA2MSB,
  ELFMAG,
  ET_REL,
  SHN_LORESERVE,
} from "./constants.js";
import { type Layout, layoutOf } from "./layout.js";

/** What the ELF header says. */
export interface FileHeader {
  readonly layout: Layout;
  /** e_type. */
  readonly type: number;
  /** e_machine. */
  readonly machine: number;
  /** File offset of the section header table; all of it is within the file. */
  readonly tableOffset: number;
  /** e_shnum, at least 1. */
  readonly sectionCount: number;
  /** e_shstrndx, a section's index. */
  readonly sectionNames: number;
}

/** The file begins as ELF files do. */
export function isElf(head: Uint8Array): boolean {
  return ELFMAG.every((byte, i) => head[i] === byte);
}

/** Bytes of the longest ELF header, that of ELFCLASS64. */
export const FILE_HEADER_MOST = 64;

/**
 * Reads the ELF header at the start of a file of `fileSize` bytes. `head` is the file's beginning,
 * 64 bytes of it or all there are.
 *
 * Adds every fault found to `diagnostics` and throws Refusal if there is one. Of a file that has to
 * be a relocatable (`isRelocatable`) e_type and e_phnum are checked too.
 */
export function readFileHeader(
  head: Uint8Array,
  fileSize: number,
  isRelocatable: boolean,
  diagnostics: Diagnostics,
): FileHeader {
  if (head.length === 0) {
    diagnostics.error("elf-truncated", "the file is empty");
    diagnostics.refuse();
  }
  if (ELFMAG.some((byte, i) => i < head.length && head[i] !== byte)) {
    diagnostics.error("elf-magic", "not an ELF file: it does not begin with 0x7f ELF");
    diagnostics.refuse();
  }
  if (head.length < EI_NIDENT) {
    diagnostics.error(
      "elf-truncated",
      `the file is ${counted(head.length, "byte")}, shorter than an ELF file's identification`,
    );
    diagnostics.refuse();
  }
  const elfClass = head[EI_CLASS];
  const data = head[EI_DATA];
  if (elfClass !== ELFCLASS32 && elfClass !== ELFCLASS64) {
    diagnostics.error("elf-class", `EI_CLASS is ${elfClass} when it should be 1 or 2`);
  }
  if (data !== ELFDATA2LSB && data !== ELFDATA2MSB) {
    diagnostics.error("elf-data", `EI_DATA is ${data} when it should be 1 or 2`);
  }
  diagnostics.throwIfFailed();
  const layout = layoutOf(elfClass === ELFCLASS32 ? ELFCLASS32 : ELFCLASS64, data === ELFDATA2LSB);
  const { ehdr, shdr } = layout;
  if (head.length < ehdr.size) {
    diagnostics.error(
      "elf-truncated",
      `the file is ${counted(head.length, "byte")}, shorter than the ELF header's ${ehdr.size}`,
    );
    diagnostics.refuse();
  }
  const view = new DataView(head.buffer, head.byteOffset, head.length);
  const type = ehdr.e_type.get(view, 0);
  if (isRelocatable && type !== ET_REL) {
    diagnostics.error(
      "elf-type",
      `e_type is ${type} when it should be 1 (ET_REL): a module is a relocatable file`,
    );
  }
  const phnum = ehdr.e_phnum.get(view, 0);
  if (isRelocatable && phnum !== 0) {
    diagnostics.error("elf-phnum", `e_phnum is ${phnum} when a relocatable has no program headers`);
  }
  const entrySize = ehdr.e_shentsize.get(view, 0);
  if (entrySize !== shdr.size) {
    diagnostics.error(
      "elf-shentsize",
      `e_shentsize is ${entrySize} when it should be ${shdr.size}`,
    );
  }
  const sectionCount = ehdr.e_shnum.get(view, 0);
  const tableOffset = ehdr.e_shoff.get(view, 0);
  const sectionNames = ehdr.e_shstrndx.get(view, 0);
  if (sectionCount === 0 || sectionCount >= SHN_LORESERVE) {
    diagnostics.error(
      "elf-shnum",
      `e_shnum is ${sectionCount} when it should be 1 to ${SHN_LORESERVE - 1}: the module loader knows no extended numbering`,
    );
  } else if (tableOffset > fileSize || sectionCount * shdr.size > fileSize - tableOffset) {
    diagnostics.error(
      "elf-shoff",
      `the section header table (${sectionCount} entries at ${hex(tableOffset)}) reaches past the end of the file at ${hex(fileSize)}`,
    );
  }
  if (sectionCount > 0 && (sectionNames === 0 || sectionNames >= sectionCount)) {
    diagnostics.error(
      "elf-shstrndx",
      `e_shstrndx is ${sectionNames} when it should be 1 to ${sectionCount - 1}`,
    );
  }
  diagnostics.throwIfFailed();
  const machine = ehdr.e_machine.get(view, 0);
  return { layout, type, machine, tableOffset, sectionCount, sectionNames };
}
