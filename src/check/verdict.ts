/**
 * The verdict on a module: what the kernel would say and do, by what the rules have found. A patch may
 * be loaded before the modules that it patches, or after them, and the two may end differently.
 */

import { byTime, type LoadOrder, type Outcome } from "./outcome.js";
import type { Finding } from "./rule.js";

export type Ending =
  | { readonly kind: "loads" }
  /** The patch is refused, with the kernel's line and what loading fails with. */
  | {
      readonly kind: "refused";
      readonly rule: string;
      readonly message: string;
      readonly errno: string;
    }
  /** The patch is loaded, and then a module that it patches is not. */
  | {
      readonly kind: "target refused";
      readonly rule: string;
      readonly target: string;
      readonly message: string;
      readonly errno: string;
    }
  | { readonly kind: "wrong" | "crash"; readonly rule: string; readonly text: string };

export interface Verdict {
  /** The verdict in a line: `loads`, `refused: …`, `loads, but wrong: …`. */
  readonly text: string;
  /** How it ends if the patch is loaded before the modules that it patches. */
  readonly before: Ending;
  /** How it ends if it is loaded after them; the same if it patches none. */
  readonly after: Ending;
}

export function verdictOf(findings: readonly Finding[]): Verdict {
  const before = endingOf(findings, "before");
  const after = endingOf(findings, "after");
  return { text: textOf(before, after), before, after };
}

type Refusal = Extract<Outcome, { kind: "refused" }>;
type Fault = Extract<Outcome, { kind: "wrong" | "crash" }>;

function endingOf(findings: readonly Finding[], order: Exclude<LoadOrder, "either">): Ending {
  const refusals: { rule: string; outcome: Refusal }[] = [];
  const faults: { rule: string; outcome: Fault }[] = [];
  for (const { rule, outcome } of findings) {
    if (outcome.kind === "harmless") continue;
    if (outcome.in !== "either" && outcome.in !== order) continue;
    if (outcome.kind === "refused") refusals.push({ rule, outcome });
    else faults.push({ rule, outcome });
  }
  refusals.sort((a, b) => byTime(a.outcome, b.outcome));
  const isOfPatch = ({ when }: Refusal) => when === "patch" || order === "after";
  const first = refusals.find(({ outcome }) => isOfPatch(outcome));
  // What brings the kernel down while the module is loaded is told before what would be refused later.
  if (first !== undefined) {
    const { message, errno } = first.outcome;
    return { kind: "refused", rule: first.rule, message, errno };
  }
  const worst = faults.find(({ outcome }) => outcome.kind === "crash") ?? faults[0];
  const late = refusals[0];
  if (late !== undefined && worst?.outcome.kind !== "crash") {
    const { when, message, errno } = late.outcome;
    const target = when === "patch" ? "" : when.object;
    return { kind: "target refused", rule: late.rule, target, message, errno };
  }
  if (worst !== undefined) {
    return { kind: worst.outcome.kind, rule: worst.rule, text: worst.outcome.text };
  }
  return { kind: "loads" };
}

function textOf(before: Ending, after: Ending): string {
  const first = describe(before);
  const last = describe(after);
  if (first === last) return first;
  if (before.kind === "loads") return `${last} (if loaded after what it patches)`;
  if (after.kind === "loads") return `${first} (if loaded before what it patches)`;
  return after.kind === "refused"
    ? `${last} (if loaded after what it patches; before, it ${first})`
    : `${first} (if loaded before what it patches; after, it ${last})`;
}

function describe(ending: Ending): string {
  switch (ending.kind) {
    case "loads":
      return "loads";
    case "refused":
      // Of some refusals the kernel says nothing.
      return `refused: ${ending.message || ending.errno}`;
    case "target refused":
      return `loads, but wrong: ${ending.target} cannot be loaded any more: ${ending.message}`;
    case "wrong":
      return `loads, but wrong: ${ending.text}`;
    case "crash":
      return `loads, but wrong: the kernel crashes: ${ending.text}`;
  }
}
