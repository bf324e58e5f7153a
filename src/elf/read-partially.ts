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

/** Bytes at the end of a file that are read in any case: what is appended to a module ends with a mark. */
const TAIL = 64;

/**
 * What can be left out, in the order of the file; nothing if two of them overlap, or one the headers or the
 * file's end. What it does to overlap another section is for the reader to say, who has the headers.
 */
function longContents(file: ByteSource, least: number): Missing[] {
  const header = headerOf(file);
  if (header === undefined) return [];
  const { shdr } = header.layout;
  const table = new Uint8Array(header.sectionCount * shdr.size);
  file.readInto(table, header.tableOffset);
  const view = new DataView(table.buffer, table.byteOffset, table.length);
  const all: Missing[] = [];
  for (let record = 0; record < table.length; record += shdr.size) {
    if (shdr.sh_type.get(view, record) !== SHT_PROGBITS) continue;
    if ((shdr.sh_flags.low(view, record) & SHF_ALLOC) !== 0) continue;
    const at = shdr.sh_offset.get(view, record);
    const size = shdr.sh_size.get(view, record);
    const isWithin = at <= file.size && size <= file.size - at;
    if (size >= least && isWithin) all.push({ at, size, from: at });
  }
  all.sort((a, b) => a.at - b.at);
  const read = [
    { at: 0, size: header.layout.ehdr.size },
    { at: header.tableOffset, size: table.length },
    { at: file.size - TAIL, size: TAIL },
  ];
  const isApart = all.every(({ at, size }, i) => {
    const next = all[i + 1]?.at ?? file.size;
    return (
      at + size <= next && read.every((each) => at + size <= each.at || each.at + each.size <= at)
    );
  });
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
