/**
 * The sections that make a file a module: what it says of itself, and its struct module; and that it
 * says it is a livepatch.
 */

import { type RawSection, SHF_ALLOC, SHN_UNDEF, SHT_NOBITS } from "../../elf/index.js";
import { refusedByTest, TOLERATED } from "../file-tests.js";
import { crash, HARMLESS, type Outcome, refused, wrong } from "../outcome.js";
import type { Findings, Rule } from "../rule.js";
import { type Subject, THIS_MODULE } from "../subject.js";

const MODINFO = ".modinfo";
/** How the kernel says that SHF_ALLOC is missing. */
const NOT_LOADED = "must occupy memory during process execution";

export const L09: Rule = {
  id: "L09",
  title:
    "There is one .modinfo and one .gnu.linkonce.this_module, both loaded, the latter of struct module's size",
  severity: "error",
  needs: ["sections"],
  kernels:
    "Before 6.4 the first of each that has SHF_ALLOC is taken, and the size of struct module is not tested; since then .modinfo need not have SHF_ALLOC.",
  consequences: [
    {
      kind: "refused",
      text: "there is more than one .modinfo",
      message: "Only one .modinfo section must exist.",
      errno: "ENOEXEC",
    },
    {
      kind: "refused",
      text: "there is none, so that the module has no license, and imports nothing for the GPL only",
      message: "…: Unknown symbol klp_enable_patch (err -2)",
      errno: "ENOENT",
    },
    {
      kind: "refused",
      text: "there is no struct module, or more than one",
      message: "module …: Exactly one .gnu.linkonce.this_module section must exist.",
      errno: "ENOEXEC",
    },
    {
      kind: "refused",
      text: "struct module is not as large as the kernel's",
      message:
        "module …: .gnu.linkonce.this_module section size must match the kernel's built struct module size at run time",
      errno: "ENOEXEC",
    },
    { kind: "crash", text: "kernels that do not test it read and write behind it" },
  ],
  remedy: "build the module with the kernel's own build, which adds NAME.mod.o to it",
  source: "kernel/module/main.c, elf_validity_cache_index_info and elf_validity_cache_index_mod",
  isStructural: true,
  test(subject, findings) {
    if (!subject.hasSectionNames) {
      findings.unchecked("the names of sections cannot be read");
      return;
    }
    const infos: RawSection[] = [];
    const modules: RawSection[] = [];
    for (const section of subject.sections!) {
      if (section.index === 0) continue;
      const name = subject.nameOf(section);
      if (name === MODINFO) infos.push(section);
      else if (name === THIS_MODULE) modules.push(section);
    }
    testModinfo(subject, infos, findings);
    testThisModule(subject, modules, findings);
  },
};

function testModinfo(subject: Subject, sections: readonly RawSection[], findings: Findings): void {
  const isEarly = subject.isBefore("6.4");
  const place = { section: MODINFO };
  const [first] = sections;
  if (first === undefined) {
    findings.add({ message: "there is no .modinfo", outcome: outcomeWithoutInfo(subject) });
    return;
  }
  if (sections.length > 1) {
    findings.add({
      place,
      message: `${sections.length} sections are called .modinfo: ${numbersOf(sections)}`,
      ...(isEarly
        ? TOLERATED
        : {
            outcome: refusedByTest(subject, ".modinfo", "Only one .modinfo section must exist."),
          }),
    });
  }
  if (sections.some(isLoaded)) return;
  findings.add({
    place,
    message: "it has no SHF_ALLOC",
    ...(isEarly ? { outcome: outcomeWithoutInfo(subject) } : TOLERATED),
  });
}

/**
 * What comes of a module that says nothing of itself: that it has no vermagic a kernel with
 * CONFIG_MODULE_FORCE_LOAD overlooks; then it is not under the GPL.
 */
function outcomeWithoutInfo(subject: Subject): Outcome {
  return (
    refusedWithoutGpl(subject) ??
    wrong("it is loaded only if forced to, and is no livepatch module then")
  );
}

/** What the kernel says first of a livepatch that is not under the GPL; undefined if it enables no patch. */
export function refusedWithoutGpl(subject: Subject): Outcome | undefined {
  const symbol = importOf(subject, "klp_enable_patch");
  if (symbol === undefined) return undefined;
  const line = `${subject.ownName}: Unknown symbol klp_enable_patch (err -2)`;
  return refused("imports", "ENOENT", line, { order: symbol });
}

