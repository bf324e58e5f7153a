/** The symbols that livepatch sections name, which the kernel looks up by what is in their names. */

import { hex } from "../../diagnostics.js";
import { SHN_LIVEPATCH, STT_FILE, STT_SECTION } from "../../elf/index.js";
import { LIVEPATCH_SYMBOL_PREFIX } from "../../livepatch/index.js";
import { OBJECT_NAME_MOST } from "../../symbols/index.js";
import { type Application, Applications, graded, refusedAt } from "../application.js";
import { entryPlace } from "../entry-place.js";
import type { Entry } from "../entry-table.js";
import { lineOfUnmarked, printedName } from "../kernel-lines.js";
import type { KernelSymbolName } from "../kernel-names.js";
import { HARMLESS, type Outcome } from "../outcome.js";
import type { Rule } from "../rule.js";
import type { LivepatchSection, Subject } from "../subject.js";

const CONVERT_AGAIN = "convert the intermediate module again, and do nothing to the result";
const PREFIX = LIVEPATCH_SYMBOL_PREFIX;

export const L33: Rule = {
  id: "L33",
  title: "Every relocation of a livepatch section is of a symbol that is SHN_LIVEPATCH",
  severity: "error",
  needs: ["object"],
  kernels: "newer kernels also print where: at rela sec … idx …",
  consequences: [
    {
      kind: "refused",
      text: "the kernel refuses any other symbol, also symbol 0, and whatever the relocation's type",
      message: "livepatch: symbol … is not marked as a livepatch symbol",
      errno: "EINVAL",
    },
  ],
  remedy: CONVERT_AGAIN,
  source: "kernel/livepatch/core.c, klp_resolve_symbols",
  isStructural: true,
  test(subject, findings) {
    const { symbols } = subject.elf;
    const applications = new Applications(subject);
    for (const [each, entry] of unmarkedEntries(subject)) {
      const { symbol, index } = entry;
      const name = symbols.name(symbol);
      const called = name || (symbol === 0 ? "no symbol" : `symbol ${symbol}`);
      const shndx = symbols.sectionIndex(symbol);
      findings.add({
        place: entryPlace(subject, each, entry),
        message: `entry ${index} of ${each.section.name} is of ${called}, whose st_shndx is ${hex(shndx)} when it should be ${hex(SHN_LIVEPATCH)} (SHN_LIVEPATCH)`,
        ...graded(
          refusedAt(
            subject,
            applications.of(each),
            each,
            index,
            "EINVAL",
            lineOfUnmarked(subject, printedName(subject, symbol), index),
          ),
        ),
      });
    }
  },
};

/** Entries of livepatch sections of symbols that are not livepatch's. */
function* unmarkedEntries(subject: Subject): Iterable<readonly [LivepatchSection, Entry]> {
  for (const each of subject.livepatchSections) {
    const table = subject.table(each.section);
    const isUnmarked = (at: number) => !subject.isLivepatchSymbol(table.symbols[at]!);
    if (!table.firstUses.some(isUnmarked)) continue;
    for (let at = 0; at < table.count; at++) if (isUnmarked(at)) yield [each, table.entry(at)];
  }
}

export const L34: Rule = {
  id: "L34",
  title:
    "Every symbol of a livepatch section is named .klp.sym.OBJECT.NAME,POSITION, a decimal number",
  severity: "error",
  needs: ["object"],
  consequences: [
    {
      kind: "refused",
      text: "the kernel does not find all three in the name",
      message: "livepatch: symbol … has an incorrectly formatted name",
      errno: "EINVAL",
    },
    {
      kind: "wrong",
      text: "what stands behind the number is passed over without a word: 0x10 is 0, which may mean another symbol",
    },
  ],
  remedy: CONVERT_AGAIN,
  source: "kernel/livepatch/core.c, klp_resolve_symbols; lib/vsprintf.c, vsscanf",
  isStructural: true,
  test(subject, findings) {
    for (const used of usedNames(subject)) {
      const { text, read, each, entry } = used;
      if (subject.elf.symbols.nameIfShort(entry.symbol) === undefined) {
        findings.unchecked(`the name of symbol ${entry.symbol} cannot be read`);
        continue;
      }
      if (faultOfLength(subject, text) !== undefined) continue;
      const fault = faultOfForm(text, read);
      if (fault === undefined) continue;
      findings.add({
        place: entryPlace(subject, each, entry),
        message: fault,
        ...graded(read.fields < 3 ? refusedName(subject, used) : HARMLESS),
      });
    }
  },
};

/** What is wrong with a symbol's name, apart from what is too long in it; undefined if nothing is. */
function faultOfForm(
  text: string,
  { fields, position, rest }: KernelSymbolName,
): string | undefined {
  if (fields < 3) {
    const lacking = ["no object", "no name behind the object", "no position behind the name"][
      fields
    ];
    return `the kernel finds ${text.startsWith(PREFIX) ? lacking : `no "${PREFIX}"`} in the symbol's name`;
  }
  if (/,(0|[1-9][0-9]*)$/.test(text) && rest === "") return undefined;
  return `the position is "${text.slice(text.indexOf(",") + 1)}", which the kernel reads as ${position}`;
}

