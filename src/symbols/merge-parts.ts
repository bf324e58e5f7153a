/**
 * Makes one of all that several sources say: each object once. Where two sources have an object, the
 * one that says more about it is taken, but only if the other agrees: two kernels in one list would
 * make positions that are right for neither.
 */

import type { Diagnostics } from "../diagnostics.js";
import { VMLINUX } from "./list-format.js";
import {
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
  // Sorting is stable: of two that say as much the first is taken.
  const [best, ...others] = [...whole].sort((a, b) => worthOf(b) - worthOf(a));
  for (const other of others) compare(best!, other, diagnostics);
  const [first, ...more] = best === undefined ? exports : [best, ...exports];
  return more.reduce(addExports, first!);
}

/** How much a part says: the whole symbol table, the kernel's order, more than names. */
function worthOf({ order, chunks }: ObjectPart): number {
  const saysMore = chunks.some(({ version }) => version === "0.2");
  return (order === "symtab" ? 4 : order === "kallsyms" ? 2 : 0) + (saysMore ? 1 : 0);
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
    ["they are not of one kernel; give sources of one kernel only"],
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
