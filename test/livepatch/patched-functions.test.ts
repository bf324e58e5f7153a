// SPDX-License-Identifier: GPL-2.0-only

// The functions that a patch replaces, and those it puts in their place: what the kernel would say.

import { describe, expect, test } from "vitest";
import { type ConvertOptions, type ConvertResult, convert } from "../../src/index.js";
import { SHF, STB, STT, type SymbolDescription } from "../elf-builder.js";
import { LAYOUTS } from "./intermediate.js";
import { listOf, messages } from "./messages.js";
import { debugInfoOf, type FuncData, ModuleData, type ObjectData } from "./patch-data.js";

const symbolsOf = (list: string | undefined): ConvertOptions =>
  list === undefined ? {} : { symbols: { file: "list", bytes: Buffer.from(list, "latin1") } };

/** Converts a module that patches `objects`, and says it by the relocations in its data. */
function run(objects: readonly ObjectData[], list: string | undefined): ConvertResult {
  const data = new ModuleData();
  data.patch({ objects });
  return convert(data.build(), { file: "in.ko", ...symbolsOf(list) });
}

const replacing = (object: string | null, ...funcs: readonly (FuncData | string)[]) => [
  { name: object, funcs },
];

/** Nothing is said but that there is nothing to convert. */
const QUIET = ["note nothing-to-convert: nothing to convert: the module stays as it is"];

/** All that is said of a module that is refused. */
function refusal(objects: readonly ObjectData[], list: string): string[] {
  const result = run(objects, list);
  expect(result.output).toBeUndefined();
  return messages(result);
}

const LIST = listOf(
  "order=kallsyms",
  "*vmlinux",
  "show ffffffff81000010 t a.c",
  "zulu ffffffff81000018 t z.c",
  "show ffffffff81000020 t b.c",
  "early ffffffff81000030 tf main.c",
  "zero 0000000000000000 t",
  "*snd_hda order=symtab",
  "probe .text+0x10 t one.c",
  "alpha .text+0x18 t one.c",
  "probe .init.text+0x8 ti two.c",
  "setup .init.text+0x10 ti two.c",
  "late .init.text+0x20 ti one.c",
  "late .text+0x20 t two.c",
  "gone - ax",
);
const SHOWS = [
  "  vmlinux, position 1 (ffffffff81000010, a.c, list:3): .old_sympos = 1",
  "  vmlinux, position 2 (ffffffff81000020, b.c, list:5): .old_sympos = 2",
];

describe("a function that the kernel will find is taken silently:", () => {
  test.each<[string, readonly ObjectData[]]>([
    ["one that vmlinux has once", replacing(null, "zulu")],
    [
      "one at position 1, which the kernel takes for 0",
      replacing(null, { name: "zulu", position: 1 }),
    ],
    ["a homonym", replacing(null, { name: "show", position: 2 })],
    ["two homonyms", replacing(null, { name: "show", position: 1 }, { name: "show", position: 2 })],
    ["one of a module", replacing("snd_hda", "alpha")],
    ["a homonym that lasts", replacing("snd_hda", { name: "probe", position: 1 })],
    ["none at all", replacing("snd_hda")],
  ])("%s", (_, objects) => {
    expect(messages(run(objects, LIST))).toEqual(QUIET);
  });
});

describe("an object of the patch is refused that the kernel would never find:", () => {
  const said = (name: string, place: string) =>
    `error object-name: ${place}: the patch calls an object ${name}: the kernel would look for a module of that name, which there never is, and patch nothing`;

  test("a module by the name of its file", () => {
    expect(messages(run(replacing("snd-hda", "alpha"), LIST))).toEqual([
      said("snd-hda", ".data.rel+312"),
      '  write .name = "snd_hda"',
    ]);
  });

  test("once, whatever it was read from, in several patches too", () => {
    const objects = replacing("snd-hda", "alpha");
    const described = new ModuleData();
    const made = described.patch({ objects });
    described.patch({ objects, prefix: "b_" });
    const ofObjtool = new ModuleData();
    ofObjtool.klpSections(objects);
    const twice = new ModuleData();
    for (const prefix of ["a_", "b_"]) twice.patch({ objects, prefix });
    for (const [bytes, place] of [
      [described.build({}, debugInfoOf(made)), ".data.rel+312"],
      [ofObjtool.build(), ".init.klp_objects+0"],
      [twice.build(), ".data.rel+312"],
    ] as const) {
      expect(messages(convert(bytes, symbolsOf(LIST)))).toEqual([
        said("snd-hda", place),
        '  write .name = "snd_hda"',
      ]);
    }
  });

  test("vmlinux by its name", () => {
    expect(messages(run(replacing("vmlinux"), LIST))).toEqual([
      said("vmlinux", ".data.rel+8"),
      "  leave .name out: the object without a name is vmlinux",
    ]);
  });
});

