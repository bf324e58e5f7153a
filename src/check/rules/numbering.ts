/**
 * Sections and symbols are known by numbers, and who takes some out has to correct all others. The
 * kernel tests few of them: what names another section than it was meant to is silently taken.
 */

import {
  type RawHeader,
  type RawSection,
  rawContents,
  readRawSections,
  SHF_ALLOC,
  SHF_GROUP,
  SHF_LINK_ORDER,
  SHF_RELA_LIVEPATCH,
  SHN_ABS,
  SHN_COMMON,
  SHN_LIVEPATCH,
  SHN_LORESERVE,
  SHN_XINDEX,
  SHT_GROUP,
  SHT_NULL,
  SHT_REL,
  SHT_RELA,
  SHT_STRTAB,
  SHT_SYMTAB,
  SHT_SYMTAB_SHNDX,
} from "../../elf/index.js";
import { refusedByTest, TOLERATED } from "../file-tests.js";
import { testNumbersBefore } from "../numbers-before.js";
import { type Outcome, refused, wrong } from "../outcome.js";
import type { Findings, Rule, Violation } from "../rule.js";
import type { Subject } from "../subject.js";

const CONVERT_AGAIN = "convert the intermediate module again, and do nothing to the result";

export const L04: Rule = {
  id: "L04",
  title:
    "Sections are numbered without extended numbering, and every symbol is in one of them or in none",
  severity: "error",
  needs: [],
  consequences: [
    {
      kind: "refused",
      text: "e_shnum is 0, or e_shstrndx is SHN_XINDEX",
      message: "Invalid ELF section name index: … || e_shstrndx (…) >= e_shnum (…)",
      errno: "ENOEXEC",
    },
    {
      kind: "refused",
      text: "st_shndx is SHN_XINDEX, or another number that no section has",
      message: "…: Symbol … has an invalid section index … (max …)",
      errno: "ENOEXEC",
    },
    {
      kind: "refused",
      text: "st_shndx is SHN_COMMON",
      message: "…: please compile with -fno-common",
      errno: "ENOEXEC",
    },
    { kind: "advice", text: "the kernel does not read SHT_SYMTAB_SHNDX" },
  ],
  remedy:
    "link the module with fewer than 65280 sections: do not use -ffunction-sections, or merge them with scripts/module.lds",
  source: "kernel/module/main.c, elf_validity_cache_secstrings and simplify_symbols",
  isStructural: true,
  test(subject, findings) {
    const { header, sections, object } = subject;
    if (header === undefined || sections === undefined) {
      findings.unchecked("the section headers cannot be read");
      return;
    }
    const { sectionCount, sectionNames } = header;
    if (sectionCount === 0) {
      findings.add({ message: "e_shnum is 0", outcome: outcomeOfNone(subject, header) });
      return;
    }
    if (sectionCount >= SHN_LORESERVE) {
      findings.add({
        message: `e_shnum is ${sectionCount}, and numbers from ${SHN_LORESERVE} on have other meanings`,
        ...TOLERATED,
      });
    }
    if (sectionNames === SHN_XINDEX) {
      findings.add({
        message: `e_shstrndx is ${SHN_XINDEX} (SHN_XINDEX)`,
        outcome: refusedForNames(subject, header),
      });
    }
    for (const section of sections) {
      if (section.index === 0 || section.type !== SHT_SYMTAB_SHNDX) continue;
      findings.add({
        place: { section: subject.nameOf(section) },
        message: `section ${section.index} is of type ${SHT_SYMTAB_SHNDX} (SHT_SYMTAB_SHNDX)`,
        ...TOLERATED,
      });
    }
    if (object === undefined) {
      findings.unchecked("the sections of symbols: there is no symbol table that could be read");
      return;
    }
    testSymbols(subject, findings);
  },
};

/** What the kernel makes of a file without sections. */
function outcomeOfNone(subject: Subject, header: RawHeader): Outcome {
  if (!subject.isBefore("6.13")) {
    // Section 0 is read all the same, where it would be.
    const [first] =
      readRawSections(subject.bytes, subject.layout, { ...header, sectionCount: 1 }) ?? [];
    if (first && (first.type !== SHT_NULL || first.size !== 0 || first.address !== 0)) {
      return refusedByTest(
        subject,
        "section 0",
        `ELF Spec violation: section 0 type(${first.type | 0})!=SH_NULL or non-zero len or addr`,
      );
    }
  }
  return refusedForNames(subject, header);
}

