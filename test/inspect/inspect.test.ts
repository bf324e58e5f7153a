// SPDX-License-Identifier: GPL-2.0-only

import { describe, expect, test } from "vitest";
import { convert, type InspectedModule, inspect } from "../../src/index.js";
import { buildElf, SHF, SHN, STB, STT } from "../elf-builder.js";
import { FIXTURES, fixture, fixtureSymbols } from "../fixtures.js";
import { buildIntermediate, describeIntermediate, symbolsList } from "../livepatch/intermediate.js";
import { buildObjtoolForm } from "../livepatch/objtool-form.js";
import { ModuleData } from "../livepatch/patch-data.js";
import { buildConverted } from "./converted-module.js";

const symbols = fixtureSymbols();

function inspected(
  bytes: Uint8Array,
  options: Parameters<typeof inspect>[1] = {},
): InspectedModule {
  const { module, diagnostics } = inspect(bytes, options);
  expect(diagnostics).toEqual([]);
  return module!;
}

describe("what conversion would make", () => {
  test.each(FIXTURES)("%s: is what it makes", (name) => {
    const bytes = fixture(name);
    const { output, report } = convert(bytes, { file: "in.ko", symbols });
    const { conversion } = inspected(bytes, { file: "in.ko", symbols });
    const { symbols: made, sections, imports } = inspected(output!, { symbols });
    expect(conversion!.result).toEqual({ symbols: made, sections, imports });
    expect(conversion!.decisions).toEqual(report.symbols);
    expect(conversion!.outcome).toBe(report.outcome);
  });

  test.each(FIXTURES)("%s: every relocation that moves is used by somebody", (name) => {
    const { conversion } = inspected(fixture(name), { symbols });
    const { symbols: made, sections } = conversion!.result!;
    const uses = made.flatMap((each) => each.uses);
    const sum = (all: readonly { relocations: number }[]) =>
      all.reduce((total, { relocations }) => total + relocations, 0);
    expect(sum(uses)).toBe(sum(made));
    expect(sum(uses)).toBe(sum(sections));
    for (const { name: section, gate, relocations } of sections) {
      const of = uses.filter((use) => use.gate === gate && section.endsWith(use.section));
      if (!name.includes("dup")) expect(sum(of), section).toBe(relocations);
    }
  });

  test("refused, is told with the reasons, and the module is still shown", () => {
    const bytes = buildIntermediate({ undefined: ["absent"], uses: { ".text": ["absent"] } });
    const list = symbolsList({ vmlinux: ["other"] });
    const { state, conversion, imports } = inspected(bytes, { symbols: list });
    expect(state).toBe("unmarked");
    expect(conversion).toMatchObject({ outcome: "refused", result: null });
    expect(conversion!.diagnostics.map(({ code }) => code)).toContain("unknown-symbol");
    expect(imports.map(({ name, exporters }) => [name, exporters])).toEqual([["absent", []]]);
  });

  test("is not asked of a module that is converted, or is no livepatch", () => {
    const converted = buildConverted({ functions: { f: [".klp.sym.vmlinux.x,0"] } });
    expect(inspected(converted, { symbols }).conversion).toBeNull();
    const ordinary = buildIntermediate({ modinfo: "license=GPL\0" });
    expect(inspected(ordinary, { symbols }).conversion).toBeNull();
  });
});

