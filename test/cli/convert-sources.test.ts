// SPDX-License-Identifier: GPL-2.0-only

// Where a conversion's symbols may come from, several places at once among them, and what is stated
// beside them on the command line.

import { describe, expect, test } from "vitest";
import { STB, STT, type SymbolDescription } from "../elf-builder.js";
import { buildIntermediate } from "../livepatch/intermediate.js";
import { type Ended, Folder } from "./command.js";
import { PATCH_UNKNOWN, PATCH_UNKNOWN_NOTE, UNKNOWN_PATCH_LINE } from "./patch-unknown.js";
import { buildModule, buildVmlinux, fromFile, globals, listOf, RELEASE } from "./sources.js";

const TEXT = 0xffffffff81000000n;
const VMLINUX = buildVmlinux({
  symbols: [
    ...fromFile("a.c", ["probe", ".text", TEXT + 0x100n], ["alpha", ".text", TEXT + 0x110n]),
    ...fromFile("b.c", ["probe", ".text", TEXT + 0x80n]),
    ...globals(["_printk", ".text", TEXT + 0x20n]),
  ],
});
const MAP =
  "ffffffff81000020 T _printk\nffffffff81000080 t probe\n" +
  "ffffffff81000100 t probe\nffffffff81000110 t alpha\n";
const POSIX =
  "_printk T ffffffff81000020 \nalpha t ffffffff81000110 \n" +
  "probe t ffffffff81000080 \nprobe t ffffffff81000100 \n";
const DEMO = buildModule("snd-demo", {
  symbols: [
    ...fromFile("one.c", ["twin", ".text", 0x10], ["demo", ".text", 0x18]),
    ...fromFile("two.c", ["twin", ".init.text", 8]),
  ],
});
const SYMVERS = "0x12345678\t_printk\tvmlinux\tEXPORT_SYMBOL\t\n";

/** A module that uses these names, and the kernel's files beside it. */
function folderFor(...names: readonly string[]): Folder {
  const folder = new Folder();
  folder.write("in.ko", buildIntermediate({ undefined: names, uses: { ".text": names } }));
  for (const [name, contents] of Object.entries({
    vmlinux: VMLINUX,
    "System.map": MAP,
    "nm.posix": POSIX,
    kallsyms: `${MAP}ffffffffc0000010 t twin\t[snd_demo]\n`,
    "snd-demo.ko": DEMO,
    "Module.symvers": SYMVERS,
    "list.0.1": listOf("*vmlinux", "_printk", "probe", "probe", "alpha", "__ksymtab__printk"),
    "list.0.2": `klp-convert-symbol-data.0.2 order=kallsyms\n*vmlinux\n${"alpha ffffffff81000110 t a.c"}\n`,
  })) {
    folder.write(name, contents);
  }
  return folder;
}

/** What --verbose says of `name`, behind the module's name. */
function decision({ stderr }: Ended, name: string): string | undefined {
  const head = `klp-convert: in.ko: ${name}: `;
  return stderr
    .split("\n")
    .find((line) => line.startsWith(head))
    ?.slice(head.length);
}

const sourceArgs = (...sources: readonly string[]) =>
  sources.flatMap((source) => ["--symbols", source]);

