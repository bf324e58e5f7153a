// SPDX-License-Identifier: GPL-2.0-only

import { describe, expect, test } from "vitest";
import { said } from "../checked-module.js";
import { edited, saidOf } from "../edited-modules.js";
import { ruleOf, testCases, uncheckedOf } from "./file-cases.js";

const S390X = "klp-convert-symbol-data.0.2 arch=s390x\n*vmlinux\n";

describe("the file header", () => {
  testCases("L01", [
    [
      "no ELF file",
      (file) => file.setIdent(0, 0x7e),
      "it begins with 0x7e 0x45 0x4c 0x46, and an ELF file with 0x7f 0x45 0x4c 0x46",
      "refused in ELF header: Invalid ELF header magic: != \x7fELF ENOEXEC",
    ],
    [
      "an executable",
      (file) => file.setHeader("e_type", 2),
      "e_type is 2 when a relocatable's is 1 (ET_REL)",
      "refused in ELF header: Invalid ELF header type: 2 != 1 ENOEXEC",
    ],
    [
      "a machine without livepatch",
      (file) => file.setHeader("e_machine", 3),
      "e_machine is 3, which has no livepatch",
      "refused in ELF header: Invalid architecture in ELF header: 3 ENOEXEC",
    ],
    [
      "another class, which x86_64 does not look at",
      (file) => file.setIdent(4, 1),
      "EI_CLASS is 1 when a module of x86_64 has 2 (ELFCLASS64)",
      "harmless",
    ],
    [
      "another byte order",
      (file) => file.setIdent(5, 2),
      "EI_DATA is 2 in a file whose byte order is 1 (ELFDATA2LSB)",
      "harmless",
    ],
    [
      "flags of a machine without any",
      (file) => file.setHeader("e_flags", 1),
      "e_flags is 0x1 when it should be 0x0",
      "harmless",
    ],
  ]);

  testCases(
    "L01",
    [
      [
        "another class, which s390x looks at",
        (file) => file.setIdent(4, 1),
        "EI_CLASS is 1 when a module of s390x has 2 (ELFCLASS64)",
        "refused in ELF header: Invalid architecture in ELF header: 22 ENOEXEC",
      ],
    ],
    { fixture: "s390x" },
  );

  testCases(
    "L01",
    [
      [
        "another ABI of powerpc64, which kernels before 6.2 do not look at",
        (file) => file.setHeader("e_flags", 1),
        "e_flags is 0x1 when it should be 0x2",
        [
          "harmless",
          "refused in ELF header: Invalid module architecture in ELF header: 21 ENOEXEC",
          "refused in ELF header: Invalid module architecture in ELF header: 21 ENOEXEC",
        ],
      ],
    ],
    { fixture: "ppc64le" },
  );

  testCases(
    "L01",
    [
      [
        "flags that are not those before conversion",
        (file) => file.setHeader("e_flags", 0x8000),
        "e_flags is 0x8000 when it should be 0x0",
        "harmless",
      ],
    ],
    { fixture: "ppc32", isCompared: true },
  );

  test("L01: a file that is too short for one", () => {
    expect(said(ruleOf("L01"), new Uint8Array(63))).toEqual([
      "error: the file has 63 bytes, and an ELF header 64 -> refused in ELF header: Invalid ELF header len 63 ENOEXEC",
    ]);
  });

  test("L01: the machine is that of the symbols, or of the module before conversion", () => {
    const isOther = (source: string, expected: string) =>
      `error: e_machine is 62 (x86_64), and ${source} is of ${expected} -> refused in ELF header: Invalid architecture in ELF header: 62 ENOEXEC`;
    expect(saidOf(ruleOf("L01"), () => {}, { symbols: S390X })).toEqual([isOther("list", "s390x")]);
    const input = edited("s390x");
    expect(saidOf(ruleOf("L01"), () => {}, { input })).toEqual([
      isOther("the module before conversion", "s390x"),
    ]);
    const symbols = S390X.replace("s390x", "x86_64");
    expect(saidOf(ruleOf("L01"), () => {}, { symbols })).toEqual([]);
  });

  test("L01: what cannot be known without the module before conversion", () => {
    const machine =
      "unchecked: the kernel's machine is not known, for which the module would have to be: --symbols";
    const flags =
      "unchecked: whether e_flags is as before conversion: the module before conversion is not given: --input";
    expect(uncheckedOf("L01", () => {})).toEqual([machine]);
    expect(uncheckedOf("L01", () => {}, { fixture: "ppc64le" })).toEqual([machine]);
    expect(uncheckedOf("L01", () => {}, { fixture: "ppc32" })).toEqual([machine, flags]);
    expect(uncheckedOf("L01", () => {}, { fixture: "ppc32", isCompared: true })).toEqual([]);
  });
});

