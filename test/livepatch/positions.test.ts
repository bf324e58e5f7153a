// SPDX-License-Identifier: GPL-2.0-only

// Positions that mean one symbol at some times and another, or none, at others; and what is said of
// those whose order is doubtful.

import { describe, expect, test } from "vitest";
import { convert, SymbolSources } from "../../src/index.js";
import { buildIntermediate, type Intermediate } from "./intermediate.js";
import { listOf, livepatchNames, messages, run, uses } from "./messages.js";

const KEPT = "f .text+0x10 t kept.c";
const KEPT_TOO = "f .text+0x20 t too.c";
const INIT = "f .init.text+0x8 ti init.c";
const ABSOLUTE = "f - ax absolute.c";
const UNLOADED = "f .debug_str+0x4 Nx";

const FREED = "it is in init memory, which is freed once m is live";
const FORGOTTEN =
  "it is absolute or in no loaded section, and the kernel forgets it once m is live";
const ZERO = "it is at address 0, which livepatch takes for not found";
const paste = (position: number) =>
  `KLP_MODULE_RELOC(m) m_relocs[] = { KLP_SYMPOS(f, ${position}) };`;

/** What is said of f, where the list does not have vmlinux. */
const UNKNOWN_VMLINUX = [
  "warning unverified-owner: 1 symbol resolved without knowing what vmlinux has: f of m",
  "  if vmlinux has the name too, it is ambiguous; give vmlinux or /proc/kallsyms as well",
];

/** A list in which module m has these symbols, behind one that is of no concern. */
function listOfModule(...symbols: readonly string[]): string {
  return listOf("order=symtab", "*m", "zulu .text+0x0 t z.c", "alpha .text+0x8 t z.c", ...symbols);
}

function annotated(position: number): Intermediate {
  return { ...uses("f"), annotations: { m: [["f", position]] } };
}

describe("a name that a module has once", () => {
  test("is position 0, if the symbol stays", () => {
    expect(livepatchNames(run(uses("f"), listOfModule(KEPT)))).toEqual([
      ".klp.sym.m.f,0: only m has it, once",
    ]);
  });

  test.each([
    ["in init memory", INIT, FREED],
    ["absolute", ABSOLUTE, FORGOTTEN],
    ["not loaded", UNLOADED, FORGOTTEN],
    ["at address 0", "f 0000000000000000 t", ZERO],
    ["at address 0 in few digits", "f 0 t", ZERO],
  ])("is refused %s, with or without an annotation", (_, symbol, fault) => {
    const message = `f of m cannot be a livepatch symbol: ${fault}`;
    const place = ".klp.module_relocs.m+0: ";
    for (const [module, at] of [
      [uses("f"), ".text+0: "],
      [annotated(0), place],
      [annotated(1), place],
    ] as const) {
      const result = run(module, listOfModule(symbol));
      expect(result.output).toBeUndefined();
      expect(messages(result)).toEqual([`error position: ${at}${message}`]);
    }
  });

  test("is not refused at offset 0 of a section, nor at an unknown address", () => {
    for (const symbol of ["f .text+0x0 t", "f - t", "f 00001000 t", "f 0c0 t", "f - -"]) {
      expect(messages(run(uses("f"), listOfModule(symbol)))).toEqual(UNKNOWN_VMLINUX);
    }
  });
});

