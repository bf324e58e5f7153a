// SPDX-License-Identifier: GPL-2.0-only

import { describe, expect, test } from "vitest";
import { buildElf, SHF } from "../../elf-builder.js";
import { ModuleData } from "../../livepatch/patch-data.js";
import { buildConverted, type Converted, ofBar, ofFoo } from "./converted.js";
import { findingsOf } from "./places-findings.js";

function found(id: string, wanted: Converted): string[] {
  return findingsOf(buildConverted(wanted), {}, [id]);
}

describe("L65, sections that the kernel reads at load", () => {
  const table = (name: string) => ({ name, size: 32, flags: SHF.ALLOC | SHF.WRITE });

  test.each([
    ["__jump_table", "crash"],
    [".static_call_sites", "crash"],
    [".altinstructions", "crash"],
    [".altinstr_replacement", "wrong"],
    [".retpoline_sites", "wrong"],
    [".orc_unwind_ip", "wrong"],
    ["__ex_table", "wrong"],
    ["__mcount_loc", "wrong"],
    ["__bug_table", "wrong"],
    ["__param", "crash"],
  ])("%s cannot wait for a module: %s", (name, kind) => {
    const sections = [table(name)];
    const [line = "", ...more] = found("L65", {
      sections,
      livepatch: { [`ext4 ${name}`]: [ofBar(1, 8)] },
    });
    expect(line).toContain(`L65 error ${name}+0x8: bar is used in ${name} and waits for ext4: `);
    expect(line).toContain(` => ${kind}: ${name} is read when the patch is loaded, and `);
    // A key that is there when init is through is taken for another once the table is taken apart.
    expect(more).toHaveLength(name === "__jump_table" ? 1 : 0);
    expect(found("L65", { sections, livepatch: { [`vmlinux ${name}`]: [ofFoo(1)] } })).toEqual([]);
  });

  test("says who reads it, and what comes of it", () => {
    const wanted = {
      sections: [table("__jump_table")],
      livepatch: { "ext4 __jump_table": [ofBar(1, 8)] },
    };
    expect(found("L65", wanted)).toEqual([
      "L65 error __jump_table+0x8: bar is used in __jump_table and waits for ext4: jump_label_add_module (kernel/jump_label.c) sorts it and links it to its keys at load, and the key would be none then, and the relocation would hit another entry later => crash: __jump_table is read when the patch is loaded, and the key would be none then, and the relocation would hit another entry later",
      expect.stringContaining(" => wrong: __jump_table is read when the patch is loaded"),
    ]);
  });

  const outcomes = (
    name: string,
    size: number,
    ordinary: readonly number[],
    late: readonly number[],
    machine: Converted["machine"] = "x86_64",
  ) =>
    found("L65", {
      machine,
      sections: [{ ...table(name), size }],
      ordinary: { [name]: ordinary.map((offset) => ({ offset, type: 2, symbol: "own" })) },
      livepatch: { [`ext4 ${name}`]: late.map((offset) => ofBar(2, offset)) },
    }).map((line) => line.split(" => ")[1]!.split(": ")[0]);
  const refused = "refused (objects, ext4) ENOEXEC module";

  test("are no longer zero where x86_64's kernel has sorted them", () => {
    expect(outcomes(".orc_unwind_ip", 12, [4], [0, 8])).toEqual([refused, "wrong"]);
    // What leads to the instruction is sorted by, what leads to the fixup is not.
    expect(outcomes("__ex_table", 24, [4, 12], [0, 16])).toEqual([refused, "wrong"]);
    expect(outcomes("__ex_table", 12, [4], [0])).toEqual(["wrong"]);
    expect(outcomes("__ex_table", 24, [4, 12], [0, 16], "s390x")).toEqual(["wrong", "wrong"]);
  });

  test("are no longer zero where alternatives were put into them", () => {
    expect(outcomes(".altinstructions", 28, [4, 14], [0, 18])).toEqual([refused, "crash"]);
  });

  test("are followed where they have a static key", () => {
    expect(outcomes("__jump_table", 32, [0, 8, 16, 20], [4, 24])).toEqual([
      "wrong",
      "crash",
      "wrong",
    ]);
  });

  test("are those of the machine", () => {
    const sections = [table("__ftr_fixup")];
    const livepatch = { "ext4 __ftr_fixup": [ofBar(44)] };
    expect(found("L65", { sections, livepatch })).toEqual([]);
    expect(found("L65", { machine: "ppc64le", sections, livepatch })).toHaveLength(1);
  });

  test.each([
    ".init.data",
    ".data..percpu",
    "__versions",
    ".modinfo",
    ".gnu.linkonce.this_module",
  ])("leaves %s to other rules", (name) => {
    const sections = name === ".modinfo" ? [] : [table(name)];
    expect(found("L65", { sections, livepatch: { [`ext4 ${name}`]: [ofBar(1)] } })).toEqual([]);
  });

  test("is no matter of a module that the patch does not patch", () => {
    const patched = (object: string) => {
      const data = new ModuleData();
      data.patch({ objects: [{ name: object, funcs: ["f"] }] });
      const module = data.describe({
        sections: [table("__ex_table")],
        symbols: [{ name: ".klp.sym.ext4.bar,0", section: 0xff20 }],
      });
      return {
        ...module,
        relocations: [
          ...module.relocations!,
          {
            name: ".klp.rela.ext4.__ex_table",
            section: "__ex_table",
            flags: SHF.ALLOC | SHF.RELA_LIVEPATCH,
            entries: [ofBar(1)],
          },
        ],
      };
    };
    const lines = (object: string) => findingsOf(buildElf(patched(object)), {}, ["L65"]);
    expect(lines("ext4")).toHaveLength(1);
    expect(lines("xfs")).toEqual([]);
  });
});

