// SPDX-License-Identifier: GPL-2.0-only

// What the command says of a module that it refuses, as it stands on the terminal.

import { spawnSync } from "node:child_process";
import { rmSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { SHF, STB } from "../elf-builder.js";
import { buildIntermediate } from "../livepatch/intermediate.js";
import { Folder } from "./command.js";
import { PATCH_UNKNOWN_NOTE } from "./patch-unknown.js";

const LIST = "Symbols.list";
const ARGS = ["in.ko", "out.ko", "-s", LIST];

/** What a module that calls `names` in its .text is refused with. */
function refusalOf(...names: readonly string[]): string {
  const folder = new Folder(LIST);
  folder.write("in.ko", buildIntermediate({ undefined: names, uses: { ".text": names } }));
  return folder.refused(ARGS);
}

describe("a compressed module is refused with the command that decompresses it:", () => {
  test.each([
    ["gzip", "in.ko.gz", "gzip -dc < in.ko.gz > in.ko", "in.ko"],
    ["xz", "in.ko.xz", "xz -dc < in.ko.xz > in.ko", "in.ko"],
    ["zstd", "in.ko.zst", "zstd -dc < in.ko.zst > in.ko", "in.ko"],
    // The suffix of another packer, or none, is no hint at a name for the result.
    ["gzip", "in.ko.xz", "gzip -dc < in.ko.xz > decompressed.ko", "decompressed.ko"],
    ["gzip", "in.ko", "gzip -dc < in.ko > decompressed.ko", "decompressed.ko"],
    ["gzip", "a b; true.gz", "gzip -dc < 'a b; true.gz' > 'a b; true'", "a b; true"],
    ["gzip", "~$(touch x).gz", "gzip -dc < '~$(touch x).gz' > '~$(touch x)'", "~$(touch x)"],
    ["gzip", "it's.gz", "gzip -dc < 'it'\\''s.gz' > 'it'\\''s'", "it's"],
    ["gzip", "-k.gz", "gzip -dc < -k.gz > -k", "-k"],
  ])("%s, %s", (format, name, remedy, plain) => {
    const folder = new Folder("x86_64-dup.in.ko", LIST);
    const packed = pack(format, folder);
    folder.write(name, packed ?? firstBytes(format));
    expect(folder.refused(["-s", LIST, "--", name, "out.ko"])).toBe(
      `klp-convert: error: ${name}: the module is compressed with ${format}\n` +
        `    decompress it first: ${remedy}\n`,
    );
    if (packed === undefined) return;
    const before = folder.names();
    expect(folder.runProgram("sh", ["-c", remedy])).toMatchObject({ status: 0, stderr: "" });
    expect(folder.names()).toEqual([...before, plain].sort());
    expect(folder.read(plain)).toEqual(folder.read("x86_64-dup.in.ko"));
    expect(folder.run(["-s", LIST, "--", plain, "out.ko"]).status).toBe(0);
  });

  test("gzip, from standard input", () => {
    const folder = new Folder("x86_64-dup.in.ko", LIST);
    const packed = pack("gzip", folder);
    const input = packed ?? firstBytes("gzip");
    const remedy = "gzip -dc < /dev/stdin > decompressed.ko";
    expect(folder.refused(["-", "out.ko", "-s", LIST], { input })).toBe(
      "klp-convert: error: /dev/stdin: the module is compressed with gzip\n" +
        `    decompress it first: ${remedy}\n`,
    );
    if (packed === undefined) return;
    folder.write("packed", packed);
    expect(folder.runProgram("sh", ["-c", `cat packed | ${remedy}`]).status).toBe(0);
    expect(folder.read("decompressed.ko")).toEqual(folder.read("x86_64-dup.in.ko"));
  });

  /** Undefined where the packer is not installed: its first bytes do, and no remedy is tried. */
  function pack(format: string, folder: Folder): Uint8Array | undefined {
    const packed = spawnSync(format, ["-c"], { input: folder.read("x86_64-dup.in.ko") });
    return packed.status === 0 ? packed.stdout : undefined;
  }

  function firstBytes(format: string): Uint8Array {
    const magic = { gzip: "1f8b0800", xz: "fd377a585a000004", zstd: "28b52ffd24" }[format] ?? "";
    return Buffer.concat([Buffer.from(magic, "hex"), Buffer.alloc(16)]);
  }
});

test("a section that is to be removed first is one word of the command to paste", () => {
  const folder = new Folder();
  const name = ".x$(touch pwned) 'y'";
  folder.write(
    "in.ko",
    buildIntermediate({
      undefined: ["f"],
      annotations: { vmlinux: [["f", 0]] },
      symbols: [{ name: "r", bind: STB.LOCAL, section: ".klp.module_relocs.vmlinux" }],
      sections: [{ name, type: 0x6fff4c03, link: ".symtab", flags: SHF.WRITE, data: [1] }],
    }),
  );
  const refusal = folder.refused(["in.ko", "out.ko"]).replace(PATCH_UNKNOWN_NOTE, "");
  const [line = "", ...others] = refusal.split("\n").slice(1);
  expect(others).toEqual([""]);
  const [, command = ""] = line.split("    if it is not needed, remove it first: ");
  const shown = folder.runProgram("sh", ["-c", `objcopy() { printf '<%s>' "$@"; }; ${command}`]);
  expect(shown.stdout).toMatch(/^<--remove-section=\.x\$\(touch pwned\) 'y'><[^<>]+>$/);
  expect(folder.names()).toEqual(["in.ko"]);
});

describe("a file that is no module is refused:", () => {
  test.each([
    ["an empty one", "", "the file is empty"],
    [
      "one cut off",
      "\x7fELF\x02",
      "the file is 5 bytes, shorter than an ELF file's identification",
    ],
    ["one byte", "\x7f", "the file is 1 byte, shorter than an ELF file's identification"],
    ["a short text", "x", "not an ELF file: it does not begin with 0x7f ELF"],
    ["a text", "this is no module at all", "not an ELF file: it does not begin with 0x7f ELF"],
  ])("%s", (_, contents, message) => {
    const folder = new Folder(LIST);
    folder.write("in.ko", contents);
    expect(folder.refused(ARGS)).toBe(`klp-convert: error: in.ko: ${message}\n`);
  });
});

test("a signed module is refused, saying to sign the result", () => {
  const folder = new Folder("x86_64-dup.in.ko", LIST);
  const unsigned = folder.read("x86_64-dup.in.ko");
  // struct module_signature: algorithm 0, hash 0, id type 2 (PKCS#7), 3 zero bytes, 8 of signature.
  const info = [0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0, 8];
  const mark = Buffer.from("~Module signature appended~\n");
  folder.write("in.ko", Buffer.concat([unsigned, Buffer.alloc(8, 0x30), Buffer.from(info), mark]));
  expect(folder.refused(ARGS)).toBe(
    "klp-convert: error: in.ko: the module has an appended signature\n" +
      "    conversion would make the signature wrong, and a wrong one is fatal at load\n" +
      "    convert the unsigned module and sign the result: scripts/sign-file\n",
  );
});

test("a module that is not a livepatch is refused with the missing line of C", () => {
  const folder = new Folder(LIST);
  folder.write("in.ko", buildIntermediate({ modinfo: "license=GPL\0intree=Y\0" }));
  expect(folder.refused(ARGS)).toBe(
    "klp-convert: error: in.ko: not a livepatch module: .modinfo has no livepatch=\n" +
      '    add to the module\'s source: MODULE_INFO(livepatch, "Y");\n',
  );
});

describe("a module in another tool's form is refused with what to do instead:", () => {
  test.each([
    [
      "kpatch",
      [".kpatch.symbols", ".kpatch.relocations", ".rela.kpatch.symbols"],
      ".kpatch.symbols: the module is in kpatch's intermediate form, which this tool does not read: it has 2 sections .kpatch.*",
      "kpatch-build's own last step, create-klp-module, converts it",
    ],
    [
      "old kpatch",
      [".klp.arch.vmlinux..altinstructions", ".klp.arch.vmlinux..parainstructions"],
      ".klp.arch.vmlinux..altinstructions: the module is in the form of kpatch for kernels before 5.8, which this tool does not read: it has 2 sections .klp.arch.*",
      "since 5.8 the kernel reads no such sections; build the module for the kernel it is for",
    ],
    [
      "Ksplice",
      [".ksplice_relocs"],
      ".ksplice_relocs: the module is in Ksplice's form, which this tool does not read: it has 1 section .ksplice*",
      "it is for Ksplice's own loader, not for livepatch",
    ],
  ])("%s", (_, sections, message, remedy) => {
    const folder = new Folder(LIST);
    folder.write(
      "in.ko",
      buildIntermediate({ sections: sections.map((name) => ({ name, size: 24 })) }),
    );
    expect(folder.refused(ARGS)).toBe(`klp-convert: error: in.ko: ${message}\n    ${remedy}\n`);
  });
});

describe("an unknown name is refused", () => {
  const REMEDY =
    "    if the name is right, Symbols.list is not of the kernel the patch is for, or lacks the object that has it\n";

  test("with the nearest names, compiler variants first", () => {
    expect(refusalOf("vm_local_fun")).toBe(
      "klp-convert: error: in.ko: .text+0x0: symbol vm_local_fun is in no object of Symbols.list\n" +
        "    used by 1 relocation, first in patched\n" +
        "    near: vm_local_func, in vmlinux\n" +
        REMEDY,
    );
    expect(refusalOf("demo_value.isra.4")).toBe(
      "klp-convert: error: in.ko: .text+0x0: symbol demo_value.isra.4 is in no object of Symbols.list\n" +
        "    used by 1 relocation, first in patched\n" +
        "    near: demo_value, in klp_demo: KLP_MODULE_RELOC(klp_demo) klp_demo_relocs[] = { KLP_SYMPOS(demo_value, 0) };\n" +
        "    near: demo_value.isra.3, 2 times in klp_demo\n" +
        REMEDY,
    );
  });

  test("without any, if none is near", () => {
    expect(refusalOf("nothing_like_it")).toBe(
      "klp-convert: error: in.ko: .text+0x0: symbol nothing_like_it is in no object of Symbols.list\n" +
        "    used by 1 relocation, first in patched\n" +
        REMEDY,
    );
  });

  test("also when nothing uses it", () => {
    const folder = new Folder(LIST);
    folder.write("in.ko", buildIntermediate({ undefined: ["nothing_like_it"] }));
    expect(folder.refused(ARGS)).toBe(
      "klp-convert: error: in.ko: symbol nothing_like_it is in no object of Symbols.list\n" +
        "    nothing that is loaded uses it, but the module loader looks for every undefined symbol\n" +
        REMEDY,
    );
  });
});

test("an ambiguous name is refused with each candidate, its line and what to paste", () => {
  expect(refusalOf("_printk", "demo_homonym", "demo_value.isra.3")).toBe(
    `klp-convert: error: in.ko: .text+0x8: symbol demo_homonym is ambiguous: it stands in 2 objects
    used by 1 relocation, first in patched
    klp_demo, position 1 (Symbols.list:25): KLP_MODULE_RELOC(klp_demo) klp_demo_relocs[] = { KLP_SYMPOS(demo_homonym, 1) };
    klp_demo, position 2 (Symbols.list:26): KLP_MODULE_RELOC(klp_demo) klp_demo_relocs[] = { KLP_SYMPOS(demo_homonym, 2) };
    klp_demo, position 3 (Symbols.list:27): KLP_MODULE_RELOC(klp_demo) klp_demo_relocs[] = { KLP_SYMPOS(demo_homonym, 3) };
    snd_hda_intel, position 0 (Symbols.list:36): KLP_MODULE_RELOC(snd_hda_intel) snd_hda_intel_relocs[] = { KLP_SYMPOS(demo_homonym, 0) };
klp-convert: error: in.ko: .text+0x10: symbol demo_value.isra.3 is ambiguous: it stands 2 times in klp_demo
    used by 1 relocation, first in patched
    klp_demo, position 1 (Symbols.list:31): asm(".klp.sym.rela.klp_demo.klp_demo.demo_value.isra.3.1") behind its declaration
    klp_demo, position 2 (Symbols.list:32): asm(".klp.sym.rela.klp_demo.klp_demo.demo_value.isra.3.2") behind its declaration
`,
  );
});

test("what an ambiguous name's candidate says to write is accepted", () => {
  const folder = new Folder(LIST);
  const annotated = ".klp.sym.rela.klp_demo.klp_demo.demo_value.isra.3.2";
  folder.write(
    "in.ko",
    buildIntermediate({
      undefined: ["demo_homonym", annotated],
      uses: { ".text": ["demo_homonym", annotated] },
      annotations: { snd_hda_intel: [["demo_homonym", 0]] },
    }),
  );
  expect(folder.run(ARGS)).toMatchObject({
    status: 0,
    stdout: "",
    // The order of this list is not the kernel's, and its looks say so.
    stderr: `klp-convert: note: in.ko: positions in klp_demo are unverified: its names stand in alphabetical order in Symbols.list, which is not the kernel's
    demo_value.isra.3 at 2
    klp-convert symbols makes a list in the kernel's order
${PATCH_UNKNOWN_NOTE}`,
  });
});

test("a symbol that a module exports stays, with a warning that says what it costs", () => {
  const folder = new Folder(LIST);
  folder.write(
    "in.ko",
    buildIntermediate({
      undefined: ["demo_shared", "vm_local_func"],
      uses: { ".text": ["demo_shared", "vm_local_func"] },
    }),
  );
  expect(folder.run(ARGS)).toMatchObject({
    status: 0,
    stdout: "",
    stderr: `klp-convert: warning: in.ko: .text+0x0: symbol demo_shared stays an ordinary import of module snd_hda_intel
    the patch cannot be loaded before snd_hda_intel
    snd_hda_intel cannot be unloaded while a patch that was bound to it is loaded
    to bind it late, if the patch patches snd_hda_intel: --patched-object snd_hda_intel, and all others that it patches
    or for this symbol alone: snd_hda_intel, position 0 (Symbols.list:37): KLP_MODULE_RELOC(snd_hda_intel) snd_hda_intel_relocs[] = { KLP_SYMPOS(demo_shared, 0) };
${PATCH_UNKNOWN_NOTE}`,
  });
});

describe("all faults come out of one run,", () => {
  test("those of the list before those of the module", () => {
    const folder = new Folder();
    folder.write("list", "klp-convert-symbol-data.0.1\n*vmlinux\n_printk\n*vmlinux\n");
    const names = ["first_absent", "second_absent"];
    folder.write("in.ko", buildIntermediate({ undefined: names, uses: { ".text": names } }));
    const stderr = folder.refused(["in.ko", "out.ko", "-s", "list"]);
    expect(headLines(stderr)).toEqual([
      "klp-convert: warning: list:4: object vmlinux stands in the list before, at line 2; the two are merged",
      "klp-convert: error: in.ko: .text+0x0: symbol first_absent is in no object of list",
      "klp-convert: error: in.ko: .text+0x8: symbol second_absent is in no object of list",
    ]);
  });

  test("a hundred of them, and a count of the rest", () => {
    const folder = new Folder(LIST);
    const names = Array.from({ length: 103 }, (_, i) => `absent_${i}`);
    folder.write("in.ko", buildIntermediate({ undefined: names }));
    expect(headLines(folder.refused(ARGS))).toEqual([
      ...names
        .slice(0, 100)
        .map((name) => `klp-convert: error: in.ko: symbol ${name} is in no object of Symbols.list`),
      "klp-convert: error: in.ko: 3 more errors not shown",
    ]);
  });

  test("also behind a hundred notes", () => {
    const folder = new Folder(LIST);
    const weak = Array.from({ length: 101 }, (_, i) => `weak_${i}`);
    const undefineds = [...weak.map((name) => ({ name, bind: STB.WEAK })), "absent"];
    folder.write("in.ko", buildIntermediate({ undefined: undefineds }));
    expect(headLines(folder.refused(ARGS))).toEqual([
      ...weak
        .slice(0, 100)
        .map(
          (name) =>
            `klp-convert: note: in.ko: weak symbol ${name} is in no object of Symbols.list and stays: the module loader makes it 0`,
        ),
      "klp-convert: error: in.ko: symbol absent is in no object of Symbols.list",
      "klp-convert: note: in.ko: 1 more note not shown",
    ]);
  });
});

/** The first lines of the messages, without the notes under them. */
function headLines(stderr: string): string[] {
  return stderr.split("\n").filter((line) => line.startsWith("klp-convert: "));
}

describe("a terminal does not obey what a hostile file holds:", () => {
  test("a symbol's name", () => {
    expect(refusalOf("evil\x1b[2J\r\nklp-convert: \x7fname")).toMatch(
      /^klp-convert: error: in\.ko: \.text\+0x0: symbol evil\\x1b\[2J\\x0d\\x0aklp-convert: \\x7fname is in no object of Symbols\.list\n {4}used by/,
    );
    // U+009B in UTF-8; its second byte alone would begin an escape sequence.
    expect(refusalOf("evil\u009b2J")).toContain("symbol evil\xc2\\x9b2J is in no object");
  });

  test("a section's name", () => {
    const folder = new Folder(LIST);
    folder.write(
      "in.ko",
      buildIntermediate({
        undefined: ["probe"],
        sections: [{ name: ".evil\x1b]0;title\x07", flags: 2, size: 8 }],
        uses: { ".evil\x1b]0;title\x07": ["probe"] },
      }),
    );
    expect(folder.refused(ARGS)).toMatch(
      /^klp-convert: error: in\.ko: \.evil\\x1b\]0;title\\x07\+0x0: symbol probe is ambiguous/,
    );
  });

  test("a near name of the list", () => {
    const folder = new Folder();
    const list = "klp-convert-symbol-data.0.1\n*vmlinux\nabsent\x9b\n";
    folder.write("list", Buffer.from(list, "latin1"));
    folder.write("in.ko", buildIntermediate({ undefined: ["absent"] }));
    const stderr = folder.refused(["in.ko", "out.ko", "-s", "list"]);
    expect(stderr).toContain("    near: absent\\x9b, in vmlinux\n");
  });

  test("the first line of what was given for a list", () => {
    const folder = new Folder("x86_64-dup.in.ko");
    folder.write("list", Buffer.from("\x9b31mred\x7f\n", "latin1"));
    expect(folder.refused(["x86_64-dup.in.ko", "out.ko", "-s", "list"])).toBe(
      'klp-convert: error: list:1: not a source of symbols: the first line is "\\x9b31mred\\x7f"\n' +
        "    sources are vmlinux, modules (.ko), /proc/kallsyms, System.map, nm -n or nm -f posix of vmlinux, Module.symvers and symbols lists\n",
    );
  });

  test("its own name", () => {
    const folder = new Folder(LIST);
    folder.write("in\x1b[2J\n.ko", "");
    expect(folder.refused(["in\x1b[2J\n.ko", "out.ko", "-s", LIST])).toBe(
      "klp-convert: error: in\\x1b[2J\\x0a.ko: the file is empty\n",
    );
    rmSync(folder.at("in\x1b[2J\n.ko"));
    expect(folder.refused(["in\x1b[2J\n.ko", "out.ko", "-s", LIST])).toBe(
      "klp-convert: error: in\\x1b[2J\\x0a.ko: cannot be read: no such file or directory\n",
    );
  });

  test("a name that --verbose prints", () => {
    const folder = new Folder();
    folder.write("in.ko", buildIntermediate({ undefined: ["evil\x1b[2J"] }));
    const { stderr } = folder.run(["-v", "in.ko", "out.ko"]);
    expect(stderr).toContain("klp-convert: in.ko: evil\\x1b[2J: stays; ");
    expect(stderr).not.toContain("\x1b");
  });

  test("a name beside the tool's own color", () => {
    const folder = new Folder(LIST);
    folder.write("in.ko", buildIntermediate({ undefined: ["evil\x1b[2J"] }));
    const stderr = folder.refused([...ARGS, "--color", "always"]);
    expect(stderr.split("\n")[0]).toBe(
      "klp-convert: \x1b[1;31merror:\x1b[0m in.ko: symbol evil\\x1b[2J is in no object of Symbols.list",
    );
  });
});
