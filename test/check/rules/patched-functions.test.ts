// SPDX-License-Identifier: GPL-2.0-only

import { describe, expect, it } from "vitest";
import { L70, L71 } from "../../../src/check/rules/patched-functions.js";
import { SHF, STB, STT, type SymbolDescription } from "../../elf-builder.js";
import { type CheckedModule, RELEASE_6_1, RELEASE_7_3, said } from "../checked-module.js";

/** A patch of vmlinux whose new function is in a section that has the given symbols. */
function replacedBy(...symbols: readonly SymbolDescription[]): CheckedModule {
  const section = ".text.lp";
  const local = { section, type: STT.FUNC, bind: STB.LOCAL };
  return {
    objects: [{ name: null, funcs: [{ name: "old", replacement: "in_section" }] }],
    sections: [{ name: section, flags: SHF.ALLOC | SHF.EXECINSTR, size: 64 }],
    symbols: [
      // Unnamed symbols say where, and kallsyms does not look at them.
      { name: "in_section", section, value: 16, type: STT.SECTION, bind: STB.LOCAL },
      ...symbols.map((each) => ({ ...local, ...each })),
    ],
  };
}

const place = /^(error|warning): \.data\.rel\+\d+: \[old\] /;
const without = (lines: readonly string[]) => lines.map((line) => line.replace(place, "$1: "));

describe("L70: what replaces a function has a symbol", () => {
  it("with a size", () => {
    expect(said(L70, {})).toEqual([]);
    expect(said(L70, replacedBy({ name: "lp_new", value: 16, size: 8 }))).toEqual([]);
  });

  it("without one the kernel takes what is before it, in code, for its own", () => {
    const module = replacedBy();
    for (const release of [RELEASE_6_1, RELEASE_7_3]) {
      expect(without(said(L70, module, { release }))).toEqual([
        "warning: the function that replaces old, at .text.lp+0x10, has no symbol -> harmless",
      ]);
    }
  });

  it("or finds none", () => {
    const module = { ...replacedBy(), stripped: true };
    expect(without(said(L70, module, { release: RELEASE_7_3 }))).toEqual([
      "error: the function that replaces old, at .text.lp+0x10, has no symbol -> refused in objects: livepatch: kallsyms size lookup failed for 'old' replacement ENOENT",
    ]);
  });

  it("until Linux 7.2 one that is not kept will do, or one of vmlinux", () => {
    const refused = /-> refused in objects: .* replacement ENOENT$/;
    const module = { ...replacedBy(), stripped: true };
    expect(said(L70, module)).toEqual([expect.stringMatching(refused)]);
    const modinfo = { name: "__UNIQUE_ID_license", section: ".modinfo", bind: STB.LOCAL };
    const kept = { ...replacedBy({ ...modinfo, type: STT.OBJECT }), stripped: true };
    expect(said(L70, kept)).toEqual([expect.stringMatching(/-> harmless$/)]);
    expect(said(L70, kept, { release: RELEASE_7_3 })).toEqual([expect.stringMatching(refused)]);
    const resolved = { ...module, waits: { vmlinux: ["vmlinux.once,0"] } };
    expect(said(L70, resolved)).toEqual([expect.stringMatching(/-> harmless$/)]);
    expect(said(L70, resolved, { release: RELEASE_7_3 })).toEqual([expect.stringMatching(refused)]);
  });

  it("one behind it is none, nor is a mark of the assembler", () => {
    const symbols = [
      { name: "behind", value: 32, size: 8 },
      { name: ".Lmark", value: 16, size: 8 },
      { name: "$x", value: 0, size: 8 },
    ];
    const module = { ...replacedBy(...symbols), stripped: true };
    expect(said(L70, module)).toEqual([expect.stringMatching(/ENOENT$/)]);
  });

  it("its own size does not matter to the kernel", () => {
    expect(without(said(L70, replacedBy({ name: "lp_new", value: 16, size: 0 })))).toEqual([
      "warning: the symbol of the function that replaces old, lp_new at .text.lp+0x10, has no size -> harmless",
    ]);
  });

  it("a module's function waits for the module", () => {
    const module = {
      ...replacedBy(),
      stripped: true,
      objects: [{ name: "klp_demo", funcs: [{ name: "old", replacement: "in_section" }] }],
    };
    expect(said(L70, module)).toEqual([
      expect.stringMatching(/-> refused in objects with klp_demo: .* ENOENT$/),
    ]);
  });

  it("one of an object that is never found is not asked for", () => {
    const objects = [{ name: "klp-demo", funcs: [{ name: "old", replacement: "in_section" }] }];
    expect(said(L70, { ...replacedBy(), stripped: true, objects })).toEqual([
      expect.stringMatching(/-> harmless$/),
    ]);
  });

  it("which is not known without a patch", () => {
    expect(said(L70, { objects: "none" })).toEqual([
      "unchecked: what the patch patches is not known: nothing in the module's data has the form of a klp_patch",
    ]);
  });
});

describe("L71: objects have their names, and all is there once", () => {
  it("as most are", () => {
    const objects = [
      { name: null, funcs: ["one", { name: "two", position: 1 }, { name: "two", position: 2 }] },
      { name: "klp_demo", funcs: ["one"] },
    ];
    expect(said(L71, { objects })).toEqual([]);
  });

  it("names that no module has", () => {
    const objects = [
      { name: "klp-demo", funcs: ["one"] },
      { name: "vmlinux", funcs: ["one"] },
    ];
    expect(said(L71, { objects }).map((line) => line.replace(/rel\+\d+/, "rel"))).toEqual([
      "error: .data.rel: the patch calls an object klp-demo, which no module is ever called -> wrong: nothing of klp-demo is patched",
      "error: .data.rel: the patch calls an object vmlinux, which no module is ever called -> wrong: nothing of vmlinux is patched",
    ]);
  });

  it("a function that is replaced twice", () => {
    const objects = [
      { name: null, funcs: ["one"] },
      { name: "klp_demo", funcs: ["one", { name: "one", position: 1 }, "a/b", "a/b"] },
    ];
    const lines = said(L71, { objects }).map((line) => line.replace(/rel\+\d+/, "rel"));
    expect(lines).toEqual([
      "error: .data.rel: [one] one of klp_demo is replaced twice, at positions 0 and 1, which are the same -> refused in objects: sysfs: cannot create duplicate filename '/kernel/livepatch/livepatch_demo/klp_demo/one,1' EEXIST",
      "error: .data.rel: [a/b] a/b of klp_demo is replaced twice, at position 0 -> refused in objects: sysfs: cannot create duplicate filename '/kernel/livepatch/livepatch_demo/klp_demo/a!b,1' EEXIST",
    ]);
  });

  it("an object that is there twice", () => {
    const objects = [
      { name: "klp_demo", funcs: ["one"] },
      { name: "klp_demo", funcs: ["one"] },
    ];
    const lines = said(L71, { objects }).map((line) => line.replace(/rel\+\d+/, "rel"));
    expect(lines).toEqual([
      "error: .data.rel: the patch has object klp_demo twice -> refused in objects: sysfs: cannot create duplicate filename '/kernel/livepatch/livepatch_demo/klp_demo' EEXIST",
    ]);
  });
});
