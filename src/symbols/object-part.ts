/** What one source says of one object: the lines a symbols list would have for it. */

import { bytesOfName, nameOfBytes } from "../byte-string.js";
import {
  EXPORT_PREFIX,
  KEPT_BUT_FREED,
  type ListVersion,
  type ObjectFacts,
  parseFields,
  type SymbolFields,
} from "./list-format.js";

export interface ObjectPart extends ObjectFacts {
  /** The object, as the kernel spells it. */
  readonly object: string;
  /** The file it is from, for messages. */
  readonly file: string;
  /** Lines in the object's order, each with its newline. */
  readonly chunks: readonly Chunk[];
}

/** Lines that stand one after the other. */
export interface Chunk {
  /** Their bytes; of a list that is read as it is looked at, those of which {@link load} has made sure. */
  readonly lines: Uint8Array;
  /** Makes sure of a line at an offset, and returns up to where there are lines now. */
  load?(at: number): number;
  readonly version: ListVersion;
  /** Number of the first line in the file they are from, if that is a list. */
  readonly firstLine: number | undefined;
}

/** Lines made from something else than a list. */
export function chunkOf(lines: Uint8Array): Chunk {
  return { lines, version: "0.2", firstLine: undefined };
}

/** Bytes of all lines. */
export function sizeOfChunks(chunks: readonly Chunk[]): number {
  return chunks.reduce((size, { lines }) => size + lines.length, 0);
}

const NEWLINE = 10;
const SPACE = 32;
const FREED = KEPT_BUT_FREED.charCodeAt(0);
const EXPORT = bytesOfName(EXPORT_PREFIX);

/** One line of a chunk by its offsets; the same object for each, to be looked at, not kept. */
export interface Line {
  readonly bytes: Uint8Array;
  readonly start: number;
  readonly nameEnd: number;
  /** Where the fields of format 0.2 end, and a carriage return may follow; `nameEnd` in 0.1. */
  readonly end: number;
}

/** Calls `each` for every line of chunks that a walk has found sound, until it returns false. */
export function eachLine(chunks: readonly Chunk[], each: (line: Line) => unknown): void {
  for (const chunk of chunks) {
    const bytes = chunk.lines;
    const line = { bytes, start: 0, nameEnd: 0, end: 0 };
    let loaded = chunk.load === undefined ? bytes.length : 0;
    for (let at = 0; at < bytes.length; at++) {
      if (at >= loaded) loaded = chunk.load!(at);
      line.start = at;
      while (bytes[at]! > SPACE) at++;
      line.nameEnd = at;
      while (bytes[at]! >= SPACE) at++;
      line.end = at;
      if (bytes[at] !== NEWLINE) at++;
      if (each(line) === false) return;
    }
  }
}

/** The name of a line. */
export function nameOfLine({ bytes, start, nameEnd }: Line): string {
  return nameOfBytes(bytes, start, nameEnd);
}

/** What a line says beside its name; undefined if it says nothing, or no sense. */
export function fieldsOfLine({ bytes, nameEnd, end }: Line): SymbolFields | undefined {
  return nameEnd === end ? undefined : parseFields(nameOfBytes(bytes, nameEnd + 1, end));
}

/** False for a line in format 0.2 that says its symbol goes when the module is live. */
export function isLasting({ bytes, nameEnd, end }: Line): boolean {
  if (nameEnd === end) return true;
  let at = nameEnd + 1;
  while (bytes[at] !== SPACE) at++;
  // Behind the address comes the type, one letter, and perhaps another.
  return bytes[at + 2]! <= SPACE || bytes[at + 2] === FREED;
}

/** The line says that the object exports a symbol. */
export function isExport({ bytes, start, nameEnd }: Line): boolean {
  return isExportName(bytes, start, nameEnd);
}

/** The name at `start` up to `end` says that the object exports a symbol. */
export function isExportName(bytes: Uint8Array, start: number, end: number): boolean {
  if (end - start <= EXPORT.length) return false;
  for (let i = 0; i < EXPORT.length; i++) if (bytes[start + i] !== EXPORT[i]) return false;
  return true;
}

/** Nothing is known of the object but what it exports, as Module.symvers says it. */
export function hasOnlyExports(chunks: readonly Chunk[]): boolean {
  let exports = 0;
  let others = 0;
  eachLine(chunks, (line) => {
    if (!isExport(line)) others++;
    else exports++;
    return others === 0;
  });
  return exports > 0 && others === 0;
}

/**
 * The names stand in alphabetical order, so that of the object's own nothing is left. nm sorts as
 * the locale says, which may look neither at case nor at underscores; both ways are tried.
 */
export function isInNameOrder(chunks: readonly Chunk[]): boolean {
  let previous: { name: string; folded: string } | undefined;
  let distinct = 0;
  let byBytes = true;
  let byLetters = true;
  eachLine(chunks, (line) => {
    if (isExport(line)) return true;
    const name = nameOfLine(line);
    const folded = name.replace(/[^0-9A-Za-z]/g, "").toLowerCase();
    if (previous?.name !== name) distinct++;
    if (previous !== undefined && name < previous.name) byBytes = false;
    if (previous !== undefined && folded < previous.folded) byLetters = false;
    previous = { name, folded };
    return byBytes || byLetters;
  });
  return distinct > 1 && (byBytes || byLetters);
}
