/**
 * When the kernel applies the relocations of a module, and what becomes of one that it cannot apply.
 * The module loader goes through the sections in the order of their indices, ordinary and vmlinux's
 * livepatch ones alike (kernel/module/main.c, apply_relocations). Those that wait for a module follow
 * when that is loaded, or with the patch if it is there already, again in the order of their indices
 * (kernel/livepatch/core.c, klp_write_object_relocs).
 */

import { type Section, SHT_RELA } from "../elf/index.js";
import { VMLINUX } from "../symbols/index.js";
import { applicationOf, isVisited } from "./application.js";
import type { Entry } from "./entry-table.js";
import { refusedWhenApplied } from "./loading-order.js";
import type { Outcome } from "./outcome.js";
import type { LivepatchSection, Subject } from "./subject.js";

/** A section of relocations that the kernel applies. */
export interface AppliedTable {
  readonly section: Section;
  /** What it relocates. */
  readonly target: Section;
  /** The object that it waits for; undefined if its relocations are ordinary ones. */
  readonly gate: string | undefined;
}

/**
 * The sections of relocations that the kernel applies, in its order: first what it does when the
 * patch is loaded.
 */
export function* appliedTables(subject: Subject): Iterable<AppliedTable> {
  const late: AppliedTable[] = [];
  const livepatch = new Map(subject.livepatchSections.map((each) => [each.section, each]));
  for (const section of subject.object?.sections ?? []) {
    const of = livepatch.get(section);
    if (of === undefined) {
      const target = subject.elf.sections[section.info];
      if (section.index === 0 || section.type !== SHT_RELA || !isVisited(subject, target)) continue;
      yield { section, target, gate: undefined };
    } else if (of.target !== undefined && isEverApplied(subject, of)) {
      const { gate, target } = of;
      if (gate === VMLINUX) yield { section, target, gate };
      else late.push({ section, target, gate });
    }
  }
  yield* late;
}

/** The kernel applies the section at some time, as far as it is known what the patch patches. */
function isEverApplied(subject: Subject, each: LivepatchSection): boolean {
  return each.target?.isLoaded === true && applicationOf(subject, each) !== "never";
}

/** The kernel refuses to apply an entry, of what {@link appliedTables} tells. */
export function refusedEntry(
  subject: Subject,
  { section, target, gate = VMLINUX }: AppliedTable,
  { index }: Entry,
  errno: string,
  message: string,
): Outcome {
  return refusedWhenApplied(subject, { section, target, gate }, index, errno, message);
}

/** What the rest of the code knows a livepatch relocation by. */
export function placedRelocation(
  subject: Subject,
  { gate = VMLINUX, target }: { readonly gate: string | undefined; readonly target: Section },
  { offset, type, symbol }: Entry,
) {
  return { gate, target, offset, type, symbol: kernelName(subject, symbol) };
}

/** The symbol's name in the kernel; as it stands if that cannot be read. */
export function kernelName(subject: Subject, symbol: number): string {
  const { fields, name } = subject.symbolName(symbol);
  if (fields >= 2) return name;
  return subject.elf.symbols.name(symbol) || `symbol ${symbol}`;
}

/** Where a relocation writes, as messages have it. */
export function placeOf(subject: Subject, target: Section, { offset, symbol }: Entry) {
  const name = subject.elf.symbols.name(symbol);
  return { section: target.name, offset, ...(name !== "" && { symbol: name }) };
}
