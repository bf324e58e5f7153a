/**
 * Makes one of all that several sources say: each object once. Where two sources have an object, the
 * one that says more about it is taken, but only if the other agrees: two kernels in one list would
 * make positions that are right for neither.
 */

import type { Diagnostics } from "../diagnostics.js";
import { VMLINUX } from "./list-format.js";
import {
  type Chunk,
  eachLine,
  hasOnlyExports,
  isExport,
  isLasting,
  nameOfLine,
  type ObjectPart,
} from "./object-part.js";

/**
 * The objects of all sources, vmlinux first, the modules by their names.
 *
 * Adds an error to `diagnostics` for each object that sources disagree about.
 */
export function mergeParts(parts: readonly ObjectPart[], diagnostics: Diagnostics): ObjectPart[] {
  const byObject = new Map<string, ObjectPart[]>();
  for (const part of parts) {
    const same = byObject.get(part.object);
    if (same === undefined) byObject.set(part.object, [part]);
    else same.push(part);
  }
  const merged = [...byObject.values()].map((same) => mergeObject(same, diagnostics));
  return merged.sort((a, b) => orderOfObjects(a.object, b.object));
}

function orderOfObjects(a: string, b: string): number {
  if (a === b) return 0;
  if (a === VMLINUX || b === VMLINUX) return a === VMLINUX ? -1 : 1;
  return a < b ? -1 : 1;
}

function mergeObject(parts: readonly ObjectPart[], diagnostics: Diagnostics): ObjectPart {
  const [only] = parts;
  if (parts.length === 1) return only!;
  const whole = parts.filter(({ chunks }) => !hasOnlyExports(chunks));
  const exports = parts.filter((part) => !whole.includes(part));
  const [best, ...others] = [...whole].sort(
    (a, b) => worthOf(b) - worthOf(a) || compareLines(a, b) || (a.file < b.file ? -1 : 1),
  );
  for (const other of others) compare(best!, other, diagnostics);
  const [first, ...more] = best === undefined ? exports : [best, ...exports];
  return more.reduce(addExports, first!);
}

/** How much a part says: the whole symbol table, the kernel's order, more than names, the kernel. */
function worthOf({ order, chunks, arch, release }: ObjectPart): number {
  const saysMore = chunks.some(({ version }) => version === "0.2");
  const ofOrder = order === "symtab" ? 16 : order === "kallsyms" ? 8 : 0;
  const ofKernel = (arch === undefined ? 0 : 2) + (release === undefined ? 0 : 1);
  return ofOrder + (saysMore ? 4 : 0) + ofKernel;
}

/**
 * Puts one of two parts that say as much before the other, by nothing but what they say: the same
 * sources in another order are to give the same list.
 */
function compareLines({ chunks: a }: ObjectPart, { chunks: b }: ObjectPart): number {
  const sizeOf = (chunks: readonly Chunk[]) =>
    chunks.reduce((size, { lines }) => size + lines.length, 0);
  if (sizeOf(a) !== sizeOf(b)) return sizeOf(b) - sizeOf(a);
  if (a.length !== b.length) return a.length - b.length;
  for (const [i, { lines }] of a.entries()) {
    const others = b[i]!.lines;
    if (lines.length !== others.length) return others.length - lines.length;
    const at = lines.findIndex((byte, j) => byte !== others[j]);
    if (at >= 0) return lines[at]! - others[at]!;
  }
  return 0;
}

/**
 * Two sources agree about an object if the names that both of them have stand in one order, with as
 * many homonyms. Names that only one has may have been left out of the other for good reasons.
 */
function compare(best: ObjectPart, other: ObjectPart, diagnostics: Diagnostics): void {
  const [one, two] = [best, other].map((part) => lastingNames(part));
  const inOne = new Set(one);
  const inTwo = new Set(two);
  const left = one!.filter((name) => inTwo.has(name));
  const right = two!.filter((name) => inOne.has(name));
  const at = left.findIndex((name, i) => name !== right[i]);
  if (at < 0 && left.length === right.length) return;
  const place = at < 0 ? left.length : at;
  const before = place === 0 ? "at the start" : `after ${left[place - 1]}`;
  const has = (names: readonly string[]) => names[place] ?? "nothing";
  diagnostics.error(
    "sources-disagree",
    `sources disagree about ${best.object}: ${before} ${best.file} has ${has(left)}, ${other.file} has ${has(right)}`,
    {},
    ["they are not of one kernel, or one has lost its order; give sources of one kernel only"],
  );
}

/** Names of what an object has for good, exports not among them. */
function lastingNames({ chunks }: ObjectPart): string[] {
  const names: string[] = [];
  eachLine(chunks, (line) => {
    if (isLasting(line) && !isExport(line)) names.push(nameOfLine(line));
  });
  return names;
}

/** The exports that another source adds, behind everything else: their order means nothing. */
function addExports(part: ObjectPart, added: ObjectPart): ObjectPart {
  return { ...part, chunks: [...part.chunks, ...added.chunks] };
}
