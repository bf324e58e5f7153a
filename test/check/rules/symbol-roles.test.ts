// SPDX-License-Identifier: GPL-2.0-only

import { describe, expect, it } from "vitest";
import { L41, L49, L51, L57 } from "../../../src/check/rules/symbol-roles.js";
import { LAYOUTS } from "../../livepatch/intermediate.js";
import { listOf } from "../../livepatch/messages.js";
import { RELEASE_7_3, said } from "../checked-module.js";

const LIST = listOf(
  "order=kallsyms arch=x86_64",
  "*vmlinux",
  "a_function ffffffff81000010 t",
  "a_variable ffffffff82000010 d",
  "a_weak ffffffff82000010 W",
  "*dep order=symtab depends=",
  "dep_export .text+0x0 T",
  "*klp_demo order=symtab depends=middle",
  "demo_show .text+0x0 t",
  "*middle order=symtab depends=dep",
  "*lonely order=symtab depends=",
);

describe("L41: a symbol's module is there when the one it waits for is loaded", () => {
  it("if that depends on it, if only through another", () => {
    const module = { waits: { klp_demo: ["dep.dep_export,0", "klp_demo.demo_show,0"] } };
    expect(said(L41, module, { symbols: LIST })).toEqual([]);
  });

  it("and else may be absent", () => {
    const module = {
      waits: { lonely: ["dep.dep_export,0"] },
      objects: [{ name: "lonely", funcs: [] }],
    };
    expect(said(L41, module, { symbols: LIST })).toEqual([
      "error: .text+0: [.klp.sym.dep.dep_export,0] dep_export of dep waits for lonely, which does not depend on dep -> refused in objects with lonely: livepatch: symbol 'dep_export' not found in symbol table EINVAL",
    ]);
    expect(said(L41, { waits: module.waits }, { symbols: LIST })).toEqual([
      expect.stringMatching(/-> harmless$/),
    ]);
  });

  it("which only the module's file says", () => {
    const symbols = listOf("", "*klp_demo", "demo_show - t");
    const module = { waits: { klp_demo: ["dep.dep_export,0"] } };
    expect(said(L41, module, { symbols })).toEqual([
      "unchecked: what klp_demo depends on is not known: --target klp_demo.ko",
    ]);
  });
});

describe("L49: names that clang has made longer", () => {
  const module = { waits: { vmlinux: ["vmlinux.foo.llvm.123,0"] } };

  it.each(["6.1.0", "6.11.2", RELEASE_7_3])("are looked up whole by %s", (release) => {
    expect(said(L49, module, { release })).toEqual([]);
  });

  it.each(["6.2.0", "6.10.11"])("are not found by %s", (release) => {
    expect(said(L49, module, { release })).toEqual([
      `warning: .text+0: [.klp.sym.vmlinux.foo.llvm.123,0] foo.llvm.123: Linux ${release} looks for foo -> refused in relocation: livepatch: symbol 'foo.llvm.123' not found in symbol table EINVAL`,
    ]);
  });

  it("are looked up whole in modules", () => {
    const late = { waits: { klp_demo: ["klp_demo.foo.llvm.123,0"] } };
    expect(said(L49, late, { release: "6.6.0" })).toEqual([]);
  });

  it("by a kernel that is not known", () => {
    expect(said(L49, module, { release: "" })).toEqual([
      "unchecked: the kernel's release is not known: .modinfo has no vermagic",
    ]);
  });
});

