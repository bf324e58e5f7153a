// SPDX-License-Identifier: GPL-2.0-only

import { describe, expect, test } from "vitest";
import { saidOf } from "../edited-modules.js";
import { ruleOf, testCases, uncheckedOf } from "./file-cases.js";

describe("numbers of sections", () => {
  testCases("L04", [
    [
      "no sections",
      (file) => file.setHeader("e_shnum", 0),
      "e_shnum is 0",
      "refused in section names: Invalid ELF section name index: 31 || e_shstrndx (31) >= e_shnum (0) ENOEXEC",
    ],
    [
      "no sections, and no empty section 0, which 7.3 looks at all the same",
      (file) => {
        file.setSection(0, "sh_size", 7);
        file.setHeader("e_shnum", 0);
      },
      "e_shnum is 0",
      [
        "refused in section names: Invalid ELF section name index: 31 || e_shstrndx (31) >= e_shnum (0) ENOEXEC",
        "refused in section names: Invalid ELF section name index: 31 || e_shstrndx (31) >= e_shnum (0) ENOEXEC",
        "refused in section headers: ELF Spec violation: section 0 type(0)!=SH_NULL or non-zero len or addr ENOEXEC",
      ],
    ],
    [
      "section names by an extended number",
      (file) => file.setHeader("e_shstrndx", 0xffff),
      "e_shstrndx is 65535 (SHN_XINDEX)",
      "refused in section names: Invalid ELF section name index: 65535 || e_shstrndx (65535) >= e_shnum (41) ENOEXEC",
    ],
    [
      "extended numbers, which nobody reads",
      (file) => void file.addSection(".symtab_shndx", Buffer.alloc(4), { sh_type: 18 }),
      ".symtab_shndx: section 41 is of type 18 (SHT_SYMTAB_SHNDX)",
      "harmless",
    ],
    [
      "a symbol with an extended number",
      (file) => file.setSymbol("lp_cold", "st_shndx", 0xffff),
      "[lp_cold] st_shndx of symbol 22 is 65535 (SHN_XINDEX) in a file of 41 sections",
      "refused in imports: klp_fixture: Symbol lp_cold has an invalid section index 65535 (max 40) ENOEXEC",
    ],
    [
      "a symbol in no section",
      (file) => file.setSymbol("lp_cold", "st_shndx", 41),
      "[lp_cold] st_shndx of symbol 22 is 41 in a file of 41 sections",
      "refused in imports: klp_fixture: Symbol lp_cold has an invalid section index 41 (max 40) ENOEXEC",
    ],
    [
      "a common symbol",
      (file) => file.setSymbol("lp_cold", "st_shndx", 0xfff2),
      "[lp_cold] st_shndx of symbol 22 is 65522 (SHN_COMMON) in a file of 41 sections",
      "refused in imports: klp_fixture: please compile with -fno-common ENOEXEC",
    ],
  ]);

  test("L04: what is no section and allowed", () => {
    expect(
      saidOf(ruleOf("L04"), (file) => {
        file.setSymbol("lp_cold", "st_shndx", 0xfff1);
        file.setSymbol("calls", "st_shndx", 0xff20);
        file.renameSymbol("patch", "__gnu_lto_slim");
        file.setSymbol("__gnu_lto_slim", "st_shndx", 0xfff2);
      }),
    ).toEqual([]);
  });

  test("L04: cannot be tested without section headers or symbols", () => {
    expect(uncheckedOf("L04", (file) => file.setHeader("e_shentsize", 40))).toEqual([
      "unchecked: the section headers cannot be read",
    ]);
    expect(uncheckedOf("L04", (file) => file.setSection(".symtab", "sh_type", 1))).toEqual([
      "unchecked: the sections of symbols: there is no symbol table that could be read",
    ]);
  });
});

