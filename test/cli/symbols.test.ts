// SPDX-License-Identifier: GPL-2.0-only

// klp-convert symbols: what it makes of its sources, and what it says of those it refuses.

import { execFileSync } from "node:child_process";
import {
  chmodSync,
  lstatSync,
  mkdirSync,
  readlinkSync,
  statSync,
  symlinkSync,
  truncateSync,
} from "node:fs";
import { describe, expect, test } from "vitest";
import { Folder } from "./command.js";
import {
  buildModule,
  buildVmlinux,
  buildVmlinuxObject,
  fromFile,
  globals,
  listOf,
  RELEASE,
} from "./sources.js";

const TEXT = 0xffffffff81000000n;
const QUIET = { status: 0, stdout: "", stderr: "" };

/** vmlinux, two modules and Module.symvers in a folder; everything in it is one kernel's. */
function folderOfKernel(): Folder {
  const folder = new Folder();
  folder.write("vmlinux", VMLINUX);
  folder.write("klp-demo.ko", DEMO);
  folder.write("klp-bare.ko", BARE);
  folder.write("Module.symvers", SYMVERS);
  return folder;
}

const VMLINUX = buildVmlinux({
  symbols: [
    ...fromFile("a.c", ["probe", ".text", TEXT + 0x100n], ["alpha", ".text", TEXT + 0x110n]),
    ...fromFile("b.c", ["probe", ".text", TEXT + 0x80n]),
    ...globals(["_printk", ".text", TEXT + 0x20n], ["zulu", ".data", TEXT + 0x1000n]),
  ],
});
const DEMO = buildModule("klp-demo", {
  symbols: [
    ...fromFile("main.c", ["probe", ".text", 0x10], ["demo_init", ".init.text", 0]),
    ...fromFile("other.c", ["probe", ".text", 0x40], ["alpha", ".text", 0x20]),
    ...globals(["demo_value", ".data", 8]),
  ],
});
const BARE = buildModule("klp-bare", { symbols: fromFile("bare.c", ["bare", ".text", 0]) });
const SYMVERS =
  "0x12345678\t_printk\tvmlinux\tEXPORT_SYMBOL\t\n" +
  "0x9abcdef0\tdemo_value\tdrivers/klp-demo\tEXPORT_SYMBOL_GPL\tDEMO_SPACE\n";
const ALL = ["vmlinux", "klp-demo.ko", "klp-bare.ko", "Module.symvers"];

/** Lines of kallsyms, as many as show that they are sorted. */
function kallsymsOf(line: (i: number) => string, count = 25): string {
  return Array.from({ length: count }, (_, i) => `${line(i)}\n`).join("");
}

/** Names in alphabetical order. */
function nameOf(i: number): string {
  return `name${String(i).padStart(2, "0")}`;
}

const LIST_01 = listOf(
  "*vmlinux",
  "linux_banner",
  "_printk",
  "probe",
  "probe",
  "alpha",
  "zulu",
  "__ksymtab__printk",
  "*klp_bare",
  "bare",
  "*klp_demo",
  "probe",
  "probe",
  "alpha",
  "demo_value",
  "__ksymtab_demo_value",
);
const LIST_02 = `klp-convert-symbol-data.0.2 release=${RELEASE} arch=x86_64 order=kallsyms
*vmlinux
linux_banner 0000000000000000 R
_printk ffffffff81000020 T
probe ffffffff81000080 t b.c
probe ffffffff81000100 t a.c
alpha ffffffff81000110 t a.c
zulu ffffffff81001000 D
__ksymtab__printk - -
*klp_bare order=symtab
bare.c - ax bare.c
bare .text+0x0 t bare.c
*klp_demo order=symtab
main.c - ax main.c
probe .text+0x10 t main.c
demo_init .init.text+0x0 ti main.c
other.c - ax other.c
probe .text+0x40 t other.c
alpha .text+0x20 t other.c
demo_value .data+0x8 D
__ksymtab_demo_value - - DEMO_SPACE
`;