describe("vmlinux", () => {
  const list = (...symbols: string[]) => listOf("order=kallsyms", "*vmlinux", ...symbols);

  test("loses nothing, so each of its homonyms has a position", () => {
    const module: Intermediate = { ...uses("f"), annotations: { vmlinux: [["f", 2]] } };
    const symbols = ["f ffffffff81000010 t", "z ffffffff81000018 t", "f ffffffff81000020 t"];
    expect(livepatchNames(run(module, list(...symbols)))).toEqual([
      ".klp.sym.vmlinux.f,2: annotated in .klp.module_relocs.vmlinux",
    ]);
  });

  const GONE = "it is in init memory, which vmlinux frees when it is up";

  test("has init memory, whose symbols are refused", () => {
    const symbol = "f ffffffff82000010 tf init.c";
    for (const [module, at] of [
      [uses("f"), ".text+0: "],
      [uses(".klp.sym.rela.vmlinux.vmlinux.f.1"), ".text+0: "],
      [{ ...uses("f"), annotations: { vmlinux: [["f", 0]] } }, ".klp.module_relocs.vmlinux+0: "],
    ] as const) {
      const result = run(module, list(symbol));
      expect(result.output).toBeUndefined();
      expect(messages(result)).toEqual([
        `error position: ${at}f of vmlinux cannot be a livepatch symbol: ${GONE}`,
      ]);
    }
  });

  test("has homonyms in init memory, which are counted, but none to choose", () => {
    const symbols = ["f ffffffff82000010 tf init.c", "f ffffffff82000020 t kept.c"];
    const remedy = [
      `  vmlinux (ffffffff82000010, init.c, list:3): cannot be used: ${GONE}`,
      "  vmlinux, position 2 (ffffffff82000020, kept.c, list:4): KLP_MODULE_RELOC(vmlinux) vmlinux_relocs[] = { KLP_SYMPOS(f, 2) };",
    ];
    expect(messages(run(uses("f"), list(...symbols)))).toEqual([
      "error ambiguous: .text+0: symbol f is ambiguous: it stands 2 times in vmlinux",
      "  used by 1 relocation, first in patched",
      ...remedy,
    ]);
    const at = (position: number) =>
      run({ ...uses("f"), annotations: { vmlinux: [["f", position]] } }, list(...symbols));
    expect(messages(at(1))).toEqual([
      `error position: .klp.module_relocs.vmlinux+0: f of vmlinux cannot be a livepatch symbol: ${GONE}`,
      ...remedy,
    ]);
    expect(livepatchNames(at(2))).toEqual([
      ".klp.sym.vmlinux.f,2: annotated in .klp.module_relocs.vmlinux",
    ]);
    expect(messages(at(2))).toEqual([]);
  });

  test("has symbols at address 0 that are refused, also among homonyms", () => {
    const symbols = ["f 0000000000000000 D", "f ffffffff81000020 t x.c"];
    const remedy = [
      `  vmlinux (0000000000000000, list:3): cannot be used: ${ZERO}`,
      "  vmlinux, position 2 (ffffffff81000020, x.c, list:4): KLP_MODULE_RELOC(vmlinux) vmlinux_relocs[] = { KLP_SYMPOS(f, 2) };",
    ];
    expect(messages(run(uses("f"), list(...symbols)))).toEqual([
      "error ambiguous: .text+0: symbol f is ambiguous: it stands 2 times in vmlinux",
      "  used by 1 relocation, first in patched",
      ...remedy,
    ]);
    const module: Intermediate = { ...uses("f"), annotations: { vmlinux: [["f", 1]] } };
    expect(messages(run(module, list(...symbols)))).toEqual([
      `error position: .klp.module_relocs.vmlinux+0: f of vmlinux cannot be a livepatch symbol: ${ZERO}`,
      ...remedy,
    ]);
  });
});

test("candidates of which nothing is known have the source's name", () => {
  // kallsyms as it is shown to those who may not know addresses.
  const lines = ["zulu", "f", "alpha", "f"].map((name) => `0000000000000000 t ${name}\n`);
  expect(messages(run(uses("f"), lines.join("")))).toEqual([
    "error ambiguous: .text+0: symbol f is ambiguous: it stands 2 times in vmlinux",
    "  used by 1 relocation, first in patched",
    "  vmlinux, position 1 (list): KLP_MODULE_RELOC(vmlinux) vmlinux_relocs[] = { KLP_SYMPOS(f, 1) };",
    "  vmlinux, position 2 (list): KLP_MODULE_RELOC(vmlinux) vmlinux_relocs[] = { KLP_SYMPOS(f, 2) };",
  ]);
});

describe("of homonyms of which one goes last,", () => {
  const list = listOfModule(KEPT, INIT);
  const remedy = [
    `  m, position 1 (.text+0x10, kept.c, list:5): ${paste(1)}`,
    `  m (.init.text+0x8, init.c, list:6): cannot be used: ${FREED}`,
  ];

  test("the one that stays has its position at any time", () => {
    const result = run(annotated(1), list);
    expect(livepatchNames(result)).toEqual([".klp.sym.m.f,1: annotated in .klp.module_relocs.m"]);
    expect(messages(result)).toEqual([]);
  });

  test("the other has none", () => {
    expect(messages(run(annotated(2), list))).toEqual([
      `error position: .klp.module_relocs.m+0: f of m cannot be a livepatch symbol: ${FREED}`,
      ...remedy,
    ]);
  });

  test("none is unique, though one will be", () => {
    expect(messages(run(annotated(0), list))).toEqual([
      "error annotation-position: .klp.module_relocs.m+0: the annotation says that f is unique, but m has it 2 times",
      ...remedy,
    ]);
    expect(messages(run(uses("f"), list))).toEqual([
      "error ambiguous: .text+0: symbol f is ambiguous: it stands 2 times in m",
      "  used by 1 relocation, first in patched",
      ...remedy,
    ]);
  });
});

