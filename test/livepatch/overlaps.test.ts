// SPDX-License-Identifier: GPL-2.0-only

// Relocations of one place: x86 applies each only where there are zeros.

import { describe, expect, test } from "vitest";
import { type ConvertResult, convert } from "../../src/index.js";
import { MACHINES } from "../../src/livepatch/machines.js";
import { relocationTypes } from "../../src/livepatch/relocation-types.js";
import { buildElf, SHF, STB } from "../elf-builder.js";
import { type Intermediate, LAYOUTS } from "./intermediate.js";
import { messages, run } from "./messages.js";
import { buildObjtoolForm, describeObjtoolForm, type ObjtoolEntry } from "./objtool-form.js";

const [X86] = LAYOUTS;
const [NONE, ABS64, PC32, PLT32, ABS32, ABS32S, PC64] = [0, 1, 2, 4, 10, 11, 24];

/** A relocation: foo and bar become livepatch's, `own` is the module's, the offset and the type. */
type At = readonly [symbol: string, offset: number, type?: number];

/** A module with these relocations of .data. */
function module(at: readonly At[], gate = "vmlinux", section = ".data"): Intermediate {
  return {
    undefined: ["foo", "bar"],
    symbols: [{ name: "own", section: ".text", bind: STB.LOCAL }],
    annotations: {
      [gate]: [
        ["foo", 0],
        ["bar", 0],
      ],
    },
    uses: { [section]: at.map(([symbol, offset, type = ABS64]) => ({ symbol, offset, type })) },
  };
}

/** What is said of a module that is refused. */
function refusal(at: readonly At[], gate?: string): string[] {
  const result = run(module(at, gate), undefined);
  expect(result.output).toBeUndefined();
  expect(result.report.outcome).toBe("refused");
  return messages(result);
}

function expectConverted(result: ConvertResult, moved: number): void {
  expect(messages(result)).toEqual([]);
  expect(result.output).toBeDefined();
  const { sections } = result.report;
  expect(sections.reduce((sum, { relocations }) => sum + relocations, 0)).toBe(moved);
}

/** The message about two places, the error at `at`. */
function overlap(first: number, second: number, at: number): string[] {
  const [a, b] = [first, second].map((place) => `0x${place.toString(16)}`);
  return [
    `error relocation-overlap: .data+${at}: two relocations write the same bytes, at ${a} and ${b}: the kernel would refuse the second, since the place is no longer zero`,
    "  one of them is of no use: link the objects again",
  ];
}

describe("two relocations of one place", () => {
  const pairs: readonly (readonly [string, At, At])[] = [
    ["both livepatch's", ["foo", 8], ["bar", 8]],
    ["of one symbol", ["foo", 8], ["foo", 8]],
    ["one the module's own, first", ["own", 8], ["foo", 8]],
    ["one the module's own, second", ["foo", 8], ["own", 8]],
    ["of different widths", ["foo", 8, ABS64], ["own", 8, PC32]],
    ["of different widths, the wider one the module's own", ["foo", 8, PLT32], ["own", 8, PC64]],
  ];
  test.each(pairs)("are refused: %s", (_, first, second) => {
    expect(refusal([first, second])).toEqual(overlap(8, 8, 8));
  });

  test("are refused if they wait for a module", () => {
    expect(
      refusal(
        [
          ["own", 8],
          ["foo", 8],
        ],
        "ext4",
      ),
    ).toEqual(overlap(8, 8, 8));
  });

  test("are refused if they wait for different objects", () => {
    const base = module([
      ["foo", 8],
      ["bar", 8],
    ]);
    const annotations = { vmlinux: [["foo", 0]], ext4: [["bar", 0]] } as const;
    expect(messages(run({ ...base, annotations }, undefined))).toEqual(overlap(8, 8, 8));
  });

  test("are refused where the section has no contents", () => {
    const bss = { name: ".bss", type: 8, flags: SHF.ALLOC | SHF.WRITE, size: 64 };
    const at: readonly At[] = [
      ["foo", 8],
      ["own", 8],
    ];
    const result = run({ ...module(at, "vmlinux", ".bss"), sections: [bss] }, undefined);
    expect(messages(result)[0]).toMatch(/^error relocation-overlap: \.bss\+8: /);
  });
});

