// SPDX-License-Identifier: GPL-2.0-only

// Several sources in one list: who is believed, and when they do not go together.

import { describe, expect, test } from "vitest";
import { Diagnostics, Refusal } from "../../src/diagnostics.js";
import { scanSymbolsList } from "../../src/symbols/index.js";
import { STB } from "../elf-builder.js";
import { buildModule, moduleOf } from "./elf-sources.js";
import { type Given, linesOf, linesOf02, listOf, saidBy, sourcesOf } from "./reading.js";

const LOCAL = { bind: STB.LOCAL };
const list01 = (...lines: readonly string[]) => linesOf("klp-convert-symbol-data.0.1", ...lines);
const list02 = (facts: string, ...lines: readonly string[]) =>
  linesOf(`klp-convert-symbol-data.0.2${facts}`, ...lines);

const ko = moduleOf(
  { name: "a", ...LOCAL, section: ".text", value: 1 },
  { name: "i", ...LOCAL, section: ".init.text", value: 2 },
  { name: "b", ...LOCAL, section: ".text", value: 3 },
  { name: "a", ...LOCAL, section: ".data", value: 4 },
);
const kallsyms = linesOf(
  "ffffffff81000000 T _text",
  "ffffffff81000010 t f",
  "ffffffffc0000001 t a\t[demo]",
  "ffffffffc0000003 t b\t[demo]",
  "ffffffffc0000104 d a\t[demo]",
);

describe("of an object that two sources have, the one that says more is taken", () => {
  const fromKo = [
    "*demo",
    "a .text+0x1 t",
    "i .init.text+0x2 ti",
    "b .text+0x3 t",
    "a .data+0x4 d",
  ];
  const fromKallsyms = [
    "*demo",
    "a ffffffffc0000001 t",
    "b ffffffffc0000003 t",
    "a ffffffffc0000104 d",
  ];
  const list = list01("*demo", "a", "b", "a");
  const richList = list02("", "*demo", "a - t", "b - t", "a - d");

  test.each<[string, Given, readonly string[]]>([
    ["the module before kallsyms", { kallsyms, ko }, fromKo],
    ["kallsyms before a list", { list, kallsyms }, fromKallsyms],
    ["kallsyms before a list in format 0.2", { richList, kallsyms }, fromKallsyms],
    ["the module before a list", { list, ko }, fromKo],
    [
      "a list in format 0.2 before one in 0.1",
      { list, richList },
      ["*demo", "a - t", "b - t", "a - d"],
    ],
    [
      "a list in format 0.2 before one in 0.1 with more names, which are added",
      { long: list01("*demo", "x".repeat(80), "a", "b", "y", "a"), richList },
      ["*demo", "a - t", "b - t", "a - d", `${"x".repeat(80)} - -`, "y - -"],
    ],
    ["the module before all of them", { list, richList, kallsyms, ko }, fromKo],
  ])("%s", (_, given, expected) => {
    for (const order of [Object.entries(given), Object.entries(given).reverse()]) {
      const lines = linesOf02(Object.fromEntries(order));
      const [head, ...rest] = lines.slice(lines.findIndex((line) => line.startsWith("*demo")));
      expect([head!.split(" ")[0], ...rest]).toEqual(expected);
    }
  });

  test("and it is the source of the object's symbols", () => {
    const map = sourcesOf({ list, kallsyms, ko }).map(["a", "f"], new Diagnostics("symbols"));
    expect(map.file).toBe("list and 2 other sources");
    expect(map.owners("a").map(({ object, source }) => [object, source])).toEqual([["demo", "ko"]]);
    expect(map.owners("f").map(({ object, source }) => [object, source])).toEqual([
      ["vmlinux", "kallsyms"],
    ]);
    expect(map.owners("a")[0]!.symbols.map(({ line, address }) => [line, address])).toEqual([
      [undefined, ".text+0x1"],
      [undefined, ".data+0x4"],
    ]);
    expect(map.facts("demo")).toMatchObject({ order: "symtab", release: "6.1.0-1-amd64" });
  });

  test("and lines are those of a list if it is one", () => {
    const map = sourcesOf({ list, kallsyms: "ffffffff81000010 t f\n" }).map(
      ["a", "f"],
      new Diagnostics("symbols"),
    );
    expect(map.owners("a")[0]).toMatchObject({
      source: "list",
      symbols: [{ line: 3 }, { line: 5 }],
    });
    expect(map.owners("f")[0]).toMatchObject({ symbols: [{ line: undefined }] });
  });
});