describe("of homonyms of which one goes first,", () => {
  const answers = (...lines: string[]) => [
    ...lines,
    `  m (.init.text+0x8, init.c, list:5): cannot be used: ${FREED}`,
    "  m (.text+0x10, kept.c, list:6): cannot be used: it is position 2 while m comes up, and 1 once it is live",
  ];

  test.each([
    [
      1,
      "position 1 is .init.text+0x8, init.c while m comes up, and .text+0x10, kept.c once it is live",
    ],
    [2, "position 2 is .text+0x10, kept.c while m comes up, and none once it is live"],
  ])("position %i is refused with both answers", (position, fault) => {
    const result = run(annotated(position), listOfModule(INIT, KEPT));
    expect(result.output).toBeUndefined();
    expect(messages(result)).toEqual(
      answers(
        `error position: .klp.module_relocs.m+0: f of m cannot be a livepatch symbol: ${fault}`,
      ),
    );
  });

  test("there is no candidate", () => {
    expect(messages(run(uses("f"), listOfModule(INIT, KEPT)))).toEqual(
      answers(
        "error ambiguous: .text+0: symbol f is ambiguous: it stands 2 times in m",
        "  used by 1 relocation, first in patched",
      ),
    );
  });

  test.each([
    ["absolute", ABSOLUTE, "absolute.c, which is in no section", "absolute.c"],
    ["absolute, from no file", "f - ax", "another symbol, which is in no section", "list:5"],
    ["not loaded", UNLOADED, ".debug_str+0x4", ".debug_str+0x4, list:5"],
  ])("the same goes for one that is %s", (_, symbol, shown) => {
    const [message, first] = messages(run(annotated(1), listOfModule(symbol, KEPT)));
    expect(message).toBe(
      `error position: .klp.module_relocs.m+0: f of m cannot be a livepatch symbol: position 1 is ${shown} while m comes up, and .text+0x10, kept.c once it is live`,
    );
    expect(first).toMatch(/^ {2}m \(.*list:5\): cannot be used: it is absolute or in no loaded/);
  });

  test("those behind it shift, those before it do not", () => {
    const list = listOfModule(KEPT, INIT, KEPT_TOO);
    expect(livepatchNames(run(annotated(1), list))).toHaveLength(1);
    const notes = [
      `  m, position 1 (.text+0x10, kept.c, list:5): ${paste(1)}`,
      `  m (.init.text+0x8, init.c, list:6): cannot be used: ${FREED}`,
      "  m (.text+0x20, too.c, list:7): cannot be used: it is position 3 while m comes up, and 2 once it is live",
    ];
    const head = "error position: .klp.module_relocs.m+0: f of m cannot be a livepatch symbol:";
    expect(messages(run(annotated(2), list))).toEqual([
      `${head} position 2 is .init.text+0x8, init.c while m comes up, and .text+0x20, too.c once it is live`,
      ...notes,
    ]);
    expect(messages(run(annotated(3), list))).toEqual([
      `${head} position 3 is .text+0x20, too.c while m comes up, and none once it is live`,
      ...notes,
    ]);
  });

  test("an annotated name is refused likewise", () => {
    const name = ".klp.sym.rela.n.m.f.1";
    expect(messages(run(uses(name), listOfModule(INIT, KEPT)))).toEqual(
      answers(
        "error position: .text+0: f of m cannot be a livepatch symbol: position 1 is .init.text+0x8, init.c while m comes up, and .text+0x10, kept.c once it is live",
      ),
    );
    expect(messages(run(uses(name), listOfModule(KEPT, INIT)))).toEqual([]);
  });
});

