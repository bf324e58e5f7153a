// SPDX-License-Identifier: GPL-2.0-only

import { describe, expect, it } from "vitest";
import { L42, L43, L48 } from "../../../src/check/rules/found-symbols.js";
import { L45, L46, L47 } from "../../../src/check/rules/lasting-symbols.js";
import { convert } from "../../../src/index.js";
import { buildIntermediate, type Intermediate } from "../../livepatch/intermediate.js";
import { listOf } from "../../livepatch/messages.js";
import { said } from "../checked-module.js";

const LIST = listOf(
  "order=kallsyms arch=x86_64",
  "*vmlinux",
  "boot_only ffffffff83000010 df",
  "init_func ffffffff83000020 tf",
  "once ffffffff81000010 D",
  "*klp_demo order=symtab depends=",
  "demo_show .text+0x0 t",
  "demo_init .init.text+0x0 ti",
  "shadowed .init.data+0x0 di",
  "shadowed .data+0x8 d",
  "trailing .data+0x10 d",
  "trailing .init.data+0x8 di",
  "three .data+0x20 d",
  "three .init.data+0x10 di",
  "three .data+0x28 d",
  "absolute - ax",
  "in_file - ax in_file",
  "in_file .data+0x30 d in_file",
);

describe("a symbol is found whichever module is loaded first, and is the same", () => {
  it("if it is the only one, or stands before what is freed", () => {
    const module = { waits: { vmlinux: ["vmlinux.once,0"], klp_demo: ["klp_demo.three,1"] } };
    for (const rule of [L46, L47]) expect(said(rule, module, { symbols: LIST })).toEqual([]);
  });

  it("a position that means two symbols is wrong", () => {
    const module = { waits: { klp_demo: ["klp_demo.shadowed,1"] } };
    expect(said(L46, module, { symbols: LIST })).toEqual([
      "error: .text+0: [.klp.sym.klp_demo.shadowed,1] shadowed of klp_demo: position 1 is .init.data+0x0 while klp_demo comes up, and .data+0x8 once it is live -> wrong: which shadowed of klp_demo is used depends on which module is loaded first",
    ]);
    expect(said(L47, module, { symbols: LIST })).toEqual([]);
  });

  it("a homonym in init memory makes position 0 ambiguous while the module comes up", () => {
    const module = { waits: { klp_demo: ["klp_demo.trailing,0"] } };
    expect(said(L46, module, { symbols: LIST })).toEqual([
      "error: .text+0: [.klp.sym.klp_demo.trailing,0] trailing of klp_demo: position 0 is none while klp_demo comes up, and .data+0x10 once it is live -> refused in objects with klp_demo (before): livepatch: unresolvable ambiguity for symbol 'trailing' in object 'klp_demo' EINVAL",
    ]);
    expect(said(L43, module, { symbols: LIST })).toEqual([]);
  });

  it("a position that only the whole symbol table has is refused by a live module", () => {
    const module = { waits: { klp_demo: ["klp_demo.three,3"] } };
    expect(said(L46, module, { symbols: LIST })).toEqual([
      expect.stringContaining(
        "-> refused in objects with klp_demo (after): livepatch: symbol position 3 for symbol 'three' in object 'klp_demo' not found EINVAL",
      ),
    ]);
  });

  it("what is in no section is forgotten", () => {
    const module = { waits: { klp_demo: ["klp_demo.absolute,0"] } };
    expect(said(L46, module, { symbols: LIST })).toEqual([
      "error: .text+0: [.klp.sym.klp_demo.absolute,0] absolute of klp_demo: it is absolute or in no loaded section, and the kernel forgets it once klp_demo is live -> refused in objects with klp_demo (after): livepatch: symbol 'absolute' not found in symbol table EINVAL",
    ]);
    expect(said(L42, module, { symbols: LIST })).toEqual([]);
  });

  it("the symbol of a source file is at address 0", () => {
    const module = { waits: { klp_demo: ["klp_demo.in_file,1"] } };
    expect(said(L46, module, { symbols: LIST })).toEqual([
      expect.stringContaining(
        "-> refused in objects with klp_demo (before): livepatch: symbol 'in_file' not found in symbol table EINVAL",
      ),
    ]);
    expect(said(L48, module, { symbols: LIST })).toEqual([]);
  });

  it("two failures that differ are told each for its order", () => {
    const module = { waits: { klp_demo: ["klp_demo.shadowed,3", "klp_demo.demo_init,2"] } };
    expect(said(L42, module, { symbols: LIST })).toEqual([
      expect.stringContaining("(after): livepatch: symbol 'demo_init' not found"),
    ]);
    expect(said(L46, module, { symbols: LIST })).toEqual([]);
  });

  it("is not known of a module without its file", () => {
    const symbols = listOf("", "*klp_demo order=kallsyms", "demo_show ffffffffc0000000 t");
    const reason =
      "unchecked: which symbols klp_demo has only while it comes up is not known: --target klp_demo.ko";
    expect(said(L46, {}, { symbols })).toEqual([reason]);
    expect(said(L47, {}, { symbols })).toEqual([reason]);
  });
});

