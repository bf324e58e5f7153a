/** The headers of livepatch sections, of which the kernel reads sh_flags, sh_info and sh_size. */

import { hex } from "../../diagnostics.js";
import {
  EM_AARCH64,
  EM_LOONGARCH,
  EM_PPC,
  EM_PPC64,
  EM_S390,
  EM_X86_64,
  type RawSection,
  rawContents,
  type Section,
  SHF_COMPRESSED,
  SHF_EXECINSTR,
  SHF_GROUP,
  SHF_INFO_LINK,
  SHF_LINK_ORDER,
  SHF_MERGE,
  SHF_STRINGS,
  SHF_TLS,
  SHF_WRITE,
  SHT_NOBITS,
  SHT_RELA,
} from "../../elf/index.js";
import { applicationOf, graded, refusedAt } from "../application.js";
import { lineOfUnmarked } from "../kernel-lines.js";
import { crash, HARMLESS, type Outcome, refused, wrong } from "../outcome.js";
import type { Rule } from "../rule.js";
import type { LivepatchSection, Subject } from "../subject.js";

const CONVERT_AGAIN = "convert the intermediate module again, and do nothing to the result";

/**
 * Types for which the machine's module loader sets slots aside, counted in SHT_RELA sections only
 * (module_frob_arch_sections).
 */
const NEED_SLOTS: ReadonlyMap<number, RegExp> = new Map([
  [EM_S390, /^R_390_(GOT|PLT)/],
  [EM_PPC64, /^R_PPC64_REL24/],
  [EM_PPC, /^R_PPC_REL24/],
  [EM_AARCH64, /^R_AARCH64_(CALL|JUMP)26$/],
  [EM_LOONGARCH, /^R_LARCH_(B26|.*GOT_PC_HI20|SOP_PUSH_PLT_PCREL)$/],
]);

// Shown to be up to chance, in what the kernel makes of it, by s390x-6.12 trap-section-type.
export const L21: Rule = {
  id: "L21",
  title: "The type of every livepatch section is SHT_RELA",
  severity: "error",
  needs: ["object"],
  consequences: [
    {
      kind: "crash",
      text: "except on x86_64, slots for calls and the global offset table are set aside for SHT_RELA sections only, so that others' are overwritten; x86_64 does not look at the type",
    },
    {
      kind: "refused",
      text: "an SHT_NOBITS section is filled with zeros, which name symbol 0",
      message: "livepatch: symbol  is not marked as a livepatch symbol",
      errno: "EINVAL",
    },
  ],
  remedy: CONVERT_AGAIN,
  source: "module_frob_arch_sections in arch/*/kernel/module*.c",
  isStructural: true,
  test(subject, findings) {
    for (const each of subject.livepatchSections) {
      const { name, type } = each.section;
      if (type === SHT_RELA) continue;
      findings.add({
        place: { section: name },
        message: `sh_type is ${type} when it should be ${SHT_RELA} (SHT_RELA)`,
        ...graded(outcomeOfType(subject, each)),
      });
    }
  },
};

function outcomeOfType(subject: Subject, each: LivepatchSection): Outcome {
  const { section } = each;
  const application = applicationOf(subject, each);
  if (section.type === SHT_NOBITS) {
    const isRead = section.isLoaded && section.sizeRead >= subject.layout.rela.size;
    return isRead
      ? refusedAt(subject, application, each, 0, "EINVAL", lineOfUnmarked(subject, "", 0))
      : HARMLESS;
  }
  const pattern = NEED_SLOTS.get(subject.header?.machine ?? EM_X86_64);
  if (application === "never" || pattern === undefined) return HARMLESS;
  for (const { type } of subject.entries(section)) {
    if (pattern.test(subject.typeName(type))) {
      return crash(
        `no slot is set aside for ${subject.typeName(type)}, and another is overwritten`,
      );
    }
  }
  return HARMLESS;
}