describe("sources agree", () => {
  test.each<[string, Given]>([
    [
      "if each has names that the other lacks",
      {
        one: list01("*m", "a", "x", "b", "y"),
        two: list01("*m", "z", "a", "b"),
      },
    ],
    ["if they have no name in common", { one: list01("*m", "a"), two: list01("*m", "b") }],
    ["if one has none at all", { one: list01("*m", "a"), two: list01("*m") }],
    [
      "if only the exports stand elsewhere",
      {
        one: list01("*m", "__ksymtab_a", "a", "__ksymtab_b", "b"),
        two: list01("*m", "a", "b", "__ksymtab_b"),
      },
    ],
    [
      "if what differs does not last",
      {
        one: list02("", "*m", "a - ti", "b - t", "a - t", "b - tx"),
        two: list01("*m", "b", "a"),
      },
    ],
  ])("%s", (_, given) => {
    for (const format of ["0.1", "0.2"] as const) {
      const { said } = listOf(given, { format });
      expect(said.filter(({ severity }) => severity === "error")).toEqual([]);
    }
  });
});

describe("names that only one of two sources has are added", () => {
  test.each<[string, Given, readonly string[]]>([
    [
      "of a list in format 0.1 to those of kallsyms",
      {
        kallsyms: "ffffffff81000000 T f\nffffffff81000010 t g\n",
        list: list01("*vmlinux", "x", "f", "h", "g", "x"),
      },
      ["*vmlinux", "f ffffffff81000000 T", "g ffffffff81000010 t", "x - -", "h - -", "x - -"],
    ],
    [
      "of kallsyms to a few of another list",
      {
        kallsyms: "ffffffff81000000 T f\nffffffff81000010 t g\n",
        list: list02(" order=kallsyms names=some", "*vmlinux", "g ffffffff81000010 t a.c"),
      },
      ["*vmlinux", "f ffffffff81000000 T", "g ffffffff81000010 t"],
    ],
    [
      "of lists with a few names each",
      {
        one: list02(" order=kallsyms arch=x86_64 names=some", "*m", "f - t"),
        two: list02(" order=kallsyms names=some", "*m", "g - t"),
      },
      ["*m", "f - t", "g - t"],
    ],
    [
      "of three",
      { one: list01("*m", "a", "b", "c"), two: list01("*m", "d", "a"), three: list01("*m", "e") },
      ["*m", "a - -", "b - -", "c - -", "d - -", "e - -"],
    ],
  ])("%s", (_, given, expected) => {
    for (const order of [Object.entries(given), Object.entries(given).reverse()]) {
      expect(linesOf02(Object.fromEntries(order))).toEqual(expected);
    }
  });

  test("and a part of an object's names remains a part", () => {
    const [one, two] = ["f", "g"].map((name) =>
      list02(" order=kallsyms names=some", "*m", `${name} - t`),
    );
    const given = { one: one!, two: two! };
    expect(listOf(given, { format: "0.2" }).list).toBe(
      list02(" order=kallsyms names=some", "*m", "f - t", "g - t"),
    );
    const map = sourcesOf(given).map(["f", "g"], new Diagnostics("symbols"));
    expect(map.hasObject("m")).toBe(false);
    expect(map.owners("g")).toHaveLength(1);
    const whole = list01("*m", "f", "g", "h");
    expect(
      sourcesOf({ ...given, whole })
        .map([], new Diagnostics("symbols"))
        .hasObject("m"),
    ).toBe(true);
  });
});

