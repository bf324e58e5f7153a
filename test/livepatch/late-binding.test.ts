// SPDX-License-Identifier: GPL-2.0-only

// What a symbol's relocations wait for: exports of modules, modules that are not patched, --late-bind,
// and what is left of depends= afterwards.

import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { type ConvertOptions, type ConvertResult, convert } from "../../src/index.js";
import { parseLateBinding } from "../../src/livepatch/patch/gates.js";
import {
  buildElf as build,
  type RelocationSectionDescription,
  SHF,
  SHN,
  STB,
} from "../elf-builder.js";
import { sectionContents } from "../elf-contents.js";
import { type Intermediate, LAYOUTS, MODINFO } from "./intermediate.js";
import { listOf, livepatchNames, messages, uses } from "./messages.js";
import { ModuleData } from "./patch-data.js";

interface Options extends Omit<ConvertOptions, "file" | "symbols"> {
  /** The objects that the patch patches; null if nothing says it. Default: vmlinux and ext4. */
  readonly patched?: readonly string[] | null;
  readonly layout?: (typeof LAYOUTS)[number];
}

/** Converts a module whose patch patches some objects, with symbols of a list. */
function run(module: Intermediate, list: string | undefined, options: Options = {}): ConvertResult {
  const { patched = ["vmlinux", "ext4"], layout = LAYOUTS[0], ...rest } = options;
  const data = new ModuleData({ layout });
  if (patched !== null) {
    const objects = patched.map((name) => ({ name: name === "vmlinux" ? null : name, funcs: [] }));
    data.patch({ objects });
  }
  const symbols = list === undefined ? {} : { symbols: { file: "list", bytes: bytesOf(list) } };
  return convert(data.build(module), { file: "in.ko", ...symbols, ...rest });
}

const bytesOf = (text: string) => new Uint8Array(Buffer.from(text, "latin1"));

/** Undefined symbols with what became of them, their gates and the reasons. */
function outcomes({ report }: ConvertResult): Record<string, string> {
  return Object.fromEntries(
    report.symbols.map(({ name, livepatchName, gate, why }) => [
      name,
      livepatchName === undefined ? `stays: ${why}` : `${livepatchName} with ${gate}: ${why}`,
    ]),
  );
}

/** All that is said of a module that is refused. */
function refusal(...args: Parameters<typeof run>): string[] {
  const result = run(...args);
  expect(result.output).toBeUndefined();
  expect(result.report.removedDependencies).toEqual([]);
  return messages(result);
}

/** The same without warnings. */
function errors(...args: Parameters<typeof run>): string[] {
  const { diagnostics, output } = run(...args);
  expect(output).toBeUndefined();
  return messages({ diagnostics: diagnostics.filter(({ severity }) => severity === "error") });
}

/** A module that says `depends`, if anything. */
const depending = (depends: string | undefined, ...names: readonly string[]): Intermediate => ({
  ...uses(...names),
  modinfo: `livepatch=Y\0${depends === undefined ? "" : `depends=${depends}\0`}name=lp\0`,
});

/** ext4 depends on jbd2 and that on crc; nothing is said of xfs. */
const LIST = listOf(
  "order=symtab",
  "*vmlinux order=kallsyms",
  "printk ffffffff81000010 T",
  "__ksymtab_printk - -",
  "*ext4 depends=mbcache,jbd2",
  "ext4_local .text+0x0 t super.c",
  "ext4_export .text+0x10 T",
  "__ksymtab_ext4_export - -",
  "*jbd2 depends=crc",
  "jbd2_local .text+0x0 t journal.c",
  "jbd2_export .text+0x10 T",
  "__ksymtab_jbd2_export - -",
  "*crc depends=",
  "crc_local .text+0x0 t crc.c",
  "crc_export .text+0x10 T",
  "__ksymtab_crc_export - -",
  "*xfs",
  "xfs_local .text+0x0 t xfs.c",
  "*btrfs depends=xor",
  "btrfs_local .text+0x0 t btrfs.c",
);
const TIED = (owner: string) => [
  `  the patch cannot be loaded before ${owner}`,
  `  ${owner} cannot be unloaded while a patch that was bound to it is loaded`,
];
const STAYS = (name: string, owner: string) =>
  `warning module-export: .text+0: symbol ${name} stays an ordinary import of module ${owner}`;
const NOTHING = "note nothing-to-convert: nothing to convert: the module stays as it is";
const PATCHES =
  "  the patch patches vmlinux, ext4 (read from its klp_patch, by the relocations in it)";
const NEVER = (name: string, owner: string, gate: string) =>
  `${name} of ${owner} would wait for ${gate}, which the patch does not patch: the kernel would never apply the relocation, and the code would use address 0`;

