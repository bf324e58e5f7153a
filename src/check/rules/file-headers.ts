/**
 * The headers at the start of everything: what the file is, and where its section headers are. The
 * kernel takes e_machine alone for what decides class and byte order (see layoutForMachine).
 */

import { hex } from "../../diagnostics.js";
import {
  EI_CLASS,
  EI_DATA,
  ELFCLASS64,
  ELFDATA2LSB,
  ELFDATA2MSB,
  ELFMAG,
  EM_AARCH64,
  EM_LOONGARCH,
  EM_PPC64,
  EM_S390,
  EM_X86_64,
  ET_REL,
  isElf,
  machineName,
  SHT_NULL,
} from "../../elf/index.js";
import { VMLINUX } from "../../symbols/index.js";
import { refusedByTest, TOLERATED } from "../file-tests.js";
import type { Findings, Rule } from "../rule.js";
import type { Subject } from "../subject.js";

/** The tests of the ELF header in their order. */
const HEADER_TESTS = ["length", "magic", "type", "machine", "ABI"] as const;

/** Machines whose elf_check_arch looks at EI_CLASS (arch/KIND/include/asm/elf.h). */
const CLASS_CHECKED: readonly number[] = [EM_S390, EM_LOONGARCH];

/** Machines whose ABI gives e_flags no meaning. */
const WITHOUT_FLAGS: readonly number[] = [EM_X86_64, EM_S390, EM_AARCH64];

/** EF_PPC64_ABI: the bits of e_flags that say which ABI the code is for. */
const ABI_MASK = 0x3;

// Shown by ppc64le-6.12 trap-abi.
export const L01: Rule = {
  id: "L01",
  title:
    "The file is an ELF relocatable for the kernel's machine, with class, byte order and flags as before conversion",
  severity: "error",
  needs: [],
  kernels: "e_flags of powerpc64 are tested since 6.2.",
  consequences: [
    {
      kind: "refused",
      text: "it is no ELF file, or no relocatable",
      message: "Invalid ELF header type: … != 1",
      errno: "ENOEXEC",
    },
    {
      kind: "refused",
      text: "it is for another machine; on s390x and loongarch also if EI_CLASS is wrong",
      message: "Invalid architecture in ELF header: …",
      errno: "ENOEXEC",
    },
    {
      kind: "refused",
      text: "on powerpc64 e_flags say another ABI than the kernel's",
      message: "Invalid module architecture in ELF header: …",
      errno: "ENOEXEC",
    },
    { kind: "advice", text: "EI_DATA, and elsewhere EI_CLASS and e_flags, only tools look at" },
  ],
  remedy: "convert the module that was built for this kernel, and leave the ELF header as it is",
  source: "kernel/module/main.c, elf_validity_ehdr",
  isStructural: true,
  test(subject, findings) {
    const { header, bytes, layout, machine } = subject;
    if (header === undefined) {
      findings.add({
        message: `the file has ${bytes.length} bytes, and an ELF header ${layout.ehdr.size}`,
        outcome: refusedByHeader(subject, "length", `Invalid ELF header len ${bytes.length}`),
      });
      return;
    }
    if (!isElf(bytes)) {
      const start = [...bytes.subarray(0, ELFMAG.length)].map((byte) => hex(byte)).join(" ");
      findings.add({
        message: `it begins with ${start}, and an ELF file with ${ELFMAG.map((byte) => hex(byte)).join(" ")}`,
        // The magic number begins with a DEL, which is printed.
        outcome: refusedByHeader(subject, "magic", "Invalid ELF header magic: != \x7fELF"),
        remedy: "give a module, a file .ko",
      });
      // What else is in there means nothing.
      return;
    }
    if (header.type !== ET_REL) {
      findings.add({
        message: `e_type is ${header.type} when a relocatable's is ${ET_REL} (ET_REL)`,
        outcome: refusedByHeader(
          subject,
          "type",
          `Invalid ELF header type: ${header.type} != ${ET_REL}`,
        ),
      });
    }
    testMachine(subject, findings);
    if (machine !== undefined) {
      testIdent(subject, findings);
      testFlags(subject, findings);
    }
  },
};

function testMachine(subject: Subject, findings: Findings): void {
  const { header, machine, map, input } = subject;
  const number = header!.machine;
  const arch = map?.facts(VMLINUX)?.arch;
  const expected = arch ?? (input && machineName(input.machine));
  const outcome = () =>
    refusedByHeader(subject, "machine", `Invalid architecture in ELF header: ${number}`);
  if (machine === undefined) {
    findings.add({
      message: `e_machine is ${number}, which has no livepatch`,
      outcome: outcome(),
    });
  } else if (expected === undefined) {
    findings.unchecked(
      "the kernel's machine is not known, for which the module would have to be: --symbols",
    );
  } else if (expected !== machineName(number)) {
    const source = arch === undefined ? "the module before conversion" : map!.file;
    findings.add({
      message: `e_machine is ${number} (${machineName(number)}), and ${source} is of ${expected}`,
      outcome: outcome(),
    });
  }
}

