/**
 * Where the contents of an edited object go in its file.
 *
 * The file keeps its shape: contents stay in the order they had, at the very offsets they had up
 * to the first one that changed its size, and from there on at offsets that keep their residue
 * modulo the section's alignment. So an object that was not edited comes out as it went in, and
 * one that was shows a diff only where it differs.
 */

import type { Diagnostics } from "../diagnostics.js";
import { ELFCLASS32, SHT_NOBITS, SHT_NULL } from "./constants.js";
import type { ElfObject } from "./object.js";

/** One run of bytes of the file read that has a place of its own in the new one. */
interface Extent {
  /** Offset in the file read; undefined for a new section. */
  readonly from: number | undefined;
  readonly oldSize: number;
  readonly newSize: number;
  readonly align: number;
  /** False for what has no place in the new file: removed sections and SHT_NOBITS. */
  readonly inFile: boolean;
  /** What it is: a section's model index, the header table, or bytes that no header describes. */
  readonly holds: number | "header table" | "opaque";
}

/** Where everything goes: offsets in the new file. */
export interface Placement {
  readonly size: number;
  readonly headerTable: number;
  readonly sections: ReadonlyMap<number, number>;
  /** Bytes between sections that are not padding: [offset read, offset written, size]. */
  readonly opaque: readonly (readonly [number, number, number])[];
}

/**
 * Offsets of a relocatable are bound to sh_addralign by convention only. A larger alignment than a
 * page would let a few bytes of header demand any amount of padding.
 */
const LARGEST_FILE_ALIGNMENT = 4096;

/**
 * Finds a place for everything. `contents` are the bytes each present section will have, by model
 * index.
 *
 * Adds an error to `diagnostics` if the result would be too large for its class.
 */
export function placeContents(
  object: ElfObject,
  contents: ReadonlyMap<number, Uint8Array>,
  diagnostics: Diagnostics,
): Placement {
  const extents = listExtents(object, contents);
  const sections = new Map<number, number>();
  const opaque: [number, number, number][] = [];
  let headerTable = 0;
  let end = object.layout.ehdr.size;
  let shifted = false;
  for (const extent of extents) {
    const { from, oldSize, newSize, align, inFile, holds } = extent;
    // What was empty may lie anywhere, also within others; with contents it cannot stay there.
    const stays = from !== undefined && !shifted && (newSize === 0 || from >= end);
    const at = stays ? from : nextOffset(end, from ?? 0, align);
    if (holds === "header table") headerTable = at;
    else if (holds === "opaque") opaque.push([from!, at, newSize]);
    else sections.set(holds, at);
    if (inFile && (newSize > 0 || !stays)) end = Math.max(end, at + newSize);
    if (newSize !== oldSize) shifted = true;
  }
  const size = shifted ? end : object.bytes.length;
  if (object.layout.elfClass === ELFCLASS32 && size > 0xffffffff) {
    diagnostics.error(
      "elf-too-large",
      `the result would have ${size} bytes; ELFCLASS32 can number ${0xffffffff}`,
    );
  }
  return { size, headerTable, sections, opaque };
}

/** The first offset from `end` up that keeps the residue of `from` modulo `align`. */
function nextOffset(end: number, from: number, align: number): number {
  const residue = (from - end) % align;
  return end + (residue < 0 ? residue + align : residue);
}

/** Everything with a place in the file, in the order of the file read, new sections last. */
function listExtents(object: ElfObject, contents: ReadonlyMap<number, Uint8Array>): Extent[] {
  const { shdr } = object.layout;
  const read: Extent[] = [];
  const added: Extent[] = [];
  for (const section of object.sections) {
    if (section.type === SHT_NULL) continue;
    const data = contents.get(section.index);
    const declared = shdr.sh_addralign.get(section.header, 0);
    const powerOfTwo = declared > 0 && Number.isInteger(Math.log2(declared));
    const align = powerOfTwo ? Math.min(declared, LARGEST_FILE_ALIGNMENT) : 1;
    const extent = {
      from: section.fileOffset,
      oldSize: section.type === SHT_NOBITS ? 0 : section.sizeRead,
      newSize: data?.length ?? 0,
      align,
      inFile: data !== undefined && section.type !== SHT_NOBITS,
      holds: section.index,
    };
    (section.fileOffset === undefined ? added : read).push(extent);
  }
  const kept = object.presentCount;
  const known = object.sections.length - added.length;
  read.push({
    from: object.headerTableOffset,
    oldSize: known * shdr.size,
    newSize: kept * shdr.size,
    align: object.layout.wordSize,
    inFile: true,
    holds: "header table",
  });
  // Of two that begin at one offset one is empty; it comes first, so that the other's end is last.
  read.sort((a, b) => a.from! - b.from! || a.oldSize - b.oldSize);
  const ordered = withOpaqueBytes(object, read);
  const tableIsLast = ordered.at(-1)?.holds === "header table";
  if (tableIsLast) return [...ordered.slice(0, -1), ...added, ...ordered.slice(-1)];
  return [...ordered, ...added];
}

/** Adds what lies between the extents and is more than zero padding. */
function withOpaqueBytes(object: ElfObject, extents: readonly Extent[]): Extent[] {
  const all: Extent[] = [];
  let end = object.layout.ehdr.size;
  const addOpaque = (until: number) => {
    if (object.bytes.subarray(end, until).some((byte) => byte !== 0)) {
      const size = until - end;
      all.push({
        from: end,
        oldSize: size,
        newSize: size,
        align: 1,
        inFile: true,
        holds: "opaque",
      });
    }
  };
  for (const extent of extents) {
    if (extent.oldSize > 0) {
      addOpaque(extent.from!);
      end = extent.from! + extent.oldSize;
    }
    all.push(extent);
  }
  addOpaque(object.bytes.length);
  return all;
}
