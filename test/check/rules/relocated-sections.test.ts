// SPDX-License-Identifier: GPL-2.0-only

import { describe, expect, test } from "vitest";
import { SHF, SHT } from "../../elf-builder.js";
import {
  broken,
  build,
  examineModule,
  inShort,
  LIVEPATCH,
  line,
  livepatchSection,
  MODINFO,
  ONE,
  OTHER,
  PPC64,
  theOne,
  type Wanted,
  withField,
} from "./livepatch-module.js";

/** A module with a section, and livepatch relocations of it. */
function relocating(
  name: string,
  gate: "vmlinux" | "ext4",
  { flags = SHF.ALLOC as number, ...wanted }: Wanted & { flags?: number } = {},
): Uint8Array {
  const dot = name.startsWith(".") ? "" : ".";
  const symbol = gate === "vmlinux" ? ONE : OTHER;
  const isThere = name === ".modinfo" || name === ".gnu.linkonce.this_module";
  return build({
    ...wanted,
    ...(isThere ? {} : { sections: [{ name, flags, size: 16 }] }),
    relocations: [
      livepatchSection(`.klp.rela.${gate}${dot}${name}`, name, [symbol], wanted.layout),
    ],
  }).bytes;
}

describe("L23: sh_info", () => {
  test("says a section, or what waits for vmlinux is passed over", () => {
    const { headerOffsets } = build();
    const bytes = withField(build(), ".klp.rela.vmlinux.text", "sh_info", 9999);
    expect(line(theOne(bytes))).toBe(
      `L23 error at .klp.rela.vmlinux.text: sh_info is 9999 when sections have the numbers 1 to ${headerOffsets.length - 1} => wrong: its relocations are never applied`,
    );
    const zero = withField(build(), ".klp.rela.vmlinux.text", "sh_info", 0);
    expect(line(theOne(zero))).toBe(
      `L23 error at .klp.rela.vmlinux.text: sh_info is 0 when sections have the numbers 1 to ${headerOffsets.length - 1} => wrong: its relocations are never applied`,
    );
  });

  test.each([0, 9999, 0xffffffff])("is not looked at with a module: %i", (info) => {
    const bytes = withField(build(), ".klp.rela.ext4.data", "sh_info", info);
    expect(line(theOne(bytes))).toContain(
      "=> crash: the relocations are written where there is nothing of the module",
    );
  });

  test("does not say a table", () => {
    const made = build({
      relocations: [
        {
          name: ".klp.rela.vmlinux..data",
          section: ".data",
          flags: LIVEPATCH,
          entries: [{ offset: 32, type: 1, symbol: ONE }],
        },
      ],
    });
    const info = made.sections.get(".symtab")!;
    const bytes = withField(made, ".klp.rela.vmlinux..data", "sh_info", info);
    const found = examineModule(bytes).findings.filter(({ rule }) => rule === "L23");
    expect(found.map(line)).toEqual([
      `L23 error at .klp.rela.vmlinux..data: sh_info is ${info}, which is .symtab and SHT_SYMTAB => relocation: ENOEXEC: module: x86/modules: Skipping invalid relocation target, existing value is nonzero for type 1, loc …, val …`,
    ]);
    expect(broken(bytes).map(({ rule }) => rule)).toEqual(["L23", "L19"]);
    // Of the null symbol nothing is filled in.
    const atNull = withField(
      build(),
      ".klp.rela.vmlinux.text",
      "sh_info",
      build().sections.get(".symtab")!,
    );
    expect(broken(atNull)[0]!.outcome.kind).toBe("wrong");
  });

  test("may say an array of functions", () => {
    const bytes = build({
      sections: [{ name: ".ctors_", type: 14, flags: SHF.ALLOC | SHF.WRITE, size: 16 }],
      relocations: [livepatchSection(".klp.rela.vmlinux.ctors_", ".ctors_", [ONE])],
    }).bytes;
    expect(broken(bytes)).toEqual([]);
  });
});

describe("L24: what is relocated", () => {
  test("is loaded, or what waits for vmlinux is passed over", () => {
    expect(line(theOne(relocating(".mine", "vmlinux", { flags: SHF.WRITE })))).toBe(
      "L24 error at .klp.rela.vmlinux.mine: it relocates .mine, which is not loaded => wrong: its relocations are never applied",
    );
  });

  test("may be debug info that way", () => {
    expect(line(theOne(relocating(".debug_line", "vmlinux", { flags: 0 })))).toBe(
      "L24 warning at .klp.rela.vmlinux.debug_line: it relocates .debug_line, which is not loaded => harmless",
    );
  });

  test("is missed if the section was meant for another", () => {
    const { sections, bytes } = build();
    expect(bytes.length).toBeGreaterThan(0);
    const info = sections.get(".debug_info")!;
    const found = broken(withField(build(), ".klp.rela.vmlinux.text", "sh_info", info));
    expect(found.map(({ rule, outcome }) => `${rule} ${inShort(outcome)}`)).toEqual([
      "L24 wrong: its relocations are never applied",
      "L19 harmless",
    ]);
  });

  test("is written to all the same when a module is loaded", () => {
    expect(line(theOne(relocating(".debug_line", "ext4", { flags: 0 })))).toBe(
      "L24 error at .klp.rela.ext4.debug_line: it relocates .debug_line, which is not loaded => crash: the relocations are written into memory that has been freed",
    );
  });

  test("does not matter if nothing is", () => {
    const relocations = [livepatchSection(".klp.rela.ext4.debug_info", ".debug_info", [])];
    expect(broken(build({ relocations }).bytes)).toEqual([]);
  });
});

