// SPDX-License-Identifier: GPL-2.0-only

// Puts the parts of a file in another order, with anything between them: the gABI fixes the place
// of the ELF header and of nothing else. Section indices do not change, only where things lie.

import { SHT } from "../elf-builder.js";
import { headerAt, pairOf, peekNumber, poke, recordFields } from "./record-fields.js";

/** A section's contents by index, the section header table, or bytes that no header describes. */
export type Piece = number | "header table" | Uint8Array;

/**
 * The file with exactly `pieces` behind its ELF header, without any alignment. A section that has
 * no contents is moved only if it is among the pieces. Throws Error if contents would get lost.
 */
export function relayout(bytes: Uint8Array, pieces: readonly Piece[]): Uint8Array {
  const pair = pairOf(bytes);
  const { ehdr, shdr } = recordFields[pair.class];
  const count = peekNumber(bytes, 0, "e_shnum");
  const header = bytes.slice(0, ehdr.size);
  const table = bytes.slice(headerAt(bytes, 0), headerAt(bytes, count));
  const missing = new Set(Array.from({ length: count }, (_, index) => index));
  const parts: Uint8Array[] = [header];
  let end: number = ehdr.size;
  for (const piece of pieces) {
    let part = piece;
    if (part === "header table") {
      poke(header, 0, "e_shoff", end);
      part = table;
    } else if (typeof part === "number") {
      missing.delete(part);
      poke(table, part * shdr.size, "sh_offset", end, pair);
      part = contentsOf(bytes, part);
    }
    parts.push(part);
    end += part.length;
  }
  for (const index of missing) {
    if (contentsOf(bytes, index).length > 0) throw new Error(`section ${index} is in no piece`);
  }
  if (!pieces.includes("header table")) throw new Error("the header table is in no piece");
  // Joined last, since the header and the table were changed up to here.
  return Uint8Array.from(Buffer.concat(parts));
}

/** `length` bytes of one value, to lie between sections. */
export function filler(length: number, value = 0): Uint8Array {
  return new Uint8Array(length).fill(value);
}

/** The bytes of a section, none for SHT_NULL and SHT_NOBITS. */
export function contentsOf(bytes: Uint8Array, index: number): Uint8Array {
  const at = headerAt(bytes, index);
  const type = peekNumber(bytes, at, "sh_type");
  if (type === SHT.NULL || type === SHT.NOBITS) return new Uint8Array(0);
  const offset = peekNumber(bytes, at, "sh_offset");
  return bytes.subarray(offset, offset + peekNumber(bytes, at, "sh_size"));
}