function text(folder: Folder, name: string): string {
  return Buffer.from(folder.read(name)).toString("latin1");
}

describe("a list is made", () => {
  test("of all sources, vmlinux first, then the modules by name, without a word", () => {
    const folder = folderOfKernel();
    expect(folder.run(["symbols", "-o", "out", ...ALL])).toMatchObject(QUIET);
    expect(text(folder, "out")).toBe(LIST_01);
    expect(folder.names()).toEqual([...ALL, "out"].sort());
  });

  test.each([
    ["0.1", LIST_01] as const,
    ["0.2", LIST_02] as const,
  ])("in format %s", (version, list) => {
    const folder = folderOfKernel();
    for (const format of [["--format", version], [`--format=${version}`]]) {
      expect(folder.run(["symbols", ...format, "--output", "out", ...ALL])).toMatchObject(QUIET);
      expect(text(folder, "out")).toBe(list);
    }
  });

  test("with the same bytes in whatever order the sources are given", () => {
    const folder = folderOfKernel();
    for (const sources of permutations(ALL)) {
      const args = ["symbols", "-o", "-", "--format", "0.2", ...sources];
      expect(folder.run(args)).toMatchObject({ status: 0, stdout: LIST_02, stderr: "" });
    }
  });

  test("from lists, which give what they were made of", () => {
    const folder = folderOfKernel();
    folder.run(["symbols", "-o", "list.0.2", "--format", "0.2", ...ALL]);
    folder.run(["symbols", "-o", "list.0.1", ...ALL]);
    const again = (...args: string[]) => folder.run(["symbols", "-o", "-", ...args]);
    expect(again("--format", "0.2", "list.0.2")).toMatchObject({ status: 0, stdout: LIST_02 });
    expect(again("list.0.2")).toMatchObject({ status: 0, stdout: LIST_01 });
    expect(again("list.0.1")).toMatchObject({ status: 0, stdout: LIST_01 });
    expect(again("--format", "0.2", "list.0.1", ...ALL)).toMatchObject({
      status: 0,
      stdout: LIST_02,
    });
  });

  test("from standard input, by either name, of an ELF file too", () => {
    const folder = folderOfKernel();
    const list = listOf("*klp_bare", "bare");
    for (const name of ["-", "/dev/stdin"]) {
      const ended = folder.run(["symbols", "-o", "-", name], { input: BARE });
      expect(ended).toMatchObject({ status: 0, stdout: list, stderr: "" });
    }
    const piped = folder.run(["symbols", "-o", "-", "klp-bare.ko", "-"], {
      input: "ffffffff81000000 T _stext\nffffffff81000010 t probe\n",
    });
    expect(piped.stdout).toBe(listOf("*vmlinux", "_stext", "probe", "*klp_bare", "bare"));
  });

  test("from pipes, of every kind of source", () => {
    const folder = folderOfKernel();
    const script = `klp symbols -o - --format 0.2 ${ALL.map((name) => `<(cat ${name})`).join(" ")}`;
    expect(folder.runShell(script)).toMatchObject({ status: 0, stdout: LIST_02, stderr: "" });
    execFileSync("mkfifo", [folder.at("pipe")]);
    expect(folder.runShell("cat klp-bare.ko > pipe & klp symbols -o - pipe")).toMatchObject({
      status: 0,
      stdout: listOf("*klp_bare", "bare"),
    });
  });
});

