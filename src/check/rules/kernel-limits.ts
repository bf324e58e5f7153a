/** What the kernel itself gets wrong of relocations that it applies. */

import { EM_LOONGARCH, EM_S390 } from "../../elf/index.js";
import { faultOfRelocation } from "../../livepatch/index.js";
import { VMLINUX } from "../../symbols/index.js";
import { appliedTables, placedRelocation, placeOf } from "../applied-relocations.js";
import { HARMLESS, wrong } from "../outcome.js";
import type { Rule } from "../rule.js";

export const L63: Rule = {
  id: "L63",
  title:
    "Relocations are none that the kernel gets wrong once a module comes back, or for vmlinux so far away",
  severity: "warning",
  needs: ["object"],
  machines: [EM_S390, EM_LOONGARCH],
  consequences: [
    {
      kind: "advice",
      text: "s390: once the module is loaded again at another address, the patch goes on using the old one, since slots of GOT and PLT are filled in once",
    },
    {
      kind: "advice",
      text: "loongarch: once the module is loaded again, there may be no room in the GOT, and sums are added up twice",
    },
    { kind: "wrong", text: "loongarch: a distance of 32 bits does not reach vmlinux" },
  ],
  remedy: "reach the symbol without a slot, and store addresses, not distances",
  source:
    "arch/s390/kernel/module.c, apply_rela; arch/loongarch/kernel/module.c and module-sections.c",
  isStructural: false,
  test(subject, findings) {
    const { layout, release, machine } = subject;
    const told = new Set<string>();
    for (const table of appliedTables(subject)) {
      const { gate } = table;
      if (gate === undefined) continue;
      for (const entry of subject.entries(table.section)) {
        const placed = placedRelocation(subject, table, entry);
        const fault = faultOfRelocation(machine!, layout, release, placed, ["late", "risk"]);
        if (fault === undefined) continue;
        // It is a matter of the symbol: once for each is enough.
        const key = `${entry.symbol} ${gate} ${fault.code}`;
        if (told.has(key)) continue;
        told.add(key);
        findings.add({
          place: placeOf(subject, table.target, entry),
          message: fault.message,
          outcome: gate === VMLINUX ? wrong("the address is cut off to 32 bits") : HARMLESS,
          remedy: fault.notes.join("; "),
        });
      }
    }
  },
};