describe("--symbols takes", () => {
  const AT = "vmlinux, position 0, at ffffffff81000110";
  const BECAUSE = "1 relocation in .text; only vmlinux has it, once";

  test.each([
    ["vmlinux", `${AT}, from a.c`],
    ["System.map", AT],
    ["nm.posix", AT],
    ["kallsyms", AT],
    ["list.0.1", "vmlinux, position 0"],
    ["list.0.2", `${AT}, from a.c`],
  ])("%s", (source, found) => {
    const folder = folderFor("alpha");
    const ended = folder.run(["-v", "in.ko", "out.ko", "-s", source]);
    expect(ended).toMatchObject({ status: 0, stdout: "" });
    expect(ended.stderr).toBe(
      `${UNKNOWN_PATCH_LINE}klp-convert: in.ko: alpha: ${found}; ${BECAUSE}\n${PATCH_UNKNOWN_NOTE}`,
    );
    const piped = folder.runShell(`klp -v in.ko out.ko -s <(cat ${source})`);
    expect(piped.stderr).toBe(ended.stderr);
    const input = folder.read(source);
    expect(folder.run(["-v", "in.ko", "out.ko", "-s", "-"], { input }).stderr).toBe(ended.stderr);
  });

  test("a module alone, with a warning of what is not known", () => {
    const folder = folderFor("demo");
    expect(folder.run(["in.ko", "out.ko", "-s", "snd-demo.ko"])).toMatchObject({
      status: 0,
      stdout: "",
      stderr:
        "klp-convert: warning: in.ko: 1 symbol resolved without knowing what vmlinux has: demo of snd_demo\n" +
        "    if vmlinux has the name too, it is ambiguous; give vmlinux or /proc/kallsyms as well\n" +
        PATCH_UNKNOWN_NOTE,
    });
  });

  test("kallsyms for a module, with a warning unless its file is given too", () => {
    const folder = folderFor("twin");
    const args = ["in.ko", "out.ko", "-s", "kallsyms"];
    expect(folder.run(args)).toMatchObject({
      status: 0,
      stdout: "",
      stderr:
        "klp-convert: warning: in.ko: positions in snd_demo are those of the module as it is loaded, and may be others while it comes up\n" +
        "    give snd_demo's file too, the .ko: it has both\n" +
        PATCH_UNKNOWN_NOTE,
    });
    // The other twin is in the file only: what was unique is not.
    folder.write("out.ko", "precious");
    expect(folder.refused([...args, "-s", "snd-demo.ko"])).toBe(
      "klp-convert: error: in.ko: .text+0x0: symbol twin is ambiguous: it stands 2 times in snd_demo\n" +
        "    used by 1 relocation, first in patched\n" +
        "    snd_demo, position 1 (.text+0x10, one.c): KLP_MODULE_RELOC(snd_demo) snd_demo_relocs[] = { KLP_SYMPOS(twin, 1) };\n" +
        "    snd_demo (.init.text+0x8, two.c): cannot be used: it is in init memory, which is freed once snd_demo is live\n",
    );
    const stated = ["--sympos", "snd_demo:twin=1"];
    expect(folder.run([...args, "-s", "snd-demo.ko", ...stated])).toMatchObject({
      status: 0,
      stderr: PATCH_UNKNOWN_NOTE,
    });
  });

  test("Module.symvers alone, which knows exports and nothing else", () => {
    const folder = folderFor("_printk", "alpha");
    const stderr = folder.refused(["-v", "in.ko", "out.ko", "-s", "Module.symvers"]);
    expect(stderr).toContain(
      "klp-convert: in.ko: _printk: stays; 1 relocation in .text; vmlinux exports it\n",
    );
    expect(stderr).toContain("symbol alpha is in no object of Module.symvers\n");
  });

  test("several sources, in any order, with the same result", () => {
    const folder = folderFor("alpha", "_printk", "demo");
    const sources = ["vmlinux", "snd-demo.ko", "Module.symvers"];
    const expected = {
      status: 0,
      stdout: "",
      stderr:
        UNKNOWN_PATCH_LINE +
        `klp-convert: in.ko: alpha: ${AT}, from a.c; ${BECAUSE}\n` +
        "klp-convert: in.ko: _printk: stays; 1 relocation in .text; vmlinux exports it\n" +
        "klp-convert: in.ko: demo: snd_demo, position 0, at .text+0x18, from one.c; 1 relocation in .text; only snd_demo has it, once\n" +
        PATCH_UNKNOWN_NOTE,
    };
    expect(folder.run(["-v", "in.ko", "a.ko", ...sourceArgs(...sources)])).toMatchObject(expected);
    sources.reverse();
    expect(folder.run(["-v", "in.ko", "b.ko", ...sourceArgs(...sources)])).toMatchObject(expected);
    expect(folder.read("b.ko")).toEqual(folder.read("a.ko"));
  });

  test("several lists, and what is better known of an object from the better one", () => {
    const folder = folderFor("alpha", "_printk");
    const ended = folder.run(["-v", "in.ko", "out.ko", ...sourceArgs("list.0.1", "vmlinux")]);
    expect(ended.status).toBe(0);
    expect(decision(ended, "alpha")).toBe(`${AT}, from a.c; ${BECAUSE}`);
  });
});

