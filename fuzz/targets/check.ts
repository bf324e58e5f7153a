// SPDX-License-Identifier: GPL-2.0-only

// check: whatever a module has, there is something to say about it and nothing is thrown; and the same
// whatever lies around the input.

import { findingsText } from "../../src/cli/findings-text.js";
import { sarifLog } from "../../src/cli/sarif.js";
import { type CheckResult, check } from "../../src/index.js";
import type { Case } from "../cases.js";
import { claim } from "../fault.js";
import { FILLINGS, type Filling, Guarded } from "../guarded.js";
import { timed } from "../limits.js";
import { claimVisible } from "../printed.js";
import { claimSound, differenceOf } from "./convert.js";

/** Tries it; returns what came of it, in a word or two. */
export function tryCheck(tried: Case): string {
  const [first, second] = FILLINGS;
  const result = run(tried, first);
  const [summary, again] = [JSON.stringify(result), JSON.stringify(run(tried, second))];
  claim(summary === again, "the same result again", () => differenceOf(summary, again));
  const { form, plan, examination, diagnostics } = result;
  claimSound([...diagnostics, ...(plan?.diagnostics ?? [])]);
  for (const { message, remedy, rule } of examination?.findings ?? []) {
    claim(message !== "" && remedy !== "", "messages", () => `${rule}: ${message}: ${remedy}`);
    claim(!/\bNaN\b|\[object |Infinity/.test(message), "messages", () => `${rule}: ${message}`);
  }
  const checked = { file: "in.ko", result, diagnostics };
  claimVisible(findingsText(checked, "never"));
  JSON.stringify(sarifLog([checked]));
  if (examination === undefined) return `${form}, nothing to hold against the rules`;
  return `${form}, ${examination.findings.length === 0 ? "clean" : "with findings"}`;
}

function run({ module, sources, options }: Case, filling: Filling): CheckResult {
  const input = new Guarded(module.bytes, filling);
  const [only] = sources.map(({ file, bytes }) => ({ file, guarded: new Guarded(bytes, filling) }));
  const { kernel } = options;
  const result = timed("check", () =>
    check(input.view, {
      file: module.file,
      ...(only && { symbols: { file: only.file, bytes: only.guarded.view } }),
      ...(kernel !== undefined && { kernel }),
      // A module is its own input now and then: a converter that did nothing.
      ...(options.strict && { input: { file: "input", bytes: input.view } }),
    }),
  );
  input.claimUntouched();
  only?.guarded.claimUntouched();
  return result;
}