describe("two relocations that share bytes", () => {
  // The error is at livepatch's one, or at the second if both are.
  test.each([
    ["by one byte, livepatch's first", ["foo", 8, ABS64], ["own", 15, PC32], [8, 15, 8]],
    ["by one byte, livepatch's second", ["own", 8, ABS64], ["foo", 15, PC32], [8, 15, 15]],
    ["by one byte of four", ["own", 8, PC32], ["foo", 11, PC32], [8, 11, 11]],
    ["one within the other", ["own", 8, ABS64], ["foo", 10, PC32], [8, 10, 10]],
    ["one within the other, livepatch's the wider", ["own", 10, PC32], ["foo", 8], [8, 10, 8]],
    ["both livepatch's", ["foo", 8, ABS64], ["bar", 12, ABS64], [8, 12, 12]],
  ] as const)("are refused: %s", (_, first, second, [a, b, at]) => {
    expect(refusal([first, second])).toEqual(overlap(a, b, at));
    // The order of the table is no matter.
    expect(refusal([second, first])).toEqual(overlap(a, b, at));
  });

  test("are each of its width", () => {
    const x86 = MACHINES.find(({ machine }) => machine === X86.machine)!;
    const applied = relocationTypes(x86.machine).filter(({ width }) => width > 0);
    expect(new Set(applied.map(({ type }) => type))).toEqual(
      new Set([ABS64, PC32, PLT32, ABS32, ABS32S, PC64]),
    );
    for (const { type, width } of applied) {
      expect(
        refusal([
          ["foo", 8, type],
          ["own", 8 + width - 1],
        ]),
      ).toEqual(overlap(8, 8 + width - 1, 8));
      expectConverted(
        run(
          module([
            ["foo", 8, type],
            ["own", 8 + width],
          ]),
          undefined,
        ),
        1,
      );
    }
  });

  test("are found behind one that covers them both", () => {
    expect(
      refusal([
        ["own", 8, ABS64],
        ["foo", 8, PC32],
        ["bar", 12, PC32],
      ]),
    ).toEqual([...overlap(8, 8, 8), ...overlap(8, 12, 12)]);
  });

  test("are told one by one if there are several", () => {
    const at: readonly At[] = [
      ["foo", 0],
      ["bar", 0],
      ["foo", 16],
      ["own", 20],
      ["bar", 40],
    ];
    expect(refusal(at)).toEqual([...overlap(0, 0, 0), ...overlap(16, 20, 16)]);
  });

  test("are told once for each but the first of three at one place", () => {
    expect(
      refusal([
        ["foo", 8],
        ["bar", 8],
        ["own", 8],
      ]),
    ).toEqual([...overlap(8, 8, 8), ...overlap(8, 8, 8)]);
  });
});

describe("relocations that do not share bytes", () => {
  test.each([
    [
      "8 bytes and 8",
      [
        ["foo", 0],
        ["own", 8],
        ["bar", 16],
      ],
      2,
    ],
    [
      "4 bytes and 4",
      [
        ["foo", 0, PC32],
        ["own", 4, PLT32],
        ["bar", 8, ABS32S],
      ],
      2,
    ],
    [
      "8 bytes and 4, to the section's end",
      [
        ["own", 52],
        ["foo", 60, ABS32],
      ],
      1,
    ],
    [
      "in any order",
      [
        ["bar", 16],
        ["own", 8],
        ["foo", 0],
      ],
      2,
    ],
  ] as const)("are converted: %s", (_, at, moved) => {
    expectConverted(run(module(at), undefined), moved);
  });

  test("are converted at one offset of two sections", () => {
    const base = module([["foo", 8]]);
    const uses = { ...base.uses, ".text": [{ symbol: "own", offset: 8, type: ABS64 }] };
    expectConverted(run({ ...base, uses }, undefined), 1);
  });

  test("are so if two sections have one name", () => {
    const data = { name: ".data.twice", flags: SHF.ALLOC | SHF.WRITE, size: 64 };
    const base = module([]);
    const bytes = buildElf({
      sections: [
        { name: ".modinfo", flags: SHF.ALLOC, data: "livepatch=Y\0" },
        data,
        data,
        { name: ".klp.module_relocs.vmlinux", flags: SHF.ALLOC | SHF.WRITE, words: [0, 0, 0] },
      ],
      symbols: base.undefined!.slice(0, 1).map((name) => ({ name: String(name) })),
      relocations: [
        { section: 2, entries: [{ offset: 8, type: ABS64, symbol: "foo" }] },
        { section: 3, entries: [{ offset: 8, type: ABS64, symbol: "foo" }] },
        { section: 4, entries: [{ offset: 0, type: ABS64, symbol: "foo" }] },
      ],
    });
    expectConverted(convert(bytes, { file: "in.ko" }), 2);
  });
});

describe("relocations that write nothing", () => {
  test.each([
    [
      "livepatch's at the module's own",
      [
        ["own", 8],
        ["foo", 8, NONE],
      ],
    ],
    [
      "the module's own at livepatch's",
      [
        ["own", 8, NONE],
        ["foo", 8],
      ],
    ],
    [
      "livepatch's at livepatch's",
      [
        ["bar", 8, NONE],
        ["foo", 8],
      ],
    ],
    [
      "inside another",
      [
        ["foo", 8],
        ["own", 12, NONE],
      ],
    ],
    [
      "two at one place",
      [
        ["foo", 8, NONE],
        ["bar", 8, NONE],
      ],
    ],
  ] as const)("are in nobody's way: %s", (_, at) => {
    const moved = at.filter(([symbol]) => symbol !== "own").length;
    expectConverted(run(module(at), undefined), moved);
  });
});

