/** Reads modules: as they are to be converted, or as they come out of a compressed file to look at. */

import type { Diagnostic } from "../diagnostics.js";
import { fileFault } from "./console-output.js";
import { compressedFormat, decompress } from "./decompress.js";
import { inputName } from "./files.js";
import { readInput } from "./input-files.js";

export interface ReadModule {
  /** Undefined if the file could not be read. */
  readonly bytes?: Uint8Array;
  /** Its permission bits, if it has any. */
  readonly mode?: number | undefined;
  readonly faults: readonly Diagnostic[];
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
