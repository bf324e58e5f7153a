/**
 * What livepatch sections relocate. When the patch is loaded, the kernel passes over them if that is not
 * loaded; when a module is, it looks at nothing and writes where sh_addr says. What is not loaded has
 * its address in the copy of the file, which has been freed by then.
 */

import {
  EM_PPC64,
  EM_X86_64,
  type Section,
  SHT_GROUP,
  SHT_NULL,
  SHT_REL,
  SHT_RELA,
  SHT_STRTAB,
  SHT_SYMTAB,
  SHT_SYMTAB_SHNDX,
} from "../../elf/index.js";
import { relocationType, type SpecialSection, specialSection } from "../../livepatch/index.js";
import { VMLINUX } from "../../symbols/index.js";
import { applicationOf, graded, isNamedFor } from "../application.js";
import { crash, HARMLESS, type Outcome, wrong } from "../outcome.js";
import type { Rule } from "../rule.js";
import { type LivepatchSection, type Subject, THIS_MODULE } from "../subject.js";
import { refusalOfNonzero } from "./zero-places.js";

const NEVER_APPLIED = wrong("its relocations are never applied");
const INTO_FREED = crash("the relocations are written into memory that has been freed");
const BUILD_AGAIN = "build the module again, and convert it again";

export const TABLES: ReadonlyMap<number, string> = new Map([
  [SHT_NULL, "SHT_NULL"],
  [SHT_SYMTAB, "SHT_SYMTAB"],
  [SHT_STRTAB, "SHT_STRTAB"],
  [SHT_RELA, "SHT_RELA"],
  [SHT_REL, "SHT_REL"],
  [SHT_GROUP, "SHT_GROUP"],
  [SHT_SYMTAB_SHNDX, "SHT_SYMTAB_SHNDX"],
]);

export const L23: Rule = {
  id: "L23",
  title: "sh_info of every livepatch section says a section with code or data",
  severity: "error",
  needs: ["object"],
  consequences: [
    {
      kind: "wrong",
      text: "the kernel passes over a section of vmlinux without a word: the code uses address 0",
    },
    {
      kind: "crash",
      text: "relocations that wait for a module are written wherever the next words of memory say",
    },
  ],
  remedy: BUILD_AGAIN,
  source: "kernel/module/main.c, apply_relocations; apply_relocate_add in arch/*/kernel/module*.c",
  isStructural: true,
  test(subject, findings) {
    for (const each of subject.livepatchSections) {
      const { section, target } = each;
      const table = target && TABLES.get(target.type);
      if (target !== undefined && table === undefined) continue;
      findings.add({
        place: { section: section.name },
        message:
          target === undefined
            ? `sh_info is ${section.info} when sections have the numbers 1 to ${subject.elf.sections.length - 1}`
            : `sh_info is ${section.info}, which is ${target.name || "a section without a name"} and ${table}`,
        ...graded(outcomeOfNoTarget(subject, each)),
      });
    }
  },
};

function outcomeOfNoTarget(subject: Subject, each: LivepatchSection): Outcome {
  const { section, gate, target } = each;
  if (section.size === 0) return HARMLESS;
  const application = applicationOf(subject, each);
  if (typeof application === "object") {
    return target?.isLoaded
      ? wrong(`it relocates ${target.name}, which is neither code nor data`)
      : crash("the relocations are written where there is nothing of the module");
  }
  if (application === "at load") {
    return (
      refusedAsNonzero(
        subject,
        { ...each, target: target! },
        // All symbols but the first have addresses by now (simplify_symbols).
        (end) => target!.type === SHT_SYMTAB && end > subject.layout.sym.size,
      ) ?? wrong(`it relocates ${target!.name}, which is neither code nor data`)
    );
  }
  return gate === VMLINUX ? NEVER_APPLIED : HARMLESS;
}

/** Sections that nothing in the kernel would read if they were loaded. */
const FOR_DEBUGGERS = /^\.(debug|zdebug|gdb_index|stab|line|comment|note\.GNU-stack)/;