describe("the table of section headers", () => {
  testCases("L02", [
    [
      "entries of another size",
      (file) => file.setHeader("e_shentsize", 40),
      "e_shentsize is 40 when it should be 64",
      "refused in section headers: Invalid ELF section header size ENOEXEC",
    ],
    [
      "section 0 of a type, which is printed as a signed number",
      (file) => file.setSection(0, "sh_type", 0x80000000),
      "section 0 has type 2147483648, size 0 and address 0x0 when all should be 0",
      [
        "refused in section names: ELF Spec violation: section 0 type(-2147483648)!=SH_NULL or non-zero len or addr ENOEXEC",
        "refused in section names: ELF Spec violation: section 0 type(-2147483648)!=SH_NULL or non-zero len or addr ENOEXEC",
        "refused in section headers: ELF Spec violation: section 0 type(-2147483648)!=SH_NULL or non-zero len or addr ENOEXEC",
      ],
    ],
    [
      "section 0 of a size",
      (file) => file.setSection(0, "sh_size", 1),
      "section 0 has type 0, size 1 and address 0x0 when all should be 0",
      [
        "refused in section names: ELF Spec violation: section 0 type(0)!=SH_NULL or non-zero len or addr ENOEXEC",
        "refused in section names: ELF Spec violation: section 0 type(0)!=SH_NULL or non-zero len or addr ENOEXEC",
        "refused in section headers: ELF Spec violation: section 0 type(0)!=SH_NULL or non-zero len or addr ENOEXEC",
      ],
    ],
    [
      "section 0 of an address",
      (file) => file.setSection(0, "sh_addr", 16),
      "section 0 has type 0, size 0 and address 0x10 when all should be 0",
      [
        "refused in section names: ELF Spec violation: section 0 type(0)!=SH_NULL or non-zero len or addr ENOEXEC",
        "refused in section names: ELF Spec violation: section 0 type(0)!=SH_NULL or non-zero len or addr ENOEXEC",
        "refused in section headers: ELF Spec violation: section 0 type(0)!=SH_NULL or non-zero len or addr ENOEXEC",
      ],
    ],
  ]);

  test.each([
    ["at the end of the file", 0],
    ["with its last entry half outside", -32],
  ])("L02: %s", (_, distance) => {
    let found = "";
    const lines = saidOf(ruleOf("L02"), (file) => {
      const { length } = file.bytes;
      const table = distance === 0 ? 0 : 64 * file.header("e_shnum") + distance;
      file.setHeader("e_shoff", length - table);
      const [at, size] = [length - table, length].map((each) => each.toString(16));
      found = `the ${file.header("e_shnum")} section headers are at 0x${at} of a file of 0x${size} bytes`;
    });
    expect(lines).toEqual([
      `error: ${found} -> refused in section headers: Invalid ELF section header overflow ENOEXEC`,
    ]);
  });

  test("L02: before a signature, of which the kernel has taken the bytes away", () => {
    const signature = [0x30, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0, 2];
    const mark = Buffer.from("~Module signature appended~\n", "latin1");
    const lines = saidOf(ruleOf("L02"), (file) => {
      const table = file.header("e_shoff");
      file.appendToFile(Buffer.concat([Buffer.from(signature), mark]));
      file.setHeader("e_shoff", table + 8);
    });
    expect(lines[0]).toMatch(/Invalid ELF section header overflow/);
  });

  test("L02: no sections, said to be at the end of the file", () => {
    const lines = saidOf(ruleOf("L02"), (file) => {
      file.setHeader("e_shnum", 0);
      file.setHeader("e_shoff", file.bytes.length);
    });
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatch(/Invalid ELF section header overflow/);
  });

  test("L02: cannot be tested without a file header", () => {
    expect(said(ruleOf("L02"), new Uint8Array(8))).toEqual(["unchecked: there is no ELF header"]);
  });
});
