// SPDX-License-Identifier: GPL-2.0-only

// Compressed modules, and files that are small and have much in them.

import { gzipSync } from "node:zlib";
import { GZIP, PLAIN, XZ, ZSTD } from "../test/cli/packed-modules.js";

export interface PackedFile {
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly plain: Uint8Array;
}

const ZEROS = new Uint8Array(8 << 20);

// Buffers share their memory with what is sliced off.
const bytes = (buffer: Uint8Array) => new Uint8Array(buffer);

export const PACKED: readonly PackedFile[] = [
  { name: "in.ko.gz", bytes: bytes(GZIP), plain: PLAIN },
  { name: "in.ko.xz", bytes: bytes(XZ), plain: PLAIN },
  { name: "in.ko.zst", bytes: bytes(ZSTD), plain: PLAIN },
  { name: "zeros.gz", bytes: bytes(gzipSync(ZEROS)), plain: ZEROS },
];
