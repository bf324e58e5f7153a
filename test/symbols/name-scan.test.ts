// SPDX-License-Identifier: GPL-2.0-only

// Long lists are scanned by other code than short ones. What is found has to be the same, whatever the
// lines are and wherever the pieces end that it is given.

import { readFileSync } from "node:fs";
import fc from "fast-check";
import { afterEach, describe, expect, test, vi } from "vitest";
// @ts-expect-error: a script of the build, without types
import { assembled } from "../../assemble.mjs";
import { Diagnostics, Refusal } from "../../src/diagnostics.js";
import { PartialBytes } from "../../src/elf/index.js";
import { scanSymbolsList } from "../../src/symbols/index.js";
import { NameScan } from "../../src/symbols/name-scan.js";
import { SHAPES_SIZE } from "../../src/symbols/wanted-names.js";

const HEADER = "klp-convert-symbol-data.0.1\n*vmlinux\n";
const WANTED = ["a", "ab", "abc", "wanted_symbol", "x".repeat(300), "y".repeat(300_000)];
/** As long as a piece of the list that is read. */
const PIECE = 1 << 17;

afterEach(() => {
  vi.unstubAllGlobals();
});

/** What a list says of the wanted names, and what is wrong with it. */
function scan(bytes: Uint8Array | PartialBytes): unknown {
  const diagnostics = new Diagnostics("list");
  try {
    const map = scanSymbolsList({ file: "list", bytes }, WANTED, diagnostics);
    const found = WANTED.map((name) => [map.owners(name), map.exporters(name)]);
    const objects = ["vmlinux", "m_1", "m_2"];
    const known = objects.map((name) => [map.hasObject(name), map.isOrderDoubtful(name)]);
    return { found, known, near: map.nearest(["wanted_symbal", "x", "yyyy"]) };
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    return diagnostics.list();
  }
}

/** A list of which nothing is in memory, and what was read of it. */
function unread(bytes: Uint8Array): { list: PartialBytes; read: { bytes: number } } {
  const read = { bytes: 0 };
  const readInto = (into: Uint8Array, offset: number) => {
    into.set(bytes.subarray(offset, offset + into.length));
    read.bytes += into.length;
  };
  return { list: PartialBytes.unread({ size: bytes.length, readInto }), read };
}

function expectSame(text: string): void {
  const bytes = Buffer.from(text, "latin1");
  const make = () => NameScan.of(PartialBytes.of(bytes), new Uint8Array(SHAPES_SIZE));
  expect(make()).toBeDefined();
  const found = scan(bytes);
  expect(scan(unread(bytes).list)).toEqual(found);
  vi.stubGlobal("WebAssembly", undefined);
  expect(make()).toBeUndefined();
  expect(scan(bytes)).toEqual(found);
  expect(scan(unread(bytes).list)).toEqual(found);
  vi.unstubAllGlobals();
}

const line = fc.oneof(
  { weight: 8, arbitrary: fc.stringMatching(/^[a-z_.]{1,40}$/) },
  {
    weight: 4,
    arbitrary: fc.constantFrom(...WANTED, ...WANTED.map((each) => `__ksymtab_${each}`)),
  },
  { weight: 2, arbitrary: fc.constantFrom("*m_1", "*m_2", "*m-1", "wanted_symbol\r") },
  {
    weight: 1,
    arbitrary: fc.constantFrom("", "*", "\r", "two words", "nul\0", "\x7f\xff", "*a b"),
  },
);

describe("a long list is scanned as a short one", () => {
  test("with lines of any form, good and bad", () => {
    fc.assert(
      fc.property(
        fc.array(line, { maxLength: 30 }),
        fc.nat(60),
        fc.boolean(),
        (lines, from, ends) => {
          // What was drawn stands across the end of the second piece.
          const filler = `${"f".repeat(31)}\n`.repeat((2 * PIECE) / 32 - 2).slice(0, -1 - from);
          const text = `${HEADER}${filler}\n${lines.join("\n")}${ends ? "\n" : ""}`;
          expectSame(text);
        },
      ),
      { numRuns: 60 },
    );
  });

  test("with more wanted names and objects than it can note at once", () => {
    const objects = Array.from({ length: 3000 }, (_, i) => `*module_${i}\nab\nwanted_symbol\n`);
    expectSame(HEADER + "wanted_symbol\n".repeat(20_000) + objects.join(""));
  });

  test("with a line that is longer than a piece", () => {
    expectSame(`${HEADER}${"z".repeat(PIECE + 5)}\nab\n${"y".repeat(300_000)}\nabc\n`);
  });
});

test.each([
  ["a long line before the first object", `${"z".repeat(40_000)}\n*vmlinux\nab\n`],
  ["many lines before the first object", `${"ab\n".repeat(9000)}*m_1\nabc\n`],
  ["no object", "ab\n".repeat(9000)],
  ["an object's line across what is read at once", `*${"o".repeat(20_000)}\nab\n`],
])("a list that begins with %s is scanned as a short one", (_, beginning) => {
  const filler = `${"f".repeat(31)}\n`.repeat(PIECE / 32);
  expectSame(`klp-convert-symbol-data.0.1\n${beginning}${filler}`);
});

test("a list is read once, whatever is asked of it afterwards but for near names", () => {
  const lines = Array.from({ length: 60_000 }, (_, i) => `symbol_${i % 7}_${i}\n`);
  const bytes = Buffer.from(`${HEADER}${lines.join("")}*m_1\nwanted_symbol\n${lines.join("")}`);
  const { list, read } = unread(bytes);
  const map = scanSymbolsList({ file: "list", bytes: list }, WANTED, new Diagnostics("list"));
  expect(map.owners("wanted_symbol")).toMatchObject([{ object: "m_1" }]);
  expect(map.hasObject("m_1") && map.hasObject("vmlinux")).toBe(true);
  expect(map.isOrderDoubtful("vmlinux")).toBe(false);
  // The rest is what is looked at in addition: the beginning, the end, first lines of objects.
  expect(read.bytes).toBeGreaterThanOrEqual(bytes.length);
  expect(read.bytes).toBeLessThan(bytes.length + PIECE);
});

test("name-scan-code.ts is what name-scan.wat is assembled to", async () => {
  const url = new URL("../../src/symbols/name-scan-code.ts", import.meta.url);
  expect(readFileSync(url, "utf8")).toBe(await assembled());
});
