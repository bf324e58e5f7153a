/** Reads sources of symbols from paths: files, folders of modules, the standard input. */

import {
  closeSync,
  type Dirent,
  fstatSync,
  openSync,
  readdirSync,
  type Stats,
  statSync,
} from "node:fs";
import { join } from "node:path";
import type { Diagnostic } from "../diagnostics.js";
import { type FileBytes, isElf, type PartialBytes } from "../elf/index.js";
import { type SymbolSource, SymbolSources } from "../symbols/index.js";
import { fileFault } from "./console-output.js";
import { compressedFormat, decompress } from "./decompress.js";
import { asFileError, FileError, inputName, STANDARD_STREAM } from "./files.js";
import {
  attemptRead,
  limitSize,
  readInput,
  readOpenFile,
  readPart,
  throwIfChanged,
} from "./input-files.js";
import { openList } from "./list-file.js";
import { Progress } from "./progress.js";

/** Names of modules in a folder, as kbuild and its installation give them. */
const MODULE_NAME = /\.ko(?:\.gz|\.xz|\.zst)?$/;

export interface ReadSymbols {
  readonly sources: SymbolSources;
  /** All files that were read, those of folders too. */
  readonly files: readonly string[];
  /** Which files could not be read, and why. */
  readonly faults: readonly Diagnostic[];
}

/** Reads all sources at `paths`; `release` is the kernel's, for those that do not say it. */
export async function readSymbols(
  paths: readonly string[],
  release: string | undefined,
): Promise<ReadSymbols> {
  const sources = new SymbolSources(release === undefined ? {} : { release });
  const faults: Diagnostic[] = [];
  const attempt = async (path: string, read: () => Promise<void> | void) => {
    try {
      await read();
    } catch (error) {
      faults.push(...fileFault(error, inputName(path)));
    }
  };
  const files: string[] = [];
  for (const path of paths) {
    await attempt(path, () => {
      for (const file of filesAt(path)) files.push(file);
    });
  }
  const progress = new Progress();
  for (const [i, file] of files.entries()) {
    progress.show(`${i} of ${files.length} sources read`);
    await attempt(file, () => withSource(file, (source) => sources.add(source)));
  }
  progress.end();
  return { sources, files, faults };
}

export interface ReadMap {
  /** What there is to look symbols up in: one list as it is, or sources; undefined if nothing is. */
  readonly symbols?: SymbolSource | SymbolSources;
  /** All files that were read. */
  readonly files: readonly string[];
  /** Which files could not be read, and why. */
  readonly faults: readonly Diagnostic[];
}

/** Likewise with a list that is read as it is looked through. */
export interface OpenMap extends ReadMap {
  readonly symbols?: { readonly file: string; readonly bytes: PartialBytes } | SymbolSources;
  /** Throws FileError if what was read was written to meanwhile. */
  throwIfChanged(): void;
  /** Ends reading; nothing more can be looked up. */
  close(): void;
}

/** Opens the symbols at `paths` for one conversion. What looks something up throws FileError. */
export async function openMap(paths: readonly string[]): Promise<OpenMap> {
  const [only, ...others] = paths;
  const nothingOpen = { throwIfChanged: () => {}, close: () => {} };
  if (only === undefined) return { files: [], faults: [], ...nothingOpen };
  try {
    const list = others.length === 0 ? openList(only) : undefined;
    if (list !== undefined) {
      const { file, bytes, throwIfChanged, close } = list;
      return { symbols: { file, bytes }, files: paths, faults: [], throwIfChanged, close };
    }
  } catch (error) {
    return { files: [], faults: fileFault(error, inputName(only)), ...nothingOpen };
  }
  const { sources, files, faults } = await readSymbols(paths, undefined);
  return { symbols: sources, files, faults, ...nothingOpen };
}

/** Reads the symbols at `paths` for many conversions or checks; a list into memory that threads can share. */
export async function readMap(paths: readonly string[]): Promise<ReadMap> {
  const { symbols, files, faults, throwIfChanged, close } = await openMap(paths);
  try {
    if (symbols === undefined || symbols instanceof SymbolSources) {
      return { ...(symbols && { symbols }), files, faults };
    }
    const { file } = symbols;
    const bytes = new Uint8Array(new SharedArrayBuffer(symbols.bytes.size));
    symbols.bytes.readInto(bytes, 0);
    throwIfChanged();
    return { symbols: { file, bytes }, files, faults };
  } catch (error) {
    return { files: [], faults: fileFault(error, inputName(paths[0]!)) };
  } finally {
    close();
  }
}

/**
 * The path itself, or the modules in a folder and all folders below it, sorted by name. Throws
 * FileError.
 */
export function filesAt(path: string): string[] {
  if (path === STANDARD_STREAM) return [path];
  try {
    if (!statSync(path).isDirectory()) return [path];
    const modules = [...modulesIn(path)];
    if (modules.length > 0) return modules;
  } catch (error) {
    throw asFileError(error, "cannot be read");
  }
  throw new FileError("has no modules in it: no file *.ko, *.ko.gz, *.ko.xz or *.ko.zst");
}

function* modulesIn(folder: string): Iterable<string> {
  const entries = readdirSync(folder, { withFileTypes: true });
  entries.sort((a, b) => (a.name < b.name ? -1 : 1));
  for (const entry of entries) {
    const path = join(folder, entry.name);
    // Folders are not looked for behind links: `build` and `source` lead to the kernel's own.
    if (entry.isDirectory()) yield* modulesIn(path);
    // Behind a link there may be anything; a pipe or a device is no module.
    else if (MODULE_NAME.test(entry.name) && (entry.isFile() || isFileBehind(entry, path))) {
      yield path;
    }
  }
}

/** A link to a file, or to nothing that can be read: that is then told of this file. */
function isFileBehind(entry: Dirent, path: string): boolean {
  if (!entry.isSymbolicLink()) return false;
  try {
    return statSync(path).isFile();
  } catch {
    return true;
  }
}

/** Has `use` look at a source: of an ELF file at parts of it, of everything else at all bytes. */
async function withSource(path: string, use: (source: SymbolSource) => void): Promise<void> {
  const file = inputName(path);
  if (path === STANDARD_STREAM) {
    const { bytes } = await readInput(path);
    return use({ file, bytes: await decompressed(bytes) });
  }
  const descriptor = attemptRead(() => openSync(path, "r"));
  try {
    const status = attemptRead(() => fstatSync(descriptor));
    const bytes = status.isFile() ? fileBytes(descriptor, status) : undefined;
    const head = bytes?.read(0, Math.min(8, bytes.size));
    if (bytes !== undefined && head !== undefined && isElf(head)) {
      use({ file, bytes });
      return throwIfChanged(descriptor, status);
    }
    use({ file, bytes: await decompressed(readOpenFile(descriptor)) });
  } finally {
    closeSync(descriptor);
  }
}

async function decompressed(bytes: Uint8Array): Promise<Uint8Array> {
  const format = compressedFormat(bytes);
  return format === undefined ? bytes : decompress(bytes, format);
}

/** An open file, read as far as is asked for. */
function fileBytes(descriptor: number, status: Stats): FileBytes {
  return {
    size: status.size,
    read: (offset, wanted) => {
      limitSize(status, wanted);
      const bytes = new Uint8Array(wanted);
      readPart(descriptor, bytes, offset);
      return bytes;
    },
  };
}
