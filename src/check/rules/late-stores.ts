/**
 * Relocations that wait for a module are written when the patch's memory is read-only where it can be.
 * Each machine has its own way to write there, and not each for every type.
 */

import { EM_AARCH64, EM_PPC, EM_PPC64 } from "../../elf/index.js";
import { faultOfRelocation } from "../../livepatch/index.js";
import { appliedTables, placedRelocation, placeOf } from "../applied-relocations.js";
import { crash, wrong } from "../outcome.js";
import type { Rule } from "../rule.js";

// Shown by ppc64le-6.12 trap-read-only and arm64-7.3 trap-unaligned; that other machines can write there,
// by x86_64-6.1 trap-read-only, s390x-6.12 trap-read-only and arm64-7.3 trap-read-only.
export const L62: Rule = {
  id: "L62",
  title: "Relocations that wait for a module are where the kernel can still write by then",
  severity: "error",
  needs: ["object"],
  machines: [EM_PPC64, EM_PPC, EM_AARCH64],
  consequences: [
    { kind: "crash", text: "powerpc: the kernel stores into read-only memory" },
    {
      kind: "wrong",
      text: "arm64: the kernel leaves a place as it is that is not aligned to 4 bytes",
    },
  ],
  remedy: "keep the address in a variable that is neither const nor __ro_after_init nor packed",
  source:
    "arch/powerpc/kernel/module_64.c and module_32.c, apply_relocate_add; arch/arm64/kernel/patching.c, aarch64_insn_copy",
  isStructural: true,
  test(subject, findings) {
    const { layout, release, machine } = subject;
    for (const table of appliedTables(subject)) {
      const { gate } = table;
      if (gate === undefined) continue;
      for (const entry of subject.entries(table.section)) {
        const placed = placedRelocation(subject, table, entry);
        const traps = ["late", "alignment"] as const;
        const fault = faultOfRelocation(machine!, layout, release, placed, traps);
        if (faultOfRelocation(machine!, layout, release, placed, ["branch"]) !== undefined) {
          findings.add({
            place: placeOf(subject, table.target, entry),
            message: `${subject.typeName(entry.type)} of ${placed.symbol} makes a branch of what is no code`,
            outcome: wrong(`the data is changed as if it were a branch when ${gate} is loaded`),
          });
        }
        if (fault === undefined) continue;
        findings.add({
          place: placeOf(subject, table.target, entry),
          message: fault.message,
          outcome:
            machine!.machine === EM_AARCH64
              ? wrong("the place stays as it is")
              : crash(`the kernel stores into read-only memory when ${gate} is loaded`),
          remedy: fault.notes.join("; "),
        });
      }
    }
  },
};
