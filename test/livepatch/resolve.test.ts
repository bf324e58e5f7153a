// SPDX-License-Identifier: GPL-2.0-only

import { describe, expect, test } from "vitest";
import { type ConvertResult, convert } from "../../src/index.js";
import { STB } from "../elf-builder.js";
import { buildIntermediate, type Intermediate, symbolsList } from "./intermediate.js";
import { messages, uses } from "./messages.js";

type Objects = Readonly<Record<string, readonly string[]>>;

function run(module: Intermediate, objects?: Objects): ConvertResult {
  const symbols = objects && symbolsList(objects);
  return convert(buildIntermediate(module), { file: "in.ko", ...(symbols ? { symbols } : {}) });
}

/** What became of the module's undefined symbols. */
function outcomes({ report }: ConvertResult): Record<string, string> {
  return Object.fromEntries(
    report.symbols.map(({ name, livepatchName, gate, why }) => [
      name,
      livepatchName === undefined ? `stays: ${why}` : `${livepatchName} with ${gate}: ${why}`,
    ]),
  );
}

describe("names that must stay", () => {
  test("stay, whatever the list says", () => {
    const result = run(uses("__fentry__", "_mcount", "_GLOBAL_OFFSET_TABLE_", "__this_module"), {
      vmlinux: ["__fentry__", "_mcount", "_GLOBAL_OFFSET_TABLE_", "__this_module"],
    });
    expect(result.report.outcome).toBe("unchanged");
    expect(outcomes(result)).toEqual({
      __fentry__: "stays: ftrace finds its calls by name",
      _mcount: "stays: ftrace finds its calls by name",
      _GLOBAL_OFFSET_TABLE_: "stays: the module loader ignores it by name",
      __this_module: "stays: it is the module itself",
    });
  });

  test("are a machine's own: thunks on x86_64, .TOC. on powerpc", () => {
    const objects = { vmlinux: ["__x86_return_thunk", "__x86_indirect_thunk_rax", ".TOC."] };
    const result = run(uses("__x86_return_thunk", "__x86_indirect_thunk_rax", ".TOC."), objects);
    expect(outcomes(result)).toEqual({
      __x86_return_thunk: "stays: it is a speculation thunk that the kernel patches out",
      __x86_indirect_thunk_rax: "stays: it is a speculation thunk that the kernel patches out",
      ".TOC.": ".klp.sym.vmlinux..TOC.,0 with vmlinux: only vmlinux has it, once",
    });
  });

  test("are refused an annotation, by section and by name", () => {
    const annotated = ".klp.sym.rela.vmlinux.vmlinux._mcount.0";
    const result = run({
      ...uses("__fentry__", annotated),
      annotations: { vmlinux: [["__fentry__", 0]] },
    });
    expect(messages(result)).toEqual([
      "error annotation-fixed-name: .klp.module_relocs.vmlinux+0: the annotation would make __fentry__ a livepatch symbol, but it has to stay: ftrace finds its calls by name",
      "  remove the annotation",
      "error annotation-fixed-name: .text+8: the annotation would make _mcount a livepatch symbol, but it has to stay: ftrace finds its calls by name",
      "  remove the annotation",
    ]);
  });
});

