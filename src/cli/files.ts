/**
 * Files and streams of the command line. `-` is standard input or output. An output appears under
 * its name only when it is complete; until then nothing but a temporary file beside it exists, and
 * that goes when the run fails or is told to end.
 */

import { promises as fs, lstatSync, realpathSync, unlinkSync } from "node:fs";
import { dirname, join } from "node:path";
import { getSystemErrorMap } from "node:util";

export const STANDARD_STREAM = "-";

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
  try {
    if (path === STANDARD_STREAM) {
      const chunks: Uint8Array[] = [];
      for await (const chunk of process.stdin) chunks.push(chunk as Uint8Array);
      return { bytes: Buffer.concat(chunks), mode: undefined };
    }
    const file = await fs.open(path);
    try {
      const { mode } = await file.stat();
      return { bytes: await file.readFile(), mode: mode & 0o777 };
    } finally {
      await file.close();
    }
  } catch (error) {
    throw new FileError(`cannot be read: ${systemMessage(error)}`);
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
  try {
    if (path === STANDARD_STREAM) await writeStandardOutput(bytes);
    else if (isReplaceable(path)) await replaceFile(resolveLink(path), bytes, mode);
    else await fs.writeFile(path, bytes);
  } catch (error) {
    throw new FileError(`cannot be written: ${systemMessage(error)}`);
  }
}

/** Writes to standard output and waits until it is through. */
export function writeStandardOutput(data: Uint8Array | string): Promise<void> {
  return new Promise((resolve, reject) => {
    process.stdout.once("error", reject);
    process.stdout.write(data, (error) => (error ? reject(error) : resolve()));
  });
}

/** There is no such file, or a regular one. */
function isReplaceable(path: string): boolean {
  const found = lstatSync(resolveLink(path), { throwIfNoEntry: false });
  return found?.isFile() ?? true;
}

function resolveLink(path: string): string {
  return lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() ? realpathSync(path) : path;
}

const FATAL_SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

async function replaceFile(
  path: string,
  bytes: Uint8Array,
  mode: number | undefined,
): Promise<void> {
  const random = Math.random().toString(36).slice(2, 8);
  const temporary = join(dirname(path), `.klp-convert-${process.pid}-${random}`);
  const discard = () => {
    try {
      unlinkSync(temporary);
    } catch {
      // It was not made yet, or was renamed already.
    }
  };
  const endBySignal = (signal: NodeJS.Signals) => {
    discard();
    for (const each of FATAL_SIGNALS) process.removeListener(each, endBySignal);
    process.kill(process.pid, signal);
  };
  for (const signal of FATAL_SIGNALS) process.on(signal, endBySignal);
  try {
    const file = await fs.open(temporary, "wx");
    try {
      await file.writeFile(bytes);
      if (mode !== undefined) await file.chmod(mode);
    } finally {
      await file.close();
    }
    await fs.rename(temporary, path);
  } catch (error) {
    discard();
    throw error;
  } finally {
    for (const signal of FATAL_SIGNALS) process.removeListener(signal, endBySignal);
  }
}

/** `no such file or directory` rather than `ENOENT: no such file or directory, open 'x'`. */
function systemMessage(error: unknown): string {
  const { errno, message } = error as NodeJS.ErrnoException;
  return (errno !== undefined && getSystemErrorMap().get(errno)?.[1]) || message;
}