function importOf({ object }: Subject, name: string): number | undefined {
  if (object === undefined) return undefined;
  const { symbols } = object;
  return symbols.inSection(SHN_UNDEF).find((symbol) => symbols.name(symbol) === name);
}

function testThisModule(
  subject: Subject,
  sections: readonly RawSection[],
  findings: Findings,
): void {
  const isEarly = subject.isBefore("6.4");
  const refuse = (line: string) => refusedByTest(subject, "this_module", line);
  const prefix = `module ${subject.name}: `;
  const counted = subject.isBefore("6.13") ? "Only" : "Exactly";
  const notOne = isEarly
    ? `${subject.name}: No module found in object`
    : `${prefix}${counted} one ${THIS_MODULE} section must exist.`;
  const place = { section: THIS_MODULE };
  const [first] = sections;
  if (first === undefined) {
    findings.add({ message: `there is no ${THIS_MODULE}`, outcome: refuse(notOne) });
    return;
  }
  if (sections.length > 1) {
    findings.add({
      place,
      message: `${sections.length} sections are called ${THIS_MODULE}: ${numbersOf(sections)}`,
      ...(isEarly ? TOLERATED : { outcome: refuse(notOne) }),
    });
    return;
  }
  if (first.type === SHT_NOBITS) {
    findings.add({
      place,
      message: "it is of type SHT_NOBITS, and has no contents",
      outcome: isEarly
        ? crash("it takes what is at sh_offset for the module, and then zeros")
        : refuse(
            subject.isBefore("6.13")
              ? notOne
              : `${prefix}${THIS_MODULE} section must have a size set`,
          ),
    });
    return;
  }
  if (!isLoaded(first)) {
    findings.add({
      place,
      message: "it has no SHF_ALLOC",
      outcome: refuse(isEarly ? notOne : `${prefix}${THIS_MODULE} ${NOT_LOADED}`),
    });
    return;
  }
  testSize(subject, first, findings);
}

function testSize(subject: Subject, { size }: RawSection, findings: Findings): void {
  const before = subject.input?.sections.find(({ name }) => name === THIS_MODULE);
  if (before === undefined) {
    findings.unchecked(
      subject.input === undefined
        ? "whether struct module has the kernel's size: the module before conversion is not given: --input"
        : "whether struct module has the kernel's size: the module before conversion has none",
    );
    return;
  }
  if (size === before.size) return;
  const line = `module ${subject.name}: ${THIS_MODULE} section size must match the kernel's built struct module size at run time`;
  const outcome = !subject.isBefore("6.4")
    ? refusedByTest(subject, "this_module", line)
    : size < before.size
      ? crash("it reads and writes behind struct module")
      : HARMLESS;
  findings.add({
    place: { section: THIS_MODULE },
    message: `it has ${size} bytes, and had ${before.size} before conversion`,
    ...(outcome.kind === "harmless" ? TOLERATED : { outcome }),
  });
}

function isLoaded({ flags }: RawSection): boolean {
  return (flags & SHF_ALLOC) !== 0;
}

function numbersOf(sections: readonly RawSection[]): string {
  const shown = sections.slice(0, 10).map(({ index }) => index);
  return shown.join(", ") + (sections.length > shown.length ? ", …" : "");
}

export const L10: Rule = {
  id: "L10",
  title: "The module says that it is a livepatch: .modinfo has livepatch=",
  severity: "error",
  needs: ["sections"],
  consequences: [
    {
      kind: "refused",
      text: "it is loaded, and refused when it enables its patch",
      message: "livepatch: module … is not marked as a livepatch module",
      errno: "EINVAL",
    },
  ],
  remedy: 'add to the module\'s source: MODULE_INFO(livepatch, "Y");',
  source:
    "kernel/module/main.c, check_modinfo_livepatch; kernel/livepatch/core.c, klp_enable_patch",
  isStructural: true,
  test(subject, findings) {
    // Without .modinfo it has none; that is another rule.
    if (subject.sectionNamed(MODINFO) === undefined) {
      findings.unchecked("there is no .modinfo");
      return;
    }
    if (subject.info("livepatch") !== undefined) return;
    findings.add({
      place: { section: MODINFO },
      message: "it has no livepatch=",
      outcome:
        importOf(subject, "klp_enable_patch") === undefined
          ? wrong("nothing that waits for a module is ever applied")
          : refused(
              "patch",
              "EINVAL",
              `livepatch: module ${subject.ownName} is not marked as a livepatch module`,
            ),
    });
  },
};