describe("what a source says most of decides", () => {
  // Each with the type of its own, so that the list shows whose line was taken.
  const rank = [
    ["T", " order=symtab arch=x86_64 release=6.1"],
    ["D", " order=symtab arch=x86_64"],
    ["B", " order=symtab release=6.1"],
    ["R", " order=kallsyms arch=x86_64 release=6.1"],
    ["t", " order=unknown arch=x86_64 release=6.1"],
    ["d", " order=symtab arch=x86_64 release=6.1 names=some"],
    ["b", " order=kallsyms names=some"],
    ["r", " names=some"],
  ] as const;
  const lists = rank.map(([type, facts]) => list02(facts, "*m", `f - ${type}`));

  test.each(rank.slice(1).map((_, at) => [at]))("number %d before the next", (at) => {
    for (const given of [
      { one: lists[at]!, two: lists[at + 1]! },
      { one: lists[at + 1]!, two: lists[at]! },
    ]) {
      expect(linesOf02(given).slice(1)).toEqual([`f - ${rank[at]![0]}`]);
    }
  });
});

describe("sources disagree", () => {
  const notes = [
    "they are not of one kernel, or one has lost its order: give sources of one kernel only",
    "of two modules of one name in a folder, give the one that is loaded",
  ];

  test.each<[string, Given, string]>([
    [
      "about what comes first",
      { one: list01("*m", "x", "a", "b"), two: list01("*m", "b", "a") },
      "at the start one has a, two has b",
    ],
    [
      "about an order",
      { one: list01("*m", "x", "y", "a", "b", "c"), two: list01("*m", "a", "c", "b") },
      "after a one has b, two has c",
    ],
    [
      "about how often there is a name",
      { one: list01("*m", "a", "f", "f"), two: list01("*m", "a", "f") },
      "after f one has f, two has nothing",
    ],
    [
      "about the last homonym",
      { one: list01("*m", "x", "x", "f"), two: list01("*m", "f", "f") },
      "after f one has nothing, two has f",
    ],
  ])("%s", (_, given, what) => {
    for (const order of [Object.entries(given), Object.entries(given).reverse()]) {
      const { list, said } = listOf(Object.fromEntries(order));
      expect(list).toBeUndefined();
      expect(said).toEqual([
        {
          severity: "error",
          code: "sources-disagree",
          file: order[0]![0] === "one" ? "one and 1 other source" : "two and 1 other source",
          message: `sources disagree about m: ${what}`,
          notes,
        },
      ]);
    }
  });

  test("about a name that the best of three does not have", () => {
    const given = {
      best: list02(" order=kallsyms", "*m", "a - t"),
      one: list01("*m", "a", "x"),
      two: list01("*m", "x", "a", "x"),
    };
    const { list, said } = listOf(given);
    expect(list).toBeUndefined();
    expect(said.map(({ message }) => message)).toEqual([
      "sources disagree about m: at the start two has x, one has a",
    ]);
  });

  test("if kallsyms shows of a module what its file does not have", () => {
    const loaded = (...names: readonly string[]) =>
      linesOf(
        "ffffffff81000000 T f",
        ...names.map((name, at) => `ffffffffc000000${at} t ${name}\t[demo]`),
      );
    const disagreement = (kallsyms: string) =>
      listOf({ kallsyms, ko }).said.map(({ code, message }) => [code, message]);
    const about = "sources disagree about demo:";
    expect(disagreement(loaded("a", "b", "a"))).toEqual([]);
    expect(disagreement(loaded("a", "x", "b", "a"))).toEqual([
      ["sources-disagree", `${about} after a ko has b, kallsyms has x`],
    ]);
    expect(disagreement(loaded("a", "b", "a", "x"))).toEqual([
      ["sources-disagree", `${about} after a ko has nothing, kallsyms has x`],
    ]);
    // Of what the kernel has no more there is nothing, and names may be few.
    expect(disagreement(loaded("a", "a"))).toEqual([]);
    // A list may have more than the file.
    expect(listOf({ list: list01("*demo", "a", "x", "b", "a"), ko }).said).toEqual([]);
  });

  test("about the machine", () => {
    const of = (arch: string) => list02(` arch=${arch}`, `*${arch}`);
    expect(listOf({ b: of("s390x"), a: of("x86_64"), c: of("s390x"), any: list01("*m") })).toEqual({
      list: undefined,
      said: [
        {
          severity: "error",
          code: "sources-machine",
          file: "b and 3 other sources",
          message: "the sources are of 2 machines: s390x (b), x86_64 (a)",
        },
      ],
    });
    const one = list02("", "*a arch=x86_64", "*b arch=arm64");
    expect(listOf({ one }).said).toMatchObject([
      { message: "the sources are of 2 machines: arm64 (one), x86_64 (one)" },
    ]);
  });

  test("each of the others with the best", () => {
    const { said } = listOf({
      a: list01("*demo", "b", "a", "a"),
      b: list01("*demo", "a", "a", "b"),
      ko,
      kallsyms,
    });
    expect(said.map(({ message }) => message).sort()).toEqual([
      "sources disagree about demo: after a ko has b, b has a",
      "sources disagree about demo: at the start ko has a, a has b",
    ]);
  });

  test("and nobody gets an answer", () => {
    const sources = sourcesOf({ one: list01("*m", "a", "b"), two: list01("*m", "b", "a") });
    expect(() => sources.map(["a"], new Diagnostics("symbols"))).toThrow("is refused");
    expect(sources.diagnostics).toMatchObject([{ code: "sources-disagree" }]);
    // It has been said; nobody has to read it again.
    expect(() => sources.map(["a"], new Diagnostics("symbols"))).toThrow("is refused");
    expect(sources.list()).toBeUndefined();
    expect(sources.diagnostics).toMatchObject([{ code: "sources-disagree" }]);
  });
});

