/**
 * Names that the module loader or the architecture looks for as they are. As livepatch symbols they
 * would not be recognised any more, so they stay ordinary whatever a list says.
 */

import { EM_PPC, EM_PPC64, EM_S390, EM_X86_64 } from "../../elf/index.js";

interface FixedName {
  /** The whole name, or its beginning if it ends with `*`. */
  readonly name: string;
  /** Machines the row is for; all if absent. */
  readonly machines?: readonly number[];
  /** Who looks for it. */
  readonly reason: string;
}

const FIXED_NAMES: readonly FixedName[] = [
  // kernel/module/main.c: ignore_undef_symbol, simplify_symbols
  { name: "_GLOBAL_OFFSET_TABLE_", reason: "the module loader ignores it by name" },
  // include/linux/export.h, THIS_MODULE
  { name: "__this_module", reason: "it is the module itself" },
  // kernel/trace/ftrace.c and each machine's module loader find the calls by these names
  { name: "__fentry__", reason: "ftrace finds its calls by name" },
  { name: "_mcount", reason: "ftrace finds its calls by name" },
  { name: "ftrace_caller", reason: "ftrace finds its calls by name" },
  // arch/powerpc/kernel/module_64.c: dedotify_symbols
  { name: ".TOC.", machines: [EM_PPC64, EM_PPC], reason: "the module loader sets it by name" },
  // arch/x86/kernel/alternative.c rewrites calls of the thunks
  {
    name: "__x86_indirect_*",
    machines: [EM_X86_64],
    reason: "it is a speculation thunk that the kernel patches out",
  },
  {
    name: "__x86_return_thunk",
    machines: [EM_X86_64],
    reason: "it is a speculation thunk that the kernel patches out",
  },
  // arch/s390/kernel/nospec-branch.c rewrites calls of the expoline thunks
  {
    name: "__s390_indirect_jump_*",
    machines: [EM_S390],
    reason: "it is a speculation thunk that the kernel patches out",
  },
];

const WHOLE = new Map(FIXED_NAMES.map((each) => [each.name, each]));
const BEGINNINGS = FIXED_NAMES.filter(({ name }) => name.endsWith("*")).map((row) => {
  return { beginning: row.name.slice(0, -1), row };
});

/** Why `name` has to stay an ordinary symbol on `machine`, or undefined if it need not. */
export function reasonToStay(name: string, machine: number): string | undefined {
  const row = WHOLE.get(name) ?? rowOfBeginning(name);
  if (row === undefined || row.machines?.includes(machine) === false) return undefined;
  return row.reason;
}

function rowOfBeginning(name: string): FixedName | undefined {
  // Every name passes here: an iterator would make an object for each row.
  for (let i = 0; i < BEGINNINGS.length; i++) {
    if (name.startsWith(BEGINNINGS[i]!.beginning)) return BEGINNINGS[i]!.row;
  }
  return undefined;
}
