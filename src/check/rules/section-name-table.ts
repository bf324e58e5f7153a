/** The names of sections: their table, and that they tell sections apart. */

import {
  SHF_ALLOC,
  SHF_RELA_LIVEPATCH,
  SHN_XINDEX,
  SHT_NOBITS,
  SHT_NULL,
  SHT_STRTAB,
} from "../../elf/index.js";
import { refusedByTest, TOLERATED } from "../file-tests.js";
import { crash, type Outcome, refused } from "../outcome.js";
import type { Rule } from "../rule.js";
import { type Subject, THIS_MODULE } from "../subject.js";
import { isOutside } from "./section-contents.js";

/** Pages of memory that a file takes up in the kernel are at least so large. */
const PAGE = 4096;

/** What is at an offset of the file is neither in it nor in the rest of its last page. */
export function isBeyondImage({ bytes }: Subject, offset: number): boolean {
  return offset >= Math.ceil(bytes.length / PAGE) * PAGE;
}

export const L05: Rule = {
  id: "L05",
  title: "Section names are in a string table that ends with NUL, and every name begins in it",
  severity: "error",
  needs: ["sections"],
  kernels:
    "Since 6.13 the table's type is tested, and the names of all sections; before, names of sections with SHF_ALLOC and contents. From 6.4 to 6.12 a name is read before it is tested.",
  consequences: [
    {
      kind: "refused",
      text: "e_shstrndx is 0 or no section",
      message: "Invalid ELF section name index: … || e_shstrndx (…) >= e_shnum (…)",
      errno: "ENOEXEC",
    },
    {
      kind: "refused",
      text: "the last name has no end",
      message: "ELF Spec violation: section name table isn't null terminated",
      errno: "ENOEXEC",
    },
    {
      kind: "refused",
      text: "a name begins behind the table",
      message: "Invalid ELF section name in module (section … type …)",
      errno: "ENOEXEC",
    },
    {
      kind: "crash",
      text: "kernels before 6.13 read names that they do not test, also beyond the file",
    },
  ],
  remedy: "take the file as it was written: its section names have been damaged",
  source: "kernel/module/main.c, elf_validity_cache_secstrings",
  isStructural: true,
  test(subject, findings) {
    const { sectionNames: index, sectionCount } = subject.header!;
    const sections = subject.sections!;
    // Without sections, or by an extended index, there is no table; that is another rule.
    if (sectionCount === 0 || index === SHN_XINDEX) return;
    const table = sections[index];
    if (index === 0 || table === undefined) {
      findings.add({
        message: `e_shstrndx is ${index} in a file of ${sectionCount} sections`,
        outcome: refusedByTest(
          subject,
          "index of names",
          `Invalid ELF section name index: ${index} || e_shstrndx (${index}) >= e_shnum (${sectionCount})`,
        ),
      });
      return;
    }
    if (isOutside(subject, table)) {
      findings.unchecked("the section names are not within the file");
      return;
    }
    if (table.type !== SHT_STRTAB) {
      findings.add({
        message: `section ${index}, which has the section names, is of type ${table.type} when a string table's is ${SHT_STRTAB} (SHT_STRTAB)`,
        ...(subject.isBefore("6.13")
          ? TOLERATED
          : {
              outcome: refusedByTest(
                subject,
                "type of names",
                `Invalid ELF section name table type: ${table.type}`,
              ),
            }),
      });
    }
    if (table.size === 0) {
      findings.add({
        message: `section ${index}, which has the section names, is empty`,
        outcome: refusedByTest(subject, "size of names", "empty section name table"),
      });
      return;
    }
    if (subject.bytes[table.offset + table.size - 1] !== 0) {
      findings.add({
        message: `section ${index}, which has the section names, does not end with NUL`,
        outcome: refusedByTest(
          subject,
          "end of names",
          "ELF Spec violation: section name table isn't null terminated",
        ),
      });
    }
    for (const { index: each, type, nameOffset, flags } of sections) {
      if (type === SHT_NULL || nameOffset < table.size) continue;
      const outcome = outcomeOfName(subject, each, type, flags, table.offset + nameOffset);
      findings.add({
        message: `the name of section ${each} is at ${nameOffset} of a string table of ${table.size} bytes`,
        ...(outcome === undefined ? TOLERATED : { outcome }),
      });
    }
  },
};

/** What comes of a name behind the table; `at` is where it is in the file. */
function outcomeOfName(
  subject: Subject,
  index: number,
  type: number,
  flags: number,
  at: number,
): Outcome | undefined {
  const refusal = refusedByTest(
    subject,
    "name",
    `Invalid ELF section name in module (section ${index} type ${type})`,
    index,
  );
  if (!subject.isBefore("6.13")) return refusal;
  const isTested = type !== SHT_NOBITS && (flags & SHF_ALLOC) !== 0;
  const isReadBefore = !subject.isBefore("6.4") && type !== SHT_NOBITS;
  const isBeyond = isBeyondImage(subject, at);
  if (isTested && !(isReadBefore && isBeyond)) return refusal;
  return isBeyond ? crash("it reads a section's name from beyond the file") : undefined;
}

export const L14: Rule = {
  id: "L14",
  title: "No two sections that are loaded and not empty have the same name",
  severity: "error",
  needs: ["sections"],
  kernels:
    "Linux 6.1 prints a warning and loads the module, 6.12 refuses it; those in between are taken to be like 6.1",
  consequences: [
    {
      kind: "refused",
      text: "sections are files in /sys/module/NAME/sections",
      message: "sysfs: cannot create duplicate filename '/module/…/sections/…'",
      errno: "EEXIST",
    },
  ],
  remedy:
    "link the module with a script that puts sections of one name together, as the kernel's scripts/module.lds does",
  source: "kernel/module/sysfs.c, add_sect_attrs",
  isStructural: true,
  test(subject, findings) {
    const first = new Map<string, number>();
    const module = subject.ownName;
    for (const section of subject.sections!) {
      const { index, flags, size } = section;
      const isLivepatch = (flags & SHF_RELA_LIVEPATCH) !== 0;
      if ((flags & SHF_ALLOC) === 0 || size === 0 || isLivepatch) continue;
      const name = subject.nameOf(section);
      // What there has to be one of is another rule.
      if (name === "" || NOT_SHOWN.includes(name)) continue;
      const other = first.get(name);
      if (other === undefined) {
        first.set(name, index);
        continue;
      }
      findings.add({
        place: { section: name },
        message: `sections ${other} and ${index} have the same name`,
        ...(subject.isBefore("6.12")
          ? TOLERATED
          : {
              outcome: refused(
                "sysfs",
                "EEXIST",
                `sysfs: cannot create duplicate filename '/module/${module}/sections/${name}'`,
                { order: index },
              ),
            }),
      });
    }
  },
};

/** Sections of which the module loader finds the first, and takes SHF_ALLOC from some. */
const NOT_SHOWN: readonly string[] = [".modinfo", "__versions", ".data..percpu", THIS_MODULE];