describe("with a symbols list", () => {
  test("an export of vmlinux stays, even where homonyms are about", () => {
    const result = run(uses("printk"), {
      vmlinux: ["printk", "printk", "__ksymtab_printk"],
      ext4: ["printk"],
    });
    expect(outcomes(result)).toEqual({ printk: "stays: vmlinux exports it" });
    expect(messages(result)).toEqual([
      "note nothing-to-convert: nothing to convert: the module stays as it is",
    ]);
  });

  test("a name that one object has once is that object's", () => {
    const result = run(uses("ext4_local", "saved_command_line"), {
      vmlinux: ["saved_command_line", "other"],
      ext4: ["ext4_local"],
    });
    expect(outcomes(result)).toEqual({
      ext4_local: ".klp.sym.ext4.ext4_local,0 with ext4: only ext4 has it, once",
      saved_command_line:
        ".klp.sym.vmlinux.saved_command_line,0 with vmlinux: only vmlinux has it, once",
    });
    expect(messages(result)).toEqual([]);
  });

  test("an export of a module stays, with a warning that says what it costs", () => {
    const result = run(uses("shared"), { hv: ["shared", "__ksymtab_shared"] });
    expect(outcomes(result)).toEqual({ shared: "stays: module hv exports it" });
    expect(messages(result)).toEqual([
      "warning module-export: .text+0: symbol shared stays an ordinary import of module hv",
      "  the patch cannot be loaded before hv",
      "  hv cannot be unloaded while a patch that was bound to it is loaded",
      "  to bind it late, if the patch patches hv: --patched-object hv, and all others that it patches",
      "  or for this symbol alone: hv, position 0 (Symbols.list:3): KLP_MODULE_RELOC(hv) hv_relocs[] = { KLP_SYMPOS(shared, 0) };",
      "note nothing-to-convert: nothing to convert: the module stays as it is",
    ]);
  });

  test("a module's export with homonyms has a line to paste for each", () => {
    const result = run(uses("shared"), { hv: ["shared", "__ksymtab_shared", "shared"] });
    expect(messages(result).slice(3, 6)).toEqual([
      "  to bind it late, if the patch patches hv: --patched-object hv, and all others that it patches",
      "  or for this symbol alone: hv, position 1 (Symbols.list:3): KLP_MODULE_RELOC(hv) hv_relocs[] = { KLP_SYMPOS(shared, 1) };",
      "  or for this symbol alone: hv, position 2 (Symbols.list:5): KLP_MODULE_RELOC(hv) hv_relocs[] = { KLP_SYMPOS(shared, 2) };",
    ]);
  });

  test("a weak import of a module's export is 0 where the module is not loaded", () => {
    const weak: Intermediate = { undefined: [{ name: "shared", bind: STB.WEAK }] };
    expect(messages(run(weak, { hv: ["shared", "__ksymtab_shared"] }))[1]).toBe(
      "  it is weak: the module loader makes it 0 if the patch is loaded before hv",
    );
  });

  test("a variant that the object has several times is counted, not pasted", () => {
    const result = run(uses("foo"), { hv: ["foo.isra.0", "foo.isra.0"] });
    expect(messages(result)[2]).toBe("  near: foo.isra.0, 2 times in hv");
  });

  test("an annotation outranks a module's export", () => {
    const result = run(
      { ...uses("shared"), annotations: { hv: [["shared", 0]] } },
      { hv: ["shared", "__ksymtab_shared"] },
    );
    expect(outcomes(result)).toEqual({
      shared: ".klp.sym.hv.shared,0 with hv: annotated in .klp.module_relocs.hv",
    });
    expect(messages(result)).toEqual([]);
  });

  test("a weak symbol that the list does not know stays, with a note", () => {
    const weak: Intermediate = {
      undefined: [{ name: "maybe", bind: STB.WEAK }],
      uses: { ".text": ["maybe"] },
    };
    const result = run(weak, { vmlinux: ["other"] });
    expect(outcomes(result)).toEqual({ maybe: "stays: it is weak and no object has it" });
    expect(messages(result)[0]).toBe(
      "note weak-unknown: .text+0: weak symbol maybe is in no object of Symbols.list and stays: the module loader makes it 0",
    );
    expect(outcomes(run(weak, { vmlinux: ["maybe"] }))).toEqual({
      maybe: ".klp.sym.vmlinux.maybe,0 with vmlinux: only vmlinux has it, once",
    });
    expect(run(weak, { vmlinux: ["maybe", "maybe"] }).report.outcome).toBe("refused");
  });

  test("an unknown name is refused with the nearest ones, variants first", () => {
    const result = run(uses("saved_comand_line"), {
      vmlinux: ["saved_command_line", "saved_comand_line.constprop.0"],
      ext4: ["saved_comand_line.llvm.4711"],
    });
    expect(messages(result)).toEqual([
      "error unknown-symbol: .text+0: symbol saved_comand_line is in no object of Symbols.list",
      "  used by 1 relocation, first in patched",
      '  near: saved_comand_line.constprop.0, in vmlinux: asm(".klp.sym.rela.vmlinux.vmlinux.saved_comand_line.constprop.0.0") behind its declaration',
      '  near: saved_comand_line.llvm.4711, in ext4: asm(".klp.sym.rela.ext4.ext4.saved_comand_line.llvm.4711.0") behind its declaration',
      "  near: saved_command_line, in vmlinux",
      "  if the name is right, Symbols.list is not of the kernel the patch is for, or lacks the object that has it",
    ]);
  });

  test("homonyms are refused with every candidate and what to write", () => {
    const twice: Intermediate = { undefined: ["probe"], uses: { ".text": ["probe", "probe"] } };
    const objects = { vmlinux: ["probe", "x", "probe"], "9p": ["probe"] };
    expect(messages(run(twice, objects))).toEqual([
      "error ambiguous: .text+0: symbol probe is ambiguous: it stands in 2 objects",
      "  used by 2 relocations, first in patched",
      "  vmlinux, position 1 (Symbols.list:3): KLP_MODULE_RELOC(vmlinux) vmlinux_relocs[] = { KLP_SYMPOS(probe, 1) };",
      "  vmlinux, position 2 (Symbols.list:5): KLP_MODULE_RELOC(vmlinux) vmlinux_relocs[] = { KLP_SYMPOS(probe, 2) };",
      "  9p, position 0 (Symbols.list:7): KLP_MODULE_RELOC(9p) _9p_relocs[] = { KLP_SYMPOS(probe, 0) };",
    ]);
    expect(messages(run(uses("probe"), { vmlinux: ["probe", "probe"] }))[0]).toBe(
      "error ambiguous: .text+0: symbol probe is ambiguous: it stands 2 times in vmlinux",
    );
  });

  test("every fault of a module is told in one run", () => {
    const result = run(uses("nowhere", "twice", ".klp.sym.rela.bad"), {
      vmlinux: ["twice", "twice"],
    });
    expect(result.diagnostics.map(({ code }) => code).sort()).toEqual([
      "ambiguous",
      "annotated-name",
      "unknown-symbol",
    ]);
  });
});

