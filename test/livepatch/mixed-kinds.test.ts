// SPDX-License-Identifier: GPL-2.0-only

// Relocations of one section that are of several types, and wait for several objects: each is judged by
// its own, whatever its neighbours are.

import { describe, expect, test } from "vitest";
import { type Intermediate, LAYOUTS, type TestLayout } from "./intermediate.js";
import { messages, run } from "./messages.js";

const [X86] = LAYOUTS;
const ARM64: TestLayout = { ...X86, name: "arm64", machine: 183, absolute: 257 };
const [ABS64, PC32, GOTPCREL] = [1, 2, 9];

/** A relocation: of foo, which is vmlinux's, or of bar, which is ext4's. */
type At = readonly [symbol: "foo" | "bar", offset: number, type: number];

function module(layout: TestLayout, at: readonly At[]): Intermediate {
  return {
    layout,
    undefined: ["foo", "bar"],
    annotations: { vmlinux: [["foo", 0]], ext4: [["bar", 0]] },
    uses: { ".data": at.map(([symbol, offset, type]) => ({ symbol, offset, type })) },
  };
}

/** Where errors are. */
function refused(layout: TestLayout, at: readonly At[]): string[] {
  const found = messages(run(module(layout, at), undefined));
  return found.flatMap((message) => message.match(/^error \S+ (\S+):/)?.[1] ?? []);
}

describe("a relocation is judged by its own type:", () => {
  test.each<[string, readonly At[], readonly string[]]>([
    [
      "one that is sound before one that is not, and again",
      [
        ["foo", 0, ABS64],
        ["foo", 8, GOTPCREL],
        ["foo", 16, ABS64],
        ["foo", 24, GOTPCREL],
      ],
      [".data+8", ".data+24"],
    ],
    [
      "one that is not sound first",
      [
        ["foo", 0, GOTPCREL],
        ["foo", 8, ABS64],
        ["foo", 16, GOTPCREL],
      ],
      [".data+0", ".data+16"],
    ],
    [
      "one that is wider than the one before it",
      [
        ["foo", 52, PC32],
        ["foo", 60, ABS64],
      ],
      [".data+60"],
    ],
    [
      "one that is narrower",
      [
        ["foo", 48, ABS64],
        ["foo", 60, PC32],
      ],
      [],
    ],
  ])("%s", (_, at, places) => {
    expect(refused(X86, at)).toEqual(places);
  });
});

describe("a relocation is judged by what it waits for itself:", () => {
  const { absolute } = ARM64;
  test.each<[string, readonly At[], readonly string[]]>([
    [
      "vmlinux first",
      [
        ["foo", 2, absolute],
        ["bar", 10, absolute],
        ["foo", 18, absolute],
        ["bar", 26, absolute],
      ],
      [".data+10", ".data+26"],
    ],
    [
      "a module first",
      [
        ["bar", 2, absolute],
        ["foo", 10, absolute],
        ["bar", 18, absolute],
      ],
      [".data+2", ".data+18"],
    ],
  ])("%s", (_, at, places) => {
    expect(refused(ARM64, at)).toEqual(places);
  });
});
