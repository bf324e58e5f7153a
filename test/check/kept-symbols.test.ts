// SPDX-License-Identifier: GPL-2.0-only
import { describe, expect, test } from "vitest";
import { areWhereTheyWere, keepsNames, renamedSymbols } from "../../src/check/kept-symbols.js";
import type { ElfObject } from "../../src/elf/index.js";
import { opened } from "../elf/outcome.js";
import { buildElf, SHN } from "../elf-builder.js";

function objectOf(sections: readonly string[], symbols: Readonly<Record<string, string>>) {
  return opened(
    buildElf({
      sections: sections.map((name) => ({ name, size: 8 })),
      symbols: Object.entries(symbols).map(([name, section]) =>
        section === "livepatch" ? { name, section: SHN.LIVEPATCH } : { name, section },
      ),
    }),
  );
}

const SECTIONS = [".text", ".data"];
const before = objectOf(SECTIONS, { one: ".text", two: ".data", three: ".data" });

/** Names of symbols are where they were in all of them, so that st_name tells who is who. */
function keeping(after: ElfObject): ElfObject {
  expect(keepsNames(after, before)).toBe(true);
  return after;
}

describe("symbols are where they were", () => {
  test.each([
    ["with nothing changed", SECTIONS, { one: ".text", two: ".data", three: ".data" }],
    ["with one that livepatch has", SECTIONS, { one: ".text", two: "livepatch", three: ".data" }],
    [
      "with a section before",
      [".new", ...SECTIONS],
      { one: ".text", two: ".data", three: ".data" },
    ],
  ] as const)("%s", (_, sections, symbols) => {
    expect(areWhereTheyWere(keeping(objectOf(sections, symbols)), before)).toBe(true);
  });

  test.each([
    ["one is in another section", SECTIONS, { one: ".text", two: ".text", three: ".data" }],
    [
      "their section has another name",
      [".text", ".bss"],
      { one: ".text", two: ".bss", three: ".bss" },
    ],
    [
      "sections are in another order",
      [".data", ".text"],
      { one: ".data", two: ".text", three: ".text" },
    ],
  ] as const)("not when %s", (_, sections, symbols) => {
    expect(areWhereTheyWere(keeping(objectOf(sections, symbols)), before)).toBe(false);
  });
});

describe("symbols that are called otherwise", () => {
  const { symbols, layout, bytes } = before;
  const at = (symbol: number) =>
    before.sections[symbols.section]!.fileOffset! + symbol * layout.sym.size;
  const copy = bytes.slice();
  const view = new DataView(copy.buffer);
  // The third one is called what the second one is, and the second one is in no section any more.
  layout.sym.st_name.set(view, at(3), symbols.nameOffset(2));
  layout.sym.st_shndx.set(view, at(2), SHN.LIVEPATCH);
  const after = opened(copy);

  test.each([
    ["by their indices", true],
    ["one by one", false],
  ])("are found %s", (_, isSameNumbering) => {
    const comparison = { originalOf: (symbol: number) => symbol, isSameNumbering };
    expect([...renamedSymbols(keeping(after), before, comparison, true)]).toEqual([0, 0, 0, 1]);
    expect([...renamedSymbols(before, before, comparison, true)]).toEqual([0, 0, 0, 0]);
  });

  test("are those that there were none of, too", () => {
    const comparison = { originalOf: () => undefined, isSameNumbering: false };
    expect([...renamedSymbols(after, before, comparison, true)]).toEqual([1, 1, 1, 1]);
  });
});