describe("an export of a module that the patch patches", () => {
  test.each(
    LAYOUTS,
  )("becomes a livepatch symbol, bound when the module is loaded: $name", (layout) => {
    const module = { undefined: ["ext4_export"], uses: { ".data": ["ext4_export"] } };
    const result = run(module, LIST, { layout });
    expect(outcomes(result)).toEqual({
      ext4_export:
        ".klp.sym.ext4.ext4_export,0 with ext4: ext4, which the patch patches, exports it",
    });
    expect(messages(result)).toEqual([]);
    expect(result.report.sections).toEqual([
      { name: ".klp.rela.ext4.data", gate: "ext4", target: ".data", relocations: 1 },
    ]);
  });

  test("does so, too, if it is only stated what is patched, in whatever spelling", () => {
    const list = listOf("order=symtab", "*vmlinux", "*snd_hda", "f - T", "__ksymtab_f - -");
    for (const spelled of ["snd-hda", "snd_hda"]) {
      const patchedObjects = [spelled];
      expect(livepatchNames(run(uses("f"), list, { patched: null, patchedObjects }))).toEqual([
        ".klp.sym.snd_hda.f,0: snd_hda, which the patch patches, exports it",
      ]);
      expect(livepatchNames(run(uses("f"), list, { patched: [spelled] }))).toEqual([
        ".klp.sym.snd_hda.f,0: snd_hda, which the patch patches, exports it",
      ]);
    }
  });

  test("does so if it is a weak import", () => {
    const weak: Intermediate = {
      undefined: [{ name: "ext4_export", bind: STB.WEAK }],
      uses: { ".text": ["ext4_export"] },
    };
    const result = run(weak, LIST);
    expect(livepatchNames(result)).toHaveLength(1);
    expect(messages(result)).toEqual([]);
  });

  test("is taken at its word where only the export is known", () => {
    const list = listOf("order=symtab", "*vmlinux", "*ext4", "__ksymtab_f - -");
    expect(livepatchNames(run(uses("f"), list))).toEqual([
      ".klp.sym.ext4.f,0: ext4, which the patch patches, exports it",
    ]);
  });

  test("stays if vmlinux exports the name as well, and vmlinux's does if it is patched", () => {
    const list = listOf(
      "",
      "*vmlinux",
      "f - T",
      "__ksymtab_f - -",
      "*ext4",
      "f - T",
      "__ksymtab_f - -",
    );
    expect(
      outcomes(
        run(uses("f", "printk"), list.replace("*ext4", "printk - T\n__ksymtab_printk - -\n*ext4")),
      ),
    ).toEqual({
      f: "stays: vmlinux exports it",
      printk: "stays: vmlinux exports it",
    });
  });

  describe("is the one global symbol of its name:", () => {
    const homonyms = (...types: readonly string[]) =>
      listOf(
        "order=symtab",
        "*vmlinux",
        "*ext4",
        ...types.map((type, i) => `f .text+0x${i} ${type}`),
        "__ksymtab_f - -",
      );

    test.each([
      [["t", "T"], 2],
      [["T", "t"], 1],
      [["t", "d", "D", "t"], 3],
      [["t", "W"], 2],
      [["?", "T"], 2],
      [["T", "-"], 1],
      [["T", "ti"], 1],
    ])("%j", (types, position) => {
      const result = run(uses("f"), homonyms(...types));
      expect(livepatchNames(result)).toEqual([
        `.klp.sym.ext4.f,${position}: ext4, which the patch patches, exports it`,
      ]);
      expect(messages(result)).toEqual([]);
    });

    const line = (i: number, position = i + 1) =>
      `  ext4, position ${position} (.text+0x${i}, list:${4 + i}): KLP_MODULE_RELOC(ext4) ext4_relocs[] = { KLP_SYMPOS(f, ${position}) };`;

    test.each([
      [["t", "t"]],
      [["T", "W"]],
      [["-", "-"]],
    ])("not if that is not clear: %j", (types) => {
      expect(refusal(uses("f"), homonyms(...types))).toEqual([
        "error ambiguous: .text+0: symbol f is ambiguous: it stands 2 times in ext4",
        "  used by 1 relocation, first in patched",
        line(0),
        line(1),
      ]);
    });

    test("not by format 0.1, which does not say which is global", () => {
      const names = "klp-convert-symbol-data.0.1\n*vmlinux\n*ext4\nf\ng\nf\n__ksymtab_f\n";
      expect(refusal(uses("f"), names)).toEqual([
        "error ambiguous: .text+0: symbol f is ambiguous: it stands 2 times in ext4",
        "  used by 1 relocation, first in patched",
        "  ext4, position 1 (list:4): KLP_MODULE_RELOC(ext4) ext4_relocs[] = { KLP_SYMPOS(f, 1) };",
        "  ext4, position 2 (list:6): KLP_MODULE_RELOC(ext4) ext4_relocs[] = { KLP_SYMPOS(f, 2) };",
      ]);
      expect(livepatchNames(run(uses("f"), names.replace("\nf\ng", "\ng")))).toEqual([
        ".klp.sym.ext4.f,0: ext4, which the patch patches, exports it",
      ]);
    });

    test("not if its position does not last, or it does not itself", () => {
      expect(refusal(uses("f"), homonyms("ti", "T"))).toEqual([
        "error position: .text+0: f of ext4 cannot be a livepatch symbol: position 2 is .text+0x1 while ext4 comes up, and none once it is live",
        "  ext4 (.text+0x0, list:4): cannot be used: it is in init memory, which is freed once ext4 is live",
        "  ext4 (.text+0x1, list:5): cannot be used: it is position 2 while ext4 comes up, and 1 once it is live",
      ]);
      expect(refusal(uses("f"), homonyms("Ti"))).toEqual([
        "error position: .text+0: f of ext4 cannot be a livepatch symbol: it is in init memory, which is freed once ext4 is live",
      ]);
    });
  });

  test("has a name that the kernel can read, or is refused", () => {
    const name = "f".repeat(512);
    const list = listOf(
      "order=symtab",
      "*vmlinux",
      "*ext4",
      `${name} - T`,
      `__ksymtab_${name} - -`,
    );
    expect(refusal(uses(name), list)).toEqual([
      `error name-limit: .text+0: symbol "${name}" has 512 characters; the kernel reads 511`,
      `  it would be called .klp.sym.ext4.${name},0`,
    ]);
  });

  test("is what an annotation or a statement says of it", () => {
    const annotated = {
      ...uses("ext4_export"),
      annotations: { ext4: [["ext4_export", 1]] as const },
    };
    expect(livepatchNames(run(annotated, LIST))).toEqual([
      ".klp.sym.ext4.ext4_export,1: annotated in .klp.module_relocs.ext4",
    ]);
    const sympos = ["ext4:ext4_export=1"];
    expect(livepatchNames(run(uses("ext4_export"), LIST, { sympos }))).toEqual([
      ".klp.sym.ext4.ext4_export,1: stated by --sympos ext4:ext4_export=1",
    ]);
  });
});

describe("an export of a module that the patch does not patch stays, with a warning and what can be done:", () => {
  test("it can wait for a patched module that depends on its owner", () => {
    const result = run(uses("jbd2_export"), LIST);
    expect(outcomes(result)).toEqual({ jbd2_export: "stays: module jbd2 exports it" });
    expect(messages(result)).toEqual([
      STAYS("jbd2_export", "jbd2"),
      ...TIED("jbd2"),
      "  ext4 depends on jbd2, so it can wait for ext4: --late-bind jbd2=ext4",
      NOTHING,
    ]);
  });

  test("also if it depends on it by way of another", () => {
    expect(messages(run(uses("crc_export"), LIST))).toEqual([
      STAYS("crc_export", "crc"),
      ...TIED("crc"),
      "  ext4 depends on crc, so it can wait for ext4: --late-bind crc=ext4",
      NOTHING,
    ]);
  });

  test("if some do, it is these; if nobody knows, it is all that may", () => {
    const patched = ["xfs", "ext4", "btrfs", "unheard_of", "vmlinux"];
    expect(messages(run(uses("jbd2_export"), LIST, { patched })).slice(3, -1)).toEqual([
      "  ext4 depends on jbd2, so it can wait for ext4: --late-bind jbd2=ext4",
    ]);
    const others = patched.filter((each) => each !== "ext4");
    expect(messages(run(uses("jbd2_export"), LIST, { patched: others })).slice(3, -1)).toEqual([
      "  if xfs depends on jbd2, it can wait for xfs: --late-bind jbd2=xfs",
      "  if unheard_of depends on jbd2, it can wait for unheard_of: --late-bind jbd2=unheard_of",
    ]);
  });

  test("nothing if no patched module does", () => {
    for (const patched of [["vmlinux"], ["btrfs"], ["crc"]]) {
      expect(messages(run(uses("jbd2_export"), LIST, { patched }))).toEqual([
        STAYS("jbd2_export", "jbd2"),
        ...TIED("jbd2"),
        NOTHING,
      ]);
    }
  });

  test("modules that depend on each other are no trouble", () => {
    const list = listOf(
      "",
      "*vmlinux",
      "*a depends=b",
      "x - t",
      "*b depends=a,b",
      "f - T",
      "__ksymtab_f - -",
      "*c depends=",
      "g - T",
      "__ksymtab_g - -",
    );
    expect(messages(run(uses("g"), list, { patched: ["a"] }))).toEqual([
      STAYS("g", "c"),
      ...TIED("c"),
      NOTHING,
    ]);
    expect(messages(run(uses("f"), list, { patched: ["a"] }))[3]).toBe(
      "  a depends on b, so it can wait for a: --late-bind b=a",
    );
  });

  test("if the patch is unknown, it may be patched", () => {
    expect(messages(run(uses("jbd2_export"), LIST, { patched: null }))).toEqual([
      STAYS("jbd2_export", "jbd2"),
      ...TIED("jbd2"),
      "  to bind it late, if the patch patches jbd2: --patched-object jbd2, and all others that it patches",
      "  or for this symbol alone: jbd2, position 0 (.text+0x10, list:11): KLP_MODULE_RELOC(jbd2) jbd2_relocs[] = { KLP_SYMPOS(jbd2_export, 0) };",
      NOTHING,
    ]);
  });

  test("what is weak becomes 0 where the module is not loaded", () => {
    const weak: Intermediate = {
      undefined: [{ name: "jbd2_export", bind: STB.WEAK }],
      uses: { ".text": ["jbd2_export"] },
    };
    expect(messages(run(weak, LIST)).slice(1, 4)).toEqual([
      "  it is weak: the module loader makes it 0 if the patch is loaded before jbd2",
      "  jbd2 cannot be unloaded while a patch that was bound to it is loaded",
      "  ext4 depends on jbd2, so it can wait for ext4: --late-bind jbd2=ext4",
    ]);
  });

  test("what two modules export is told of both", () => {
    const list = listOf(
      "",
      "*vmlinux",
      "*ext4 depends=b",
      "*a",
      "f - T",
      "__ksymtab_f - -",
      "*b",
      "f - T",
      "__ksymtab_f - -",
    );
    expect(messages(run(uses("f"), list))).toEqual([
      "warning module-export: .text+0: symbol f stays an ordinary import of modules a, b",
      ...TIED("a"),
      "  ext4 depends on b, so it can wait for ext4: --late-bind b=ext4",
      NOTHING,
    ]);
  });
});

