// SPDX-License-Identifier: GPL-2.0-only

// Contents, flags and names of sections.

import { describe, expect, test } from "vitest";
import { examine } from "../../../src/check/examine.js";
import type { ModuleFile } from "../../kernel/module-file.js";
import { subjectOf } from "../checked-module.js";
import { edited, saidOf } from "../edited-modules.js";
import { ruleOf, testCases, uncheckedOf } from "./file-cases.js";

const EXECINSTR = 0x4;
const WRITE = 0x1;
const ALLOC = 0x2;

/** 6.1 and 6.12 read names before contents, 7.3 after them. */
function atSection(line: string): readonly [string, string, string] {
  return [
    `refused in section names: ${line} ENOEXEC`,
    `refused in section names: ${line} ENOEXEC`,
    `refused in section headers: ${line} ENOEXEC`,
  ];
}

describe("contents", () => {
  testCases("L03", [
    [
      "at the end of the file",
      (file) => file.setSection(".data", "sh_offset", file.bytes.length),
      ".data: section 16 has 0x548 bytes at 0x1f10 of a file of 0x1f10",
      atSection("Invalid ELF section in module (section 16 type 1)"),
    ],
    [
      "larger than the file",
      (file) => file.setSection(".rodata", "sh_size", 0x10000),
      ".rodata: section 11 has 0x10000 bytes at 0x128 of a file of 0x1f10",
      atSection("Invalid ELF section in module (section 11 type 1)"),
    ],
    [
      "of a size that makes the end overflow",
      (file) => file.setSection(".rodata", "sh_size", -1),
      ".rodata: section 11 has 0x10000000000000000 bytes at 0x128 of a file of 0x1f10",
      atSection("Invalid ELF section in module (section 11 type 1)"),
    ],
    [
      "none, behind the end of the file",
      (file) => file.setSection(".note.GNU-stack", "sh_offset", file.bytes.length + 1),
      ".note.GNU-stack: section 28 has 0x0 bytes at 0x1f11 of a file of 0x1f10",
      atSection("Invalid ELF section in module (section 28 type 1)"),
    ],
    [
      "section names, which older kernels look at first",
      (file) => file.setSection(".shstrtab", "sh_size", 0x10000),
      "section 31 has 0x10000 bytes at 0x10f8 of a file of 0x1f10",
      [
        "refused in section names: Invalid ELF section hdr(type 3) ENOEXEC",
        "refused in section names: Invalid ELF section hdr(type 3) ENOEXEC",
        "refused in section headers: Invalid ELF section in module (section 31 type 3) ENOEXEC",
      ],
    ],
  ]);

  test("L03: sections without contents may say anything", () => {
    const lines = saidOf(ruleOf("L03"), (file) => file.setSection(".bss", "sh_offset", 1 << 30));
    expect(lines).toEqual([]);
  });
});

describe("flags", () => {
  testCases("L13", [
    [
      "code that is writable",
      (file) => file.addFlags(".text", WRITE),
      ".text: sh_flags of section 5 is 0x7, which has SHF_WRITE and SHF_EXECINSTR",
      "refused in layout: klp_fixture: section .text (index 5) has invalid WRITE|EXEC flags ENOEXEC",
    ],
    [
      "data that is executable",
      (file) => file.addFlags(".data", EXECINSTR),
      ".data: sh_flags of section 16 is 0x7, which has SHF_WRITE and SHF_EXECINSTR",
      "refused in layout: klp_fixture: section .data (index 16) has invalid WRITE|EXEC flags ENOEXEC",
    ],
  ]);

  test("L13: the kernel tells the first, behind what the machine asks for", () => {
    const bytes = edited("x86_64", (file) => {
      file.addFlags(".text", WRITE);
      file.addFlags(".data", EXECINSTR);
    });
    const { findings } = examine(subjectOf(bytes, {}), [ruleOf("L13")]);
    const orders = findings.map(({ outcome }) => outcome.kind === "refused" && outcome.order);
    expect(orders).toEqual([6, 17]);
  });

  test("L13: arm64 gives its own sections flags of its own", () => {
    const lines = saidOf(ruleOf("L13"), (file) => file.addFlags(".plt", WRITE), {
      fixture: "aarch64",
    });
    expect(lines).toEqual([]);
  });

  test("L13: loongarch does not mind", () => {
    const lines = saidOf(ruleOf("L13"), (file) => {
      file.setHeader("e_machine", 258);
      file.addFlags(".text", WRITE);
    });
    expect(lines).toEqual([
      "warning: .text: sh_flags of section 5 is 0x7, which has SHF_WRITE and SHF_EXECINSTR -> harmless",
    ]);
  });
});

