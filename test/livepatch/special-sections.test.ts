// SPDX-License-Identifier: GPL-2.0-only

// What is said of livepatch relocations in sections that the kernel reads, sorts, copies or frees.

import { describe, expect, test } from "vitest";
import { type ConvertResult, convert } from "../../src/index.js";
import { MACHINES } from "../../src/livepatch/machines.js";
import {
  SPECIAL_SECTIONS,
  type SpecialSection,
  specialSection,
} from "../../src/livepatch/places/special-sections.js";
import { SHF, STB } from "../elf-builder.js";
import { type Intermediate, LAYOUTS, type TestLayout } from "./intermediate.js";
import { messages, run } from "./messages.js";
import { buildObjtoolForm } from "./objtool-form.js";

const [X86] = LAYOUTS;

/** Each machine with its absolute relocation type. */
const LAYOUT_OF = new Map<number, TestLayout>(
  MACHINES.map(({ name, machine, elfClass, byteOrder, absolute }) => [
    machine,
    {
      name,
      class: elfClass === 1 ? 32 : 64,
      order: byteOrder === "big" ? "big" : "little",
      machine,
      absolute: absolute[0]!,
    },
  ]),
);

/**
 * What is said, and what to do instead, by the first name of the row: `SECTION` stands for the
 * section's name.
 */
const SAID: Readonly<Record<string, readonly [said: string, remedy: string]>> = {
  __jump_table: [
    "jump_label_add_module (kernel/jump_label.c) sorts it and links it to its keys at load, and the key would be none then, and the relocation would hit another entry later",
    "use static_key_enabled(&KEY) in place of static_branch_likely() and static_branch_unlikely(); leave tracepoints and pr_debug() of the module out",
  ],
  ".static_call_sites": [
    "static_call_add_module (kernel/static_call_inline.c) sorts it at load, and the key would be none then, and the relocation would hit another entry later",
    "use KLP_STATIC_CALL(NAME)(…) in place of static_call(NAME)(…), or static_call_query(NAME)(…) where the kernel has no linux/livepatch_helpers.h",
  ],
  ".altinstructions": [
    "apply_alternatives (arch/*/kernel/alternative.c) reads it at load, and the entry would be about other code",
    "call the symbol outside of alternative(), choosing with boot_cpu_has() or the like",
  ],
  ".altinstr_replacement": [
    "apply_alternatives (arch/*/kernel/alternative.c) copies it into the code at load, and the copy in the code would keep address 0",
    "call the symbol outside of alternative(), choosing with boot_cpu_has() or the like",
  ],
  ".parainstructions": [
    "module_finalize (arch/x86/kernel/module.c) rewrites code by it at load, and the entry would be about other code",
    "such sites are the module's own text; keep the symbol out of inline assembly that makes them",
  ],
  ".retpoline_sites": [
    "module_finalize (arch/x86/kernel/module.c) rewrites code by it at load, and the entry would be about other code",
    "such sites are the module's own text; keep the symbol out of inline assembly that makes them",
  ],
  ".s390_indirect*": [
    "module_finalize (arch/s390/kernel/module.c) rewrites code by it at load, and the entry would be about other code",
    "such sites are the module's own text; keep the symbol out of inline assembly that makes them",
  ],
  __ftr_fixup: [
    "module_finalize (arch/powerpc/kernel/module.c) rewrites code by it at load, and the entry would be about other code",
    "such sites are the module's own text; keep the symbol out of inline assembly that makes them",
  ],
  "__ftr_alt_*": [
    "do_feature_fixups (arch/powerpc/lib/feature-fixups.c) copies it into the code at load, and the copy in the code would keep address 0",
    "use the symbol outside of feature sections, choosing with cpu_has_feature() or the like",
  ],
  ".orc_unwind": [
    "unwind_module_init (arch/*/kernel/unwind_orc.c) sorts it at load, and another entry would be changed, and stacks misread that livepatch itself relies on",
    "objtool writes it about the module's own text; build the module again",
  ],
  __ex_table: [
    "post_relocation (kernel/module/main.c) sorts it at load, and another entry would be changed, and faults handled at the wrong place",
    "keep the symbol out of inline assembly with exception tables",
  ],
  __mcount_loc: [
    "ftrace_module_init (kernel/trace/ftrace.c) reads it at load, and ftrace would pass over the entry",
    "the compiler writes it about the module's own functions; build the module again",
  ],
  __bug_table: [
    "module_bug_finalize (lib/bug.c) enters it at load, and warnings until then would be taken for something else",
    "keep the symbol out of BUG() and WARN()",
  ],
  __tracepoints_ptrs: [
    "find_module_sections (kernel/module/main.c) and notifiers read it at load, and they would use address 0",
    "define what the section describes in the patch itself, or leave it out",
  ],
  ".gnu.linkonce.this_module": [
    "do_init_module (kernel/module/main.c) calls init from it, and init and exit functions are the module's own, whoever else has them",
    "build the module again with kbuild",
  ],
  ".modinfo": [
    "load_module (kernel/module/main.c) reads it before any relocation, and the value would not be there when it is read",
    "build the module again with kbuild",
  ],
  ".data..percpu": [
    "post_relocation (kernel/module/main.c) copies it for each CPU, and the module's own is freed, and no CPU's copy would ever have it",
    "set the pointer in the module's init function or in a callback, not in data",
  ],
  ".init*": [
    "do_init_module (kernel/module/main.c) frees it when init is through, and it would be written into memory that is somebody else's",
    "do not use the symbol in init code or data; a pre_patch callback runs at the right time",
  ],
  ".exit*": [
    "layout_sections (kernel/module/main.c) counts it to init, as modules cannot be unloaded, and it would be written into memory that is somebody else's",
    "do not use the symbol in exit code or data",
  ],
};