describe("a symbol stays", () => {
  it("one in a module's init memory is freed under the patch, or not found", () => {
    const module = { waits: { klp_demo: ["klp_demo.demo_init,0"] } };
    expect(said(L47, module, { symbols: LIST })).toEqual([
      "error: .text+0: [.klp.sym.klp_demo.demo_init,0] demo_init of klp_demo: it is in init memory, which is freed once klp_demo is live -> refused in objects with klp_demo (after): livepatch: symbol 'demo_init' not found in symbol table EINVAL",
      "error: .text+0: [.klp.sym.klp_demo.demo_init,0] demo_init of klp_demo is found while klp_demo comes up, and freed under the patch -> wrong (before): demo_init of klp_demo is used, in memory that was freed",
    ]);
    for (const rule of [L42, L46]) expect(said(rule, module, { symbols: LIST })).toEqual([]);
  });

  it("one in vmlinux's init memory is used after it was freed", () => {
    const module = { waits: { vmlinux: ["vmlinux.boot_only,0"] } };
    expect(said(L47, module, { symbols: LIST })).toEqual([
      "error: .text+0: [.klp.sym.vmlinux.boot_only,0] boot_only of vmlinux: it is in init memory, which vmlinux frees when it is up -> wrong: boot_only of vmlinux is used, in memory that was freed",
    ]);
  });

  it("a function there is not to be replaced", () => {
    const objects = [{ name: null, funcs: ["init_func"] }];
    expect(said(L47, { objects }, { symbols: LIST })).toEqual([
      expect.stringMatching(
        /-> refused in objects: livepatch: failed to find location for function 'init_func' EINVAL$/,
      ),
    ]);
    const late = [{ name: "klp_demo", funcs: ["demo_init"] }];
    expect(said(L47, { objects: late }, { symbols: LIST })).toEqual([
      expect.stringMatching(
        /-> refused in objects with klp_demo \(after\): livepatch: symbol 'demo_init' not found in symbol table EINVAL$/,
      ),
    ]);
  });

  it("one of another module's init memory is gone before anybody asks for it", () => {
    const symbols = `${LIST}*other order=symtab depends=klp_demo\n`;
    const module = {
      waits: { other: ["klp_demo.demo_init,0"] },
      objects: [
        { name: "other", funcs: null },
        { name: "other", funcs: [] },
      ],
    };
    expect(said(L47, { ...module, objects: [{ name: "other", funcs: [] }] }, { symbols })).toEqual([
      expect.stringContaining(
        "refused in objects with other: livepatch: symbol 'demo_init' not found in symbol table EINVAL",
      ),
    ]);
  });

  it("is not known of a vmlinux of which there is only kallsyms", () => {
    const symbols = listOf("order=kallsyms", "*vmlinux", "once ffffffff81000010 D");
    const module = {
      waits: { vmlinux: ["vmlinux.once,0"] },
      objects: [{ name: null, funcs: ["once"] }],
    };
    expect(said(L47, module, { symbols })).toEqual([
      "unchecked: list does not say what is in vmlinux's init memory: --symbols vmlinux",
    ]);
  });
});