describe("a module's state and forms", () => {
  const annotated = ".klp.sym.rela.vmlinux.vmlinux.x.0";
  const cases: [string, Uint8Array, boolean, string, string[]][] = [
    ["no livepatch=", buildIntermediate({ modinfo: "license=GPL\0" }), false, "ordinary", []],
    ["nothing marked", buildIntermediate({ undefined: ["x"] }), false, "unmarked", []],
    [
      "nothing marked, and symbols that have it",
      buildIntermediate({ undefined: ["x"], uses: { ".text": ["x"] } }),
      true,
      "intermediate",
      ["plain names: x"],
    ],
    [
      "an annotated name",
      buildIntermediate({ undefined: [annotated] }),
      false,
      "intermediate",
      [`annotated names: ${annotated}`],
    ],
    [
      "an annotation",
      buildIntermediate({ undefined: ["x"], annotations: { vmlinux: [["x", 0]] } }),
      true,
      "intermediate",
      ["module relocs: .klp.module_relocs.vmlinux"],
    ],
    [
      "objtool's form",
      buildObjtoolForm({
        entries: { vmlinux: [{ symbol: "vmlinux.x,0", section: ".text", offset: 0 }] },
      }),
      false,
      "intermediate",
      ["objtool: __klp_relocs.vmlinux"],
    ],
    [
      "kpatch's form",
      buildIntermediate({ sections: [{ name: ".kpatch.symbols", size: 8 }] }),
      false,
      "intermediate",
      ["kpatch: .kpatch.symbols"],
    ],
    [
      "livepatch symbols",
      buildConverted({ functions: { f: [".klp.sym.vmlinux.x,0"] } }),
      true,
      "converted",
      [],
    ],
    [
      "livepatch symbols and an annotated name",
      buildConverted({ functions: { f: [".klp.sym.vmlinux.x,0"] }, imports: [annotated] }),
      false,
      "intermediate",
      [`annotated names: ${annotated}`],
    ],
  ];

  test.each(cases)("%s", (_, bytes, withSymbols, state, forms) => {
    const options = withSymbols ? { symbols: symbolsList({ vmlinux: ["x"] }) } : {};
    const module = inspected(bytes, options);
    expect(module.state).toBe(state);
    expect(module.forms.map(({ form, marks }) => `${form}: ${marks.join(" ")}`)).toEqual(forms);
  });

  test("entries that objtool klp post-link left are nothing to convert", () => {
    const livepatch = { section: SHN.LIVEPATCH };
    const bytes = buildElf(
      describeIntermediate({
        symbols: [
          { name: ".klp.sym.vmlinux.x,0", ...livepatch },
          { name: ".klp.tombstone.x", bind: STB.WEAK, ...livepatch },
        ],
        sections: [{ name: "__klp_relocs.vmlinux", flags: SHF.ALLOC, size: 24 }],
        uses: {
          "__klp_relocs.vmlinux": [{ offset: 8, type: 1, symbol: ".klp.sym.vmlinux.x,0" }],
          ".text": [{ offset: 0, type: 0, symbol: ".klp.tombstone.x" }],
        },
      }),
    );
    const module = inspected(bytes);
    expect(module.state).toBe("converted");
    expect(module.forms.map(({ form }) => form)).toEqual(["leftover entries"]);
    expect(
      module.symbols.map(({ name, object, relocations }) => [name, object, relocations]),
    ).toEqual([
      ["x", "vmlinux", 0],
      [".klp.tombstone.x", null, 0],
    ]);
  });
});

describe("uses", () => {
  test("are told by function, variable or section, with what they wait for", () => {
    const bytes = buildElf(
      describeIntermediate({
        symbols: [
          { name: "inner", section: ".text", value: 8, size: 8, type: STT.FUNC },
          { name: "table", section: ".data", value: 0, size: 16, type: STT.OBJECT },
        ],
        undefined: ["used"],
        uses: {
          ".text": ["used", "used", "used"],
          ".data": ["used", { offset: 40, type: 1, symbol: "used" }],
        },
      }),
    );
    const [used] = inspected(bytes).imports;
    expect(used).toMatchObject({ name: "used", relocations: 5, exporters: null });
    expect(
      used!.uses.map(
        ({ name, kind, section, offset, relocations }) =>
          `${kind} ${name} ${section}+${offset} ${relocations}`,
      ),
    ).toEqual([
      "function patched .text+0 2",
      "function inner .text+8 1",
      "variable table .data+0 1",
      "section null .data+0 1",
    ]);
  });

  test("of relocations that do nothing, or of sections that are not loaded, are none", () => {
    const bytes = buildIntermediate({
      undefined: ["used"],
      uses: { ".text": [{ offset: 0, type: 0, symbol: "used" }], ".debug_info": ["used"] },
    });
    expect(inspected(bytes).imports[0]).toMatchObject({ relocations: 0, uses: [] });
  });

  test("of a livepatch symbol outside livepatch sections wait for nothing", () => {
    const bytes = buildIntermediate({
      symbols: [{ name: ".klp.sym.ext4.x,2", section: SHN.LIVEPATCH }],
      uses: { ".text": [".klp.sym.ext4.x,2"] },
    });
    const [symbol] = inspected(bytes).symbols;
    expect(symbol).toMatchObject({ object: "ext4", name: "x", position: 2 });
    expect(symbol!.uses).toMatchObject([{ name: "patched", gate: null, relocations: 1 }]);
  });

  test("of a hundred thousand relocations are counted in no time", () => {
    const functions = Object.fromEntries(
      Array.from({ length: 400 }, (_, i) => [
        `f${i}`,
        Array.from({ length: 250 }, (_, j) => `.klp.sym.vmlinux.s${(i * 7 + j) % 500},0`),
      ]),
    );
    const bytes = buildConverted({ functions });
    const started = performance.now();
    const module = inspected(bytes);
    expect(performance.now() - started).toBeLessThan(3000);
    expect(module.symbols.reduce((sum, { relocations }) => sum + relocations, 0)).toBe(100_000);
  });
});