describe("exports from elsewhere", () => {
  const symvers = linesOf(
    "0x00000001\tf\tvmlinux\tEXPORT_SYMBOL\t",
    "0x00000001\ta\tdrivers/demo\tEXPORT_SYMBOL_GPL\tDEMO",
    "0x00000001\tn\tdrivers/new\tEXPORT_SYMBOL_GPL\t",
  );

  test("stand behind everything else", () => {
    expect(linesOf02({ symvers, kallsyms })).toEqual([
      "*vmlinux",
      "_text ffffffff81000000 T",
      "f ffffffff81000010 t",
      "__ksymtab_f - -",
      "*demo",
      "a ffffffffc0000001 t",
      "b ffffffffc0000003 t",
      "a ffffffffc0000104 d",
      "__ksymtab_a - - DEMO",
      "*new order=unknown",
      "__ksymtab_n - -",
    ]);
  });

  test("are not written twice, and a namespace is what counts", () => {
    const one = list02("", "*m", "a - t", "__ksymtab_a .x+0x0 r", "__ksymtab_b .x+0x1 r", "b - t");
    const two = list02("", "*m", "__ksymtab_a - - NS", "__ksymtab_b - -", "__ksymtab_c - -");
    expect(linesOf02({ one, two })).toEqual([
      "*m",
      "a - t",
      "__ksymtab_b .x+0x1 r",
      "b - t",
      "__ksymtab_a - - NS",
      "__ksymtab_c - -",
    ]);
    expect(linesOf02({ two, one })).toEqual(linesOf02({ one, two }));
  });

  test("stand in the order of their names", () => {
    const line = (name: string, object: string) =>
      `0x00000001\t${name}\t${object}\tEXPORT_SYMBOL\t`;
    const one = linesOf(line("z", "vmlinux"), line("B", "vmlinux"), line("b", "vmlinux"));
    const two = linesOf(line("a", "vmlinux"), line("z", "vmlinux"), line("y", "vmlinux"));
    expect(linesOf02({ one, two, list: list01("*vmlinux", "z", "__ksymtab_y") })).toEqual([
      "*vmlinux",
      "z - -",
      "__ksymtab_y - -",
      "__ksymtab_B - -",
      "__ksymtab_a - -",
      "__ksymtab_b - -",
      "__ksymtab_z - -",
    ]);
  });

  test("are in one namespace", () => {
    const of = (namespace: string) => `0x00000001\tf\tvmlinux\tEXPORT_SYMBOL_GPL\t${namespace}\n`;
    expect(linesOf02({ one: of(""), two: of("NS") })).toEqual(["*vmlinux", "__ksymtab_f - - NS"]);
    expect(linesOf02({ one: of("NS"), two: of("") })).toEqual(["*vmlinux", "__ksymtab_f - - NS"]);
    expect(listOf({ kallsyms, one: of("A"), two: of("B") })).toEqual({
      list: undefined,
      said: [
        {
          severity: "error",
          code: "sources-disagree",
          file: "kallsyms and 2 other sources",
          message: "sources disagree about vmlinux: one has __ksymtab_f in namespace A, two in B",
          notes: ["they are not of one kernel; give sources of one kernel only"],
        },
      ],
    });
  });

  test("are known, and the object is by its other source", () => {
    const sources = sourcesOf({ kallsyms, symvers });
    const map = sources.map(["f", "a", "n"], new Diagnostics("symbols"));
    expect(["f", "a", "n"].map((name) => map.exporters(name))).toEqual([
      ["vmlinux"],
      ["demo"],
      ["new"],
    ]);
    expect(["vmlinux", "demo", "new"].map((object) => map.hasObject(object))).toEqual([
      true,
      true,
      false,
    ]);
  });

  test("do not hide that a list is sorted by name", () => {
    const sorted = list01("*vmlinux", "a", "b", "z");
    expect(isDoubtful({ sorted, symvers })).toBe(true);
    expect(isDoubtful({ symvers, sorted })).toBe(true);
  });

  test("are no exports without a name", () => {
    const map = sourcesOf({ list: list01("*m", "__ksymtab_") }).map([], new Diagnostics("symbols"));
    expect(map.hasObject("m")).toBe(true);
  });
});

