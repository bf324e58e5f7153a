// SPDX-License-Identifier: GPL-2.0-only

import { describe, expect, it } from "vitest";
import { L56 } from "../../../src/check/rules/checksums.js";
import { L52, L53, L54, L55 } from "../../../src/check/rules/imports.js";
import { SHF, STB } from "../../elf-builder.js";
import { buildIntermediate, LAYOUTS } from "../../livepatch/intermediate.js";
import { listOf } from "../../livepatch/messages.js";
import {
  type CheckedModule,
  type Given,
  RELEASE_6_1,
  RELEASE_7_3,
  said,
} from "../checked-module.js";

const LIST = listOf(
  "order=kallsyms arch=x86_64",
  "*vmlinux",
  "seq_printf ffffffff81000010 T",
  "unexported ffffffff81000020 t",
  "__ksymtab_klp_enable_patch ffffffff82000000 r",
  "__ksymtab_seq_printf ffffffff82000010 r",
  "__ksymtab_in_namespace ffffffff82000020 r",
  "__ksymtab_in_namespace - - CRYPTO",
  "__ksymtab_for_modules ffffffff82000030 r",
  "__ksymtab_for_modules - - module:kvm,live-patch_*",
  "*klp_demo order=symtab depends=dep",
  "demo_export .text+0x0 T",
  "__ksymtab_demo_export ___ksymtab+0x0 r",
  "demo_show .text+0x10 t",
  "*dep order=symtab depends=",
  "__ksymtab_dep_export ___ksymtab+0x0 r",
  "*far order=symtab depends=",
  "__ksymtab_far_export ___ksymtab+0x0 r",
);
const weak = (name: string) => ({ name, bind: STB.WEAK });
const usedWeak = (name: string) => ({ undefined: [weak(name)], uses: { ".text": [name] } });

describe("L52: no import is of a module", () => {
  it("if vmlinux exports it all is well", () => {
    const module = { undefined: ["seq_printf", "klp_enable_patch"] };
    for (const rule of [L52, L53, L54, L55]) {
      expect(said(rule, module, { symbols: LIST })).toEqual([]);
    }
  });

  it("one of the patched module, or of one that it needs, is not found before that is loaded", () => {
    const module = { undefined: ["demo_export", "dep_export"] };
    expect(said(L52, module, { symbols: LIST })).toEqual([
      "error: [demo_export] klp_demo exports it, which the patch patches -> refused in imports (before): livepatch_demo: Unknown symbol demo_export (err -2) ENOENT",
      "error: [dep_export] dep exports it, which klp_demo depends on -> refused in imports (before): livepatch_demo: Unknown symbol dep_export (err -2) ENOENT",
    ]);
    expect(said(L53, module, { symbols: LIST })).toEqual([]);
  });

  it("a weak one is 0, if anybody uses it", () => {
    expect(said(L52, { undefined: [weak("demo_export")] }, { symbols: LIST })).toEqual([
      "error: [demo_export] klp_demo exports it, which the patch patches -> harmless",
    ]);
    expect(said(L52, usedWeak("demo_export"), { symbols: LIST })).toEqual([
      "error: [demo_export] klp_demo exports it, which the patch patches -> wrong (before): demo_export is 0",
    ]);
  });

  it("one of any other module holds that fast, if it is loaded at all", () => {
    const module = { undefined: ["far_export"], info: ["depends=far"] };
    expect(said(L52, module, { symbols: LIST })).toEqual([
      "warning: [far_export] far exports it, and cannot be unloaded as long as the patch is there -> harmless",
    ]);
    expect(said(L52, { ...module, info: [] }, { symbols: LIST })).toEqual([
      "warning: [far_export] far exports it, which nothing has loaded before the patch: depends= does not name it -> refused in imports: livepatch_demo: Unknown symbol far_export (err -2) ENOENT",
    ]);
  });

  it("which objects are patched may not be known", () => {
    const module = { undefined: ["far_export"], objects: "none" as const, info: ["depends=far"] };
    expect(said(L52, module, { symbols: LIST })).toContain(
      "unchecked: which objects the patch patches is not known: nothing in the module's data has the form of a klp_patch",
    );
  });
});