// Shown by x86_64-6.1 trap-name-512, and by the same of all other cells.
export const L50: Rule = {
  id: "L50",
  title:
    "A livepatch symbol's object has no more than 55 characters, its name no more than 511, and no comma",
  severity: "error",
  needs: ["object"],
  kernels: "before 6.1 a name has no more than 127 characters",
  consequences: [
    {
      kind: "refused",
      text: "the kernel reads that many, and then another character than it expects",
      message: "livepatch: symbol … has an incorrectly formatted name",
      errno: "EINVAL",
    },
  ],
  remedy: "rename the symbol, or reach it through another one",
  source: "kernel/livepatch/core.c, klp_resolve_symbols; include/linux/kallsyms.h, KSYM_NAME_LEN",
  isStructural: true,
  test(subject, findings) {
    for (const used of usedNames(subject)) {
      const { text, each, entry } = used;
      const fault = faultOfLength(subject, text);
      if (fault === undefined) continue;
      findings.add({
        place: entryPlace(subject, each, entry),
        message: fault,
        ...graded(refusedName(subject, used)),
      });
    }
  },
};

/** What is too long in a symbol's name, or that it has more than one comma. */
function faultOfLength({ symbolNameMost }: Subject, text: string): string | undefined {
  if (!text.startsWith(PREFIX)) return undefined;
  // Nearly all are shorter than any of the limits, and have one comma.
  const isShort = text.length - PREFIX.length <= Math.min(OBJECT_NAME_MOST, symbolNameMost);
  if (isShort && text.indexOf(",") === text.lastIndexOf(",")) return undefined;
  const dot = text.indexOf(".", PREFIX.length);
  const object = text.slice(PREFIX.length, dot < 0 ? undefined : dot);
  if (object.length > OBJECT_NAME_MOST) {
    return `the object in its name has ${object.length} characters; the kernel reads ${OBJECT_NAME_MOST}`;
  }
  if (dot < 0) return undefined;
  const end = text.lastIndexOf(",");
  const name = text.slice(dot + 1, end < dot ? undefined : end);
  const comma = name.indexOf(",");
  // Where a number follows the first comma, the kernel passes over the rest.
  if (comma >= 0 && /^[0-9]+$/.test(text.slice(end + 1)) && /^[^,]*,(?!\s*[0-9])/.test(name)) {
    return `the name in it, "${name}", has a comma`;
  }
  const length = comma < 0 ? name.length : comma;
  return length > symbolNameMost
    ? `the name in it has ${length} characters; the kernel reads ${symbolNameMost}`
    : undefined;
}

export const L38: Rule = {
  id: "L38",
  title: "Livepatch symbols have no value, and are neither sections nor files",
  severity: "warning",
  needs: ["object"],
  consequences: [
    {
      kind: "advice",
      text: "the kernel puts the address there and looks at nothing else; but a relocation that was left ordinary uses the value that is there",
    },
  ],
  remedy: CONVERT_AGAIN,
  source: "kernel/module/main.c, simplify_symbols; kernel/livepatch/core.c, klp_resolve_symbols",
  isStructural: true,
  test(subject, findings) {
    const { symbols } = subject.elf;
    for (const symbol of symbols.inSection(SHN_LIVEPATCH)) {
      const value = symbols.value(symbol);
      const type = symbols.type(symbol);
      const isOdd = type === STT_SECTION || type === STT_FILE;
      if (value === 0 && !isOdd) continue;
      findings.add({
        place: { symbol: symbols.name(symbol) },
        message: [
          ...(value === 0 ? [] : [`st_value is ${hex(value)} when it should be 0`]),
          ...(isOdd ? [`its type is ${type === STT_FILE ? "STT_FILE" : "STT_SECTION"}`] : []),
        ].join(", and "),
        outcome: HARMLESS,
      });
    }
  },
};

/** A livepatch symbol, by its first use in a section that waits for an object. */
interface UsedName {
  readonly text: string;
  readonly read: KernelSymbolName;
  readonly each: LivepatchSection;
  readonly entry: Entry;
  readonly application: Application;
}

/** Each livepatch symbol once for each object that its relocations wait for. */
function* usedNames(subject: Subject): Iterable<UsedName> {
  const applications = new Applications(subject);
  const seen = new Map<string, Set<number>>();
  const { symbols } = subject.elf;
  let last: LivepatchSection | undefined;
  let application: Application = "never";
  let told = new Set<number>();
  for (const { each, entry } of subject.firstUses) {
    const { symbol } = entry;
    if (!subject.isLivepatchSymbol(symbol)) continue;
    if (each !== last) {
      last = each;
      application = applications.of(each);
      const key = typeof application === "object" ? ` ${application.object}` : application;
      told = seen.get(key) ?? new Set();
      seen.set(key, told);
    }
    if (told.has(symbol)) continue;
    told.add(symbol);
    const text = symbols.name(symbol);
    yield { text, read: subject.symbolName(symbol), each, entry, application };
  }
}

function refusedName(subject: Subject, { application, each, entry, text }: UsedName): Outcome {
  const line = `livepatch: symbol ${text} has an incorrectly formatted name`;
  return refusedAt(subject, application, each, entry.index, "EINVAL", line);
}