describe("a function that the object does not have", () => {
  const USES = "  livepatch would not find the function to replace, and refuse the patch";
  const IF_RIGHT =
    "  if the name is right, list is not of the kernel the patch is for, or lacks the object that has it";
  const unknown = (at: number, name: string, object: string) =>
    `error unknown-symbol: .data.rel+${at}: the patch says that ${name} is ${object}'s, but list does not have it there`;

  test("is refused with near names", () => {
    const list = listOf("order=kallsyms", "*vmlinux", "ext4_show ffffffff81000010 t", "x 1 t");
    expect(refusal(replacing(null, "ext4_shw"), list)).toEqual([
      unknown(8, "ext4_shw", "vmlinux"),
      USES,
      "  near: ext4_show, in vmlinux",
      IF_RIGHT,
    ]);
  });

  test("is refused at its place, each of them, of whatever object", () => {
    const objects = [
      { name: null, funcs: ["zulu", "nowhere_1"] },
      { name: "snd_hda", funcs: ["nowhere_2"] },
    ];
    expect(refusal(objects, LIST)).toEqual([
      unknown(8 + 19 * 8, "nowhere_1", "vmlinux"),
      USES,
      IF_RIGHT,
      unknown(8 + 3 * 19 * 8, "nowhere_2", "snd_hda"),
      USES,
      IF_RIGHT,
    ]);
  });

  test("is that object's and nobody else's", () => {
    const list = LIST.replace("*snd_hda", "alpha ffffffff81000050 t\n*snd_hda");
    expect(refusal(replacing("snd_hda", { name: "alpha", position: 2 }), list)[0]).toBe(
      "error function-position: .data.rel+8: the patch replaces alpha at position 2, but snd_hda has it once",
    );
    expect(messages(run(replacing("snd_hda", "alpha"), list))).toEqual(QUIET);
    expect(messages(run(replacing(null, "alpha"), list))).toEqual(QUIET);
  });

  test("is told with its symbol, in messages as data", () => {
    const { diagnostics } = run(replacing(null, "nowhere"), LIST);
    expect(diagnostics[0]).toMatchObject({ section: ".data.rel", offset: 8, symbol: "nowhere" });
  });

  // A KLP_MODULE_RELOC or an asm() says nothing of what is replaced.
  test.each([
    ["of a function of another object", "snd_hda", "zulu", "near: zulu, in vmlinux"],
    [
      "of the compiler's variant",
      null,
      "handle",
      'near: handle.isra.0, in vmlinux: .old_name = "handle.isra.0"',
    ],
  ])("is told the name %s, and what to write in a klp_func", (_, object, name, near) => {
    const list = LIST.replace("*snd_hda", "handle.isra.0 ffffffff81000040 t\n*snd_hda");
    const [error, uses, first, ...notes] = refusal(replacing(object, name), list);
    expect(error).toBe(unknown(8, name, object ?? "vmlinux"));
    expect(uses).toBe(USES);
    expect(first).toBe(`  ${near}`);
    expect(notes.filter((note) => /KLP_MODULE_RELOC|asm\(/.test(note))).toEqual([]);
  });

  test("of a module is looked for without knowing vmlinux, and that is said", () => {
    const list = listOf("order=symtab", "*m", "alpha .text+0x0 t");
    expect(refusal(replacing("m", "beta"), list)).toEqual([
      unknown(8, "beta", "m"),
      USES,
      IF_RIGHT,
      "  vmlinux is not in it, or not all of it: give a source that has; of what vmlinux exports Module.symvers is enough",
    ]);
  });
});

describe("a position", () => {
  test("has to be said of a homonym", () => {
    expect(refusal(replacing(null, "zulu", "show"), LIST)).toEqual([
      "error function-position: .data.rel+160: the patch replaces show without saying which, and vmlinux has it 2 times",
      ...SHOWS,
    ]);
  });

  test("is too high", () => {
    expect(refusal(replacing(null, { name: "show", position: 3 }), LIST)).toEqual([
      "error function-position: .data.rel+8: the patch replaces show at position 3, but vmlinux has it 2 times",
      ...SHOWS,
    ]);
    expect(refusal(replacing(null, { name: "zulu", position: 2 }), LIST)).toEqual([
      "error function-position: .data.rel+8: the patch replaces zulu at position 2, but vmlinux has it once",
      "  vmlinux, position 0 (ffffffff81000018, z.c, list:4): .old_sympos = 0",
    ]);
  });

  test("does not last", () => {
    const PROBES = [
      "  snd_hda, position 1 (.text+0x10, one.c, list:9): .old_sympos = 1",
      "  snd_hda (.init.text+0x8, two.c, list:11): cannot be used: it is in init memory, which is freed once snd_hda is live",
    ];
    expect(refusal(replacing("snd_hda", { name: "probe", position: 2 }), LIST)).toEqual([
      "error function-position: .data.rel+8: probe of snd_hda cannot be replaced: it is in init memory, which is freed once snd_hda is live",
      ...PROBES,
    ]);
    expect(refusal(replacing("snd_hda", "probe"), LIST)).toEqual([
      "error function-position: .data.rel+8: the patch replaces probe without saying which, and snd_hda has it 2 times",
      ...PROBES,
    ]);
    const LATE = [
      "  snd_hda (.init.text+0x20, one.c, list:13): cannot be used: it is in init memory, which is freed once snd_hda is live",
      "  snd_hda (.text+0x20, two.c, list:14): cannot be used: it is position 2 while snd_hda comes up, and 1 once it is live",
    ];
    expect(refusal(replacing("snd_hda", { name: "late", position: 1 }), LIST)).toEqual([
      "error function-position: .data.rel+8: late of snd_hda cannot be replaced: position 1 is .init.text+0x20, one.c while snd_hda comes up, and .text+0x20, two.c once it is live",
      ...LATE,
    ]);
    expect(refusal(replacing("snd_hda", { name: "late", position: 2 }), LIST)).toEqual([
      "error function-position: .data.rel+8: late of snd_hda cannot be replaced: position 2 is .text+0x20, two.c while snd_hda comes up, and none once it is live",
      ...LATE,
    ]);
  });

  test.each([
    ["setup", "snd_hda", "it is in init memory, which is freed once snd_hda is live"],
    [
      "gone",
      "snd_hda",
      "it is absolute or in no loaded section, and the kernel forgets it once snd_hda is live",
    ],
    ["early", null, "it is in init memory, which vmlinux frees when it is up"],
    ["zero", null, "it is at address 0, which livepatch takes for not found"],
  ])("of what cannot be replaced at all helps nobody: %s", (name, object, why) => {
    for (const position of [0, 1]) {
      expect(refusal(replacing(object, { name, position }), LIST)).toEqual([
        `error function-position: .data.rel+8: ${name} of ${object ?? "vmlinux"} cannot be replaced: ${why}`,
      ]);
    }
  });

  test("has candidates in a list that says nothing but names", () => {
    const list = "klp-convert-symbol-data.0.1\n*vmlinux\nshow\nalpha\nshow\n";
    expect(refusal(replacing(null, "show"), list)).toEqual([
      "error function-position: .data.rel+8: the patch replaces show without saying which, and vmlinux has it 2 times",
      "  vmlinux, position 1 (list:3): .old_sympos = 1",
      "  vmlinux, position 2 (list:5): .old_sympos = 2",
    ]);
  });

  test("is judged wherever it was read from", () => {
    const expected = "the patch replaces show without saying which, and vmlinux has it 2 times";
    for (const layout of LAYOUTS) {
      const described = new ModuleData({ layout });
      const debug = debugInfoOf(described.patch({ objects: replacing(null, "show") }));
      const ofObjtool = new ModuleData({ layout });
      ofObjtool.klpSections(replacing(null, "show"));
      for (const [bytes, place] of [
        [described.build({}, debug), { section: ".data.rel", offset: layout.class / 8 }],
        [ofObjtool.build(), { section: ".init.klp_funcs", offset: 0 }],
      ] as const) {
        const { diagnostics } = convert(bytes, symbolsOf(LIST));
        expect(diagnostics[0]).toMatchObject({
          code: "function-position",
          message: expected,
          ...place,
        });
      }
    }
  });
});

describe("what the symbols do not say is not judged, and that is said:", () => {
  const unchecked = (object: string, what: string) =>
    `warning unverified-function: functions of ${object} that the patch replaces are not checked: list does not have ${what}`;

  test("an object that they do not have, once", () => {
    const objects = [
      { name: "ext4", funcs: ["f", { name: "g", position: 7 }] },
      { name: "snd_hda", funcs: ["alpha"] },
      { name: "xfs", funcs: ["f"] },
      { name: "btrfs", funcs: [] },
    ];
    expect(messages(run(objects, LIST))).toEqual([
      unchecked("ext4", "the object"),
      unchecked("xfs", "the object"),
      ...QUIET,
    ]);
  });

  test("an object of which they have only some names, of which those are judged", () => {
    const list = listOf("order=symtab names=some", "*m", "f .text+0x0 t", "f .text+0x8 t");
    expect(messages(run(replacing("m", "other"), list))).toEqual([
      unchecked("m", "all of its symbols"),
      ...QUIET,
    ]);
    expect(refusal(replacing("m", "other", "f"), list)).toEqual([
      unchecked("m", "all of its symbols"),
      "error function-position: .data.rel+160: the patch replaces f without saying which, and m has it 2 times",
      "  m, position 1 (.text+0x0, list:3): .old_sympos = 1",
      "  m, position 2 (.text+0x8, list:4): .old_sympos = 2",
    ]);
  });

  test("but not an object of which they have the very names", () => {
    const list = listOf("names=some", "*m", "f .text+0x0 t");
    expect(messages(run(replacing("m", "f"), list))).toEqual(QUIET);
  });

  test("an object of which they have only exports", () => {
    const symbols = {
      file: "list",
      bytes: Buffer.from("0x00000001\tf\tfs/m\tEXPORT_SYMBOL\t\n", "latin1"),
    };
    const data = new ModuleData();
    data.patch({ objects: replacing("m", "g") });
    expect(messages(convert(data.build(), { symbols }))).toEqual([
      unchecked("m", "all of its symbols"),
      ...QUIET,
    ]);
  });

  test("nothing without symbols", () => {
    expect(messages(run(replacing(null, "nowhere"), undefined))).toEqual(QUIET);
  });

  test("nothing of a patch that is only stated", () => {
    const options = { patchedObjects: ["vmlinux", "xfs"], ...symbolsOf(LIST) };
    expect(messages(convert(new ModuleData().build(), options))).toEqual(QUIET);
  });
});

describe("the function that replaces another", () => {
  const NOTE =
    "  kernel and tools learn from symbols where a function ends; livepatch checks stacks by that";
  const NO_SYMBOL = [NOTE, "  do not strip it: strip --strip-debug keeps what is needed"];
  const NO_SIZE = [NOTE, "  say its size in assembly: .size NAME, .-NAME"];

  /** What is said where a patch puts in `replacement`, made in the data, with symbols beside it. */
  function said(
    replacement: (data: ModuleData) => FuncData["replacement"],
    symbols: readonly SymbolDescription[] = [],
  ): string[] {
    const data = new ModuleData();
    // Something is in front of it.
    data.func("before");
    data.patch({ objects: replacing(null, { name: "zulu", replacement: replacement(data)! }) });
    const bytes = data.build({
      undefined: ["elsewhere"],
      symbols,
      sections: [{ name: ".text.other", flags: SHF.ALLOC | SHF.EXECINSTR, size: 64 }],
    });
    const { diagnostics, output } = convert(bytes);
    const result = { diagnostics: diagnostics.filter(({ code }) => code !== "assumed-exported") };
    expect(output === undefined).toBe(diagnostics.some(({ severity }) => severity === "error"));
    return messages(result);
  }
  const at = (value: number, more: Partial<SymbolDescription> = {}): SymbolDescription => ({
    name: "another",
    section: ".text.new",
    value,
    type: STT.FUNC,
    bind: STB.LOCAL,
    ...more,
  });

  test("has to have a symbol, also where there is no list", () => {
    expect(said((data) => data.func(undefined))).toEqual([
      "error replacement-symbol: .data.rel+8: the function that replaces zulu, at .text.new+0x18, has no symbol",
      ...NO_SYMBOL,
    ]);
  });

  test.each<[string, readonly SymbolDescription[]]>([
    ["a section's", [at(24, { type: STT.SECTION, size: 16 })]],
    ["a file's", [at(24, { type: STT.FILE, size: 16 })]],
    ["one without a name", [at(24, { name: "", size: 16 })]],
    ["one of the byte before", [at(23, { size: 17 })]],
    ["one of the byte behind", [at(25, { size: 15 })]],
    ["one of another section", [at(24, { section: ".text.other", size: 16 })]],
    ["an absolute one", [at(24, { section: "abs", size: 16 })]],
  ])("has none in %s", (_, symbols) => {
    expect(said((data) => data.func(undefined), symbols)).toEqual([
      "error replacement-symbol: .data.rel+8: the function that replaces zulu, at .text.new+0x18, has no symbol",
      ...NO_SYMBOL,
    ]);
  });

  test("has to have a size", () => {
    expect(said((data) => data.func("new_zulu", 0))).toEqual([
      "error replacement-symbol: .data.rel+8: the symbol of the function that replaces zulu, new_zulu at .text.new+0x18, has no size",
      ...NO_SIZE,
    ]);
  });

  test.each<[string, readonly SymbolDescription[]]>([
    ["global", [at(24, { size: 16, bind: STB.GLOBAL })]],
    ["weak", [at(24, { size: 16, bind: STB.WEAK })]],
    ["of no type", [at(24, { size: 16, type: STT.NOTYPE })]],
    ["behind one without", [at(24), at(24, { name: "alias", size: 1 })]],
    ["before one without", [at(24, { name: "alias", size: 1 }), at(24)]],
  ])("has one that is %s", (_, symbols) => {
    expect(said((data) => data.func(undefined), symbols)).toEqual(QUIET);
    expect(said((data) => data.func("none", 0), symbols)).toEqual(QUIET);
  });

  test("is found whether its symbol or its section is named", () => {
    for (const bySection of [false, true]) {
      for (const layout of LAYOUTS) {
        const data = new ModuleData({ bySection, layout });
        data.func("before", 0);
        data.patch({ objects: replacing(null, "zulu") });
        expect(messages(convert(data.build()))).toEqual(QUIET);
        const bad = new ModuleData({ bySection, layout });
        bad.func("before");
        bad.patch({ objects: replacing(null, { name: "zulu", replacement: bad.func("new", 0) }) });
        expect(convert(bad.build()).diagnostics[0]).toMatchObject({
          code: "replacement-symbol",
          section: ".data.rel",
          offset: data.word,
          symbol: "zulu",
        });
      }
    }
  });

  test("may be defined elsewhere", () => {
    expect(said(() => "elsewhere")).toEqual(QUIET);
    const data = new ModuleData();
    data.patch({ objects: replacing(null, { name: "f", replacement: "elsewhere" }, "g") });
    const { output, diagnostics } = convert(data.build({ undefined: ["elsewhere"] }));
    expect(output).toBeDefined();
    expect(diagnostics.map(({ code }) => code)).not.toContain("replacement-symbol");
  });

  test("is judged for each that it replaces", () => {
    const data = new ModuleData();
    const replacement = data.func("new", 0);
    const funcs = ["f", "g"].map((name) => ({ name, replacement }));
    data.patch({ objects: replacing(null, ...funcs) });
    expect(messages(convert(data.build())).filter((line) => line.startsWith("error"))).toEqual([
      "error replacement-symbol: .data.rel+8: the symbol of the function that replaces f, new at .text.new+0x8, has no size",
      "error replacement-symbol: .data.rel+160: the symbol of the function that replaces g, new at .text.new+0x8, has no size",
    ]);
  });
});