describe("the patch", () => {
  test("says what replaces each function", () => {
    const data = new ModuleData();
    const other = data.func("lp_other");
    data.klpSections([
      {
        name: null,
        funcs: [
          { name: "show", replacement: other },
          { name: "later", replacement: null },
        ],
      },
      { name: "ext4", funcs: [{ name: "read", position: 2, replacement: "elsewhere" }] },
    ]);
    const { patch } = inspected(data.build({ undefined: ["elsewhere"] }));
    const told = patch!.objects?.map(({ name, functions }) => [
      name,
      functions.map((each) => `${each.name},${each.position} ${each.replacement?.name ?? "-"}`),
    ]);
    expect(told).toEqual([
      ["vmlinux", ["show,0 lp_other", "later,0 -"]],
      ["ext4", ["read,2 elsewhere"]],
    ]);
  });

  describe("of kpatch's", () => {
    /** Two entries; `at` is where each has the address of the new function. */
    function kpatchModule(at = 0): Uint8Array {
      const strings = ["show", "vmlinux", "read", "ext4"];
      const offsetOf = (text: string) =>
        1 + strings.slice(0, strings.indexOf(text)).reduce((sum, each) => sum + each.length + 1, 0);
      const pointers = (entry: number, to: string, name: string, object: string) => [
        { offset: 56 * entry + at, type: 1, symbol: to },
        { offset: 56 * entry + 40, type: 1, symbol: "strings", addend: offsetOf(name) },
        { offset: 56 * entry + 48, type: 1, symbol: "strings", addend: offsetOf(object) },
      ];
      const words = (position: number) => [0, 0, 16, 0, 0, 0, 32, 0, position, 0, 0, 0, 0, 0];
      const func = { type: STT.FUNC, section: ".text", size: 16 };
      return buildIntermediate({
        sections: [
          { name: ".kpatch.funcs", flags: SHF.ALLOC, words: [...words(0), ...words(2)] },
          { name: ".kpatch.strings", flags: SHF.ALLOC, data: `\0${strings.join("\0")}\0` },
        ],
        symbols: [
          { name: "strings", section: ".kpatch.strings" },
          { name: "lp_show", ...func, value: 16 },
          { name: "lp_read", ...func, value: 32 },
        ],
        uses: {
          ".kpatch.funcs": [
            ...pointers(0, "lp_show", "show", "vmlinux"),
            ...pointers(1, "lp_read", "read", "ext4"),
          ],
        },
      });
    }

    test("is read from what it leaves for its init code", () => {
      const { patch, state } = inspected(kpatchModule());
      expect(state).toBe("unmarked");
      expect(patch!.source).toBe("kpatch");
      expect(
        patch!.objects?.map(({ name, functions }) => [
          name,
          functions.map((each) => `${each.name},${each.position} ${each.replacement?.name}`),
        ]),
      ).toEqual([
        ["vmlinux", ["show,0 lp_show"]],
        ["ext4", ["read,2 lp_read"]],
      ]);
    });

    test("is unknown if that has another form", () => {
      const other = kpatchModule(8);
      expect(inspected(other).patch).toMatchObject({ source: "unknown", objects: null });
    });
  });

  test("is unknown with the reason", () => {
    expect(inspected(buildIntermediate({})).patch).toEqual({
      source: "unknown",
      reason: "nothing in the module's data has the form of a klp_patch",
      objects: null,
    });
  });
});

