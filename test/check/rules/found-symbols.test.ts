// SPDX-License-Identifier: GPL-2.0-only

import { describe, expect, it } from "vitest";
import { L42, L43, L44, L48 } from "../../../src/check/rules/found-symbols.js";
import { SHF } from "../../elf-builder.js";
import { listOf } from "../../livepatch/messages.js";
import { RELEASE_7_3, said } from "../checked-module.js";

const LIST = listOf(
  "order=kallsyms arch=x86_64",
  "*vmlinux",
  "once ffffffff81000010 D",
  "twice ffffffff81000020 t a.c",
  "twice ffffffff81000030 t b.c",
  "percpu_start 0000000000000000 A",
  "__ksymtab_klp_enable_patch ffffffff82000000 r",
  "*klp_demo order=symtab depends=",
  "demo_show .text+0x0 t",
  "read_gauge .text+0x10 t inlet.c",
  "read_gauge .text+0x20 t outlet.c",
);

describe("what livepatch looks for is there", () => {
  it("if every symbol and function is found nothing is said", () => {
    const module = {
      waits: {
        vmlinux: ["vmlinux.once,0", "vmlinux.twice,2"],
        klp_demo: ["klp_demo.read_gauge,2"],
      },
    };
    for (const rule of [L42, L43, L44, L48]) {
      expect(said(rule, module, { symbols: LIST })).toEqual([]);
    }
  });

  it("a symbol of vmlinux that there is not is refused with the patch", () => {
    const module = { waits: { vmlinux: ["vmlinux.onze,0", "vmlinux.once,0"] } };
    expect(said(L42, module, { symbols: LIST })).toEqual([
      "error: .text+0: [.klp.sym.vmlinux.onze,0] vmlinux has no onze -> refused in relocation: livepatch: symbol 'onze' not found in symbol table EINVAL",
    ]);
  });

  it("one of a module is refused with the module, once for all its uses", () => {
    const module = { waits: { klp_demo: ["klp_demo.read_gouge,0", "klp_demo.read_gouge,0"] } };
    expect(said(L42, module, { symbols: LIST })).toEqual([
      "error: .text+0: [.klp.sym.klp_demo.read_gouge,0] klp_demo has no read_gouge -> refused in objects with klp_demo: livepatch: symbol 'read_gouge' not found in symbol table EINVAL",
    ]);
  });

  it("one that waits for what is not patched is never looked for", () => {
    const module = {
      waits: { other: ["other.absent,0"] },
    };
    const symbols = `${LIST}*other order=symtab\n`;
    expect(said(L42, module, { symbols })).toEqual([
      "error: .text+0: [.klp.sym.other.absent,0] other has no absent -> harmless",
    ]);
  });

  it("a symbol of vmlinux in a module's section is refused before it is looked for", () => {
    const module = { waits: { klp_demo: ["vmlinux.absent,0"] } };
    expect(said(L42, module, { symbols: LIST })).toEqual([]);
  });

  it("a function to replace is looked for like a symbol", () => {
    const objects = [
      { name: null, funcs: ["absent", { name: "twice", position: 3 }, "twice"] },
      { name: "klp_demo", funcs: ["read_gauge"] },
    ];
    expect(said(L42, { objects }, { symbols: LIST })).toEqual([
      expect.stringMatching(
        /^error: \.data\.rel\+\d+: \[absent\] vmlinux has no absent -> refused in objects: livepatch: symbol 'absent' not found in symbol table EINVAL$/,
      ),
    ]);
    expect(said(L43, { objects }, { symbols: LIST })).toEqual([
      expect.stringMatching(
        /\[twice\] position 0 says that twice is unique, but vmlinux has it 2 times -> refused in objects: livepatch: unresolvable ambiguity for symbol 'twice' in object '\(null\)' EINVAL$/,
      ),
      expect.stringMatching(
        /\[read_gauge\] position 0 says that read_gauge is unique, but klp_demo has it 2 times -> refused in objects with klp_demo: livepatch: unresolvable ambiguity for symbol 'read_gauge' in object 'klp_demo' EINVAL$/,
      ),
    ]);
    expect(said(L44, { objects }, { symbols: LIST })).toEqual([
      expect.stringMatching(
        /\[twice\] position 3 of twice, but vmlinux has it 2 times -> refused in objects: livepatch: symbol position 3 for symbol 'twice' in object 'vmlinux' not found EINVAL$/,
      ),
    ]);
  });

  it("position 1 is that of a symbol that there is once", () => {
    const module = { waits: { vmlinux: ["vmlinux.once,1"] } };
    for (const rule of [L42, L43, L44]) expect(said(rule, module, { symbols: LIST })).toEqual([]);
  });

  it("of a position beyond all numbers the kernel keeps 64 bits", () => {
    const huge = ["vmlinux.once,99999999999999999999", "vmlinux.once,18446744073709551617"];
    expect(said(L44, { waits: { vmlinux: huge } }, { symbols: LIST })).toEqual([
      "error: .text+0: [.klp.sym.vmlinux.once,99999999999999999999] position 7766279631452241919 of once, but vmlinux has it 1 time -> refused in relocation: livepatch: symbol position 7766279631452241919 for symbol 'once' in object 'vmlinux' not found EINVAL",
    ]);
  });

  it("one of a module that waits with vmlinux is looked for when the module is live", () => {
    const module = { waits: { vmlinux: ["klp_demo.absent,0"] } };
    expect(said(L42, module, { symbols: LIST })).toEqual([
      "error: .text+0: [.klp.sym.klp_demo.absent,0] klp_demo has no absent -> refused in relocation (after): livepatch: symbol 'absent' not found in symbol table EINVAL",
    ]);
  });

  it("nothing is looked for in an object that the patch misnames", () => {
    const module = {
      waits: { klp_demo: ["klp_demo.absent,0"] },
      objects: [{ name: "klp-demo", funcs: ["missing"] }],
    };
    expect(said(L42, module, { symbols: LIST })).toEqual([
      expect.stringMatching(/klp_demo has no absent -> harmless$/),
      expect.stringMatching(/klp_demo has no missing -> harmless$/),
    ]);
  });

  it("nothing is looked for in vmlinux if the patch calls it so", () => {
    const objects = [{ name: "vmlinux", funcs: ["missing"] }];
    expect(said(L42, { objects }, { symbols: LIST })).toEqual([
      expect.stringMatching(/vmlinux has no missing -> harmless$/),
    ]);
  });

  it("places in per-CPU data are passed over before Linux 7.2", () => {
    const section = ".data..percpu";
    const module = {
      sections: [{ name: section, flags: SHF.ALLOC | SHF.WRITE, size: 16 }],
      waits: { vmlinux: ["vmlinux.absent,0"] },
      target: section,
    };
    expect(said(L42, module, { symbols: LIST })).toEqual([
      expect.stringMatching(/^error: \.data\.\.percpu\+0: .* -> harmless$/),
    ]);
    expect(said(L42, module, { symbols: LIST, release: RELEASE_7_3 })).toEqual([
      expect.stringMatching(/ -> refused in relocation: /),
    ]);
  });

  it("a symbol at address 0 is not found", () => {
    const module = { waits: { vmlinux: ["vmlinux.percpu_start,0", "vmlinux.percpu_start,2"] } };
    expect(said(L48, module, { symbols: LIST })).toEqual([
      "error: .text+0: [.klp.sym.vmlinux.percpu_start,0] percpu_start of vmlinux is at address 0, which livepatch takes for not found -> refused in relocation: livepatch: symbol 'percpu_start' not found in symbol table EINVAL",
    ]);
    // The kernel looks at the address before it looks at the position.
    expect(said(L44, module, { symbols: LIST })).toEqual([
      expect.stringContaining("livepatch: symbol 'percpu_start' not found in symbol table EINVAL"),
    ]);
  });
});

