// SPDX-License-Identifier: GPL-2.0-only

// Positions stated beside the module: OBJECT:NAME=POSITION and OBJECT:NAME@FILE.

import { describe, expect, test } from "vitest";
import { convert } from "../../src/index.js";
import {
  faultOfStatedPosition,
  parseStatedPosition,
} from "../../src/livepatch/dialects/stated-positions.js";
import { buildIntermediate } from "./intermediate.js";
import { listOf, livepatchNames, messages, run, uses } from "./messages.js";

const LIST = listOf(
  "order=kallsyms",
  "*vmlinux",
  "probe ffffffff81000010 t drivers/a/probe.c",
  "zulu ffffffff81000018 t z.c",
  "probe ffffffff81000020 t drivers/b/probe.c",
  "probe ffffffff81000030 t other.c",
  "probe ffffffff81000040 T",
  "*snd_hda order=symtab",
  "twin .text+0x10 t one.c",
  "alpha .text+0x18 t one.c",
  "twin .init.text+0x8 ti two.c",
);
const paste = (object: string, name: string, position: number) =>
  `KLP_MODULE_RELOC(${object}) ${object}_relocs[] = { KLP_SYMPOS(${name}, ${position}) };`;
const PROBES = [
  `  vmlinux, position 1 (ffffffff81000010, drivers/a/probe.c, list:3): ${paste("vmlinux", "probe", 1)}`,
  `  vmlinux, position 2 (ffffffff81000020, drivers/b/probe.c, list:5): ${paste("vmlinux", "probe", 2)}`,
  `  vmlinux, position 3 (ffffffff81000030, other.c, list:6): ${paste("vmlinux", "probe", 3)}`,
  `  vmlinux, position 4 (ffffffff81000040, list:7): ${paste("vmlinux", "probe", 4)}`,
];
const NEEDS_FILES =
  "  source files are in vmlinux and modules that are not stripped, and in lists made of them with klp-convert symbols --format 0.2";

describe("a statement", () => {
  test.each([
    ["vmlinux:probe=0", "vmlinux", "probe", 0, undefined],
    ["vmlinux:probe=2", "vmlinux", "probe", 2, undefined],
    ["vmlinux:probe=007", "vmlinux", "probe", 7, undefined],
    ["vmlinux:probe=4294967295", "vmlinux", "probe", 4294967295, undefined],
    ["snd-hda:foo.isra.0=1", "snd_hda", "foo.isra.0", 1, undefined],
    ["vmlinux:probe@a.c", "vmlinux", "probe", undefined, "a.c"],
    ["vmlinux:probe@drivers/a b/x=1@y.c", "vmlinux", "probe", undefined, "drivers/a b/x=1@y.c"],
  ])("is read: %s", (text, object, name, position, file) => {
    expect(parseStatedPosition(text)).toEqual({ text, object, name, position, file });
    expect(faultOfStatedPosition(text)).toBeUndefined();
  });

  test.each([
    "",
    "probe",
    "probe=1",
    "vmlinux:probe",
    "vmlinux:probe=",
    "vmlinux:probe=x",
    "vmlinux:probe=-1",
    "vmlinux:probe=+1",
    "vmlinux:probe=0x1",
    "vmlinux:probe=1.0",
    "vmlinux:probe= 1",
    "vmlinux:probe=1 ",
    "vmlinux:probe=1=2",
    "vmlinux:probe=1@a.c",
    "vmlinux:probe=4294967296",
    "vmlinux:probe=99999999999",
    "vmlinux:probe@",
    ":probe=1",
    "vmlinux:=1",
    "vmlinux:@a.c",
    "ext4.ko:probe=1",
    "a b:probe=1",
    "vmlinux:a b=1",
    "vmlinux:a,b=1",
    "vm,linux:a=1",
  ])("of another form is none: %j", (text) => {
    expect(parseStatedPosition(text)).toBeUndefined();
    const fault = `"${text}" is neither OBJECT:NAME=POSITION nor OBJECT:NAME@FILE`;
    expect(faultOfStatedPosition(text)).toBe(fault);
    expect(() => convert(buildIntermediate({}), { sympos: [text] })).toThrow(new RangeError(fault));
  });
});

