/** What the kernel reads, sorts, copies or rewrites when the patch is loaded, and not again. */

import { hex } from "../../diagnostics.js";
import { EM_X86_64, type Section, SHF_EXECINSTR, SHT_RELA } from "../../elf/index.js";
import {
  codeAt,
  readRewrittenCode,
  type SpecialSection,
  specialSection,
} from "../../livepatch/index.js";
import { VMLINUX } from "../../symbols/index.js";
import { type AppliedTable, appliedTables, kernelName, placeOf } from "../applied-relocations.js";
import type { Entry } from "../entry-table.js";
import { crash, type Outcome, wrong } from "../outcome.js";
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
    {
      kind: "refused",
      text: "x86: the entry is no longer zero, since the kernel has sorted it or written to it",
      message:
        "module: x86/modules: Skipping invalid relocation target, existing value is nonzero for type …, loc …, val …",
      errno: "ENOEXEC",
    },
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
      const { consumer, consequence, remedy } = special;
      const stride = strideOf(subject, target);
      for (const entry of subject.entries(section)) {
        const name = kernelName(subject, entry.symbol);
        const violation = {
          place: placeOf(subject, target, entry),
          message: `${name} is used in ${target.name} and waits for ${gate}: ${consumer}, and ${consequence}`,
          remedy,
        };
        const outcome = outcomeOf(subject, table, entry, special, stride);
        const isKey = target.name === "__jump_table" && outcome.kind === "crash";
        findings.add({ ...violation, outcome: isKey ? { ...outcome, in: "before" } : outcome });
        // If the module is there, the key is too when the module's init is through.
        if (isKey) findings.add({ ...violation, outcome: wrong(outcome.text, "after") });
      }
    }
  },
};

/**
 * What the kernel has made of an entry by the time that the relocation is applied. Where x86_64's are
 * distances, one of a place that is not known yet leads to the entry itself.
 */
function outcomeOf(
  subject: Subject,
  table: AppliedTable,
  entry: Entry,
  { ending, consequence }: SpecialSection,
  stride: number | undefined,
): Outcome {
  const { name, size } = table.target;
  const within = stride === undefined ? undefined : entry.offset % stride;
  if (subject.header?.machine === EM_X86_64) {
    // Alternatives are then put into the entry.
    if (name === ".altinstructions" && within === 0) return refusalOfNonzero(subject, table, entry);
    // The entry is behind the text, and so it is sorted behind all others; one of those is here then.
    const isLast = stride !== undefined && entry.offset + stride >= size;
    // Since 6.4 text and tables have memory of their own, either of which may come first.
    if (SORTED.includes(name) && within === 0 && !isLast && subject.isBefore("6.4")) {
      return refusalOfNonzero(subject, table, entry);
    }
  }
  const text = `${name} is read when the patch is loaded, and ${consequence}`;
  // struct jump_entry: code and target, 4 bytes each, then the key, which alone is followed.
  const isFollowed = name !== "__jump_table" || within === undefined || within === 8;
  return ending === "crash" && isFollowed ? crash(text) : wrong(text);
}

/** By the address that stands first in an entry (kernel/extable.c and arch/x86/kernel/unwind_orc.c). */
const SORTED = [".orc_unwind_ip", "__ex_table"];

/** Relocations of an entry. */
const PER_ENTRY: ReadonlyMap<string, number> = new Map([
  ["__jump_table", 3],
  [".altinstructions", 2],
  ["__ex_table", 2],
  [".orc_unwind_ip", 1],
]);

/** The size of an entry, as far as it is known; tables have one relocation or more for each. */
function strideOf(subject: Subject, target: Section): number | undefined {
  const relocations = PER_ENTRY.get(target.name);
  if (relocations === undefined) return undefined;
  const places = new Set<number>();
  for (const table of subject.elf.sections) {
    if (table.type !== SHT_RELA || table.info !== target.index) continue;
    for (const { offset } of subject.entries(table)) places.add(offset);
  }
  const stride = (target.size * relocations) / places.size;
  return Number.isInteger(stride) && stride > 0 ? stride : undefined;
}

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
