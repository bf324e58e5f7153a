/**
 * Makes one of all that several sources say: each object once. Where two sources have an object, the
 * one that says more about it goes first, and names that only the other has are added: positions
 * count within a name, so the order between names does not matter. But the two have to agree about
 * the names that both have: two kernels in one list would make positions that are right for neither.
 */

import { bytesOfName } from "../byte-string.js";
import type { Diagnostics } from "../diagnostics.js";
import { VMLINUX } from "./list-format.js";
import { ListLines } from "./list-lines.js";
import {
  type Chunk,
  chunkOf,
  eachLine,
  fieldsOfLine,
  hasOnlyExports,
  isExport,
  isLasting,
  nameOfLine,
  type ObjectPart,
  sizeOfChunks,
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
  whole.sort((a, b) => worthOf(b) - worthOf(a) || compareLines(a, b) || (a.file < b.file ? -1 : 1));
  let [merged] = whole;
  for (const [i, other] of whole.entries()) {
    // With each of the others as it came: put together, names stand in another order.
    const before = whole.slice(0, i);
    if (i === 0 || !before.every((each) => agree(each, other, diagnostics))) continue;
    merged = addNames(merged!, other);
  }
  if (merged !== undefined && merged.depends === undefined) {
    const depends = whole.find((part) => part.depends !== undefined)?.depends;
    merged = { ...merged, depends };
  }
  return exports.length === 0 ? merged! : addExports(merged, exports, diagnostics);
}

/** How much a part says: all names, the whole symbol table, the kernel's order, and so on. */
function worthOf({ order, chunks, arch, release, names }: ObjectPart): number {
  const saysMore = chunks.some(({ version }) => version === "0.2");
  return (
    (names === "all" ? 32 : 0) +
    (order === "symtab" ? 16 : order === "kallsyms" ? 8 : 0) +
    (saysMore ? 4 : 0) +
    (arch === undefined ? 0 : 2) +
    (release === undefined ? 0 : 1)
  );
}

/**
 * Puts one of two parts that say as much before the other, by nothing but what they say: the same
 * sources in another order are to give the same list.
 */
function compareLines({ chunks: a }: ObjectPart, { chunks: b }: ObjectPart): number {
  const difference = sizeOfChunks(b) - sizeOfChunks(a);
  if (difference !== 0) return difference;
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
 * many homonyms. Names that only one has may have been left out of the other for good reasons; but
 * what kallsyms shows of a module must be in its file. Adds an error if they do not agree.
 */
function agree(best: ObjectPart, other: ObjectPart, diagnostics: Diagnostics): boolean {
  const [one, two] = [lastingNames(best), lastingNames(other)];
  const [inOne, inTwo] = [new Set(one), new Set(two)];
  const isFileOfOther = best.order === "symtab" && other.order === "kallsyms";
  const left = one.filter((name) => inTwo.has(name));
  const right = isFileOfOther ? two : two.filter((name) => inOne.has(name));
  const at = left.findIndex((name, i) => name !== right[i]);
  if (at < 0 && left.length === right.length) return true;
  const place = at < 0 ? left.length : at;
  const before = place === 0 ? "at the start" : `after ${left[place - 1]}`;
  const has = (names: readonly string[]) => names[place] ?? "nothing";
  diagnostics.error(
    "sources-disagree",
    `sources disagree about ${best.object}: ${before} ${best.file} has ${has(left)}, ${other.file} has ${has(right)}`,
    {},
    [
      "they are not of one kernel, or one has lost its order: give sources of one kernel only",
      "of two modules of one name in a folder, give the one that is loaded",
    ],
  );
  return false;
}

/** Names of what an object has for good, exports not among them. */
function lastingNames({ chunks }: ObjectPart): string[] {
  const names: string[] = [];
  eachLine(chunks, (line) => {
    if (isLasting(line) && !isExport(line)) names.push(nameOfLine(line));
  });
  return names;
}

/** Names that only the other source has, with all their symbols in its order. */
function addNames(part: ObjectPart, other: ObjectPart): ObjectPart {
  const known = new Set<string>();
  eachLine(part.chunks, (line) => {
    known.add(nameOfLine(line));
  });
  const added: Chunk[] = [];
  for (const { version, lines: from } of other.chunks) {
    const lines = new ListLines();
    const chunk = { lines: from, version, firstLine: undefined };
    eachLine([chunk], (line) => {
      if (known.has(nameOfLine(line))) return;
      lines.name(from, line.start, line.end);
      lines.end();
    });
    const missing = lines.bytes();
    if (missing.length > 0) added.push({ ...chunk, lines: missing });
  }
  return added.length === 0 ? part : { ...part, chunks: [...part.chunks, ...added] };
}

/**
 * What Module.symvers adds: exports the object does not have yet, and the namespaces of all. They
 * stand behind everything else by name, since their order means nothing.
 */
function addExports(
  part: ObjectPart | undefined,
  sources: readonly ObjectPart[],
  diagnostics: Diagnostics,
): ObjectPart {
  const namespaces = new Map<string, { readonly namespace: string | undefined; file: string }>();
  for (const { object, file, chunks } of sources) {
    eachLine(chunks, (line) => {
      const name = nameOfLine(line);
      const namespace = fieldsOfLine(line)?.file;
      const known = namespaces.get(name);
      if (known === undefined || known.namespace === undefined) {
        namespaces.set(name, { namespace, file });
      } else if (namespace !== undefined && namespace !== known.namespace) {
        diagnostics.error(
          "sources-disagree",
          `sources disagree about ${object}: ${known.file} has ${name} in namespace ${known.namespace}, ${file} in ${namespace}`,
          {},
          ["they are not of one kernel; give sources of one kernel only"],
        );
      }
    });
  }
  const lines = new ListLines();
  for (const [name, { namespace }] of [...namespaces].sort(([a], [b]) => (a < b ? -1 : 1))) {
    lines.name(bytesOfName(name), 0, name.length);
    lines.field("-");
    lines.field("-");
    if (namespace !== undefined) lines.field(namespace);
    lines.end();
  }
  const [first] = sources;
  const base = part ?? { ...first!, chunks: [] };
  return { ...base, chunks: [...base.chunks, chunkOf(lines.bytes())] };
}