describe("a stated position decides", () => {
  test.each([
    ["vmlinux:probe=2", ".klp.sym.vmlinux.probe,2"],
    ["vmlinux:probe@other.c", ".klp.sym.vmlinux.probe,3"],
    ["vmlinux:probe@b/probe.c", ".klp.sym.vmlinux.probe,2"],
    ["vmlinux:probe@drivers/a/probe.c", ".klp.sym.vmlinux.probe,1"],
  ])("%s", (stated, name) => {
    const result = run(uses("probe"), LIST, { sympos: [stated] });
    expect(livepatchNames(result)).toEqual([`${name}: stated by --sympos ${stated}`]);
    expect(messages(result)).toEqual([]);
  });

  test("of a module by the name its file has, and of what stays when it is live", () => {
    for (const stated of ["snd-hda:twin=1", "snd_hda:twin@one.c"]) {
      const result = run(uses("twin"), LIST, { sympos: [stated] });
      expect(livepatchNames(result)).toEqual([
        `.klp.sym.snd_hda.twin,1: stated by --sympos ${stated}`,
      ]);
    }
  });

  test("that a name which an object has once is unique", () => {
    for (const stated of ["vmlinux:zulu=0", "vmlinux:zulu@z.c"]) {
      const result = run(uses("zulu"), LIST, { sympos: [stated] });
      expect(livepatchNames(result)).toEqual([
        `.klp.sym.vmlinux.zulu,0: stated by --sympos ${stated}`,
      ]);
    }
  });

  test("without any symbols, as an annotation does", () => {
    const result = run(uses("probe"), undefined, { sympos: ["ext4:probe=3"] });
    expect(livepatchNames(result)).toEqual([
      ".klp.sym.ext4.probe,3: stated by --sympos ext4:probe=3",
    ]);
    expect(messages(result)).toEqual([]);
  });

  test("over an export, as an annotation does", () => {
    const list = listOf("order=symtab", "*m", "f .text+0x0 T", "__ksymtab_f - -");
    const result = run(uses("f"), list, { sympos: ["m:f=0"] });
    expect(livepatchNames(result)).toEqual([".klp.sym.m.f,0: stated by --sympos m:f=0"]);
  });

  test("several names, each for itself", () => {
    const sympos = ["vmlinux:probe=1", "snd_hda:twin=1"];
    const result = run(uses("probe", "twin"), LIST, { sympos });
    expect(livepatchNames(result)).toEqual([
      ".klp.sym.vmlinux.probe,1: stated by --sympos vmlinux:probe=1",
      ".klp.sym.snd_hda.twin,1: stated by --sympos snd_hda:twin=1",
    ]);
  });

  test("nothing twice if it says the same twice, in either form", () => {
    const sympos = ["vmlinux:probe=2", "vmlinux:probe@b/probe.c", "vmlinux:probe=2"];
    const result = run(uses("probe"), LIST, { sympos });
    expect(livepatchNames(result)).toEqual([
      ".klp.sym.vmlinux.probe,2: stated by --sympos vmlinux:probe=2",
    ]);
    expect(messages(result)).toEqual([]);
  });

  test("nothing new if the module's annotation says the same", () => {
    const module = { ...uses("probe"), annotations: { vmlinux: [["probe", 2]] as const } };
    const result = run(module, LIST, { sympos: ["vmlinux:probe=2"] });
    expect(livepatchNames(result)).toEqual([
      ".klp.sym.vmlinux.probe,2: annotated in .klp.module_relocs.vmlinux",
    ]);
    expect(messages(result)).toEqual([]);
  });
});

