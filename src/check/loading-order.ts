/**
 * Which of several refusals in one stage the kernel comes to first. Sections of relocations are taken in
 * their order, and of each the symbols are all resolved before the first relocation is applied
 * (kernel/livepatch/core.c, klp_apply_section_relocs). What waits for objects is done object by
 * object: its directory in sysfs, its relocations, its functions (klp_init_object).
 */

import type { Section } from "../elf/index.js";
import { VMLINUX } from "../symbols/index.js";
import { type LoadOrder, type Outcome, refused } from "./outcome.js";
import { patchedOrder } from "./patched-objects.js";
import type { LivepatchSection, Subject } from "./subject.js";

/** More than any number of sections or functions. */
const PER_PART = 2 ** 17;
const PER_OBJECT = 4 * PER_PART;

/** When an entry's symbol is resolved, among the sections of a stage. */
function orderOfResolving({ index }: Section, entry: number): number {
  return index + Math.min(entry, PER_PART) / (4 * PER_PART);
}

/** When an entry is applied, after all symbols of its section were resolved. */
function orderOfApplying(section: Section, entry: number): number {
  return orderOfResolving(section, entry) + 0.5;
}

/** Refused while the symbol of an entry is resolved: when its object has the section applied. */
export function refusedWhenResolved(
  subject: Subject,
  { section, gate = "" }: LivepatchSection,
  entry: number,
  errno: string,
  message: string,
  only: LoadOrder = "either",
): Outcome {
  return refusedAt(subject, gate, orderOfResolving(section, entry), errno, message, only);
}

/** Refused while an entry is applied. */
export function refusedWhenApplied(
  subject: Subject,
  { section, gate = "" }: LivepatchSection,
  entry: number,
  errno: string,
  message: string,
  only: LoadOrder = "either",
): Outcome {
  return refusedAt(subject, gate, orderOfApplying(section, entry), errno, message, only);
}

function refusedAt(
  subject: Subject,
  gate: string,
  order: number,
  errno: string,
  message: string,
  only: LoadOrder,
): Outcome {
  if (gate === VMLINUX) return refused("relocation", errno, message, { order, only });
  const late = startOf(subject, gate) + PER_PART + order;
  return refused("objects", errno, message, { order: late, only, when: { object: gate } });
}

/** When an object's directory, or that of a function of it, is made. */
export function orderOfDirectory(subject: Subject, object: string, index: number): number {
  return startOf(subject, object) + Math.min(index, PER_PART - 1);
}

/** When a function of an object is looked for. */
export function orderOfFunction(subject: Subject, object: string, index: number): number {
  return startOf(subject, object) + 3 * PER_PART + Math.min(index, PER_PART - 1);
}

/** When the size of what replaces a function is looked for, just after the function was. */
export function orderOfSize(subject: Subject, object: string, index: number): number {
  return orderOfFunction(subject, object, index) + 0.5;
}

/** When a function is replaced, after all objects were looked at. */
export function orderOfReplacing(subject: Subject, object: string, index: number): number {
  return 2 ** 48 + orderOfFunction(subject, object, index);
}

function startOf(subject: Subject, object: string): number {
  return (patchedOrder(subject, object) ?? 0) * PER_OBJECT;
}
