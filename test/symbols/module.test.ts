// SPDX-License-Identifier: GPL-2.0-only

// The symbols of a module, in the order of its table, and how long the kernel has them.

import { describe, expect, test } from "vitest";
import { pairs } from "../elf/record-fields.js";
import { buildElf, SHF, SHN, SHT, STB, STT, type SymbolDescription } from "../elf-builder.js";
import { buildModule, MODINFO, type ModuleDescription, moduleOf } from "./elf-sources.js";
import { linesOf02, listOf, refusalOf } from "./reading.js";

const linesIn = (wanted: ModuleDescription) => linesOf02({ "demo.ko": buildModule(wanted).bytes });
const LOCAL = { bind: STB.LOCAL };

describe("a module", () => {
  test.each(pairs)("has its symbols in table order: $class, $order", (pair) => {
    const lines = linesIn({
      ...pair,
      symbols: [
        { name: "", ...LOCAL, type: STT.SECTION, section: ".text" },
        { name: "b.c", ...LOCAL, type: STT.FILE, section: "abs" },
        { name: "f", ...LOCAL, section: ".text", value: 0x20 },
        { name: "a.c", ...LOCAL, type: STT.FILE, section: "abs" },
        { name: "f", ...LOCAL, section: ".text", value: 0x10, type: STT.FUNC },
        { name: "init", ...LOCAL, section: ".init.text", value: 0 },
        { name: "printk" },
        { name: "g", section: ".data", value: 0 },
        { name: "f", section: ".text", value: 0 },
      ],
    });
    expect(lines).toEqual([
      "*demo",
      "b.c - ax b.c",
      "f .text+0x20 t b.c",
      "a.c - ax a.c",
      "f .text+0x10 t a.c",
      "init .init.text+0x0 ti a.c",
      "g .data+0x0 D",
      "f .text+0x0 T",
    ]);
  });

  test("is told by the name it says of itself where it has no struct module", () => {
    const description = (modinfo: string) => ({
      sections: [
        { name: ".modinfo", flags: SHF.ALLOC, data: modinfo },
        { name: ".text", flags: SHF.ALLOC | SHF.EXECINSTR, size: 16 },
      ],
      symbols: [{ name: "f", ...LOCAL, section: ".text" }],
    });
    const bytes = buildElf(description("name=demo\0"));
    expect(linesOf02({ "demo.ko": bytes })).toEqual(["*demo", "f .text+0x0 t"]);
    // As built-in modules say theirs in vmlinux.o.
    expect(refusalOf(buildElf(description("ext4.name=ext4\0")))[0]?.code).toBe(
      "source-relocatable",
    );
  });

  test("says of which kernel and machine it is, and that this is its whole table", () => {
    const header = (wanted: ModuleDescription) =>
      listOf({ m: buildModule(wanted).bytes }, { format: "0.2", release: "5.5" }).list!.split(
        "\n",
      )[0];
    expect(header({})).toBe(
      "klp-convert-symbol-data.0.2 release=6.1.0-1-amd64 arch=x86_64 order=symtab",
    );
    expect(header({ class: 64, order: "big", modinfo: "name=m\0vermagic=7.3.4 SMP\0" })).toBe(
      "klp-convert-symbol-data.0.2 release=7.3.4 arch=s390x order=symtab",
    );
  });

  test("has the release that was stated if it does not say its own", () => {
    const { bytes } = buildModule({ modinfo: "name=m\0" });
    expect(listOf({ bytes }, { format: "0.2", release: "5.5" }).list).toMatch(/ release=5\.5 /);
  });

  test.each([
    "vermagic=",
    "vermagic= 6.1",
    "vermagic=6.1\n*evil SMP",
    "vermagic=a\tb SMP",
    "vermagic=gr\xf6\xdfe SMP",
    "vermagic=- SMP",
    `vermagic=${"6".repeat(65)} SMP`,
  ])("does not say of which kernel it is with %j", (vermagic) => {
    const { bytes } = buildModule({ modinfo: `name=m\0${vermagic}\0` });
    const list = (release?: string) =>
      listOf({ bytes }, { format: "0.2", ...(release && { release }) }).list;
    expect(list()).toBe("klp-convert-symbol-data.0.2 arch=x86_64 order=symtab\n*m\n");
    expect(list("5.5")).toBe(
      "klp-convert-symbol-data.0.2 release=5.5 arch=x86_64 order=symtab\n*m\n",
    );
  });
});