/** Sections of a name with a `*`; every other stands for itself. */
const EXAMPLES: Readonly<Record<string, readonly string[]>> = {
  ".s390_indirect*": [".s390_indirect_call", ".s390_indirect_jump", ".s390_indirect_branches"],
  ".s390_return*": [".s390_return_mem", ".s390_return_reg"],
  "__ftr_alt_*": ["__ftr_alt_97", "__ftr_alt_80"],
  "__stack_protector_loc*": ["__stack_protector_loc"],
  "__ksymtab*": ["__ksymtab", "__ksymtab_gpl", "__ksymtab_strings"],
  "__kcrctab*": ["__kcrctab", "__kcrctab_gpl"],
  "__kflagstab*": ["__kflagstab"],
  "__version_ext_*": ["__version_ext_crcs", "__version_ext_names"],
  ".init*": [".init.text", ".init.data", ".init.rodata", ".init.klp_funcs", ".init.text.start"],
  ".exit*": [".exit.text", ".exit.data"],
};

interface Case {
  readonly row: SpecialSection;
  readonly section: string;
  readonly layout: TestLayout;
  /** `x86_64 __jump_table` */
  readonly label: string;
}

/** Every section of every row, on every machine that the row is for. */
const CASES: readonly Case[] = SPECIAL_SECTIONS.flatMap((row) =>
  (row.machines ?? [...LAYOUT_OF.keys()]).flatMap((machine) =>
    row.names.flatMap((name) =>
      (EXAMPLES[name] ?? [name]).map((section) => {
        const layout = LAYOUT_OF.get(machine)!;
        return { row, section, layout, label: `${layout.name} ${section}` };
      }),
    ),
  ),
);

/** As `uname -r` and the flags of include/linux/vermagic.h have it. */
const VERMAGIC = "7.3.4+deb13-amd64 SMP preempt mod_unload modversions ";
const WITHOUT_UNLOAD = "7.3.4+deb13-amd64 SMP preempt modversions ";

function modinfo(vermagic: string | undefined): string {
  return `license=GPL\0livepatch=Y\0${vermagic === undefined ? "" : `vermagic=${vermagic}\0`}`;
}

interface Use {
  readonly section: string;
  /** The object whose loading gates the relocation. */
  readonly gate: string;
  readonly layout?: TestLayout;
  /** Default: of a kernel that can unload modules; `none` for a module that has none. */
  readonly vermagic?: string;
  readonly flags?: number;
  readonly offset?: number;
}

/** A module with one livepatch relocation, of foo, in the section. */
function using({ section, gate, layout = X86, vermagic, flags, offset }: Use): Intermediate {
  const type = layout.absolute;
  return {
    layout,
    modinfo: modinfo(vermagic === "none" ? undefined : (vermagic ?? VERMAGIC)),
    undefined: ["foo"],
    annotations: { [gate]: [["foo", 0]] },
    sections:
      section === ".modinfo"
        ? []
        : [{ name: section, flags: flags ?? SHF.ALLOC | SHF.WRITE, size: 64, addralign: 8 }],
    uses: { [section]: [{ offset: offset ?? 0, type, symbol: "foo" }] },
  };
}

