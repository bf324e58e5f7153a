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
  const findings: Finding[] = [];
  const unchecked: Unchecked[] = [];
  let beyond = 0;
  for (const rule of rules) {
    if (rule.machines !== undefined && !rule.machines.includes(subject.header?.machine ?? 0)) {
      continue;
    }
    const lacking = rule.needs.find((need) => !has(subject, need));
    if (lacking !== undefined) {
      unchecked.push({ rule: rule.id, reason: LACKING[lacking](subject) });
      continue;
    }
    const collector = new Collector(rule, subject);
    rule.test(subject, collector);
    findings.push(...collector.kept);
    beyond += collector.beyond;
    for (const reason of collector.reasons) unchecked.push({ rule: rule.id, reason });
  }
  const verdict = verdictOf(findings);
  findings.sort((a, b) => SEVERITIES.indexOf(a.severity) - SEVERITIES.indexOf(b.severity));
  return { verdict, findings, beyond, unchecked };
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

const LACKING: Readonly<Record<Need, (subject: Subject) => string>> = {
  sections: () => "the section headers cannot be read",
  object: () => "there is no symbol table that could be read",
  symbols: () => "the kernel's symbols are not given: --symbols",
  patch: ({ patch }) => `what the patch patches is not known: ${patch.reason}`,
  input: () => "the module before conversion is not given: --input",
};

class Collector implements Findings {
  readonly kept: Finding[] = [];
  readonly reasons = new Set<string>();
  beyond = 0;
  readonly #rule: Rule;
  readonly #subject: Subject;

  constructor(rule: Rule, subject: Subject) {
    this.#rule = rule;
    this.#subject = subject;
  }

  add({ place = {}, message, outcome, severity, remedy }: Violation): void {
    if (this.kept.length === KEPT_PER_RULE) {
      this.beyond++;
      return;
    }
    const where = this.#where(place.section, place.offset);
    this.kept.push({
      rule: this.#rule.id,
      severity: severity ?? this.#rule.severity,
      ...place,
      ...where,
      message,
      outcome,
      remedy: remedy ?? this.#rule.remedy,
    });
  }

  unchecked(reason: string): void {
    this.reasons.add(reason);
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