describe("two relocations of the module's own", () => {
  const own: readonly At[] = [
    ["own", 8],
    ["own", 8],
    ["own", 28],
    ["own", 24],
  ];

  test("are not livepatch's business, in a section that has others too", () => {
    expectConverted(run(module([...own, ["foo", 40]]), undefined), 1);
  });

  test("are not where livepatch's one writes nothing", () => {
    expectConverted(run(module([...own, ["foo", 8, NONE]]), undefined), 1);
  });

  test("do not hide one that is", () => {
    expect(refusal([...own, ["foo", 12, PC32]])).toEqual(overlap(8, 12, 12));
    const within: readonly At[] = [
      ["own", 8, ABS64],
      ["own", 9, PC32],
    ];
    expect(refusal([...within, ["foo", 13, PC32]])).toEqual(overlap(8, 13, 13));
  });
});

describe("other machines", () => {
  test.each(LAYOUTS.slice(1))("write over what is there: $name", (layout) => {
    const at = ["foo", "own", "bar"].map((symbol) => ({
      symbol,
      offset: 8,
      type: layout.absolute,
    }));
    expectConverted(run({ ...module([]), layout, uses: { ".data": at } }, undefined), 2);
  });
});

describe("entries of objtool's form", () => {
  const entry = (offset: number, more: Partial<ObjtoolEntry> = {}): ObjtoolEntry => ({
    symbol: "vmlinux.foo,0",
    section: ".data",
    offset,
    ...more,
  });
  const own = { name: "own", section: ".text", bind: STB.LOCAL } as const;
  const said = (bytes: Uint8Array) => messages(convert(bytes, { file: "in.ko" }));

  test("are not in the way of what stands at their places until then", () => {
    const entries = { vmlinux: [entry(8), entry(16), entry(24, { type: PLT32 })] };
    expectConverted(convert(buildObjtoolForm({ entries }), { file: "in.ko" }), 3);
  });

  test("are in the way of the module's own relocations", () => {
    const uses = { ".data": [{ symbol: "own", offset: 12, type: PC32 }] };
    const form = { entries: { vmlinux: [entry(8)] }, symbols: [own], uses };
    expect(said(buildObjtoolForm(form))).toEqual(overlap(8, 12, 8));
    const behind = { ".data": [{ symbol: "own", offset: 16, type: PC32 }] };
    expect(said(buildObjtoolForm({ ...form, uses: behind }))).toEqual([]);
  });

  test("are in the way of each other", () => {
    const entries = { vmlinux: [entry(8), entry(12, { symbol: "vmlinux.bar,0" })] };
    expect(said(buildObjtoolForm({ entries }))).toEqual(overlap(8, 12, 12));
    const gates = { vmlinux: [entry(8)], ext4: [entry(12, { symbol: "ext4.bar,0" })] };
    expect(said(buildObjtoolForm({ entries: gates }))).toEqual(overlap(8, 12, 12));
  });

  test("are in the way of other livepatch relocations", () => {
    const base = describeObjtoolForm({
      entries: { vmlinux: [entry(8)] },
      undefined: ["bar"],
      annotations: { vmlinux: [["bar", 0]] },
      uses: { ".data": [{ symbol: "bar", offset: 4, type: ABS64 }] },
    });
    expect(said(buildElf(base))).toEqual(overlap(4, 8, 8));
  });

  test("are in the way of those of an earlier conversion", () => {
    const left = (offset: number) => {
      const symbol = ".klp.sym.vmlinux.left,0";
      const base = describeObjtoolForm({
        entries: { ext4: [entry(8, { symbol: "ext4.bar,0" })] },
        symbols: [{ name: symbol, section: 0xff20 }],
      });
      const table = {
        name: ".klp.rela.vmlinux.data",
        section: ".data",
        flags: 0x100042,
        entries: [{ offset, type: ABS64, symbol }],
      };
      return buildElf({ ...base, relocations: [...base.relocations!, table] });
    };
    expect(said(left(8))).toEqual(overlap(8, 8, 8));
    expect(said(left(4))).toEqual(overlap(4, 8, 8));
    expect(said(left(16))).toEqual([]);
  });

  test("that write nothing are not", () => {
    const uses = { ".data": [{ symbol: "own", offset: 8, type: ABS64 }] };
    const entries = { vmlinux: [entry(8, { type: NONE })] };
    expectConverted(convert(buildObjtoolForm({ entries, symbols: [own], uses })), 1);
  });
});
