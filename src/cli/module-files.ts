/** Reads modules: as they are to be converted, or as they come out of a compressed file to look at. */

import { closeSync, fstatSync, openSync, statSync } from "node:fs";
import type { Diagnostic } from "../diagnostics.js";
import { PartialBytes, readPartially } from "../elf/index.js";
import { fileFault } from "./console-output.js";
import { compressedFormat, decompress } from "./decompress.js";
import { inputName, STANDARD_STREAM } from "./files.js";
import { attemptRead, limitSize, readInput, readPart, throwIfChanged } from "./input-files.js";

export interface ReadModule {
  /** Undefined if the file could not be read. */
  readonly bytes?: Uint8Array;
  /** Its permission bits, if it has any. */
  readonly mode?: number | undefined;
  readonly faults: readonly Diagnostic[];
}

/** Size of a file in bytes from which on not all of it is read at once. */
const LARGE = 1 << 24;
/** Bytes that a section has to have to be left in the file. */
const LONG = 1 << 20;

/** A module to convert, of which not all may be in memory. */
export interface OpenModule {
  readonly file: PartialBytes;
  readonly mode: number | undefined;
  /** Ends reading; nothing more can be loaded. */
  close(): void;
}

/** Opens a module. Its `file`, when it is read, throws FileError, as this does. */
export async function openModule(path: string): Promise<OpenModule> {
  if (!isLargeFile(path)) {
    const { bytes, mode } = await readInput(path);
    return { file: PartialBytes.of(bytes), mode, close: () => {} };
  }
  return attemptRead(() => {
    const descriptor = openSync(path, "r");
    try {
      const status = fstatSync(descriptor);
      limitSize(status, status.size);
      const readInto = (bytes: Uint8Array, offset: number) => {
        readPart(descriptor, bytes, offset);
        throwIfChanged(descriptor, status);
      };
      const file = readPartially({ size: status.size, readInto }, LONG);
      return { file, mode: status.mode & 0o777, close: () => closeSync(descriptor) };
    } catch (error) {
      closeSync(descriptor);
      throw error;
    }
  });
}

function isLargeFile(path: string): boolean {
  if (path === STANDARD_STREAM) return false;
  const status = attemptRead(() => statSync(path, { throwIfNoEntry: false }));
  return status?.isFile() === true && status.size >= LARGE;
}

/** Reads a file as it is. */
export async function readModule(path: string): Promise<ReadModule> {
  try {
    return { ...(await readInput(path)), faults: [] };
  } catch (error) {
    return { faults: fileFault(error, inputName(path)) };
  }
}

/** Reads a file, and decompresses it if it has to be. */
export async function readPlainModule(path: string): Promise<ReadModule> {
  const read = await readModule(path);
  const format = read.bytes && compressedFormat(read.bytes);
  if (read.bytes === undefined || format === undefined) return read;
  try {
    return { ...read, bytes: await decompress(read.bytes, format) };
  } catch (error) {
    return { faults: fileFault(error, inputName(path)) };
  }
}
