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
  // What cannot be loaded is this program's fault, not the file's.
  const decode = await decoderOf(format);
  try {
    return await decode(bytes);
  } catch {
    // The decoders' own words are numbers and the names of their parts.
    throw new FileError(
      `cannot be decompressed: it is damaged, or has more than ${SIZE_MOST >> 20} MiB, or is ${format} of a kind this tool does not read; see whether ${command} can`,
    );
  }
}

type Decode = (bytes: Uint8Array) => Uint8Array | Promise<Uint8Array>;

async function decoderOf(format: CompressedFormat["format"]): Promise<Decode> {
  if (format === "gzip") {
    const { gunzipSync } = await import("node:zlib");
    return (bytes) => gunzipSync(bytes, { maxOutputLength: SIZE_MOST });
  }
  // The bundler leaves this path as it is.
  const { unxz, unzstd }: Decoders = await import("./decoders.js");
  return (bytes) => (format === "xz" ? unxz : unzstd)(bytes, SIZE_MOST);
}