describe("each candidate of an ambiguous name, when what it says is written,", () => {
  const LIST = listOf(
    "order=kallsyms",
    "*vmlinux",
    "f ffffffff81000010 t a.c",
    "zulu ffffffff81000018 t a.c",
    "f ffffffff81000020 t b.c",
    "f.isra.0 ffffffff81000030 t a.c",
    "f.isra.0 ffffffff81000040 t b.c",
    "*m order=symtab",
    KEPT,
    INIT,
    KEPT_TOO,
    "*9p order=symtab",
    "f .text+0x50 t",
  );

  test.each(["f", "f.isra.0"])("is accepted and means that symbol: %s", (name) => {
    const refused = run(uses(name), LIST);
    const [head, usedBy, ...notes] = messages(refused);
    expect(head).toMatch(/^error ambiguous: /);
    expect(usedBy).toMatch(/^ {2}used by /);
    let accepted = 0;
    for (const note of notes) {
      const [, object = "", address = ""] = /^ {2}([^ ,]+)(?:, position \d+)? \(([^,)]+)/.exec(
        note,
      )!;
      const line = /KLP_MODULE_RELOC\((.*?)\) .*KLP_SYMPOS\((.*?), (\d+)\)/.exec(note);
      const declared = /asm\("(.*?)"\)/.exec(note)?.[1];
      const module: Intermediate | undefined =
        line !== null
          ? { ...uses(name), annotations: { [line[1]!]: [[line[2]!, Number(line[3])]] } }
          : declared === undefined
            ? undefined
            : uses(declared);
      if (module === undefined) {
        expect(note).toContain(": cannot be used: ");
        continue;
      }
      accepted++;
      const result = run(module, LIST);
      expect(messages(result)).toEqual([]);
      expect(result.report.symbols).toMatchObject([{ object, address, decision: "livepatch" }]);
    }
    expect(accepted).toBe(name === "f" ? 4 : 2);
  });
});

const LIVE = [
  "warning unverified-live: positions in m are those of the module as it is loaded, and may be others while it comes up",
  "  give m's file too, the .ko: it has both",
];

describe("positions in a module that only kallsyms knows are warned of", () => {
  const kallsyms =
    "ffffffff81000010 t zulu\nffffffffc0000020 t f\t[m]\nffffffffc0000010 t g\t[m]\n";

  test("whatever they are, once for each module", () => {
    const result = run(uses("zulu", "f", "g"), kallsyms);
    expect(livepatchNames(result)).toEqual([
      ".klp.sym.vmlinux.zulu,0: only vmlinux has it, once",
      ".klp.sym.m.f,0: only m has it, once",
      ".klp.sym.m.g,0: only m has it, once",
    ]);
    expect(messages(result)).toEqual(LIVE);
    expect(messages(run(annotated(1), kallsyms))).toEqual(LIVE);
    const two = run(uses("f", "h"), `${kallsyms}ffffffffc0000100 t h\t[n]\n`);
    expect(messages(two)).toEqual([...LIVE, ...LIVE.map((line) => line.replace(/\bm\b/, "n"))]);
  });

  test("but not in vmlinux, nor in a module that nothing is bound to", () => {
    expect(messages(run(uses("zulu"), kallsyms))).toEqual([]);
  });

  test("but not if a source has the module's file", () => {
    const sources = new SymbolSources();
    sources.add({ file: "kallsyms", bytes: Buffer.from(kallsyms) });
    const list = listOf("order=symtab", "*m", "f .text+0x20 t", "g .text+0x10 t");
    sources.add({ file: "list", bytes: Buffer.from(list) });
    const result = convert(buildIntermediate(uses("f", "zulu")), { symbols: sources });
    expect(livepatchNames(result)).toHaveLength(2);
    expect(messages(result)).toEqual([]);
  });
});