describe("section names", () => {
  testCases("L05", [
    [
      "no table",
      (file) => file.setHeader("e_shstrndx", 0),
      "e_shstrndx is 0 in a file of 41 sections",
      "refused in section names: Invalid ELF section name index: 0 || e_shstrndx (0) >= e_shnum (41) ENOEXEC",
    ],
    [
      "a table that is not there",
      (file) => file.setHeader("e_shstrndx", 41),
      "e_shstrndx is 41 in a file of 41 sections",
      "refused in section names: Invalid ELF section name index: 41 || e_shstrndx (41) >= e_shnum (41) ENOEXEC",
    ],
    [
      "a table of another type",
      (file) => file.setSection(".shstrtab", "sh_type", 1),
      "section 31, which has the section names, is of type 1 when a string table's is 3 (SHT_STRTAB)",
      [
        "harmless",
        "harmless",
        "refused in section names: Invalid ELF section name table type: 1 ENOEXEC",
      ],
    ],
    [
      "an empty table",
      (file) => file.setSection(".shstrtab", "sh_size", 0),
      "section 31, which has the section names, is empty",
      "refused in section names: empty section name table ENOEXEC",
    ],
    [
      "a last name without an end",
      (file) => file.contents(".shstrtab").fill("x", file.section(".shstrtab", "sh_size") - 1),
      "section 31, which has the section names, does not end with NUL",
      "refused in section names: ELF Spec violation: section name table isn't null terminated ENOEXEC",
    ],
    [
      "a name behind the table",
      (file) => file.setSection(".data", "sh_name", file.section(".shstrtab", "sh_size")),
      "the name of section 16 is at 623 of a string table of 623 bytes",
      "refused in section names: Invalid ELF section name in module (section 16 type 1) ENOEXEC",
    ],
    [
      "a name behind the table, of what is not loaded",
      (file) => file.setSection(".debug_info", "sh_name", file.section(".shstrtab", "sh_size")),
      "the name of section 26 is at 623 of a string table of 623 bytes",
      [
        "harmless",
        "harmless",
        "refused in section names: Invalid ELF section name in module (section 26 type 1) ENOEXEC",
      ],
    ],
    [
      "a name behind the file, which 6.12 reads before it tests it",
      (file) => file.setSection(".data", "sh_name", 0x7fffffff),
      "the name of section 16 is at 2147483647 of a string table of 623 bytes",
      [
        "refused in section names: Invalid ELF section name in module (section 16 type 1) ENOEXEC",
        "crash: it reads a section's name from beyond the file",
        "refused in section names: Invalid ELF section name in module (section 16 type 1) ENOEXEC",
      ],
    ],
    [
      "a name behind the file, of what has no contents",
      (file) => file.setSection(".bss", "sh_name", 0x7fffffff),
      "the name of section 22 is at 2147483647 of a string table of 623 bytes",
      [
        "crash: it reads a section's name from beyond the file",
        "crash: it reads a section's name from beyond the file",
        "refused in section names: Invalid ELF section name in module (section 22 type 8) ENOEXEC",
      ],
    ],
  ]);

  test("L05: what has another rule", () => {
    expect(saidOf(ruleOf("L05"), (file) => file.setHeader("e_shnum", 0))).toEqual([]);
    expect(saidOf(ruleOf("L05"), (file) => file.setHeader("e_shstrndx", 0xffff))).toEqual([]);
    expect(
      uncheckedOf("L05", (file) => file.setSection(".shstrtab", "sh_offset", 1 << 20)),
    ).toEqual(["unchecked: the section names are not within the file"]);
  });

  testCases("L14", [
    [
      "two of a name",
      (file) => file.renameSection(".data..read_mostly", ".data"),
      ".data: sections 16 and 18 have the same name",
      [
        "harmless",
        "refused in sysfs: sysfs: cannot create duplicate filename '/module/klp_fixture/sections/.data' EEXIST",
        "refused in sysfs: sysfs: cannot create duplicate filename '/module/klp_fixture/sections/.data' EEXIST",
      ],
    ],
  ]);

  test.each([
    [
      "one is empty",
      (file: ModuleFile) => file.setSection(".note.GNU-stack", "sh_flags", ALLOC),
      ".note.GNU-stack",
    ],
    ["one is not loaded", () => {}, ".debug_info"],
  ] as const)("L14: %s", (_, edit, section) => {
    const lines = saidOf(
      ruleOf("L14"),
      (file) => {
        edit(file);
        file.renameSection(section, ".data");
      },
      { release: "7.3.0-test" },
    );
    expect(lines).toEqual([]);
  });

  test("L14: kernels of which it is not known", () => {
    const lines = saidOf(
      ruleOf("L14"),
      (file) => file.renameSection(".data..read_mostly", ".data"),
      { release: "6.11.0" },
    );
    expect(lines).toEqual(["warning: .data: sections 16 and 18 have the same name -> harmless"]);
  });

  test("L14: what is no file in sysfs, or has another rule", () => {
    for (const name of ["__versions", ".data..percpu", ".modinfo", ".gnu.linkonce.this_module"]) {
      const lines = saidOf(
        ruleOf("L14"),
        (file) => {
          const fields = { sh_type: 1, sh_flags: ALLOC };
          for (let i = 0; i < 2; i++) file.addSection(name, Buffer.alloc(8), fields);
        },
        { release: "7.3.0-test" },
      );
      expect(lines, name).toEqual([]);
    }
  });

  test("L14: livepatch sections have another rule", () => {
    const lines = saidOf(
      ruleOf("L14"),
      (file) => file.renameSection(".klp.rela.vmlinux.text", ".klp.rela.vmlinux.data"),
      { release: "7.3.0-test" },
    );
    expect(lines).toEqual([]);
  });
});
