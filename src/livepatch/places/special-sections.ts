/**
 * Sections in which a livepatch relocation is not what it is elsewhere, because something reads,
 * sorts, copies or frees them. Relocations gated by vmlinux are applied with the ordinary ones,
 * before all of that. Those gated by a module are applied when the module loads, perhaps much
 * later: then the readers have long seen zeros, entries stand in another order, or the memory is
 * somebody else's.
 *
 * Order of events: kernel/module/main.c, load_module.
 */

import { EM_PPC, EM_PPC64, EM_S390, EM_X86_64 } from "../../elf/index.js";

export interface SpecialSection {
  /** The whole name, or its beginning if it ends with `*`. */
  readonly names: readonly string[];
  /** Machines the row is for; all if absent. */
  readonly machines?: readonly number[];
  /** Who reads the section, and when. */
  readonly consumer: string;
  /**
   * Which livepatch relocations may be in it: those gated by vmlinux, from one kernel on or always,
   * or none.
   */
  readonly allowed: "vmlinux" | { readonly vmlinuxSince: string } | "none";
  /** What comes of one that may not. */
  readonly consequence: string;
  /** Whether that brings the kernel down, or changes its memory, or is only not what was meant. */
  readonly ending: "wrong" | "crash";
  /** What to write in the patch's source instead. */
  readonly remedy: string;
  /** The row holds only if the kernel cannot unload modules (CONFIG_MODULE_UNLOAD, in vermagic). */
  readonly withoutUnload?: true;
}

const BY_INIT_CODE = "set the pointer in the module's init function or in a callback, not in data";
const SITES =
  "such sites are the module's own text; keep the symbol out of inline assembly that makes them";

