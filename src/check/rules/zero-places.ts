/** Places of x86_64's relocations: the kernel writes only where there are zeros, and so only once. */

import { hex } from "../../diagnostics.js";
import { EM_X86_64, type Section } from "../../elf/index.js";
import { WrittenPlaces, widthsOf } from "../../livepatch/index.js";
import { VMLINUX } from "../../symbols/index.js";
import { type AppliedTable, appliedTables, placeOf, refusedEntry } from "../applied-relocations.js";
import type { Entry, EntryTable } from "../entry-table.js";
import { HARMLESS, type Outcome } from "../outcome.js";
import type { Findings, Rule } from "../rule.js";
import type { Subject } from "../subject.js";

/** A section of relocations with the bytes that each writes. */
interface PlacedTable {
  readonly table: AppliedTable;
  readonly entries: EntryTable;
  readonly widths: Uint8Array;
}

/** What a relocation writes. */
interface Extent {
  readonly start: number;
  readonly end: number;
  /** Its number in the kernel's order. */
  readonly rank: number;
  readonly table: AppliedTable;
  readonly entry: Entry;
}

// Shown by x86_64-6.1 trap-nonzero and x86_64-6.1 trap-twice; that it is so on x86_64 alone, by
// s390x-6.12 trap-nonzero, ppc64le-6.12 trap-nonzero and arm64-7.3 trap-nonzero.
export const L59: Rule = {
  id: "L59",
  title: "Relocations are of places that hold zeros and that no other relocation writes to",
  severity: "error",
  needs: ["object"],
  machines: [EM_X86_64],
  kernels: "the words of the kernel's line differ: before 6.3, before 6.19, and since",
  consequences: [
    {
      kind: "refused",
      text: "the kernel finds something at the place, be it of the file or of another relocation",
      message:
        "module: x86/modules: Skipping invalid relocation target, existing value is nonzero for type …, loc …, val …",
      errno: "ENOEXEC",
    },
  ],
  remedy:
    "build the module again, link it with ld -r only, and convert it: relocations are moved, never copied",
  source: "arch/x86/kernel/module.c, __write_relocate_add",
  isStructural: true,
  test(subject, findings) {
    const byTarget = new Map<Section, PlacedTable[]>();
    for (const table of appliedTables(subject)) {
      const entries = subject.table(table.section);
      const placed = { table, entries, widths: widthsOf(EM_X86_64, entries.types) };
      const others = byTarget.get(table.target);
      if (others === undefined) byTarget.set(table.target, [placed]);
      else others.push(placed);
      findNonzero(subject, placed, findings);
    }
    const resolving = subject.livepatchSections.find(({ gate }) => gate === VMLINUX);
    const resolvedFrom = resolving?.section.index ?? Infinity;
    for (const tables of byTarget.values()) {
      if (areDisjoint(tables)) continue;
      findOverlaps(subject, extentsOf(tables), resolvedFrom, findings);
    }
  },
};

function findNonzero(
  subject: Subject,
  { table, entries, widths }: PlacedTable,
  findings: Findings,
): void {
  const { data } = table.target;
  const { offsets, count } = entries;
  for (let at = 0; at < count; at++) {
    const start = offsets[at]!;
    const end = Math.min(start + widths[at]!, data.length);
    let next = start;
    while (next < end && data[next] === 0) next++;
    if (next >= end) continue;
    const entry = entries.entry(at);
    const found = [...data.subarray(start, end)]
      .map((byte) => byte.toString(16).padStart(2, "0"))
      .join(" ");
    findings.add({
      place: placeOf(subject, table.target, entry),
      message: `the place of ${subject.typeName(entry.type)} has ${found}, where the kernel wants zeros`,
      outcome: refusalOfNonzero(subject, table, entry),
    });
  }
}

/** The kernel finds something else than zeros at a place. */
export function refusalOfNonzero(subject: Subject, table: AppliedTable, entry: Entry): Outcome {
  const { type, index } = entry;
  const is = "existing value is nonzero for";
  const at = `type ${type}, loc …, val …`;
  const line = subject.isSince("6.19")
    ? `Invalid relocation target, ${is} sec ${table.section.index}, idx ${index}, ${at}`
    : subject.isSince("6.3")
      ? `Invalid relocation target, ${is} ${at}`
      : `Skipping invalid relocation target, ${is} ${at}`;
  return refusedEntry(subject, table, entry, "ENOEXEC", `module: x86/modules: ${line}`);
}

/** It is certain that no two write to one byte. */
function areDisjoint(tables: readonly PlacedTable[]): boolean {
  const places = new WrittenPlaces();
  for (const { entries, widths } of tables) places.addAll(entries.offsets, widths);
  return places.areDisjoint();
}

function extentsOf(tables: readonly PlacedTable[]): Extent[] {
  const extents: Extent[] = [];
  for (const { table, entries, widths } of tables) {
    for (let at = 0; at < entries.count; at++) {
      if (widths[at] === 0) continue;
      const entry = entries.entry(at);
      const start = entry.offset;
      extents.push({ start, end: start + widths[at]!, rank: extents.length, table, entry });
    }
  }
  return extents;
}

/**
 * Of two at one place the kernel refuses the one that it comes to last. Symbols are resolved from a
 * section on.
 */
function findOverlaps(
  subject: Subject,
  extents: Extent[],
  resolvedFrom: number,
  findings: Findings,
): void {
  extents.sort((a, b) => a.start - b.start || a.rank - b.rank);
  let covering: Extent | undefined;
  for (const extent of extents) {
    if (covering !== undefined && extent.start < covering.end) {
      const [first, second] = covering.rank < extent.rank ? [covering, extent] : [extent, covering];
      const { table, entry } = second;
      const [a, b] = [first, second].map(({ entry: each }) => subject.typeName(each.type));
      findings.add({
        place: placeOf(subject, table.target, entry),
        message: `${b} writes the same bytes as ${a} of ${first.table.section.name} at ${hex(first.start)}, which is applied before it`,
        outcome: leavesZeros(subject, first, resolvedFrom)
          ? HARMLESS
          : refusalOfNonzero(subject, table, entry),
      });
    }
    if (covering === undefined || extent.end > covering.end) covering = extent;
  }
}

/** R_X86_64_64, _32 and _32S: the address itself. */
const ADDRESSES = [1, 10, 11];

/**
 * An ordinary relocation that was left behind when livepatch's was made of it: as long as nobody has
 * resolved the symbol its address is 0.
 */
function leavesZeros(subject: Subject, { table, entry }: Extent, resolvedFrom: number): boolean {
  if (table.gate !== undefined || table.section.index >= resolvedFrom) return false;
  if (!ADDRESSES.includes(entry.type) || entry.addend !== 0) return false;
  return subject.isLivepatchSymbol(entry.symbol) && subject.elf.symbols.value(entry.symbol) === 0;
}