describe("what numbers name", () => {
  testCases("L69", [
    [
      "relocations of another section",
      (file) => file.setSection(".rela.rodata", "sh_info", 16),
      ".rela.rodata: sh_info of section 12 is 16, which is .data and not .rodata",
      "wrong: relocations of .rodata change .data",
    ],
    [
      "relocations of another section that is not loaded either",
      (file) => file.setSection(".rela.debug_info", "sh_info", file.sectionIndex(".debug_abbrev")),
      ".rela.debug_info: sh_info of section 27 is 25, which is .debug_abbrev and not .debug_info",
      "harmless",
    ],
    [
      "relocations of no section",
      (file) => file.setSection(".rela.rodata", "sh_info", 500),
      ".rela.rodata: sh_info of section 12 is 500 in a file of 41 sections",
      "wrong: its relocations are never applied",
    ],
    [
      "relocations of section 0",
      (file) => file.setSection(".rela.rodata", "sh_info", 0),
      ".rela.rodata: sh_info of section 12 is 0 in a file of 41 sections",
      "wrong: its relocations are never applied",
    ],
    [
      "relocations of no section, of what is not loaded",
      (file) => file.setSection(".rela.debug_info", "sh_info", 500),
      ".rela.debug_info: sh_info of section 27 is 500 in a file of 41 sections",
      "harmless",
    ],
    [
      "relocations by no symbol table",
      (file) => file.setSection(".rela.rodata", "sh_link", 1),
      ".rela.rodata: sh_link of section 12 is 1, which is no symbol table",
      "harmless",
    ],
    [
      "a group by no symbol table",
      (file) => file.setSection(".group", "sh_link", 500),
      ".group: sh_link of section 1, a group, is 500, which is no symbol table",
      "harmless",
    ],
    [
      "a group of no symbol",
      (file) => file.setSection(".group", "sh_info", 999),
      ".group: sh_info of section 1, a group, is 999, which is no symbol",
      "harmless",
    ],
    [
      "a section after one that is not there",
      (file) => file.setSection("__patchable_function_entries", "sh_link", 500),
      "__patchable_function_entries: sh_link of section 14, which has SHF_LINK_ORDER, is 500 in a file of 41 sections",
      "harmless",
    ],
    [
      "a section after one that nothing can be after",
      (file) => file.setSection("__patchable_function_entries", "sh_link", 29),
      "__patchable_function_entries: sh_link of section 14, which has SHF_LINK_ORDER, is 29, which is .symtab of type 2",
      "harmless",
    ],
  ]);

  testCases(
    "L69",
    [
      [
        "a section after another",
        (file) => file.setSection("__patchable_function_entries", "sh_link", 5),
        "__patchable_function_entries: sh_link of section 14, which has SHF_LINK_ORDER, is 5, which is .text, and was .text.unlikely before conversion",
        "harmless",
      ],
      [
        "a symbol in another section, which nothing uses",
        (file) => file.setSymbol("lp_cold", "st_shndx", 16),
        "[lp_cold] symbol 22 is in .data, and was in .text.unlikely before conversion",
        "harmless",
      ],
      [
        "a symbol in another section",
        (file) => file.setSymbol("init_module", "st_shndx", 16),
        "[init_module] symbol 36 is in .data, and was in .init.text before conversion",
        "wrong: init_module stands for what is in .data",
      ],
      [
        "a relocation of another symbol",
        (file) => file.setRelocation(".rela.rodata", 0, { symbol: file.symbolIndex("patch") }),
        ".rodata+8: [patch] the relocation is of symbol 23, and was of .text before conversion",
        "wrong: it uses patch instead of .text",
      ],
    ],
    { isCompared: true },
  );

  test("L69: members of groups", () => {
    const ofGroup = (word: number) =>
      saidOf(ruleOf("L69"), (file) => file.contents(".group").writeUInt32LE(word, 4), {
        isCompared: true,
      });
    const lost =
      "warning: .text.demo_once: section 7 has SHF_GROUP, and no group has it -> harmless";
    expect(ofGroup(0)).toEqual([
      "warning: .group: a member of section 1, a group, is 0 in a file of 41 sections -> harmless",
      lost,
    ]);
    expect(ofGroup(500)).toEqual([
      "warning: .group: a member of section 1, a group, is 500 in a file of 41 sections -> harmless",
      lost,
    ]);
    expect(ofGroup(16)).toEqual([
      "warning: .group: a member of section 1, a group, is 16, which is .data and has no SHF_GROUP -> harmless",
      lost,
    ]);
    const cut = saidOf(ruleOf("L69"), (file) => file.setSection(".group", "sh_size", 6));
    expect(cut[0]).toBe(
      "warning: .group: section 1, a group, has 6 bytes when words of 4 are in it -> harmless",
    );
  });

  test("L69: what is only called otherwise", () => {
    const setting = { isCompared: true } as const;
    expect(
      saidOf(
        ruleOf("L69"),
        (file) => {
          file.renameSection(".data..read_mostly", ".data..other");
          file.renameSection(".rodata", ".rodata.other");
          file.renameSymbol("calls", "called");
          file.renameSymbol("seq_printf", "seq_other");
        },
        setting,
      ),
    ).toEqual([]);
  });

  test("L69: without the module before conversion", () => {
    expect(uncheckedOf("L69", () => {})).toEqual([
      "unchecked: whether symbols and linked sections are where they were: the module before conversion is not given: --input",
    ]);
  });
});

