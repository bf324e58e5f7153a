/**
 * Files and streams of the command line. `-` is standard input or output. An output appears under
 * its name only when it is complete; until then nothing but a temporary file beside it exists, and
 * that goes when the run fails or is told to end.
 */

import {
  closeSync,
  fchmodSync,
  lstatSync,
  openSync,
  readlinkSync,
  realpathSync,
  renameSync,
  statSync,
  unlinkSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
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

/** Why a file could not be read or written, in the system's words. */
export class FileError extends Error {
  override readonly name = "FileError";
  /** Which file, where one of several is written. */
  readonly file: string | undefined;

  /** `cause` is the system's error, if it is one. */
  constructor(message: string, options: { readonly cause?: unknown; readonly file?: string } = {}) {
    super(message, options);
    this.file = options.file;
  }

  /** What the system calls the reason: `ENOENT`. */
  get code(): string | undefined {
    return (this.cause as NodeJS.ErrnoException | undefined)?.code;
  }
}

/** The bundles of the command line and of the commands have a class of their own each: see build.mjs. */
export function isFileError(error: unknown): error is FileError {
  return error instanceof Error && error.name === "FileError";
}

/** A file that is to be written whole. */
export interface Output {
  readonly path: string;
  /** Its bytes; each piece is written before the next one is asked for. */
  readonly pieces: Iterable<Uint8Array>;
  /** Its permission bits; those of any new file if absent. */
  readonly mode?: number | undefined;
}

/** Writes a whole file. Throws FileError. */
export function writeOutput(output: Output): Promise<void> {
  return writeOutputs([output]);
}

/**
 * Writes files that belong together: none has its name before all of them are complete, and the last of
 * them has it last. A symbolic link stays one; what is not a regular file (a device, a pipe) is written to
 * and stays what it is. Throws FileError with the file's name.
 */
export async function writeOutputs(outputs: readonly Output[]): Promise<void> {
  /** What goes again if anything fails: files under temporary names, later those that are new. */
  const temporaries = new Map<Output, string>();
  const discard = () => {
    for (const temporary of temporaries.values()) discardFile(temporary);
  };
  const endBySignal = (signal: NodeJS.Signals) => {
    discard();
    for (const each of FATAL_SIGNALS) process.removeListener(each, endBySignal);
    process.kill(process.pid, signal);
  };
  for (const signal of FATAL_SIGNALS) process.on(signal, endBySignal);
  let path = STANDARD_STREAM;
  try {
    for (const output of outputs) {
      path = output.path;
      if (!isReplaced(path)) continue;
      const temporary = temporaryBeside(fileBehind(path));
      temporaries.set(output, temporary);
      await writeTemporary(temporary, output);
    }
    // This alone cannot be taken back.
    for (const output of outputs) {
      path = output.path;
      if (!temporaries.has(output)) await writeInPlace(output);
    }
    for (const [output, temporary] of temporaries) {
      path = output.path;
      const place = fileBehind(path);
      const isNew = lstatSync(place, { throwIfNoEntry: false }) === undefined;
      renameSync(temporary, place);
      if (isNew) temporaries.set(output, place);
    }
  } catch (error) {
    discard();
    const { message, cause, file = path } = asFileError(error, "cannot be written");
    throw new FileError(message, { cause, file });
  } finally {
    for (const signal of FATAL_SIGNALS) process.removeListener(signal, endBySignal);
  }
}

/** Bytes that are written before it is seen whether the run is to end. */
const PIECE = 1 << 24;

/** fs.promises would do the same, and takes longer to load than most modules to be written. */
async function writeTemporary(temporary: string, { pieces, mode }: Output): Promise<void> {
  // Nobody may read more than they could of the input, not even for a moment.
  const file = openSync(temporary, "wx", mode === undefined ? 0o666 : 0o600);
  try {
    for (const piece of pieces) {
      for (let at = 0; at < piece.length; ) {
        at += writeSync(file, piece, at, Math.min(piece.length - at, PIECE));
        // Signals are noticed between pieces, and before there is a file of that name.
        await new Promise(setImmediate);
      }
    }
    if (mode !== undefined) fchmodSync(file, mode);
  } finally {
    closeSync(file);
  }
}

async function writeInPlace({ path, pieces }: Output): Promise<void> {
  if (path === STANDARD_STREAM) {
    for (const piece of pieces) await writeStandardOutput(piece);
    return;
  }
  const own = ownDescriptor(path);
  const file = own ?? openSync(path, "w");
  try {
    for (const piece of pieces) writeFileSync(file, piece);
  } finally {
    if (own === undefined) closeSync(file);
  }
}

/** Whether a new file takes the place of what is there: of a file, or of nothing. Throws. */
export function isReplaced(path: string): boolean {
  if (path === STANDARD_STREAM || ownDescriptor(path) !== undefined) return false;
  const found = statSync(path, { throwIfNoEntry: false });
  return found === undefined || found.isFile();
}

/**
 * The descriptor of a regular file that a name such as /dev/fd/3 stands for. Whoever opened it writes
 * there too, before and after, so it is neither replaced nor begun anew. Throws.
 */
export function ownDescriptor(path: string): number | undefined {
  const place = fileBehind(path);
  const folder = `${OWN_DESCRIPTORS}/`;
  if (!place.startsWith(folder) || !statSync(place).isFile()) return undefined;
  return Number(place.slice(folder.length));
}

/** Links in it lead to what is open, whatever has the name that they say. */
const OWN_DESCRIPTORS = `/proc/${process.pid}/fd`;

/**
 * The file a symbolic link stands for, also one that is not there yet; other paths as they are, and a
 * descriptor of this process's own as one.
 */
export function fileBehind(path: string): string {
  let file = path;
  // The system itself follows no more than 40, and statSync throws on a loop.
  for (let links = 0; links < 40; links++) {
    if (!lstatSync(file, { throwIfNoEntry: false })?.isSymbolicLink()) break;
    const folder = realpathSync(dirname(file));
    if (folder === OWN_DESCRIPTORS) return join(folder, basename(file));
    file = resolve(folder, readlinkSync(file));
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
  const message = "is not written: it is also a source of symbols, which it would replace";
  throw new FileError(message, { file: path });
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

/** The system's error as a FileError, in the system's words; throws on what is no such error. */
export function asFileError(error: unknown, what: string): FileError {
  if (isFileError(error)) return error;
  if (!(error instanceof Error) || !("code" in error)) throw error;
  const { errno, message } = error as NodeJS.ErrnoException;
  // `no such file or directory` rather than `ENOENT: no such file or directory, open 'x'`.
  const reason = errno === undefined ? undefined : getSystemErrorMap().get(errno)?.[1];
  return new FileError(`${what}: ${reason ?? message}`, { cause: error });
}
