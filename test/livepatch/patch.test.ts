// SPDX-License-Identifier: GPL-2.0-only

// What the patch patches, read from the module's own data, and what is said where it cannot be.

import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, onTestFinished, test } from "vitest";
import { type ConvertOptions, convert, type ReportedPatch } from "../../src/index.js";
import { buildElf, STB, STT, type SymbolDescription } from "../elf-builder.js";
import { FIXTURES, fixture } from "../fixtures.js";
import { type Intermediate, LAYOUTS } from "./intermediate.js";
import {
  debugInfoOf,
  type FuncData,
  LINUX_6_1,
  ModuleData,
  type ModuleDataOptions,
  type ObjectData,
  type PatchData,
  type StructLayouts,
  sized,
  type Variable,
} from "./patch-data.js";

const NO_FORM: ReportedPatch = {
  source: "unknown",
  reason: "nothing in the module's data has the form of a klp_patch",
  objects: null,
};

/** What the report says of the patch. */
function read(data: ModuleData, debug?: Parameters<ModuleData["build"]>[1]): ReportedPatch | null {
  return convert(data.build({}, debug)).report.patch;
}

/** The same of a module that has one patch. */
function readPatch(patch: PatchData, options?: ModuleDataOptions): ReportedPatch | null {
  const data = new ModuleData(options);
  data.patch(patch);
  return read(data);
}

/** What has to be read of objects that were written. */
function reported(
  source: ReportedPatch["source"],
  objects: readonly ObjectData[],
): Omit<ReportedPatch, "reason"> {
  return {
    source,
    objects: objects.map(({ name, funcs }) => ({
      name: name ?? "vmlinux",
      functions: (funcs ?? []).map((func) => {
        const { name, position = 0 }: FuncData = typeof func === "string" ? { name: func } : func;
        return { name: name ?? "", position: Number(position) };
      }),
    })),
  };
}

const VMLINUX_AND_EXT4: readonly ObjectData[] = [
  { name: null, funcs: ["cmdline_proc_show", { name: "show", position: 2 }] },
  { name: "ext4", funcs: [{ name: "ext4_show.isra.0", position: 1 }] },
];

describe.each(LAYOUTS)("by the relocations in a klp_patch: $name", (layout) => {
  test("objects, functions and positions are read", () => {
    const patch = readPatch({ objects: VMLINUX_AND_EXT4 }, { layout });
    expect(patch).toEqual(reported("layout", VMLINUX_AND_EXT4));
    expect(patch).not.toHaveProperty("reason");
  });

  test("whether pointers are by symbols or by sections, and how they say the module", () => {
    for (const bySection of [false, true]) {
      for (const thisModule of ["symbol", "section", "undefined"] as const) {
        const options = { layout, bySection, thisModule };
        expect(readPatch({ objects: VMLINUX_AND_EXT4 }, options), `${thisModule}`).toEqual(
          reported("layout", VMLINUX_AND_EXT4),
        );
      }
    }
  });

  test("wherever the arrays are, and one without functions in .bss", () => {
    const objects = [...VMLINUX_AND_EXT4, { name: "xfs", funcs: [] }];
    const sections = { patch: ".data", objs: ".data..read_mostly", funcs: ".data.rel.ro.local" };
    expect(readPatch({ objects }, { layout })).toEqual(reported("layout", objects));
    const { patch: _, ...elsewhere } = sections;
    expect(readPatch({ objects, sections: elsewhere }, { layout })).toEqual(
      reported("layout", objects),
    );
  });

  test("positions are read whole", () => {
    const most = layout.class === 64 ? 2 ** 52 + 1 : 2 ** 32 - 1;
    const objects = [
      {
        name: "m",
        funcs: [
          { name: "f", position: most },
          { name: "g", position: 258 },
        ],
      },
    ];
    expect(readPatch({ objects }, { layout })).toEqual(reported("layout", objects));
  });
});

describe("the sizes of the structs are read off the relocations:", () => {
  // Kernels' own: 64 and 32 bits, with and without kobjects for debugging, before 4.15 and since.
  const kernels = [
    [21, 19],
    [22, 19],
    [29, 24],
    [13, 12],
    [14, 13],
    [24, 20],
    [6, 3],
  ];
  const counts = [1, 2, 3, 5];

  test.each(kernels)("klp_object of %d words, klp_func of %d", (object, func) => {
    for (const objectCount of counts) {
      for (const funcCount of counts) {
        const objects = Array.from({ length: objectCount }, (_, i) => ({
          name: i === 0 ? null : `m${i}`,
          funcs: Array.from({ length: funcCount }, (_, j) => ({ name: `f${j}`, position: j })),
        }));
        const { mod, objs } = LINUX_6_1.patch;
        for (const size of [2, 7, 25]) {
          const structs = { ...sized(object, func), patch: { mod, objs, size } };
          expect(readPatch({ objects, structs })).toEqual(reported("layout", objects));
        }
      }
    }
  });

  test.each([[[0]], [[1]], [[3]], [[0, 1, 2, 3]]])("with callbacks %j", (callbacks) => {
    for (const names of [[null], ["m"], ["m", null, "n"], ["m", "n", "o", "p"]]) {
      const objects = names.map((name, i) => ({
        name,
        funcs: [`f${i}`],
        ...(i % 2 === 0 && { callbacks }),
      }));
      expect(readPatch({ objects })).toEqual(reported("layout", objects));
    }
  });

  test("an array of functions may be all zeros and not in .bss", () => {
    const data = new ModuleData();
    const { objs } = data.patch({ objects: [{ name: "m", funcs: null }] });
    data.pointer(objs, 8, data.variable("empty", 19 * 8, { section: ".data" + ".rel.ro" }));
    expect(read(data)).toEqual(reported("layout", [{ name: "m", funcs: [] }]));
  });

  test("a function without a new one is read, too", () => {
    // The module's code sets it, or an undefined symbol is what it will be.
    const data = new ModuleData();
    data.patch({ objects: [{ name: "m", funcs: [{ name: "f", replacement: "elsewhere" }] }] });
    const { report } = convert(data.build({ undefined: ["elsewhere"] }));
    expect(report.patch).toEqual(reported("layout", [{ name: "m", funcs: ["f"] }]));
  });

  const often = fc.integer({ min: 0, max: 9 }).map((number) => number > 0);
  /** Patches of those objects; with ends now and then left out, as authors do. */
  const patchesOf = (names: readonly (string | null)[]) =>
    fc.record({
      objects: fc.tuple(
        ...names.map((name) =>
          fc.record({
            name: fc.constant(name),
            funcs: fc.array(
              fc.record({ name: fc.stringMatching(/^[a-z]{1,4}$/), position: fc.nat(300) }),
              { maxLength: 4 },
            ),
            callbacks: fc.subarray([0, 1, 2, 3]),
          }),
        ),
      ),
      object: fc.integer({ min: 6, max: 30 }),
      func: fc.integer({ min: 3, max: 30 }),
      ends: fc.record({ objs: often, funcs: often }),
      bySection: fc.boolean(),
      layout: fc.constantFrom(...LAYOUTS),
    });

  test("any that could be is read right, or not at all", () => {
    let readable = 0;
    const generated = fc
      .uniqueArray(fc.constantFrom(null, "m", "n", "o"), { minLength: 1 })
      .chain(patchesOf);
    fc.assert(
      fc.property(generated, ({ objects, object, func, ends, ...options }) => {
        const patch = readPatch({ objects, structs: sized(object, func), ends }, options);
        if (patch?.objects === null) {
          expect(patch).toEqual(NO_FORM);
          return;
        }
        readable++;
        expect(patch).toEqual(reported("layout", objects));
      }),
      { numRuns: 150, seed: 1 },
    );
    expect(readable).toBeGreaterThan(80);
  });
});

