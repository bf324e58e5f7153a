/**
 * Livepatch sections and their names. SHF_RELA_LIVEPATCH alone makes a section one; its name says
 * which object it waits for, and sh_info what it relocates. Nobody holds the two against each other.
 */

import { hex } from "../../diagnostics.js";
import { R_NONE, type Section, SHF_RELA_LIVEPATCH, SHT_RELA } from "../../elf/index.js";
import { describePatch, LIVEPATCH_SECTION_PREFIX } from "../../livepatch/index.js";
import { kernelSpelling, OBJECT_NAME_MOST, VMLINUX } from "../../symbols/index.js";
import { atZero, tooFarFromZero } from "../address-zero.js";
import { graded, isNamedFor, isVisited, objectRunInto } from "../application.js";
import { refusedWhenResolved } from "../loading-order.js";
import { HARMLESS, type Outcome, wrong } from "../outcome.js";
import type { Rule } from "../rule.js";
import type { Subject } from "../subject.js";
import { Resolutions } from "../symbol-uses.js";

const PREFIX = LIVEPATCH_SECTION_PREFIX;
const CONVERT_AGAIN = "convert the intermediate module again, and do nothing to the result";

export const L17: Rule = {
  id: "L17",
  title: "Every section named .klp.rela.* has SHF_RELA_LIVEPATCH",
  severity: "error",
  needs: ["object"],
  consequences: [
    {
      kind: "wrong",
      text: "the module loader applies its relocations as ordinary ones, of symbols that nobody has resolved: pointers are NULL",
    },
    { kind: "crash", text: "code that they are in uses address 0" },
    {
      kind: "refused",
      text: "arm64 refuses those of a limited range, from which address 0 is too far",
      message: "Modules: module …: overflow in relocation type … val …",
      errno: "ENOEXEC",
    },
  ],
  remedy: CONVERT_AGAIN,
  source: "kernel/module/main.c, apply_relocations",
  isStructural: true,
  test(subject, findings) {
    const { sections } = subject.elf;
    const resolved = new Resolutions(subject);
    for (const section of sections) {
      const { index, name, flags, type, info } = section;
      if (index === 0 || !name.startsWith(PREFIX) || (flags & SHF_RELA_LIVEPATCH) !== 0) continue;
      const isApplied = type === SHT_RELA && isVisited(subject, sections[info]);
      findings.add({
        place: { section: name },
        message: `sh_flags is ${hex(flags)}, without SHF_RELA_LIVEPATCH (${hex(SHF_RELA_LIVEPATCH)})`,
        ...graded(outcomeOfOrdinary(subject, section, isApplied, resolved)),
      });
    }
  },
};

function outcomeOfOrdinary(
  subject: Subject,
  section: Section,
  isApplied: boolean,
  resolved: Resolutions,
): Outcome {
  let outcome = HARMLESS;
  for (const entry of subject.entries(section)) {
    if (entry.type === R_NONE) continue;
    if (!isApplied) return wrong("its relocations are never applied");
    if (resolved.isBefore(entry.symbol, section)) continue;
    const refusal = tooFarFromZero(subject, section, entry);
    if (refusal !== undefined) return refusal;
    outcome = atZero(subject, section);
  }
  return outcome;
}

export const L18: Rule = {
  id: "L18",
  title: "Every section with SHF_RELA_LIVEPATCH is named .klp.rela.OBJECT, and more behind a dot",
  severity: "error",
  needs: ["object"],
  consequences: [
    {
      kind: "refused",
      text: "the kernel finds no object in the name; where it passes over the section when the patch is loaded, it reads the name when it comes to a patched module",
      message: "livepatch: section … has an incorrectly formatted name",
      errno: "EINVAL",
    },
  ],
  remedy: CONVERT_AGAIN,
  source: "kernel/livepatch/core.c, klp_apply_section_relocs",
  isStructural: true,
  test(subject, findings) {
    for (const each of subject.livepatchSections) {
      const { section, gate, target } = each;
      if (gate !== undefined) continue;
      const line = `livepatch: section ${section.name} has an incorrectly formatted name`;
      const object = isVisited(subject, target) ? VMLINUX : firstModule(subject);
      const outcome =
        object === undefined
          ? HARMLESS
          : refusedWhenResolved(subject, { ...each, gate: object }, 0, "EINVAL", line);
      findings.add({
        place: { section: section.name },
        message: `the kernel reads no object in its name, which should be ${PREFIX}OBJECT.SECTION`,
        ...graded(outcome),
      });
    }
  },
};

