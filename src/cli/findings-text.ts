/** Verdict and findings as text: one line each, what to do about it indented under it. */

import type { CheckResult, ConversionPlan, Finding, Outcome, Unchecked } from "../check/index.js";
import { counted, hex } from "../diagnostics.js";
import type { CheckedFile } from "./check-command.js";
import { type ColorWhen, isColored } from "./console-output.js";
import { decisionLines } from "./decisions-text.js";
import { diagnosticText, severityText, visible } from "./diagnostic-text.js";

/** What is to be said of one file, lines ended by newlines. */
export function findingsText({ file, result, diagnostics }: CheckedFile, when: ColorWhen): string {
  const color = isColored(when, process.stdout);
  const lines = diagnostics.map((each) => diagnosticText(each, color));
  if (result === undefined) return lines.join("");
  const { plan, examination } = result;
  const said = (text: string) => lines.push(`${visible(`${file}: ${text}`)}\n`);
  said(headline(result));
  if (plan !== undefined) lines.push(...planText(file, plan, color));
  if (examination === undefined) return lines.join("");
  const { findings, beyond, unchecked } = examination;
  for (const each of findings) lines.push(findingText(file, each, color));
  if (beyond > 0) said(`${counted(beyond, "more finding")} not shown`);
  for (const [reason, rules] of byReason(unchecked)) {
    said(`not checked: ${rules.join(", ")}: ${reason}`);
  }
  return lines.join("");
}

/** The verdict. */
function headline({ form, examination }: CheckResult): string {
  if (form === "ordinary") return "not a livepatch module";
  const isIntermediate = form === "intermediate";
  if (examination === undefined) {
    return isIntermediate ? "an intermediate module, which conversion refuses" : "not judged";
  }
  const { verdict, unchecked } = examination;
  const loads = verdict.before.kind === "loads" && verdict.after.kind === "loads";
  const limit = loads && unchecked.length > 0 ? ", as far as it was checked" : "";
  return `${isIntermediate ? "an intermediate module; converted: " : ""}${verdict.text}${limit}`;
}

function planText(file: string, { report, diagnostics }: ConversionPlan, color: boolean): string[] {
  const decisions = decisionLines(report).map((line) => `${visible(`${file}: ${line}`)}\n`);
  return [...decisions, ...diagnostics.map((each) => diagnosticText(each, color))];
}

function findingText(file: string, finding: Finding, color: boolean): string {
  const { rule, severity, message, outcome, remedy } = finding;
  const head = severityText(severity, color);
  const first = `${visible(file)}: ${head} ${visible(`${placeText(finding)}${message} [${rule}]`)}`;
  const notes = [consequenceText(outcome), remedy].filter((note) => note !== undefined);
  return [first, ...notes.map((note) => `    ${visible(note)}`), ""].join("\n");
}

/** Where a finding is, with a colon behind it; empty if it is about the whole file. */
export function placeText({ section, offset, symbol, function: covering }: Finding): string {
  const parts: string[] = [];
  if (section !== undefined) {
    parts.push(offset === undefined ? section : `${section}+${hex(offset)}`);
  }
  if (covering !== undefined && covering !== symbol) parts.push(`in ${covering}`);
  if (symbol !== undefined) parts.push(`symbol ${symbol}`);
  return parts.length === 0 ? "" : `${parts.join(", ")}: `;
}

/** What the kernel makes of a violation; undefined if nothing. */
export function consequenceText(outcome: Outcome): string | undefined {
  switch (outcome.kind) {
    case "harmless":
      return undefined;
    case "refused": {
      const { when, errno, message } = outcome;
      const what =
        when === "patch"
          ? "the patch"
          : `${when.object}, or the patch if ${when.object} is there first`;
      return `the kernel refuses ${what}, with ${errno}: ${message}`;
    }
    case "wrong":
      return `the kernel loads it, and ${outcome.text}`;
    case "crash":
      return `the kernel crashes: ${outcome.text}`;
  }
}

/** The rules that could not be tested, by what was missing. */
function byReason(unchecked: readonly Unchecked[]): Map<string, string[]> {
  const rules = new Map<string, string[]>();
  for (const { rule, reason } of unchecked) {
    rules.set(reason, [...(rules.get(reason) ?? []), rule]);
  }
  return rules;
}