describe("beside other data", () => {
  test("several patches are one, also where two patch one object", () => {
    const data = new ModuleData();
    data.patch({ objects: VMLINUX_AND_EXT4 });
    data.patch({
      prefix: "second_",
      objects: [
        { name: "ext4", funcs: ["third"] },
        { name: "xfs", funcs: ["f"] },
      ],
      structs: sized(24, 20),
    });
    const objects = [
      VMLINUX_AND_EXT4[0]!,
      { name: "ext4", funcs: [...VMLINUX_AND_EXT4[1]!.funcs!, "third"] },
      { name: "xfs", funcs: ["f"] },
    ];
    expect(read(data)).toEqual(reported("layout", objects));
  });

  /** Structs that begin with a pointer to their module, as struct file_operations does. */
  const others: Record<string, (data: ModuleData) => void> = {
    "functions behind the pointer": (data) => {
      const fops = data.variable("fops", 32 * 8);
      data.thisModule(fops, 0);
      for (const i of [1, 2, 5, 9]) data.pointer(fops, i * 8, data.func(`fop${i}`));
    },
    "nothing behind the pointer": (data) => data.thisModule(data.variable("owner", 64), 0),
    "the pointer at its end": (data) => {
      const protocol = data.variable("protocol", 24);
      data.pointer(protocol, 8, data.func("create"));
      data.thisModule(protocol, 16);
    },
    "a text": (data) => {
      const type = data.variable("type", 64);
      data.thisModule(type, 0);
      data.pointer(type, 8, data.text("name"));
    },
    "a variable of zeros": (data) => {
      const type = data.variable("type", 64);
      data.thisModule(type, 0);
      data.pointer(type, 8, data.variable("zeros", 336, { section: ".bss" }));
    },
    "an array of pointers": (data) => {
      const type = data.variable("type", 64);
      const array = data.variable("array", 64);
      data.thisModule(type, 0);
      data.pointer(type, 8, array);
      for (const i of [0, 1, 2]) data.pointer(array, i * 8, data.func(`attribute${i}`));
    },
    "an array of names and others": (data) => {
      const type = data.variable("type", 64);
      const array = data.variable("array", 3 * 48);
      data.thisModule(type, 0);
      data.pointer(type, 8, array);
      for (const i of [0, 1]) {
        data.pointer(array, i * 48, data.text(`name${i}`));
        data.pointer(array, i * 48 + 8, data.func(`show${i}`));
      }
    },
    "an undefined symbol": (data) => {
      const type = data.variable("type", 64);
      data.thisModule(type, 0);
      data.pointer(type, 8, "elsewhere");
    },
    itself: (data) => {
      const type = data.variable("type", 64);
      data.thisModule(type, 0);
      data.pointer(type, 8, type);
    },
  };
  const module: Intermediate = { undefined: ["elsewhere"] };

  test.each(Object.entries(others))("a struct with %s is no patch", (_, add) => {
    const data = new ModuleData();
    add(data);
    expect(convert(data.build(module)).report.patch).toEqual(NO_FORM);
  });

  test.each(Object.entries(others))("a patch is found beside one with %s", (_, add) => {
    for (const isFirst of [true, false]) {
      const data = new ModuleData();
      if (isFirst) add(data);
      data.patch({ objects: VMLINUX_AND_EXT4 });
      if (!isFirst) add(data);
      expect(convert(data.build(module)).report.patch).toEqual(
        reported("layout", VMLINUX_AND_EXT4),
      );
    }
  });

  test("code that has the module's address is none", () => {
    const data = new ModuleData();
    data.patch({ objects: VMLINUX_AND_EXT4, sections: { patch: ".text.data" } });
    expect(read(data)).toEqual(NO_FORM);
  });

  test("a patch is found behind many other pointers to the module", () => {
    const data = new ModuleData();
    const many = data.variable("many", 999 * 8);
    for (let i = 0; i < 999; i++) data.thisModule(many, i * 8);
    data.patch({ objects: VMLINUX_AND_EXT4 });
    expect(read(data)).toEqual(reported("layout", VMLINUX_AND_EXT4));
  });
});