describe("a symbol that only a module has is warned of where vmlinux is not known:", () => {
  const M = "f .text+0x10 t";

  test.each([
    ["a 0.2 list without it", listOf("order=symtab", "*m", M)],
    [
      "one that has some of its names",
      listOf("order=symtab", "*vmlinux names=some", "x - t", "*m", M),
    ],
    ["one that has its exports", listOf("order=symtab", "*vmlinux", "__ksymtab_x - -", "*m", M)],
  ])("%s", (_, list) => {
    const result = run(uses("f"), list);
    expect(livepatchNames(result)).toEqual([".klp.sym.m.f,0: only m has it, once"]);
    expect(messages(result)).toEqual(UNKNOWN_VMLINUX);
  });

  test("but not for a 0.1 list, which is taken for all there is, nor where it is", () => {
    const old = "klp-convert-symbol-data.0.1\n*m\nf\n";
    expect(messages(run(uses("f"), old))).toEqual([]);
    expect(messages(run(uses("f"), listOf("order=symtab", "*vmlinux", "x - t", "*m", M)))).toEqual(
      [],
    );
  });

  test("two 0.1 lists are not all there is", () => {
    const sources = new SymbolSources();
    for (const object of ["m", "n"]) {
      const bytes = Buffer.from(`klp-convert-symbol-data.0.1\n*${object}\nf_${object}\n`);
      sources.add({ file: object, bytes });
    }
    const result = convert(buildIntermediate(uses("f_m", "f_n")), { symbols: sources });
    expect(messages(result)).toEqual([
      "warning unverified-owner: 2 symbols resolved without knowing what vmlinux has: f_m of m, f_n of n",
      UNKNOWN_VMLINUX[1],
    ]);
  });

  test("but not for what an annotation says, nor for what vmlinux exports", () => {
    expect(messages(run(annotated(0), listOfModule(KEPT)))).toEqual([]);
    const list = listOf("order=symtab", "*vmlinux", "__ksymtab_x - -", "*m", M);
    expect(messages(run({ ...uses("f", "x"), annotations: { m: [["f", 0]] } }, list))).toEqual([]);
  });

  test("with up to five of the names", () => {
    const names = ["a", "b", "c", "d", "e", "g"];
    const list = listOf("order=symtab", "*m", ...names.map((name) => `${name} - t`));
    const of = (some: readonly string[]) => some.map((name) => `${name} of m`).join(", ");
    const head = (count: number) =>
      `warning unverified-owner: ${count} symbols resolved without knowing what vmlinux has: `;
    const five = names.slice(0, 5);
    expect(messages(run(uses(...five), list))[0]).toBe(`${head(5)}${of(five)}`);
    expect(messages(run(uses(...names), list))[0]).toBe(`${head(6)}${of(five)}, …`);
  });
});

describe("annotations of an object of which not all is known", () => {
  const limited = (...symbols: string[]) =>
    listOf("order=symtab", "*vmlinux", "x - t", "*m names=some", ...symbols);
  const PARTLY_UNCHECKED =
    "warning unverified: symbols of object m are not checked: list does not have all of its symbols";
  const UNCHECKED =
    "warning unverified: symbols of object m are not checked: list does not have the object";

  test("are checked if the name is there", () => {
    expect(messages(run(annotated(1), limited(KEPT, KEPT_TOO)))).toEqual([]);
    expect(messages(run(annotated(3), limited(KEPT, KEPT_TOO)))[0]).toBe(
      "error annotation-position: .klp.module_relocs.m+0: the annotation says position 3 of f, but m has it 2 times",
    );
    expect(messages(run(annotated(0), limited(KEPT, KEPT_TOO)))[0]).toBe(
      "error annotation-position: .klp.module_relocs.m+0: the annotation says that f is unique, but m has it 2 times",
    );
    expect(messages(run(annotated(1), limited(INIT)))).toEqual([
      `error position: .klp.module_relocs.m+0: f of m cannot be a livepatch symbol: ${FREED}`,
    ]);
    expect(messages(run(uses(".klp.sym.rela.n.m.f.3"), limited(KEPT)))[0]).toBe(
      "error annotation-position: .text+0: the annotation says position 3 of f, but m has it once",
    );
  });

  test("are not if it is not, and that is said", () => {
    const unknown: [string, string][] = [
      [limited("g .text+0x0 t"), PARTLY_UNCHECKED],
      [listOf("", "*vmlinux", "x - t"), UNCHECKED],
    ];
    for (const [list, said] of unknown) {
      for (const module of [annotated(7), uses(".klp.sym.rela.n.m.f.7")]) {
        const result = run(module, list);
        expect(livepatchNames(result)).toHaveLength(1);
        expect(messages(result)).toEqual([said]);
      }
    }
  });

  test("are refused if all is known and the name is not there", () => {
    expect(messages(run(annotated(1), listOf("order=symtab", "*m", "g .text+0x0 t")))[0]).toBe(
      "error unknown-symbol: .text+0: the annotation says that f is m's, but list does not have it there",
    );
  });
});

