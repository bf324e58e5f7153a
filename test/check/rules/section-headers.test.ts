// SPDX-License-Identifier: GPL-2.0-only

import { describe, expect, test } from "vitest";
import { SHF, SHT } from "../../elf-builder.js";
import { LAYOUTS } from "../../livepatch/intermediate.js";
import {
  ARM64,
  broken,
  build,
  inShort,
  LIVEPATCH,
  line,
  livepatchSection,
  ONE,
  OTHER,
  PPC64,
  theOne,
  withField,
} from "./livepatch-module.js";

const VMLINUX_SECTION = ".klp.rela.vmlinux.text";
const LATE_SECTION = ".klp.rela.ext4.data";

describe("L21: sh_type", () => {
  test("is SHT_RELA, which x86_64 does not mind", () => {
    const bytes = withField(build(), VMLINUX_SECTION, "sh_type", SHT.PROGBITS);
    expect(line(theOne(bytes))).toBe(
      "L21 warning at .klp.rela.vmlinux.text: sh_type is 1 when it should be 4 (SHT_RELA) => harmless",
    );
  });

  test.each([
    [PPC64, 10, "R_PPC64_REL24"],
    [ARM64, 283, "R_AARCH64_CALL26"],
    [{ ...LAYOUTS[0], machine: 258, absolute: 2 }, 66, "R_LARCH_B26"],
  ])("is counted for slots elsewhere: $name", (layout, type, name) => {
    const made = build({
      layout: layout as typeof ARM64,
      relocations: [
        {
          name: ".klp.rela.vmlinux..data",
          section: ".data",
          flags: LIVEPATCH,
          type: SHT.RELA,
          entries: [{ offset: 0, type, symbol: ONE }],
        },
      ],
    });
    const bytes = withField(made, ".klp.rela.vmlinux..data", "sh_type", SHT.PROGBITS);
    expect(line(theOne(bytes))).toContain(
      `=> crash: no slot is set aside for ${name}, and another is overwritten`,
    );
    const absolute = withField(made, VMLINUX_SECTION, "sh_type", SHT.PROGBITS);
    expect(line(theOne(absolute))).toMatch(/=> harmless$/);
  });

  test("leaves zeros where it is SHT_NOBITS, which are relocations of symbol 0", () => {
    const bytes = withField(build(), VMLINUX_SECTION, "sh_type", SHT.NOBITS);
    const found = broken(bytes);
    expect(found.map(({ rule }) => rule)).toEqual(["L21"]);
    expect(line(theOne(bytes, { release: "6.1" }))).toContain(
      "=> relocation: EINVAL: livepatch: symbol  is not marked as a livepatch symbol",
    );
    expect(line(theOne(bytes, { release: "7.3" }))).toMatch(
      /symbol {2}at rela sec [0-9]+ idx 0 is not marked as a livepatch symbol$/,
    );
  });
});

describe("L22: SHF_ALLOC", () => {
  const without = (section: string) =>
    withField(build(), section, "sh_flags", LIVEPATCH & ~SHF.ALLOC);

  test("is on sections that wait for a module", () => {
    expect(line(theOne(without(LATE_SECTION)))).toBe(
      "L22 error at .klp.rela.ext4.data: sh_flags is 0x100040, without SHF_ALLOC => crash: the relocations are read from memory that has been freed",
    );
  });

  test("is not missed on those of vmlinux", () => {
    expect(line(theOne(without(VMLINUX_SECTION)))).toBe(
      "L22 warning at .klp.rela.vmlinux.text: sh_flags is 0x100040, without SHF_ALLOC => harmless",
    );
  });
});

