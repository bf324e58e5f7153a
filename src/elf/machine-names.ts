/** What the kernel calls the machines that have livepatch (arch/*, `uname -m`), by e_machine. */

import { EM_AARCH64, EM_LOONGARCH, EM_PPC, EM_PPC64, EM_S390, EM_X86_64 } from "./constants.js";

const MACHINE_NAMES: ReadonlyMap<number, string> = new Map([
  [EM_X86_64, "x86_64"],
  [EM_S390, "s390x"],
  [EM_PPC64, "powerpc64"],
  [EM_PPC, "powerpc"],
  [EM_AARCH64, "arm64"],
  [EM_LOONGARCH, "loongarch"],
]);

/** The name of a machine, or its number as `machine-N`; one word in any case. */
export function machineName(machine: number): string {
  return MACHINE_NAMES.get(machine) ?? `machine-${machine}`;
}