describe("a module that was linked again", () => {
  const SHT_OF_LD = 0x60000004;
  const ofLd = "sh_type is 0x60000004, which ld -r makes of livepatch relocations";

  testCases("L75", [
    [
      "a section's type, which x86_64 does not look at",
      (file) => file.setSection(".klp.rela.vmlinux.text", "sh_type", SHT_OF_LD),
      `.klp.rela.vmlinux.text: ${ofLd}`,
      "harmless",
    ],
    [
      "a section of vmlinux",
      (file) => {
        file.setSection(".klp.rela.vmlinux.text", "sh_type", SHT_OF_LD);
        file.setSection(".klp.rela.vmlinux.text", "sh_info", 0);
      },
      `.klp.rela.vmlinux.text: ${ofLd}`,
      "wrong: its relocations are never applied",
    ],
    [
      "a section that waits for a module",
      (file) => {
        file.setSection(".klp.rela.klp_demo.text", "sh_type", SHT_OF_LD);
        file.setSection(".klp.rela.klp_demo.text", "sh_info", 0);
      },
      `.klp.rela.klp_demo.text: ${ofLd}`,
      "crash: it writes to address 0 and on when klp_demo is there",
    ],
    [
      "a symbol of vmlinux",
      (file) => file.setSymbol(".klp.sym.vmlinux.saved_command_line,0", "st_shndx", 0xfff1),
      "[.klp.sym.vmlinux.saved_command_line,0] st_shndx of symbol 34 is 65521 (SHN_ABS), which ld -r makes of livepatch symbols",
      unmarked("refused in relocation", ".klp.sym.vmlinux.saved_command_line,0"),
    ],
    [
      "a symbol that waits for a module",
      (file) => file.setSymbol(".klp.sym.klp_demo.demo_counter,0", "st_shndx", 0xfff1),
      "[.klp.sym.klp_demo.demo_counter,0] st_shndx of symbol 42 is 65521 (SHN_ABS), which ld -r makes of livepatch symbols",
      unmarked("refused in objects with klp_demo", ".klp.sym.klp_demo.demo_counter,0"),
    ],
  ]);

  test("L75: what is applied when the patch is loaded comes first", () => {
    const name = ".klp.sym.klp_demo.demo_counter,0";
    const lines = saidOf(ruleOf("L75"), (file) => {
      const symbol = file.symbolIndex(name);
      file.setSymbol(symbol, "st_shndx", 0xfff1);
      expect(file.sectionIndex(".klp.rela.vmlinux.data")).toBeGreaterThan(
        file.sectionIndex(".klp.rela.klp_demo.text"),
      );
      file.setRelocation(".klp.rela.vmlinux.data", 0, { symbol });
    });
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatch(/refused in relocation: /);
  });

  test("L75: a symbol that nothing uses", () => {
    const lines = saidOf(ruleOf("L75"), (file) => {
      file.addSymbol(".klp.sym.vmlinux.unused,0", { st_shndx: 0xfff1 });
    });
    expect(lines).toEqual([
      "warning: [.klp.sym.vmlinux.unused,0] st_shndx of symbol 43 is 65521 (SHN_ABS), which ld -r makes of livepatch symbols -> harmless",
    ]);
  });
});

/** The line about a symbol, which 7.3 says more in. */
function unmarked(who: string, name: string): readonly [string, string, string] {
  const line = (where: string) =>
    `${who}: livepatch: symbol ${name}${where} is not marked as a livepatch symbol EINVAL`;
  return [line(""), line(""), line(" at rela sec 29 idx 0")];
}
