/** What the symbol table of vmlinux and that of a module have in common. */

import { STB_LOCAL, STT_FILE, type SymbolFile } from "../../elf/index.js";
import type { ListLines } from "../list-lines.js";
import { isExportName } from "../object-part.js";

const SPACE = 32;

/**
 * Follows the source files through a symbol table: the local symbols of each stand behind a symbol
 * of type STT_FILE with its name (gABI chapter 4, "Symbol Table"); global ones stand behind all of
 * them and belong to no file that could be told.
 */
export class SourceFiles {
  /** Offset of the file's name in the string table; 0 for none. */
  nameOffset = 0;

  constructor(readonly file: SymbolFile) {}

  /** To be called for every symbol, in table order; true if it is a file's name itself. */
  pass(symbol: number): boolean {
    const { symbols } = this.file;
    const isFile = symbols.type(symbol) === STT_FILE;
    if (symbols.binding(symbol) !== STB_LOCAL) this.nameOffset = 0;
    else if (isFile) this.nameOffset = symbols.nameOffset(symbol);
    return isFile;
  }
}

/**
 * Bytes of names that are looked at: no kernel has symbols with more (KSYM_NAME_LEN), and no file
 * system files. Names may share their bytes, so that without a limit a small file could make any
 * number of large ones.
 */
const NAME_MOST = 511;

/** Where the name at `start` ends, or `start` if it is longer than any name. */
export function endOfName(names: Uint8Array, start: number): number {
  let end = start;
  while (names[end] !== 0) if (++end - start > NAME_MOST) return start;
  return end;
}

/**
 * Ends the line of the symbol whose name is at `start` up to `end` with its source file, if that has
 * a name (at `file`, 0 for none) that a line can hold. An export has none: where a file would stand,
 * its line has a namespace.
 */
export function addFile(
  lines: ListLines,
  names: Uint8Array,
  start: number,
  end: number,
  file: number,
): void {
  if (file === 0 || isExportName(names, start, end)) return;
  const fileEnd = endOfName(names, file);
  for (let i = file; i < fileEnd; i++) if (names[i]! < SPACE) return;
  if (fileEnd > file) lines.bytesField(names, file, fileEnd);
}
