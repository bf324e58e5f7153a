/** Whose symbols a livepatch section may name: what is there whenever its relocations are applied. */

import { VMLINUX } from "../../symbols/index.js";
import { Applications, graded, refusedAt } from "../application.js";
import { entryPlace } from "../entry-place.js";
import type { Entry } from "../entry-table.js";
import type { KernelSymbolName } from "../kernel-names.js";
import { HARMLESS, type Outcome, wrong } from "../outcome.js";
import type { Rule } from "../rule.js";
import type { LivepatchSection, Subject } from "../subject.js";

export const L39: Rule = {
  id: "L39",
  title: "What waits for a module is of a module's symbol, not of vmlinux's",
  severity: "error",
  needs: ["object"],
  kernels: "before 5.8 the kernel applies such relocations",
  consequences: [
    {
      kind: "refused",
      text: "the module that it waits for is refused when it is loaded; if it is there already, the patch is",
      message:
        "livepatch: invalid access to vmlinux symbol '…' from module-specific livepatch relocation section",
      errno: "EINVAL",
    },
  ],
  remedy:
    "have it wait for vmlinux: .klp.rela.vmlinux.SECTION, or .klp.sym.rela.vmlinux.vmlinux.NAME.POSITION before conversion",
  source: "kernel/livepatch/core.c, klp_resolve_symbols",
  isStructural: true,
  test(subject, findings) {
    const isOld = subject.isBefore("5.8");
    const applications = new Applications(subject);
    for (const { each, entry, name } of usedSymbols(subject, applications)) {
      if (each.gate === VMLINUX || name.object !== VMLINUX) continue;
      const line = `livepatch: invalid access to vmlinux symbol '${name.name}' from module-specific livepatch relocation section`;
      findings.add({
        place: entryPlace(subject, each, entry),
        message: `${each.section.name} waits for ${each.gate}, and ${name.name} is of vmlinux`,
        ...graded(
          isOld
            ? HARMLESS
            : refusedAt(subject, applications.of(each), each, entry.index, "EINVAL", line),
        ),
      });
    }
  },
};

export const L40: Rule = {
  id: "L40",
  title: "What waits for vmlinux is of vmlinux's symbols, not of a module's",
  severity: "error",
  needs: ["object"],
  consequences: [
    {
      kind: "refused",
      text: "a symbol of a module that is not loaded is not found when the patch is",
      message: "livepatch: symbol '…' not found in symbol table",
      errno: "EINVAL",
    },
    {
      kind: "wrong",
      text: "if the module is loaded, it can be unloaded as well, and its address stays in the code",
    },
  ],
  remedy:
    "have it wait for the module: .klp.rela.MODULE.SECTION, or .klp.sym.rela.MODULE.MODULE.NAME.POSITION before conversion",
  source: "kernel/livepatch/core.c, klp_find_object_symbol",
  isStructural: true,
  test(subject, findings) {
    const applications = new Applications(subject);
    for (const { each, entry, name } of usedSymbols(subject, applications)) {
      if (each.gate !== VMLINUX || name.object === VMLINUX) continue;
      const line = `livepatch: symbol '${name.name}' not found in symbol table`;
      const place = entryPlace(subject, each, entry);
      const { object } = name;
      const outcome = refusedAt(subject, applications.of(each), each, entry.index, "EINVAL", line);
      findings.add({
        place,
        message: `${each.section.name} is applied when the patch is loaded, and ${name.name} is of ${object}, which may be absent then`,
        outcome: onlyBefore(outcome),
      });
      findings.add({
        place,
        message: `${name.name} is of ${object}, which can be unloaded while ${each.section.name} is in use`,
        outcome: wrong(`its address stays in the code when ${object} is unloaded`, "after"),
      });
    }
  },
};

/** If the module is there, the kernel does not mind. */
function onlyBefore(outcome: Outcome): Outcome {
  return outcome.kind === "refused" ? { ...outcome, in: "before" } : outcome;
}

interface UsedSymbol {
  readonly each: LivepatchSection;
  readonly entry: Entry;
  readonly name: KernelSymbolName;
}

/** Each livepatch symbol that the kernel can read, once for each section that is ever applied. */
function* usedSymbols(subject: Subject, applications: Applications): Iterable<UsedSymbol> {
  for (const { each, entry } of subject.firstUses) {
    if (applications.of(each) === "never" || !subject.isLivepatchSymbol(entry.symbol)) continue;
    const name = subject.symbolName(entry.symbol);
    if (name.fields === 3) yield { each, entry, name };
  }
}