describe("an export of two modules", () => {
  const list = (type = "T") =>
    listOf(
      "",
      "*vmlinux",
      "*ext4",
      `f .text+0x0 ${type}`,
      "__ksymtab_f - -",
      "*xfs",
      `f .text+0x8 ${type}`,
      "__ksymtab_f - -",
    );

  test("is the patched one's", () => {
    expect(livepatchNames(run(uses("f"), list()))).toEqual([
      ".klp.sym.ext4.f,0: ext4, which the patch patches, exports it",
    ]);
    expect(livepatchNames(run(uses("f"), list(), { patched: ["xfs"] }))).toEqual([
      ".klp.sym.xfs.f,0: xfs, which the patch patches, exports it",
    ]);
    const options = { patched: ["btrfs"], lateBind: ["xfs=btrfs"] };
    expect(livepatchNames(run(uses("f"), list(), options))).toEqual([
      ".klp.sym.xfs.f,0: xfs exports it, and waits for btrfs",
    ]);
  });

  test("is ambiguous if both are patched", () => {
    expect(refusal(uses("f"), list(), { patched: ["ext4", "xfs"] })).toEqual([
      "error ambiguous: .text+0: symbol f is ambiguous: it stands in 2 objects",
      "  used by 1 relocation, first in patched",
      "  ext4, position 0 (.text+0x0, list:4): KLP_MODULE_RELOC(ext4) ext4_relocs[] = { KLP_SYMPOS(f, 0) };",
      "  xfs, position 0 (.text+0x8, list:7): KLP_MODULE_RELOC(xfs) xfs_relocs[] = { KLP_SYMPOS(f, 0) };",
    ]);
  });
});

describe("what stands in OWNER=PATCHED", () => {
  test.each([
    ["jbd2=ext4", "jbd2", "ext4"],
    ["snd-hda-core=snd-hda_intel", "snd_hda_core", "snd_hda_intel"],
    ["m=m", "m", "m"],
    ["9p=a+b", "9p", "a+b"],
  ])("is read: %s", (text, owner, gate) => {
    expect(parseLateBinding(text)).toEqual({ text, owner, gate });
  });

  const BOTH =
    "both are modules; symbols of vmlinux are bound when the patch is loaded, those of a module cannot be";

  test.each([
    ["", '"" is not OWNER=PATCHED'],
    ["jbd2", '"jbd2" is not OWNER=PATCHED'],
    ["=", '"=" is not OWNER=PATCHED'],
    ["jbd2=", '"jbd2=" is not OWNER=PATCHED'],
    ["=ext4", '"=ext4" is not OWNER=PATCHED'],
    ["a=b=c", '"a=b=c" is not OWNER=PATCHED'],
    ["jbd2.ko=ext4", '"jbd2.ko=ext4": object "jbd2.ko" has a dot in its name'],
    ["jbd2=ext4.ko", '"jbd2=ext4.ko": object "ext4.ko" has a dot in its name'],
    [
      "jbd2=ext4,xfs",
      '"jbd2=ext4,xfs": object "ext4,xfs" has characters in its name that no module\'s has',
    ],
    ["a b=ext4", '"a b=ext4": object "a b" has characters in its name that no module\'s has'],
    [
      `m=${"n".repeat(56)}`,
      `"m=${"n".repeat(56)}": object "${"n".repeat(56)}" has 56 characters; the kernel reads 55`,
    ],
    ["vmlinux=ext4", `"vmlinux=ext4": ${BOTH}`],
    ["ext4=vmlinux", `"ext4=vmlinux": ${BOTH}`],
    ["vmlinux=vmlinux", `"vmlinux=vmlinux": ${BOTH}`],
  ])("is refused: %j", (text, message) => {
    expect(parseLateBinding(text)).toBe(message);
    expect(() => run({}, undefined, { lateBind: [text] })).toThrow(new RangeError(message));
  });
});