export const L22: Rule = {
  id: "L22",
  title: "Every livepatch section has SHF_ALLOC",
  severity: "error",
  needs: ["object"],
  consequences: [
    {
      kind: "crash",
      text: "relocations that wait for a module are read from the copy of the file, which is freed when the patch is loaded; those of vmlinux are applied before",
    },
  ],
  remedy: CONVERT_AGAIN,
  source: "kernel/module/livepatch.c, copy_module_elf; kernel/module/main.c, free_copy",
  isStructural: true,
  test(subject, findings) {
    for (const each of subject.livepatchSections) {
      const { section } = each;
      if (section.isLoaded) continue;
      const isLate = typeof applicationOf(subject, each) === "object" && section.sizeRead > 0;
      findings.add({
        place: { section: section.name },
        message: `sh_flags is ${hex(section.flags)}, without SHF_ALLOC`,
        ...graded(
          isLate ? crash("the relocations are read from memory that has been freed") : HARMLESS,
        ),
      });
    }
  },
};

export const L28: Rule = {
  id: "L28",
  title: "A livepatch section holds whole entries, and says their size and alignment",
  severity: "warning",
  needs: ["sections", "object"],
  consequences: [
    {
      kind: "wrong",
      text: "the kernel leaves out what is left behind the last whole entry; of sh_entsize and sh_addralign it does not make anything",
    },
  ],
  remedy: CONVERT_AGAIN,
  source: "kernel/livepatch/core.c, klp_resolve_symbols; gABI, sections",
  isStructural: true,
  test(subject, findings) {
    const { rela, wordSize } = subject.layout;
    for (const { section } of subject.livepatchSections) {
      const raw = subject.sections![section.index]!;
      const { addralign, entsize, size } = raw;
      const place = { section: section.name };
      const rest = size % rela.size;
      if (rest !== 0) {
        findings.add({
          place,
          message: `sh_size is ${size}, which is no multiple of ${rela.size}, an entry's size`,
          outcome: outcomeOfRest(subject, raw),
        });
      }
      if (entsize !== rela.size) {
        findings.add({
          place,
          message: `sh_entsize is ${entsize} when an entry has ${rela.size} bytes`,
          outcome: HARMLESS,
        });
      }
      const isPower = addralign > 0 && Number.isInteger(Math.log2(addralign));
      if (!isPower || addralign < wordSize) {
        findings.add({
          place,
          message: `sh_addralign is ${addralign} when it should be ${wordSize}`,
          outcome: HARMLESS,
        });
      }
    }
  },
};

/** What is left may be most of an entry, or the start of what is behind the section. */
function outcomeOfRest(subject: Subject, section: RawSection): Outcome {
  const { rela } = subject.layout;
  const contents = rawContents(subject.bytes, section);
  const record = new Uint8Array(rela.size);
  record.set(contents.subarray(contents.length - (contents.length % rela.size)));
  const symbol = rela.symbol.get(new DataView(record.buffer), 0);
  const isLost = symbol < subject.elf.symbols.count && subject.isLivepatchSymbol(symbol);
  return isLost ? wrong("its last relocation is cut, and never applied") : HARMLESS;
}

export const L29: Rule = {
  id: "L29",
  title: "sh_link of a livepatch section is the symbol table, and it has SHF_INFO_LINK",
  severity: "note",
  needs: ["object"],
  consequences: [
    {
      kind: "advice",
      text: "the kernel looks at neither; binutils and LLVM's tools need them to keep the section as it is",
    },
  ],
  remedy: CONVERT_AGAIN,
  source: "gABI, relocation; kernel/livepatch/core.c, klp_resolve_symbols",
  isStructural: true,
  test({ elf, livepatchSections }, findings) {
    for (const { section } of livepatchSections) {
      const { name, link, flags } = section;
      const place = { section: name };
      if (link !== elf.symbols.section) {
        findings.add({
          place,
          message: `sh_link is ${link} when the symbol table is section ${elf.symbols.section}`,
          outcome: HARMLESS,
        });
      }
      if ((flags & SHF_INFO_LINK) === 0) {
        findings.add({
          place,
          message: `sh_flags is ${hex(flags)}, without SHF_INFO_LINK (${hex(SHF_INFO_LINK)})`,
          outcome: HARMLESS,
        });
      }
    }
  },
};

