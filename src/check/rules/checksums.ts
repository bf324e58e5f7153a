/** Checksums of imports, which kernels with CONFIG_MODVERSIONS compare. */

import { nameOfBytes } from "../../byte-string.js";
import type { ElfObject } from "../../elf/index.js";
import { readVersions } from "../../livepatch/index.js";
import { VMLINUX } from "../../symbols/index.js";
import { doubtOf, exporterOf, importsOf, isLeftover } from "../imports.js";
import { HARMLESS, type Outcome, refused } from "../outcome.js";
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
      text: "a checksum is another than the kernel's",
      message: "…: disagrees about version of symbol …",
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
    const { checksums, isExtended, section } = versions;
    const before = subject.input && checksumsIn(subject.input, section);
    const report = (name: string, fault: "none" | "other", outcome: Outcome) => {
      const isMinded = fault === "other" || !isExtended;
      findings.add({
        place: { section, symbol: name },
        message:
          fault === "none"
            ? `there is no checksum of ${name}`
            : `the checksum of ${name} is another than before conversion`,
        ...(isMinded ? { outcome } : { outcome: HARMLESS, severity: "warning" as const }),
      });
    };
    const faultOf = (name: string) => {
      const checksum = checksums.get(name);
      if (checksum === undefined) return "none";
      const other = before?.get(name);
      return other !== undefined && other !== checksum ? "other" : undefined;
    };
    const lineOf = (name: string, fault: "none" | "other") =>
      fault === "none"
        ? `${subject.name}: no symbol version for ${name}`
        : `${subject.name}: disagrees about version of symbol ${name}`;
    const ofLayout = faultOf(LAYOUT);
    if (ofLayout !== undefined) {
      const line = lineOf(LAYOUT, ofLayout);
      // check_modstruct_version comes before vermagic is compared.
      report(LAYOUT, ofLayout, refused("version of the kernel", "ENOEXEC", line, { order: -1 }));
    }
    const doubt = doubtOf(subject);
    for (const { name, symbol } of importsOf(subject)) {
      const fault = isLeftover(name) ? undefined : faultOf(name);
      if (fault === undefined) continue;
      // What nobody exports is not found, and its checksum not asked for.
      const exporter = map && exporterOf(map, { name });
      if (exporter === undefined && (doubt === undefined || fault === "none")) {
        if (doubt !== undefined) findings.unchecked(doubt);
        continue;
      }
      const only = exporter === undefined || exporter === VMLINUX ? "either" : "after";
      const line = lineOf(name, fault);
      report(name, fault, refused("imports", "EINVAL", line, { order: symbol, only }));
    }
    if (before === undefined) {
      findings.unchecked("whether the checksums are right is not known: --input");
    }
  },
};

interface Checksums {
  /** In hexadecimal, by name. */
  readonly checksums: ReadonlyMap<string, string>;
  readonly isExtended: boolean;
  readonly section: string;
}

/** The checksums in the sections that this kernel takes them from. */
function versionsOf(subject: Subject): Checksums | undefined {
  if (subject.isSince("6.14")) {
    const section = "__version_ext_names";
    const checksums = checksumsIn(subject.elf, section);
    if (checksums !== undefined) return { checksums, isExtended: true, section };
  }
  const section = "__versions";
  const checksums = checksumsIn(subject.elf, section);
  return checksums && { checksums, isExtended: false, section };
}

function checksumsIn(object: ElfObject, name: string): Map<string, string> | undefined {
  // find_sec passes over what is not loaded.
  const find = (wanted: string) =>
    object.sections.find((each) => each.isLoaded && each.name === wanted);
  const section = find(name);
  if (section === undefined) return undefined;
  const checksums = new Map<string, string>();
  const add = (of: string, bytes: Uint8Array) => {
    // The first of several is compared.
    if (!checksums.has(of)) checksums.set(of, hexOf(bytes));
  };
  if (name === "__versions") {
    for (const { name: of, checksum } of readVersions(section, object.layout)) add(of, checksum);
    return checksums;
  }
  const crcs = find("__version_ext_crcs");
  if (crcs === undefined) return undefined;
  const names = nameOfBytes(section.data).split("\0");
  for (let i = 0; 4 * (i + 1) <= crcs.data.length && i < names.length; i++) {
    add(names[i]!, crcs.data.subarray(4 * i, 4 * (i + 1)));
  }
  return checksums;
}

function hexOf(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
