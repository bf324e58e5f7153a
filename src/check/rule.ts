/**
 * What a rule of the loader's contract is: one thing that has to be so for a module to be loaded and
 * to work, tested by itself, with what the kernel makes of a module in which it is not.
 */

import type { Place, Severity } from "../diagnostics.js";
import type { Outcome, Stage } from "./outcome.js";
import type { Subject } from "./subject.js";

/** What a rule cannot be tested without. */
export type Need =
  /** The section header table. */
  | "sections"
  /** Sections, and a symbol table. */
  | "object"
  /** Symbols of the kernel: a list, vmlinux, kallsyms. */
  | "symbols"
  /** What the patch patches, as far as the module says it. */
  | "patch"
  /** The module as it was before conversion. */
  | "input";

/** What comes of a violation, for the documentation. */
export interface Consequence {
  readonly kind: "refused" | "wrong" | "crash" | "advice";
  /** What the kernel does, as a sentence without its full stop. */
  readonly text: string;
  /** The kernel's own line, with `…` for what differs from case to case. */
  readonly message?: string;
  /** What loading fails with: ENOEXEC and the like. */
  readonly errno?: string;
}

export interface Rule {
  /** The contract's number: L01 to L75. */
  readonly id: `L${number}`;
  /** What has to be so, as a sentence without its full stop. */
  readonly title: string;
  readonly severity: Severity;
  readonly needs: readonly Need[];
  /** e_machine of those that the rule is about; all if absent. */
  readonly machines?: readonly number[];
  /** What differs between kernel releases, as a sentence. */
  readonly kernels?: string;
  readonly consequences: readonly Consequence[];
  /** What to do about a violation. */
  readonly remedy: string;
  /** The kernel's file and function that the rule was read from, or the gABI's chapter. */
  readonly source: string;
  /** It is about the module's own make, which a converter answers for: convert tests its output by it. */
  readonly isStructural: boolean;
  test(subject: Subject, findings: Findings): void;
}

/** One violation. */
export interface Finding extends Place {
  readonly rule: string;
  readonly severity: Severity;
  /** The function or variable that covers the place. */
  readonly function?: string;
  /** The place as bytes from the start of the file. */
  readonly fileOffset?: number;
  /** What is wrong, with the offending value. */
  readonly message: string;
  /** What the kernel of this check makes of it. */
  readonly outcome: Outcome;
  readonly remedy: string;
}

/** A rule, or a part of one, that could not be tested. */
export interface Unchecked {
  readonly rule: string;
  /** What was missing, as the end of a sentence: `the symbols of klp_demo are not known`. */
  readonly reason: string;
}

/** What a rule tells. */
export interface Violation {
  readonly place?: Place;
  readonly message: string;
  readonly outcome: Outcome;
  /** The rule's own if absent. */
  readonly severity?: Severity;
  /** The rule's own if absent. */
  readonly remedy?: string;
}

/** What the rule under test has to say goes here. */
export interface Findings {
  add(violation: Violation): void;
  /** Part of the rule, or all of it, could not be tested. */
  unchecked(reason: string): void;
}

export type { Outcome, Stage };