describe("what is not known is not checked", () => {
  const module = { waits: { vmlinux: ["vmlinux.once,0"], klp_demo: ["klp_demo.read_gauge,1"] } };

  it("without symbols", () => {
    expect(said(L42, module)).toEqual(["unchecked: the kernel's symbols are not given: --symbols"]);
  });

  it("without those of the module", () => {
    const symbols = listOf("order=kallsyms", "*vmlinux", "once ffffffff81000010 D");
    expect(said(L42, module, { symbols })).toEqual([
      "unchecked: the symbols of klp_demo are not known: --target klp_demo.ko",
    ]);
  });

  it("with symbols of which some were left out", () => {
    const symbols = listOf(
      "names=some",
      "*vmlinux",
      "other ffffffff81000010 D",
      "*klp_demo",
      "demo_show - t",
      "read_gauge - t",
    );
    expect(said(L42, module, { symbols })).toEqual([
      "unchecked: the symbols of vmlinux are not known: --symbols",
    ]);
  });

  it("without addresses", () => {
    const symbols =
      "klp-convert-symbol-data.0.1\n*vmlinux\nonce\n*klp_demo\ndemo_show\nread_gauge\nread_gauge\n";
    expect(said(L42, module, { symbols })).toEqual([]);
    expect(said(L48, module, { symbols })).toEqual([
      "unchecked: list does not say addresses of vmlinux: --symbols",
    ]);
  });

  it("without a patch", () => {
    expect(said(L43, { ...module, objects: "none" }, { symbols: LIST })).toEqual([
      "unchecked: which functions the patch replaces is not known: nothing in the module's data has the form of a klp_patch",
    ]);
  });
});
