// SPDX-License-Identifier: GPL-2.0-only

// Which symbol a position means, while a module comes up and once it is live.

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  type ListedSymbol,
  type Occurrences,
  rankSymbols,
  symbolWhenLive,
  symbolWhileComing,
} from "../../src/symbols/index.js";

type Kept = ListedSymbol["kept"];

/** Init memory of vmlinux goes, but its symbols stay in kallsyms. */
const LASTING: readonly Kept[] = ["always", "freed"];

function occurrences(all: readonly Kept[]): Occurrences {
  const symbols = all.map((kept, at) => {
    return { kept, line: at + 1, address: `.text+0x${at}`, type: "t", file: undefined };
  });
  return { object: "m", source: "m.ko", symbols };
}

/** The kernel's way: it counts through the table, and 0 wants exactly one. */
function lookUp(all: readonly Kept[], isLive: boolean, position: number): number | undefined {
  const counted: number[] = [];
  for (let line = 1; line <= all.length; line++) {
    if (isLive && !LASTING.includes(all[line - 1]!)) continue;
    counted.push(line);
  }
  if (position === 0 && counted.length > 1) return undefined;
  return position === 0 ? counted[0] : counted[position - 1];
}

const kept = fc.constantFrom<Kept>("always", "init", "coming", "freed");

describe("a position", () => {
  test("means what the kernel finds, before and after initialisation", () => {
    fc.assert(
      fc.property(fc.array(kept, { maxLength: 8 }), fc.nat(10), (all, position) => {
        const found = occurrences(all);
        expect(symbolWhileComing(found, position)?.line).toBe(lookUp(all, false, position));
        expect(symbolWhenLive(found, position)?.line).toBe(lookUp(all, true, position));
      }),
      { numRuns: 2000 },
    );
  });

  test("is given to a symbol only if it means that one at any time", () => {
    fc.assert(
      fc.property(fc.array(kept, { maxLength: 8 }), (all) => {
        const ranks = rankSymbols(occurrences(all));
        expect(ranks.map(({ symbol }) => symbol.line)).toEqual(all.map((_, at) => at + 1));
        for (const [at, { coming, live, position }] of ranks.entries()) {
          const line = at + 1;
          expect(lookUp(all, false, coming)).toBe(line);
          if (live === undefined) expect(LASTING).not.toContain(all[at]);
          else expect(lookUp(all, true, live)).toBe(line);
          const lasting = Array.from({ length: all.length + 1 }, (_, number) => number).filter(
            (number) => lookUp(all, false, number) === line && lookUp(all, true, number) === line,
          );
          // The shorter of 0 and 1 where both do.
          expect(position).toBe(lasting[0]);
        }
      }),
      { numRuns: 2000 },
    );
  });

  test.each<[readonly Kept[], readonly (number | undefined)[]]>([
    [["always"], [0]],
    [["init"], [undefined]],
    [["freed"], [0]],
    [
      ["freed", "always"],
      [1, 2],
    ],
    [
      ["always", "init"],
      [1, undefined],
    ],
    [
      ["init", "always"],
      [undefined, undefined],
    ],
    [
      ["always", "coming", "always"],
      [1, undefined, undefined],
    ],
    [
      ["always", "always", "init"],
      [1, 2, undefined],
    ],
  ])("of %j is %j", (all, positions) => {
    expect(rankSymbols(occurrences(all)).map(({ position }) => position)).toEqual(positions);
  });
});