describe("with --late-bind", () => {
  const lateBind = ["jbd2=ext4"];

  test("symbols of a module wait for one that is patched, exported or not", () => {
    const result = run(uses("jbd2_export", "jbd2_local", "ext4_local"), LIST, { lateBind });
    expect(outcomes(result)).toEqual({
      jbd2_export: ".klp.sym.jbd2.jbd2_export,0 with ext4: jbd2 exports it, and waits for ext4",
      jbd2_local: ".klp.sym.jbd2.jbd2_local,0 with ext4: only jbd2 has it, once",
      ext4_local: ".klp.sym.ext4.ext4_local,0 with ext4: only ext4 has it, once",
    });
    expect(messages(result)).toEqual([]);
    expect(result.report.sections).toEqual([
      { name: ".klp.rela.ext4.text", gate: "ext4", target: ".text", relocations: 3 },
    ]);
  });

  test("also those that an annotation or a statement speaks of, but not annotated names", () => {
    const list = LIST.replace("jbd2_export .text", "jbd2_local .text+0x8 t b.c\njbd2_export .text");
    const annotated = {
      ...uses("jbd2_local"),
      annotations: { jbd2: [["jbd2_local", 2]] as const },
    };
    expect(outcomes(run(annotated, list, { lateBind }))).toEqual({
      jbd2_local: ".klp.sym.jbd2.jbd2_local,2 with ext4: annotated in .klp.module_relocs.jbd2",
    });
    const sympos = ["jbd2:jbd2_local=1"];
    expect(outcomes(run(uses("jbd2_local"), list, { lateBind, sympos }))).toEqual({
      jbd2_local: ".klp.sym.jbd2.jbd2_local,1 with ext4: stated by --sympos jbd2:jbd2_local=1",
    });
    const name = ".klp.sym.rela.jbd2.jbd2.jbd2_export.0";
    const options = { lateBind, patched: ["jbd2", "ext4"] };
    expect(outcomes(run(uses(name), LIST, options))).toEqual({
      [name]: ".klp.sym.jbd2.jbd2_export,0 with jbd2: its own name says so",
    });
  });

  test("without any list, those that an annotation speaks of", () => {
    const annotated = { ...uses("f", "g"), annotations: { jbd2: [["f", 2]] as const } };
    const result = run(annotated, undefined, { lateBind });
    expect(outcomes(result)).toEqual({
      f: ".klp.sym.jbd2.f,2 with ext4: annotated in .klp.module_relocs.jbd2",
      g: "stays: there is no symbols list, so it is taken for an export",
    });
    expect(messages(result).filter((line) => line.startsWith("error"))).toEqual([]);
  });

  test("names are as files have them, or as the kernel spells them", () => {
    const list = listOf(
      "",
      "*vmlinux",
      "*snd_hda depends=snd_pcm",
      "*snd_pcm",
      "f - T",
      "__ksymtab_f - -",
    );
    for (const text of ["snd-pcm=snd-hda", "snd_pcm=snd_hda", "snd_pcm=snd-hda"]) {
      const result = run(uses("f"), list, { lateBind: [text], patched: ["snd_hda"] });
      expect(outcomes(result)).toEqual({
        f: ".klp.sym.snd_pcm.f,0 with snd_hda: snd_pcm exports it, and waits for snd_hda",
      });
      expect(messages(result)).toEqual([]);
    }
  });

  test("a module that depends on the owner by way of another will do", () => {
    const result = run(uses("crc_local"), LIST, { lateBind: ["crc=ext4"] });
    expect(livepatchNames(result)).toHaveLength(1);
    expect(messages(result)).toEqual([]);
  });

  test("and one of which that is not known, or that the list does not have", () => {
    for (const module of ["xfs", "unheard_of"]) {
      const options = { patched: [module], lateBind: [`jbd2=${module}`] };
      const result = run(uses("jbd2_local"), LIST, options);
      expect(livepatchNames(result)).toHaveLength(1);
      expect(messages(result)).toEqual([]);
    }
  });

  test("a module that is patched itself may be another's as well", () => {
    const options = { patched: ["jbd2", "ext4"], lateBind };
    expect(outcomes(run(uses("jbd2_export"), LIST, options))).toEqual({
      jbd2_export: ".klp.sym.jbd2.jbd2_export,0 with ext4: jbd2 exports it, and waits for ext4",
    });
  });

  test("one that does not depend on the owner is refused, with what it depends on", () => {
    const LAST =
      "  what a module depends on its .ko says, in .modinfo; give those of its dependencies too";
    const options = (gate: string) => ({ patched: [gate], lateBind: [`jbd2=${gate}`] });
    expect(errors(uses("jbd2_local"), LIST, options("crc"))).toEqual([
      "error gate: .text+0: jbd2_local of jbd2 would be bound when crc is loaded, and crc does not depend on jbd2, which may be absent then",
      "  crc depends on no module",
      LAST,
    ]);
    const list = LIST.replace("btrfs depends=xor", "btrfs depends=xor,raid6_pq");
    expect(errors(uses("jbd2_export"), list, options("btrfs"))).toEqual([
      "error gate: .text+0: jbd2_export of jbd2 would be bound when btrfs is loaded, and btrfs does not depend on jbd2, which may be absent then",
      "  btrfs depends on xor, raid6_pq",
      LAST,
    ]);
    // What a dependency depends on has to be known, too.
    const unknown = LIST.replace("*jbd2 depends=crc", "*jbd2");
    expect(errors(uses("crc_local"), unknown, { lateBind: ["crc=ext4"] })).toEqual([
      "error gate: .text+0: crc_local of crc would be bound when ext4 is loaded, and ext4 does not depend on crc, which may be absent then",
      "  ext4 depends on mbcache, jbd2",
      LAST,
    ]);
    // Nor where it is not known what is patched.
    expect(errors(uses("jbd2_export"), list, { ...options("btrfs"), patched: null })[0]).toMatch(
      /^error gate: \.text\+0: jbd2_export of jbd2 would be bound when btrfs is loaded/,
    );
  });

  test("one that is not patched is refused", () => {
    expect(errors(uses("jbd2_export"), LIST, { lateBind: ["jbd2=xfs"] })).toEqual([
      `error gate: .text+0: ${NEVER("jbd2_export", "jbd2", "xfs")}`,
      PATCHES,
      "  ext4 depends on jbd2, so it can wait for ext4: --late-bind jbd2=ext4",
    ]);
  });

  test("one that is refused is not also said to have no effect", () => {
    for (const patched of ["vmlinux", "crc"]) {
      const options = { lateBind: ["jbd2=crc"], patched: [patched] };
      const codes = run(uses("jbd2_export"), LIST, options).diagnostics.map(({ code }) => code);
      expect(codes).toEqual(["gate"]);
    }
  });

  test("one is not held against a patch that is unknown", () => {
    const result = run(uses("jbd2_export"), LIST, { lateBind: ["jbd2=xfs"], patched: null });
    expect(outcomes(result)).toEqual({
      jbd2_export: ".klp.sym.jbd2.jbd2_export,0 with xfs: jbd2 exports it, and waits for xfs",
    });
    expect(result.diagnostics.map(({ code }) => code)).toEqual(["patch-unknown"]);
  });

  test("two that contradict each other are refused, others not", () => {
    const late = ["jbd2=ext4", "crc=ext4", "jbd2=xfs", "jbd2=ext4", "jbd-2=x", "jbd2=b-c"];
    expect(
      errors(uses("jbd2_export", "crc_export"), LIST, {
        lateBind: late,
        patched: ["ext4", "xfs"],
      }),
    ).toEqual([
      "error late-bind: --late-bind jbd2=xfs contradicts --late-bind jbd2=ext4",
      "  all symbols of a module are bound with one object; to tell symbols apart, give them their annotated names",
      "error late-bind: --late-bind jbd2=b-c contradicts --late-bind jbd2=ext4",
      "  all symbols of a module are bound with one object; to tell symbols apart, give them their annotated names",
    ]);
    expect(
      messages(run(uses("jbd2_export"), LIST, { lateBind: ["jbd2=ext4", "jbd2=ext4"] })),
    ).toEqual([]);
  });

  test("one that nothing comes of is warned of", () => {
    const unused = (text: string, owner: string) =>
      `warning late-bind-unused: --late-bind ${text} has no effect: no symbol of ${owner} is bound by livepatch`;
    const options = { lateBind: ["jbd2=ext4", "snd-pcm=ext4"] };
    expect(messages(run(uses("ext4_export"), LIST, options))).toEqual([
      unused("jbd2=ext4", "jbd2"),
      unused("snd-pcm=ext4", "snd_pcm"),
    ]);
    expect(messages(run(uses("printk"), undefined, { lateBind }))[0]).toBe(
      unused("jbd2=ext4", "jbd2"),
    );
  });
});

