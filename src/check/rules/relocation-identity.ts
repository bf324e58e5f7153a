/**
 * The relocations of a converted module, held against those of the module it was made from. They may
 * have moved to other sections; where they write, how, and of which symbol has to be the same.
 */

import { EM_LOONGARCH, R_NONE, type Section } from "../../elf/index.js";
import { isVisited } from "../application.js";
import { comparisonOf, type OriginalRelocation, type PresentRelocation } from "../comparison.js";
import { HARMLESS, wrong } from "../outcome.js";
import type { Findings, Rule } from "../rule.js";
import type { Subject } from "../subject.js";

const CONVERT_AGAIN = "convert the intermediate module again, and do nothing to the result";

export const L67: Rule = {
  id: "L67",
  title:
    "Each relocation of the module before conversion is there once, with its place, type and addend",
  severity: "error",
  needs: ["object", "input"],
  consequences: [{ kind: "wrong", text: "the place has another value than was meant, or none" }],
  remedy: CONVERT_AGAIN,
  source: "arch/*/kernel/module.c, apply_relocate_add",
  isStructural: true,
  test(subject, findings) {
    const comparison = comparisonOf(subject);
    if (comparison.fault !== undefined) findings.unchecked(comparison.fault);
    for (const [before, after] of comparison.targets()) {
      if (comparison.areKept(before, after)) continue;
      const original = comparison.originals(before);
      const present = comparison.present(after);
      compare(subject, after, original, present, findings);
    }
  },
};

type Either = Pick<OriginalRelocation, "offset" | "type" | "addend" | "symbol">;

function byPlace(a: Either, b: Either): number {
  return a.offset - b.offset || a.type - b.type || a.addend - b.addend || a.symbol - b.symbol;
}

/** Goes through both in the order of their places. */
function compare(
  subject: Subject,
  target: Section,
  original: OriginalRelocation[],
  present: PresentRelocation[],
  findings: Findings,
): void {
  original.sort(byPlace);
  present.sort(byPlace);
  let i = 0;
  let j = 0;
  while (i < original.length || j < present.length) {
    const offset = Math.min(original[i]?.offset ?? Infinity, present[j]?.offset ?? Infinity);
    const were: OriginalRelocation[] = [];
    const are: PresentRelocation[] = [];
    // What is the same on both sides is taken out; both are in the same order.
    while (original[i]?.offset === offset || present[j]?.offset === offset) {
      const was = original[i]?.offset === offset ? original[i] : undefined;
      const is = present[j]?.offset === offset ? present[j] : undefined;
      const order = was === undefined ? 1 : is === undefined ? -1 : byPlace(was, is);
      if (order < 0) were.push(original[i++]!);
      else if (order > 0) are.push(present[j++]!);
      else {
        i++;
        j++;
      }
    }
    for (let k = 0; k < Math.max(were.length, are.length); k++) {
      report(subject, target, were[k], are[k], findings);
    }
  }
}

function report(
  subject: Subject,
  target: Section,
  was: OriginalRelocation | undefined,
  is: PresentRelocation | undefined,
  findings: Findings,
): void {
  const { offset } = (was ?? is)!;
  const comparison = comparisonOf(subject);
  const original =
    was &&
    `${subject.typeName(was.type)} of ${described(comparison.originalName(was.symbol), was.addend)}`;
  const present =
    is && `${subject.typeName(is.type)} of ${described(comparison.presentName(is.own), is.addend)}`;
  // Of a symbol that there is none of, another rule tells.
  if (is === undefined && comparison.isStray(target, offset)) return;
  const writesNothing =
    !isVisited(subject, target) ||
    [was, is].every((each) => each === undefined || each.type === R_NONE);
  findings.add({
    place: { section: target.name, offset, ...(is && { symbol: comparison.presentName(is.own) }) },
    message:
      present === undefined
        ? `${original} is lost`
        : original === undefined
          ? `${present} is not in the module before conversion`
          : `${present} was ${original} before conversion`,
    ...(writesNothing
      ? { severity: "note", outcome: HARMLESS }
      : { outcome: wrong("the place has another value than was meant") }),
  });
}

function described(name: string, addend: number): string {
  if (addend === 0) return name;
  return `${name} ${addend < 0 ? "-" : "+"} ${Math.abs(addend)}`;
}

export const L68: Rule = {
  id: "L68",
  title: "Relocations are in the order that they had before conversion",
  severity: "warning",
  needs: ["object", "input"],
  consequences: [
    {
      kind: "wrong",
      text: "loongarch: relocations that work on what the one before has left are applied to something else",
    },
    { kind: "advice", text: "other machines: none that is known" },
  ],
  remedy: CONVERT_AGAIN,
  source: "arch/loongarch/kernel/module.c, apply_relocate_add",
  isStructural: true,
  test(subject, findings) {
    const comparison = comparisonOf(subject);
    if (comparison.fault !== undefined) findings.unchecked(comparison.fault);
    for (const [before, after] of comparison.targets()) {
      if (comparison.areKept(before, after)) continue;
      const ranks = new Map<string, number[]>();
      for (const each of comparison.originals(before)) {
        const key = keyOf(each);
        const of = ranks.get(key);
        if (of === undefined) ranks.set(key, [each.rank]);
        else of.push(each.rank);
      }
      // The first of those that are alike is the first in either.
      for (const of of ranks.values()) of.reverse();
      let table: Section | undefined;
      let last = -1;
      for (const each of comparison.present(after)) {
        if (each.table !== table) last = -1;
        table = each.table;
        const rank = ranks.get(keyOf(each))?.pop();
        if (rank === undefined) continue;
        if (rank < last) {
          const isPart = subject.header?.machine === EM_LOONGARCH;
          findings.add({
            place: { section: table.name, offset: each.offset },
            message: `entry ${each.entry}, of ${after.name}, was before one that is in front of it`,
            ...(isPart
              ? { outcome: wrong("relocations that belong together are apart") }
              : { severity: "note", outcome: HARMLESS }),
          });
        }
        last = Math.max(last, rank);
      }
    }
  },
};

function keyOf({ offset, type, addend, symbol }: Either): string {
  return `${offset} ${type} ${addend} ${symbol}`;
}
