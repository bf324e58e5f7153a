/** Holds a module against every rule of the contract that can be tested with what is known. */

import type { Finding, Findings, Need, Rule, Unchecked, Violation } from "./rule.js";
import type { Subject } from "./subject.js";
import { type Verdict, verdictOf } from "./verdict.js";

/** What the rules have come to. */
export interface Examination {
  readonly verdict: Verdict;
  /** Errors first, then warnings and notes; within each, in the order of the rules. */
  readonly findings: readonly Finding[];
  /** How many there are beyond those kept. */
  readonly beyond: number;
  readonly unchecked: readonly Unchecked[];
}

/** How many findings of a rule are kept; a hostile file could cause one per byte. */
const KEPT_PER_RULE = 20;

const SEVERITIES = ["error", "warning", "note"];

/** Tests `rules` on a module. */
export function examine(subject: Subject, rules: readonly Rule[]): Examination {
  const examiner = new Examiner(subject);
  for (const rule of rules) examiner.test(rule);
  const { findings, beyond, untested } = examiner;
  const verdict = verdictOf(findings);
  findings.sort((a, b) => SEVERITIES.indexOf(a.severity) - SEVERITIES.indexOf(b.severity));
  return { verdict, findings, beyond, unchecked: untested };
}

function has({ sections, object, map, patch, input }: Subject, need: Need): boolean {
  switch (need) {
    case "sections":
      return sections !== undefined;
    case "object":
      return object !== undefined;
    case "symbols":
      return map !== undefined;
    case "patch":
      return patch.objects !== undefined;
    case "input":
      return input !== undefined;
  }
}

const NEEDS: readonly Need[] = ["sections", "object", "symbols", "patch", "input"];

const LACKING: Readonly<Record<Need, (subject: Subject) => string>> = {
  sections: () => "the section headers cannot be read",
  object: () => "there is no symbol table that could be read",
  symbols: () => "the kernel's symbols are not given: --symbols",
  patch: ({ patch }) => `what the patch patches is not known: ${patch.reason}`,
  input: () => "the module before conversion is not given: --input",
};

/** Tests one rule after the other. */
class Examiner implements Findings {
  readonly findings: Finding[] = [];
  readonly untested: Unchecked[] = [];
  beyond = 0;
  readonly #subject: Subject;
  readonly #lacking: ReadonlySet<Need>;
  #rule: Rule | undefined;
  /** Of the rule: where its findings begin, and why some of it could not be tested. */
  #firstFinding = 0;
  #reasons: Set<string> | undefined;

  constructor(subject: Subject) {
    this.#subject = subject;
    this.#lacking = new Set(NEEDS.filter((need) => !has(subject, need)));
  }

  test(rule: Rule): void {
    const { id, machines, needs } = rule;
    if (machines !== undefined && !machines.includes(this.#subject.header?.machine ?? 0)) return;
    const lacking = needs.find((need) => this.#lacking.has(need));
    if (lacking !== undefined) {
      this.untested.push({ rule: id, reason: LACKING[lacking](this.#subject) });
      return;
    }
    this.#rule = rule;
    this.#firstFinding = this.findings.length;
    this.#reasons = undefined;
    rule.test(this.#subject, this);
  }

  add({ place = {}, message, outcome, severity, remedy }: Violation): void {
    if (this.findings.length - this.#firstFinding === KEPT_PER_RULE) {
      this.beyond++;
      return;
    }
    const rule = this.#rule!;
    const where = this.#where(place.section, place.offset);
    this.findings.push({
      rule: rule.id,
      severity: severity ?? rule.severity,
      ...place,
      ...where,
      message,
      outcome,
      remedy: remedy ?? rule.remedy,
    });
  }

  unchecked(reason: string): void {
    this.#reasons ??= new Set();
    if (this.#reasons.has(reason)) return;
    this.#reasons.add(reason);
    this.untested.push({ rule: this.#rule!.id, reason });
  }

  /** The function or variable at a place, and the byte of the file. */
  #where(
    name: string | undefined,
    offset: number | undefined,
  ): Pick<Finding, "function" | "fileOffset"> {
    const { object } = this.#subject;
    if (object === undefined || name === undefined) return {};
    const section = object.sections.find((each) => each.name === name);
    if (section?.fileOffset === undefined) return {};
    if (offset === undefined) return { fileOffset: section.fileOffset };
    const covering = object.symbols.covering(section.index, offset);
    return {
      ...(covering !== undefined && { function: covering }),
      ...(offset < section.inMemory.length && { fileOffset: section.fileOffset + offset }),
    };
  }
}
