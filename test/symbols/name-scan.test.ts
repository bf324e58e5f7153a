// SPDX-License-Identifier: GPL-2.0-only

// Long lists are scanned by other code than short ones. What is found has to be the same, whatever the
// lines are and wherever the pieces end that it is given.

import { readFileSync } from "node:fs";
import fc from "fast-check";
import { afterEach, describe, expect, test, vi } from "vitest";
// @ts-expect-error: a script of the build, without types
import { assembled } from "../../assemble.mjs";
import { Diagnostics, Refusal } from "../../src/diagnostics.js";
import { scanSymbolsList } from "../../src/symbols/index.js";
import { NameScan } from "../../src/symbols/name-scan.js";

const HEADER = "klp-convert-symbol-data.0.1\n*vmlinux\n";
const WANTED = ["a", "ab", "abc", "wanted_symbol", "x".repeat(300), "y".repeat(300_000)];
/** As long as a piece of the list that is copied. */
const PIECE = 1 << 18;

afterEach(() => {
  vi.unstubAllGlobals();
});

/** What a list says of the wanted names, and what is wrong with it. */
function scan(text: string): unknown {
  const diagnostics = new Diagnostics("list");
  const bytes = Buffer.from(text, "latin1");
  try {
    const map = scanSymbolsList({ file: "list", bytes }, WANTED, diagnostics);
    const found = WANTED.map((name) => [map.owners(name), map.exporters(name)]);
    return { found, objects: ["vmlinux", "m_1", "m_2"].map((name) => map.hasObject(name)) };
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    return diagnostics.list();
  }
}

function expectSame(text: string): void {
  expect(NameScan.of(Buffer.from(text), new Uint8Array(1 << 16))).toBeDefined();
  const found = scan(text);
  vi.stubGlobal("WebAssembly", undefined);
  expect(NameScan.of(Buffer.from(text), new Uint8Array(1 << 16))).toBeUndefined();
  expect(found).toEqual(scan(text));
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
          // What was drawn stands across the end of the first piece.
          const filler = `${"f".repeat(31)}\n`.repeat(PIECE / 32 - 2).slice(0, -1 - from);
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

test("name-scan-code.ts is what name-scan.wat is assembled to", async () => {
  const url = new URL("../../src/symbols/name-scan-code.ts", import.meta.url);
  expect(readFileSync(url, "utf8")).toBe(await assembled());
});
