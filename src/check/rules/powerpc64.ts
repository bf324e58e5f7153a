/** What powerpc64's TOC asks of calls and addresses outside of the module. */

import { EM_PPC64, SHF_WRITE, SHN_UNDEF } from "../../elf/index.js";
import { faultOfRelocation, type RelocationType, relocationType } from "../../livepatch/index.js";
import { VMLINUX } from "../../symbols/index.js";
import { appliedTables, placedRelocation, placeOf, refusedEntry } from "../applied-relocations.js";
import { crash, type Outcome, wrong } from "../outcome.js";
import type { Rule } from "../rule.js";

// Shown by ppc64le-6.12 trap-no-nop and ppc64le-6.12 trap-restored-toc.
export const L60: Rule = {
  id: "L60",
  title: "There is a nop behind each call of a livepatch symbol",
  severity: "error",
  needs: ["object"],
  machines: [EM_PPC64],
  kernels: "since 6.3 the instruction that replaces the nop may be there already",
  consequences: [
    {
      kind: "refused",
      text: "the module loader has no room for the instruction that restores the TOC pointer",
      message: "module_64: …: Expected nop after call, got … at …",
      errno: "ENOEXEC",
    },
  ],
  remedy:
    "declare the function extern in the patch's source, so that the compiler emits bl and nop",
  source: "arch/powerpc/kernel/module_64.c, restore_r2",
  isStructural: true,
  test(subject, findings) {
    const { layout, release, machine } = subject;
    for (const table of appliedTables(subject)) {
      if (table.gate === undefined) continue;
      for (const entry of subject.entries(table.section)) {
        const placed = placedRelocation(subject, table, entry);
        const fault = faultOfRelocation(machine!, layout, release, placed, ["nop"]);
        if (fault === undefined) continue;
        const { data } = table.target;
        const view = new DataView(data.buffer, data.byteOffset, data.length);
        const at = entry.offset + 4;
        const next = at + 4 <= data.length ? layout.word.get(view, at) : undefined;
        const got = next?.toString(16).padStart(8, "0") ?? "…";
        findings.add({
          place: placeOf(subject, table.target, entry),
          message: fault.message,
          outcome: refusedEntry(
            subject,
            table,
            entry,
            "ENOEXEC",
            `module_64: ${subject.name}: Expected nop after call, got ${got} at …`,
          ),
        });
      }
    }
  },
};

/** Types that the loader knows and that are about the patch's own TOC, or too short a distance. */
export function isTypeOfTocRule(machine: number, known: RelocationType | undefined): boolean {
  if (machine !== EM_PPC64 || known?.refused === undefined || known.isUnknown === true)
    return false;
  return /^R_PPC64_(TOC|REL16|ENTRY)/.test(known.name);
}

// Shown by ppc64le-6.12 trap-toc16, ppc64le-6.12 trap-toc16-whole and ppc64le-6.12 trap-toc16-of-vmlinux.
export const L61: Rule = {
  id: "L61",
  title: "No livepatch symbol is reached by its distance from the TOC, and .TOC. is undefined",
  severity: "error",
  needs: ["object"],
  machines: [EM_PPC64],
  consequences: [
    { kind: "wrong", text: "the distance is cut off without a word: other memory is used" },
    {
      kind: "refused",
      text: "the distance is one of 16 bits",
      message: "module_64: …: bad TOC16 relocation (…)",
      errno: "ENOEXEC",
    },
    { kind: "crash", text: "the code finds nothing of its own, since .TOC. is 0" },
    { kind: "crash", text: "the distance is stored when a module is loaded, into read-only text" },
  ],
  remedy: "compile the patch as kbuild does modules, with -mcmodel=large",
  source: "arch/powerpc/kernel/module_64.c, apply_relocate_add, dedotify and find_dot_toc",
  isStructural: true,
  test(subject, findings) {
    const { layout, release, machine, elf } = subject;
    for (const table of appliedTables(subject)) {
      if (table.gate === undefined) continue;
      for (const entry of subject.entries(table.section)) {
        const known = relocationType(EM_PPC64, entry.type);
        if (!isTypeOfTocRule(EM_PPC64, known)) continue;
        const placed = placedRelocation(subject, table, entry);
        const fault = faultOfRelocation(machine!, layout, release, placed, ["type"])!;
        const type = known!.name.replace("R_PPC64_", "");
        const outcome: Outcome = ["TOC16", "TOC16_DS"].includes(type)
          ? refusedEntry(
              subject,
              table,
              entry,
              "ENOEXEC",
              `module_64: ${subject.name}: bad ${type} relocation (…)`,
            )
          : table.gate !== VMLINUX && type !== "ENTRY" && (table.target.flags & SHF_WRITE) === 0
            ? crash(`the kernel stores into read-only memory when ${table.gate} is loaded`)
            : wrong(known!.refused!.reason);
        findings.add({
          place: placeOf(subject, table.target, entry),
          message: fault.message,
          outcome,
          remedy: fault.notes.join("; "),
        });
      }
    }
    const { symbols } = elf;
    for (let symbol = 1; symbol < symbols.count; symbol++) {
      if (symbols.nameIfShort(symbol) !== ".TOC.") continue;
      const index = symbols.sectionIndex(symbol);
      if (index === SHN_UNDEF) continue;
      findings.add({
        place: { symbol: ".TOC." },
        message: `st_shndx of .TOC. is ${index} when it should be ${SHN_UNDEF}`,
        outcome: crash("the module loader does not give .TOC. its value, and the code uses 0"),
        remedy: "convert the intermediate module again, and do nothing to the result",
      });
    }
  },
};