export const L24: Rule = {
  id: "L24",
  title: "What a livepatch section relocates has SHF_ALLOC",
  severity: "error",
  needs: ["object"],
  consequences: [
    {
      kind: "wrong",
      text: "the kernel passes over a section of vmlinux without a word, which is right for debug info",
    },
    {
      kind: "crash",
      text: "relocations that wait for a module are written into the copy of the file, which has been freed by then",
    },
  ],
  remedy: BUILD_AGAIN,
  source: "kernel/module/main.c, apply_relocations; kernel/module/livepatch.c, copy_module_elf",
  isStructural: true,
  test(subject, findings) {
    for (const each of subject.livepatchSections) {
      const { section, target, gate } = each;
      if (section.size === 0 || target === undefined || target.isLoaded) continue;
      if (TABLES.has(target.type) || isOfAnotherRule(special(subject, target))) continue;
      const application = applicationOf(subject, each);
      // What was meant for another section is missed there.
      const isMeant = isNamedFor(each) && FOR_DEBUGGERS.test(target.name);
      const isMissed = gate === VMLINUX && !isMeant;
      findings.add({
        place: { section: section.name },
        message: `it relocates ${target.name}, which is not loaded`,
        ...graded(
          typeof application === "object" ? INTO_FREED : isMissed ? NEVER_APPLIED : HARMLESS,
        ),
      });
    }
  },
};

export const L25: Rule = {
  id: "L25",
  title:
    "Nothing that waits for a module is in .init*, nor in .exit* where modules cannot be unloaded",
  severity: "error",
  needs: ["object"],
  consequences: [
    {
      kind: "crash",
      text: "the section is freed when the patch has been loaded, and relocated when a module is loaded later, or again",
    },
  ],
  remedy: "do not use the symbol in init code or data; a pre_patch callback runs at the right time",
  source: "kernel/module/main.c, do_init_module",
  isStructural: true,
  test(subject, findings) {
    for (const each of specialTargets(subject, isInit)) {
      if (each.gate === VMLINUX) continue;
      if (each.row.withoutUnload === true && subject.canUnload) continue;
      // arch/powerpc/kernel/module_64.c, module_init_section: nothing is.
      const isFreed = subject.header?.machine !== EM_PPC64;
      const isApplied = applicationOf(subject, each) !== "never";
      findings.add({
        place: { section: each.section.name },
        message: `it relocates ${each.target.name} when ${each.gate} is loaded: ${each.row.consumer}`,
        ...graded(
          isFreed && isApplied
            ? crash("the relocations are written into init memory, which has been freed", "before")
            : HARMLESS,
        ),
        remedy: each.row.remedy,
      });
    }
  },
};

export const L26: Rule = {
  id: "L26",
  title:
    "No livepatch section relocates .data..percpu, unless it waits for vmlinux and the kernel is 7.2 or newer",
  severity: "error",
  needs: ["object"],
  kernels: "before 7.2 the kernel passes over relocations of .data..percpu",
  consequences: [
    {
      kind: "wrong",
      text: "before 7.2 no CPU's copy has what a relocation of vmlinux would write",
    },
    {
      kind: "crash",
      text: "what waits for a module is written into the copy of the file, which has been freed by then",
    },
  ],
  remedy: "set the pointer in the module's init function or in a callback, not in data",
  source: "kernel/module/main.c, apply_relocations and layout_and_allocate",
  isStructural: true,
  test(subject, findings) {
    for (const each of specialTargets(subject, isPercpu)) {
      const { section, gate, row } = each;
      const { vmlinuxSince } = row.allowed as { vmlinuxSince: string };
      if (gate === VMLINUX && subject.isSince(vmlinuxSince)) continue;
      if (gate === VMLINUX && subject.release === undefined) {
        findings.unchecked(
          `the kernel's release is not known, and before ${vmlinuxSince} .data..percpu is not relocated`,
        );
        continue;
      }
      const isLate = typeof applicationOf(subject, each) === "object";
      findings.add({
        place: { section: section.name },
        message:
          gate === VMLINUX
            ? `it relocates .data..percpu, which kernels before ${vmlinuxSince} pass over`
            : `it relocates .data..percpu when ${gate} is loaded: ${row.consumer}`,
        ...graded(
          gate === VMLINUX
            ? wrong("no CPU's copy of the variable has the address")
            : isLate
              ? INTO_FREED
              : HARMLESS,
        ),
        remedy: row.remedy,
      });
    }
  },
};

