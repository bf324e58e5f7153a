/** Relocation types that the kernel has no case for, and what it says of them. */

import { EM_AARCH64, EM_LOONGARCH, EM_PPC, EM_PPC64, EM_S390 } from "../elf/index.js";
import { complaintAboutType, type RelocationType } from "../livepatch/index.js";
import type { Subject } from "./subject.js";

/** What loading fails with because of a type that the kernel does not know, and its line. */
export function refusalOfUnknownType(subject: Subject, type: number): readonly [string, string] {
  const machine = subject.header?.machine ?? 0;
  const { name } = subject;
  const complaint = complaintAboutType(machine, type) ?? "";
  switch (machine) {
    case EM_S390:
      return ["ENOEXEC", `module ${name}: ${complaint}`];
    case EM_AARCH64:
      return ["ENOEXEC", `Modules: module ${name}: ${complaint}`];
    case EM_PPC64:
      return ["ENOEXEC", `module_64: ${name}: ${complaint}`];
    case EM_PPC:
      return ["ENOEXEC", `module_32: ${name}: ${complaint}`];
    case EM_LOONGARCH: {
      // The table of handlers ends with R_LARCH_TLS_DESC_PCADD_LO12, before 7.3 with R_LARCH_64_PCREL.
      const last = subject.isSince("7.3") ? 139 : 109;
      return type <= last
        ? ["EINVAL", `kmod: ${name}: Unsupport relocation type ${type}, please add its support.`]
        : ["EINVAL", `kmod: ${name}: Unknown relocation type ${type}`];
    }
    default:
      return ["ENOEXEC", `module: ${name}: ${complaint}`];
  }
}

/** The kernel has no case for the type, whatever the symbol. */
export function isUnknownType(subject: Subject, known: RelocationType | undefined): boolean {
  if (known === undefined || known.isUnknown === true) return true;
  return known.since !== undefined && subject.isBefore(known.since);
}
