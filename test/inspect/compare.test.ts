// SPDX-License-Identifier: GPL-2.0-only

import { describe, expect, test } from "vitest";
import { type Comparison, compareModules, convert } from "../../src/index.js";
import { buildElf, buildIndexedElf, type ElfDescription, SHF, STB, STT } from "../elf-builder.js";
import { FIXTURES, fixture, fixtureSymbols } from "../fixtures.js";
import { describeIntermediate } from "../livepatch/intermediate.js";

const symbols = fixtureSymbols();

function compared(before: Uint8Array, after: Uint8Array): Comparison {
  const { comparison, diagnostics } = compareModules(
    { file: "before.ko", bytes: before },
    { file: "after.ko", bytes: after },
  );
  expect(diagnostics).toEqual([]);
  return comparison!;
}

/** A comparison without what is the same, and without lists that are empty. */
function changesOf(before: ElfDescription, after: ElfDescription): unknown {
  const { identical, same: _, ...changes } = compared(buildElf(before), buildElf(after));
  const told = JSON.parse(JSON.stringify(changes), (_key, value) => {
    const isEmpty =
      value === false ||
      (typeof value === "object" && value !== null && Object.keys(value).length === 0);
    return isEmpty ? undefined : value;
  });
  expect(identical).toBe(told === undefined);
  return told;
}

describe("a conversion", () => {
  test.each(FIXTURES)("of %s is told of as the report tells it", (name) => {
    const bytes = fixture(name);
    const { output, report } = convert(bytes, { symbols });
    const { symbols: changes, sections, relocations, header, modinfo } = compared(bytes, output!);
    const made = report.symbols.filter(({ decision }) => decision === "livepatch");
    const isMade = ({ fields }: { fields: readonly unknown[] }) =>
      JSON.stringify(fields) ===
      JSON.stringify([{ field: "section", before: "undefined", after: "livepatch" }]);
    expect([...changes.renamed, ...changes.changed].every(isMade)).toBe(true);
    const pairs = [
      ...changes.renamed.map(({ before, after }) => `${before} ${after}`),
      ...changes.changed.map((each) => `${each.name} ${each.name}`),
    ];
    expect(pairs.sort()).toEqual(
      [...new Set(made.map((each) => `${each.name} ${each.livepatchName}`))].sort(),
    );
    expect(sections.added.map((each) => each.name)).toEqual(
      report.sections.map((each) => each.name),
    );
    const removed = sections.removed.map((each) => each.name);
    expect(removed).toEqual(expect.arrayContaining([...report.removedSections]));
    const moved = new Map<string, number>();
    for (const { to, relocations: count } of relocations.moved) {
      moved.set(to, (moved.get(to) ?? 0) + count);
    }
    const expected = new Map<string, number>();
    for (const { name: to, relocations: count } of report.sections) {
      expected.set(to, (expected.get(to) ?? 0) + count);
    }
    expect(moved).toEqual(expected);
    // What goes is of sections that go, or of debug sections that named them.
    for (const { section } of relocations.removed) {
      expect(removed.includes(section) || section.includes(".debug")).toBe(true);
    }
    expect({ added: relocations.added, header, modinfo, changed: sections.changed }).toEqual({
      added: [],
      header: [],
      modinfo: [],
      changed: [],
    });
    expect([changes.reordered, sections.reordered, relocations.reordered]).toEqual([
      false,
      false,
      [],
    ]);
  });

  test.each(FIXTURES)("of %s leaves nothing uncounted", (name) => {
    const bytes = fixture(name);
    const { output } = convert(bytes, { symbols });
    const { same, symbols: changes, sections, relocations } = compared(bytes, output!);
    const all = compared(output!, output!);
    expect(all.identical).toBe(true);
    const sum = (list: readonly { relocations: number }[]) =>
      list.reduce((total, each) => total + each.relocations, 0);
    expect(same.relocations + sum(relocations.moved)).toBe(all.same.relocations);
    expect(same.sections + sections.added.length).toBe(all.same.sections);
    expect(same.symbols + changes.renamed.length + changes.changed.length).toBe(all.same.symbols);
  });
});

const BASE: ElfDescription = describeIntermediate({
  modinfo: "license=GPL\0livepatch=Y\0depends=a,b\0alias=x\0alias=y\0",
  undefined: ["one", "two"],
  symbols: [{ name: "table", section: ".data", size: 8, type: STT.OBJECT }],
  uses: { ".text": ["one", "two"], ".data": ["one"] },
});

/** The description with one section changed. */
function withSection(name: string, change: object): ElfDescription {
  const sections = BASE.sections!.map((each) =>
    each.name === name ? { ...each, ...change } : each,
  );
  return { ...BASE, sections };
}

function withSymbol(name: string, change: object): ElfDescription {
  const symbols = BASE.symbols!.map((each) => (each.name === name ? { ...each, ...change } : each));
  return { ...BASE, symbols };
}

function withEntries(entries: readonly object[]): ElfDescription {
  const relocations = BASE.relocations!.map((each) =>
    each.section === ".text" ? { ...each, entries: entries as typeof each.entries } : each,
  );
  return { ...BASE, relocations };
}

const ONE = { offset: 0, type: 1, symbol: "one" };
const TWO = { offset: 8, type: 1, symbol: "two" };

