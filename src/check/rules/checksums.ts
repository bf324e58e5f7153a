/** Checksums of imports, which kernels with CONFIG_MODVERSIONS compare. */

import { nameOfBytes } from "../../byte-string.js";
import type { Section } from "../../elf/index.js";
import { versionedNames } from "../../livepatch/index.js";
import { VMLINUX } from "../../symbols/index.js";
import { doubtOf, exporterOf, importsOf, isLeftover } from "../imports.js";
import { HARMLESS, refused } from "../outcome.js";
import type { Rule } from "../rule.js";
import type { Subject } from "../subject.js";

const LAYOUT = "module_layout";

export const L56: Rule = {
  id: "L56",
  title: "Every import has a checksum, and so has module_layout, where the kernel compares them",
  severity: "error",
  needs: ["object"],
  kernels:
    "Since Linux 6.14, a checksum that is missing in __version_ext_names is not minded; of __versions it still is",
  consequences: [
    {
      kind: "refused",
      text: "a checksum is missing",
      message: "…: no symbol version for …",
      errno: "EINVAL",
    },
    {
      kind: "refused",
      text: "that of module_layout is missing",
      message: "…: no symbol version for module_layout",
      errno: "ENOEXEC",
    },
  ],
  remedy: "build the module with the kernel's own Module.symvers, and convert it again",
  source: "kernel/module/version.c, check_version",
  isStructural: false,
  test(subject, findings) {
    if (!subject.hasModversions) return;
    const { map } = subject;
    const versions = versionsOf(subject);
    if (versions === undefined) {
      findings.add({
        message: "there are no checksums, and vermagic says modversions",
        severity: "warning",
        // Debian's kernels have CONFIG_MODULE_FORCE_LOAD, others refuse it without a word.
        outcome: HARMLESS,
      });
      return;
    }
    const { names, isExtended, section } = versions;
    if (!names.has(LAYOUT)) {
      findings.add({
        place: { section, symbol: LAYOUT },
        message: `there is no checksum of ${LAYOUT}`,
        ...(isExtended
          ? { outcome: HARMLESS, severity: "warning" as const }
          : {
              outcome: refused(
                "version of the kernel",
                "ENOEXEC",
                `${subject.name}: no symbol version for ${LAYOUT}`,
                // check_modstruct_version comes before vermagic is compared.
                { order: -1 },
              ),
            }),
      });
    }
    const doubt = doubtOf(subject);
    for (const { name, symbol } of importsOf(subject)) {
      if (names.has(name) || isLeftover(name)) continue;
      // What nobody exports is not found, and its checksum not asked for.
      const exporter = map && exporterOf(map, { name });
      if (exporter === undefined) {
        if (doubt !== undefined) findings.unchecked(doubt);
        continue;
      }
      const only = exporter === VMLINUX ? "either" : "after";
      const line = `${subject.name}: no symbol version for ${name}`;
      findings.add({
        place: { section, symbol: name },
        message: `there is no checksum of ${name}`,
        ...(isExtended
          ? { outcome: HARMLESS, severity: "warning" as const }
          : { outcome: refused("imports", "EINVAL", line, { order: symbol, only }) }),
      });
    }
  },
};

/** The names that have checksums, in the sections that this kernel takes them from. */
function versionsOf(
  subject: Subject,
): { names: ReadonlySet<string>; isExtended: boolean; section: string } | undefined {
  // find_sec passes over what is not loaded.
  const find = (name: string): Section | undefined =>
    subject.object?.sections.find((each) => each.isLoaded && each.name === name);
  const extended = subject.isSince("6.14") ? find("__version_ext_names") : undefined;
  if (extended !== undefined && find("__version_ext_crcs") !== undefined) {
    const names = new Set(nameOfBytes(extended.data).split("\0"));
    return { names, isExtended: true, section: extended.name };
  }
  const section = find("__versions");
  if (section === undefined) return undefined;
  const names = new Set(versionedNames(section, subject.layout));
  return { names, isExtended: false, section: section.name };
}