function isDoubtful(given: Given): boolean {
  return sourcesOf(given).map(["a"], new Diagnostics("symbols")).isOrderDoubtful("vmlinux");
}

describe("the order of an object is doubtful", () => {
  test.each<[boolean, string]>([
    [true, list01("*vmlinux", "a", "b", "z")],
    [true, list01("*vmlinux", "B", "_a", "a")],
    [true, list01("*vmlinux", "_a", "B", "c_d", "cE")],
    [true, list02("", "*vmlinux", "a - t", "b - t")],
    [true, list01("*vmlinux", "a", "b", "__ksymtab_z", "c", "__ksymtab_a")],
    [false, list01("*vmlinux", "b", "a", "z")],
    [false, list01("*vmlinux", "a", "__ksymtab_b", "__ksymtab_z")],
    [false, list01("*vmlinux", "a", "a")],
    [false, list01("*vmlinux", "a")],
    [false, list01("*vmlinux")],
    [false, list02(" order=kallsyms", "*vmlinux", "a - t", "b - t")],
    [false, list02(" order=symtab", "*vmlinux", "a - t", "b - t")],
    [false, linesOf("ffffffff81000000 T a", "ffffffff81000001 T b")],
  ])("if nobody said it and the names are sorted: %j, %j", (isExpected, text) => {
    expect(isDoubtful({ text })).toBe(isExpected);
  });
});

test("a line that makes no sense is found when its list is added, whoever asks for it", () => {
  const long = `g ${"z".repeat(200)} T`;
  const list = list02("", "*m", "f zzz T", "f - T", "*n", "f - T", long, "h - tt");
  const sources = sourcesOf({ kallsyms: "ffffffff81000000 T g\n", list });
  const fault = (line: number, text: string) => ({
    severity: "error",
    code: "list-line",
    file: "list",
    line,
    message: `"${text}" is not NAME ADDRESS TYPE [FILE]`,
  });
  const found = [fault(3, "f zzz T"), fault(7, long.slice(0, 80)), fault(8, "h - tt")];
  expect(saidBy(sources.diagnostics)).toEqual(found);
  const faults = new Diagnostics("symbols");
  expect(() => sources.map([], faults)).toThrow(Refusal);
  expect(faults.list()).toEqual([]);
  expect(sources.list()).toBeUndefined();
  expect(saidBy(sources.diagnostics)).toEqual(found);
});