describe("a stated position is refused", () => {
  const CONTRADICTION =
    "  a name means one symbol throughout a module; to use two homonyms, give one its annotated name:";

  test("that another statement contradicts", () => {
    const result = run(uses("probe"), LIST, {
      sympos: ["vmlinux:probe=1", "vmlinux:probe@other.c", "snd-hda:probe=1"],
    });
    expect(result.output).toBeUndefined();
    expect(messages(result)).toEqual([
      "error annotation-contradiction: --sympos vmlinux:probe@other.c says that probe is vmlinux's, position 3; --sympos vmlinux:probe=1 says vmlinux's, position 1",
      CONTRADICTION,
      '  asm(".klp.sym.rela.vmlinux.vmlinux.probe.3") behind its declaration',
      "error annotation-contradiction: --sympos snd-hda:probe=1 says that probe is snd_hda's, position 1; --sympos vmlinux:probe=1 says vmlinux's, position 1",
      CONTRADICTION,
      '  asm(".klp.sym.rela.snd_hda.snd_hda.probe.1") behind its declaration',
    ]);
  });

  test("that a KLP_SYMPOS annotation contradicts", () => {
    const module = { ...uses("probe"), annotations: { vmlinux: [["probe", 1]] as const } };
    const result = run(module, LIST, { sympos: ["vmlinux:probe=2"] });
    expect(result.output).toBeUndefined();
    expect(messages(result)).toEqual([
      "error annotation-contradiction: --sympos vmlinux:probe=2 says that probe is vmlinux's, position 2; the one at .klp.module_relocs.vmlinux+0x0 says vmlinux's, position 1",
      CONTRADICTION,
      '  asm(".klp.sym.rela.vmlinux.vmlinux.probe.2") behind its declaration',
    ]);
  });

  test("that the symbol's own annotated name contradicts, naming the option", () => {
    const annotated = ".klp.sym.rela.vmlinux.vmlinux.probe.1";
    const result = run(uses(annotated), LIST, { sympos: [`vmlinux:${annotated}=2`] });
    expect(result.output).toBeUndefined();
    expect(messages(result)).toEqual([
      `error annotation-contradiction: --sympos vmlinux:${annotated}=2 says vmlinux, position 2, and the symbol's own name says vmlinux, position 1`,
      "  remove one of the two",
    ]);
  });

  test("of a name that has to stay, naming the option", () => {
    const result = run(uses("__fentry__"), LIST, { sympos: ["vmlinux:__fentry__=1"] });
    expect(result.output).toBeUndefined();
    expect(messages(result)).toEqual([
      "error annotation-fixed-name: --sympos vmlinux:__fentry__=1 would make __fentry__ a livepatch symbol, but it has to stay: ftrace finds its calls by name",
      "  remove --sympos vmlinux:__fentry__=1",
    ]);
  });

  test("that is too high, or 0 where there are homonyms", () => {
    expect(messages(run(uses("probe"), LIST, { sympos: ["vmlinux:probe=5"] }))).toEqual([
      "error annotation-position: --sympos vmlinux:probe=5 says position 5 of probe, but vmlinux has it 4 times",
      ...PROBES,
    ]);
    expect(messages(run(uses("zulu"), LIST, { sympos: ["vmlinux:zulu=2"] }))).toEqual([
      "error annotation-position: --sympos vmlinux:zulu=2 says position 2 of zulu, but vmlinux has it once",
      `  vmlinux, position 0 (ffffffff81000018, z.c, list:4): ${paste("vmlinux", "zulu", 0)}`,
    ]);
    expect(messages(run(uses("probe"), LIST, { sympos: ["vmlinux:probe=0"] }))).toEqual([
      "error annotation-position: --sympos vmlinux:probe=0 says that probe is unique, but vmlinux has it 4 times",
      ...PROBES,
    ]);
  });

  test("that does not last", () => {
    for (const stated of ["snd_hda:twin=2", "snd_hda:twin@two.c"]) {
      const result = run(uses("twin"), LIST, { sympos: [stated] });
      expect(result.output).toBeUndefined();
      expect(messages(result)).toEqual([
        "error position: twin of snd_hda cannot be a livepatch symbol: it is in init memory, which is freed once snd_hda is live",
        `  snd_hda, position 1 (.text+0x10, one.c, list:9): ${paste("snd_hda", "twin", 1)}`,
        "  snd_hda (.init.text+0x8, two.c, list:11): cannot be used: it is in init memory, which is freed once snd_hda is live",
      ]);
    }
  });

  test("of an object that does not have the name", () => {
    expect(messages(run(uses("zulu"), LIST, { sympos: ["snd-hda:zulu=1"] }))).toEqual([
      "error unknown-symbol: .text+0: --sympos snd-hda:zulu=1 says that zulu is snd_hda's, but list does not have it there",
      "  used by 1 relocation, first in patched",
      `  near: zulu, in vmlinux: ${paste("vmlinux", "zulu", 0)}`,
      "  if the name is right, list is not of the kernel the patch is for, or lacks the object that has it",
    ]);
  });
});