function refusedForNames(subject: Subject, { sectionNames, sectionCount }: RawHeader): Outcome {
  return refusedByTest(
    subject,
    "index of names",
    `Invalid ELF section name index: ${sectionNames} || e_shstrndx (${sectionNames}) >= e_shnum (${sectionCount})`,
  );
}

function testSymbols(subject: Subject, findings: Findings): void {
  const { symbols, sections } = subject.elf;
  const name = subject.ownName;
  for (let symbol = 1; symbol < symbols.count; symbol++) {
    const index = symbols.sectionIndex(symbol);
    if (index < sections.length && index !== SHN_COMMON && index !== SHN_XINDEX) continue;
    if (index === SHN_ABS || index === SHN_LIVEPATCH) continue;
    const own = symbols.name(symbol);
    if (index === SHN_COMMON && own.startsWith("__gnu_lto")) continue;
    const line =
      index === SHN_COMMON
        ? `${name}: please compile with -fno-common`
        : `${name}: Symbol ${own} has an invalid section index ${index} (max ${sections.length - 1})`;
    const spelled =
      index === SHN_COMMON ? " (SHN_COMMON)" : index === SHN_XINDEX ? " (SHN_XINDEX)" : "";
    findings.add({
      place: { symbol: own },
      message: `st_shndx of symbol ${symbol} is ${index}${spelled} in a file of ${sections.length} sections`,
      outcome: refused("imports", "ENOEXEC", line, { order: symbol }),
      ...(index === SHN_COMMON && { remedy: "compile with -fno-common" }),
    });
  }
}

export const L69: Rule = {
  id: "L69",
  title:
    "Numbers of sections name the section that is meant: those of relocations, groups, SHF_LINK_ORDER and symbols",
  severity: "error",
  needs: ["sections"],
  consequences: [
    {
      kind: "wrong",
      text: "relocations with sh_info of another section change that one, and those with none are never applied",
    },
    { kind: "wrong", text: "a symbol in another section stands for something else" },
    {
      kind: "advice",
      text: "groups, SHF_LINK_ORDER and sh_link the kernel does not read; linkers do",
    },
  ],
  remedy: CONVERT_AGAIN,
  source: "gABI chapter 4, Sections; kernel/module/main.c, apply_relocations",
  isStructural: true,
  test(subject, findings) {
    const { input } = subject;
    const before = input === undefined ? undefined : linksOf(subject);
    const grouped = new Set<number>();
    const hasTable = subject.sections!.some(({ type }) => type === SHT_SYMTAB);
    for (const section of subject.sections!) {
      if (section.index === 0 || section.type === SHT_NULL) continue;
      testRelocations(subject, section, hasTable, findings);
      testGroup(subject, section, grouped, hasTable, findings);
      testLinkOrder(subject, section, before, findings);
    }
    testGrouped(subject, grouped, findings);
    if (input === undefined) {
      findings.unchecked(
        "whether symbols and linked sections are where they were: the module before conversion is not given: --input",
      );
    } else {
      testNumbersBefore(subject, findings);
    }
  },
};

function placed(subject: Subject, section: RawSection): Pick<Violation, "place"> {
  const name = subject.nameOf(section);
  return name === "" ? {} : { place: { section: name } };
}

/** Ordinary relocations, whose sections are named after what they relocate. */
function testRelocations(
  subject: Subject,
  section: RawSection,
  hasTable: boolean,
  findings: Findings,
): void {
  const { index, type, flags, info, link, size } = section;
  if ((type !== SHT_RELA && type !== SHT_REL) || (flags & SHF_RELA_LIVEPATCH) !== 0) return;
  const name = subject.nameOf(section);
  if (name.startsWith(".klp.rela.")) return;
  const sections = subject.sections!;
  const place = placed(subject, section);
  const prefix = type === SHT_RELA ? ".rela" : ".rel";
  const target = info === 0 ? undefined : sections[info];
  const meant = name.startsWith(prefix) ? name.slice(prefix.length) : undefined;
  const wanted = meant === undefined ? undefined : subject.sectionNamed(meant);
  if (target === undefined) {
    const isLost = size > 0 && (wanted === undefined || isLoaded(wanted));
    findings.add({
      ...place,
      message: `sh_info of section ${index} is ${info} in a file of ${sections.length} sections`,
      ...(isLost ? { outcome: wrong("its relocations are never applied") } : TOLERATED),
    });
  } else if (wanted !== undefined && subject.nameOf(target) !== meant) {
    // If nothing has that name, it is not the number that is wrong.
    const isWrong = size > 0 && (isLoaded(target) || isLoaded(wanted));
    findings.add({
      ...place,
      message: `sh_info of section ${index} is ${info}, which is ${subject.nameOf(target)} and not ${meant}`,
      ...(isWrong
        ? { outcome: wrong(`relocations of ${meant} change ${subject.nameOf(target)}`) }
        : TOLERATED),
    });
  }
  if (hasTable && sections[link]?.type !== SHT_SYMTAB) {
    findings.add({
      ...place,
      message: `sh_link of section ${index} is ${link}, which is no symbol table`,
      ...TOLERATED,
    });
  }
}