describe("an array with room for more is unknown, since code may fill it:", () => {
  const two = [
    { name: "m", funcs: ["f", "g"] },
    { name: "n", funcs: ["f", "g"] },
  ];

  test.each<[string, NonNullable<PatchData["spare"]>, string]>([
    ["of objects", { objs: 1 }, "0x398"],
    ["of many objects", { objs: 7 }, "0x398"],
    ["of functions", { funcs: 1 }, "0x8"],
  ])("%s", (_, spare, at) => {
    expect(readPatch({ objects: two, spare })).toEqual(NO_FORM);
    const data = new ModuleData();
    expect(read(data, debugInfoOf(data.patch({ objects: two, spare })))).toEqual({
      source: "unknown",
      reason: `the array at .data.rel+${at} has room for more than is set before the module runs`,
      objects: null,
    });
  });

  test("but of one entry alone the relocations do not say its size", () => {
    const objects = [{ name: "m", funcs: ["f"] }];
    for (const spare of [{ objs: 1 }, { funcs: 2 }]) {
      expect(readPatch({ objects, spare })).toEqual(reported("layout", objects));
      const data = new ModuleData();
      expect(read(data, debugInfoOf(data.patch({ objects, spare })))?.objects).toBeNull();
    }
  });

  test("and an array is one entry longer than what is in it, whatever is behind it", () => {
    for (const sizes of [{}, { objs: null }, { funcs: null }, { objs: null, funcs: null }]) {
      const data = new ModuleData();
      const made = data.patch({ objects: two, sizes });
      data.variable("zeros", 4096);
      expect(read(data, debugInfoOf(made))).toEqual(reported("debug info", two));
    }
  });
});

describe("what the relocations leave open is unknown, not guessed:", () => {
  const two = [
    { name: "m", funcs: ["f"] },
    { name: "n", funcs: ["g"] },
  ];
  const broken: Record<string, PatchData> = {
    "objects without an end": { objects: two, ends: { objs: false } },
    "functions without an end": {
      objects: [{ name: "m", funcs: ["f", "g"] }],
      ends: { funcs: false },
    },
    "objects whose symbol has no size": { objects: two, sizes: { objs: null } },
    "functions whose symbol has no size": { objects: two, sizes: { funcs: null } },
    "objects of a size that is no multiple": { objects: two, sizes: { objs: 8 } },
    "functions of a size that is no multiple": {
      objects: [{ name: "m", funcs: ["f", "g"] }],
      sizes: { funcs: -8 },
    },
    "objects of an odd size": { objects: two, sizes: { objs: 1 } },
    "one object of an odd size": { objects: two.slice(1), sizes: { objs: 1 } },
    "one object without an end": {
      objects: two.slice(1),
      ends: { objs: false },
      structs: sized(23, 19),
    },
    "one function without an end": {
      objects: two.slice(1),
      ends: { funcs: false },
      structs: sized(21, 19),
    },
    "objects that reach past the end of the section": {
      objects: two,
      sizes: { objs: 0x10000 * 21 * 3 * 8 },
    },
    "objects of which one has no functions": { objects: [...two, { name: "o", funcs: null }] },
    "an object that has nothing but callbacks": {
      objects: [{ name: null, funcs: null, callbacks: [0] }, ...two],
    },
    "an object that has pointers behind its callbacks": {
      objects: [{ name: "m", funcs: ["f"], callbacks: [0, 4] }],
    },
    "no object": { objects: [] },
    "no array": { objects: two, isFilledLater: true },
    "a function without a name": { objects: [{ name: "m", funcs: ["f", { name: null }] }] },
    "a function without a new one": {
      objects: [{ name: "m", funcs: ["f", { name: "g", replacement: null }] }],
    },
    // Of four words, two objects could as well be one of six with two callbacks.
    "objects of two sizes that fit": {
      objects: [
        { name: null, funcs: ["f"] },
        { name: null, funcs: ["g"] },
      ],
      structs: sized(4, 19),
    },
    "an object of which a callback could be the next one's functions": {
      objects: [{ name: "m", funcs: ["f"], callbacks: [3] }],
      structs: sized(6, 19),
    },
  };

  test.each(Object.entries(broken))("%s", (_, patch) => {
    for (const layout of LAYOUTS) {
      // Sizes above are of 64 bits.
      if (patch.sizes !== undefined && layout.class !== 64) continue;
      for (const bySection of [false, true]) {
        expect(readPatch(patch, { layout, bySection })).toEqual(NO_FORM);
      }
    }
  });

  test.each([
    ["a name of an object with a dot", { name: "ext4.ko", funcs: ["f"] }],
    ["an empty one", { name: "", funcs: ["f"] }],
    ["one of 56 characters", { name: "m".repeat(56), funcs: ["f"] }],
    ["one with white space", { name: "a b", funcs: ["f"] }],
    ["one that is not ASCII", { name: "gr\xf6\xdfe", funcs: ["f"] }],
    ["an empty name of a function", { name: "m", funcs: [""] }],
    ["one of 512 characters", { name: "m", funcs: ["f".repeat(512)] }],
    ["one with white space", { name: "m", funcs: ["f g"] }],
    ["one with a control character", { name: "m", funcs: ["f\x01"] }],
  ])("%s", (_, object) => {
    expect(readPatch({ objects: [object] })).toEqual(NO_FORM);
  });

  test("but names as long as they can be are read", () => {
    const objects = [{ name: "m".repeat(55), funcs: ["f".repeat(511), "gr\xf6\xdfe", "a,b"] }];
    expect(readPatch({ objects })).toEqual(reported("layout", objects));
  });

  /** A patch of one function, of which one pointer is something else. */
  function patchWith(
    change: (data: ModuleData, at: { func: number; name: number }) => void,
  ): ReportedPatch | null {
    const data = new ModuleData();
    const funcs = data.variable("funcs", 2 * 24);
    const objs = data.variable("objs", 2 * 64);
    const patch = data.variable("patch", 64);
    data.thisModule(patch, 0);
    data.pointer(patch, 8, objs);
    data.pointer(objs, 8, funcs);
    data.pointer(funcs, 8, data.func("new"));
    change(data, { func: funcs.offset, name: funcs.offset });
    return read(data);
  }
  const funcs = { section: ".data.rel", offset: 8, symbol: "funcs" };

  test("a name that has no end in its section", () => {
    const named = (text: string, section: string) =>
      patchWith((data) => {
        const place = data.variable(undefined, 8, { section });
        for (const [i, char] of [...text].entries()) {
          data.long(place, i, char.charCodeAt(0), 1);
        }
        data.pointer(funcs, 0, place);
      });
    expect(named("seven_7\0", ".rodata.x")).toEqual(
      reported("layout", [{ name: null, funcs: ["seven_7"] }]),
    );
    expect(named("eight__8", ".rodata.x")).toEqual(NO_FORM);
    expect(named("", ".bss")).toEqual(NO_FORM);
  });

  test.each([
    ["before its section", -16],
    ["behind it", 64],
  ])("a name %s", (_, addend) => {
    const patch = patchWith((data) => data.pointer(funcs, 0, data.text("f"), addend));
    expect(patch).toEqual(NO_FORM);
  });

  test("a name that the linker is to find", () => {
    const data = new ModuleData();
    data.patch({ objects: [{ name: "m", funcs: [] }] });
    const patch = patchWith((inner) => inner.pointer(funcs, 0, "__this_module"));
    expect(patch).toEqual(NO_FORM);
    expect(read(data)).toEqual(reported("layout", [{ name: "m", funcs: [] }]));
  });

  test("a relocation that is no address, and two of one place", () => {
    const PC32 = 2;
    expect(patchWith((data) => data.pointer(funcs, 0, data.text("f"), 0, PC32))).toEqual(NO_FORM);
    const twice = patchWith((data) => {
      data.pointer(funcs, 0, data.text("f"));
      data.pointer(funcs, 0, data.text("g"));
    });
    expect(twice).toEqual(NO_FORM);
    const once = patchWith((data) => data.pointer(funcs, 0, data.text("f")));
    expect(once).toEqual(reported("layout", [{ name: null, funcs: ["f"] }]));
  });
});