/** What is said of the section, as lines. */
function said(result: ConvertResult): string[] {
  const diagnostics = result.diagnostics.filter(({ code }) => code === "special-section");
  return messages({ diagnostics });
}

/** What is said of a module that is refused because of the section. */
function refusal(use: Use): string[] {
  const result = run(using(use), undefined);
  expect(result.output).toBeUndefined();
  expect(result.report.outcome).toBe("refused");
  return said(result);
}

/** Holds that nothing is said and the relocation is moved. */
function expectMoved(use: Use): void {
  const result = run(using(use), undefined);
  expect(messages(result)).toEqual([]);
  expect(result.output).toBeDefined();
  const dot = use.section.startsWith(".") ? "" : ".";
  expect(result.report.sections).toEqual([
    {
      name: `.klp.rela.${use.gate}${dot}${use.section}`,
      gate: use.gate,
      target: use.section,
      relocations: 1,
    },
  ]);
}

/** The message and its notes; `waits` is what is said of the gate. */
function expected({ row, section }: Case, waits: string, more: readonly string[] = []): string[] {
  const [text, remedy] = SAID[row.names[0]!]!;
  return [
    `error special-section: ${section}+0: foo is used in ${section}${waits}: ${text}`,
    ...[...more, remedy].map((note) => `  ${note}`),
  ];
}

describe("the table", () => {
  test("has a row for each text that is expected here, and no other", () => {
    expect(SPECIAL_SECTIONS.map(({ names }) => names[0])).toEqual(Object.keys(SAID));
  });

  test("has no name twice", () => {
    const names = SPECIAL_SECTIONS.flatMap((row) => row.names);
    expect(names.filter((name, at) => names.indexOf(name) !== at)).toEqual([]);
  });

  test("has these rows for some machines only", () => {
    const limited = SPECIAL_SECTIONS.flatMap(({ names, machines }) =>
      machines === undefined ? [] : [[names[0], machines.map((each) => LAYOUT_OF.get(each)!.name)]],
    );
    expect(limited).toEqual([
      [".parainstructions", ["x86_64"]],
      [".retpoline_sites", ["x86_64"]],
      [".s390_indirect*", ["s390x"]],
      ["__ftr_fixup", ["powerpc64", "powerpc"]],
      ["__ftr_alt_*", ["powerpc64", "powerpc"]],
    ]);
  });

  test("has in every row who reads the section, what comes of it, and a remedy", () => {
    for (const { names, consumer, consequence, remedy } of SPECIAL_SECTIONS) {
      expect(consumer, names[0]).toMatch(/^[a-z_]+ \([a-z]+(?:\/[a-z0-9_*-]+)+\.c\) /);
      for (const text of [consumer, consequence, remedy]) {
        expect(text.length, names[0]).toBeGreaterThan(8);
        expect(text, names[0]).not.toMatch(/[.\s]$|^[A-Z\s]/);
      }
    }
  });

  test("gives a section the row that is about it", () => {
    for (const { row, section, layout } of CASES) {
      expect(specialSection(section, layout.machine), `${layout.name} ${section}`).toBe(row);
    }
  });

  test("has no row for sections of other names", () => {
    const others = [
      ".text",
      ".text.unlikely",
      ".data",
      ".data.once",
      ".data..ro_after_init",
      ".data..read_mostly",
      ".data..percpu..read_mostly",
      ".rodata",
      ".rodata.str1.8",
      ".bss",
      ".toc",
      ".noinstr.text",
      ".kprobes.text",
      ".ref.data",
      ".altinstr_aux",
      ".static_call.text",
      "__jump_tables",
      "_jump_table",
      ".__jump_table",
      "__bug_tables",
      ".orc_unwind_ips",
      ".note.gnu.property",
      "init.text",
      ".ini",
      ".exi",
      "__params",
      "",
    ];
    for (const machine of LAYOUT_OF.keys()) {
      for (const name of others) expect(specialSection(name, machine), name).toBeUndefined();
    }
  });

  // kernel/module/main.c: find_module_sections of 6.1 and 7.3, elf_validity_cache_index; lib/bug.c:
  // module_bug_finalize; arch/*/kernel/module.c: module_finalize. Not here are the sections that are
  // only looked up as ranges of code (.noinstr.text, .kprobes.text) or never relocated (.BTF).
  test.each([
    "__param",
    "__ksymtab",
    "__ksymtab_gpl",
    "__kcrctab",
    "__kcrctab_gpl",
    "__kflagstab",
    ".ctors",
    ".init_array",
    "__tracepoints_ptrs",
    "___srcu_struct_ptrs",
    "__bpf_raw_tp_map",
    "__jump_table",
    "_ftrace_events",
    "_ftrace_eval_map",
    "__trace_printk_fmt",
    "__mcount_loc",
    "__patchable_function_entries",
    "_error_injection_whitelist",
    "_kprobe_blacklist",
    ".printk_index",
    ".static_call_sites",
    ".kunit_test_suites",
    ".kunit_init_test_suites",
    "__ex_table",
    "__dyndbg",
    "__dyndbg_classes",
    ".gnu.linkonce.this_module",
    ".modinfo",
    "__versions",
    "__version_ext_crcs",
    "__version_ext_names",
    ".data..percpu",
    "__bug_table",
    ".altinstructions",
    ".orc_unwind",
    ".orc_unwind_ip",
  ])("has %s, which the kernel looks for in every module", (name) => {
    expect(specialSection(name, X86.machine)).toBeDefined();
  });

  test.each([
    ["x86_64", ".retpoline_sites"],
    ["x86_64", ".return_sites"],
    ["x86_64", ".call_sites"],
    ["x86_64", ".cfi_sites"],
    ["x86_64", ".ibt_endbr_seal"],
    ["x86_64", ".smp_locks"],
    ["x86_64", ".parainstructions"],
    ["s390x", ".s390_indirect_call"],
    ["s390x", ".s390_return_mem"],
    ["s390x", "__stack_protector_loc"],
    ["powerpc64", "__ftr_fixup"],
    ["powerpc64", "__mmu_ftr_fixup"],
    ["powerpc64", "__fw_ftr_fixup"],
    ["powerpc64", "__spec_barrier_fixup"],
    ["powerpc64", "__lwsync_fixup"],
    // Code that is copied to where __ftr_fixup says (asm/feature-fixups.h, FTR_SECTION_ELSE_NESTED).
    ["powerpc64", "__ftr_alt_97"],
    ["powerpc", "__ftr_fixup"],
    ["powerpc", "__lwsync_fixup"],
    ["powerpc", "__ftr_alt_97"],
    ["arm64", ".init.eh_frame"],
  ])("has for %s %s", (name, section) => {
    const { machine } = MACHINES.find((each) => each.name === name)!;
    expect(specialSection(section, machine)).toBeDefined();
  });
});