describe("of an ELF file", () => {
  test("only the parts are read that symbols are in, however large it is", () => {
    const folder = folderOfKernel();
    // A hole at the end: larger than Node reads in one go, and nothing on the disk.
    truncateSync(folder.at("klp-bare.ko"), 3 * 2 ** 30);
    expect(folder.run(["symbols", "-o", "-", "klp-bare.ko"])).toMatchObject({
      status: 0,
      stdout: listOf("*klp_bare", "bare"),
      stderr: "",
    });
  });

  test("that becomes shorter while it is read nothing is made", () => {
    const folder = folderOfKernel();
    folder.write(
      "shorter.cjs",
      `const fs = require("node:fs");
      const { readSync } = fs;
      // The magic number is read, and then there is no more. What reads whole files gives no place.
      fs.readSync = (file, bytes, at, size, from) =>
        size > 8 && from !== undefined ? 0 : readSync(file, bytes, at, size, from);`,
    );
    const env = { NODE_OPTIONS: `--require=${folder.at("shorter.cjs")}` };
    expect(folder.refused(["symbols", "-o", "out", "klp-bare.ko"], { env })).toBe(
      "klp-convert: error: klp-bare.ko: cannot be read: it became shorter meanwhile\n",
    );
  });
});

function permutations<Item>(items: readonly Item[]): Item[][] {
  if (items.length < 2) return [[...items]];
  return items.flatMap((item, i) =>
    permutations([...items.slice(0, i), ...items.slice(i + 1)]).map((rest) => [item, ...rest]),
  );
}

describe("the list goes", () => {
  const args = ["symbols", "klp-bare.ko", "-o"];
  const list = listOf("*klp_bare", "bare");

  test.each(["-", "/dev/stdout"])("to standard output: %s", (output) => {
    const folder = folderOfKernel();
    const before = folder.names();
    expect(folder.run([...args, output])).toMatchObject({ status: 0, stdout: list, stderr: "" });
    expect(folder.names()).toEqual(before);
  });

  test("to where standard output is in its file already", () => {
    const folder = folderOfKernel();
    folder.runShell("{ echo head; klp symbols -o /dev/stdout klp-bare.ko; echo tail; } > all");
    expect(text(folder, "all")).toBe(`head\n${list}tail\n`);
  });

  test("to a new file with the mode of any new file", () => {
    const folder = folderOfKernel();
    chmodSync(folder.at("klp-bare.ko"), 0o600);
    const ended = folder.runShell("umask 027; klp symbols -o out klp-bare.ko");
    expect(ended).toMatchObject(QUIET);
    expect((statSync(folder.at("out")).mode & 0o777).toString(8)).toBe("640");
  });

  test("over an existing file", () => {
    const folder = folderOfKernel();
    folder.write("out", "old");
    expect(folder.run([...args, "out"])).toMatchObject(QUIET);
    expect(text(folder, "out")).toBe(list);
  });

  test("to the file that a symbolic link names, and the link stays", () => {
    const folder = folderOfKernel();
    mkdirSync(folder.at("elsewhere"));
    symlinkSync("elsewhere/real", folder.at("link"));
    for (let run = 0; run < 2; run++) {
      expect(folder.run([...args, "link"])).toMatchObject(QUIET);
      expect(readlinkSync(folder.at("link"))).toBe("elsewhere/real");
      expect(text(folder, "elsewhere/real")).toBe(list);
    }
  });

  test("to a device, which stays one", () => {
    const folder = folderOfKernel();
    expect(folder.run([...args, "/dev/null"])).toMatchObject(QUIET);
    expect(lstatSync("/dev/null").isCharacterDevice()).toBe(true);
  });

  test("nowhere that cannot be written to, with the reason", () => {
    const folder = folderOfKernel();
    mkdirSync(folder.at("folder"));
    for (const [output, reason] of [
      ["missing/out", "no such file or directory"],
      ["folder", "illegal operation on a directory"],
      ["/dev/full", "no space left on device"],
    ] as const) {
      expect(folder.refused([...args, output])).toBe(
        `klp-convert: error: ${output}: cannot be written: ${reason}\n`,
      );
    }
    expect(folder.runShell("klp symbols -o - klp-bare.ko > /dev/full")).toMatchObject({
      status: 1,
      stderr: "klp-convert: error: /dev/stdout: cannot be written: no space left on device\n",
    });
  });

  test("never over a source that is no list", () => {
    const folder = folderOfKernel();
    for (const output of ["vmlinux", "./vmlinux"]) {
      folder.refused(["symbols", "-o", output, "vmlinux"], { status: 2 });
    }
  });
});

