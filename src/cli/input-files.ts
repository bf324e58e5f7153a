/**
 * Reads inputs whole. What has no size of its own, a pipe or a device, may have no end either; and what
 * is written to while it is read is half of the one thing and half of the other, which looks like a list
 * without the other half's symbols. Both are refused.
 */

import type { Stats } from "node:fs";
import { closeSync, promises as fs, fstatSync, openSync, readFileSync, readSync } from "node:fs";
import { asFileError, FileError, STANDARD_STREAM } from "./files.js";

const GIB = 2 ** 30;
/** Node reads no larger file in one go. */
const FILE_MOST = 2 * GIB;
/** The largest source is a vmlinux with debug information, of half that size. */
const STREAM_MOST = GIB;

/** A file that was read: its bytes, and its permission bits if it has any. */
export interface InputFile {
  readonly bytes: Uint8Array;
  readonly mode: number | undefined;
}

/** Reads a whole file, or standard input. Throws FileError. */
export async function readInput(path: string): Promise<InputFile> {
  if (path !== STANDARD_STREAM) return readFileNow(path);
  try {
    return { bytes: await readStandardInput(), mode: undefined };
  } catch (error) {
    throw asFileError(error, "cannot be read");
  }
}

/**
 * Reads a whole file without giving anybody else a turn: nothing else is to be done meanwhile, and
 * fs.promises takes longer to load than most modules to be read. Throws FileError.
 */
export function readFileNow(path: string): InputFile {
  return attemptRead(() => {
    const descriptor = openSync(path, "r");
    try {
      const status = fstatSync(descriptor);
      // The mode of a pipe or a device says nothing about what comes out of it.
      const mode = status.isFile() ? status.mode & 0o777 : undefined;
      return { bytes: readOpenFile(descriptor), mode };
    } finally {
      closeSync(descriptor);
    }
  });
}

/** All bytes of one of many files, while others are read, and signals heard. Throws FileError. */
export async function readInTurn(path: string): Promise<Uint8Array> {
  try {
    const file = await fs.open(path);
    try {
      const status = await file.stat();
      if (!status.isFile() || status.size === 0) return readOpenFile(file.fd);
      limitSize(status, status.size);
      const bytes = await file.readFile();
      throwIfChanged(file.fd, status);
      return bytes;
    } finally {
      await file.close();
    }
  } catch (error) {
    throw asFileError(error, "cannot be read");
  }
}

/** All bytes of a file that was just opened. Throws FileError. */
export function readOpenFile(descriptor: number): Uint8Array {
  return attemptRead(() => {
    const status = fstatSync(descriptor);
    // The kernel's own files have no size either.
    if (!status.isFile() || status.size === 0) return readStream(descriptor, status);
    limitSize(status, status.size);
    const bytes = readFileSync(descriptor);
    throwIfChanged(descriptor, status);
    return bytes;
  });
}

/** Fills `bytes` from a place in an open file. Throws FileError. */
export function readPart(descriptor: number, bytes: Uint8Array, offset: number): void {
  let read = 0;
  while (read < bytes.length) {
    const more = attemptRead(() =>
      readSync(descriptor, bytes, read, bytes.length - read, offset + read),
    );
    if (more === 0) throw new FileError("cannot be read: it became shorter meanwhile");
    read += more;
  }
}

/** Throws FileError if an open file was written to since it had `status`. */
export function throwIfChanged(descriptor: number, status: Stats): void {
  const { size, mtimeMs } = fstatSync(descriptor);
  if (size === status.size && mtimeMs === status.mtimeMs) return;
  throw new FileError("cannot be read: it was changed meanwhile");
}

/** Throws FileError if there is more than is read of an open file: `size` bytes at least. */
export function limitSize(status: Stats, size: number): void {
  if (status.isFile()) {
    if (size >= FILE_MOST) throw new FileError("cannot be read: it has 2 GiB or more");
    return;
  }
  const isDevice = status.isCharacterDevice() || status.isBlockDevice();
  // Nothing comes out of /dev/null, and people may type.
  if (isDevice && size > 0 && !isTerminal(status)) {
    throw new FileError("cannot be read: it is a device, not a file");
  }
  if (size >= STREAM_MOST) {
    throw new FileError("cannot be read: it is no file, and 1 GiB or more comes out of it");
  }
}

/** Whether a device is the terminal that standard input is. node:tty would say it, once it is loaded. */
function isTerminal({ rdev }: Stats): boolean {
  return process.stdin.isTTY && fstatSync(0).rdev === rdev;
}

/** What the system refuses as a FileError. */
export function attemptRead<Result>(step: () => Result): Result {
  try {
    return step();
  } catch (error) {
    throw asFileError(error, "cannot be read");
  }
}

function readStream(descriptor: number, status: Stats): Uint8Array {
  let bytes = new Uint8Array(1 << 16);
  let size = 0;
  for (;;) {
    const more = readSync(descriptor, bytes, size, bytes.length - size, null);
    if (more === 0) return bytes.subarray(0, size);
    size += more;
    limitSize(status, size);
    if (size < bytes.length) continue;
    const grown = new Uint8Array(2 * size);
    grown.set(bytes);
    bytes = grown;
  }
}

async function readStandardInput(): Promise<Uint8Array> {
  const status = fstatSync(0);
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of process.stdin) {
    chunks.push(chunk as Uint8Array);
    size += (chunk as Uint8Array).length;
    limitSize(status, size);
  }
  return Buffer.concat(chunks);
}