describe("L51: functions are called, and variables are read", () => {
  it("a call of data is told once", () => {
    const call = { type: 4, symbol: "vmlinux.a_variable,0" };
    const fine = { type: 4, symbol: "vmlinux.a_function,0" };
    const weak = { type: 4, symbol: "vmlinux.a_weak,0" };
    const module = {
      waits: {
        vmlinux: [
          { ...call, offset: 1 },
          { ...call, offset: 9 },
          { ...fine, offset: 17 },
          { ...weak, offset: 25 },
        ],
      },
    };
    expect(said(L51, module, { symbols: LIST })).toEqual([
      "warning: .text+1: [.klp.sym.vmlinux.a_variable,0] a_variable of vmlinux is called, and it is data -> harmless",
    ]);
  });

  it("a function is not read, but its address may be taken", () => {
    // mov 0x0(%rip),%eax; lea 0x0(%rip),%rax; mov 0x0(%rip),%rax
    const code = [0x8b, 0x05, 0, 0, 0, 0, 0x48, 0x8d, 0x05, 0, 0, 0, 0, 0x48, 0x8b, 0x05];
    const use = { type: 2, symbol: "vmlinux.a_function,0" };
    const read = { ...use, offset: 2 };
    const taken = { ...use, offset: 9 };
    const variable = { type: 2, symbol: "vmlinux.a_variable,0", offset: 16 };
    expect(said(L51, { code, waits: { vmlinux: [taken, variable] } }, { symbols: LIST })).toEqual(
      [],
    );
    expect(said(L51, { code, waits: { vmlinux: [read] } }, { symbols: LIST })).toEqual([
      "warning: .text+2: [.klp.sym.vmlinux.a_function,0] a_function of vmlinux is read or written as data, and it is a function -> harmless",
    ]);
  });

  it("is not known of a list without types", () => {
    const module = { waits: { vmlinux: [{ offset: 1, type: 4, symbol: "vmlinux.a_variable,0" }] } };
    const symbols = "klp-convert-symbol-data.0.1\n*vmlinux\na_variable\n";
    expect(said(L51, module, { symbols })).toEqual([
      "unchecked: list does not say what is a function: --symbols",
    ]);
  });
});

describe("L57: names that somebody looks for stay", () => {
  it("ordinary names are livepatch symbols", () => {
    expect(said(L57, { waits: { vmlinux: ["vmlinux.__fentry,0"] } })).toEqual([]);
  });

  it("x86_64 does not mind", () => {
    expect(said(L57, { waits: { vmlinux: ["vmlinux.__fentry__,0"] } })).toEqual([
      "warning: .text+0: [.klp.sym.vmlinux.__fentry__,0] __fentry__ is a livepatch symbol, but it has to stay: ftrace finds its calls by name -> harmless",
    ]);
  });

  it("an ordinary relocation uses address 0", () => {
    const name = ".klp.sym.vmlinux.__fentry__,0";
    const module = { symbols: [{ name, section: 0xff20 }], uses: { ".text": [name] } };
    expect(said(L57, module)).toEqual([
      "error: [.klp.sym.vmlinux.__fentry__,0] __fentry__ is a livepatch symbol, but it has to stay: ftrace finds its calls by name -> crash: what looks for __fentry__ finds it at address 0",
    ]);
  });

  it("there is no __this_module in vmlinux", () => {
    expect(said(L57, { waits: { vmlinux: ["vmlinux.__this_module,0"] } })).toEqual([
      "error: .text+0: [.klp.sym.vmlinux.__this_module,0] __this_module is a livepatch symbol, but it has to stay: it is the module itself -> refused in relocation: livepatch: symbol '__this_module' not found in symbol table EINVAL",
    ]);
  });

  it("powerpc64 takes the call for one that returns", () => {
    const layout = { ...LAYOUTS[0], machine: 21, absolute: 38 };
    expect(said(L57, { layout, waits: { vmlinux: ["vmlinux._mcount,0"] } })).toEqual([
      "error: .text+0: [.klp.sym.vmlinux._mcount,0] _mcount is a livepatch symbol, but it has to stay: ftrace finds its calls by name -> refused in relocation: livepatch_demo: Expected nop after call, got … at … ENOEXEC",
    ]);
  });

  it("one that nothing uses is not looked for", () => {
    const symbols = [{ name: ".klp.sym.vmlinux.__this_module,0", section: 0xff20 }];
    expect(said(L57, { symbols })).toEqual([
      "warning: [.klp.sym.vmlinux.__this_module,0] __this_module is a livepatch symbol, but it has to stay: it is the module itself -> harmless",
    ]);
  });
});
