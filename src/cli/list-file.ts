/** Opens a symbols list, the largest input of most runs. It is looked through once, piece by piece. */

import { closeSync, fstatSync, openSync, readSync, statSync } from "node:fs";
import { PartialBytes } from "../elf/index.js";
import { isSymbolsList, LIST_HEADER } from "../symbols/index.js";
import { asFileError, FileError, STANDARD_STREAM } from "./files.js";
import { attemptRead, limitSize, readPart, throwIfChanged } from "./input-files.js";

/** A symbols list that is read as far as it is looked at. */
export interface OpenList {
  readonly file: string;
  readonly bytes: PartialBytes;
  /** Throws FileError if the file was written to since it was opened. */
  throwIfChanged(): void;
  close(): void;
}

/**
 * Opens a symbols list; undefined if the path is something else. It can be looked through as it comes, so
 * that nothing has to be done to one that is the only source. Throws FileError, and so do its bytes.
 */
export function openList(path: string): OpenList | undefined {
  if (path === STANDARD_STREAM) return undefined;
  return attemptRead(() => {
    // A pipe can be opened only once.
    if (!statSync(path).isFile()) return undefined;
    const descriptor = openSync(path, "r");
    try {
      const list = listAt(path, descriptor);
      if (list === undefined) closeSync(descriptor);
      return list;
    } catch (error) {
      closeSync(descriptor);
      throw error;
    }
  });
}

function listAt(file: string, descriptor: number): OpenList | undefined {
  const head = new Uint8Array(LIST_HEADER.length);
  readSync(descriptor, head, 0, head.length, 0);
  if (!isSymbolsList(head)) return undefined;
  const status = fstatSync(descriptor);
  const { size } = status;
  limitSize(status, size);
  const readInto = (bytes: Uint8Array, offset: number) =>
    withFile(file, () => readPart(descriptor, bytes, offset));
  return {
    file,
    bytes: PartialBytes.unread({ size, readInto }),
    throwIfChanged: () => withFile(file, () => throwIfChanged(descriptor, status)),
    close: () => closeSync(descriptor),
  };
}

/** Has a fault say which file it is of: others are read in between. */
function withFile(file: string, step: () => void): void {
  try {
    step();
  } catch (error) {
    const { message, cause } = asFileError(error, "cannot be read");
    throw new FileError(message, { cause, file });
  }
}