export const L27: Rule = {
  id: "L27",
  title: "No livepatch section relocates .modinfo, __versions or struct module",
  severity: "error",
  needs: ["object"],
  consequences: [
    {
      kind: "wrong",
      text: "functions in struct module are called as the module's own; the others the kernel has read, and passes over",
    },
    {
      kind: "crash",
      text: "what waits for a module is written into the copy of the file, which has been freed by then",
    },
  ],
  remedy: "build the module again with kbuild",
  source: "kernel/module/main.c, rewrite_section_headers and do_init_module",
  isStructural: true,
  test(subject, findings) {
    for (const each of specialTargets(subject, isOfLoader)) {
      const { section, target, row } = each;
      findings.add({
        place: { section: section.name },
        message: `it relocates ${target.name}: ${row.consumer}`,
        ...graded(outcomeInLoaders(subject, each)),
        remedy: row.remedy,
      });
    }
  },
};

function outcomeInLoaders(subject: Subject, each: SpecialTarget): Outcome {
  const application = applicationOf(subject, each);
  if (application === "never" && each.gate !== VMLINUX) return HARMLESS;
  if (each.target.name === THIS_MODULE) {
    // Its state and its place in the list of modules are set.
    return (
      refusedAsNonzero(subject, each, (_, start) => start < 3 * subject.layout.wordSize) ??
      wrong("struct module then has the address of what is not the module's own")
    );
  }
  // Extended versions are of 6.14; to others it is a section like any.
  if (each.target.name.startsWith("__version_ext_") && subject.isBefore("6.14")) return HARMLESS;
  return each.gate === VMLINUX ? HARMLESS : INTO_FREED;
}

/**
 * On x86_64 the kernel refuses the first entry at whose place there is something; undefined if there is
 * none, as far as the file says. `isFilled` says where it has filled something in itself.
 */
function refusedAsNonzero(
  subject: Subject,
  { section, target, gate }: LivepatchSection & { readonly target: Section },
  isFilled: (end: number, start: number) => boolean,
): Outcome | undefined {
  const machine = subject.header?.machine;
  if (machine !== EM_X86_64) return undefined;
  for (const entry of subject.entries(section)) {
    const { offset, type } = entry;
    const width = relocationType(machine, type)?.width ?? 0;
    const place = target.data.subarray(offset, offset + width);
    if (width === 0) continue;
    if (!isFilled(offset + width, offset) && place.every((byte) => byte === 0)) continue;
    return refusalOfNonzero(subject, { section, target, gate }, entry);
  }
  return undefined;
}

interface SpecialTarget extends LivepatchSection {
  readonly target: Section;
  readonly row: SpecialSection;
}

/** Livepatch sections that are not empty and relocate what is special in a way. */
function specialTargets(
  subject: Subject,
  isMeant: (row: SpecialSection) => boolean,
): SpecialTarget[] {
  return subject.livepatchSections.flatMap((each) => {
    const { section, gate, target } = each;
    if (section.size === 0 || gate === undefined || target === undefined) return [];
    const row = special(subject, target);
    return row !== undefined && isMeant(row) ? [{ ...each, target, row }] : [];
  });
}

function special(subject: Subject, target: Section): SpecialSection | undefined {
  return specialSection(target.name, subject.header?.machine ?? 0);
}

/** Sections that are freed with the module's init code. */
function isInit({ names, withoutUnload }: SpecialSection): boolean {
  return withoutUnload === true || names.includes(".init*");
}

function isPercpu({ allowed }: SpecialSection): boolean {
  return typeof allowed === "object";
}

/** Sections that the module loader itself reads. */
function isOfLoader({ allowed }: SpecialSection): boolean {
  return allowed === "none";
}

function isOfAnotherRule(row: SpecialSection | undefined): boolean {
  return row !== undefined && (isPercpu(row) || isOfLoader(row));
}