describe("L53: every import is exported", () => {
  it("one that nobody exports is not found", () => {
    const module = { undefined: ["nowhere", "unexported"] };
    expect(said(L53, module, { symbols: LIST })).toEqual([
      "error: [nowhere] nothing exports nowhere -> refused in imports: livepatch_demo: Unknown symbol nowhere (err -2) ENOENT",
      "error: [unexported] nothing exports unexported, though vmlinux has it -> refused in imports: livepatch_demo: Unknown symbol unexported (err -2) ENOENT",
    ]);
    expect(said(L54, module, { symbols: LIST })).toEqual([]);
  });

  it("what the loader passes over, and leftovers that another rule is about, are none", () => {
    const undefined_ = ["_GLOBAL_OFFSET_TABLE_", ".klp.sym.vmlinux.once,0", weak("maybe")];
    expect(said(L53, { undefined: undefined_ }, { symbols: LIST })).toEqual([]);
    const layout = { ...LAYOUTS[0], machine: 21, absolute: 38 };
    const dotted = [".TOC.", ".seq_printf"];
    expect(said(L53, { layout, undefined: dotted }, { symbols: LIST })).toEqual([]);
  });

  it("a module of another license does not see klp_enable_patch", () => {
    const module = { undefined: ["klp_enable_patch"], license: "Proprietary" };
    expect(said(L53, module, { symbols: LIST })).toEqual([
      'error: [klp_enable_patch] it is exported to modules under the GPL only, as others may be, and the module\'s license is "Proprietary" -> refused in imports: livepatch_demo: Unknown symbol klp_enable_patch (err -2) ENOENT',
    ]);
    for (const license of ["GPL v2", "Dual MIT/GPL", "Dual BSD/GPL"]) {
      expect(said(L53, { ...module, license }, { symbols: LIST })).toEqual([]);
    }
  });

  it("the kernel prints the name in struct module", () => {
    const data = [...new Uint8Array(24), ...Buffer.from("its_own_name\0"), ...new Uint8Array(30)];
    const sections = [{ name: ".gnu.linkonce.this_module", flags: SHF.ALLOC | SHF.WRITE, data }];
    const module = { undefined: ["nowhere"], sections, objects: "none" as const };
    expect(said(L53, module, { symbols: LIST })).toEqual([
      expect.stringContaining("its_own_name: Unknown symbol nowhere (err -2) ENOENT"),
    ]);
  });

  it("is known only with all exports, and those of what the module needs", () => {
    const module = { undefined: ["nowhere"] };
    expect(said(L53, module)).toEqual(["unchecked: the kernel's symbols are not given: --symbols"]);
    const without = listOf("order=kallsyms", "*vmlinux", "seq_printf ffffffff81000010 T");
    expect(said(L53, module, { symbols: without })).toEqual([
      "unchecked: list does not say what vmlinux exports: --symbols Module.symvers, or vmlinux",
    ]);
    expect(said(L53, { ...module, info: ["depends=not-there"] }, { symbols: LIST })).toEqual([
      "unchecked: what not_there exports is not known: --target not_there.ko",
    ]);
    expect(said(L53, { undefined: [weak("maybe")] }, { symbols: without })).toEqual([]);
  });
});

describe("L54: a weak import is exported, or meant to be 0", () => {
  const input = buildIntermediate(usedWeak("maybe"));

  it("if it was weak before, and no object has it", () => {
    expect(said(L54, usedWeak("maybe"), { symbols: LIST, input })).toEqual([]);
    expect(said(L54, usedWeak("maybe"), { symbols: LIST })).toEqual([
      "unchecked: whether maybe, which is weak, is meant to be 0: --input",
    ]);
  });

  it("or if nothing uses it", () => {
    expect(said(L54, { undefined: [weak("maybe")] }, { symbols: LIST })).toEqual([]);
  });

  it("else it is 0 without a word", () => {
    expect(said(L54, usedWeak("other"), { symbols: LIST, input })).toEqual([
      "warning: [other] nothing exports it: it is 0 -> wrong: other is 0",
    ]);
    expect(said(L54, usedWeak("unexported"), { symbols: LIST })).toEqual([
      "warning: [unexported] nothing exports it, though vmlinux has it: it is 0 -> wrong: unexported is 0",
    ]);
  });

  it("in a source without exports", () => {
    const without = listOf("order=kallsyms", "*vmlinux", "unexported ffffffff81000010 T");
    expect(said(L54, usedWeak("unexported"), { symbols: without })).toEqual([
      "unchecked: list does not say what vmlinux exports: --symbols Module.symvers, or vmlinux",
    ]);
  });
});

