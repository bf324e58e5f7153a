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
  { format, command }: CompressedFormat,
): Promise<Uint8Array> {
  try {
    if (format === "gzip") {
      const { gunzipSync } = await import("node:zlib");
      return gunzipSync(bytes, { maxOutputLength: SIZE_MOST });
    }
    const { unxz, unzstd } = await loadDecoders();
    return await (format === "xz" ? unxz : unzstd)(bytes, SIZE_MOST);
  } catch {
    // The decoders' own words are numbers and the names of their parts.
    throw new FileError(
      `cannot be decompressed: it is damaged, or has more than ${SIZE_MOST >> 20} MiB, or is ${format} of a kind this tool does not read; see whether ${command} can`,
    );
  }
}

async function loadDecoders(): Promise<Decoders> {
  // The bundler leaves this path as it is.
  return import("./decoders.js");
}
