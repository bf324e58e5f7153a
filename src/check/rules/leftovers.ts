/** What conversion should have taken away or made into livepatch symbols. */

import { hex } from "../../diagnostics.js";
import { SHN_COMMON, SHN_LIVEPATCH, SHN_UNDEF, STB_WEAK } from "../../elf/index.js";
import {
  ANNOTATED_PREFIX,
  ANNOTATION_SECTION_PREFIX,
  FOREIGN_SECTIONS,
  KLP_RELOCS_PREFIX,
  LIVEPATCH_SYMBOL_PREFIX,
  TOMBSTONE_PREFIX,
} from "../../livepatch/index.js";
import { graded } from "../application.js";
import { printedName } from "../kernel-lines.js";
import { HARMLESS, type Outcome, refused, wrong } from "../outcome.js";
import type { Findings, Rule } from "../rule.js";
import type { Subject } from "../subject.js";
import { symbolsOfLivepatch, symbolsOfOrdinary } from "../symbol-uses.js";

const CONVERT = "convert the module: klp-convert IN OUT";

const LEFT_SECTIONS = [
  {
    prefix: ANNOTATION_SECTION_PREFIX,
    form: "annotations, which are for conversion",
    remedy: CONVERT,
  },
  {
    prefix: KLP_RELOCS_PREFIX,
    form: "objtool's intermediate form",
    remedy: CONVERT,
  },
  ...FOREIGN_SECTIONS,
];

export const L37: Rule = {
  id: "L37",
  title:
    "Nothing is left of the intermediate module: its marks are gone, and .klp.sym.* are SHN_LIVEPATCH",
  severity: "error",
  needs: ["object"],
  kernels: "before 5.8 the kernel reads sections .klp.arch.*",
  consequences: [
    {
      kind: "refused",
      text: "nobody exports an undefined symbol of such a name",
      message: "…: Unknown symbol .klp.sym.… (err -2)",
      errno: "ENOENT",
    },
    { kind: "wrong", text: "a weak undefined symbol is 0, and nothing is said" },
  ],
  remedy: CONVERT,
  source: "kernel/module/main.c, simplify_symbols",
  isStructural: true,
  test(subject, findings) {
    testSections(subject, findings);
    testSymbols(subject, findings);
  },
};

function testSections(subject: Subject, findings: Findings): void {
  for (const { index, name } of subject.elf.sections) {
    const left =
      index === 0 ? undefined : LEFT_SECTIONS.find((each) => name.startsWith(each.prefix));
    if (left === undefined) continue;
    if (left.prefix === ".klp.arch." && subject.isBefore("5.8")) continue;
    findings.add({
      place: { section: name },
      message: `the section is of ${left.form}`,
      ...graded(HARMLESS),
      remedy: left.remedy,
    });
  }
}

function testSymbols(subject: Subject, findings: Findings): void {
  const { symbols } = subject.elf;
  const uses = new Uses(subject);
  for (let symbol = 1; symbol < symbols.count; symbol++) {
    const shndx = symbols.sectionIndex(symbol);
    // Common symbols are refused whatever their name, which is another rule.
    if (shndx === SHN_LIVEPATCH || shndx === SHN_COMMON) continue;
    // As all names do that are looked for.
    if (!symbols.isDotted(symbol)) continue;
    const name = symbols.name(symbol);
    const isTombstone = name.startsWith(TOMBSTONE_PREFIX);
    if (!isTombstone && !name.startsWith(LIVEPATCH_SYMBOL_PREFIX)) continue;
    const isStrong = shndx === SHN_UNDEF && symbols.binding(symbol) !== STB_WEAK;
    // What waits for such a symbol is refused for that; what stands in for one is so while it is weak.
    if (!isStrong && (isTombstone || uses.inLivepatch.has(symbol))) continue;
    findings.add({
      place: { symbol: name },
      message: name.startsWith(ANNOTATED_PREFIX)
        ? "the symbol was not converted"
        : `its st_shndx is ${hex(shndx)} when it should be ${hex(SHN_LIVEPATCH)} (SHN_LIVEPATCH)`,
      ...graded(outcomeOf(subject, symbol, isStrong, uses)),
    });
  }
}

function outcomeOf(subject: Subject, symbol: number, isStrong: boolean, uses: Uses): Outcome {
  if (isStrong) {
    const line = `${subject.ownName}: Unknown symbol ${printedName(subject, symbol)} (err -2)`;
    return refused("imports", "ENOENT", line, { order: symbol });
  }
  if (!uses.inOrdinary.has(symbol)) return HARMLESS;
  return subject.elf.symbols.sectionIndex(symbol) === SHN_UNDEF
    ? wrong("the code uses address 0")
    : wrong("the code uses the address that the file says");
}

/** Which symbols are used, asked when there is one to ask for. */
class Uses {
  readonly #subject: Subject;
  #ordinary: ReadonlySet<number> | undefined;
  #livepatch: ReadonlySet<number> | undefined;

  constructor(subject: Subject) {
    this.#subject = subject;
  }

  get inOrdinary(): ReadonlySet<number> {
    this.#ordinary ??= symbolsOfOrdinary(this.#subject);
    return this.#ordinary;
  }

  get inLivepatch(): ReadonlySet<number> {
    this.#livepatch ??= symbolsOfLivepatch(this.#subject);
    return this.#livepatch;
  }
}
