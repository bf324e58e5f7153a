/** What .modinfo says: whom the module is for, what it is called, what it imports from. */

import {
  nameAt,
  rawContents,
  SHF_ALLOC,
  SHN_LIVEPATCH,
  SHN_UNDEF,
  STB_WEAK,
} from "../../elf/index.js";
import { kernelSpelling, VMLINUX } from "../../symbols/index.js";
import { TOLERATED } from "../file-tests.js";
import { HARMLESS, type Outcome, refused } from "../outcome.js";
import type { Findings, Rule } from "../rule.js";
import { type Subject, THIS_MODULE } from "../subject.js";
import { refusedWithoutGpl } from "./module-sections.js";

const MODINFO = ".modinfo";
const place = { section: MODINFO };

export const L11: Rule = {
  id: "L11",
  title:
    "The module says what it said before conversion: vermagic, name, import_ns and the rest of .modinfo, save lost dependencies",
  severity: "error",
  needs: ["sections"],
  kernels: "The release in vermagic is passed over where the module has __versions.",
  consequences: [
    {
      kind: "refused",
      text: "vermagic is not the kernel's",
      message: "…: version magic '…' should be '…'",
      errno: "ENOEXEC",
    },
    {
      kind: "refused",
      text: "vermagic is not there; kernels with CONFIG_MODULE_FORCE_LOAD load it and are tainted",
      errno: "ENOEXEC",
    },
    {
      kind: "refused",
      text: "the license is no longer the GPL",
      message: "…: Unknown symbol klp_enable_patch (err -2)",
      errno: "ENOENT",
    },
    {
      kind: "refused",
      text: "a namespace is no longer imported",
      message: "…: module uses symbol (…) from namespace …, but does not import it.",
      errno: "EINVAL",
    },
    { kind: "advice", text: "its name the kernel takes from struct module" },
  ],
  remedy:
    "build the module against the headers of the kernel that is to load it, and convert it again",
  source: "kernel/module/main.c, check_modinfo; kernel/module/version.c, same_magic",
  isStructural: true,
  test(subject, findings) {
    if (subject.sectionNamed(MODINFO) === undefined) {
      findings.unchecked("there is no .modinfo");
      return;
    }
    testVermagic(subject, findings);
    testName(subject, findings);
    if (subject.modinfoBefore === undefined) {
      findings.unchecked(
        "whether .modinfo says what it said before: the module before conversion is not given: --input",
      );
      return;
    }
    testOthers(subject, subject.modinfoBefore, findings);
  },
};

function testVermagic(subject: Subject, findings: Findings): void {
  const magic = subject.info("vermagic");
  const before = firstOf(subject.modinfoBefore ?? [], "vermagic");
  if (magic === undefined) {
    findings.add({
      place,
      message:
        "it has no vermagic=, and only kernels with CONFIG_MODULE_FORCE_LOAD load such a module",
      outcome: HARMLESS,
    });
    return;
  }
  const [release, rest] = parted(magic);
  const [, restBefore] = parted(before ?? magic);
  const wanted = subject.release ?? release;
  const isOther = !isRelease(release, wanted);
  if (!isOther && rest === restBefore) return;
  const expected = `${isOther ? wanted : release}${restBefore}`;
  const line = `${subject.name}: version magic '${magic}' should be '${expected}'`;
  const isRefused = rest !== restBefore || (isOther && !hasVersions(subject));
  const was =
    before !== undefined && before !== magic
      ? `, and was "${before}" before conversion`
      : `, and the kernel is ${wanted}`;
  findings.add({
    place,
    message: `vermagic= is "${magic}"${was}`,
    ...(isRefused
      ? { outcome: refused("version of the kernel", "ENOEXEC", line, { order: 1 }) }
      : TOLERATED),
  });
}

/** The release, and all behind it. */
function parted(magic: string): [release: string, rest: string] {
  const space = magic.indexOf(" ");
  return space < 0 ? [magic, ""] : [magic.slice(0, space), magic.slice(space)];
}

/** A release is the one that is asked for, of which the end may be left out: 6.1 of 6.1.0-56-amd64. */
function isRelease(release: string, wanted: string): boolean {
  if (release === wanted) return true;
  return (
    /^[0-9.]+$/.test(wanted) &&
    release.startsWith(wanted) &&
    /^[.-]/.test(release.slice(wanted.length))
  );
}

/** The module has checksums of its imports, which the kernel goes by instead of its release. */
function hasVersions(subject: Subject): boolean {
  const section = subject.sectionNamed("__versions");
  return section !== undefined && (section.flags & SHF_ALLOC) !== 0;
}

function testName(subject: Subject, findings: Findings): void {
  const name = subject.info("name");
  const section = subject.sectionNamed(THIS_MODULE);
  const contents = section && rawContents(subject.bytes, section);
  const own = contents && nameAt(contents, 3 * subject.layout.wordSize);
  const before = firstOf(subject.modinfoBefore ?? [], "name");
  if (name === undefined ? before === undefined : !own || own === name) return;
  findings.add({
    place,
    message:
      name === undefined
        ? `it has no name=, which was ${before} before conversion`
        : `name= is ${name}, and in struct module it is ${own}`,
    ...TOLERATED,
  });
}

/** Entries that are tested apart from the others. */
const APART: readonly string[] = ["vermagic", "name", "livepatch", "depends"];

