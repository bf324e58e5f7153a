/** What the kernel itself gets wrong of relocations that it applies. */

import { EM_LOONGARCH, EM_PPC64, EM_S390, EM_X86_64 } from "../../elf/index.js";
import { faultOfRelocation, relocationType } from "../../livepatch/index.js";
import { VMLINUX } from "../../symbols/index.js";
import { appliedTables, placedRelocation, placeOf } from "../applied-relocations.js";
import { HARMLESS, wrong } from "../outcome.js";
import type { Rule } from "../rule.js";
import type { Subject } from "../subject.js";

// Shown by x86_64-6.1 homonyms-1-2, s390x-6.12 homonyms-1-2, ppc64le-6.12 homonyms-1-2,
// ppc64le-power10-6.12 helper and loongarch64-7.3 homonyms-1-2, when the target comes back; by
// loongarch64-7.3 trap-sum and loongarch64-7.3 trap-far.
export const L63: Rule = {
  id: "L63",
  title:
    "Relocations are none that the kernel gets wrong once a module comes back, or for vmlinux so far away",
  severity: "warning",
  needs: ["object"],
  machines: [EM_S390, EM_LOONGARCH, EM_X86_64, EM_PPC64],
  kernels: "x86_64 before 6.3",
  consequences: [
    {
      kind: "advice",
      text: "s390: once the module is loaded again at another address, the patch goes on using the old one, since slots of GOT and PLT are filled in once",
    },
    {
      kind: "advice",
      text: "loongarch: once the module is loaded again, there may be no room in the GOT, and sums are added up twice",
    },
    {
      kind: "advice",
      text: "x86_64: the module cannot be loaded again while the patch is: its relocations are not taken back",
    },
    {
      kind: "advice",
      text: "powerpc64: once the module is loaded again at other addresses, there may be no stub left for a call, and it is refused",
    },
    { kind: "wrong", text: "loongarch: a distance of 32 bits does not reach vmlinux" },
  ],
  remedy: "reach the symbol without a slot, and store addresses, not distances",
  source:
    "arch/s390/kernel/module.c, apply_rela; arch/loongarch/kernel/module.c and module-sections.c; arch/x86/kernel/module.c, __write_relocate_add; arch/powerpc/kernel/module_64.c, stub_for_addr",
  isStructural: false,
  test(subject, findings) {
    const { layout, release, machine } = subject;
    const told = new Set<string>();
    for (const table of appliedTables(subject)) {
      const { gate } = table;
      if (gate === undefined) continue;
      for (const entry of subject.entries(table.section)) {
        const placed = placedRelocation(subject, table, entry);
        const ofModule = faultOfReturning(subject, gate, entry.type);
        const fault =
          ofModule ?? faultOfRelocation(machine!, layout, release, placed, ["late", "risk"]);
        if (fault === undefined) continue;
        // It is a matter of the symbol: once for each is enough.
        const key = `${ofModule === undefined ? entry.symbol : ""} ${gate} ${fault.code}`;
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

/** What becomes of a module as a whole when it comes back. */
function faultOfReturning(
  subject: Subject,
  gate: string,
  type: number,
): { code: string; message: string; notes: readonly string[] } | undefined {
  if (gate === VMLINUX) return undefined;
  const notes = [`disable and remove the patch before ${gate} is unloaded`];
  const { machine } = subject.machine!;
  // Linux 6.3 has clear_relocate_add, which puts back zeros when the module goes. Without it the module
  // loader finds what it wrote the first time, and refuses what is not zero.
  if (machine === EM_X86_64 && subject.isBefore("6.3")) {
    const message = `${gate} cannot be loaded again while the patch is: the kernel does not take back what it relocated, and prints "existing value is nonzero"`;
    return { code: "returning", message, notes };
  }
  // A call has a stub for each address that it has gone to, and there are as many stubs as the module
  // had calls when it was loaded, and three more.
  const isCall = /^R_PPC64_REL24(_NOTOC)?$/.test(relocationType(machine, type)?.name ?? "");
  if (machine === EM_PPC64 && isCall) {
    const message = `${gate} may be refused when it is loaded again and again while the patch is: each time the kernel takes other stubs for the calls, of which the patch has few`;
    return { code: "returning", message, notes };
  }
  return undefined;
}
