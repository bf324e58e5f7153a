/**
 * Ordinary relocations of what has no address. The module loader takes st_value for one, which is 0, and
 * says nothing, unless the relocation does not reach that far.
 */

import { EM_AARCH64, type Section, SHF_EXECINSTR } from "../elf/index.js";
import type { Entry } from "./entry-table.js";
import { crash, type Outcome, refused, wrong } from "./outcome.js";
import type { Subject } from "./subject.js";

/**
 * Types of arm64 that hold the distance to address 0 against their range (arch/arm64/kernel/module.c,
 * apply_relocate_add). Branches are not among them: they go through a slot of .plt, which reaches it.
 */
const ARM64_NEAR =
  /^R_AARCH64_(PREL(16|32)|ADR_PREL_(LO21|PG_HI21)|LD_PREL_LO19|TSTBR14|CONDBR19)$/;

/** What becomes of an ordinary relocation of a symbol without an address. */
export function usedAsZero(subject: Subject, section: Section, entry: Entry): Outcome {
  return tooFarFromZero(subject, section, entry) ?? atZero(subject, section);
}

/** Code calls address 0, or reads from there; a pointer is NULL, which may be tested for. */
export function atZero({ elf }: Subject, { info }: Section): Outcome {
  const isCode = ((elf.sections[info]?.flags ?? 0) & SHF_EXECINSTR) !== 0;
  return isCode ? crash("the code uses address 0") : wrong("a pointer is NULL");
}

/** The kernel refuses it, since address 0 is out of its reach; undefined if it is not. */
export function tooFarFromZero(
  subject: Subject,
  section: Section,
  { index, type }: Entry,
): Outcome | undefined {
  if (subject.header?.machine !== EM_AARCH64 || !ARM64_NEAR.test(subject.typeName(type))) {
    return undefined;
  }
  return refused(
    "relocation",
    "ENOEXEC",
    `Modules: module ${subject.ownName}: overflow in relocation type ${type} val …`,
    { order: section.index + index / 2 ** 32 },
  );
}