describe("sources of several kernels", () => {
  const module = (name: string, release: string) =>
    buildModule({ modinfo: `name=${name}\0vermagic=${release} SMP\0` }).bytes;

  test("are warned of", () => {
    const given = {
      one: module("one", "6.1.0"),
      two: module("two", "6.2.0"),
      three: module("three", "6.1.0"),
    };
    const { list, said } = listOf(given, { format: "0.2" });
    expect(said).toEqual([
      {
        severity: "warning",
        code: "sources-release",
        file: "one and 2 other sources",
        message: "the sources are of 2 kernels: 6.1.0 (one), 6.2.0 (two)",
        notes: [
          "positions are right only for the kernel that an object is from; give sources of one",
        ],
      },
    ]);
    expect(list).toBe(
      linesOf(
        "klp-convert-symbol-data.0.2 release=6.1.0 arch=x86_64 order=symtab",
        "*one",
        "*three",
        "*two release=6.2.0",
      ),
    );
  });

  test("are warned of also if one was only stated", () => {
    expect(listOf({ one: module("one", "6.1.0") }, { release: "7.3.4" }).said).toMatchObject([
      { message: "the sources are of 2 kernels: 6.1.0 (one), 7.3.4 (as stated)" },
    ]);
    expect(listOf({ one: module("one", "6.1.0") }, { release: "6.1.0" }).said).toEqual([]);
  });

  test("are named up to five of them", () => {
    const given = Object.fromEntries(
      Array.from({ length: 9 }, (_, at) => [`m${at}`, module(`m${at}`, `6.${at}`)]),
    );
    expect(listOf(given).said).toMatchObject([
      {
        message:
          "the sources are of 9 kernels: 6.0 (m0), 6.1 (m1), 6.2 (m2), 6.3 (m3), 6.4 (m4), and 4 more",
      },
    ]);
  });
});

test("a stated release is that of every source which does not say its own", () => {
  const given = {
    list: list02(" order=symtab", "*a", "*b release=6.1.0", "*c release=-"),
    ko: buildModule({ modinfo: "name=d\0" }).bytes,
    symvers: "0x00000001\tf\te\tEXPORT_SYMBOL\t\n",
  };
  const map = (release?: string) => {
    const sources = sourcesOf(given, release === undefined ? {} : { release });
    const found = sources.map([], new Diagnostics("symbols"));
    return ["a", "b", "c", "d", "e"].map((object) => found.facts(object)!.release);
  };
  expect(map()).toEqual([undefined, "6.1.0", undefined, undefined, undefined]);
  expect(map("6.1.0")).toEqual(["6.1.0", "6.1.0", "6.1.0", "6.1.0", "6.1.0"]);
  expect(map("7.3.4")).toEqual(["7.3.4", "6.1.0", "7.3.4", "7.3.4", "7.3.4"]);
});

test("what is in none of the sources may be elsewhere, but for one list in format 0.1", () => {
  const isList = (text: string) => {
    const bytes = Uint8Array.from(Buffer.from(text, "latin1"));
    return scanSymbolsList({ file: "list", bytes }, [], new Diagnostics("list")).isList;
  };
  expect(isList(list01("*m", "f"))).toBe(true);
  expect(isList(list02("", "*m", "f - -"))).toBe(false);
  const sources = sourcesOf({ one: list01("*m", "f") });
  expect(sources.map([], new Diagnostics("symbols")).isList).toBe(false);
});