describe("an undefined symbol that no loaded section uses", () => {
  const idle: Intermediate = { undefined: ["idle"], uses: { ".debug_info": ["idle"] } };

  test("is resolved all the same, since the module loader would look for it", () => {
    const result = run(idle, { vmlinux: ["idle"] });
    expect(outcomes(result)).toEqual({
      idle: ".klp.sym.vmlinux.idle,0 with vmlinux: only vmlinux has it, once",
    });
    expect(result.report.sections).toEqual([]);
  });

  test("is refused if it is unknown", () => {
    expect(messages(run(idle, { vmlinux: ["x"] }))).toEqual([
      "error unknown-symbol: symbol idle is in no object of Symbols.list",
      "  nothing that is loaded uses it, but the module loader looks for every undefined symbol",
      "  if the name is right, Symbols.list is not of the kernel the patch is for, or lacks the object that has it",
    ]);
  });
});

describe("without a symbols list", () => {
  test("plain names are taken for exports and left, with one note that counts them", () => {
    const result = run({
      ...uses("one", "two", "local", "__fentry__"),
      annotations: { vmlinux: [["local", 3]] },
    });
    expect(outcomes(result)).toEqual({
      one: "stays: there is no symbols list, so it is taken for an export",
      two: "stays: there is no symbols list, so it is taken for an export",
      local: ".klp.sym.vmlinux.local,3 with vmlinux: annotated in .klp.module_relocs.vmlinux",
      __fentry__: "stays: ftrace finds its calls by name",
    });
    expect(messages(result)).toEqual([
      "note assumed-exported: 2 undefined symbols without an annotation are taken for exports and stay, as there is no symbols list",
      "  with --symbols LIST each is looked up",
    ]);
    expect(messages(run(uses("one")))[0]).toBe(
      "note assumed-exported: 1 undefined symbol without an annotation is taken for an export and stays, as there is no symbols list",
    );
  });
});