describe("options choose what is in the list:", () => {
  const symbols = (...args: string[]) => folderOfKernel().run(["symbols", "-o", "-", ...args]);

  test.each([
    [["--objects", "klp_bare"]],
    [["--objects", "klp-bare"]],
    [["--objects=klp-bare,klp_bare"]],
  ])("%j only that object", (options) => {
    expect(symbols(...options, ...ALL)).toMatchObject({
      status: 0,
      stdout: listOf("*klp_bare", "bare"),
      stderr: "",
    });
  });

  test("--objects may be given several times, in any order", () => {
    const { stdout } = symbols("--objects", "klp_bare", "--objects", "vmlinux", ...ALL);
    expect(stdout.match(/^\*.*$/gm)).toEqual(["*vmlinux", "*klp_bare"]);
  });

  test("--objects that no source has are refused, each of them", () => {
    const folder = folderOfKernel();
    const args = ["symbols", "-o", "out", "--objects", "klp-bare,ext4", "--objects", "xfs-x"];
    expect(folder.refused([...args, ...ALL])).toBe(
      "klp-convert: error: vmlinux and 3 other sources: object ext4 is in no source\n" +
        "    there are vmlinux, klp_bare, klp_demo\n" +
        "klp-convert: error: vmlinux and 3 other sources: object xfs_x is in no source\n" +
        "    there are vmlinux, klp_bare, klp_demo\n",
    );
    expect(folder.refused([...args, "klp-bare.ko"])).toMatch(/\n {4}there is klp_bare\n/);
  });

  test("--keep only these names, all of their homonyms, and their exports", () => {
    const expected = listOf(
      "*vmlinux",
      "_printk",
      "probe",
      "probe",
      "__ksymtab__printk",
      "*klp_bare",
      "*klp_demo",
      "probe",
      "probe",
    );
    expect(symbols(...ALL, "--keep", "probe", "_printk")).toMatchObject({
      status: 0,
      stdout: expected,
      stderr: "",
    });
    expect(symbols("--keep", "_printk", "--keep", "probe", "--", ...ALL).stdout).toBe(expected);
    expect(symbols("--keep", "probe", "_printk", "--format", "0.1", ...ALL).stdout).toBe(expected);
  });

  test("--keep of a name that no object has warns", () => {
    const ended = symbols("klp-bare.ko", "--keep", "bare", "absent");
    expect(ended).toMatchObject({
      status: 0,
      stdout: listOf("*klp_bare", "bare"),
      stderr: "klp-convert: warning: klp-bare.ko: no object has a symbol absent to be kept\n",
    });
  });

  test("--verbose prints how much was written", () => {
    for (const option of ["-v", "--verbose"]) {
      const folder = folderOfKernel();
      expect(folder.run(["symbols", option, "-o", "out", ...ALL])).toMatchObject({
        status: 0,
        stdout: "",
        stderr: "klp-convert: out: 3 objects, 13 symbols\n",
      });
    }
    expect(symbols("-v", "klp-bare.ko").stderr).toBe(
      "klp-convert: /dev/stdout: 1 object, 1 symbol\n",
    );
  });

  test("--color always colors what is said of sources", () => {
    const folder = folderOfKernel();
    expect(folder.refused(["symbols", "-o", "out", "missing", "--color", "always"])).toBe(
      "klp-convert: \x1b[1;31merror:\x1b[0m missing: cannot be read: no such file or directory\n",
    );
  });
});