describe("an object's name", () => {
  test("is vmlinux if there is none", () => {
    expect(readPatch({ objects: [{ name: null, funcs: [] }] })?.objects).toEqual([
      { name: "vmlinux", functions: [] },
    ]);
  });

  test("is spelled as the kernel does", () => {
    expect(readPatch({ objects: [{ name: "snd-hda-intel", funcs: [] }] })?.objects).toEqual([
      { name: "snd_hda_intel", functions: [] },
    ]);
  });
});

test.each(FIXTURES)("is read from what assemblers and linkers make: %s", (name) => {
  const { patch } = convert(fixture(name)).report;
  const demo = [
    { name: null, funcs: ["cmdline_proc_show"] },
    { name: "klp_demo", funcs: ["demo_read"] },
  ];
  const expected: Partial<Record<(typeof FIXTURES)[number], readonly ObjectData[]>> = {
    "x86_64-dup": [{ name: null, funcs: ["cmdline_proc_show", "vm_local_func_nested"] }],
    "x86_64-plain": [{ name: null, funcs: ["cmdline_proc_show"] }],
  };
  // The debug information in them has no structs.
  const source = name.endsWith("-objtool") ? "sections" : "layout";
  expect(patch).toEqual(reported(source, expected[name] ?? demo));
});

/** Nothing is where it is in the kernel; only DWARF can know. */
const ODD: StructLayouts = {
  patch: { mod: 3, objs: 5, size: 9 },
  object: { name: 4, funcs: 2, size: 7 },
  func: { old_name: 3, new_func: 1, old_sympos: 0, size: 5 },
};

describe.each(LAYOUTS)("from debug info: $name", (layout) => {
  /** What is read of a patch with debug information that says `said`. */
  function readDescribed(patch: PatchData, said = patch.structs, options: ModuleDataOptions = {}) {
    const data = new ModuleData({ layout, ...options });
    return read(data, debugInfoOf(data.patch(patch), said));
  }

  test("whatever the layout is", () => {
    for (const structs of [LINUX_6_1, sized(6, 3), ODD]) {
      for (const bySection of [false, true]) {
        const patch = readDescribed({ objects: VMLINUX_AND_EXT4, structs }, structs, { bySection });
        expect(patch).toEqual(reported("debug info", VMLINUX_AND_EXT4));
      }
    }
  });

  test("what the relocations would leave open", () => {
    const objects = [
      { name: null, funcs: ["f", "g"] },
      { name: "m", funcs: [] },
      { name: "n", funcs: ["f"] },
    ];
    const sizes = { objs: null, funcs: null };
    expect(readDescribed({ objects, sizes })).toEqual(reported("debug info", objects));
    const structs = sized(4, 3);
    expect(readDescribed({ objects, structs }, structs)).toEqual(reported("debug info", objects));
  });

  test("of a kernel in which functions have no position", () => {
    const { old_sympos: _, ...func } = LINUX_6_1.func;
    const structs = { ...LINUX_6_1, func: { ...func, old_sympos: undefined } };
    const objects = [{ name: "m", funcs: ["f", "g"] }];
    const data = new ModuleData({ layout });
    const made = data.patch({ objects, structs });
    data.long({ ...made.patch, offset: 0 }, 0, 7);
    expect(read(data, debugInfoOf(made, structs))).toEqual(reported("debug info", objects));
  });

  test("a function is one as soon as anything of it is set", () => {
    const funcs = ["f", { name: "g", replacement: null }, "h"];
    expect(readDescribed({ objects: [{ name: "m", funcs }] })).toEqual(
      reported("debug info", [{ name: "m", funcs: ["f", "g", "h"] }]),
    );
  });

  test("whatever other symbols are in a variable", () => {
    const data = new ModuleData({ layout });
    const made = data.patch({ objects: VMLINUX_AND_EXT4, structs: ODD, sizes: { objs: -1 } });
    const label = (at: Variable, offset: number, size = 0): SymbolDescription => {
      const place = { section: at.section, value: at.offset + offset, size };
      return { name: `label${size}`, type: STT.OBJECT, bind: STB.LOCAL, ...place };
    };
    const whole = 3 * ODD.object.size * data.word;
    const symbols = [
      label(made.patch, data.word),
      label(made.objs, 0, whole),
      label(made.objs, 0, 1),
    ];
    const bytes = data.build({ symbols }, debugInfoOf(made, ODD));
    expect(convert(bytes).report.patch).toEqual(reported("debug info", VMLINUX_AND_EXT4));
  });

  test("of each of several patches", () => {
    const data = new ModuleData({ layout });
    const one = data.patch({ objects: [{ name: "m", funcs: ["f"] }], structs: ODD });
    const two = data.patch({ objects: [{ name: "n", funcs: ["f"] }], structs: ODD, prefix: "b_" });
    const debug = debugInfoOf(one, ODD);
    const second = { ...debug.variables[0]!, name: "second", at: two.patch };
    expect(read(data, { ...debug, variables: [...debug.variables, second] })).toEqual(
      reported("debug info", [
        { name: "m", funcs: ["f"] },
        { name: "n", funcs: ["f"] },
      ]),
    );
  });
});