describe("sources of symbols are refused", () => {
  test("that disagree", () => {
    const folder = folderFor("alpha");
    folder.write("other", "ffffffff81000000 t alpha\nffffffff81000020 T _printk\n");
    expect(folder.refused(["in.ko", "out.ko", ...sourceArgs("vmlinux", "other")])).toBe(
      "klp-convert: error: vmlinux and 1 other source: sources disagree about vmlinux: at the start vmlinux has _printk, other has alpha\n" +
        "    they are not of one kernel, or one has lost its order: give sources of one kernel only\n" +
        "    of two modules of one name in a folder, give the one that is loaded\n",
    );
  });

  test("each with its faults, and the module with its own, in one run", () => {
    const folder = folderFor("alpha");
    folder.write("empty", "");
    folder.write("bad", listOf("*vmlinux", "", "two words"));
    folder.write("none.ko", "this is no module at all");
    const sources = sourceArgs("empty", "missing", "vmlinux", "bad", "System.map");
    expect(
      folder
        .refused(["missing.ko", "out.ko", ...sources])
        .match(/^klp-convert: .*$/gm)
        ?.sort(),
    ).toEqual([
      "klp-convert: error: bad:3: the line is empty",
      "klp-convert: error: bad:4: the line holds white space; a line is one name",
      "klp-convert: error: empty: the file is empty",
      "klp-convert: error: missing.ko: cannot be read: no such file or directory",
      "klp-convert: error: missing: cannot be read: no such file or directory",
    ]);
    expect(
      folder
        .refused(["none.ko", "out.ko", ...sourceArgs("empty", "bad")])
        .match(/^klp-convert: .*$/gm)
        ?.sort(),
    ).toEqual([
      "klp-convert: error: bad:3: the line is empty",
      "klp-convert: error: bad:4: the line holds white space; a line is one name",
      "klp-convert: error: empty: the file is empty",
      "klp-convert: error: none.ko: not an ELF file: it does not begin with 0x7f ELF",
    ]);
  });

  test("with a name that all of them together are called by", () => {
    const folder = folderFor("absent");
    const sources = sourceArgs("vmlinux", "snd-demo.ko", "Module.symvers");
    expect(folder.refused(["in.ko", "out.ko", ...sources]).split("\n")[0]).toBe(
      "klp-convert: error: in.ko: .text+0x0: symbol absent is in no object of vmlinux and 2 other sources",
    );
  });

  test("of another machine", () => {
    const folder = folderFor("alpha");
    const symbols = fromFile("a.c", ["alpha", ".text", TEXT + 8n]);
    folder.write("arm", buildVmlinux({ symbols, machine: 183 }));
    expect(folder.refused(["in.ko", "out.ko", "-s", "arm"])).toBe(
      "klp-convert: error: in.ko: the module is for x86_64, and arm has vmlinux of arm64\n" +
        PATCH_UNKNOWN_NOTE,
    );
  });
});

describe("init memory of vmlinux", () => {
  const inInit = (name: string, value: bigint, type: number): SymbolDescription => {
    return { name, section: ".init.text", value, type, bind: STB.LOCAL };
  };
  const KERNEL = buildVmlinux({
    symbols: [
      ...fromFile("init.c"),
      inInit("twin", TEXT + 0x100n, STT.FUNC),
      inInit("setup", TEXT + 0x110n, STT.FUNC),
      inInit("setup_data", TEXT + 0x120n, STT.OBJECT),
      inInit("label", TEXT + 0x130n, STT.NOTYPE),
      ...fromFile("kept.c", ["twin", ".text", TEXT + 0x200n]),
    ],
  });
  const GONE = "it is in init memory, which vmlinux frees when it is up";

  test("holds functions and variables that no patch can be bound to", () => {
    const folder = folderFor("setup", "setup_data", "twin");
    folder.write("kernel", KERNEL);
    const list = ["symbols", "-o", "list", "--format", "0.2", "kernel"];
    expect(folder.run(list)).toMatchObject({ status: 0, stderr: "" });
    for (const [source, lines] of [
      ["kernel", ["", ""]],
      ["list", [", list:4", ", list:8"]],
    ] as const) {
      expect(folder.refused(["in.ko", "out.ko", "-s", source])).toBe(
        `klp-convert: error: in.ko: .text+0x0: setup of vmlinux cannot be a livepatch symbol: ${GONE}\n` +
          `klp-convert: error: in.ko: .text+0x8: setup_data of vmlinux cannot be a livepatch symbol: ${GONE}\n` +
          "klp-convert: error: in.ko: .text+0x10: symbol twin is ambiguous: it stands 2 times in vmlinux\n" +
          "    used by 1 relocation, first in patched\n" +
          `    vmlinux (ffffffff81000100, init.c${lines[0]}): cannot be used: ${GONE}\n` +
          `    vmlinux, position 2 (ffffffff81000200, kept.c${lines[1]}): KLP_MODULE_RELOC(vmlinux) vmlinux_relocs[] = { KLP_SYMPOS(twin, 2) };\n`,
      );
    }
  });

  test("has labels that are good as bounds, and its homonyms count", () => {
    const folder = folderFor("label", "twin");
    folder.write("kernel", KERNEL);
    const args = ["-v", "in.ko", "out.ko", "-s", "kernel", "--sympos"];
    expect(folder.run([...args, "vmlinux:twin@kept.c"])).toMatchObject({
      status: 0,
      stderr:
        UNKNOWN_PATCH_LINE +
        "klp-convert: in.ko: label: vmlinux, position 0, at ffffffff81000130, from init.c; 1 relocation in .text; only vmlinux has it, once\n" +
        "klp-convert: in.ko: twin: vmlinux, position 2 of 2, at ffffffff81000200, from kept.c; 1 relocation in .text; stated by --sympos vmlinux:twin@kept.c\n" +
        PATCH_UNKNOWN_NOTE,
    });
    folder.write("out.ko", "precious");
    expect(folder.refused([...args, "vmlinux:twin=1"])).toContain(
      `klp-convert: error: in.ko: twin of vmlinux cannot be a livepatch symbol: ${GONE}\n`,
    );
  });
});