describe("--release says which kernel it is", () => {
  // An absolute symbol, which kallsyms does not show: this is nm's.
  const map =
    "0000000000000000 A absolute\nffffffff81000000 T _stext\n" +
    "ffffffff81000010 t __pi_$x\nffffffff81000020 t probe\n";

  test("where the source does not, so that nothing is left out", () => {
    const folder = new Folder();
    const args = ["symbols", "-o", "-", "--format", "0.2", "-"];
    expect(folder.run(args, { input: map })).toMatchObject({
      status: 0,
      stdout:
        "klp-convert-symbol-data.0.2 order=kallsyms\n*vmlinux\n" +
        "_stext ffffffff81000000 T\nprobe ffffffff81000020 t\n",
      stderr:
        "klp-convert: note: /dev/stdin: 1 symbol left out that only some kernels keep, first __pi_$x\n" +
        "    say which kernel it is: klp-convert symbols --release 6.1.0-56-amd64, or its own\n",
    });
    expect(folder.run([...args, "--release", "6.1.0-56-amd64"], { input: map })).toMatchObject({
      status: 0,
      stdout:
        "klp-convert-symbol-data.0.2 release=6.1.0-56-amd64 order=kallsyms\n*vmlinux\n" +
        "_stext ffffffff81000000 T\n__pi_$x ffffffff81000010 t\nprobe ffffffff81000020 t\n",
      stderr: "",
    });
    expect(folder.run([...args, "--release", "7.3.0"], { input: map })).toMatchObject({
      status: 0,
      stdout:
        "klp-convert-symbol-data.0.2 release=7.3.0 order=kallsyms\n*vmlinux\n" +
        "_stext ffffffff81000000 T\nprobe ffffffff81000020 t\n",
      stderr: "",
    });
  });

  test("and a source that says another is warned of", () => {
    const folder = folderOfKernel();
    const args = ["symbols", "-o", "-", "--format", "0.2", "--release", "6.2.0", "klp-bare.ko"];
    expect(folder.run(args)).toMatchObject({
      status: 0,
      stdout: expect.stringMatching(/^klp-convert-symbol-data\.0\.2 release=6\.1\.0-1-amd64 /),
      stderr:
        "klp-convert: warning: klp-bare.ko: the sources are of 2 kernels: 6.1.0-1-amd64 (klp-bare.ko), 6.2.0 (as stated)\n" +
        "    positions are right only for the kernel that an object is from; give sources of one\n",
    });
  });
});

test("names whose positions format 0.1 cannot hold are left out with a note, not in 0.2", () => {
  const folder = new Folder();
  const symbols = [
    ...fromFile("a.c", ["twin", ".text", 0], ["plain", ".text", 8]),
    ...fromFile("b.c", ["twin", ".init.text", 0]),
  ];
  folder.write("m.ko", buildModule("m", { symbols }));
  expect(folder.run(["symbols", "-o", "-", "m.ko"])).toMatchObject({
    status: 0,
    stdout: listOf("*m", "plain"),
    stderr:
      "klp-convert: note: m.ko: 1 name left out, of which a module has symbols for a while only\n" +
      "    twin\n" +
      "    format 0.2 can tell them apart: --format 0.2\n",
  });
  const ended = folder.run(["symbols", "-o", "-", "--format", "0.2", "m.ko"]);
  expect(ended).toMatchObject({ status: 0, stderr: "" });
  expect(ended.stdout.match(/^twin .*$/gm)).toEqual([
    "twin .text+0x0 t a.c",
    "twin .init.text+0x0 ti b.c",
  ]);
});