describe("an array of patches, as debug info has it,", () => {
  /** Two patches, one behind the other, and what is read of them as of one variable. */
  function readArray(saidSize: number | null, second: Partial<PatchData> = {}) {
    const data = new ModuleData();
    const sections = { patch: ".data.patches" };
    const objects = [{ name: "m", funcs: ["f"] }];
    const { patch } = data.patch({ objects, sections, sizes: { patch: saidSize } });
    const others = [{ name: "n", funcs: ["f", "g"] }];
    const sizes = { patch: null };
    data.patch({ objects: others, sections, sizes, prefix: "b_", ...second });
    const debug = debugInfoOf({ patch });
    return read(data, { ...debug, variables: [{ ...debug.variables[0]!, isArray: true }] });
  }
  const [m, n] = [
    { name: "m", funcs: ["f"] },
    { name: "n", funcs: ["f", "g"] },
  ];

  test("is all of them", () => {
    expect(readArray(25 * 8)).toEqual(reported("debug info", [m, n]));
    expect(readArray(0)).toEqual(reported("debug info", [m]));
  });

  test("is unknown if one of them is, or if nobody says how many there are", () => {
    expect(readArray(25 * 8, { isFilledLater: true })).toEqual({
      source: "unknown",
      reason: "objs at .data.patches+0xd8 is not set before the module runs",
      objects: null,
    });
    for (const size of [null, 0x10000]) {
      expect(readArray(size)).toEqual({
        source: "unknown",
        reason: "no symbol says how large an array is",
        objects: null,
      });
    }
  });
});

describe("debug info leaves it unknown, and the report says why:", () => {
  const describedBy = (change: (data: ModuleData, patch: PatchData) => PatchData | undefined) => {
    const data = new ModuleData();
    const patch = change(data, { objects: VMLINUX_AND_EXT4 });
    return read(data, debugInfoOf(data.patch(patch ?? { objects: VMLINUX_AND_EXT4 })));
  };
  const ofObjects = (...objects: readonly ObjectData[]) => describedBy(() => ({ objects }));

  test.each<[string, ReportedPatch | null, string]>([
    [
      "objects that code sets",
      describedBy((_, patch) => ({ ...patch, isFilledLater: true })),
      "objs at .data.rel+0x500 is not set before the module runs",
    ],
    ["no objects", ofObjects(), "objs is filled when the module runs"],
    [
      "an object without functions",
      ofObjects({ name: "m", funcs: null }),
      "funcs at .data.rel+0x10 is not set before the module runs",
    ],
    [
      "a function without a name",
      ofObjects({ name: "m", funcs: ["f", { name: null }] }),
      "old_name at .data.rel+0xa0 is not set before the module runs",
    ],
    [
      "a name that is none",
      ofObjects({ name: "m", funcs: ["f g"] }),
      "old_name is no name of a symbol",
    ],
    [
      "an object's name that is none",
      ofObjects({ name: "m.ko", funcs: ["f"] }),
      "the name of a patched object is none",
    ],
    [
      "objects without an end",
      describedBy((_, patch) => ({ ...patch, ends: { objs: false } })),
      "the array at .data.rel+0x300 has no end",
    ],
    [
      "functions without an end",
      describedBy((_, patch) => ({ ...patch, ends: { funcs: false } })),
      "the array at .data.rel+0x8 has no end",
    ],
  ])("%s", (_, patch, reason) => {
    expect(patch).toEqual({ source: "unknown", reason, objects: null });
  });

  test.each([
    ["before its section", -0x1000],
    ["behind it", 0x1000],
  ])("a pointer %s", (_, addend) => {
    const data = new ModuleData();
    const made = data.patch({ objects: VMLINUX_AND_EXT4, isFilledLater: true });
    data.pointer(made.patch, 8, made.objs, addend);
    expect(read(data, debugInfoOf(made))).toEqual({
      source: "unknown",
      reason: "objs at .data.rel+0x500 is not set before the module runs",
      objects: null,
    });
  });

  test("also if another patch could be read", () => {
    const data = new ModuleData();
    const one = data.patch({ objects: [{ name: "m", funcs: ["f"] }] });
    const two = data.patch({
      objects: [{ name: "n", funcs: ["f"] }],
      prefix: "b_",
      isFilledLater: true,
    });
    const debug = debugInfoOf(one);
    const second = { ...debug.variables[0]!, name: "second", at: two.patch };
    expect(read(data, { ...debug, variables: [...debug.variables, second] })).toMatchObject({
      source: "unknown",
      reason: expect.stringMatching(/^objs at .* is not set before the module runs$/),
    });
  });
});

/** Of a struct without a size nothing is within but what is at its start. */
const membersAtStart = { objs: 0, name: 0, funcs: 0, old_name: 0, new_func: 0, size: 0 };
/** The members that are needed, by name, and their structs. */
const LINUX_MEMBERS = {
  objs: "klp_patch",
  name: "klp_object",
  funcs: "klp_object",
  old_name: "klp_func",
  new_func: "klp_func",
} as const;

