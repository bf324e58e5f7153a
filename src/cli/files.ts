/**
 * Files and streams of the command line. `-` is standard input or output. An output appears under
 * its name only when it is complete; until then nothing but a temporary file beside it exists, and
 * that goes when the run fails or is told to end.
 */

import {
  closeSync,
  fchmodSync,
  fstatSync,
  lstatSync,
  openSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  renameSync,
  statSync,
  unlinkSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { dirname, join, resolve } from "node:path";
import { getSystemErrorMap } from "node:util";

export const STANDARD_STREAM = "-";

/** An input as a message names it; a name that can be pasted into a command. */
export function inputName(path: string): string {
  return path === STANDARD_STREAM ? "/dev/stdin" : path;
}

/** Likewise an output. */
export function outputName(path: string): string {
  return path === STANDARD_STREAM ? "/dev/stdout" : path;
}

/** A file that was read: its bytes, and its permission bits if it has any. */
export interface InputFile {
  readonly bytes: Uint8Array;
  readonly mode: number | undefined;
}

/** Why a file could not be read or written, in the system's words. */
export class FileError extends Error {
  override readonly name = "FileError";
}

/** Reads a whole file. Throws FileError. */
export async function readInput(path: string): Promise<InputFile> {
  if (path !== STANDARD_STREAM) return readFileNow(path);
  try {
    const chunks: Uint8Array[] = [];
    for await (const chunk of process.stdin) chunks.push(chunk as Uint8Array);
    return { bytes: Buffer.concat(chunks), mode: undefined };
  } catch (error) {
    throw asFileError(error, "cannot be read");
  }
}

/**
 * Reads a whole file without giving anybody else a turn: nothing else is to be done meanwhile, and what
 * Node has for waiting takes longer to load than most modules to be read. Throws FileError.
 */
export function readFileNow(path: string): InputFile {
  try {
    const file = openSync(path, "r");
    try {
      const status = fstatSync(file);
      // The mode of a pipe or a device says nothing about what comes out of it.
      const mode = status.isFile() ? status.mode & 0o777 : undefined;
      return { bytes: readFileSync(file), mode };
    } finally {
      closeSync(file);
    }
  } catch (error) {
    throw asFileError(error, "cannot be read");
  }
}

/**
 * Writes a whole file, with `mode` as its permission bits if given. A symbolic link stays one; what
 * is not a regular file (a device, a pipe) is written to and stays what it is. Throws FileError.
 */
export async function writeOutput(
  path: string,
  bytes: Uint8Array,
  mode: number | undefined,
): Promise<void> {
  if (path === STANDARD_STREAM) return writeStandardOutput(bytes);
  try {
    const found = statSync(path, { throwIfNoEntry: false });
    if (found === undefined || found.isFile()) await replaceFile(fileBehind(path), bytes, mode);
    else writeFileSync(path, bytes);
  } catch (error) {
    throw asFileError(error, "cannot be written");
  }
}

/** The file a symbolic link stands for, also one that is not there yet; other paths as they are. */
export function fileBehind(path: string): string {
  let file = path;
  // The system itself follows no more than 40; statSync has thrown on a loop before.
  for (let links = 0; links < 40; links++) {
    if (!lstatSync(file, { throwIfNoEntry: false })?.isSymbolicLink()) break;
    file = resolve(realpathSync(dirname(file)), readlinkSync(file));
  }
  return file;
}

/** True if both names are there and mean one file, by whatever links. */
export function isSameFile(one: string, other: string): boolean {
  try {
    const [first, second] = [statSync(one), statSync(other)];
    return first.ino === second.ino && first.dev === second.dev;
  } catch {
    return false;
  }
}

/** Throws FileError if `path` means one of the files that were read for another purpose. */
export function refuseToReplace(path: string, files: readonly string[]): void {
  if (path === STANDARD_STREAM || !files.some((file) => isSameFile(file, path))) return;
  throw new FileError("is not written: it is also a source of symbols, which it would replace");
}

/** Writes to standard output and waits until it is through. Throws FileError. */
export async function writeStandardOutput(data: Uint8Array | string): Promise<void> {
  try {
    await new Promise<void>((resolve, reject) => {
      process.stdout.once("error", reject);
      process.stdout.write(data, (error) => (error ? reject(error) : resolve()));
    });
  } catch (error) {
    throw asFileError(error, "cannot be written");
  }
}

/** Where a file is written before it has its name. */
export function temporaryBeside(path: string): string {
  const random = Math.random().toString(36).slice(2, 8);
  return join(dirname(path), `.klp-convert-${process.pid}-${random}`);
}

/**
 * Writes a whole file by way of `temporary`, without giving anybody else a turn; signals are the
 * caller's affair. Throws FileError.
 */
export function writeFileNow(
  path: string,
  bytes: Uint8Array,
  mode: number | undefined,
  temporary: string,
): void {
  try {
    try {
      const file = openSync(temporary, "wx", mode === undefined ? 0o666 : 0o600);
      try {
        writeFileSync(file, bytes);
        if (mode !== undefined) fchmodSync(file, mode);
      } finally {
        closeSync(file);
      }
      renameSync(temporary, fileBehind(path));
    } catch (error) {
      discardFile(temporary);
      throw error;
    }
  } catch (error) {
    throw asFileError(error, "cannot be written");
  }
}

/** Removes a file, if it is there. */
export function discardFile(path: string): void {
  try {
    unlinkSync(path);
  } catch {
    // It was not made yet, or was renamed already.
  }
}

export const FATAL_SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT"] as const;

/** Bytes that are written before it is seen whether the run is to end. */
const PIECE = 1 << 24;

async function replaceFile(
  path: string,
  bytes: Uint8Array,
  mode: number | undefined,
): Promise<void> {
  const temporary = temporaryBeside(path);
  const discard = () => discardFile(temporary);
  const endBySignal = (signal: NodeJS.Signals) => {
    discard();
    for (const each of FATAL_SIGNALS) process.removeListener(each, endBySignal);
    process.kill(process.pid, signal);
  };
  for (const signal of FATAL_SIGNALS) process.on(signal, endBySignal);
  try {
    // Nobody may read more than they could of the input, not even for a moment.
    const file = openSync(temporary, "wx", mode === undefined ? 0o666 : 0o600);
    try {
      for (let at = 0; at < bytes.length; ) {
        at += writeSync(file, bytes, at, Math.min(bytes.length - at, PIECE));
        // Signals are noticed between pieces, and before there is a file of that name.
        await new Promise(setImmediate);
      }
      if (mode !== undefined) fchmodSync(file, mode);
    } finally {
      closeSync(file);
    }
    renameSync(temporary, path);
  } catch (error) {
    discard();
    throw error;
  } finally {
    for (const signal of FATAL_SIGNALS) process.removeListener(signal, endBySignal);
  }
}

/** The system's error as a FileError, in the system's words; throws on what is no such error. */
export function asFileError(error: unknown, what: string): FileError {
  if (error instanceof FileError) return error;
  if (!(error instanceof Error) || !("code" in error)) throw error;
  const { errno, message } = error as NodeJS.ErrnoException;
  // `no such file or directory` rather than `ENOENT: no such file or directory, open 'x'`.
  const reason = errno === undefined ? undefined : getSystemErrorMap().get(errno)?.[1];
  return new FileError(`${what}: ${reason ?? message}`);
}
