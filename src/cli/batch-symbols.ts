/** The symbols of a batch: read once, walked once, in memory that all threads share. */

import { createHash } from "node:crypto";
import { closeSync, openSync, readSync } from "node:fs";
import { digestOfSources, type JobResult } from "../batch/index.js";
import { type Diagnostic, Diagnostics, Refusal } from "../diagnostics.js";
import { type SharedSymbols, SymbolSources, shareSymbolsList } from "../symbols/index.js";
import { FileError } from "./files.js";
import { filesAt, readMap } from "./symbol-files.js";

export interface ReadShared {
  /** Undefined if the sources cannot be read or are refused. */
  readonly symbols: SharedSymbols | undefined;
  /** What then becomes of all jobs that want them. */
  readonly outcome: JobResult["outcome"];
  readonly diagnostics: readonly Diagnostic[];
}

/** Reads the sources and looks up all `names`. */
export async function shareSymbols(
  paths: readonly string[],
  names: Iterable<string>,
): Promise<ReadShared> {
  const { symbols: read, faults } = await readMap(paths);
  const ofSources = () => (read instanceof SymbolSources ? read.diagnostics : []);
  if (read === undefined || faults.length > 0) {
    return { symbols: undefined, outcome: "failed", diagnostics: [...ofSources(), ...faults] };
  }
  const file = read instanceof SymbolSources ? "symbols" : read.file;
  const diagnostics = new Diagnostics(file);
  let symbols: SharedSymbols | undefined;
  try {
    if (read instanceof SymbolSources) symbols = read.share(names, diagnostics);
    else {
      const bytes = read.bytes as Uint8Array;
      symbols = shareSymbolsList({ file, bytes }, names, diagnostics);
    }
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
  }
  return { symbols, outcome: "refused", diagnostics: [...ofSources(), ...diagnostics.list()] };
}

/** The digest of all that is in the sources; null if there are none, or they cannot be read. */
export async function digestOfPaths(paths: readonly string[]): Promise<string | null> {
  try {
    return digestOfSources(paths.flatMap((path) => filesAt(path).map(digestOfFile)));
  } catch (error) {
    if (error instanceof FileError || "code" in (error as object)) return null;
    throw error;
  }
}

function digestOfFile(path: string): string {
  const file = openSync(path, "r");
  try {
    const hash = createHash("sha256");
    const buffer = new Uint8Array(1 << 20);
    for (;;) {
      const read = readSync(file, buffer, 0, buffer.length, null);
      if (read === 0) return `sha256:${hash.digest("hex")}`;
      hash.update(buffer.subarray(0, read));
    }
  } finally {
    closeSync(file);
  }
}