describe("L25: init sections", () => {
  test("are gone when a module is loaded later", () => {
    expect(line(theOne(relocating(".init.data", "ext4")))).toBe(
      "L25 error at .klp.rela.ext4.init.data: it relocates .init.data when ext4 is loaded: do_init_module (kernel/module/main.c) frees it when init is through => crash: the relocations are written into init memory, which has been freed (before)",
    );
    expect(broken(relocating(".init.data", "vmlinux"))).toEqual([]);
  });

  test("are those of exit code too, where modules cannot be unloaded", () => {
    expect(broken(relocating(".exit.text", "ext4"))).toEqual([]);
    const modinfo = MODINFO.replace(" mod_unload", "");
    expect(line(theOne(relocating(".exit.text", "ext4", { modinfo })))).toContain(
      "(kernel/module/main.c) counts it to init, as modules cannot be unloaded => crash:",
    );
  });

  test("are kept by powerpc64", () => {
    const { severity, outcome, rule } = theOne(relocating(".init.data", "ext4", { layout: PPC64 }));
    expect([rule, severity, outcome.kind]).toEqual(["L25", "warning", "harmless"]);
  });
});

describe("L26: .data..percpu", () => {
  test.each([
    "6.1",
    "6.12",
    "7.1",
  ])("is not relocated with vmlinux's before 7.2 (%s)", (release) => {
    expect(line(theOne(relocating(".data..percpu", "vmlinux"), { release }))).toBe(
      "L26 error at .klp.rela.vmlinux.data..percpu: it relocates .data..percpu, which kernels before 7.2 pass over => wrong: no CPU's copy of the variable has the address",
    );
  });

  test("is relocated with vmlinux's since", () => {
    expect(broken(relocating(".data..percpu", "vmlinux"), { release: "7.3" })).toEqual([]);
  });

  test("is looked at by kernels that relocate it", () => {
    const bytes = build({
      sections: [{ name: ".data..percpu", flags: SHF.ALLOC, size: 16 }],
      relocations: [livepatchSection(".klp.rela.vmlinux.data..percpu", ".data..percpu", [0])],
    }).bytes;
    const outcome = (release: string) => {
      const found = broken(bytes, { release }).find(({ rule }) => rule === "L33")!;
      return found.outcome.kind;
    };
    expect(["6.1", "7.3"].map(outcome)).toEqual(["harmless", "refused"]);
  });

  test("is told of as unchecked if the release is not known", () => {
    const bytes = relocating(".data..percpu", "vmlinux", { modinfo: "name=lp\0livepatch=Y\0" });
    const { findings, unchecked } = examineModule(bytes);
    expect(findings.filter(({ rule }) => rule === "L26")).toEqual([]);
    expect(unchecked.filter(({ rule }) => rule === "L26")).toEqual([
      {
        rule: "L26",
        reason: "the kernel's release is not known, and before 7.2 .data..percpu is not relocated",
      },
    ]);
  });

  test.each(["6.1", "7.3"])("is freed when a module is loaded (%s)", (release) => {
    expect(line(theOne(relocating(".data..percpu", "ext4"), { release }))).toContain(
      "=> crash: the relocations are written into memory that has been freed",
    );
  });
});

describe("L27: the loader's own sections", () => {
  test.each([".modinfo", "__versions"])("are passed over: %s", (name) => {
    const { rule, severity, outcome } = theOne(relocating(name, "vmlinux"));
    expect([rule, severity, outcome.kind]).toEqual(["L27", "warning", "harmless"]);
  });

  test.each([
    "vmlinux",
    "ext4",
  ] as const)("are refused by x86 where struct module is in use: %s", (gate) => {
    const at = (offset: number) =>
      build({
        relocations: [
          {
            name: `.klp.rela.${gate}.gnu.linkonce.this_module`,
            section: ".gnu.linkonce.this_module",
            flags: LIVEPATCH,
            entries: [{ offset, type: 1, symbol: gate === "vmlinux" ? ONE : OTHER }],
          },
        ],
      }).bytes;
    const stage = gate === "vmlinux" ? "relocation" : "objects with ext4";
    expect(line(theOne(at(8), { release: "6.1" }))).toContain(
      `=> ${stage}: ENOEXEC: module: x86/modules: Skipping invalid relocation target, existing value is nonzero for type 1, loc …, val …`,
    );
    expect(line(theOne(at(40), { release: "6.1" }))).toContain(
      "=> wrong: struct module then has the address of what is not the module's own",
    );
  });

  test("are freed when a module is loaded, except struct module", () => {
    const kinds = [".modinfo", "__versions", ".gnu.linkonce.this_module"].map(
      (name) => theOne(relocating(name, "ext4")).outcome.kind,
    );
    expect(kinds).toEqual(["crash", "crash", "refused"]);
  });

  test("are not read of extended versions before 6.14", () => {
    const bytes = relocating("__version_ext_names", "ext4");
    expect(theOne(bytes, { release: "6.12" }).outcome.kind).toBe("harmless");
    expect(theOne(bytes, { release: "7.3" }).outcome.kind).toBe("crash");
  });
});

test("SHT_RELA of nothing is no violation of these rules", () => {
  const bytes = withField(build(), ".klp.rela.vmlinux.text", "sh_size", 0);
  expect(SHT.RELA).toBe(4);
  expect(broken(bytes)).toEqual([]);
});