describe("a relocation that waits for a module", () => {
  const waits = " and waits for ext4";

  // .exit* is as any other section if modules can be unloaded.
  test.each(CASES)("is refused: $label", (each) => {
    const { section, layout } = each;
    const use = { section, layout, gate: "ext4", vermagic: WITHOUT_UNLOAD };
    expect(refusal(use)).toEqual(expected(each, waits));
  });

  test("is refused at each of its places", () => {
    const section = "__bug_table";
    const module = using({ section, gate: "ext4" });
    const at = [8, 32, 40].map((offset) => ({ offset, type: 1, symbol: "foo" }));
    const result = run({ ...module, uses: { [section]: at } }, undefined);
    const errors = result.diagnostics.filter(({ severity }) => severity === "error");
    const places = errors.map(({ section: name, offset, symbol }) => [name, offset, symbol]);
    expect(result.report.outcome).toBe("refused");
    expect(places).toEqual([8, 32, 40].map((offset) => [section, offset, "foo"]));
  });

  const limited = SPECIAL_SECTIONS.filter(({ machines }) => machines !== undefined);
  test.each(
    limited.flatMap(({ names, machines }) =>
      [...LAYOUT_OF].flatMap(([machine, layout]) =>
        machines!.includes(machine)
          ? []
          : names.flatMap((name) =>
              (EXAMPLES[name] ?? [name]).map((section) => ({
                section,
                layout,
                label: `${layout.name} ${section}`,
              })),
            ),
      ),
    ),
  )("is moved where the machine does not read the section: $label", ({ section, layout }) => {
    expectMoved({ section, layout, gate: "ext4" });
  });

  test("is moved in sections whose names are only alike", () => {
    for (const section of ["__jump_tables", ".data..percpu..read_mostly", ".altinstr_aux"]) {
      expectMoved({ section, gate: "ext4" });
    }
  });

  test("is no matter in a section that is not loaded", () => {
    const result = run(using({ section: "__jump_table", gate: "ext4", flags: 0 }), undefined);
    expect(said(result)).toEqual([]);
    expect(result.report.sections).toEqual([]);
  });
});

