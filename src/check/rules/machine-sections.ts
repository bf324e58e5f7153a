/**
 * Sections that the linker script of a machine leaves in every module, most of them empty: the module
 * loader makes room in them for what it builds itself, stubs and tables (arch/KIND/kernel/module*.c,
 * module_frob_arch_sections).
 */

import { EM_AARCH64, EM_LOONGARCH, EM_PPC, EM_PPC64 } from "../../elf/index.js";
import { refused } from "../outcome.js";
import type { Rule } from "../rule.js";
import type { Subject } from "../subject.js";

interface Wanted {
  readonly machine: number;
  readonly sections: readonly string[];
  /** The kernel's line; undefined if it prints none. */
  readonly line: ((module: string) => string) | undefined;
  /** Only if the module had it before conversion. */
  readonly isOptional?: true;
  /** First release that looks for it. */
  readonly since?: string;
}

const WANTED: readonly Wanted[] = [
  {
    machine: EM_PPC64,
    sections: [".stubs"],
    line: (module) => `module_64: ${module}: doesn't contain .stubs.`,
  },
  {
    // Of kernels with CONFIG_PPC_KERNEL_PCREL.
    machine: EM_PPC64,
    sections: [".mygot"],
    line: (module) => `module_64: ${module}: doesn't contain .mygot.`,
    isOptional: true,
  },
  {
    machine: EM_PPC,
    sections: [".plt", ".init.plt"],
    line: () => "module_32: Module doesn't contain .plt or .init.plt sections.",
  },
  {
    machine: EM_AARCH64,
    sections: [".plt", ".init.plt"],
    line: (module) => `${module}: module PLT section(s) missing`,
  },
  // Of arm64 with ftrace, as livepatch needs it; looked for when all is relocated.
  { machine: EM_AARCH64, sections: [".text.ftrace_trampoline"], line: undefined },
  {
    machine: EM_AARCH64,
    sections: [".init.text.ftrace_trampoline"],
    line: undefined,
    since: "6.17",
  },
  {
    machine: EM_LOONGARCH,
    sections: [".got"],
    line: (module) => `${module}: module GOT section(s) missing`,
  },
  {
    machine: EM_LOONGARCH,
    sections: [".plt"],
    line: (module) => `${module}: module PLT section(s) missing`,
  },
  {
    machine: EM_LOONGARCH,
    sections: [".plt.idx"],
    line: (module) => `${module}: module PLT.IDX section(s) missing`,
  },
];

/** Behind all relocations of a file. */
const LAST = Number.MAX_SAFE_INTEGER;

// Shown by ppc64le-6.12 trap-no-stubs; by arm64-7.3 trap-no-plt, ppc32-6.12 trap-no-plt and loongarch64-7.3 trap-no-plt.
export const L16: Rule = {
  id: "L16",
  title: "The sections are there that the machine's module loader fills itself",
  severity: "error",
  needs: ["sections"],
  machines: [EM_PPC64, EM_PPC, EM_AARCH64, EM_LOONGARCH],
  kernels: "arm64 asks for .init.text.ftrace_trampoline since 6.17.",
  consequences: [
    {
      kind: "refused",
      text: "powerpc64 has no place for stubs",
      message: "module_64: …: doesn't contain .stubs.",
      errno: "ENOEXEC",
    },
    {
      kind: "refused",
      text: "arm64 and loongarch have none for far branches",
      message: "…: module PLT section(s) missing",
      errno: "ENOEXEC",
    },
    {
      kind: "refused",
      text: "arm64 has none for ftrace; nothing is printed",
      errno: "ENOEXEC",
    },
  ],
  remedy: "link the module with the kernel's scripts/module.lds, and do not strip empty sections",
  source:
    "arch/*/kernel/module*.c, module_frob_arch_sections; arch/arm64/kernel/module.c, module_finalize",
  isStructural: true,
  test(subject, findings) {
    const module = subject.ownName;
    const before = new Set(subject.input?.sections.map(({ name }) => name));
    for (const [order, wanted] of WANTED.entries()) {
      if (!isAskedFor(subject, wanted, before)) continue;
      for (const name of wanted.sections) {
        if (subject.sectionNamed(name) !== undefined) continue;
        findings.add({
          message: `there is no section ${name}`,
          outcome:
            wanted.line === undefined
              ? refused("relocation", "ENOEXEC", "", { order: LAST })
              : refused("layout", "ENOEXEC", wanted.line(module), {
                  order: order / WANTED.length,
                }),
        });
      }
    }
  },
};

function isAskedFor(
  subject: Subject,
  { machine, sections, isOptional, since }: Wanted,
  before: ReadonlySet<string>,
): boolean {
  if (subject.header!.machine !== machine) return false;
  if (since !== undefined && !subject.isSince(since)) return false;
  return isOptional === undefined || sections.some((name) => before.has(name));
}