describe("a symbol of a module that the patch does not patch is refused:", () => {
  test("one that only that module has", () => {
    expect(refusal(uses("jbd2_local"), LIST)).toEqual([
      `error gate: .text+0: ${NEVER("jbd2_local", "jbd2", "jbd2")}`,
      PATCHES,
      "  ext4 depends on jbd2, so it can wait for ext4: --late-bind jbd2=ext4",
    ]);
  });

  test("one that an annotation speaks of, with or without a list", () => {
    const annotated = { ...uses("f"), annotations: { xfs: [["f", 0]] as const } };
    const list = listOf("", "*vmlinux", "*xfs", "f - t");
    const OPEN = "  if ext4 depends on xfs, it can wait for ext4: --late-bind xfs=ext4";
    for (const each of [list, undefined]) {
      expect(refusal(annotated, each)).toEqual([
        `error gate: .text+0: ${NEVER("f", "xfs", "xfs")}`,
        PATCHES,
        OPEN,
      ]);
    }
    const options = { sympos: ["xfs:f=0"] };
    expect(refusal(uses("f"), list, options)[0]).toBe(
      `error gate: .text+0: ${NEVER("f", "xfs", "xfs")}`,
    );
  });

  test("with what to do if no patched module can be waited for", () => {
    const [, , ...notes] = refusal(uses("jbd2_local"), LIST, { patched: ["vmlinux"] });
    expect(notes).toEqual([
      "  symbols of modules are bound for patched ones only: patch a function of jbd2, or of one that depends on it",
    ]);
  });

  test("as the kernel would do it, whatever it was read from", () => {
    const patchedObjects = ["vmlinux"];
    expect(refusal(uses("jbd2_local"), LIST, { patched: null, patchedObjects })[1]).toBe(
      "  the patch patches vmlinux (as --patched-object says)",
    );
  });

  test("but not if nothing uses it, since nothing has to be bound then", () => {
    for (const module of [
      { undefined: ["jbd2_local"] },
      { undefined: ["jbd2_local"], uses: { ".debug_info": ["jbd2_local"] } },
    ]) {
      const result = run(module, LIST);
      expect(livepatchNames(result)).toEqual([
        ".klp.sym.jbd2.jbd2_local,0: only jbd2 has it, once",
      ]);
      expect(messages(result)).toEqual([]);
    }
  });

  test("nor if the patch is unknown", () => {
    const result = run(uses("jbd2_local"), LIST, { patched: null });
    expect(livepatchNames(result)).toHaveLength(1);
    expect(messages(result)).toEqual([]);
  });

  test("nor is one of vmlinux, whatever the patch patches", () => {
    const annotated = { ...uses("local"), annotations: { vmlinux: [["local", 0]] as const } };
    const result = run(annotated, undefined, { patched: ["ext4"] });
    expect(livepatchNames(result)).toHaveLength(1);
    expect(messages(result)).toEqual([]);
  });
});

describe("an annotated name", () => {
  const named = (gate: string, owner: string, name: string) =>
    `.klp.sym.rela.${gate}.${owner}.${name}.0`;

  test("can have a symbol wait for a patched module that depends on its owner, or may", () => {
    for (const [name, patched] of [
      [named("ext4", "jbd2", "jbd2_local"), "ext4"],
      [named("ext4", "crc", "crc_export"), "ext4"],
      [named("xfs", "jbd2", "jbd2_local"), "xfs"],
      [named("snd-hda", "jbd2", "jbd2_local"), "snd_hda"],
    ] as const) {
      const result = run(uses(name), LIST, { patched: [patched] });
      expect(result.report.symbols[0]).toMatchObject({ decision: "livepatch", gate: patched });
      expect(messages(result)).toEqual([]);
    }
    const result = run(uses(named("ext4", "jbd2", "f")), undefined);
    expect(messages(result)).toEqual([]);
  });

  test("cannot have it wait for one that does not", () => {
    const name = named("ext4", "xfs", "xfs_local");
    expect(refusal(uses(name), LIST)).toEqual([
      "error gate: .text+0: xfs_local of xfs would be bound when ext4 is loaded, and ext4 does not depend on xfs, which may be absent then",
      "  ext4 depends on mbcache, jbd2",
      "  what a module depends on its .ko says, in .modinfo; give those of its dependencies too",
    ]);
  });

  test("cannot have it wait for one that is not patched", () => {
    const name = named("xfs", "jbd2", "jbd2_local");
    expect(refusal(uses(name), LIST).slice(0, 2)).toEqual([
      `error gate: .text+0: ${NEVER("jbd2_local", "jbd2", "xfs")}`,
      PATCHES,
    ]);
    const [, , remedy] = refusal(uses(named("btrfs", "btrfs", "btrfs_local")), LIST);
    expect(remedy).toBe(
      "  symbols of modules are bound for patched ones only: patch a function of btrfs, or of one that depends on it",
    );
  });

  test("is not told of an option that it does not heed", () => {
    // The option changes nothing of it, as is tested above.
    const name = named("xfs", "jbd2", "jbd2_local");
    for (const lateBind of [[], ["jbd2=ext4"]]) {
      const { diagnostics } = run(uses(name), LIST, { lateBind });
      const error = diagnostics.find(({ code }) => code === "gate");
      expect(error?.notes.filter((note) => note.includes("--late-bind"))).toEqual([]);
    }
  });
});

describe("a livepatch section that is there already", () => {
  test("is refused if it waits for a module that the patch does not patch", () => {
    const converted = run(uses("jbd2_local"), LIST, { patched: ["ext4"], lateBind: ["jbd2=ext4"] });
    const again = convert(converted.output!, { file: "in.ko" });
    expect(messages(again)).toEqual([NOTHING]);
    const unpatched = run(uses("jbd2_local"), LIST, { patched: null }).output!;
    expect(messages(convert(unpatched, { patchedObjects: ["ext4"] }))).toEqual([
      "error gate: .klp.rela.jbd2.text+?: the section waits for jbd2, which the patch does not patch: the kernel would never apply its relocations",
      "  the patch patches ext4 (as --patched-object says)",
      "  it is another tool's work; convert the intermediate module",
    ]);
    expect(messages(convert(unpatched, { patchedObjects: ["jbd2"] }))).toEqual([NOTHING]);
    expect(messages(convert(unpatched))).toEqual([NOTHING]);
  });
});

describe("a livepatch section that is there already is left", () => {
  const section = (name: string, more: Partial<RelocationSectionDescription> = {}) => {
    const data = new ModuleData();
    data.patch({ objects: [{ name: "ext4", funcs: [] }] });
    const description = data.describe({
      symbols: [{ name: ".klp.sym.vmlinux.f,0", section: SHN.LIVEPATCH }],
    });
    const entry = { offset: 0, type: 1, symbol: ".klp.sym.vmlinux.f,0" };
    const flags = SHF.ALLOC | SHF.INFO_LINK | SHF.RELA_LIVEPATCH;
    const added = { section: ".text", name, flags, entries: [entry], ...more };
    const relocations = [...description.relocations!, added];
    return messages(convert(build({ ...description, relocations })));
  };

  test("if it waits for vmlinux, which need not be patched", () => {
    expect(section(".klp.rela.vmlinux.text")).toEqual([NOTHING]);
    expect(section(".klp.rela.xfs.text")).toHaveLength(3);
  });

  test("if it has no relocation", () => {
    expect(section(".klp.rela.xfs.text", { entries: [] })).toEqual([NOTHING]);
  });

  test("if it is none of livepatch's", () => {
    const ordinary = [{ offset: 0, type: 1, symbol: "patched" }];
    const more = { entries: ordinary, flags: SHF.INFO_LINK };
    expect(section(".klp.rela.xfs.text", more)).toEqual([NOTHING]);
  });
});