describe("a symbol is the one that was meant", () => {
  const before: Intermediate = {
    undefined: [".klp.sym.rela.klp_demo.klp_demo.read_gauge.2", "read_gauge", "once"],
    uses: { ".text": ["read_gauge", ".klp.sym.rela.klp_demo.klp_demo.read_gauge.2", "once"] },
    annotations: { klp_demo: [["read_gauge", 1]] },
  };
  const symbols =
    "klp-convert-symbol-data.0.1\n*vmlinux\nonce\n*klp_demo\nread_gauge\nread_gauge\n";
  const input = buildIntermediate(before);

  it("after conversion", () => {
    const list = { file: "list", bytes: new TextEncoder().encode(symbols) };
    const { output } = convert(input, { symbols: list });
    expect(said(L45, output!, { input, symbols })).toEqual([]);
  });

  it("unless somebody changes its position, its name or its object", () => {
    const module = {
      waits: {
        klp_demo: ["klp_demo.read_gauge,2", "klp_other.read_gauge,2"],
        vmlinux: ["vmlinux.twice,0"],
      },
    };
    expect(said(L45, module, { input })).toEqual([
      "error: .text+0: [.klp.sym.klp_demo.read_gauge,2] it is read_gauge of klp_demo, position 2, and was read_gauge of klp_demo, position 1 -> wrong: read_gauge of klp_demo is used where read_gauge was meant",
      "error: .text+8: [.klp.sym.klp_other.read_gauge,2] it is read_gauge of klp_other, position 2, and was read_gauge of klp_demo, position 2 -> wrong: read_gauge of klp_other is used where read_gauge was meant",
      "error: .text+16: [.klp.sym.vmlinux.twice,0] it is twice of vmlinux, position 0, and was once -> wrong: twice of vmlinux is used where once was meant",
    ]);
  });

  it("what is not found, or a place that is still an import's, is told elsewhere", () => {
    const waits = {
      klp_demo: ["klp_demo.read_gouge,1", "vmlinux.once,0"],
      vmlinux: ["vmlinux.once,0"],
    };
    const whole = listOf(
      "",
      "*vmlinux",
      "once - D",
      "*klp_demo",
      "read_gauge - t",
      "read_gauge - t",
      "demo_show - t",
    );
    const moved = buildIntermediate({
      undefined: ["seq_printf"],
      uses: { ".text": [{ offset: 16, type: 1, symbol: "seq_printf" }] },
    });
    expect(said(L45, { waits }, { input, symbols: whole })).toEqual([]);
    expect(
      said(L45, { waits, undefined: ["seq_printf"] }, { input: moved, symbols: whole }),
    ).toEqual([]);
    expect(said(L45, { waits }, { input: moved, symbols: whole })).toEqual([
      expect.stringContaining("it is once of vmlinux, position 0, and was seq_printf -> wrong"),
    ]);
  });

  it("position 1 is as good as 0", () => {
    const one = buildIntermediate({ ...before, annotations: { klp_demo: [["read_gauge", 0]] } });
    const module = { waits: { klp_demo: ["klp_demo.read_gauge,1"] } };
    expect(said(L45, module, { input: one })).toEqual([]);
  });

  it("which cannot be said of a plain name at a position, or without the module it was", () => {
    const module = { waits: { vmlinux: [{ offset: 16, type: 1, symbol: "vmlinux.once,2" }] } };
    expect(said(L45, module, { input })).toEqual([
      "unchecked: nothing in the module before conversion says which once of vmlinux is meant",
    ]);
    expect(said(L45, module)).toEqual([
      "unchecked: the module before conversion is not given: --input",
    ]);
  });

  it("nor of a list in alphabetical order", () => {
    const names = Array.from({ length: 40 }, (_, i) => `a${String(i).padStart(2, "0")}`);
    const sorted = [
      "klp-convert-symbol-data.0.1",
      "*klp_demo",
      ...names,
      "read_gauge",
      "read_gauge",
      "z",
    ];
    const module = { waits: { klp_demo: ["klp_demo.read_gauge,1"] } };
    expect(said(L45, module, { input, symbols: `${sorted.join("\n")}\n` })).toEqual([
      "unchecked: the symbols of klp_demo in list may have lost their order: --target klp_demo.ko",
    ]);
  });
});