describe("the kernel has a symbol of a module", () => {
  const NO_UNLOAD = "name=demo\0vermagic=6.1.0 SMP preempt \0";
  type Case = [
    how: string,
    section: { name: string; flags?: number; type?: number },
    letters: string,
    modinfo?: string,
  ];
  const cases: Case[] = [
    ["for good", { name: ".text.unlikely", flags: SHF.ALLOC | SHF.EXECINSTR }, "T"],
    ["for good", { name: ".rodata", flags: SHF.ALLOC }, "R"],
    ["for good", { name: ".bss", flags: SHF.ALLOC | SHF.WRITE, type: SHT.NOBITS }, "B"],
    ["for good", { name: ".data..percpu", flags: SHF.ALLOC | SHF.WRITE }, "D"],
    ["for good", { name: ".data..percpu", flags: SHF.WRITE }, "?"],
    ["for good", { name: ".text.init", flags: SHF.ALLOC | SHF.EXECINSTR }, "T"],
    ["for good", { name: "__versions_x", flags: SHF.ALLOC }, "R"],
    ["for good", { name: "___ksymtab+f", flags: SHF.ALLOC }, "R"],
    ["for good", { name: ".exit.text", flags: SHF.ALLOC | SHF.EXECINSTR }, "T"],
    ["for good", { name: ".exit.text", flags: SHF.ALLOC | SHF.EXECINSTR }, "T", "name=demo\0"],
    ["till init ends", { name: ".exit.text", flags: SHF.ALLOC | SHF.EXECINSTR }, "Ti", NO_UNLOAD],
    ["till init ends", { name: ".exit.data", flags: SHF.ALLOC | SHF.WRITE }, "Di", NO_UNLOAD],
    ["till init ends", { name: ".init.text.x", flags: SHF.ALLOC | SHF.EXECINSTR }, "Ti"],
    ["till init ends", { name: ".init.data", flags: SHF.ALLOC | SHF.WRITE }, "Di"],
    ["till init ends", { name: ".init_array", flags: SHF.ALLOC | SHF.WRITE }, "Di"],
    ["while it comes up", { name: ".init.note" }, "Nx"],
    ["while it comes up", { name: ".comment" }, "Nx"],
    ["while it comes up", { name: ".debug_info" }, "Nx"],
    ["while it comes up", { name: "__versions", flags: SHF.ALLOC }, "Rx"],
    ["while it comes up", { name: "__version_ext_crcs", flags: SHF.ALLOC }, "Rx"],
    ["while it comes up", { name: "__version_ext_names", flags: SHF.ALLOC }, "Rx"],
  ];

  test.each<Case>(
    cases,
  )("%s if it is in %o, which is %s", (_, section, letters, modinfo = MODINFO) => {
    const lines = linesIn({
      modinfo,
      sections: [{ ...section, size: 16 }],
      symbols: [{ name: "f", section: section.name, value: 0xc }],
    });
    expect(lines[1]).toBe(`f ${section.name}+0xc ${letters}`);
  });

  test.each([
    [".modinfo", "f .modinfo+0x0 Rx"],
    ["abs", "f - Ax"],
    ["common", "f - Cx"],
    [SHN.LIVEPATCH, "f - ?x"],
    [SHN.LORESERVE, "f - ?x"],
  ])("while it comes up if it is in %s", (section, line) => {
    expect(linesIn({ symbols: [{ name: "f", section }] })).toEqual(["*demo", line]);
  });

  test("never if it is undefined, or has no name", () => {
    const symbols: SymbolDescription[] = [
      { name: "u" },
      { name: "w", bind: STB.WEAK },
      { name: "", section: ".text" },
      { name: "f", section: ".text" },
    ];
    expect(linesIn({ symbols })).toEqual(["*demo", "f .text+0x0 T"]);
  });
});