describe("L28: entries", () => {
  test.each([
    [
      "sh_size",
      47,
      "sh_size is 47, which is no multiple of 24, an entry's size => wrong: its last relocation is cut, and never applied",
    ],
    ["sh_size", 56, "sh_size is 56, which is no multiple of 24, an entry's size => harmless"],
    ["sh_entsize", 0, "sh_entsize is 0 when an entry has 24 bytes => harmless"],
    ["sh_addralign", 1, "sh_addralign is 1 when it should be 8 => harmless"],
    ["sh_addralign", 24, "sh_addralign is 24 when it should be 8 => harmless"],
    ["sh_addralign", 0, "sh_addralign is 0 when it should be 8 => harmless"],
  ] as const)("have one size: %s %i", (field, value, text) => {
    const bytes = withField(build(), VMLINUX_SECTION, field, value);
    expect(line(theOne(bytes))).toBe(`L28 warning at .klp.rela.vmlinux.text: ${text}`);
  });

  test("may be aligned to more", () => {
    expect(broken(withField(build(), VMLINUX_SECTION, "sh_addralign", 32))).toEqual([]);
  });
});

describe("L29: sh_link and SHF_INFO_LINK", () => {
  test("are of no concern to the kernel", () => {
    const { sections } = build();
    expect(line(theOne(withField(build(), VMLINUX_SECTION, "sh_link", 0)))).toBe(
      `L29 note at .klp.rela.vmlinux.text: sh_link is 0 when the symbol table is section ${sections.get(".symtab")} => harmless`,
    );
    const flags = LIVEPATCH & ~SHF.INFO_LINK;
    expect(line(theOne(withField(build(), VMLINUX_SECTION, "sh_flags", flags)))).toBe(
      "L29 note at .klp.rela.vmlinux.text: sh_flags is 0x100002, without SHF_INFO_LINK (0x40) => harmless",
    );
  });
});

describe("L30: other flags", () => {
  test.each([
    [SHF.WRITE, "0x100043, with SHF_WRITE"],
    [SHF.EXECINSTR, "0x100046, with SHF_EXECINSTR"],
    [SHF.MERGE | SHF.GROUP, "0x100252, with SHF_MERGE and SHF_GROUP"],
  ])("are out of place: %i", (flags, text) => {
    const bytes = withField(build(), VMLINUX_SECTION, "sh_flags", LIVEPATCH | flags);
    expect(line(theOne(bytes))).toBe(
      `L30 warning at .klp.rela.vmlinux.text: sh_flags is ${text} => harmless`,
    );
  });

  test("are another rule's where they are refused", () => {
    const flags = LIVEPATCH | SHF.WRITE | SHF.EXECINSTR;
    expect(broken(withField(build(), VMLINUX_SECTION, "sh_flags", flags))).toEqual([]);
  });
});

describe("L74: pairs of object and section", () => {
  test("are there once, though the kernel applies both", () => {
    const relocations = [livepatchSection(".klp.rela.ext4..data", ".data", [OTHER])];
    const { sections, bytes } = build({ relocations });
    expect(line(theOne(bytes))).toBe(
      `L74 warning at .klp.rela.ext4..data: it waits for ext4 and relocates .data, like section ${sections.get(LATE_SECTION)}, .klp.rela.ext4.data => harmless`,
    );
    const other = [livepatchSection(".klp.rela.ext4.text", ".text", [OTHER])];
    expect(broken(build({ relocations: other }).bytes)).toEqual([]);
  });

  test.each([
    ["6.11", "harmless"],
    [
      "6.12",
      "sysfs: EEXIST: sysfs: cannot create duplicate filename '/module/lp/sections/.klp.rela.ext4.data'",
    ],
  ])("are no two files of one name in sysfs (%s)", (release, outcome) => {
    const relocations = [livepatchSection(LATE_SECTION, ".data", [OTHER])];
    const finding = theOne(build({ relocations }).bytes, { release });
    expect([finding.rule, inShort(finding.outcome)]).toEqual(["L74", outcome]);
    const elsewhere = [livepatchSection(LATE_SECTION, ".text", [OTHER])];
    const found = broken(build({ relocations: elsewhere }).bytes, { release });
    const ours = found.filter(({ rule }) => rule === "L74");
    expect(ours.map((each) => inShort(each.outcome))).toEqual([outcome]);
    const empty = [livepatchSection(LATE_SECTION, ".data", [])];
    const [rest] = broken(build({ relocations: empty }).bytes, { release });
    expect(inShort(rest!.outcome)).toBe("harmless");
  });
});
