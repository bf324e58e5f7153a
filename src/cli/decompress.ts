/**
 * Decompresses modules. The decoders are in a file of their own beside the command's, and it is
 * loaded when the first compressed file is met: nearly no run needs it. gzip is Node's own.
 */

import { COMPRESSED_FORMATS, type CompressedFormat } from "../elf/index.js";
import { FileError } from "./files.js";

/** Decoders of the bundle, see build.mjs. */
type Decoders = typeof import("./decoders.js");

/**
 * A module of this size is not one: the largest of Debian's have 10 MB, with debug information ten
 * times that.
 */
const SIZE_MOST = 1 << 29;

/** The format that bytes are compressed with, told by the first of them; undefined for none. */
export function compressedFormat(head: Uint8Array): CompressedFormat | undefined {
  const start = String.fromCharCode(...head.subarray(0, 8));
  return COMPRESSED_FORMATS.find(({ magic }) => start.startsWith(magic));
}

/** The decompressed bytes. Throws FileError if they are damaged or more than half a gigabyte. */
export async function decompress(
  bytes: Uint8Array,
  { format }: CompressedFormat,
): Promise<Uint8Array> {
  try {
    if (format === "gzip") {
      const { gunzipSync } = await import("node:zlib");
      return gunzipSync(bytes, { maxOutputLength: SIZE_MOST });
    }
    const { unxz, unzstd } = await loadDecoders();
    return await (format === "xz" ? unxz : unzstd)(bytes, SIZE_MOST);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new FileError(`cannot be decompressed (${format}): ${reason}`);
  }
}

async function loadDecoders(): Promise<Decoders> {
  // The bundler leaves this path as it is.
  return import("./decoders.js");
}