const OUT_OF_PLACE = [
  [SHF_WRITE, "SHF_WRITE"],
  [SHF_EXECINSTR, "SHF_EXECINSTR"],
  [SHF_MERGE, "SHF_MERGE"],
  [SHF_STRINGS, "SHF_STRINGS"],
  [SHF_LINK_ORDER, "SHF_LINK_ORDER"],
  [SHF_GROUP, "SHF_GROUP"],
  [SHF_TLS, "SHF_TLS"],
  [SHF_COMPRESSED, "SHF_COMPRESSED"],
] as const;

export const L30: Rule = {
  id: "L30",
  title: "A livepatch section has no flags but SHF_ALLOC, SHF_INFO_LINK and SHF_RELA_LIVEPATCH",
  severity: "warning",
  needs: ["object"],
  consequences: [
    {
      kind: "advice",
      text: "SHF_WRITE and SHF_EXECINSTR put it among the module's data and code, where relocations are out of place; for the others the kernel has no use, and tools may merge, drop or unpack the section",
    },
  ],
  remedy: CONVERT_AGAIN,
  source: "kernel/module/main.c, layout_sections",
  isStructural: true,
  test({ livepatchSections }, findings) {
    const both = SHF_WRITE | SHF_EXECINSTR;
    for (const { section } of livepatchSections) {
      const { name, flags } = section;
      // Both together are refused, which is a rule of its own.
      const told = (flags & both) === both && section.isLoaded ? flags & ~both : flags;
      const names = OUT_OF_PLACE.filter(([flag]) => (told & flag) !== 0).map(([, text]) => text);
      if (names.length === 0) continue;
      findings.add({
        place: { section: name },
        message: `sh_flags is ${hex(flags)}, with ${names.join(" and ")}`,
        outcome: HARMLESS,
      });
    }
  },
};

// Shown by vmlinux-in-two in test/kernel/agreement/answers-6.1.md and answers-6.12.md.
export const L74: Rule = {
  id: "L74",
  title: "No two livepatch sections wait for the same object and relocate the same section",
  severity: "error",
  needs: ["object"],
  kernels:
    "Linux 6.1 prints a warning about two of one name and loads the module, 6.12 refuses it; those in between are taken to be like 6.1",
  consequences: [
    {
      kind: "refused",
      text: "sections are files in /sys/module/NAME/sections, which two of one name cannot be; those of different names are both applied",
      message: "sysfs: cannot create duplicate filename '/module/…/sections/…'",
      errno: "EEXIST",
    },
  ],
  remedy: CONVERT_AGAIN,
  source: "kernel/module/sysfs.c, add_sect_attrs; kernel/livepatch/core.c, klp_apply_object_relocs",
  isStructural: true,
  test(subject, findings) {
    const pairs = new Map<string, LivepatchSection>();
    const names = new Map<string, LivepatchSection>();
    for (const each of subject.livepatchSections) {
      const { section, gate, target } = each;
      const pair = gate && target && `${target.index} ${gate}`;
      const other = pair === undefined ? undefined : pairs.get(pair);
      const namesake = isShown(section) ? names.get(section.name) : undefined;
      if (pair !== undefined && other === undefined) pairs.set(pair, each);
      if (namesake === undefined && isShown(section)) names.set(section.name, each);
      // Of two with one name that relocate two with one name, those are at fault.
      const isOwnFault = namesake !== undefined && namesake.target?.name !== target?.name;
      if (other === undefined && !isOwnFault) continue;
      const [first, what] =
        other === undefined
          ? [namesake!, "it has the same name as"]
          : [other, `it waits for ${gate} and relocates ${target!.name}, like`];
      findings.add({
        place: { section: section.name },
        message: `${what} section ${first.section.index}, ${first.section.name}`,
        ...graded(namesake === undefined ? HARMLESS : outcomeOfTwoFiles(subject, section)),
      });
    }
  },
};

/** It has a file in sysfs. */
function isShown({ isLoaded, size }: Section): boolean {
  return isLoaded && size > 0;
}

function outcomeOfTwoFiles(subject: Subject, { name, index }: Section): Outcome {
  if (subject.isBefore("6.12")) return HARMLESS;
  const line = `sysfs: cannot create duplicate filename '/module/${subject.ownName}/sections/${name}'`;
  return refused("sysfs", "EEXIST", line, { order: index });
}
