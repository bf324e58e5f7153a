/**
 * Reads a symbols list, the largest input of most runs, while other work is done: the command's own code
 * is loaded meanwhile.
 */

import { closeSync, fstatSync, openSync, read, readSync, statSync } from "node:fs";
import { promisify } from "node:util";
import { isSymbolsList, LIST_HEADER, type SymbolsListFile } from "../symbols/index.js";
import { asFileError, FileError, isFileError, STANDARD_STREAM } from "./files.js";
import { attemptRead, limitSize, throwIfChanged } from "./input-files.js";

const readAsync = promisify(read);

/**
 * Begins to read a symbols list; undefined if the path is something else. It can be looked through as it
 * comes, so that nothing has to be done to one that is the only source. Throws and rejects FileError.
 */
export function beginList(path: string): Promise<SymbolsListFile> | undefined {
  if (path === STANDARD_STREAM) return undefined;
  return attemptRead(() => {
    // A pipe can be opened only once.
    if (!statSync(path).isFile()) return undefined;
    const descriptor = openSync(path, "r");
    try {
      const head = new Uint8Array(LIST_HEADER.length);
      readSync(descriptor, head, 0, head.length, 0);
      if (isSymbolsList(head)) return readList(path, descriptor);
    } catch (error) {
      closeSync(descriptor);
      throw error;
    }
    closeSync(descriptor);
    return undefined;
  });
}

/** Likewise of the only one of `paths`; what is wrong with it will be said when it is really read. */
export function readAhead(paths: readonly string[]): Promise<SymbolsListFile> | undefined {
  const [only, ...others] = paths;
  if (only === undefined || others.length > 0) return undefined;
  try {
    const list = beginList(only);
    // Nobody may come to wait for it.
    list?.catch(() => {});
    return list;
  } catch (error) {
    if (!isFileError(error)) throw error;
    return undefined;
  }
}

async function readList(file: string, descriptor: number): Promise<SymbolsListFile> {
  try {
    const status = fstatSync(descriptor);
    limitSize(status, status.size);
    // Memory that threads can share does not bring on a garbage collection, as a Buffer would.
    const bytes = new Uint8Array(new SharedArrayBuffer(status.size));
    for (let at = 0; at < bytes.length; ) {
      const { bytesRead } = await readAsync(descriptor, bytes, at, bytes.length - at, at);
      if (bytesRead === 0) throw new FileError("cannot be read: it became shorter meanwhile");
      at += bytesRead;
    }
    throwIfChanged(descriptor, status);
    return { file, bytes };
  } catch (error) {
    throw asFileError(error, "cannot be read");
  } finally {
    closeSync(descriptor);
  }
}