describe("one change is one entry:", () => {
  const cases: [string, ElfDescription, unknown][] = [
    ["none", BASE, undefined],
    [
      "e_flags",
      { ...BASE, flags: 2 },
      { header: [{ field: "e_flags", before: "0x0", after: "0x2" }] },
    ],
    [
      "a byte of a section",
      withSection(".data", { data: [...new Array(63).fill(0), 1] }),
      {
        sections: {
          changed: [
            {
              name: ".data",
              fields: [{ field: "contents", before: "64 bytes", after: "64 bytes" }],
            },
          ],
        },
      },
    ],
    [
      "a section's flags",
      withSection(".data", { flags: SHF.ALLOC }),
      {
        sections: {
          changed: [{ name: ".data", fields: [{ field: "flags", before: "0x3", after: "0x2" }] }],
        },
      },
    ],
    [
      "a section's alignment",
      withSection(".text", { addralign: 32 }),
      {
        sections: {
          changed: [{ name: ".text", fields: [{ field: "alignment", before: "16", after: "32" }] }],
        },
      },
    ],
    [
      "a section more",
      { ...BASE, sections: [...BASE.sections!, { name: ".new", size: 5 }] },
      { sections: { added: [{ name: ".new", size: 5 }] } },
    ],
    [
      "a symbol's size",
      withSymbol("table", { size: 16 }),
      {
        symbols: {
          changed: [{ name: "table", fields: [{ field: "size", before: "8", after: "16" }] }],
        },
      },
    ],
    [
      "a symbol's binding",
      withSymbol("two", { bind: STB.WEAK }),
      {
        symbols: {
          changed: [{ name: "two", fields: [{ field: "binding", before: "1", after: "2" }] }],
        },
      },
    ],
    [
      "a symbol's visibility",
      withSymbol("two", { other: 2 }),
      {
        symbols: {
          changed: [{ name: "two", fields: [{ field: "other", before: "0x0", after: "0x2" }] }],
        },
      },
    ],
    [
      "a symbol more",
      { ...BASE, symbols: [...BASE.symbols!, { name: "three" }] },
      { symbols: { added: ["three"] } },
    ],
    [
      "an addend",
      withEntries([ONE, { ...TWO, addend: 4 }]),
      {
        relocations: {
          added: [{ section: ".rela.text", symbol: "two", relocations: 1 }],
          removed: [{ section: ".rela.text", symbol: "two", relocations: 1 }],
        },
      },
    ],
    [
      "a relocation's type",
      withEntries([ONE, { ...TWO, type: 2 }]),
      {
        relocations: {
          added: [{ section: ".rela.text", symbol: "two", relocations: 1 }],
          removed: [{ section: ".rela.text", symbol: "two", relocations: 1 }],
        },
      },
    ],
    [
      "a relocation's symbol",
      withEntries([ONE, { ...TWO, symbol: "one" }]),
      {
        relocations: {
          moved: [
            {
              from: ".rela.text",
              to: ".rela.text",
              symbol: "two",
              symbolAfter: "one",
              relocations: 1,
            },
          ],
        },
      },
    ],
    [
      "the order of relocations",
      withEntries([TWO, ONE]),
      { relocations: { reordered: [".rela.text"] } },
    ],
    [
      "a value of .modinfo",
      withSection(".modinfo", { data: "license=GPL\0livepatch=Y\0depends=b\0alias=x\0alias=y\0" }),
      {
        sections: {
          changed: [
            {
              name: ".modinfo",
              fields: [{ field: "contents", before: "52 bytes", after: "50 bytes" }],
            },
          ],
        },
        modinfo: [{ key: "depends", before: ["a,b"], after: ["b"] }],
      },
    ],
  ];

  test.each(cases)("%s", (_, after, expected) => {
    expect(changesOf(BASE, after)).toEqual(expected);
  });

  test("a new key of .modinfo, and one of several values", () => {
    const after = withSection(".modinfo", {
      data: "license=GPL\0livepatch=Y\0depends=a,b\0alias=x\0alias=z\0version=1\0",
    });
    expect(compared(buildElf(BASE), buildElf(after)).modinfo).toEqual([
      { key: "alias", before: ["x", "y"], after: ["x", "z"] },
      { key: "version", before: [], after: ["1"] },
    ]);
  });

  test("a signature", () => {
    const bytes = buildElf(BASE);
    const mark = new TextEncoder().encode("~Module signature appended~\n");
    const { header, identical } = compared(bytes, new Uint8Array([...bytes, ...mark]));
    expect(identical).toBe(false);
    expect(header).toEqual([{ field: "signature", before: "none", after: "appended" }]);
  });

  test("any byte of what is loaded", () => {
    const { bytes, contentOffsets, sections } = buildIndexedElf(BASE);
    for (const name of [".modinfo", ".text", ".data", ".debug_info"]) {
      const at = contentOffsets[sections.get(name)!]!;
      for (const offset of [0, 1, 40]) {
        const changed = bytes.slice();
        changed[at + offset]! ^= 0x10;
        const { sections: found } = compared(bytes, changed);
        expect(
          found.changed.map((each) => each.name),
          `${name}+${offset}`,
        ).toEqual([name]);
      }
    }
  });
});

test("two modules of which one cannot be read are not compared, and it is said why", () => {
  const { comparison, diagnostics } = compareModules(
    { file: "a.ko", bytes: buildElf(BASE) },
    { file: "b.ko", bytes: new Uint8Array() },
  );
  expect(comparison).toBeNull();
  expect(diagnostics.map(({ file, message }) => `${file}: ${message}`)).toEqual([
    "b.ko: the file is empty",
  ]);
});