describe("a source is refused:", () => {
  const SOURCES =
    "    sources are vmlinux, modules (.ko), /proc/kallsyms, System.map, nm -n or nm -f posix of vmlinux, Module.symvers and symbols lists\n";
  const RETAKE = "    take it as it is: cat /proc/kallsyms > kallsyms\n";
  const one = { symbols: fromFile("a.c", ["probe", ".text", 0]) };

  test.each<[string, Uint8Array | string, string]>([
    [
      "the stub of a System.map that Debian ships",
      "ffffffffffffffff B The real System.map is in the linux-image-<version>-dbg package\n",
      "source: this System.map is a stub without symbols\n" +
        "    the real one is in the package it names, linux-image-…-dbg; or take the running kernel's: cat /proc/kallsyms > kallsyms\n",
    ],
    [
      "vmlinux.o",
      buildVmlinuxObject(one),
      "source: a relocatable file that is no module\n" +
        "    of a kernel give the linked vmlinux, not vmlinux.o: the last link puts symbols in another order\n" +
        "    of a module give the .ko file\n",
    ],
    [
      "nm of vmlinux.o",
      "                 U _end\n0000000000000000 T probe\n0000000000000010 T start\n",
      "source: these are symbols of an object that is not linked yet: _end is undefined\n" +
        "    give the linked vmlinux: the last link puts symbols in another order\n",
    ],
    [
      "nm of a module",
      "0000000000000000 t probe\n0000000000000000 D __this_module\n                 U _printk\n",
      "source: these are symbols of a module: __this_module is among them\n" +
        "    give the module itself, the .ko file: its positions count in the order of its symbol table\n",
    ],
    [
      "a module that does not say its name",
      buildModule("", one),
      "source: the object has no name\n",
    ],
    [
      "a module with a name that no module has",
      buildModule("ext4.ko", one),
      'source: "ext4.ko" is no object: a name has at most 55 characters and no dot\n',
    ],
    ["an empty file", "", `source: the file is empty\n${SOURCES}`],
    [
      "a text that is none",
      "hello, world\n",
      `source:1: not a source of symbols: the first line is "hello, world"\n${SOURCES}`,
    ],
    [
      "names without values",
      "probe\nalpha\n",
      "source:1: names without values have lost the kernel's order: livepatch counts homonyms by address\n" +
        "    give the output of nm -f posix with its value column, or nm -n vmlinux, or vmlinux itself\n",
    ],
    [
      "kallsyms without addresses that somebody sorted",
      kallsymsOf((i) => `0000000000000000 t ${nameOf(i)}${i < 20 ? "" : "\t[m]"}`),
      `source: the lines are in alphabetical order: the kernel's order is lost\n${RETAKE}`,
    ],
    [
      "kallsyms without addresses that sort(1) sorted, by type before name",
      kallsymsOf((i) => `0000000000000000 ${i < 10 ? "T" : "t"} ${nameOf((i + 15) % 25)}\t[m]`),
      `source: the lines are in alphabetical order: the kernel's order is lost\n${RETAKE}`,
    ],
    [
      "kallsyms that somebody sorted by addresses",
      `ffffffff81000000 t probe\n${kallsymsOf((i) => `ffffffffc00000${i + 10} t ${nameOf(25 - i)}\t[m${i % 2}]`)}`,
      "source: the symbols of modules are in the order of their addresses: the kernel's order is lost\n" +
        RETAKE,
    ],
    [
      "kallsyms with modules whose addresses do not ascend",
      "ffffffff81000010 t alpha\nffffffff81000000 t beta\nffffffffc0000000 t gamma\t[m]\n",
      "source: the addresses of vmlinux do not ascend\n" +
        "    the lines are in another order than the kernel's, and of modules it cannot be had back\n" +
        RETAKE,
    ],
    [
      "a text that is cut off",
      "ffffffff81000010 t alpha\nffffffff810000",
      "source:2: the last line has no newline: the file is cut off\n" +
        "    make the file again; its maker or a copy of it was interrupted\n",
    ],
    [
      "lines of another form",
      "ffffffff81000010 t alpha\nffffffff81000020 tt beta\n",
      'source:2: "ffffffff81000020 tt beta" is not ADDRESS TYPE NAME\n',
    ],
    [
      "Module.symvers with a line of another form",
      "0x12345678\t_printk\tvmlinux\tEXPORT_SYMBOL\t\n0x1\tx\n",
      'source:2: "0x1\\x09x" is not CRC NAME OBJECT EXPORT NAMESPACE, separated by tabs\n',
    ],
    [
      "a kernel image",
      `${"\x01".repeat(0x202)}HdrS${"\x01".repeat(100)}`,
      "source: a kernel image to boot, which has no symbol table\n" +
        "    give vmlinux, from the kernel's build or its debug package, or /proc/kallsyms of the running kernel\n",
    ],
  ])("%s", (_, contents, message) => {
    const folder = new Folder();
    folder.write("source", contents);
    folder.write("out", "precious");
    expect(folder.refused(["symbols", "-o", "out", "source"])).toBe(
      `klp-convert: error: ${message}`,
    );
    // What cannot make a list cannot resolve a module's symbols either.
    folder.write("in.ko", DEMO);
    expect(folder.refused(["in.ko", "out", "-s", "source"])).toContain(
      `klp-convert: error: ${message}`,
    );
  });

  test("but not kallsyms of few lines, nor of many in no order", () => {
    const folder = new Folder();
    const line = (name: string) => `0000000000000000 t ${name}`;
    const few = kallsymsOf((i) => line(nameOf(i)), 24);
    const unsorted = kallsymsOf((i) => line(nameOf(i === 24 ? 0 : i + 1)));
    for (const input of [few, unsorted]) {
      expect(folder.run(["symbols", "-o", "-", "-"], { input })).toMatchObject({
        status: 0,
        stderr: "",
      });
    }
  });

  test("one that is missing, or may not be read as a file", () => {
    const folder = new Folder();
    expect(folder.refused(["symbols", "-o", "out", "missing"])).toBe(
      "klp-convert: error: missing: cannot be read: no such file or directory\n",
    );
    symlinkSync("loop", folder.at("loop"));
    expect(folder.refused(["symbols", "-o", "out", "loop"])).toBe(
      "klp-convert: error: loop: cannot be read: too many symbolic links encountered\n",
    );
  });

  test("two that disagree about an object", () => {
    const folder = folderOfKernel();
    folder.write("map", "ffffffff81000000 t alpha\nffffffff81000010 T _printk\n");
    expect(folder.refused(["symbols", "-o", "out", "vmlinux", "map"])).toBe(
      "klp-convert: error: vmlinux and 1 other source: sources disagree about vmlinux: at the start vmlinux has _printk, map has alpha\n" +
        "    they are not of one kernel, or one has lost its order: give sources of one kernel only\n" +
        "    of two modules of one name in a folder, give the one that is loaded\n",
    );
    folder.write("fewer", listOf("*klp_demo", "probe", "alpha", "demo_value"));
    expect(folder.refused(["symbols", "-o", "out", "fewer", "klp-demo.ko"])).toBe(
      "klp-convert: error: fewer and 1 other source: sources disagree about klp_demo: after probe klp-demo.ko has probe, fewer has alpha\n" +
        "    they are not of one kernel, or one has lost its order: give sources of one kernel only\n" +
        "    of two modules of one name in a folder, give the one that is loaded\n",
    );
  });

  test("two that are for different machines", () => {
    const folder = folderOfKernel();
    folder.write("arm.ko", buildModule("arm", { ...one, machine: 183 }));
    for (const given of [
      ["vmlinux", "arm.ko"],
      ["arm.ko", "vmlinux"],
    ]) {
      const message = `klp-convert: error: ${given[0]} and 1 other source: the sources are of 2 machines: arm64 (arm.ko), x86_64 (vmlinux)\n`;
      expect(folder.refused(["symbols", "-o", "out", ...given])).toBe(message);
      folder.write("in.ko", DEMO);
      const sources = given.flatMap((source) => ["-s", source]);
      expect(folder.refused(["in.ko", "out", ...sources])).toContain(message);
    }
  });

  test("all that are, each with its faults, in one run", () => {
    const folder = folderOfKernel();
    folder.write("out", "precious");
    folder.write("empty", "");
    folder.write("vmlinux.o", buildVmlinuxObject(one));
    folder.write("bad", listOf("*vmlinux", "", "two words"));
    const sources = ["empty", "missing", "vmlinux", "bad", "vmlinux.o", "also-missing"];
    const stderr = folder.refused(["symbols", "-v", "-o", "out", ...sources]);
    expect(stderr.match(/^klp-convert: .*$/gm)?.sort()).toEqual([
      "klp-convert: error: also-missing: cannot be read: no such file or directory",
      "klp-convert: error: bad:3: the line is empty",
      "klp-convert: error: bad:4: the line holds white space; a line is one name",
      "klp-convert: error: empty: the file is empty",
      "klp-convert: error: missing: cannot be read: no such file or directory",
      "klp-convert: error: vmlinux.o: a relocatable file that is no module",
    ]);
  });
});

