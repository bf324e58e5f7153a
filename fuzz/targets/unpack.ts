// SPDX-License-Identifier: GPL-2.0-only

// Compressed modules: whatever became of the file, it is refused, or what comes out is what went in. A
// file with a wrong checksum would otherwise be one with wrong symbols.

import { compressedFormat, decompress } from "../../src/cli/decompress.js";
import { FileError } from "../../src/cli/files.js";
import type { Case } from "../cases.js";
import { claim } from "../fault.js";
import { FILLINGS, Guarded } from "../guarded.js";
import { timedLater } from "../limits.js";

/** Tries it; returns what came of it, in a word or two. */
export async function tryUnpack({ before, module }: Case): Promise<string> {
  const input = new Guarded(module.bytes, FILLINGS[1]);
  const found = compressedFormat(input.view);
  if (found === undefined) return "not compressed";
  let unpacked: Uint8Array;
  try {
    unpacked = await timedLater(found.format, () => decompress(input.view, found));
  } catch (error) {
    if (!(error instanceof FileError)) throw error;
    input.claimUntouched();
    return `${found.format}, refused`;
  }
  input.claimUntouched();
  // Members may stand one behind the other, and then their contents do.
  let isOriginal = before.length > 0 && unpacked.length % before.length === 0;
  for (let at = 0; isOriginal && at < unpacked.length; at += before.length) {
    isOriginal = Buffer.compare(unpacked.subarray(at, at + before.length), before) === 0;
  }
  claim(isOriginal, "damage is seen", () => `${unpacked.length} other bytes came out`);
  return `${found.format}, unpacked`;
}