function testOthers(subject: Subject, before: Subject["modinfo"], findings: Findings): void {
  const now = subject.modinfo;
  const lost = without(before, now);
  const added = without(now, before);
  const keys = new Set([...lost, ...added].map(([key]) => key));
  for (const key of keys) {
    if (APART.includes(key)) continue;
    const [gone, come] = [valuesOf(lost, key), valuesOf(added, key)];
    const outcome = gone.map((value) => outcomeOfLost(subject, key, value)).find(isRefusal);
    findings.add({
      place,
      message:
        gone.length === 0
          ? `it has ${key}=${come.join(", ")}, which it did not have before conversion`
          : come.length === 0
            ? `it has no ${key}=${gone.join(", ")}, which it had before conversion`
            : `${key}= is ${come.join(", ")}, and was ${gone.join(", ")} before conversion`,
      ...(outcome === undefined ? TOLERATED : { outcome }),
    });
  }
  const had = new Set(modulesIn(firstOf(before, "depends")));
  const more = modulesIn(subject.info("depends")).filter((module) => !had.has(module));
  if (more.length > 0) {
    findings.add({
      place,
      message: `depends= has ${more.join(", ")}, which it did not have before conversion`,
      ...TOLERATED,
    });
  }
}

function valuesOf(entries: Subject["modinfo"], key: string): string[] {
  return entries.flatMap((entry) => (entry[0] === key ? entry[1] : []));
}

function isRefusal({ kind }: Outcome): boolean {
  return kind === "refused";
}

/** Entries of one list that the other does not have as often, each once. */
function without(entries: Subject["modinfo"], others: Subject["modinfo"]): Subject["modinfo"] {
  const counts = new Map<string, number>();
  for (const [key, value] of others) {
    const entry = `${key}=${value}`;
    counts.set(entry, (counts.get(entry) ?? 0) + 1);
  }
  const left = new Map<string, readonly [string, string]>();
  for (const each of entries) {
    const entry = each.join("=");
    const count = counts.get(entry) ?? 0;
    if (count > 0) counts.set(entry, count - 1);
    else left.set(entry, each);
  }
  return [...left.values()];
}

/** What the kernel takes for the GPL (include/linux/license.h, license_is_gpl_compatible). */
const GPL_COMPATIBLE: readonly string[] = [
  "GPL",
  "GPL v2",
  "GPL and additional rights",
  "Dual BSD/GPL",
  "Dual MIT/GPL",
  "Dual MPL/GPL",
];

function outcomeOfLost(subject: Subject, key: string, value: string): Outcome {
  if (key === "license") {
    const license = subject.info("license") ?? "unspecified";
    const isGpl = GPL_COMPATIBLE.includes(license);
    return (isGpl ? undefined : refusedWithoutGpl(subject)) ?? HARMLESS;
  }
  if (key !== "import_ns") return HARMLESS;
  const { object, map } = subject;
  if (object === undefined || map === undefined) return HARMLESS;
  for (const [symbol, name] of importsOf(subject)) {
    const owner = map.exporters(name).find((each) => map.namespace(name, each) === value);
    if (owner === undefined) continue;
    const line = `${subject.ownName}: module uses symbol (${name}) from namespace ${value}, but does not import it.`;
    return refused("imports", "EINVAL", line, { order: symbol });
  }
  return HARMLESS;
}

function firstOf(entries: Subject["modinfo"], key: string): string | undefined {
  return entries.find(([each]) => each === key)?.[1];
}

function modulesIn(depends: string | undefined): string[] {
  return depends ? depends.split(",") : [];
}

function* importsOf({ elf: { symbols } }: Subject): Iterable<readonly [number, string]> {
  for (const symbol of symbols.inSection(SHN_UNDEF)) {
    const name = symbols.name(symbol);
    if (name !== "") yield [symbol, name];
  }
}

export const L12: Rule = {
  id: "L12",
  title: "depends= names no module of which only livepatch symbols are used",
  severity: "warning",
  needs: ["object"],
  consequences: [
    {
      kind: "advice",
      text: "modprobe loads that module before the patch, which then never waits for it",
    },
  ],
  remedy:
    "convert with symbols that say who exports what, so that lost dependencies are taken out: --symbols",
  source: "scripts/mod/modpost.c, add_depends; kmod, depmod",
  isStructural: false,
  test(subject, findings) {
    const modules = modulesIn(subject.info("depends"));
    if (modules.length === 0) return;
    const owners = livepatchOwners(subject);
    const bound = modules.filter((module) => owners.has(kernelSpelling(module)));
    if (bound.length === 0) return;
    const { map, elf } = subject;
    if (map === undefined) {
      findings.unchecked("the exports of what it depends on are not known: --symbols");
      return;
    }
    const kept = new Set<string>();
    let isAnyOpen = false;
    for (const [symbol, name] of importsOf(subject)) {
      const exporters = map.exporters(name);
      if (exporters.includes(VMLINUX)) continue;
      for (const exporter of exporters) kept.add(exporter);
      // What nobody known exports may be exported by a module of which not all is known.
      isAnyOpen ||= exporters.length === 0 && elf.symbols.binding(symbol) === STB_WEAK;
    }
    for (const spelled of bound) {
      const module = kernelSpelling(spelled);
      if (kept.has(module)) continue;
      if (isAnyOpen && !map.hasObject(module)) {
        findings.unchecked(`the exports of ${module} are not known: --symbols`);
        continue;
      }
      findings.add({
        place,
        message: `depends= has ${spelled}, of which only livepatch symbols are used`,
        ...TOLERATED,
      });
    }
  },
};

/** The objects that livepatch symbols are of. */
function livepatchOwners(subject: Subject): Set<string> {
  const owners = new Set<string>();
  for (const symbol of subject.elf.symbols.inSection(SHN_LIVEPATCH)) {
    const { fields, object } = subject.symbolName(symbol);
    if (fields > 0) owners.add(object);
  }
  return owners;
}