describe("of the objects", () => {
  const list = list01("*vmlinux", "f", "*m_m", "g", "*n", "h");

  test("only those that were asked for are written, in the list's order", () => {
    expect(listOf({ list }, { objects: ["n", "m-m", "n"] })).toEqual({
      list: list01("*m_m", "g", "*n", "h"),
      said: [],
    });
    expect(listOf({ list }, { objects: [] }).list).toBe(list01());
  });

  test("one that nobody has is an error", () => {
    const { said } = listOf({ list }, { objects: ["vmlinux", "x-y", "zz"] });
    const notes = ["there are vmlinux, m_m, n"];
    expect(said).toEqual([
      {
        severity: "error",
        code: "objects",
        file: "list",
        message: "object x_y is in no source",
        notes,
      },
      {
        severity: "error",
        code: "objects",
        file: "list",
        message: "object zz is in no source",
        notes,
      },
    ]);
  });

  test("at most ten are named then", () => {
    const many = list01(...Array.from({ length: 13 }, (_, at) => `*m${10 + at}`));
    expect(listOf({ many }, { objects: ["x"] }).said[0]!.notes).toEqual([
      "there are m10, m11, m12, m13, m14, m15, m16, m17, m18, m19 and 3 more",
    ]);
    expect(listOf({ one: list01("*m") }, { objects: ["x"] }).said[0]!.notes).toEqual([
      "there is m",
    ]);
  });

  test("after a wrong name the right ones can be had", () => {
    const sources = sourcesOf({ list });
    expect(sources.list({ objects: ["x"] })).toBeUndefined();
    expect(sources.list({ objects: ["n"] })).toMatchObject({ objects: 1, symbols: 1 });
  });
});

describe("of the symbols", () => {
  const list = list01("*vmlinux", "f", "g", "__ksymtab_f", "f", "*m", "g", "__ksymtab_g", "h");

  test("only those that were asked for are written, and their exports", () => {
    expect(listOf({ list }, { keep: ["f"] })).toEqual({
      list: list01("*vmlinux", "f", "__ksymtab_f", "f", "*m"),
      said: [],
    });
    expect(listOf({ list }, { keep: ["g", "h"], objects: ["m"] })).toEqual({
      list: list01("*m", "g", "__ksymtab_g", "h"),
      said: [],
    });
    expect(listOf({ list }, { keep: [] }).list).toBe(list01("*vmlinux", "*m"));
  });

  test("one that nobody has is warned of", () => {
    const { list: written, said } = listOf({ list }, { keep: ["f", "zz"] });
    expect(written).toBe(list01("*vmlinux", "f", "__ksymtab_f", "f", "*m"));
    expect(said.map(({ severity, code, message }) => [severity, code, message])).toEqual([
      ["warning", "keep-unknown", "no object has a symbol zz to be kept"],
    ]);
  });

  test("a list in format 0.2 says that these are not all", () => {
    const { list: written, said } = listOf(
      { list: list02(" order=symtab", "*m", "f - t", "g - t", "*n order=unknown", "h - t") },
      { keep: ["g", "h"], format: "0.2" },
    );
    expect(said).toEqual([]);
    expect(written).toBe(
      list02(" order=symtab names=some", "*m", "g - t", "*n order=unknown", "h - t"),
    );
    // Taken up again without `keep`, each object says it of itself.
    expect(listOf({ written: written! }, { format: "0.2" }).list).toBe(
      list02(" order=symtab names=some", "*m", "g - t", "*n order=unknown", "h - t"),
    );
    const map = sourcesOf({ written: written! }).map(["f", "g"], new Diagnostics("symbols"));
    expect(map.hasObject("m")).toBe(false);
    expect(map.owners("g")).toHaveLength(1);
  });

  test("an export may be asked for by its own name", () => {
    expect(listOf({ list }, { keep: ["__ksymtab_g"] })).toEqual({
      list: list01("*vmlinux", "*m", "__ksymtab_g"),
      said: [],
    });
  });

  test("one that is exported is had, even if that is all there is of it", () => {
    const exports = list01("*m", "__ksymtab_g");
    expect(listOf({ exports }, { keep: ["g"] })).toEqual({ list: exports, said: [] });
  });
});