describe("symbols of another kernel release", () => {
  const folderOfOther = () => {
    const folder = folderFor("alpha");
    const symbols = fromFile("a.c", ["alpha", ".text", TEXT + 8n]);
    folder.write("other", buildVmlinux({ symbols, release: "6.1.0-2-amd64" }));
    return folder;
  };
  const MESSAGE =
    `in.ko: the module is for kernel ${RELEASE}, and other has vmlinux of 6.1.0-2-amd64\n` +
    "    positions are right only for the kernel that symbols are from\n";

  test("are warned of", () => {
    const folder = folderOfOther();
    const ended = folder.run(["in.ko", "out.ko", "-s", "other"]);
    expect(ended).toMatchObject({
      status: 0,
      stdout: "",
      stderr: `klp-convert: warning: ${MESSAGE}${PATCH_UNKNOWN_NOTE}`,
    });
    expect(folder.names()).toContain("out.ko");
  });

  test("are refused with --strict", () => {
    const folder = folderOfOther();
    expect(folder.refused(["--strict", "in.ko", "out.ko", "-s", "other"])).toBe(
      `klp-convert: error: ${MESSAGE}${PATCH_UNKNOWN_NOTE}`,
    );
    expect(folder.run(["--strict", "in.ko", "out.ko", "-s", "vmlinux"])).toMatchObject({
      status: 0,
      stderr: PATCH_UNKNOWN_NOTE,
    });
  });
});

describe("--sympos", () => {
  test("says which homonym is meant, by position or file, as often as needed", () => {
    const folder = folderFor("probe", "twin");
    const sources = sourceArgs("vmlinux", "snd-demo.ko");
    const stated = ["--sympos", "vmlinux:probe@a.c", "--sympos=snd-demo:twin=1"];
    expect(folder.run(["-v", "in.ko", "out.ko", ...sources, ...stated])).toMatchObject({
      status: 0,
      stdout: "",
      stderr:
        UNKNOWN_PATCH_LINE +
        "klp-convert: in.ko: probe: vmlinux, position 2 of 2, at ffffffff81000100, from a.c; 1 relocation in .text; stated by --sympos vmlinux:probe@a.c\n" +
        "klp-convert: in.ko: twin: snd_demo, position 1 of 2, at .text+0x10, from one.c; 1 relocation in .text; stated by --sympos snd-demo:twin=1\n" +
        PATCH_UNKNOWN_NOTE,
    });
  });

  test.each([
    "",
    "probe",
    "vmlinux:probe",
    "vmlinux:probe=two",
    "vmlinux:probe=4294967296",
    "v:p@",
  ])("of another form is wrong usage: %j", (text) => {
    const folder = folderFor("probe");
    expect(folder.refused(["in.ko", "out.ko", "--sympos", text], { status: 2 })).toBe(
      `klp-convert: error: --sympos: "${text}" is neither OBJECT:NAME=POSITION nor OBJECT:NAME@FILE\n` +
        "klp-convert: try klp-convert --help\n",
    );
  });

  test("that makes no sense is refused, with what to state instead", () => {
    const folder = folderFor("probe");
    const args = ["in.ko", "out.ko", "-s", "vmlinux", "--sympos"];
    expect(folder.refused([...args, "vmlinux:probe=3"])).toBe(
      "klp-convert: error: in.ko: --sympos vmlinux:probe=3 says position 3 of probe, but vmlinux has it 2 times\n" +
        "    vmlinux, position 1 (ffffffff81000080, b.c): KLP_MODULE_RELOC(vmlinux) vmlinux_relocs[] = { KLP_SYMPOS(probe, 1) };\n" +
        "    vmlinux, position 2 (ffffffff81000100, a.c): KLP_MODULE_RELOC(vmlinux) vmlinux_relocs[] = { KLP_SYMPOS(probe, 2) };\n",
    );
  });

  test("of a name that has to stay is refused, naming the option", () => {
    const folder = folderFor("__fentry__");
    const stated = "--sympos vmlinux:__fentry__=1";
    expect(folder.refused(["in.ko", "out.ko", "-s", "vmlinux", ...stated.split(" ")])).toBe(
      `klp-convert: error: in.ko: ${stated} would make __fentry__ a livepatch symbol, but it has to stay: ftrace finds its calls by name\n` +
        `    remove ${stated}\n`,
    );
  });

  test("that nothing needs is warned of", () => {
    const folder = folderFor("alpha");
    const stated = ["--sympos", "vmlinux:probe=2"];
    expect(folder.run(["in.ko", "out.ko", "-s", "vmlinux", ...stated])).toMatchObject({
      status: 0,
      stderr:
        "klp-convert: warning: in.ko: --sympos vmlinux:probe=2 has no effect: probe is no undefined symbol of the module\n" +
        PATCH_UNKNOWN_NOTE,
    });
  });
});