export const SPECIAL_SECTIONS: readonly SpecialSection[] = [
  {
    names: ["__jump_table"],
    consumer:
      "jump_label_add_module (kernel/jump_label.c) sorts it and links it to its keys at load",
    allowed: "vmlinux",
    consequence: "the key would be none then, and the relocation would hit another entry later",
    ending: "crash",
    remedy:
      "use static_key_enabled(&KEY) in place of static_branch_likely() and static_branch_unlikely(); leave tracepoints and pr_debug() of the module out",
  },
  {
    names: [".static_call_sites"],
    consumer: "static_call_add_module (kernel/static_call_inline.c) sorts it at load",
    allowed: "vmlinux",
    consequence: "the key would be none then, and the relocation would hit another entry later",
    ending: "crash",
    remedy:
      "use KLP_STATIC_CALL(NAME)(…) in place of static_call(NAME)(…), or static_call_query(NAME)(…) where the kernel has no linux/livepatch_helpers.h",
  },
  {
    names: [".altinstructions"],
    consumer: "apply_alternatives (arch/*/kernel/alternative.c) reads it at load",
    allowed: "vmlinux",
    consequence: "the entry would be about other code",
    ending: "crash",
    remedy: "call the symbol outside of alternative(), choosing with boot_cpu_has() or the like",
  },
  {
    names: [".altinstr_replacement"],
    consumer: "apply_alternatives (arch/*/kernel/alternative.c) copies it into the code at load",
    allowed: "vmlinux",
    consequence: "the copy in the code would keep address 0",
    ending: "wrong",
    remedy: "call the symbol outside of alternative(), choosing with boot_cpu_has() or the like",
  },
  {
    names: [".parainstructions", ".smp_locks"],
    machines: [EM_X86_64],
    consumer: "module_finalize (arch/x86/kernel/module.c) rewrites code by it at load",
    allowed: "vmlinux",
    consequence: "the entry would be about other code",
    ending: "crash",
    remedy: SITES,
  },
  {
    names: [".retpoline_sites", ".return_sites", ".call_sites", ".cfi_sites", ".ibt_endbr_seal"],
    machines: [EM_X86_64],
    consumer: "module_finalize (arch/x86/kernel/module.c) rewrites code by it at load",
    allowed: "vmlinux",
    consequence: "the entry would be about other code",
    ending: "wrong",
    remedy: SITES,
  },
  {
    names: [".s390_indirect*", ".s390_return*", "__stack_protector_loc*"],
    machines: [EM_S390],
    consumer: "module_finalize (arch/s390/kernel/module.c) rewrites code by it at load",
    allowed: "vmlinux",
    consequence: "the entry would be about other code",
    ending: "crash",
    remedy: SITES,
  },
  {
    names: [
      "__ftr_fixup",
      "__mmu_ftr_fixup",
      "__fw_ftr_fixup",
      "__lwsync_fixup",
      "__spec_barrier_fixup",
      "__btb_flush_fixup",
      "__barrier_nospec_fixup",
    ],
    machines: [EM_PPC64, EM_PPC],
    consumer: "module_finalize (arch/powerpc/kernel/module.c) rewrites code by it at load",
    allowed: "vmlinux",
    consequence: "the entry would be about other code",
    ending: "crash",
    remedy: SITES,
  },
  {
    names: ["__ftr_alt_*"],
    machines: [EM_PPC64, EM_PPC],
    consumer:
      "do_feature_fixups (arch/powerpc/lib/feature-fixups.c) copies it into the code at load",
    allowed: "vmlinux",
    consequence: "the copy in the code would keep address 0",
    ending: "wrong",
    remedy:
      "use the symbol outside of feature sections, choosing with cpu_has_feature() or the like",
  },
  {
    names: [".orc_unwind", ".orc_unwind_ip"],
    consumer: "unwind_module_init (arch/*/kernel/unwind_orc.c) sorts it at load",
    allowed: "vmlinux",
    consequence:
      "another entry would be changed, and stacks misread that livepatch itself relies on",
    ending: "wrong",
    remedy: "objtool writes it about the module's own text; build the module again",
  },
  {
    names: ["__ex_table"],
    consumer: "post_relocation (kernel/module/main.c) sorts it at load",
    allowed: "vmlinux",
    consequence: "another entry would be changed, and faults handled at the wrong place",
    ending: "wrong",
    remedy: "keep the symbol out of inline assembly with exception tables",
  },
  {
    names: ["__mcount_loc", "__patchable_function_entries"],
    consumer: "ftrace_module_init (kernel/trace/ftrace.c) reads it at load",
    allowed: "vmlinux",
    consequence: "ftrace would pass over the entry",
    ending: "wrong",
    remedy: "the compiler writes it about the module's own functions; build the module again",
  },
  {
    names: ["__bug_table"],
    consumer: "module_bug_finalize (lib/bug.c) enters it at load",
    allowed: "vmlinux",
    consequence: "warnings until then would be taken for something else",
    ending: "wrong",
    remedy: "keep the symbol out of BUG() and WARN()",
  },
  {
    names: [
      "__tracepoints_ptrs",
      "__tracepoints",
      "__bpf_raw_tp_map",
      "_ftrace_events",
      "_ftrace_eval_map",
      "__trace_printk_fmt",
      "__dyndbg",
      "__dyndbg_classes",
      "__param",
      ".ctors",
      ".init_array",
      "___srcu_struct_ptrs",
      "_kprobe_blacklist",
      "_error_injection_whitelist",
      ".printk_index",
      ".kunit_test_suites",
      ".kunit_init_test_suites",
      "__ksymtab*",
      "__kcrctab*",
      "__kflagstab*",
    ],
    consumer: "find_module_sections (kernel/module/main.c) and notifiers read it at load",
    allowed: "vmlinux",
    consequence: "they would use address 0",
    ending: "crash",
    remedy: "define what the section describes in the patch itself, or leave it out",
  },
  {
    names: [".gnu.linkonce.this_module"],
    consumer: "do_init_module (kernel/module/main.c) calls init from it",
    allowed: "none",
    consequence: "init and exit functions are the module's own, whoever else has them",
    ending: "crash",
    remedy: "build the module again with kbuild",
  },
  {
    names: [".modinfo", "__versions", "__version_ext_*"],
    consumer: "load_module (kernel/module/main.c) reads it before any relocation",
    allowed: "none",
    consequence: "the value would not be there when it is read",
    ending: "wrong",
    remedy: "build the module again with kbuild",
  },
  {
    names: [".data..percpu"],
    consumer:
      "post_relocation (kernel/module/main.c) copies it for each CPU, and the module's own is freed",
    allowed: { vmlinuxSince: "7.2" },
    consequence: "no CPU's copy would ever have it",
    ending: "wrong",
    remedy: BY_INIT_CODE,
  },
  {
    names: [".init*"],
    consumer: "do_init_module (kernel/module/main.c) frees it when init is through",
    allowed: "vmlinux",
    consequence: "it would be written into memory that is somebody else's",
    ending: "crash",
    remedy:
      "do not use the symbol in init code or data; a pre_patch callback runs at the right time",
  },
  {
    names: [".exit*"],
    consumer:
      "layout_sections (kernel/module/main.c) counts it to init, as modules cannot be unloaded",
    allowed: "vmlinux",
    consequence: "it would be written into memory that is somebody else's",
    ending: "crash",
    remedy: "do not use the symbol in exit code or data",
    withoutUnload: true,
  },
];

/** The rows by the names that they have in full, and by what names begin with. */
const BY_NAME = new Map<string, SpecialSection[]>();
const BY_BEGINNING: { readonly beginning: string; readonly row: SpecialSection }[] = [];
for (const row of SPECIAL_SECTIONS) {
  for (const name of row.names) {
    if (name.endsWith("*")) BY_BEGINNING.push({ beginning: name.slice(0, -1), row });
    else BY_NAME.set(name, [...(BY_NAME.get(name) ?? []), row]);
  }
}

/** The row of a section, the one with its whole name first; undefined if it is not special. */
export function specialSection(name: string, machine: number): SpecialSection | undefined {
  const isOfMachine = ({ machines }: SpecialSection) =>
    machines === undefined || machines.includes(machine);
  const row = BY_NAME.get(name)?.find(isOfMachine);
  if (row !== undefined) return row;
  return BY_BEGINNING.find((each) => name.startsWith(each.beginning) && isOfMachine(each.row))?.row;
}