describe("a stated file is refused", () => {
  /** All that is said: nothing else is of the name. */
  const refusal = (list: string | undefined, name: string, ...sympos: readonly string[]) => {
    const result = run(uses(name), list, { sympos });
    expect(result.output).toBeUndefined();
    expect(result.report.outcome).toBe("refused");
    return messages(result);
  };

  test.each([
    "b.c",
    "probe",
    "a/probe.c.c",
    "a/PROBE.c",
    "robe.c",
    "/other.c",
  ])("from which the object has no such symbol: %s", (file) => {
    expect(refusal(LIST, "probe", `vmlinux:probe@${file}`)).toEqual([
      `error sympos-file: --sympos vmlinux:probe@${file}: no probe of vmlinux is from ${file}`,
      ...PROBES,
    ]);
  });

  test("from which the object has two", () => {
    expect(refusal(LIST, "probe", "vmlinux:probe@probe.c")).toEqual([
      "error sympos-file: --sympos vmlinux:probe@probe.c: 2 symbols probe of vmlinux are from probe.c",
      ...PROBES,
    ]);
  });

  test("of an object that is not there, or does not have the name", () => {
    expect(refusal(LIST, "probe", "ext4:probe@a.c")).toEqual([
      "error sympos-file: --sympos ext4:probe@a.c: list does not have probe in ext4",
      NEEDS_FILES,
    ]);
    expect(refusal(LIST, "probe", "snd-hda:probe@a.c")).toEqual([
      "error sympos-file: --sympos snd-hda:probe@a.c: list does not have probe in snd_hda",
      NEEDS_FILES,
    ]);
  });

  test("if the list does not know source files", () => {
    const list = "klp-convert-symbol-data.0.1\n*vmlinux\nprobe\nalpha\nprobe\n";
    expect(refusal(list, "probe", "vmlinux:probe@a.c")).toEqual([
      "error sympos-file: --sympos vmlinux:probe@a.c: list does not say which source files symbols are from",
      `  vmlinux, position 1 (list:3): ${paste("vmlinux", "probe", 1)}`,
      `  vmlinux, position 2 (list:5): ${paste("vmlinux", "probe", 2)}`,
      NEEDS_FILES,
    ]);
  });

  test("also beside a statement, or an annotation, that could be resolved", () => {
    const error = "error sympos-file: --sympos vmlinux:probe@b.c: no probe of vmlinux is from b.c";
    const stated = ["vmlinux:probe=1", "vmlinux:probe@b.c"];
    expect(refusal(LIST, "probe", ...stated)).toEqual([error, ...PROBES]);
    expect(refusal(LIST, "probe", ...[...stated].reverse())).toEqual([error, ...PROBES]);
    const module = { ...uses("probe"), annotations: { vmlinux: [["probe", 1]] as const } };
    const sympos = ["vmlinux:probe@b.c"];
    expect(messages(run(module, LIST, { sympos }))).toEqual([error, ...PROBES]);
  });

  test("each by itself, and other names are judged all the same", () => {
    const result = run(uses("probe", "absent"), LIST, {
      sympos: ["vmlinux:probe@b.c", "ext4:probe@a.c"],
    });
    expect(result.diagnostics.map(({ code, symbol }) => `${code} ${symbol}`)).toEqual([
      "sympos-file probe",
      "sympos-file probe",
      "unknown-symbol absent",
    ]);
  });

  test("if there are no symbols at all", () => {
    expect(refusal(undefined, "probe", "vmlinux:probe@a.c")).toEqual([
      "error sympos-file: --sympos vmlinux:probe@a.c names a source file, and there are no symbols to look for it in",
      NEEDS_FILES,
    ]);
  });
});

describe("a stated position that nothing needs is warned of, and the rest is done:", () => {
  test.each([
    ["a name that the module does not have", uses("probe"), "vmlinux:zulu=0", "zulu"],
    ["with a file", uses("probe"), "vmlinux:zulu@z.c", "zulu"],
    ["a name that the module defines itself", uses("probe"), "vmlinux:patched=1", "patched"],
  ] as const)("%s", (_, module, unused, name) => {
    const result = run(module, LIST, { sympos: [unused, "vmlinux:probe=1"] });
    expect(livepatchNames(result)).toEqual([
      ".klp.sym.vmlinux.probe,1: stated by --sympos vmlinux:probe=1",
    ]);
    expect(messages(result)).toEqual([
      `warning sympos-unused: --sympos ${unused} has no effect: ${name} is no undefined symbol of the module`,
    ]);
  });

  test("a name that stands only within an annotated one, which says all itself", () => {
    const annotated = ".klp.sym.rela.vmlinux.vmlinux.probe.1";
    const result = run(uses(annotated), LIST, { sympos: ["vmlinux:probe=2"] });
    expect(livepatchNames(result)).toEqual([".klp.sym.vmlinux.probe,1: its own name says so"]);
    expect(messages(result)).toEqual([
      "warning sympos-unused: --sympos vmlinux:probe=2 has no effect: probe is no undefined symbol of the module",
    ]);
  });
});

test("a stated object that the list does not have is not checked, and that is said", () => {
  const result = run(uses("probe"), LIST, { sympos: ["ext4:probe=7"] });
  expect(livepatchNames(result)).toEqual([
    ".klp.sym.ext4.probe,7: stated by --sympos ext4:probe=7",
  ]);
  expect(messages(result)).toEqual([
    "warning unverified: symbols of object ext4 are not checked: list does not have the object",
  ]);
});
