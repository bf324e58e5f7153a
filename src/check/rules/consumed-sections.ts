/** What the kernel reads, sorts, copies or rewrites when the patch is loaded, and not again. */

import { hex } from "../../diagnostics.js";
import { EM_X86_64, type Section, SHF_EXECINSTR } from "../../elf/index.js";
import {
  codeAt,
  readRewrittenCode,
  type SpecialSection,
  specialSection,
} from "../../livepatch/index.js";
import { VMLINUX } from "../../symbols/index.js";
import { appliedTables, kernelName, placeOf } from "../applied-relocations.js";
import { crash, wrong } from "../outcome.js";
import type { Rule } from "../rule.js";
import type { Subject } from "../subject.js";
import { refusalOfNonzero } from "./zero-places.js";

/** Sections that other rules are about: memory that is freed, or that is read before relocation. */
const OTHER_RULES = [".init*", ".exit*", ".data..percpu"];

export const L65: Rule = {
  id: "L65",
  title: "No relocation that waits for a module is in a section that the kernel reads at load",
  severity: "error",
  needs: ["object"],
  consequences: [
    { kind: "crash", text: "the kernel takes entries for others, or follows address 0" },
    { kind: "wrong", text: "the kernel has read zeros, or another entry is changed later" },
  ],
  remedy: "keep the module's symbols out of what makes the section",
  source: "kernel/module/main.c, post_relocation and prepare_coming_module; arch/*/kernel/module.c",
  isStructural: true,
  test(subject, findings) {
    for (const table of appliedTables(subject)) {
      const { gate, target, section } = table;
      if (gate === undefined || gate === VMLINUX) continue;
      const special = consumedSection(subject, target);
      if (special === undefined) continue;
      const { consumer, consequence, ending, remedy } = special;
      for (const entry of subject.entries(section)) {
        const name = kernelName(subject, entry.symbol);
        findings.add({
          place: placeOf(subject, target, entry),
          message: `${name} is used in ${target.name} and waits for ${gate}: ${consumer}, and ${consequence}`,
          outcome: (ending === "crash" ? crash : wrong)(
            `${target.name} is read when the patch is loaded, and ${consequence}`,
          ),
          remedy,
        });
      }
    }
  },
};

function consumedSection(subject: Subject, target: Section): SpecialSection | undefined {
  const special = specialSection(target.name, subject.header?.machine ?? 0);
  if (special === undefined || special.allowed === "none") return undefined;
  return special.names.some((name) => OTHER_RULES.includes(name)) ? undefined : special;
}

export const L66: Rule = {
  id: "L66",
  title: "No relocation that waits for a module is in code that the kernel rewrites at load",
  severity: "error",
  needs: ["object"],
  consequences: [
    {
      kind: "refused",
      text: "x86: the place is no longer zero",
      message:
        "module: x86/modules: Skipping invalid relocation target, existing value is nonzero for type …, loc …, val …",
      errno: "ENOEXEC",
    },
    { kind: "crash", text: "other machines: the new code is overwritten" },
  ],
  remedy:
    "use the symbol outside of it, in plain C: a call of the function, a read of the variable",
  source: "arch/*/kernel/module.c, module_finalize",
  isStructural: true,
  test(subject, findings) {
    const rewritten = readRewrittenCode(subject.elf);
    for (const table of appliedTables(subject)) {
      const { gate, target, section } = table;
      if (gate === undefined || gate === VMLINUX) continue;
      if ((target.flags & SHF_EXECINSTR) === 0) continue;
      const code = rewritten.get(target);
      if (code === undefined) continue;
      for (const entry of subject.entries(section)) {
        const found = codeAt(code, entry.offset);
        if (found === undefined) continue;
        const { what, start, end, table: by, isKnown } = found;
        const name = kernelName(subject, entry.symbol);
        const until = isKnown ? `up to ${hex(end)}` : `up to ${hex(end)} at most`;
        findings.add({
          place: placeOf(subject, target, entry),
          message: `${name} is used in ${what}, ${target.name}+${hex(start)} ${until} by ${by}, and waits for ${gate}: by then the kernel has rewritten that code`,
          outcome:
            subject.header?.machine === EM_X86_64
              ? refusalOfNonzero(subject, table, entry)
              : crash(`code that was rewritten is overwritten when ${gate} is loaded`),
        });
      }
    }
  },
};