function testIdent(subject: Subject, findings: Findings): void {
  const { bytes, layout, header } = subject;
  const { machine, name } = subject.machine!;
  const elfClass = bytes[EI_CLASS];
  if (elfClass !== layout.elfClass) {
    findings.add({
      message: `EI_CLASS is ${elfClass} when a module of ${name} has ${layout.elfClass} (ELFCLASS${layout.elfClass === ELFCLASS64 ? 64 : 32})`,
      ...(CLASS_CHECKED.includes(machine)
        ? {
            outcome: refusedByHeader(
              subject,
              "machine",
              `Invalid architecture in ELF header: ${header!.machine}`,
            ),
          }
        : TOLERATED),
    });
  }
  const data = layout.littleEndian ? ELFDATA2LSB : ELFDATA2MSB;
  if (bytes[EI_DATA] !== data) {
    findings.add({
      message: `EI_DATA is ${bytes[EI_DATA]} in a file whose byte order is ${data} (${layout.littleEndian ? "ELFDATA2LSB" : "ELFDATA2MSB"})`,
      ...TOLERATED,
    });
  }
}

function testFlags(subject: Subject, findings: Findings): void {
  const { layout, input, header } = subject;
  const { flags, machine } = header!;
  const before = input && flagsOf(input.layout.ehdr.e_flags, input.bytes);
  const isPpc64 = machine === EM_PPC64;
  // A little-endian kernel has ABI 2; one that is big-endian is built with either.
  const abi =
    isPpc64 && (layout.littleEndian ? 2 : before === undefined ? undefined : abiOf(before));
  const isOtherAbi = typeof abi === "number" && (abi === 2) !== (abiOf(flags) === 2);
  const expected = before ?? (WITHOUT_FLAGS.includes(machine) ? 0 : isOtherAbi ? abi : undefined);
  if (expected === undefined) {
    if (!isPpc64 || !layout.littleEndian) {
      findings.unchecked(
        "whether e_flags is as before conversion: the module before conversion is not given: --input",
      );
    }
    return;
  }
  if (flags === expected) return;
  const message = `e_flags is ${hex(flags)} when it should be ${hex(expected)}`;
  if (!isOtherAbi || subject.isBefore("6.2")) findings.add({ message, ...TOLERATED });
  else {
    const line = `Invalid module architecture in ELF header: ${machine}`;
    findings.add({ message, outcome: refusedByHeader(subject, "ABI", line) });
  }
}

function abiOf(flags: number): number {
  return flags & ABI_MASK;
}

function flagsOf(
  field: { get(view: DataView, at: number): number },
  { buffer, byteOffset, length }: Uint8Array,
): number {
  return field.get(new DataView(buffer, byteOffset, length), 0);
}

function refusedByHeader(subject: Subject, test: (typeof HEADER_TESTS)[number], message: string) {
  return refusedByTest(subject, "file header", message, HEADER_TESTS.indexOf(test));
}

export const L02: Rule = {
  id: "L02",
  title: "The section headers have their size and are within the file, and the first is empty",
  severity: "error",
  needs: [],
  consequences: [
    {
      kind: "refused",
      text: "the table of section headers cannot be read",
      message: "Invalid ELF section header overflow",
      errno: "ENOEXEC",
    },
    {
      kind: "refused",
      text: "section 0 has a type, a size or an address",
      message: "ELF Spec violation: section 0 type(…)!=SH_NULL or non-zero len or addr",
      errno: "ENOEXEC",
    },
  ],
  remedy: "take the file as it was written: it has been cut off or damaged",
  source: "kernel/module/main.c, elf_validity_cache_sechdrs",
  isStructural: true,
  test(subject, findings) {
    const { header, layout, imageLength, sections } = subject;
    if (header === undefined) {
      findings.unchecked("there is no ELF header");
      return;
    }
    if (!isElf(subject.bytes)) {
      findings.unchecked("it is no ELF file");
      return;
    }
    const { entrySize, tableOffset, sectionCount } = header;
    if (entrySize !== layout.shdr.size) {
      findings.add({
        message: `e_shentsize is ${entrySize} when it should be ${layout.shdr.size}`,
        outcome: refusedByTest(subject, "header size", "Invalid ELF section header size"),
      });
      return;
    }
    const isOutside = sectionCount * layout.shdr.size > imageLength - tableOffset;
    if (tableOffset >= imageLength || isOutside) {
      findings.add({
        message: `the ${sectionCount} section headers are at ${hex(tableOffset)} of a file of ${hex(imageLength)} bytes`,
        outcome: refusedByTest(subject, "header table", "Invalid ELF section header overflow"),
      });
      return;
    }
    const first = sections?.[0];
    if (first === undefined) return;
    const { type, size, address } = first;
    if (type === SHT_NULL && size === 0 && address === 0) return;
    findings.add({
      message: `section 0 has type ${type}, size ${size} and address ${hex(address)} when all should be 0`,
      outcome: refusedByTest(
        subject,
        "section 0",
        // The type is printed as a signed number.
        `ELF Spec violation: section 0 type(${type | 0})!=SH_NULL or non-zero len or addr`,
      ),
    });
  },
};