function isLoaded({ flags }: RawSection): boolean {
  return (flags & SHF_ALLOC) !== 0;
}

/** A flag word, then the members; sh_info is a symbol (gABI chapter 4, Section Groups). */
function testGroup(
  subject: Subject,
  section: RawSection,
  grouped: Set<number>,
  hasTable: boolean,
  findings: Findings,
): void {
  if (section.type !== SHT_GROUP) return;
  const sections = subject.sections!;
  const { index, info, link } = section;
  const place = placed(subject, section);
  const add = (message: string) => findings.add({ ...place, message, ...TOLERATED });
  if (hasTable && sections[link]?.type !== SHT_SYMTAB) {
    add(`sh_link of section ${index}, a group, is ${link}, which is no symbol table`);
  } else if (subject.object !== undefined && info >= subject.object.symbols.count) {
    add(`sh_info of section ${index}, a group, is ${info}, which is no symbol`);
  }
  const contents = rawContents(subject.bytes, section);
  if (contents.length < 4 || contents.length % 4 !== 0) {
    add(`section ${index}, a group, has ${contents.length} bytes when words of 4 are in it`);
    return;
  }
  const view = new DataView(contents.buffer, contents.byteOffset, contents.length);
  for (let at = 4; at < contents.length; at += 4) {
    const member = subject.layout.word.get(view, at);
    const other = member === 0 ? undefined : sections[member];
    if (other === undefined) {
      add(
        `a member of section ${index}, a group, is ${member} in a file of ${sections.length} sections`,
      );
    } else if ((other.flags & SHF_GROUP) === 0) {
      add(
        `a member of section ${index}, a group, is ${member}, which is ${subject.nameOf(other)} and has no SHF_GROUP`,
      );
    }
    grouped.add(member);
  }
}

function testGrouped(subject: Subject, grouped: ReadonlySet<number>, findings: Findings): void {
  for (const section of subject.sections!) {
    const { index, type, flags } = section;
    if (index === 0 || type === SHT_NULL || type === SHT_GROUP) continue;
    // On livepatch sections the flag is another rule.
    if ((flags & SHF_GROUP) === 0 || (flags & SHF_RELA_LIVEPATCH) !== 0) continue;
    if (grouped.has(index)) continue;
    findings.add({
      ...placed(subject, section),
      message: `section ${index} has SHF_GROUP, and no group has it`,
      ...TOLERATED,
    });
  }
}

/** What nothing that is loaded can be ordered by. */
const NEVER_LINKED: readonly number[] = [SHT_NULL, SHT_SYMTAB, SHT_STRTAB, SHT_RELA, SHT_GROUP];

function testLinkOrder(
  subject: Subject,
  section: RawSection,
  before: ReadonlyMap<string, string> | undefined,
  findings: Findings,
): void {
  if ((section.flags & SHF_LINK_ORDER) === 0) return;
  const sections = subject.sections!;
  const { index, link } = section;
  // LLVM writes 0 for none.
  if (link === 0) return;
  const other = sections[link];
  const name = other && subject.nameOf(other);
  const meant = before?.get(subject.nameOf(section));
  const fault =
    other === undefined
      ? ` in a file of ${sections.length} sections`
      : NEVER_LINKED.includes(other.type)
        ? `, which is ${name} of type ${other.type}`
        : meant !== undefined && meant !== name
          ? `, which is ${name}, and was ${meant} before conversion`
          : undefined;
  if (fault === undefined) return;
  findings.add({
    ...placed(subject, section),
    message: `sh_link of section ${index}, which has SHF_LINK_ORDER, is ${link}${fault}`,
    ...TOLERATED,
  });
}

/** The names of the sections that others were linked to before conversion, by the names of those. */
function linksOf({ input }: Subject): Map<string, string> {
  const links = new Map<string, string>();
  const repeated = new Set<string>();
  for (const { name, flags, link } of input!.sections) {
    if ((flags & SHF_LINK_ORDER) === 0) continue;
    const other = input!.sections[link];
    if (links.has(name)) repeated.add(name);
    if (other !== undefined && link > 0) links.set(name, other.name);
  }
  for (const name of repeated) links.delete(name);
  return links;
}