describe("annotations against the list", () => {
  const homonym: Intermediate = { ...uses("twice"), annotations: { ext4: [["twice", 2]] } };
  const paste = (position: number) =>
    `KLP_MODULE_RELOC(ext4) ext4_relocs[] = { KLP_SYMPOS(twice, ${position}) };`;

  test("a position that the object has is taken", () => {
    expect(outcomes(run(homonym, { ext4: ["twice", "twice"], xfs: ["twice"] }))).toEqual({
      twice: ".klp.sym.ext4.twice,2 with ext4: annotated in .klp.module_relocs.ext4",
    });
  });

  test("a position beyond the object's is refused", () => {
    expect(messages(run(homonym, { ext4: ["twice"] }))).toEqual([
      "error annotation-position: .klp.module_relocs.ext4+0: the annotation says position 2 of twice, but ext4 has it once",
      `  ext4, position 0 (Symbols.list:3): ${paste(0)}`,
    ]);
    const third: Intermediate = { ...homonym, annotations: { ext4: [["twice", 3]] } };
    expect(messages(run(third, { ext4: ["twice", "twice"] }))).toEqual([
      "error annotation-position: .klp.module_relocs.ext4+0: the annotation says position 3 of twice, but ext4 has it 2 times",
      `  ext4, position 1 (Symbols.list:3): ${paste(1)}`,
      `  ext4, position 2 (Symbols.list:4): ${paste(2)}`,
    ]);
  });

  test("position 0 of a homonym is refused", () => {
    const unique: Intermediate = { ...homonym, annotations: { ext4: [["twice", 0]] } };
    expect(messages(run(unique, { ext4: ["twice", "twice"] }))[0]).toBe(
      "error annotation-position: .klp.module_relocs.ext4+0: the annotation says that twice is unique, but ext4 has it 2 times",
    );
  });

  test("position 1 of a unique name is what the author said, and the kernel takes it", () => {
    const first: Intermediate = { ...homonym, annotations: { ext4: [["twice", 1]] } };
    expect(outcomes(run(first, { ext4: ["twice"] }))).toEqual({
      twice: ".klp.sym.ext4.twice,1 with ext4: annotated in .klp.module_relocs.ext4",
    });
  });

  test("an object that does not have the symbol is refused", () => {
    expect(messages(run(homonym, { ext4: ["other"], xfs: ["twice"] }))).toEqual([
      "error unknown-symbol: .text+0: the annotation says that twice is ext4's, but Symbols.list does not have it there",
      "  used by 1 relocation, first in patched",
      "  near: twice, in xfs: KLP_MODULE_RELOC(xfs) xfs_relocs[] = { KLP_SYMPOS(twice, 0) };",
      "  if the name is right, Symbols.list is not of the kernel the patch is for, or lacks the object that has it",
      "  vmlinux is not in it, or not all of it: give a source that has; of what vmlinux exports Module.symvers is enough",
    ]);
  });

  test("an object that the list does not have is not checked, and that is said", () => {
    const result = run(homonym, { vmlinux: ["twice"] });
    expect(result.report.outcome).toBe("converted");
    expect(messages(result)).toEqual([
      "warning unverified: symbols of object ext4 are not checked: Symbols.list does not have the object",
    ]);
  });

  test("an annotated name is held against the list, and answered with such names", () => {
    const name = ".klp.sym.rela.btrfs.ext4.twice.0";
    expect(messages(run(uses(name), { ext4: ["twice", "twice"] }))).toEqual([
      "error annotation-position: .text+0: the annotation says that twice is unique, but ext4 has it 2 times",
      '  ext4, position 1 (Symbols.list:3): asm(".klp.sym.rela.btrfs.ext4.twice.1") behind its declaration',
      '  ext4, position 2 (Symbols.list:4): asm(".klp.sym.rela.btrfs.ext4.twice.2") behind its declaration',
    ]);
  });
});

describe("annotated names", () => {
  test("say all themselves, with or without a list", () => {
    const name = ".klp.sym.rela.btrfs.xor.foo.isra.3.2";
    const expected = { [name]: ".klp.sym.xor.foo.isra.3,2 with btrfs: its own name says so" };
    expect(outcomes(run(uses(name)))).toEqual(expected);
    expect(outcomes(run(uses(name), { xor: ["foo.isra.3", "foo.isra.3"] }))).toEqual(expected);
  });

  test("that do not parse are refused with the form", () => {
    expect(messages(run(uses(".klp.sym.rela.vmlinux.name.0")))).toEqual([
      "error annotated-name: .text+0: the annotated name .klp.sym.rela.vmlinux.name.0 does not parse",
      "  expected .klp.sym.rela.LP_OBJECT.SYM_OBJECT.NAME.POS, POS a decimal number",
    ]);
  });

  test("cannot gate a vmlinux symbol with a module, nor a module's with vmlinux", () => {
    expect(messages(run(uses(".klp.sym.rela.hv.vmlinux.saved_command_line.0")))).toEqual([
      "error gate: .text+0: a vmlinux symbol cannot wait for hv: the kernel refuses it in a module's livepatch section",
      '  write instead: asm(".klp.sym.rela.vmlinux.vmlinux.saved_command_line.0") behind its declaration',
    ]);
    expect(messages(run(uses(".klp.sym.rela.vmlinux.hv.foo.1")))).toEqual([
      "error gate: .text+0: a symbol of hv cannot be resolved with vmlinux: the module may be absent, or go away later",
      '  write instead: asm(".klp.sym.rela.hv.hv.foo.1") behind its declaration',
    ]);
  });

  test("must not contradict an annotation of the same symbol", () => {
    const name = ".klp.sym.rela.hv.hv.foo.1";
    const module = (object: string, position: number): Intermediate => ({
      ...uses(name),
      annotations: { [object]: [[name, position]] },
    });
    expect(run(module("hv", 1)).report.outcome).toBe("converted");
    expect(messages(run(module("hv", 2)))).toEqual([
      "error annotation-contradiction: .klp.module_relocs.hv+0: the annotation says hv, position 2, and the symbol's own name says hv, position 1",
      "  remove one of the two",
    ]);
    expect(run(module("xfs", 1)).report.outcome).toBe("refused");
  });

  test("in the output's form on an undefined symbol are leftovers, and refused", () => {
    expect(messages(run(uses(".klp.sym.vmlinux.printk,0")))).toEqual([
      "error leftover-livepatch-name: .text+0: symbol .klp.sym.vmlinux.printk,0 is called like a livepatch symbol but is undefined: the kernel would not find it",
      "  an annotated name begins with .klp.sym.rela.",
    ]);
    const weak = { undefined: [{ name: ".klp.sym.vmlinux.printk,0", bind: STB.WEAK }] };
    expect(messages(run(weak))[0]).toMatch(/the kernel would make it 0$/);
  });
});