test("sources of different releases make a list, with a warning", () => {
  const folder = folderOfKernel();
  const symbols = fromFile("a.c", ["old", ".text", 0]);
  folder.write("old.ko", buildModule("old", { symbols, release: "5.10.0" }));
  const sources = ["klp-bare.ko", "old.ko"];
  for (const given of [sources, [...sources].reverse()]) {
    expect(folder.run(["symbols", "-o", "-", ...given])).toMatchObject({
      status: 0,
      stdout: listOf("*klp_bare", "bare", "*old", "old"),
      stderr:
        `klp-convert: warning: ${given[0]} and 1 other source: the sources are of 2 kernels: 5.10.0 (old.ko), 6.1.0-1-amd64 (klp-bare.ko)\n` +
        "    positions are right only for the kernel that an object is from; give sources of one\n",
    });
  }
});

test("of many different releases five are named, in order, each with its first file", () => {
  const folder = new Folder();
  const releases = ["6.6.1", "6.6.0", "6.5.0", "6.4.0", "6.3.0", "6.2.0", "6.1.0", "6.2.0"];
  const names = releases.map((release, i) => {
    const symbols = fromFile("a.c", ["probe", ".text", 0]);
    folder.write(`m${i}.ko`, buildModule(`m${i}`, { symbols, release }));
    return `m${i}.ko`;
  });
  for (const given of [names, [...names].reverse()]) {
    const { status, stderr } = folder.run(["symbols", "-o", "out", ...given]);
    expect({ status, stderr }).toEqual({
      status: 0,
      stderr:
        `klp-convert: warning: ${given[0]} and 7 other sources: the sources are of 7 kernels: 6.1.0 (m6.ko), 6.2.0 (m5.ko), 6.3.0 (m4.ko), 6.4.0 (m3.ko), 6.5.0 (m2.ko), and 2 more\n` +
        "    positions are right only for the kernel that an object is from; give sources of one\n",
    });
  }
});

describe("an internal fault is told with", () => {
  const FAULT = 'DataView.prototype.getUint16 = () => { throw new TypeError("boom"); };';

  test.each([
    ["out", "out"],
    ["-", "/dev/stdout"],
  ])("the list's name, %s, and how to report it", (output, shown) => {
    const folder = folderOfKernel();
    folder.write("fault.cjs", FAULT);
    const env = { NODE_OPTIONS: `--require=${folder.at("fault.cjs")}` };
    const args = ["symbols", "-o", output, "klp-bare.ko"];
    expect(folder.refused(args, { env })).toBe(
      `klp-convert: internal error: ${shown}: boom; this is a fault of klp-convert: please report it to its maintainers, with the file and what --debug prints\n`,
    );
    expect(folder.refused([...args, "--debug"], { env })).toMatch(/: TypeError: boom\n {4}at /);
  });
});
