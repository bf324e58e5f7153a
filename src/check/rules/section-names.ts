/**
 * Livepatch sections and their names. SHF_RELA_LIVEPATCH alone makes a section one; its name says
 * which object it waits for, and sh_info what it relocates. Nobody holds the two against each other.
 */

import { hex } from "../../diagnostics.js";
import { SHF_RELA_LIVEPATCH } from "../../elf/index.js";
import { describePatch } from "../../livepatch/index.js";
import { OBJECT_NAME_MOST, VMLINUX } from "../../symbols/index.js";
import { HARMLESS, refused, wrong } from "../outcome.js";
import type { Rule } from "../rule.js";

const PREFIX = ".klp.rela.";
const CONVERT_AGAIN = "convert the intermediate module again, and do nothing to the result";

export const L17: Rule = {
  id: "L17",
  title: "Every section named .klp.rela.* has SHF_RELA_LIVEPATCH",
  severity: "error",
  needs: ["object"],
  consequences: [
    {
      kind: "wrong",
      text: "the module loader applies its relocations as ordinary ones, of symbols that nobody has resolved: they use address 0",
    },
  ],
  remedy: CONVERT_AGAIN,
  source: "kernel/module/main.c, apply_relocations",
  isStructural: true,
  test({ elf }, findings) {
    for (const { index, name, flags, size } of elf.sections) {
      if (index === 0 || !name.startsWith(PREFIX) || (flags & SHF_RELA_LIVEPATCH) !== 0) continue;
      findings.add({
        place: { section: name },
        message: `sh_flags is ${hex(flags)}, without SHF_RELA_LIVEPATCH (${hex(SHF_RELA_LIVEPATCH)})`,
        outcome: size === 0 ? HARMLESS : wrong("its relocations use address 0"),
      });
    }
  },
};

export const L18: Rule = {
  id: "L18",
  title: "Every section with SHF_RELA_LIVEPATCH is named .klp.rela.OBJECT, and more behind a dot",
  severity: "error",
  needs: ["object"],
  consequences: [
    {
      kind: "refused",
      text: "the kernel finds no object in the name",
      message: "livepatch: section … has an incorrectly formatted name",
      errno: "EINVAL",
    },
  ],
  remedy: CONVERT_AGAIN,
  source: "kernel/livepatch/core.c, klp_apply_section_relocs",
  isStructural: true,
  test(subject, findings) {
    for (const { section, gate, target } of subject.livepatchSections) {
      if (gate !== undefined) continue;
      // What relocates nothing that is loaded is passed over before its name is read.
      const isRead = target?.isLoaded === true;
      findings.add({
        place: { section: section.name },
        message: `the kernel reads no object in its name, which should be ${PREFIX}OBJECT.SECTION`,
        outcome: isRead
          ? refused(
              "relocation",
              "EINVAL",
              `livepatch: section ${section.name} has an incorrectly formatted name`,
              { order: section.index },
            )
          : HARMLESS,
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
  test({ livepatchSections, patch, patchedObjects }, findings) {
    for (const { section, gate } of livepatchSections) {
      if (gate === undefined || gate === VMLINUX || patchedObjects!.has(gate)) continue;
      const cut = section.name.slice(PREFIX.length).split(".")[0]!.length > OBJECT_NAME_MOST;
      findings.add({
        place: { section: section.name },
        message: `it waits for ${gate}${cut ? `, which are the ${OBJECT_NAME_MOST} characters that the kernel reads` : ""}; ${describePatch(patch)}`,
        outcome: section.size === 0 ? HARMLESS : wrong("its relocations are never applied"),
      });
    }
  },
};