describe("L55: namespaces are imported", () => {
  const module = { undefined: ["in_namespace"] };

  it("or the symbol is refused, a weak one too", () => {
    const refused =
      "error: [in_namespace] vmlinux exports it to namespace CRYPTO, which the module does not import -> refused in imports: livepatch_demo: module uses symbol (in_namespace) from namespace CRYPTO, but does not import it. EINVAL";
    expect(said(L55, module, { symbols: LIST })).toEqual([refused]);
    expect(said(L55, { undefined: [weak("in_namespace")] }, { symbols: LIST })).toEqual([refused]);
    for (const rule of [L52, L53, L54]) expect(said(rule, module, { symbols: LIST })).toEqual([]);
  });

  it("any number of them", () => {
    const info = ["import_ns=OTHER", "import_ns=CRYPTO"];
    expect(said(L55, { ...module, info }, { symbols: LIST })).toEqual([]);
  });

  it("but those of modules are for the modules that they name", () => {
    const late = { undefined: ["for_modules"] };
    const said73 = (more: object) =>
      said(L55, { ...late, ...more }, { symbols: LIST, release: RELEASE_7_3 });
    expect(said73({})).toEqual([
      "error: [for_modules] vmlinux exports it to namespace module:kvm,live-patch_*, which the module does not import -> refused in imports: livepatch_demo: module uses symbol (for_modules) from namespace module:kvm,live-patch_*, but does not import it. EINVAL",
    ]);
    expect(said73({ modinfo: "license=GPL\0livepatch=Y\0name=live_patch_x\0" })).toEqual([]);
    expect(said73({ modinfo: "license=GPL\0livepatch=Y\0name=kvm\0" })).toEqual([]);
    expect(said73({ modinfo: "license=GPL\0livepatch=Y\0name=kvm2\0" })).toHaveLength(1);
    const info = ["import_ns=module:kvm,live-patch_*"];
    expect(said73({ info })).toEqual([
      "error: .modinfo: it imports module:kvm,live-patch_*, which is for the modules that it names -> refused in imports: livepatch_demo: module tries to import module namespace: module:kvm,live-patch_* EPERM",
    ]);
    expect(said(L55, { ...late, info }, { symbols: LIST, release: RELEASE_6_1 })).toEqual([]);
  });

  it("are not known of kallsyms", () => {
    const kallsyms = listOf(
      "order=kallsyms",
      "*vmlinux",
      "__ksymtab_klp_enable_patch ffffffff82000000 r",
      "__ksymtab_in_namespace ffffffff82000020 r",
    );
    expect(said(L55, module, { symbols: kallsyms })).toEqual([
      "unchecked: list does not say to which namespaces vmlinux exports: --symbols Module.symvers",
    ]);
    const symvers = "0x00000000\tin_namespace\tvmlinux\tEXPORT_SYMBOL\t\n";
    expect(said(L55, module, { symbols: { kallsyms, symvers } })).toEqual([]);
  });
});

