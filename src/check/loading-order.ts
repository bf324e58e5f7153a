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
export function orderOfResolving({ index }: Section, entry: number): number {
  return index + Math.min(entry, PER_PART) / (4 * PER_PART);
}

/** What was refused, said of a section's entry: by the stage in which its object has it applied. */
export function refusedAtEntry(
  subject: Subject,
  { section, gate = "" }: LivepatchSection,
  entry: number,
  errno: string,
  message: string,
  only: LoadOrder = "either",
): Outcome {
  const order = orderOfResolving(section, entry);
  return gate === VMLINUX
    ? refused("relocation", errno, message, { order, only })
    : refused("objects", errno, message, {
        order: startOf(subject, gate) + PER_PART + order,
        only,
        when: { object: gate },
      });
}

/** When an object's directory, or that of a function of it, is made. */
export function orderOfDirectory(subject: Subject, object: string, index: number): number {
  return startOf(subject, object) + Math.min(index, PER_PART - 1);
}

/** When a function of an object is looked for. */
export function orderOfFunction(subject: Subject, object: string, index: number): number {
  return startOf(subject, object) + 3 * PER_PART + Math.min(index, PER_PART - 1);
}

/** When a function is replaced, after all objects were looked at. */
export function orderOfReplacing(subject: Subject, object: string, index: number): number {
  return 2 ** 48 + orderOfFunction(subject, object, index);
}

function startOf(subject: Subject, object: string): number {
  return (patchedOrder(subject, object) ?? 0) * PER_OBJECT;
}
