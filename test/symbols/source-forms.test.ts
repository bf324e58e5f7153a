// SPDX-License-Identifier: GPL-2.0-only

// What a source is, its contents tell; and what is none is refused, with what to give instead.

import { gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { fileBytesOf } from "../../src/elf/index.js";
import { SymbolSources } from "../../src/symbols/index.js";
import { poke } from "../elf/record-fields.js";
import { buildElf } from "../elf-builder.js";
import { buildVmlinux, ET, moduleOf, TEXT, vmlinux } from "./elf-sources.js";
import { bytesOf, linesOf, listOf, refusalOf } from "./reading.js";

const FORMS =
  "sources are vmlinux, modules (.ko), /proc/kallsyms, System.map, nm -n or nm -f posix of vmlinux, Module.symvers and symbols lists";

const f = { name: "f", section: ".text", value: TEXT };

describe("a source is told by its contents", () => {
  test.each<[string, string | Uint8Array, string]>([
    ["vmlinux", vmlinux(f), "order=kallsyms\n*vmlinux\nf ffffffff81000000 T\n"],
    ["a module", moduleOf({ ...f, value: 0 }), "order=symtab\n*demo\nf .text+0x0 T\n"],
    ["kallsyms", "ffffffff81000000 T f\n", "order=kallsyms\n*vmlinux\nf ffffffff81000000 T\n"],
    ["System.map", "00000010 A x\n00000020 T f\n", "order=kallsyms\n*vmlinux\nf 00000020 T\n"],
    ["nm -n", "         U x\n00000020 T f\n", "order=kallsyms\n*vmlinux\nf 00000020 T\n"],
    ["nm -f posix", "g T 00000020 00000001\n", "order=kallsyms\n*vmlinux\ng 00000020 T\n"],
    [
      "Module.symvers",
      "0x00000001\tf\tvmlinux\tEXPORT_SYMBOL\t\n",
      "order=unknown\n*vmlinux\n__ksymtab_f - -\n",
    ],
    ["a list 0.1", "klp-convert-symbol-data.0.1\n*m\nf\n", "order=unknown\n*m\nf - -\n"],
    ["a list 0.2", "klp-convert-symbol-data.0.2\n*m\nf - t\n", "order=unknown\n*m\nf - t\n"],
  ])("%s", (_, source, tail) => {
    const { list, said } = listOf({ source }, { format: "0.2" });
    expect(said).toEqual([]);
    expect(list!.replace(/^.*(?=order=)/, "")).toBe(tail);
  });

  test("also when only parts of it are read", () => {
    const whole = fileBytesOf(moduleOf({ ...f, value: 0 }));
    const reads: number[] = [];
    const sources = new SymbolSources();
    const bytes = {
      size: whole.size,
      read: (offset: number, size: number) => {
        expect(offset + size).toBeLessThanOrEqual(whole.size);
        reads.push(size);
        return whole.read(offset, size);
      },
    };
    sources.add({ file: "m.ko", bytes });
    expect(sources.diagnostics).toEqual([]);
    expect(sources.list()).toMatchObject({ objects: 1, symbols: 1 });
    expect(reads.length).toBeGreaterThan(3);
  });
});

describe("a source is refused", () => {
  const none = (what: string) => ({
    code: "source-form",
    line: 1,
    message: `not a source of symbols: ${what}`,
    notes: [FORMS],
  });

  test("that is empty", () => {
    expect(refusalOf("")).toEqual([
      { code: "source-empty", message: "the file is empty", notes: [FORMS] },
    ]);
  });

  test.each([
    ["prose", "Once upon a time\n", 'the first line is "Once upon a time"'],
    ["a blank line", "\n", 'the first line is ""'],
    ["a blank line before others", "\nffffffff81000000 T f\n", 'the first line is ""'],
    ["a configuration", "CONFIG_LIVEPATCH=y\n", 'the first line is "CONFIG_LIVEPATCH=y"'],
    ["a comment", "# nothing\n", 'the first line is "# nothing"'],
    ["a script", "#!/bin/sh\n", 'the first line is "#!/bin/sh"'],
    ["a long line", `${"x ".repeat(1000)}\n`, `the first line is "${"x ".repeat(40)}"`],
    ["an object's line alone", "*vmlinux\nf\n", 'the first line is "*vmlinux"'],
    ["bytes of any kind", "\x01\x02\x03\x04\n", "it is not text"],
    ["NUL bytes", "\0".repeat(5000), "it is not text"],
    ["a name with NUL", "na\0me\n", "it is not text"],
    ["an archive", "!<arch>\nvmlinux.o/\n", 'the first line is "!<arch>"'],
  ])("that is %s", (_, text, what) => {
    expect(refusalOf(text)).toEqual([none(what)]);
  });

  test("that is a text whose lines have lost their meaning", () => {
    expect(refusalOf("some_name another\n")).toHaveLength(1);
    expect(refusalOf("\xff\xfef\0\n\0")).toEqual([none("it is not text")]);
  });

  test.each([
    ["gzip", gzipSync("x"), "gzip -dc"],
    ["xz", bytesOf("\xfd7zXZ\0\0\0"), "xz -dc"],
    ["zstd", bytesOf("\x28\xb5\x2f\xfd\0"), "zstd -dc"],
  ])("that is compressed with %s", (format, source, command) => {
    expect(refusalOf(source)).toEqual([
      {
        code: "compressed",
        message: `the file is compressed with ${format}`,
        notes: [`decompress it first: ${command} < source > decompressed`],
      },
    ]);
    const { said } = listOf({ "it's here.ko": source });
    expect(said[0]!.notes).toEqual([
      `decompress it first: ${command} < 'it'\\''s here.ko' > decompressed`,
    ]);
  });

  test.each([
    ["x86", 0x202, "HdrS"],
    ["arm64", 0x38, "ARMd"],
  ])("that is a kernel image to boot, of %s", (_, at, magic) => {
    const image = new Uint8Array(8192);
    image.set(bytesOf("MZ"));
    image.set(bytesOf(magic), at);
    expect(refusalOf(image)).toEqual([
      {
        code: "source-form",
        message: "a kernel image to boot, which has no symbol table",
        notes: [
          "give vmlinux, from the kernel's build or its debug package, or /proc/kallsyms of the running kernel",
        ],
      },
    ]);
  });

  test("that is a relocatable and no module", () => {
    const bytes = buildElf({ sections: [{ name: ".text" }], symbols: [{ ...f, value: 0 }] });
    expect(refusalOf(bytes)).toEqual([
      {
        code: "source-relocatable",
        message: "a relocatable file that is no module",
        notes: [
          "of a kernel give the linked vmlinux, not vmlinux.o: the last link puts symbols in another order",
          "of a module give the .ko file",
        ],
      },
    ]);
  });

  test.each([ET.NONE, ET.CORE, 0xfe00, 0xffff])("that is an ELF file of type %d", (type) => {
    const form = {
      code: "source-form",
      message: `an ELF file of type ${type}, which has no kernel's symbols`,
      notes: [FORMS],
    };
    expect(refusalOf(buildVmlinux({ type }).bytes)).toEqual([form]);
    const module = moduleOf();
    poke(module, 0, "e_type", type);
    expect(refusalOf(module)).toEqual([form]);
  });

  test.each([ET.EXEC, ET.DYN])("that is a program, of type %d", (type) => {
    const program = (name: string) =>
      buildVmlinux({ type, sections: [{ name, data: bytesOf("/lib/ld.so\0") }], symbols: [f] });
    expect(refusalOf(program(".interp").bytes)).toEqual([
      { code: "source-form", message: "a program or library, and no kernel", notes: [FORMS] },
    ]);
    expect(listOf({ source: program(".interpreter").bytes }).said).toEqual([]);
  });

  test("that has addresses of other than 8 to 16 digits", () => {
    for (const digits of [8, 9, 15, 16]) {
      expect(listOf({ source: `${"8".repeat(digits)} T f\n` }).said).toEqual([]);
    }
    for (const digits of [1, 7, 17]) {
      const line = `${"8".repeat(digits)} T f`;
      expect(refusalOf(`${line}\n`)).toEqual([none(`the first line is "${line}"`)]);
    }
  });

  test("and the next is read all the same, so that all faults come out of one run", () => {
    const { said } = listOf({ one: "", two: "ffffffff81000000 T f\n", three: "\x01" });
    expect(said.map(({ file, code }) => [file, code])).toEqual([
      ["one", "source-empty"],
      ["three", "source-form"],
    ]);
  });

  test("and a list of another version too, as a list", () => {
    expect(refusalOf(linesOf("klp-convert-symbol-data.9.9"))).toMatchObject([
      { code: "list-header", line: 1 },
    ]);
  });
});