describe("an export for some modules only", () => {
  const list = (owner: string, namespace: string) =>
    listOf(
      "order=symtab",
      "*vmlinux",
      ...(owner === "vmlinux" ? [] : ["*ext4 depends=", `*${owner}`]),
      "f .text+0x0 T",
      `__ksymtab_f - -${namespace === "" ? "" : ` ${namespace}`}`,
    );

  test("of vmlinux becomes a livepatch symbol", () => {
    for (const patched of [["ext4"], ["vmlinux"], null]) {
      const result = run(uses("f"), list("vmlinux", "module:kvm,kvm-*"), { patched });
      expect(outcomes(result)).toEqual({
        f: ".klp.sym.vmlinux.f,0 with vmlinux: vmlinux exports it to kvm, kvm-* only",
      });
      expect(messages(result)).toEqual([]);
    }
  });

  test("of vmlinux is the one global of its name", () => {
    const homonyms = list("vmlinux", "module:kvm").replace("f .text+0x0 T", "f 10 t a.c\nf 20 T");
    expect(livepatchNames(run(uses("f"), homonyms))).toEqual([
      ".klp.sym.vmlinux.f,2: vmlinux exports it to kvm only",
    ]);
  });

  test("of a module that is patched does, too", () => {
    const result = run(uses("f"), list("kvm", "module:x"), { patched: ["kvm"] });
    expect(outcomes(result)).toEqual({
      f: ".klp.sym.kvm.f,0 with kvm: kvm, which the patch patches, exports it",
    });
    expect(messages(result)).toEqual([]);
  });

  test("of another module is refused", () => {
    const said =
      "error module-namespace: .text+0: module kvm exports f to x, y* only, and the kernel would refuse the import";
    expect(refusal(uses("f"), list("kvm", "module:x,y*"))).toEqual([said]);
    const depends = list("kvm", "module:x,y*").replace("depends=", "depends=kvm");
    expect(refusal(uses("f"), depends)).toEqual([
      said,
      "  ext4 depends on kvm, so it can wait for ext4: --late-bind kvm=ext4",
    ]);
    expect(livepatchNames(run(uses("f"), depends, { lateBind: ["kvm=ext4"] }))).toEqual([
      ".klp.sym.kvm.f,0: kvm exports it, and waits for ext4",
    ]);
    expect(refusal(uses("f"), list("kvm", "module:x,y*"), { patched: null })).toEqual([
      said,
      "  to bind it late, if the patch patches kvm: --patched-object kvm, and all others that it patches",
      "  or for this symbol alone: kvm, position 0 (.text+0x0, list:5): KLP_MODULE_RELOC(kvm) kvm_relocs[] = { KLP_SYMPOS(f, 0) };",
    ]);
  });

  test.each([
    "",
    "CRYPTO_INTERNAL",
    "module",
    "modules:x",
    "amodule:x",
  ])("is none in namespace %j, which everybody can import", (namespace) => {
    expect(outcomes(run(uses("f"), list("vmlinux", namespace)))).toEqual({
      f: "stays: vmlinux exports it",
    });
    expect(outcomes(run(uses("f"), list("kvm", namespace)))).toEqual({
      f: "stays: module kvm exports it",
    });
  });
});

describe("depends= of .modinfo", () => {
  /** .modinfo of the result, and what the report says. */
  function modinfo(result: ConvertResult): [string, readonly string[]] {
    const bytes = sectionContents(result.output!).get(".modinfo")!;
    return [Buffer.from(bytes).toString("latin1"), result.report.removedDependencies];
  }
  const resultOf = (module: Intermediate, options?: Options, list: string | undefined = LIST) =>
    modinfo(run(module, list, options));
  const text = (depends: string, nuls = "") => `livepatch=Y\0depends=${depends}\0${nuls}name=lp\0`;

  test.each(LAYOUTS)("loses a module of which only livepatch symbols are used: $name", (layout) => {
    const unusing = { ...depending("ext4", "ext4_export", "printk"), uses: {} };
    expect(resultOf(unusing, { layout })).toEqual([text("", "\0\0\0\0"), ["ext4"]]);
  });

  test.each([
    ["ext4,jbd2,xfs", "jbd2,xfs", 5],
    ["jbd2,ext4,xfs", "jbd2,xfs", 5],
    ["jbd2,xfs,ext4", "jbd2,xfs", 5],
    ["ext4", "", 4],
    ["ext4,ext4", "", 9],
    ["ext4x,xext4", "ext4x,xext4", 0],
  ])("%s becomes %s, and nothing behind it moves", (depends, left, nuls) => {
    const removed = depends.split(",").filter((each) => each === "ext4");
    const before = run(depending(depends, "printk"), LIST).output!;
    const [said, report] = resultOf(depending(depends, "ext4_export"));
    expect(said).toBe(text(left, "\0".repeat(nuls)));
    expect(report).toEqual(removed);
    const original = Buffer.from(sectionContents(before).get(".modinfo")!).toString("latin1");
    expect(said.length).toBe(original.length);
    expect(said.indexOf("name=lp")).toBe(original.indexOf("name=lp"));
  });

  test("loses several, and those that wait for another", () => {
    const module = depending("jbd2,ext4,crc", "ext4_export", "jbd2_export", "crc_export");
    expect(resultOf(module, { lateBind: ["jbd2=ext4", "crc=ext4"] })).toEqual([
      text("", "\0".repeat("jbd2,ext4,crc".length)),
      ["jbd2", "ext4", "crc"],
    ]);
  });

  test("loses a module by an annotation, too, and by an annotated name", () => {
    const annotated = {
      ...depending("jbd2,ext4", "ext4_export", ".klp.sym.rela.ext4.jbd2.jbd2_export.0"),
      annotations: { ext4: [["ext4_export", 0]] as const },
    };
    expect(resultOf(annotated)[1]).toEqual(["jbd2", "ext4"]);
  });

  test("is told as it is spelled there", () => {
    const list = listOf("", "*vmlinux", "*snd_hda_core", "f - T", "__ksymtab_f - -");
    for (const spelled of ["snd-hda-core", "snd_hda_core", "snd-hda_core"]) {
      const module = depending(`x,${spelled}`, "f");
      expect(resultOf(module, { patched: ["snd_hda_core"] }, list)).toEqual([
        text("x", "\0".repeat(spelled.length + 1)),
        [spelled],
      ]);
    }
  });

  test("keeps a module of which an import stays", () => {
    const module = depending("jbd2,ext4", "jbd2_export", ".klp.sym.rela.ext4.jbd2.jbd2_local.0");
    expect(resultOf(module)).toEqual([text("jbd2,ext4"), []]);
    const weak: Intermediate = {
      ...depending("jbd2", ".klp.sym.rela.ext4.jbd2.jbd2_local.0"),
      undefined: [{ name: "jbd2_export", bind: STB.WEAK }, ".klp.sym.rela.ext4.jbd2.jbd2_local.0"],
    };
    expect(resultOf(weak)).toEqual([text("jbd2"), []]);
  });

  test("keeps a module that any of its exporters is", () => {
    const list = listOf(
      "",
      "*vmlinux",
      "*a",
      "f - T",
      "__ksymtab_f - -",
      "x - t",
      "*b",
      "f - T",
      "__ksymtab_f - -",
      "y - t",
    );
    const module = depending("a,b", "f", ".klp.sym.rela.ext4.a.x.0", ".klp.sym.rela.ext4.b.y.0");
    expect(resultOf(module, {}, list)).toEqual([text("a,b"), []]);
    // What vmlinux exports the kernel takes from there.
    const ofVmlinux = list.replace("*a", "__ksymtab_f - -\n*a");
    expect(resultOf(module, {}, ofVmlinux)[1]).toEqual(["a", "b"]);
  });

  test("keeps a module of which nothing is known, and what nothing was bound of", () => {
    const module = depending("mystery,jbd2,ext4", "ext4_export");
    expect(resultOf(module)).toEqual([text("mystery,jbd2", "\0\0\0\0\0"), ["ext4"]]);
  });

  test("is not touched without symbols, since it is not known who exports the rest", () => {
    const module = {
      ...depending("ext4", "f", "g"),
      annotations: { ext4: [["f", 0]] as const },
    };
    expect(modinfo(run(module, undefined))).toEqual([text("ext4"), []]);
  });

  test("need not be there, and may be empty", () => {
    expect(resultOf(depending(undefined, "ext4_export"))).toEqual(["livepatch=Y\0name=lp\0", []]);
    expect(resultOf(depending("", "ext4_export"))).toEqual([text(""), []]);
    expect(resultOf({ ...uses("ext4_export"), modinfo: "livepatch=Y\0depends\0" })).toEqual([
      "livepatch=Y\0depends\0",
      [],
    ]);
  });

  test("is at any place: first, last, without a NUL, behind keys and values that look like it", () => {
    const cases: [string, string][] = [
      ["depends=ext4\0livepatch=Y\0", "depends=\0\0\0\0\0livepatch=Y\0"],
      ["livepatch=Y\0depends=ext4", "livepatch=Y\0depends=\0\0\0\0"],
      ["livepatch=Y\0\0\0depends=xfs,ext4\0\0", "livepatch=Y\0\0\0depends=xfs\0\0\0\0\0\0\0"],
      [
        "xdepends=ext4\0livepatch=Y\0depends=ext4\0",
        "xdepends=ext4\0livepatch=Y\0depends=\0\0\0\0\0",
      ],
      [
        "description=depends=ext4\0livepatch=Y\0depends=ext4\0",
        "description=depends=ext4\0livepatch=Y\0depends=\0\0\0\0\0",
      ],
      [
        "author=\xe4\n\0livepatch=Y\0depends=ext4\0",
        "author=\xe4\n\0livepatch=Y\0depends=\0\0\0\0\0",
      ],
    ];
    for (const [before, expected] of cases) {
      const module = { ...uses("ext4_export"), modinfo: Buffer.from(before, "latin1") };
      const data = new ModuleData();
      data.patch({ objects: [{ name: "ext4", funcs: [] }] });
      const description = data.describe({ ...module, modinfo: "MODINFO" });
      const sections = description.sections!.map((section) =>
        section.name === ".modinfo" ? { ...section, data: module.modinfo } : section,
      );
      const result = convert(build({ ...description, sections }), {
        symbols: { file: "list", bytes: bytesOf(LIST) },
      });
      expect(modinfo(result)).toEqual([expected, ["ext4"]]);
    }
  });

  test("stands several times: the first counts, as everywhere", () => {
    const module = {
      ...uses("ext4_export"),
      modinfo: "livepatch=Y\0depends=xfs,ext4\0depends=ext4\0",
    };
    expect(resultOf(module)).toEqual([
      "livepatch=Y\0depends=xfs\0\0\0\0\0\0depends=ext4\0",
      ["ext4"],
    ]);
    const second = { ...uses("ext4_export"), modinfo: "livepatch=Y\0depends=xfs\0depends=ext4\0" };
    expect(resultOf(second)).toEqual(["livepatch=Y\0depends=xfs\0depends=ext4\0", []]);
  });

  test("does not change the input, and a result is not changed again", () => {
    const data = new ModuleData();
    data.patch({ objects: [{ name: "ext4", funcs: [] }] });
    const input = data.build(depending("ext4,jbd2", "ext4_export"));
    const copy = input.slice();
    const symbols = { file: "list", bytes: bytesOf(LIST) };
    const { output } = convert(input, { symbols });
    expect(input).toEqual(copy);
    const again = convert(output!, { symbols });
    expect(again.output).toBe(output);
    expect(again.report.removedDependencies).toEqual([]);
  });
});