describe("the order of a list is doubted", () => {
  const NOTE = [
    "note unverified-order: positions in m are unverified: its names stand in alphabetical order in list, which is not the kernel's",
    "  f at 1",
    "  klp-convert symbols makes a list in the kernel's order",
  ];
  const old = (...lines: string[]) => ["klp-convert-symbol-data.0.1", ...lines, ""].join("\n");
  const sorted = ["alpha", "f", "f", "zulu"];
  const unsorted = ["zulu", "f", "alpha", "f"];
  const records = (names: readonly string[]) => names.map((name) => `${name} - t`);

  test.each([
    ["0.1, sorted by bytes", old("*m", ...sorted), true],
    ["0.1, sorted as a locale does", old("*m", "_Alpha", "f", "__F", "f", "Zulu"), true],
    ["0.1, sorted without looking at case", old("*m", "Alpha", "f", "f", "_G", "Zulu"), true],
    ["0.1, in no order", old("*m", ...unsorted), false],
    ["0.1, with nothing but homonyms", old("*m", "f", "f"), false],
    ["0.2 of unknown order, sorted", listOf("", "*m", ...records(sorted)), true],
    ["0.2 that says so, sorted", listOf("order=unknown", "*m", ...records(sorted)), true],
    ["0.2 of unknown order, in none", listOf("", "*m", ...records(unsorted)), false],
    ["0.2 in symbol table order, sorted", listOf("", "*m order=symtab", ...records(sorted)), false],
    ["another object's, sorted", old("*m", ...unsorted, "*n", ...sorted), false],
  ])("%s: %#", (_, list, isDoubted) => {
    const result = run({ ...uses("f"), annotations: { m: [["f", 1]] } }, list);
    expect(livepatchNames(result)).toHaveLength(1);
    expect(messages(result)).toEqual(isDoubted ? NOTE : []);
  });

  test("but not if it is that of kallsyms, which leaves another doubt", () => {
    const list = listOf("order=kallsyms", "*m", ...records(sorted));
    const result = run({ ...uses("f"), annotations: { m: [["f", 1]] } }, list);
    expect(livepatchNames(result)).toHaveLength(1);
    expect(messages(result)).toEqual(LIVE);
  });

  test.each([
    ["last", ["*m", "f", "f", "zulu", "__ksymtab_f"], true],
    ["among the names", ["*m", "f", "f", "__ksymtab_f", "zulu"], true],
    ["all at once, in no order", ["*m", "f", "__ksymtab_z", "f", "__ksymtab_f", "zulu"], true],
    ["before names in no order", ["*m", "__ksymtab_f", "zulu", "f", "f"], false],
    ["beside one name only", ["*m", "f", "f", "__ksymtab_f"], false],
  ])("whatever stands where of exports: %s", (_, lines, isDoubted) => {
    const result = run({ ...uses("f"), annotations: { m: [["f", 1]] } }, old(...lines));
    expect(livepatchNames(result)).toHaveLength(1);
    expect(messages(result)).toEqual(isDoubted ? NOTE : []);
  });

  test("only where a position above 0 is taken from it", () => {
    expect(messages(run(uses("alpha", "zulu"), old("*m", ...sorted)))).toEqual([]);
  });

  test("once for an object, with up to five of the positions", () => {
    const names = ["a", "b", "c", "d", "e", "g"];
    const list = old("*m", ...names.flatMap((name) => [name, name]), "*n", "a", "x", "x");
    const entries = names.map((name) => [name, 2] as const);
    const five = names.slice(0, 5);
    const few = run({ ...uses(...five), annotations: { m: entries.slice(0, 5) } }, list);
    expect(messages(few)[1]).toBe("  a at 2, b at 2, c at 2, d at 2, e at 2");
    const all = run({ ...uses(...names, "x"), annotations: { m: entries, n: [["x", 1]] } }, list);
    expect(messages(all)).toEqual([
      NOTE[0],
      "  a at 2, b at 2, c at 2, d at 2, e at 2, …",
      NOTE[2],
      NOTE[0]!.replace(" m ", " n "),
      "  x at 1",
      NOTE[2],
    ]);
  });
});
