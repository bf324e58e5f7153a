/** What the symbol table of vmlinux and that of a module have in common. */

import { STB_LOCAL, STT_FILE, type SymbolFile } from "../../elf/index.js";
import type { ListLines } from "../list-lines.js";

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

/** Ends a line with a source file, if its name at `start` is one that a line can hold. */
export function addFile(lines: ListLines, names: Uint8Array, start: number): void {
  if (start === 0) return;
  const end = endOfName(names, start);
  for (let i = start; i < end; i++) if (names[i]! < SPACE) return;
  if (end > start) lines.bytesField(names, start, end);
}
