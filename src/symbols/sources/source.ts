/** A file that says something of symbols, and what all readers of such files are given. */

import type { FileBytes } from "../../elf/index.js";

/** A file that symbols are read from: all its bytes, or the way to parts of them. */
export interface SymbolSource {
  /** Its name in messages. */
  readonly file: string;
  readonly bytes: Uint8Array | FileBytes;
}

export interface ReadOptions {
  /** The kernel's release (`uname -r`), stated by the user; sources that say theirs outrank it. */
  readonly release: string | undefined;
}