describe("L56: imports have checksums", () => {
  const info = ["vermagic=6.1.0-56-amd64 SMP preempt mod_unload modversions "];
  const versions = (...names: readonly string[]) => ({
    name: "__versions",
    flags: SHF.ALLOC,
    data: names.flatMap((name) => [
      ...Buffer.from(name.padStart(8 + name.length, "\x01").padEnd(64, "\0"), "latin1"),
    ]),
  });
  const module = { info, undefined: ["seq_printf", "klp_enable_patch"] };
  const withoutInput = (checked: CheckedModule, given: Given = {}) => {
    return said(L56, checked, given).filter((line) => !line.endsWith("not known: --input"));
  };

  it("all of them, and the same as before", () => {
    const sections = [versions("module_layout", "klp_enable_patch", "seq_printf", "stale")];
    const input = buildIntermediate({ sections });
    expect(said(L56, { ...module, sections }, { input })).toEqual([]);
    expect(said(L56, { ...module, sections }, { symbols: LIST, input })).toEqual([]);
    expect(said(L56, { ...module, sections })).toEqual([
      "unchecked: whether the checksums are right is not known: --input",
    ]);
  });

  it("one is another than before", () => {
    const before = [versions("module_layout", "klp_enable_patch", "seq_printf", "stale")];
    const input = buildIntermediate({ sections: before });
    const changed = (at: number) => [
      { ...before[0]!, data: before[0]!.data.map((byte, i) => (i === at ? 0xff : byte)) },
    ];
    expect(said(L56, { ...module, sections: changed(2 * 64) }, { input })).toEqual([
      "error: __versions: [seq_printf] the checksum of seq_printf is another than before conversion -> refused in imports: livepatch_demo: disagrees about version of symbol seq_printf EINVAL",
    ]);
    expect(said(L56, { ...module, sections: changed(0) }, { input })).toEqual([
      "error: __versions: [module_layout] the checksum of module_layout is another than before conversion -> refused in version of the kernel: livepatch_demo: disagrees about version of symbol module_layout ENOEXEC",
    ]);
    expect(said(L56, { ...module, sections: changed(3 * 64) }, { input })).toEqual([]);
  });

  it("one is missing", () => {
    const sections = [versions("module_layout", "klp_enable_patch")];
    expect(withoutInput({ ...module, sections }, { symbols: LIST })).toEqual([
      "error: __versions: [seq_printf] there is no checksum of seq_printf -> refused in imports: livepatch_demo: no symbol version for seq_printf EINVAL",
    ]);
    expect(withoutInput({ ...module, sections })).toEqual([
      "unchecked: the kernel's symbols are not given: --symbols",
    ]);
  });

  it("that of the kernel's structs is missing", () => {
    const sections = [versions("klp_enable_patch", "seq_printf")];
    expect(withoutInput({ ...module, sections }, { symbols: LIST })).toEqual([
      "error: __versions: [module_layout] there is no checksum of module_layout -> refused in version of the kernel: livepatch_demo: no symbol version for module_layout ENOEXEC",
    ]);
  });

  it("of what nobody exports none is asked for", () => {
    const sections = [versions("module_layout")];
    expect(withoutInput({ info, undefined: ["nowhere"], sections }, { symbols: LIST })).toEqual([]);
  });

  it("without any the kernel is forced", () => {
    const warning = "warning: there are no checksums, and vermagic says modversions -> harmless";
    expect(withoutInput(module, { symbols: LIST })).toEqual([warning]);
    const unloaded = [{ ...versions("module_layout"), flags: 0 }];
    expect(withoutInput({ ...module, sections: unloaded }, { symbols: LIST })).toEqual([warning]);
  });

  it("a kernel that compares none does not mind", () => {
    expect(withoutInput({ ...module, info: ["vermagic=6.1.0 SMP "] }, { symbols: LIST })).toEqual(
      [],
    );
  });

  it("with long names it does not mind since Linux 6.14", () => {
    const sections = [
      versions("module_layout", "seq_printf"),
      { name: "__version_ext_crcs", flags: SHF.ALLOC, data: new Uint8Array(4) },
      { name: "__version_ext_names", flags: SHF.ALLOC, data: "klp_enable_patch\0" },
    ];
    expect(withoutInput({ ...module, sections }, { symbols: LIST, release: RELEASE_7_3 })).toEqual([
      "warning: __version_ext_names: [module_layout] there is no checksum of module_layout -> harmless",
      "warning: __version_ext_names: [seq_printf] there is no checksum of seq_printf -> harmless",
    ]);
    expect(withoutInput({ ...module, sections }, { symbols: LIST })).toEqual([
      "error: __versions: [klp_enable_patch] there is no checksum of klp_enable_patch -> refused in imports: livepatch_demo: no symbol version for klp_enable_patch EINVAL",
    ]);
  });
});