describe("debug info that says nothing of the patch leaves it to the relocations:", () => {
  const layoutOf = (
    change: (
      debug: ReturnType<typeof debugInfoOf>,
      data: ModuleData,
    ) => ReturnType<typeof debugInfoOf>,
  ) => {
    const data = new ModuleData();
    const debug = debugInfoOf(data.patch({ objects: VMLINUX_AND_EXT4 }), ODD);
    return read(data, change(debug, data));
  };

  test.each<[string, ReportedPatch | null]>([
    [
      "of a struct that is only declared",
      layoutOf((debug) => ({ ...debug, structs: { ...debug.structs, klp_func: null } })),
    ],
    ...(["klp_func", "klp_object", "klp_patch"] as const).flatMap((name) =>
      [false, true].map((isArray): [string, ReportedPatch | null] => [
        `of struct ${name} without a size${isArray ? ", of which there is an array" : ""}`,
        layoutOf(({ structs, variables }) => ({
          structs: { ...structs, [name]: membersAtStart },
          variables: [{ ...variables[0]!, isArray }],
        })),
      ]),
    ),
    ...Object.entries(LINUX_MEMBERS).map(([name, struct]): [string, ReportedPatch | null] => [
      `of a struct without ${name}`,
      layoutOf((debug) => {
        const { [name]: _, ...members } = debug.structs[struct]!;
        return { ...debug, structs: { ...debug.structs, [struct]: members } };
      }),
    ]),
    [
      "of a variable of another struct",
      layoutOf((debug) => ({
        structs: { ...debug.structs, file_operations: { owner: 0, objs: 1, size: 25 } },
        variables: [{ ...debug.variables[0]!, struct: "file_operations" }],
      })),
    ],
    ["of no variable", layoutOf((debug) => ({ ...debug, variables: [] }))],
    [
      "of a variable beside it",
      layoutOf((debug, data) => {
        const at = data.variable("other", 64);
        data.thisModule(at, 8);
        const other = { name: "other", struct: "file_operations", at };
        return {
          structs: { ...debug.structs, file_operations: { owner: 1, size: 8 } },
          variables: [other],
        };
      }),
    ],
  ])("%s", (_, patch) => {
    expect(patch).toEqual(reported("layout", VMLINUX_AND_EXT4));
  });
});

describe.each(LAYOUTS)("from objtool's sections: $name", (layout) => {
  const read = (
    objects: Parameters<ModuleData["klpSections"]>[0],
    change: (data: ModuleData, at: ReturnType<ModuleData["klpSections"]>) => void = () => {},
  ) => {
    const data = new ModuleData({ layout });
    change(data, data.klpSections(objects));
    return convert(data.build()).report.patch;
  };
  const hex = (words: number) => `0x${((words * layout.class) / 8).toString(16)}`;

  test("objects, functions and positions are read", () => {
    const objects = [
      ...VMLINUX_AND_EXT4,
      { name: "snd-hda", funcs: [] },
      { name: "xfs", funcs: ["f"] },
    ];
    expect(read(objects)).toEqual({
      ...reported("sections", objects),
      objects: reported("sections", objects).objects!.map((each) =>
        each.name === "snd-hda" ? { ...each, name: "snd_hda" } : each,
      ),
    });
  });

  test("a patch that is filled from them when the module runs has nothing to add", () => {
    for (const isFilledLater of [true, false]) {
      const patch = read(VMLINUX_AND_EXT4, (data) => {
        data.patch({ objects: [], isFilledLater });
      });
      expect(patch).toEqual(reported("sections", VMLINUX_AND_EXT4));
    }
  });

  test("one that is not does", () => {
    const patch = read(VMLINUX_AND_EXT4, (data) => {
      data.patch({
        objects: [
          { name: "ext4", funcs: ["more"] },
          { name: "xfs", funcs: ["f"] },
        ],
      });
    });
    const objects = [
      VMLINUX_AND_EXT4[0]!,
      { name: "ext4", funcs: [...VMLINUX_AND_EXT4[1]!.funcs!, "more"] },
      { name: "xfs", funcs: ["f"] },
    ];
    expect(patch).toEqual(reported("sections", objects));
  });

  test.each<[string, () => ReportedPatch | null, string]>([
    [
      "a size that is no multiple",
      () =>
        read(VMLINUX_AND_EXT4, (data) => {
          data.variable(undefined, 4, { section: ".init.klp_objects" });
        }),
      `.init.klp_objects is no array of ${(8 * layout.class) / 8} bytes an entry`,
    ],
    [
      "a count that is too high",
      () =>
        read([
          { name: "m", funcs: ["f"] },
          { name: "n", funcs: ["f"], count: 2 },
        ]),
      ".init.klp_objects counts 2 functions",
    ],
    [
      "an object without functions",
      () => read([...VMLINUX_AND_EXT4, { name: "m", funcs: null }]),
      `funcs at .init.klp_objects+${hex(17)} is not set before the module runs`,
    ],
    [
      "a function without a name",
      () => read([{ name: "m", funcs: ["f", { name: null }] }]),
      `old_name at .init.klp_funcs+${hex(3)} is not set before the module runs`,
    ],
    [
      "an object's name that is none",
      () => read([{ name: "a b", funcs: ["f"] }]),
      "the name of a patched object is none",
    ],
    [
      "a function's name that is none",
      () => read([{ name: "m", funcs: [""] }]),
      "old_name is no name of a symbol",
    ],
  ])("with %s nothing is known", (_, patch, reason) => {
    expect(patch()).toEqual({ source: "unknown", reason, objects: null });
  });

  test("of a function nothing need be said but its name", () => {
    const objects = [{ name: "m", funcs: [{ name: "f", replacement: null }] }];
    expect(read(objects)).toEqual(reported("sections", objects));
  });
});

