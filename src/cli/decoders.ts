/** xz and zstd, which Node 20 does not have. Bundled into a file of its own, see build.mjs. */

import { XzReadableStream } from "xz-decompress";
import { ZSTDDecoder } from "zstddec";

/** Decompresses an xz file. Rejects if it is damaged or `most` bytes are not enough. */
export async function unxz(bytes: Uint8Array, most: number): Promise<Uint8Array> {
  const compressed = new ReadableStream<Uint8Array>({
    start(controller) {
      controller.enqueue(bytes);
      controller.close();
    },
  });
  const reader = new XzReadableStream(compressed).getReader();
  const chunks: Uint8Array[] = [];
  let size = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    size += value.length;
    if (size > most) throw new Error("too large");
    chunks.push(value);
  }
  return Buffer.concat(chunks);
}

let zstd: ZSTDDecoder | undefined;

/** Decompresses a zstd file. Rejects if it is damaged or `most` bytes are not enough. */
export async function unzstd(bytes: Uint8Array, most: number): Promise<Uint8Array> {
  if (zstd === undefined) {
    zstd = new ZSTDDecoder();
    await zstd.init();
  }
  // What the file says of its size is not believed. The decoder returns nothing both for a damaged
  // file and for one that does not fit, so larger rooms are tried up to the largest.
  for (let room = Math.min(most, 16 * bytes.length); ; room = Math.min(most, 8 * room)) {
    const decoded = zstd.decode(bytes, room);
    if (decoded.length > 0) return decoded;
    if (room === most) throw new Error("damaged, or too large");
  }
}
