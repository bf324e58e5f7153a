/**
 * When the kernel applies the relocations of a module, and what becomes of one that it cannot apply.
 * The module loader goes through the sections in the order of their indices, ordinary and vmlinux's
 * livepatch ones alike (kernel/module/main.c, apply_relocations). Those that wait for a module follow
 * when that is loaded, or with the patch if it is there already, again in the order of their indices
 * (kernel/livepatch/core.c, klp_write_object_relocs).
 */

import { type Section, SHT_RELA } from "../elf/index.js";
import { VMLINUX } from "../symbols/index.js";
import { type Outcome, refused } from "./outcome.js";
import type { Entry, LivepatchSection, Subject } from "./subject.js";

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
      if (section.index === 0 || section.type !== SHT_RELA || !isRelocated(subject, target))
        continue;
      yield { section, target, gate: undefined };
    } else if (of.target !== undefined && isEverApplied(subject, of)) {
      const { gate, target } = of;
      if (gate === VMLINUX) yield { section, target, gate };
      else late.push({ section, target, gate });
    }
  }
  yield* late;
}

/** The module loader applies relocations of this section: it is still one with memory by then. */
export function isRelocated(subject: Subject, target: Section | undefined): target is Section {
  if (!target?.isLoaded) return false;
  switch (target.name) {
    // rewrite_section_headers takes SHF_ALLOC from them.
    case ".modinfo":
    case "__versions":
    case "__version_ext_crcs":
    case "__version_ext_names":
      return false;
    // layout_and_allocate does too.
    case ".data..percpu":
      return subject.isSince("7.2");
    default:
      return true;
  }
}

/** The kernel applies the section at some time, as far as it is known what the patch patches. */
export function isEverApplied(subject: Subject, { gate, target }: LivepatchSection): boolean {
  if (gate === undefined || target === undefined) return false;
  if (gate === VMLINUX) return isRelocated(subject, target);
  return target.isLoaded && (subject.patch.objects?.has(gate) ?? true);
}

/** The kernel refuses to apply an entry, of what {@link appliedTables} tells. */
export function refusedEntry(
  subject: Subject,
  { section, gate }: AppliedTable,
  { index }: Entry,
  errno: string,
  message: string,
): Outcome {
  const order = orderOfApplying(section, index);
  if (gate === undefined || gate === VMLINUX) {
    return refused("relocation", errno, message, { order });
  }
  // With a patch that is loaded last the objects come one by one, each with all that is done for it.
  return refused("objects", errno, message, {
    order: numberOfObject(subject, gate) * PER_OBJECT + PER_PART + order,
    when: { object: gate },
  });
}

/** More than any number of sections. */
const PER_PART = 2 ** 17;
/** An object's directory in sysfs, its relocations, and twice its functions. */
const PER_OBJECT = 4 * PER_PART;

const OBJECT_NUMBERS = new WeakMap<Subject, ReadonlyMap<string, number>>();

/** An object's number in the patch; -1 if it is not known. */
function numberOfObject(subject: Subject, object: string): number {
  let numbers = OBJECT_NUMBERS.get(subject);
  if (numbers === undefined) {
    numbers = new Map([...(subject.patch.objects?.keys() ?? [])].map((name, i) => [name, i]));
    OBJECT_NUMBERS.set(subject, numbers);
  }
  return numbers.get(object) ?? -1;
}

/** Behind what is said of symbols: those of a whole section are resolved before it is applied. */
function orderOfApplying({ index }: Section, entry: number): number {
  return index + 0.5 + entry / 2 ** 33;
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