describe("what the patch patches decides more:", () => {
  test("an export is not taken that another patched object has a symbol of the same name for", () => {
    const list = listOf(
      "order=symtab",
      "*vmlinux",
      "*ext4 depends=",
      "f .text+0x0 t super.c",
      "*jbd2 depends=",
      "f .text+0x10 T",
      "__ksymtab_f - -",
    );
    expect(refusal(uses("f"), list, { patched: ["ext4", "jbd2"] })).toEqual([
      "error ambiguous: .text+0: symbol f is ambiguous: it stands in 2 objects",
      "  used by 1 relocation, first in patched",
      "  ext4, position 0 (.text+0x0, super.c, list:4): KLP_MODULE_RELOC(ext4) ext4_relocs[] = { KLP_SYMPOS(f, 0) };",
      "  jbd2, position 0 (.text+0x10, list:6): KLP_MODULE_RELOC(jbd2) jbd2_relocs[] = { KLP_SYMPOS(f, 0) };",
    ]);
    expect(outcomes(run(uses("f"), list, { patched: ["jbd2"] }))).toEqual({
      f: ".klp.sym.jbd2.f,0 with jbd2: jbd2, which the patch patches, exports it",
    });
  });

  test("a module that is patched itself waits for no other", () => {
    expect(
      refusal(uses("jbd2_export"), LIST, { patched: ["ext4", "jbd2"], lateBind: ["jbd2=ext4"] }),
    ).toEqual([
      "error late-bind: --late-bind jbd2=ext4: the patch patches jbd2 itself, whose code may run before ext4 is loaded",
      "  the patch patches ext4, jbd2 (read from its klp_patch, by the relocations in it)",
      "  leave it out: symbols of jbd2 are bound when that is loaded",
    ]);
  });

  test("an export of which only that is known has a position that is not checked, and that is said", () => {
    const list = listOf("names=some", "*ext4", "__ksymtab_f - -");
    const result = run(uses("f"), list, { patched: ["ext4"] });
    expect(livepatchNames(result)).toHaveLength(1);
    expect(messages(result)[0]).toBe(
      "warning unverified: symbols of object ext4 are not checked: list does not have all of its symbols",
    );
  });

  test("symbols of objects whose functions are replaced have to be of the module's kernel", () => {
    const list = listOf("release=6.1.0-1-amd64", "*vmlinux", "*ext4 release=5.10.0");
    const { diagnostics } = run({ ...uses(), modinfo: MODINFO }, list, { patched: ["ext4"] });
    expect(diagnostics.map(({ message }) => message)).toContain(
      "the module is for kernel 6.1.0-1-amd64, and list has ext4 of 5.10.0",
    );
  });

  test("depends= keeps a module that may export what nobody is known to", () => {
    const module = (weak: readonly string[]): Intermediate => ({
      ...depending("ext4", "f"),
      undefined: ["f", ...weak.map((name) => ({ name, bind: STB.WEAK }))],
    });
    const some = listOf("names=some", "*ext4", "f - T", "__ksymtab_f - -");
    expect(run(module(["absent"]), some).report.removedDependencies).toEqual([]);
    expect(run(module([]), some).report.removedDependencies).toEqual(["ext4"]);
  });
});