describe("objects that are stated", () => {
  const list = { file: "list", bytes: Buffer.from("klp-convert-symbol-data.0.1\n*vmlinux\nf\n") };
  const module: Intermediate = { undefined: ["f"], uses: { ".text": ["f"] } };
  const run = (data: ModuleData, options: ConvertOptions) => {
    const { report, diagnostics, output } = convert(data.build(module), {
      file: "in.ko",
      symbols: list,
      ...options,
    });
    const said = diagnostics.map(({ severity, code, message, notes }) => {
      return { severity, code, message, notes };
    });
    return {
      patch: report.patch,
      said: said.filter(({ code }) => code !== "unverified-function"),
      output,
    };
  };
  const known = () => {
    const data = new ModuleData();
    data.patch({ objects: VMLINUX_AND_EXT4.map(({ name }) => ({ name, funcs: [] })) });
    return data;
  };

  test("change nothing where they agree, all or some of them", () => {
    const patch = reported("layout", [
      { name: null, funcs: [] },
      { name: "ext4", funcs: [] },
    ]);
    for (const patchedObjects of [["ext4"], ["ext4", "vmlinux"], ["vmlinux", "vmlinux"], []]) {
      expect(run(known(), { patchedObjects })).toMatchObject({ patch, said: [] });
    }
  });

  test("are added with a warning where they do not, each", () => {
    const { said, patch } = run(known(), { patchedObjects: ["xfs", "ext4", "snd-hda"] });
    const notes = [
      "the patch patches vmlinux, ext4 (read from its klp_patch, by the relocations in it)",
      "if the patch does not patch it, what waits for it is never applied",
    ];
    expect(said).toEqual(
      ["xfs", "snd_hda"].map((name) => ({
        severity: "warning",
        code: "patched-object",
        message: `--patched-object ${name}: the module does not say so itself`,
        notes,
      })),
    );
    expect(patch?.objects?.map(({ name }) => name)).toEqual(["vmlinux", "ext4", "xfs", "snd_hda"]);
  });

  test("are named by how they are known, at most ten of them", () => {
    const refusal = (data: ModuleData, debug?: Parameters<ModuleData["build"]>[1]) =>
      convert(data.build({}, debug), { patchedObjects: ["nothing"] })
        .diagnostics.find(({ code }) => code === "patched-object")
        ?.notes.slice(0, 1);
    const described = new ModuleData();
    const debug = debugInfoOf(described.patch({ objects: VMLINUX_AND_EXT4, structs: ODD }), ODD);
    expect(refusal(described, debug)).toEqual([
      "the patch patches vmlinux, ext4 (read from its klp_patch, as debug info describes it)",
    ]);
    const ofObjtool = new ModuleData();
    ofObjtool.klpSections([{ name: "ext4", funcs: ["f"] }]);
    expect(refusal(ofObjtool)).toEqual(["the patch patches ext4 (read from .init.klp_objects)"]);
    const names = Array.from({ length: 12 }, (_, i) => `m${i}`);
    for (const [count, end] of [
      [10, ""],
      [11, ", …"],
    ] as const) {
      const many = new ModuleData();
      many.patch({ objects: names.slice(0, count).map((name) => ({ name, funcs: [] })) });
      expect(refusal(many)).toEqual([
        `the patch patches ${names.slice(0, 10).join(", ")}${end} (read from its klp_patch, by the relocations in it)`,
      ]);
    }
  });

  test("say what is unknown, in the kernel's spelling, and then there is no note", () => {
    const { patch, said } = run(new ModuleData(), {
      patchedObjects: ["vmlinux", "snd-hda", "vmlinux"],
    });
    expect(patch).toEqual(
      reported("stated", [
        { name: null, funcs: [] },
        { name: "snd_hda", funcs: [] },
      ]),
    );
    expect(patch).not.toHaveProperty("reason");
    expect(said).toEqual([]);
  });

  test.each([
    ["", "the object's name is empty"],
    ["ext4.ko", 'object "ext4.ko" has a dot in its name'],
    ["a b", 'object "a b" has characters in its name that no module\'s has'],
    ["a,b", 'object "a,b" has characters in its name that no module\'s has'],
    ["m".repeat(56), `object "${"m".repeat(56)}" has 56 characters; the kernel reads 55`],
  ])("have to be names: %j", (name, message) => {
    const bytes = known().build();
    expect(() => convert(bytes, { patchedObjects: [name] })).toThrow(new RangeError(message));
  });
});

describe("that a patch is unknown", () => {
  const NOTE = {
    severity: "note",
    code: "patch-unknown",
    file: "in.ko",
    message:
      "which objects the patch patches is unknown: nothing in the module's data has the form of a klp_patch",
    notes: [
      "so exports of patched modules stay imports, and it is not checked whether livepatch would apply what waits for a module, nor the functions that are replaced",
      "--patched-object OBJ says what is patched, vmlinux or a module, once for each",
    ],
  };
  const notes = (bytes: Uint8Array, options: ConvertOptions = {}) =>
    convert(bytes, { file: "in.ko", ...options }).diagnostics.filter(
      ({ code }) => code === "patch-unknown",
    );
  const annotated: Intermediate = { undefined: ["f"], annotations: { vmlinux: [["f", 0]] } };

  test("is noted once where a symbol becomes a livepatch symbol, used or not", () => {
    expect(notes(new ModuleData().build(annotated))).toEqual([NOTE]);
    const used: Intermediate = { ...annotated, uses: { ".text": ["f", "f"] } };
    expect(notes(new ModuleData().build(used))).toEqual([NOTE]);
  });

  test("with the reason that there is", () => {
    const data = new ModuleData();
    const debug = debugInfoOf(data.patch({ objects: [] }));
    expect(notes(data.build(annotated, debug))).toEqual([
      {
        ...NOTE,
        message: "which objects the patch patches is unknown: objs is filled when the module runs",
      },
    ]);
  });

  test("is not noted where nothing does, or where it is known", () => {
    expect(notes(new ModuleData().build({ undefined: ["f"], uses: { ".text": ["f"] } }))).toEqual(
      [],
    );
    const data = new ModuleData();
    data.patch({ objects: VMLINUX_AND_EXT4 });
    expect(notes(data.build(annotated))).toEqual([]);
    expect(notes(new ModuleData().build(annotated), { patchedObjects: ["vmlinux"] })).toEqual([]);
  });

  test("is not come to in a file that is refused before", () => {
    const { report } = convert(new Uint8Array(10));
    expect(report.patch).toBeNull();
  });

  test("is noted of a module that is refused, too", () => {
    const refused: Intermediate = {
      undefined: ["f", ".klp.sym.rela.bad"],
      annotations: annotated.annotations!,
    };
    const { output, diagnostics } = convert(new ModuleData().build(refused));
    expect(output).toBeUndefined();
    expect(diagnostics.map(({ code }) => code)).toContain("patch-unknown");
  });
});