describe("imports", () => {
  const bytes = buildIntermediate({
    modinfo: "license=GPL\0",
    undefined: [
      "_printk",
      "nobody_has",
      "__this_module",
      "of_two",
      { name: "maybe", bind: STB.WEAK },
    ],
  });

  test("are looked up", () => {
    const list = symbolsList({
      vmlinux: ["__ksymtab__printk", "__ksymtab_of_two"],
      ext4: ["__ksymtab_of_two"],
    });
    const told = inspected(bytes, { symbols: list }).imports.map(
      ({ name, weak, exporters, reason }) =>
        `${name}${weak ? "?" : ""}: ${exporters!.map(({ object }) => object).join(" ")}|${reason ?? ""}`,
    );
    expect(told).toEqual([
      "_printk: vmlinux|",
      "nobody_has: |",
      "__this_module: |it is the module itself",
      "of_two: vmlinux ext4|",
      "maybe?: |",
    ]);
  });

  test("have the namespace they are exported to", () => {
    const text = "0x00000000\t_printk\tvmlinux\tEXPORT_SYMBOL_GPL\tOWN_SPACE\n";
    const source = { file: "Module.symvers", bytes: new TextEncoder().encode(text) };
    expect(inspected(bytes, { symbols: source }).imports[0]!.exporters).toEqual([
      { object: "vmlinux", namespace: "OWN_SPACE" },
    ]);
  });
});

describe("what cannot be read", () => {
  test("is a result without a module", () => {
    const { module, diagnostics } = inspect(new TextEncoder().encode("text"), { file: "a.ko" });
    expect(module).toBeNull();
    expect(diagnostics.map(({ file, message }) => `${file}: ${message}`)).toEqual([
      "a.ko: not an ELF file: it does not begin with 0x7f ELF",
    ]);
  });

  test("is a compressed module, and the command to decompress it is told", () => {
    const { module, diagnostics } = inspect(new Uint8Array([0x1f, 0x8b, 8, 0]), {
      file: "a.ko.gz",
    });
    expect(module).toBeNull();
    expect(diagnostics).toMatchObject([
      {
        code: "compressed",
        message: "the module is compressed with gzip",
        notes: ["decompress it first: gzip -dc < a.ko.gz > a.ko"],
      },
    ]);
  });

  test("are not signed modules: nothing of them is changed", () => {
    const mark = new TextEncoder().encode("~Module signature appended~\n");
    const plain = buildConverted({ functions: { f: [".klp.sym.vmlinux.x,0"] } });
    const module = inspected(new Uint8Array([...plain, 1, 2, 3, ...mark]));
    expect(module).toEqual({ ...inspected(plain), signed: true });
  });

  test("are symbols: the module is shown without them, and they are told of", () => {
    const list = {
      file: "list",
      bytes: new TextEncoder().encode("klp-convert-symbol-data.0.1\nx\n"),
    };
    const { module, diagnostics } = inspect(buildIntermediate({ undefined: ["x"] }), {
      symbols: list,
    });
    expect(diagnostics.map(({ file, severity }) => `${file} ${severity}`)).toEqual(["list error"]);
    expect(module).toMatchObject({ state: "unmarked", conversion: null });
    expect(module!.imports[0]!.exporters).toBeNull();
  });

  test("is no module for a machine without livepatch", () => {
    const module = inspected(
      buildIntermediate({
        layout: { name: "", class: 64, order: "little", machine: 243, absolute: 2 },
      }),
    );
    expect(module).toMatchObject({ machine: "machine-243", patch: null });
  });
});
