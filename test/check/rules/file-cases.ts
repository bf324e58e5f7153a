// SPDX-License-Identifier: GPL-2.0-only

// Tables of edits: what a rule finds, and what each kernel makes of it.

import { expect, test } from "vitest";
import { RULES, type Rule } from "../../../src/check/index.js";
import { type Edit, RELEASES, type Setting, saidByRelease, saidOf } from "../edited-modules.js";

/** The outcome on every kernel, or on 6.1, 6.12 and 7.3. */
type Outcomes = string | readonly [string, string, string];

/** An edit, the finding without its outcome, and the outcomes. */
export type Case = readonly [what: string, edit: Edit, finding: string, outcomes: Outcomes];

export function ruleOf(id: string): Rule {
  return RULES.find((each) => each.id === id)!;
}

/**
 * Tests that a rule finds this and nothing else in each case. Findings that kernels of some releases do
 * not mind are errors in the table, and warnings there.
 */
export function testCases(id: string, cases: readonly Case[], setting: Setting = {}): void {
  const rule = ruleOf(id);
  test.each(cases)(`${id}: %s`, (_, edit, finding, outcomes) => {
    const expected = RELEASES.map((_release, i) => {
      const outcome = typeof outcomes === "string" ? outcomes : outcomes[i];
      const severity = outcome === "harmless" ? "warning" : "error";
      return [`${severity}: ${finding} -> ${outcome}`];
    });
    expect(saidByRelease(rule, edit, setting)).toEqual(expected);
  });
}

/** Lines that start so in what a rule says of an edit. */
export function uncheckedOf(id: string, edit: Edit, setting: Setting = {}): string[] {
  return saidOf(ruleOf(id), edit, setting).filter((line) => line.startsWith("unchecked: "));
}
