/** What section headers say of contents and memory: where they are, and what may be done there. */

import { hex } from "../../diagnostics.js";
import {
  EM_AARCH64,
  EM_LOONGARCH,
  type RawSection,
  SHF_EXECINSTR,
  SHF_WRITE,
  SHT_NOBITS,
  SHT_NULL,
} from "../../elf/index.js";
import { refusedByTest, TOLERATED } from "../file-tests.js";
import { refused } from "../outcome.js";
import type { Rule } from "../rule.js";
import type { Subject } from "../subject.js";

/** The contents of a section are not all within the part of the file that is the module. */
export function isOutside({ imageLength }: Subject, { offset, size }: RawSection): boolean {
  return size > imageLength - offset;
}

export const L03: Rule = {
  id: "L03",
  title: "The contents of every section that has some are within the file",
  severity: "error",
  needs: ["sections"],
  kernels: "Before 6.13 the section names come first, with a line of their own.",
  consequences: [
    {
      kind: "refused",
      text: "a section reaches beyond the end of the file",
      message: "Invalid ELF section in module (section … type …)",
      errno: "ENOEXEC",
    },
  ],
  remedy: "take the file as it was written: it has been cut off or damaged",
  source: "kernel/module/main.c, validate_section_offset",
  isStructural: true,
  test(subject, findings) {
    for (const section of subject.sections!) {
      const { index, type, offset, size } = section;
      if (index === 0 || type === SHT_NULL || type === SHT_NOBITS) continue;
      if (!isOutside(subject, section)) continue;
      const isNames = index === subject.header!.sectionNames && subject.isBefore("6.13");
      const name = subject.nameOf(section);
      findings.add({
        ...(name !== "" && { place: { section: name } }),
        message: `section ${index} has ${hex(size)} bytes at ${hex(offset)} of a file of ${hex(subject.imageLength)}`,
        outcome: isNames
          ? refusedByTest(subject, "contents of names", `Invalid ELF section hdr(type ${type})`)
          : refusedByTest(
              subject,
              "contents",
              `Invalid ELF section in module (section ${index} type ${type})`,
              index,
            ),
      });
    }
  },
};

/** Sections whose flags arm64 sets itself before they are looked at (module_frob_arch_sections). */
const FLAGS_SET: readonly string[] = [
  ".plt",
  ".init.plt",
  ".text.ftrace_trampoline",
  ".init.text.ftrace_trampoline",
];

export const L13: Rule = {
  id: "L13",
  title: "No section is both writable and executable",
  severity: "error",
  needs: ["sections"],
  consequences: [
    {
      kind: "refused",
      text: "the kernel maps no memory so (CONFIG_STRICT_MODULE_RWX, which loongarch does not have)",
      message: "…: section … (index …) has invalid WRITE|EXEC flags",
      errno: "ENOEXEC",
    },
  ],
  remedy: 'take SHF_WRITE or SHF_EXECINSTR off: .section NAME, "ax" for code, "aw" for data',
  source: "kernel/module/strict_rwx.c, module_enforce_rwx_sections",
  isStructural: true,
  test(subject, findings) {
    const { machine } = subject.header!;
    const name = subject.ownName;
    const both = SHF_WRITE | SHF_EXECINSTR;
    for (const section of subject.sections!) {
      if ((section.flags & both) !== both) continue;
      const own = subject.nameOf(section);
      if (machine === EM_AARCH64 && FLAGS_SET.includes(own)) continue;
      findings.add({
        ...(own !== "" && { place: { section: own } }),
        message: `sh_flags of section ${section.index} is ${hex(section.flags)}, which has SHF_WRITE and SHF_EXECINSTR`,
        ...(machine === EM_LOONGARCH
          ? TOLERATED
          : {
              outcome: refused(
                "layout",
                "ENOEXEC",
                `${name}: section ${own} (index ${section.index}) has invalid WRITE|EXEC flags`,
                { order: 1 + section.index },
              ),
            }),
      });
    }
  },
};
