/** Reads of a relocatable what somebody looks at; the rest when it is asked for. */

import { Diagnostics, Refusal } from "../diagnostics.js";
import { SHF_ALLOC, SHT_PROGBITS } from "./constants.js";
import { FILE_HEADER_MOST, type FileHeader, readFileHeader } from "./file-header.js";
import { type ByteSource, type Missing, PartialBytes } from "./partial-bytes.js";

/**
 * Reads a file but for the contents of sections that no module loader looks at and no tool wants to have
 * whole: SHT_PROGBITS without SHF_ALLOC, of `least` bytes or more. All of it if it is no relocatable, or
 * a damaged one. Throws what `file` throws.
 */
export function readPartially(file: ByteSource, least: number): PartialBytes {
  const bytes = new Uint8Array(file.size);
  const missing = longContents(file, least);
  let at = 0;
  for (const each of [...missing, { at: file.size, size: 0 }]) {
    if (each.at > at) file.readInto(bytes.subarray(at, each.at), at);
    at = each.at + each.size;
  }
  return new PartialBytes(bytes, missing, file);
}

/** What can be left out, in the order of the file; nothing if two of them overlap. */
function longContents(file: ByteSource, least: number): Missing[] {
  const header = headerOf(file);
  if (header === undefined) return [];
  const { shdr } = header.layout;
  const table = new Uint8Array(header.sectionCount * shdr.size);
  file.readInto(table, header.tableOffset);
  const view = new DataView(table.buffer, table.byteOffset, table.length);
  const all: Missing[] = [];
  for (let header = 0; header < table.length; header += shdr.size) {
    if (shdr.sh_type.get(view, header) !== SHT_PROGBITS) continue;
    if ((shdr.sh_flags.low(view, header) & SHF_ALLOC) !== 0) continue;
    const at = shdr.sh_offset.get(view, header);
    const size = shdr.sh_size.get(view, header);
    const isWithin = at <= file.size && size <= file.size - at;
    if (size >= least && isWithin) all.push({ at, size, from: at });
  }
  all.sort((a, b) => a.at - b.at);
  const isApart = all.every(({ at }, i) => i === 0 || at >= all[i - 1]!.at + all[i - 1]!.size);
  return isApart ? all : [];
}

function headerOf(file: ByteSource): FileHeader | undefined {
  const head = new Uint8Array(Math.min(FILE_HEADER_MOST, file.size));
  file.readInto(head, 0);
  try {
    return readFileHeader(head, file.size, true, new Diagnostics("module"));
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    return undefined;
  }
}
