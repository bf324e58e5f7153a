/** Relocation types: those that the machine's module loader applies, and gets right for symbols afar. */

import { EM_AARCH64, EM_LOONGARCH, EM_PPC, EM_PPC64, EM_S390, EM_X86_64 } from "../../elf/index.js";
import { faultOfRelocation, relocationType } from "../../livepatch/index.js";
import {
  type AppliedTable,
  appliedTables,
  kernelName,
  placedRelocation,
  placeOf,
  refusedEntry,
} from "../applied-relocations.js";
import type { Entry } from "../entry-table.js";
import { wrong } from "../outcome.js";
import type { Rule } from "../rule.js";
import type { Subject } from "../subject.js";
import { isUnknownType, refusalOfUnknownType } from "../unknown-types.js";
import { isTypeOfLoongarchRule } from "./loongarch.js";
import { isTypeOfTocRule } from "./powerpc64.js";

// Shown by x86_64-6.1 trap-unknown-type, and by the same of all other cells; by arm64-7.3 trap-got,
// s390x-6.12 trap-own-got, ppc64le-6.12 trap-low-half and loongarch64-7.3 trap-low-half.
export const L58: Rule = {
  id: "L58",
  title: "Every relocation has a type that the machine's module loader applies",
  severity: "error",
  needs: ["object"],
  machines: [EM_X86_64, EM_S390, EM_PPC64, EM_PPC, EM_AARCH64, EM_LOONGARCH],
  kernels: "powerpc64's types of PC-relative code are known since 6.4",
  consequences: [
    {
      kind: "refused",
      text: "the module loader has no case for the type",
      message: "module: …: Unknown rela relocation: …",
      errno: "ENOEXEC",
    },
    {
      kind: "refused",
      text: "x86: the address does not fit",
      message: "module: overflow in relocation type … val …",
      errno: "ENOEXEC",
    },
    {
      kind: "wrong",
      text: "the module loader means something else by the type, or cuts off what does not fit",
    },
  ],
  remedy: "compile the patch with the flags that kbuild has for modules",
  source: "arch/*/kernel/module.c, apply_relocate_add",
  // Whether an address fits into 32 bits only the symbols say; other types conversion refuses itself.
  isStructural: false,
  test(subject, findings) {
    const machine = subject.machine!;
    const { layout, release } = subject;
    for (const table of appliedTables(subject)) {
      for (const entry of subject.entries(table.section)) {
        const known = relocationType(machine.machine, entry.type);
        const isUnknown = isUnknownType(subject, known);
        if (isTypeOfLoongarchRule(machine.machine, known)) continue;
        if (table.gate === undefined && !isUnknown) continue;
        if (isBeyond32Bits(subject, table, entry)) {
          findings.add({
            place: placeOf(subject, table.target, entry),
            message: `${subject.typeName(entry.type)} of ${kernelName(subject, entry.symbol)} cannot be applied: a kernel address has more than 32 bits`,
            outcome: refusedEntry(
              subject,
              table,
              entry,
              "ENOEXEC",
              overflow(subject, table, entry),
            ),
            remedy: "store the whole address: a pointer or an unsigned long",
          });
          continue;
        }
        const placed = placedRelocation(subject, table, entry);
        const fault = faultOfRelocation(machine, layout, release, placed, ["type"]);
        if (fault === undefined || isTypeOfTocRule(machine.machine, known)) continue;
        findings.add({
          place: placeOf(subject, table.target, entry),
          message: fault.message,
          outcome: isUnknown
            ? refusedEntry(subject, table, entry, ...refusalOfUnknownType(subject, entry.type))
            : wrong(known!.refused!.reason),
          remedy: fault.notes.join("; "),
        });
      }
    }
  },
};

const R_X86_64_32 = 10;

/**
 * x86_64 holds the value against 32 bits without a sign; what is in the kernel, be it vmlinux's or a
 * module's, is far beyond. Variables of each CPU are not, in kernels where they begin at 0. Nor is what
 * an addend takes round the end of all addresses: those of the kernel are the last 2 GiB but 16 MiB
 * (x86_64-6.1, types, in test/kernel/matrix.md).
 */
function isBeyond32Bits(subject: Subject, { gate }: AppliedTable, entry: Entry): boolean {
  if (subject.header?.machine !== EM_X86_64 || entry.type !== R_X86_64_32) return false;
  if (gate === undefined) return false;
  const { addend } = entry;
  if (addend >= 2 ** 24 && addend <= 2 ** 32 + 2 ** 31) return false;
  const { object, name } = subject.symbolName(entry.symbol);
  const owner = subject.map?.owners(name).find((each) => each.object === object);
  return !owner?.symbols.some(({ address }) => /^0*[0-9a-f]{1,8}$/.test(address ?? ""));
}

function overflow(subject: Subject, { section }: AppliedTable, { type, index }: Entry): string {
  const where = subject.isSince("6.19") ? ` sec ${section.index} idx ${index}` : "";
  return `module: overflow in relocation type ${type} val …${where}`;
}