describe("two annotations of one name", () => {
  test("that agree are one", () => {
    const result = run({
      ...uses("foo"),
      annotations: {
        hv: [
          ["foo", 1],
          ["foo", 1],
        ],
      },
    });
    expect(result.report.outcome).toBe("converted");
  });

  test("that differ are a contradiction", () => {
    const result = run({
      ...uses("foo"),
      annotations: { hv: [["foo", 1]], xfs: [["foo", 1]] },
    });
    expect(messages(result)).toEqual([
      "error annotation-contradiction: .klp.module_relocs.xfs+0: the annotation says that foo is xfs's, position 1; the one at .klp.module_relocs.hv+0x0 says hv's, position 1",
      "  a name means one symbol throughout a module; to use two homonyms, give one its annotated name:",
      '  asm(".klp.sym.rela.xfs.xfs.foo.1") behind its declaration',
    ]);
  });
});

describe("the kernel's limits", () => {
  const long = "s".repeat(200);

  test("a symbol of 511 characters passes, one of 512 does not", () => {
    const [most, beyond] = ["s".repeat(511), "s".repeat(512)];
    expect(run(uses(most), { vmlinux: [most] }).report.outcome).toBe("converted");
    expect(messages(run(uses(beyond), { vmlinux: [beyond] }))).toEqual([
      `error name-limit: .text+0: symbol "${beyond}" has 512 characters; the kernel reads 511`,
      `  it would be called .klp.sym.vmlinux.${beyond},0`,
    ]);
  });

  test.each([
    ["5.14.21-150500 SMP ", "refused"],
    ["6.0.19 SMP ", "refused"],
    ["6.1.0-1-amd64 SMP ", "converted"],
    ["7.3.4 SMP ", "converted"],
  ])("a symbol of 200 characters for kernel %s is %s", (vermagic, outcome) => {
    const modinfo = `livepatch=Y\0vermagic=${vermagic}\0`;
    expect(run({ ...uses(long), modinfo }, { vmlinux: [long] }).report.outcome).toBe(outcome);
  });

  test("an object of 56 characters is refused", () => {
    const object = "m".repeat(56);
    expect(messages(run(uses(`.klp.sym.rela.${object}.${object}.foo.0`)))).toEqual([
      `error name-limit: .text+0: object "${object}" has 56 characters; the kernel reads 55`,
      `  it would be called .klp.sym.${object}.foo,0`,
    ]);
    expect(messages(run({ ...uses("foo"), annotations: { [object]: [["foo", 0]] } }))[0]).toBe(
      `error annotation-section: .klp.module_relocs.${object}+?: object "${object}" has 56 characters; the kernel reads 55`,
    );
  });

  test("an annotated object is spelled as the kernel spells it", () => {
    const result = run({ ...uses("foo"), annotations: { "snd-hda-intel": [["foo", 0]] } });
    expect(outcomes(result)).toEqual({
      foo: ".klp.sym.snd_hda_intel.foo,0 with snd_hda_intel: annotated in .klp.module_relocs.snd-hda-intel",
    });
  });
});
