/** Relocations of loongarch that make sense only together. */

import { EM_LOONGARCH, SHT_RELA } from "../../elf/index.js";
import { faultOfRelocation, type RelocationType, relocationType } from "../../livepatch/index.js";
import {
  type AppliedTable,
  appliedTables,
  placedRelocation,
  placeOf,
  refusedEntry,
} from "../applied-relocations.js";
import type { Entry } from "../entry-table.js";
import { type Outcome, refused, wrong } from "../outcome.js";
import type { Rule } from "../rule.js";
import type { Subject } from "../subject.js";
import { isUnknownType, refusalOfUnknownType } from "../unknown-types.js";

/** Types that belong to others which cannot follow, or to a linker that changes code. */
export function isTypeOfLoongarchRule(machine: number, known: RelocationType | undefined): boolean {
  if (machine !== EM_LOONGARCH || known === undefined) return false;
  return /^R_LARCH_(SOP_|PCADD_|GOT_PCADD_|RELAX$|ALIGN$)/.test(known.name);
}

/** The halves of an address. */
const HALVES = new Map([
  ["R_LARCH_PCALA_HI20", "PCALA high"],
  ["R_LARCH_PCALA_LO12", "PCALA low"],
  ["R_LARCH_GOT_PC_HI20", "GOT high"],
  ["R_LARCH_GOT_PC_LO12", "GOT low"],
]);

// Shown by loongarch64-7.3 trap-stack and loongarch64-7.3 trap-half-alone.
export const L64: Rule = {
  id: "L64",
  title:
    "Both halves of an address wait for one object, and no relocation belongs to one without a symbol",
  severity: "error",
  needs: ["object"],
  machines: [EM_LOONGARCH],
  consequences: [
    {
      kind: "refused",
      text: "the module loader looks for the other half in the same section",
      message: "kmod: …: Can not find HI20 relocation information",
      errno: "EINVAL",
    },
    { kind: "refused", text: "the stack that the relocation works on is empty", errno: "ENOEXEC" },
    { kind: "wrong", text: "half of the address is filled in" },
  ],
  remedy: "compile it as kbuild does for loongarch64, with GCC 13 or later and -mno-relax",
  source: "arch/loongarch/kernel/module.c, apply_relocate_add",
  isStructural: true,
  test(subject, findings) {
    const { layout, release, machine } = subject;
    /** Halves by gate and symbol, and where there is a low one. */
    const high = new Set<string>();
    const low = new Map<string, { table: AppliedTable; entry: Entry }>();
    for (const table of appliedTables(subject)) {
      for (const entry of subject.entries(table.section)) {
        const known = relocationType(EM_LOONGARCH, entry.type);
        if (table.gate === undefined) {
          // Ordinary ones may have all types but those that nobody knows.
          const isOurs = isTypeOfLoongarchRule(EM_LOONGARCH, known);
          if (!isOurs || !isUnknownType(subject, known)) continue;
          const [errno, message] = refusalOfUnknownType(subject, entry.type);
          findings.add({
            place: placeOf(subject, table.target, entry),
            message: `${known!.name} cannot be applied: ${known!.refused!.reason}`,
            outcome: refusedEntry(subject, table, entry, errno, message),
          });
          continue;
        }
        if (isTypeOfLoongarchRule(EM_LOONGARCH, known)) {
          const placed = placedRelocation(subject, table, entry);
          const fault = faultOfRelocation(machine!, layout, release, placed, ["type"])!;
          findings.add({
            place: placeOf(subject, table.target, entry),
            message: fault.message,
            outcome: outcomeOf(subject, table, entry, known!),
            remedy: fault.notes.join("; "),
          });
          continue;
        }
        const half = known && HALVES.get(known.name);
        if (half === undefined) continue;
        const [of, which] = half.split(" ");
        const key = `${of} ${table.gate} ${entry.symbol}`;
        if (which === "high") high.add(key);
        else if (!low.has(key)) low.set(key, { table, entry });
      }
    }
    for (const [key, { table, entry }] of low) {
      if (high.has(key)) continue;
      findings.add({
        place: placeOf(subject, table.target, entry),
        message: `${subject.typeName(entry.type)} waits for ${table.gate}, and there is no high half that does`,
        outcome: wrong("half of the address is filled in without the other"),
        remedy: "convert the intermediate module again, and do nothing to the result",
      });
    }
  },
};

function outcomeOf(
  subject: Subject,
  table: AppliedTable,
  entry: Entry,
  known: RelocationType,
): Outcome {
  if (isUnknownType(subject, known)) {
    return refusedEntry(subject, table, entry, ...refusalOfUnknownType(subject, entry.type));
  }
  // The others are ordinary ones of the same section, and they come first.
  const ordinary = subject.elf.sections.find(
    ({ type, info, index }) =>
      type === SHT_RELA && info === table.target.index && index !== table.section.index,
  );
  const order = (ordinary ?? table.section).index + 0.5;
  if (known.name.includes("PCADD")) {
    const line = `kmod: ${subject.name}: Can not find HI20 relocation information`;
    return refused("relocation", "EINVAL", line, { order });
  }
  // The kernel says nothing.
  return refused("relocation", "ENOEXEC", "", { order });
}
