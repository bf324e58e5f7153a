/**
 * The machines that have livepatch, with what differs between them here.
 * Source: HAVE_LIVEPATCH in arch/KIND/Kconfig, and each machine's ELF ABI.
 */

import {
  addressTypes,
  ELFCLASS32,
  ELFCLASS64,
  type ElfObject,
  EM_AARCH64,
  EM_LOONGARCH,
  EM_PPC,
  EM_PPC64,
  EM_S390,
  EM_X86_64,
  machineName,
} from "../elf/index.js";

export interface Machine {
  readonly name: string;
  readonly machine: number;
  readonly elfClass: typeof ELFCLASS32 | typeof ELFCLASS64;
  /** What the machine's ABI has; where it has both, a kernel is built for one. */
  readonly byteOrder: "little" | "big" | "either";
  /** Relocation types that store a symbol's full address, as a pointer in C data is filled in. */
  readonly absolute: readonly number[];
}

const ROWS: readonly Omit<Machine, "absolute">[] = [
  {
    name: machineName(EM_X86_64),
    machine: EM_X86_64,
    elfClass: ELFCLASS64,
    byteOrder: "little",
  },
  {
    name: machineName(EM_S390),
    machine: EM_S390,
    elfClass: ELFCLASS64,
    byteOrder: "big",
  },
  {
    name: machineName(EM_PPC64),
    machine: EM_PPC64,
    elfClass: ELFCLASS64,
    byteOrder: "either",
  },
  {
    name: machineName(EM_PPC),
    machine: EM_PPC,
    elfClass: ELFCLASS32,
    byteOrder: "either",
  },
  {
    name: machineName(EM_AARCH64),
    machine: EM_AARCH64,
    elfClass: ELFCLASS64,
    byteOrder: "either",
  },
  {
    name: machineName(EM_LOONGARCH),
    machine: EM_LOONGARCH,
    elfClass: ELFCLASS64,
    byteOrder: "little",
  },
];

export const MACHINES: readonly Machine[] = ROWS.map((row) => ({
  ...row,
  absolute: addressTypes(row.machine)![row.elfClass === ELFCLASS64 ? 8 : 4],
}));

/** The machine a module is for; undefined if that has no livepatch. */
export function machineOf({ machine }: ElfObject): Machine | undefined {
  return MACHINES.find((each) => each.machine === machine);
}