/** The first module that the patch patches; if that is not known, the first that a section waits for. */
function firstModule({ patch, livepatchSections }: Subject): string | undefined {
  const names = patch.objects?.keys() ?? livepatchSections.map(({ gate }) => gate);
  for (const name of names) if (name !== undefined && name !== VMLINUX) return name;
  return undefined;
}

export const L19: Rule = {
  id: "L19",
  title:
    "Behind the object in a livepatch section's name come a dot and the name of the section that sh_info says",
  severity: "error",
  needs: ["object"],
  consequences: [
    {
      kind: "wrong",
      text: "without a dot the kernel takes the rest for part of the object, which then never loads, and says nothing",
    },
    {
      kind: "advice",
      text: "any other difference the kernel does not see: it goes by sh_info; tools that go by the name take another section",
    },
  ],
  remedy: CONVERT_AGAIN,
  source: "kernel/livepatch/core.c, klp_apply_section_relocs",
  isStructural: true,
  test(subject, findings) {
    for (const each of subject.livepatchSections) {
      const { section, gate, target } = each;
      if (gate === undefined || target === undefined) continue;
      const place = { section: section.name };
      const object = objectRunInto(subject, each);
      if (object !== undefined) {
        findings.add({
          place,
          message: `no dot parts the object from ${target.name}, so that it waits for ${gate}`,
          ...graded(section.size === 0 ? HARMLESS : wrong("its relocations are never applied")),
          remedy: `name it ${PREFIX}${object}.${target.name}`,
        });
        continue;
      }
      const rest = section.name.slice(PREFIX.length + gate.length);
      // What is cut off is no name of a section.
      if (rest !== "" && !rest.startsWith(".")) continue;
      if (isNamedFor(each)) continue;
      findings.add({
        place,
        message: `its name ends with "${rest}", and sh_info says ${target.index}, which is ${target.name}`,
        ...graded(HARMLESS),
      });
    }
  },
};

export const L20: Rule = {
  id: "L20",
  title: "The object in a livepatch section's name is vmlinux or a module that the patch patches",
  severity: "error",
  needs: ["object", "patch"],
  consequences: [
    {
      kind: "wrong",
      text: "the relocations are never applied, and nothing is said: the code uses address 0",
    },
  ],
  remedy:
    "patch a function of that module, or have the symbols wait for one that is patched: --late-bind",
  source: "kernel/livepatch/core.c, klp_apply_object_relocs",
  isStructural: false,
  test(subject, findings) {
    const { livepatchSections, patch } = subject;
    const described = describePatch(patch);
    for (const each of livepatchSections) {
      const { section, gate } = each;
      if (gate === undefined || gate === VMLINUX || patch.objects!.has(gate)) continue;
      if (objectRunInto(subject, each) !== undefined) continue;
      const cut = section.name.slice(PREFIX.length).split(".")[0]!.length > OBJECT_NAME_MOST;
      const spelled = kernelSpelling(gate);
      findings.add({
        place: { section: section.name },
        message: `it waits for ${gate}${cut ? `, which are the ${OBJECT_NAME_MOST} characters that the kernel reads` : ""}; ${described}`,
        ...graded(section.size === 0 ? HARMLESS : wrong("its relocations are never applied")),
        ...(patch.objects!.has(spelled) && {
          remedy: `write it as the kernel does: ${PREFIX}${spelled}`,
        }),
      });
    }
  },
};