describe("a relocation of vmlinux", () => {
  const allowed = CASES.filter(({ row }) => row.allowed === "vmlinux");
  test.each(allowed)("is moved: $label", ({ section, layout }) => {
    expectMoved({ section, layout, gate: "vmlinux", vermagic: WITHOUT_UNLOAD });
  });

  const refused = CASES.filter(({ row }) => row.allowed === "none");
  test("is refused in what is the module's own, and in what is read before any relocation", () => {
    expect(new Set(refused.map(({ section }) => section))).toEqual(
      new Set([
        ".gnu.linkonce.this_module",
        ".modinfo",
        "__versions",
        "__version_ext_crcs",
        "__version_ext_names",
      ]),
    );
    for (const each of refused) {
      const { section, layout } = each;
      expect(refusal({ section, layout, gate: "vmlinux" })).toEqual(expected(each, ""));
    }
  });
});

describe("per-CPU data", () => {
  const each = CASES.find(({ section }) => section === ".data..percpu")!;
  const section = ".data..percpu";
  const note = "kernels before 7.2 do not relocate it at all";

  // apply_relocations (kernel/module/main.c) of Debian's linux-source: 6.1 and 6.12 pass over what
  // is not SHF_ALLOC, which .data..percpu no longer is by then; 7.2 and 7.3 make an exception of it.
  test.each([
    "7.2.12+deb13-amd64",
    "7.3.4+deb13-amd64",
    "7.10.0",
    "8.0.0-rc1",
    "10.1.0",
  ])("can be relocated with vmlinux by kernel %s", (release) => {
    expectMoved({ section, gate: "vmlinux", vermagic: `${release} SMP mod_unload ` });
  });

  test.each([
    "5.10.0-30-amd64",
    "6.1.0-56-amd64",
    "6.12.107+deb13-amd64",
    "6.2.0",
    "7.1.9",
    "2.6.32",
  ])("cannot be relocated with vmlinux by kernel %s", (release) => {
    const lines = refusal({ section, gate: "vmlinux", vermagic: `${release} SMP mod_unload ` });
    const [message, , remedy] = lines;
    expect([message, remedy]).toEqual(expected(each, ""));
    expect(lines).toHaveLength(3);
  });

  test.each([
    "none",
    "next-20300101 SMP ",
    "",
  ])("cannot be relocated where the release is not known: vermagic %j", (vermagic) => {
    const lines = refusal({ section, gate: "vmlinux", vermagic });
    const [message, , remedy] = lines;
    expect([message, remedy]).toEqual(expected(each, ""));
  });

  test("is refused with a word on which kernels can relocate it: 7.2 and later", () => {
    expect(refusal({ section, gate: "vmlinux", vermagic: "6.1.0-56-amd64 SMP " })).toEqual(
      expected(each, "", [note]),
    );
  });

  test.each([
    "6.1.0-56-amd64",
    "7.2.12+deb13-amd64",
    "7.3.4+deb13-amd64",
  ])("cannot wait for a module with kernel %s, and nothing is said of other kernels", (release) => {
    const vermagic = `${release} SMP mod_unload `;
    expect(refusal({ section, gate: "ext4", vermagic })).toEqual(
      expected(each, " and waits for ext4"),
    );
  });
});

describe("exit code and data", () => {
  const sections = [".exit.text", ".exit.data", ".exitcall.exit"];

  test.each(sections)("%s stays in memory if modules can be unloaded", (section) => {
    expectMoved({ section, gate: "ext4" });
    expectMoved({ section, gate: "vmlinux" });
  });

  test.each(sections)("%s is freed with init if they cannot", (section) => {
    const each = CASES.find(({ row }) => row.names[0] === ".exit*")!;
    const use = { section, gate: "ext4", vermagic: WITHOUT_UNLOAD };
    expect(refusal(use)).toEqual(expected({ ...each, section }, " and waits for ext4"));
    expectMoved({ ...use, gate: "vmlinux" });
  });

  test("stay as far as is known if the module has no vermagic", () => {
    expectMoved({ section: ".exit.text", gate: "ext4", vermagic: "none" });
  });

  test("are not taken to be unloadable by a word that is only alike", () => {
    const vermagic = "6.1.0 SMP mod_unloadable xmod_unload ";
    expect(refusal({ section: ".exit.text", gate: "ext4", vermagic })).toHaveLength(2);
  });
});

