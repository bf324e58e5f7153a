/**
 * A file of which only parts are looked at. Where the bytes come from, memory or a disk, is for the
 * caller to know: of a tree of 4,000 modules the tenth that matters is read, and no more.
 */

export interface FileBytes {
  /** Size of the file in bytes. */
  readonly size: number;
  /** The `size` bytes at `offset`, which the caller has held against the file's size. */
  read(offset: number, size: number): Uint8Array;
}

/** `bytes` as a file; what is read of it are views. */
export function fileBytesOf(bytes: Uint8Array): FileBytes {
  return {
    size: bytes.length,
    read: (offset, size) => bytes.subarray(offset, offset + size),
  };
}