describe("--json", () => {
  test("has all sources, and what they know of a symbol", () => {
    const folder = folderFor("alpha", "probe", "twin", "_printk");
    const sources = ["vmlinux", "snd-demo.ko", "Module.symvers"];
    const stated = ["--sympos", "vmlinux:probe=1", "--sympos", "snd_demo:twin@one.c"];
    const ended = folder.run(["in.ko", "out.ko", "--json", ...sourceArgs(...sources), ...stated]);
    expect(ended).toMatchObject({ status: 0, stderr: PATCH_UNKNOWN_NOTE });
    const use = { relocations: 1, sections: [".text"] };
    const kernel = { ...use, decision: "livepatch", object: "vmlinux", gate: "vmlinux" };
    expect(JSON.parse(ended.stdout)).toMatchObject({
      symbols: "vmlinux",
      symbolSources: sources,
      outcome: "converted",
      diagnostics: [PATCH_UNKNOWN],
    });
    const { report } = JSON.parse(ended.stdout) as { report: { symbols: unknown } };
    expect(report.symbols).toEqual([
      {
        ...kernel,
        name: "alpha",
        why: "only vmlinux has it, once",
        position: 0,
        homonyms: 1,
        address: "ffffffff81000110",
        file: "a.c",
        livepatchName: ".klp.sym.vmlinux.alpha,0",
      },
      {
        ...kernel,
        name: "probe",
        why: "stated by --sympos vmlinux:probe=1",
        position: 1,
        homonyms: 2,
        address: "ffffffff81000080",
        file: "b.c",
        livepatchName: ".klp.sym.vmlinux.probe,1",
      },
      {
        ...use,
        name: "twin",
        why: "stated by --sympos snd_demo:twin@one.c",
        decision: "livepatch",
        object: "snd_demo",
        position: 1,
        homonyms: 2,
        address: ".text+0x10",
        file: "one.c",
        gate: "snd_demo",
        livepatchName: ".klp.sym.snd_demo.twin,1",
      },
      { ...use, name: "_printk", why: "vmlinux exports it", decision: "stays" },
    ]);
  });

  test("leaves out what no source knows", () => {
    const folder = folderFor("probe");
    const ended = folder.run(["in.ko", "out.ko", "--json", "--sympos", "ext4:probe=2"]);
    const { report } = JSON.parse(ended.stdout) as { report: { symbols: object[] } };
    expect(Object.keys(report.symbols[0]!).sort()).toEqual([
      "decision",
      "gate",
      "livepatchName",
      "name",
      "object",
      "position",
      "relocations",
      "sections",
      "why",
    ]);
  });

  test("has the messages of each source under its own name", () => {
    const folder = folderFor("probe");
    folder.write("empty", "");
    const sources = sourceArgs("empty", "missing", "vmlinux");
    const ended = folder.run(["in.ko", "out.ko", "--json", ...sources]);
    expect(ended.status).toBe(1);
    expect(folder.names()).not.toContain("out.ko");
    expect(JSON.parse(ended.stdout)).toMatchObject({
      output: null,
      symbols: "empty",
      symbolSources: ["empty", "missing", "vmlinux"],
      diagnostics: expect.arrayContaining([
        expect.objectContaining({ severity: "error", code: "source-empty", file: "empty" }),
        expect.objectContaining({ severity: "error", code: "file", file: "missing" }),
      ]),
    });
  });
});
