/** A folder for outputs, which is made if it is not there, and goes again if nothing comes of them. */

import { mkdirSync, rmdirSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { asFileError } from "./files.js";

export class MadeFolder {
  readonly #path: string;
  /** The first that had to be made of those that lead there. */
  readonly #first: string | undefined;

  /** Throws FileError if it cannot be made. */
  constructor(path: string) {
    this.#path = resolve(path);
    try {
      this.#first = mkdirSync(this.#path, { recursive: true });
    } catch (error) {
      throw asFileError(error, "cannot be made");
    }
  }

  /** Removes what was made, in which there is nothing yet. */
  remove(): void {
    if (this.#first === undefined) return;
    for (let each = this.#path; each.startsWith(this.#first); each = dirname(each)) rmdirSync(each);
  }
}