describe("init code and data", () => {
  test.each([undefined, "none", WITHOUT_UNLOAD])("are freed, with vermagic %j", (vermagic) => {
    const each = CASES.find(({ section }) => section === ".init.text")!;
    const use = { section: ".init.text", gate: "ext4", ...(vermagic && { vermagic }) };
    expect(refusal(use)).toEqual(expected(each, " and waits for ext4"));
  });

  test("are told from constructors, which have a row of their own", () => {
    const [line] = refusal({ section: ".init_array", gate: "ext4" });
    expect(line).toContain("find_module_sections");
  });
});

describe("entries of objtool's form", () => {
  const CONVERTED = { layout: X86, modinfo: modinfo(VERMAGIC) };
  const section = "__jump_table";
  const sections = [{ name: section, flags: SHF.ALLOC | SHF.WRITE, size: 64, addralign: 8 }];

  test("are refused if they wait for a module", () => {
    const entries = { ext4: [{ symbol: "ext4.foo,0", section, offset: 8 }] };
    const result = convert(buildObjtoolForm({ ...CONVERTED, sections, entries }), {
      file: "in.ko",
    });
    expect(result.output).toBeUndefined();
    const [first, ...others] = said(result);
    expect(first).toMatch(/^error special-section: __jump_table\+8: /);
    expect(first).toContain(` is used in __jump_table and waits for ext4: ${SAID[section]![0]}`);
    expect(others).toEqual([`  ${SAID[section]![1]}`]);
  });

  test("are moved if they are of vmlinux, whatever stands at their places", () => {
    const entries = { vmlinux: [{ symbol: "vmlinux.foo,0", section, offset: 8 }] };
    const result = convert(buildObjtoolForm({ ...CONVERTED, sections, entries }), {
      file: "in.ko",
    });
    expect(messages(result)).toEqual([]);
    expect(result.report.sections.map(({ name }) => name)).toEqual([
      ".klp.rela.vmlinux.__jump_table",
    ]);
  });

  // Older objtools have NAME itself stand at the place (klp-relocs.ts), which may be used elsewhere.
  test("are judged, and not what stands at their places", () => {
    const entries = {
      vmlinux: [{ symbol: "vmlinux.foo,0", section, offset: 8, standIn: "foo" }],
    };
    const form = buildObjtoolForm({
      ...CONVERTED,
      sections,
      entries,
      undefined: [{ name: "foo", bind: STB.WEAK }],
      annotations: { ext4: [["foo", 0]] },
      uses: { ".data": ["foo"] },
    });
    const result = convert(form, { file: "in.ko" });
    expect(messages(result)).toEqual([]);
    expect(result.report.sections.map(({ name }) => name)).toEqual([
      ".klp.rela.ext4.data",
      ".klp.rela.vmlinux.__jump_table",
    ]);
  });

  test("are judged by the object that gates them, not the one that has the symbol", () => {
    const module = { ...CONVERTED, sections };
    const entry = { symbol: "mbcache.foo,0", section, offset: 8 };
    const result = convert(buildObjtoolForm({ ...module, entries: { ext4: [entry] } }));
    expect(said(result)[0]).toContain(" and waits for ext4: ");
  });
});

describe("relocations that are not livepatch's", () => {
  test("may be in every one of these sections", () => {
    for (const { row, section } of CASES) {
      if (section === ".modinfo" || !(row.machines ?? [X86.machine]).includes(X86.machine))
        continue;
      const result = run(
        {
          undefined: ["foo", "kept"],
          annotations: { ext4: [["foo", 0]] },
          sections: [{ name: section, flags: SHF.ALLOC | SHF.WRITE, size: 64 }],
          symbols: [{ name: "own", section: ".data" }],
          uses: { [section]: ["own", "kept"], ".data": ["foo"] },
        },
        undefined,
      );
      expect(said(result), section).toEqual([]);
      expect(result.report.outcome, section).toBe("converted");
    }
  });
});