describe("a .bss of any size costs nothing:", () => {
  /** Milliseconds that it takes to convert a module whose .bss has `size` bytes. */
  function timeOf(data: ModuleData, size: number, debug?: Parameters<typeof read>[1]): number {
    const description = data.describe({}, debug);
    const sections = description.sections!.map((section) =>
      section.name === ".bss" ? { ...section, size } : section,
    );
    const bytes = buildElf({ ...description, sections });
    const start = performance.now();
    expect(convert(bytes).report.patch?.objects).toBeNull();
    return performance.now() - start;
  }

  test("where an array of objects is there", () => {
    const data = new ModuleData();
    const { patch } = data.patch({ objects: [], isFilledLater: true });
    const saidSize = 2 ** 32;
    data.pointer(patch, 8, data.variable("huge", 8, { section: ".bss", saidSize }));
    expect(timeOf(data, saidSize + 8)).toBeLessThan(1000);
  });

  test("where functions are there that .init.klp_objects counts", () => {
    const data = new ModuleData();
    const at = data.klpSections([{ name: "m", funcs: null, count: 2 ** 26 }]);
    data.pointer(at, 8, data.variable("huge", 8, { section: ".bss" }));
    expect(timeOf(data, 2 ** 40)).toBeLessThan(1000);
  });

  test("where an array of patches is there", () => {
    const data = new ModuleData();
    const saidSize = 2 ** 28;
    const at = data.variable("huge", 64, { section: ".bss", saidSize });
    data.thisModule(at, 0);
    data.pointer(at, 8, at);
    const structs = { ...LINUX_6_1, patch: { mod: 0, objs: 1, size: 2 } };
    const debug = debugInfoOf({ patch: at }, structs);
    const variables = [{ ...debug.variables[0]!, isArray: true }];
    expect(timeOf(data, saidSize + 8, { ...debug, variables })).toBeLessThan(1000);
  });
});

/** A patch in C, with structs like the kernel's. */
const SOURCE = `
struct list_head { struct list_head *next, *prev; };
struct callbacks { int (*pre_patch)(void *), (*post)(void *), (*pre_un)(void *), (*post_un)(void *); };
struct klp_func {
  const char *old_name; void *new_func; unsigned long old_sympos;
  void *old_func; char kobj[64]; struct list_head node, stack_node;
  unsigned long old_size, new_size; _Bool nop, patched, transition;
};
struct klp_object {
  const char *name; struct klp_func *funcs; struct callbacks callbacks;
  char kobj[64]; struct list_head func_list, node; void *mod; _Bool dynamic, patched;
};
struct klp_patch { void *mod; struct klp_object *objs; void *states; _Bool replace; struct list_head list; };
extern char __this_module;
static const char info[] __attribute__((section(".modinfo"), used)) = "livepatch=Y";
static int show(void) { return 1; }
static int shut(void) { return 2; }
static int before(void *object) { return object != 0; }
static struct klp_func none[] = { { } };
static struct klp_func funcs[] = {
  { .old_name = "show", .new_func = show, .old_sympos = 2 }, { .old_name = "shut", .new_func = shut }, { }
};
static struct klp_func one[] = { { .old_name = "show", .new_func = show }, { } };
static struct klp_object objs[] = {
  { .funcs = one }, { .name = "ext4", .funcs = funcs, .callbacks = { before, 0, before } },
  { .name = "snd_hda", .funcs = none }, { }
};
static struct klp_patch patch = { .mod = &__this_module, .objs = objs };
static struct { void *owner; int (*open)(void *); } fops = { &__this_module, before };
int klp_enable_patch(struct klp_patch *);
int register_fops(void *);
int init_module(void) { return klp_enable_patch(&patch) + register_fops(&fops); }
`;

const COMPILERS = [
  "x86_64-linux-gnu-gcc",
  "s390x-linux-gnu-gcc",
  "powerpc-linux-gnu-gcc",
  "powerpc64le-linux-gnu-gcc",
  "aarch64-linux-gnu-gcc",
  "clang-14",
];
const PRESENT = COMPILERS.filter((name) => spawnSync(name, ["--version"]).status === 0);
if (PRESENT.length < COMPILERS.length) {
  const missing = COMPILERS.filter((name) => !PRESENT.includes(name));
  console.warn(`no ${missing.join(", ")}: tests of patches that they make are skipped`);
}
// The compiler that the kernel tests build modules with.
const [NATIVE = ""] = COMPILERS;
if (process.env.KLP_REQUIRE_KERNEL === "1" && !PRESENT.includes(NATIVE)) {
  test(NATIVE, () => expect.fail(`no ${NATIVE}`));
}

test.each(PRESENT)("is read from what a compiler makes: %s", (compiler) => {
  const folder = mkdtempSync(join(tmpdir(), "klp-convert-patch-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const objects = [
    { name: null, funcs: ["show"] },
    { name: "ext4", funcs: [{ name: "show", position: 2 }, "shut"] },
    { name: "snd_hda", funcs: [] },
  ];
  for (const [option, source] of [
    ["-g0", "layout"],
    ["-gdwarf-4", "debug info"],
    ["-gdwarf-5", "debug info"],
  ] as const) {
    const options = [
      "-O2",
      "-fno-pic",
      "-ffreestanding",
      option,
      "-x",
      "c",
      "-c",
      "-o",
      "out.o",
      "-",
    ];
    const { status, stderr } = spawnSync(compiler, options, { cwd: folder, input: SOURCE });
    expect([status, stderr.toString()]).toEqual([0, ""]);
    const { report } = convert(readFileSync(join(folder, "out.o")));
    expect(report.outcome).toBe("unchanged");
    expect(report.patch).toEqual(reported(source, objects));
  }
});
