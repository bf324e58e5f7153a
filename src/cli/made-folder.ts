/** A folder for outputs, which is made if it is not there, and goes again if nothing comes of them. */

import { mkdirSync, rmdirSync, statSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { asFileError } from "./files.js";

export class MadeFolder {
  /** What had to be made, the innermost last. */
  readonly #made: string[] = [];

  /** Throws FileError if it cannot be made. */
  constructor(path: string) {
    try {
      const missing: string[] = [];
      for (let each = resolve(path); !isThere(each); each = dirname(each)) missing.unshift(each);
      // Node's own way of making all of them calls a read-only file system a missing folder.
      for (const each of missing) this.#make(each);
    } catch (error) {
      this.remove();
      throw asFileError(error, "cannot be made");
    }
  }

  #make(folder: string): void {
    try {
      mkdirSync(folder);
      this.#made.push(folder);
    } catch (error) {
      // Another part of the batch was faster.
      if (!isThere(folder)) throw error;
    }
  }

  /** Removes what was made, if nothing is in it. */
  remove(): void {
    for (const folder of this.#made.reverse()) {
      try {
        rmdirSync(folder);
      } catch {
        return;
      }
    }
  }
}

function isThere(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false }) !== undefined;
}