describe("of a module's symbol stands", () => {
  test("no source file if it is an export, whose fourth field is a namespace", () => {
    const symbols = [
      { name: "a.c", ...LOCAL, type: STT.FILE, section: "abs" },
      { name: "__ksymtab_f", ...LOCAL, section: ".data" },
      { name: "__ksymtab_", ...LOCAL, section: ".data" },
      { name: "__ksymtabf", ...LOCAL, section: ".data" },
    ];
    expect(linesIn({ symbols }).slice(2)).toEqual([
      "__ksymtab_f .data+0x0 d",
      "__ksymtab_ .data+0x0 d a.c",
      "__ksymtabf .data+0x0 d a.c",
    ]);
  });

  test("no address if its section has a name that a line cannot hold", () => {
    for (const name of ["two words", "", "tab\t", "x".repeat(256), "gr\xf6\xdfe"]) {
      const { bytes } = buildModule({
        sections: [{ name, flags: SHF.ALLOC, size: 8 }],
        symbols: [{ name: "f", section: 6 }],
      });
      expect(linesOf02({ bytes })).toEqual(["*demo", "f - R"]);
    }
  });

  test("any offset", () => {
    for (const value of [0, 1, 0xf, 0x10, 0xabc, 0x12345678, 0xffffffff]) {
      expect(linesIn({ symbols: [{ name: "f", section: ".text", value }] })[1]).toBe(
        `f .text+0x${value.toString(16)} T`,
      );
    }
  });

  test("nothing if a list cannot have its name", () => {
    const names = ["*f", "f g", "f\x01", "n".repeat(512), "n".repeat(511)];
    const bytes = moduleOf(...names.map((name) => ({ name, section: ".text" })));
    expect(linesOf02({ bytes })).toEqual(["*demo", `${"n".repeat(511)} .text+0x0 T`]);
  });
});

describe("the name of a module", () => {
  test.each(pairs)("is in .modinfo, and before 4.13 in struct module: $class, $order", (pair) => {
    const object = (wanted: ModuleDescription) => linesIn({ ...pair, ...wanted })[0];
    expect(
      object({ modinfo: "license=GPL\0name=klp_demo\0name=other\0", thisModule: "third" }),
    ).toBe("*klp_demo");
    expect(object({ modinfo: "license=GPL\0depends=\0", thisModule: "old_module" })).toBe(
      "*old_module depends=",
    );
    expect(object({ modinfo: undefined, thisModule: "no_modinfo" })).toBe("*no_modinfo");
    expect(object({ modinfo: "name=klp-demo-two\0" })).toBe("*klp_demo_two");
    expect(object({ modinfo: `xname=a\0name=${"m".repeat(55)}\0` })).toBe(`*${"m".repeat(55)}`);
    expect(object({ modinfo: "=x\0name\0alias=name=y\0name=z=w" })).toBe("*z=w");
  });

  test.each([
    [{ modinfo: "license=GPL\0" }, "the module does not say its name: .modinfo has no name="],
    [{ modinfo: undefined }, "the module does not say its name: .modinfo has no name="],
    [{ modinfo: "name=\0" }, "the object has no name"],
    [
      { modinfo: "name=a.ko\0" },
      '"a.ko" is no object: a name has at most 55 characters and no dot',
    ],
    [
      { modinfo: `name=${"m".repeat(56)}\0` },
      `"${"m".repeat(56)}" is no object: a name has at most 55 characters and no dot`,
    ],
    [
      { modinfo: undefined, thisModule: "a.b" },
      '"a.b" is no object: a name has at most 55 characters and no dot',
    ],
  ])("is refused in %o", (wanted, message) => {
    expect(refusalOf(buildModule(wanted).bytes)).toEqual([{ code: "source-object", message }]);
  });

  test.each([
    "a b",
    "a\nb",
    "a\n*vmlinux\nf",
    "a\rb",
    "a\x1bb",
  ])("is refused if a list cannot have it: %j", (name) => {
    expect(refusalOf(buildModule({ modinfo: `name=${name}\0` }).bytes)).toEqual([
      {
        code: "source-object",
        message: `"${name}" is no object: a name has neither white space nor control characters`,
      },
    ]);
  });

  test("is shown in part if it is far too long", () => {
    expect(refusalOf(buildModule({ modinfo: `name=${"m".repeat(500)}\0` }).bytes)).toEqual([
      {
        code: "source-object",
        message: `"${"m".repeat(80)}" is no object: a name has at most 55 characters and no dot`,
      },
    ]);
  });

  test("may begin like an object's line", () => {
    const { bytes } = buildModule({ modinfo: "name=*a\0" });
    const { list } = listOf({ bytes });
    expect(listOf({ list: list! }).list).toBe(list);
  });
});
