// What became of the pointers of the livepatches, in the words of cases.ts.
import { expect } from "vitest";
import type { LoadOrder } from "../suite.js";
import { ambiguous, discarded, noPosition, noSymbol } from "./cases.js";
import { keyOf, type Scenario } from "./scenario.js";

/** What became of the pointer of a livepatch. */
export function outcomeOf(
  { lab, report }: Scenario,
  name: string,
  position: number,
  order: LoadOrder,
): string {
  const prefix = `${keyOf(name, position)} ${order}`;
  const status = (step: string) => report.status(`${prefix} ${step}`);
  // The pointer is resolved as soon as both are there, and if that fails the one that came last has
  // to go.
  const [there, last] =
    order === "first" ? ["insmod", "target insmod"] : ["target insmod", "insmod"];
  expect(status(there!)).toBe(0);
  if (status(last!) !== 0) {
    return refusalOf(report.lines(`${prefix} log`).join("\n"), name, position);
  }
  for (const step of ["settle", "disable", "rmmod", "target rmmod"]) {
    expect(status(step), step).toBe(0);
  }
  const [pointer] = report.lines(`${prefix} patched`);
  // No longer patched, the target says where it has its symbols.
  const symbol = report
    .lines(`${prefix} restored`)
    .find((line) => line.startsWith(`${name} `) && line.endsWith(` ${pointer}`));
  if (symbol !== undefined) {
    return symbol.split(" ")[1]!;
  }
  // On x86_64 the kernel and its modules have the last two gigabytes, and what it allocates for a
  // while is below them. Elsewhere that cannot be told from an address.
  const isElsewhere = lab.crossCompile !== undefined || /^ff(?!ffffff)/.test(pointer!);
  return isElsewhere ? discarded : `something else: ${pointer}`;
}

function refusalOf(log: string, name: string, position: number): string {
  const refusals = [
    [`unresolvable ambiguity for symbol '${name}' in object 'klp_homonyms'`, ambiguous],
    [
      `symbol position ${position} for symbol '${name}' in object 'klp_homonyms' not found`,
      noPosition,
    ],
    [`symbol '${name}' not found in symbol table`, noSymbol],
  ] as const;
  return refusals.find(([message]) => log.includes(message))?.[1] ?? `refused: ${log}`;
}