/** A module that exports, with what depmod looks at. */
function exportingModule(name: string, symbol: string): Uint8Array {
  return build({
    sections: [
      { name: ".modinfo", flags: SHF.ALLOC, data: `name=${name}\0depends=\0vermagic=6.1.0 SMP \0` },
      { name: ".gnu.linkonce.this_module", flags: SHF.ALLOC | SHF.WRITE, size: 64 },
      { name: ".text", flags: SHF.ALLOC | SHF.EXECINSTR, size: 64 },
      { name: "__ksymtab", flags: SHF.ALLOC, size: 16 },
      { name: "__ksymtab_strings", flags: SHF.ALLOC, data: `${symbol}\0\0` },
    ],
    symbols: [
      { name: symbol, section: ".text" },
      { name: `__ksymtab_${symbol}`, section: "__ksymtab", bind: STB.LOCAL },
    ],
  });
}

/** struct modversion_info for each of `names`: a checksum, and a name of up to 55 bytes. */
function versionsOf(...names: readonly string[]): Uint8Array {
  return Buffer.concat(
    names.map((name) => {
      const entry = Buffer.alloc(64);
      entry.write(name, 8, "latin1");
      return entry;
    }),
  );
}

const DEPMOD = ["depmod", "/usr/sbin/depmod", "/sbin/depmod"].find(
  (each) => spawnSync(each, ["--version"]).status === 0,
);
const NO_DEPMOD = "no depmod: what it makes of the result is not tested";
if (DEPMOD === undefined) {
  console.warn(NO_DEPMOD);
  if (process.env.KLP_REQUIRE_KERNEL === "1") test("depmod", () => expect.fail(NO_DEPMOD));
}

// It reads no depends=, but which symbols a module imports; modprobe goes by what it finds.
test.skipIf(DEPMOD === undefined).each([
  ["without CONFIG_MODVERSIONS", []],
  [
    "with CONFIG_MODVERSIONS",
    [{ name: "__versions", flags: SHF.ALLOC, data: versionsOf("module_layout", "ext4_export") }],
  ],
])("modprobe will not load a module for livepatch symbols alone: %s", (_, sections) => {
  const root = mkdtempSync(join(tmpdir(), "klp-convert-depmod-"));
  onTestFinished(() => rmSync(root, { recursive: true }));
  const folder = join(root, "lib/modules/6.1.0");
  mkdirSync(folder, { recursive: true });
  const module = { ...depending("ext4", "ext4_export"), sections };
  const data = new ModuleData();
  data.patch({ objects: [{ name: "ext4", funcs: [] }] });
  const before = data.build(module);
  writeFileSync(join(folder, "before.ko"), before);
  writeFileSync(join(folder, "after.ko"), run(module, LIST).output!);
  writeFileSync(join(folder, "ext4.ko"), exportingModule("ext4", "ext4_export"));
  for (const file of ["modules.order", "modules.builtin"]) writeFileSync(join(folder, file), "");
  const { stdout } = spawnSync(DEPMOD!, ["-n", "-b", root, "6.1.0"], { encoding: "utf8" });
  const found = stdout.split("\n").filter((line) => /^\w+\.ko:/.test(line));
  expect(found.sort()).toEqual(["after.ko:", "before.ko: ext4.ko", "ext4.ko:"]);
});

describe("checksums in __versions", () => {
  /** Names in __versions of the result, for each word its size; undefined if there is none. */
  function versions(
    contents: Uint8Array | undefined,
    module: Intermediate,
    options: Options = {},
  ): string[] | undefined {
    const sections = contents && [{ name: "__versions", flags: SHF.ALLOC, data: contents }];
    const result = run({ ...module, ...(sections && { sections }) }, LIST, options);
    const left = sectionContents(result.output!).get("__versions");
    if (left === undefined) return undefined;
    expect(left.length % 64).toBe(0);
    const word = (options.layout ?? LAYOUTS[0]).class / 8;
    return Array.from({ length: left.length / 64 }, (_, i) => {
      const entry = Buffer.from(left.subarray(i * 64, i * 64 + 64));
      // The checksum goes with the name.
      expect(entry[0]).toBe(entry.subarray(word).indexOf(0));
      return entry.subarray(word, entry.indexOf(0, word)).toString("latin1");
    });
  }
  const contentsOf = (names: readonly string[], word = 8) =>
    Buffer.concat(
      names.map((name) => {
        const entry = Buffer.alloc(64);
        entry[0] = name.length;
        entry.write(name, word, "latin1");
        return entry;
      }),
    );
  const NAMES = ["module_layout", "ext4_export", "printk", "ext4_export_more", "xext4_export"];
  const WITHOUT = NAMES.filter((name) => name !== "ext4_export");

  test.each(LAYOUTS)("go with the module that needs no longer be there: $name", (layout) => {
    const module = { ...depending("ext4", "ext4_export", "printk"), uses: {} };
    const contents = contentsOf(NAMES, layout.class / 8);
    expect(versions(contents, module, { layout })).toEqual(WITHOUT);
  });

  test("go wherever they stand, and as often", () => {
    const module = depending("ext4", "ext4_export");
    for (const names of [
      ["ext4_export", "printk"],
      ["printk", "ext4_export"],
      ["ext4_export", "printk", "ext4_export"],
    ]) {
      expect(versions(contentsOf(names), module)).toEqual(["printk"]);
    }
  });

  test("stay with a module that stays", () => {
    const jbd2 = depending("jbd2,ext4", "jbd2_export", ".klp.sym.rela.ext4.jbd2.jbd2_local.0");
    expect(versions(contentsOf(["jbd2_export", "jbd2_local"]), jbd2)).toEqual([
      "jbd2_export",
      "jbd2_local",
    ]);
    const vmlinux = { ...depending("ext4", "f"), annotations: { vmlinux: [["f", 0]] as const } };
    const list = LIST.replace("printk ffffffff81000010 T", "f ffffffff81000010 T");
    const module = {
      ...vmlinux,
      sections: [{ name: "__versions", flags: SHF.ALLOC, data: contentsOf(["f"]) }],
    };
    expect(sectionContents(run(module, list).output!).get("__versions")).toEqual(
      new Uint8Array(contentsOf(["f"])),
    );
  });

  test("need not be there", () => {
    expect(versions(undefined, depending("ext4", "ext4_export"))).toBeUndefined();
  });

  test("go whatever the module is spelled like in depends=", () => {
    const list = listOf("", "*vmlinux", "*snd_hda", "f - T", "__ksymtab_f - -");
    const data = contentsOf(["f", "printk"]);
    const module = {
      ...depending("snd-hda", "f"),
      sections: [{ name: "__versions", flags: SHF.ALLOC, data }],
    };
    const { output } = run(module, list, { patched: ["snd_hda"] });
    expect(sectionContents(output!).get("__versions")).toEqual(
      new Uint8Array(contentsOf(["printk"])),
    );
  });

  test("are left as they are if they are relocated, which no kernel's are", () => {
    const data = contentsOf(["ext4_export", "printk"]);
    const { uses, ...module } = depending("ext4", "ext4_export", "printk");
    const sections = [{ name: "__versions", flags: SHF.ALLOC, data }];
    const relocated = { ...module, uses: { ...uses, __versions: ["printk"] }, sections };
    expect(sectionContents(run(relocated, LIST).output!).get("__versions")).toEqual(
      new Uint8Array(data),
    );
  });

  test("are left as they are if they are of another form", () => {
    const data = contentsOf(["ext4_export", "printk"]).subarray(0, 100);
    const module = {
      ...depending("ext4", "ext4_export"),
      sections: [{ name: "__versions", flags: SHF.ALLOC, data }],
    };
    expect(sectionContents(run(module, LIST).output!).get("__versions")).toEqual(
      new Uint8Array(data),
    );
  });
});
