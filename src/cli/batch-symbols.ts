/** The symbols of a batch: read once, walked once, in memory that all threads share. */

import { createHash } from "node:crypto";
import { closeSync, openSync, readSync, statSync } from "node:fs";
import { digestOfSources, type JobResult } from "../batch/index.js";
import { type Diagnostic, Diagnostics, Refusal } from "../diagnostics.js";
import { type SharedSymbols, SymbolSources, shareSymbolsList } from "../symbols/index.js";
import { fileFault } from "./console-output.js";
import { FileError, isFileError } from "./files.js";
import { filesAt, readMap } from "./symbol-files.js";

export interface ReadShared {
  /** Undefined if the sources cannot be read or are refused. */
  readonly symbols: SharedSymbols | undefined;
  /** What then becomes of all jobs that want them. */
  readonly outcome: JobResult["outcome"];
  readonly diagnostics: readonly Diagnostic[];
}

/** Reads the sources and looks up all `names`. What is read has to be what is `known` of them. */
export async function shareSymbols(
  paths: readonly string[],
  names: Iterable<string>,
  known: KnownSources,
): Promise<ReadShared> {
  const { symbols: read, faults } = await readMap(paths);
  const ofSources = () => (read instanceof SymbolSources ? read.diagnostics : []);
  const changed = faults.length > 0 ? undefined : changedFile(known);
  if (changed !== undefined) {
    // The report would say of the outputs that they were made from something else.
    const change = new FileError("cannot be used: it was changed meanwhile");
    return { symbols: undefined, outcome: "failed", diagnostics: fileFault(change, changed) };
  }
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

/** What was found out of sources before they are read for their symbols. */
export interface KnownSources {
  /** Of all that is in them; null if there are none, they cannot be read, or nobody asked. */
  readonly digest: string | null;
  /** What tells the files at each path from what they may become. */
  readonly states: ReadonlyMap<string, FileStates>;
}

type FileStates = ReadonlyMap<string, string>;

export const UNKNOWN_SOURCES: KnownSources = { digest: null, states: new Map() };

export function knownSources(paths: readonly string[]): KnownSources {
  try {
    const states = new Map(paths.map((path) => [path, statesAt(path)]));
    const files = paths.flatMap((path) => [...states.get(path)!.keys()]);
    return { digest: digestOfSources(files.map(digestOfFile)), states };
  } catch (error) {
    if (isFileError(error) || "code" in (error as object)) return UNKNOWN_SOURCES;
    throw error;
  }
}

function statesAt(path: string): FileStates {
  return new Map(
    filesAt(path).map((file) => {
      const { dev, ino, size, mtimeMs } = statSync(file);
      return [file, `${dev} ${ino} ${size} ${mtimeMs}`];
    }),
  );
}

/** A file that is not what was found out of it, or the path that leads to none now. */
function changedFile({ states }: KnownSources): string | undefined {
  for (const [path, before] of states) {
    try {
      const now = statesAt(path);
      const files = [...new Set([...before.keys(), ...now.keys()])];
      const changed = files.find((file) => before.get(file) !== now.get(file));
      if (changed !== undefined) return changed;
    } catch (error) {
      if (isFileError(error) || "code" in (error as object)) return path;
      throw error;
    }
  }
  return undefined;
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
