// What a check of converted modules says of a case, to be held against what the kernel said.
import type { LoadOrder } from "../suite.js";
import type { Answer } from "./answers.js";
import type { Base } from "./bases.js";
import type { Case } from "./case.js";

/** What is said to become of a case, and a line that the kernel is said to print. */
export interface Verdict {
  readonly outcome: Answer["kind"];
  readonly message?: string;
}

export type VerdictOf = (
  it: Case,
  base: Base,
  file: string,
) => Promise<Readonly<Record<LoadOrder, Verdict>>>;

/** How to ask for it; undefined as long as there is no such check. */
export const verdictOf: VerdictOf | undefined = undefined;

/** Where a verdict differs from an answer, in words; undefined where they agree. */
export function differenceOf({ outcome, message }: Verdict, answer: Answer): string | undefined {
  if (outcome !== answer.kind) {
    return `${outcome} is said, and it is "${answer.text}"`;
  }
  if (message !== undefined && !answer.log.some((line) => line.includes(message))) {
    return `"${message}" is said, and the kernel printed:\n${answer.log.join("\n")}`;
  }
  return undefined;
}