describe("L66, code that the kernel rewrites at load", () => {
  /** A jump to the return thunk at .text+0x10. */
  const withReturn = (livepatch: Converted["livepatch"], machine?: Converted["machine"]) => ({
    ...(machine && { machine }),
    sections: [{ name: ".return_sites", size: 4, flags: SHF.ALLOC }],
    ordinary: { ".return_sites": [{ offset: 0, type: 2, symbol: "own", addend: 0x10 }] },
    ...(livepatch && { livepatch }),
  });

  test("is found", () => {
    expect(found("L66", withReturn({ "ext4 .text": [ofBar(4, 0x11)] }))).toEqual([
      "L66 error .text+0x11: bar is used in a return thunk, .text+0x10 up to 0x15 by .return_sites, and waits for ext4: by then the kernel has rewritten that code => refused (objects, ext4) ENOEXEC module: x86/modules: Skipping invalid relocation target, existing value is nonzero for type 4, loc …, val …",
    ]);
  });

  test("is no matter beside it, and to what waits for nothing", () => {
    expect(found("L66", withReturn({ "ext4 .text": [ofBar(4, 0x15), ofBar(4, 0xc)] }))).toEqual([]);
    expect(found("L66", withReturn({ "vmlinux .text": [ofFoo(4, 0x11)] }))).toEqual([]);
  });

  test("is overwritten on other machines", () => {
    const wanted: Converted = {
      machine: "s390x",
      sections: [{ name: ".s390_indirect_call", size: 4, flags: SHF.ALLOC }],
      ordinary: { ".s390_indirect_call": [{ offset: 0, type: 5, symbol: "own", addend: 0x10 }] },
      livepatch: { "ext4 .text": [ofBar(20, 0x12)] },
    };
    expect(found("L66", wanted)).toEqual([
      "L66 error .text+0x12: bar is used in an expoline, .text+0x10 up to 0x16 by .s390_indirect_call, and waits for ext4: by then the kernel has rewritten that code => crash: code that was rewritten is overwritten when ext4 is loaded",
    ]);
  });
});
