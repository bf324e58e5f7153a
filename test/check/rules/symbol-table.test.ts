// SPDX-License-Identifier: GPL-2.0-only

import { describe, expect, test } from "vitest";
import type { ModuleFile } from "../../kernel/module-file.js";
import { saidOf } from "../edited-modules.js";
import { ruleOf, testCases, uncheckedOf } from "./file-cases.js";

const STRIPPED = "klp_fixture: module has no symbols (stripped?) ENOEXEC";

describe("the symbol table", () => {
  testCases("L06", [
    [
      "none",
      (file) => file.setSection(".symtab", "sh_type", 1),
      "no section is of type SHT_SYMTAB",
      [
        `refused in module information: ${STRIPPED}`,
        `refused in module information: ${STRIPPED}`,
        `refused in symbol table: ${STRIPPED}`,
      ],
    ],
    [
      "two, of which 6.1 takes the first",
      (file) => {
        const sh_link = file.sectionIndex(".strtab");
        const fields = { sh_type: 2, sh_link, sh_info: 1, sh_entsize: 24 };
        file.addSection(".symtab2", Buffer.alloc(24), fields);
      },
      "2 sections are of type SHT_SYMTAB: 29, 41",
      [
        "harmless",
        `refused in module information: ${STRIPPED}`,
        `refused in symbol table: ${STRIPPED}`,
      ],
    ],
    [
      "without names",
      (file) => file.setSection(".symtab", "sh_link", 0),
      ".symtab: sh_link is 0 in a file of 41 sections",
      [
        "refused in section names: Invalid ELF sh_link!=SHN_UNDEF(0) or (sh_link(0) >= hdr->e_shnum(41) ENOEXEC",
        "refused in section names: Invalid ELF sh_link!=SHN_UNDEF(0) or (sh_link(0) >= hdr->e_shnum(41) ENOEXEC",
        "refused in symbol table: Invalid ELF sh_link!=SHN_UNDEF(0) or (sh_link(0) >= hdr->e_shnum(41) ENOEXEC",
      ],
    ],
    [
      "with names of another type",
      (file) => file.setSection(".strtab", "sh_type", 1),
      ".symtab: sh_link is 30, a section of type 1 when a string table's is 3 (SHT_STRTAB)",
      [
        "harmless",
        "harmless",
        "refused in symbol table: Invalid ELF symbol string table type: 1 ENOEXEC",
      ],
    ],
    [
      "with code for names",
      (file) => file.setSection(".symtab", "sh_link", 5),
      ".symtab: sh_link is 5, a section of type 1 when a string table's is 3 (SHT_STRTAB)",
      [
        "wrong: the names of symbols are read from another section",
        "wrong: the names of symbols are read from another section",
        "refused in symbol table: Invalid ELF symbol string table type: 1 ENOEXEC",
      ],
    ],
  ]);

  testCases(
    "L06",
    [
      [
        "with other names than before conversion",
        (file) => file.setSection(".symtab", "sh_link", file.sectionIndex(".shstrtab")),
        ".symtab: sh_link is 31, which is .shstrtab and not what it was before conversion",
        "wrong: the names of symbols are read from another section",
      ],
    ],
    { isCompared: true },
  );

  test("L06: another than relocations are of", () => {
    const lines = saidOf(ruleOf("L06"), (file) => {
      const second = { sh_type: 2, sh_link: file.sectionIndex(".strtab"), sh_entsize: 24 };
      const index = file.addSection(".symtab2", Buffer.alloc(24), second);
      file.setSection(".rela.text", "sh_link", index);
    });
    expect(lines).toEqual([
      "error: 2 sections are of type SHT_SYMTAB: 29, 41 -> wrong: symbols are taken from another symbol table than relocations are of",
    ]);
  });

  test("L06, L09: a file without sections has another rule", () => {
    for (const id of ["L06", "L09"]) {
      const lines = saidOf(ruleOf(id), (file) => file.setHeader("e_shnum", 0));
      expect(lines, id).toHaveLength(1);
      expect(lines[0], id).toMatch(/^unchecked: /);
    }
  });

  testCases("L08", [
    [
      "no local symbols",
      (file) => file.setSection(".symtab", "sh_info", 0),
      ".symtab: sh_info is 0, and symbol 0 is local",
      "harmless",
    ],
    [
      "more local symbols than there are symbols",
      (file) => file.setSection(".symtab", "sh_info", 1000),
      ".symtab: sh_info is 1000 in a table of 43 symbols",
      "harmless",
    ],
    [
      "a global symbol among the local ones",
      (file) => file.setSymbol("lp_cold", "st_info", 0x12),
      ".symtab: [lp_cold] sh_info is 30, and symbol 22 is not local",
      "harmless",
    ],
    [
      "a local symbol among the global ones",
      (file) => file.setSymbol("klp_enable_patch", "st_info", 0),
      ".symtab: [klp_enable_patch] sh_info is 30, and symbol 33 is local",
      "harmless",
    ],
  ]);
});

/** Has symbol names followed by other text. */
function followNames(file: ModuleFile, text: string): void {
  file.moveContents(".strtab");
  file.appendToFile(Buffer.from(text, "latin1"));
}

describe("symbol names", () => {
  const OUTSIDE = "refused in symbol table: symbol name out of bounds in string table ENOEXEC";

  testCases("L07", [
    [
      "an empty table",
      (file) => file.setSection(".strtab", "sh_size", 0),
      ".strtab: the string table is empty",
      [
        "wrong: the names of symbols are what follows in the file",
        "wrong: the names of symbols are what follows in the file",
        "refused in symbol table: empty symbol string table ENOEXEC",
      ],
    ],
    [
      "a table that does not begin with NUL",
      (file) => file.contents(".strtab").fill("x", 0, 1),
      ".strtab: the string table does not begin with NUL",
      [
        "harmless",
        "harmless",
        "refused in symbol table: symbol string table missing leading NUL ENOEXEC",
      ],
    ],
    [
      "a table whose last name goes on in another section, and is still one to livepatch",
      (file) => file.contents(".strtab").fill("x", file.section(".strtab", "sh_size") - 1),
      ".strtab: the string table does not end with NUL",
      [
        "harmless",
        "harmless",
        "refused in symbol table: symbol string table isn't NUL terminated ENOEXEC",
      ],
    ],
    [
      "a table whose last name is an import that nobody exports then",
      (file) => {
        file.renameSymbol("_printk", "_prin");
        followNames(file, "k2\0");
        file.contents(".strtab").fill("t", file.section(".strtab", "sh_size") - 1);
      },
      ".strtab: the string table does not end with NUL",
      [
        "refused in imports: klp_fixture: Unknown symbol _printk2 (err -2) ENOENT",
        "refused in imports: klp_fixture: Unknown symbol _printk2 (err -2) ENOENT",
        "refused in symbol table: symbol string table isn't NUL terminated ENOEXEC",
      ],
    ],
    [
      "a table whose last name is an import, and has its end behind it",
      (file) => {
        file.renameSymbol("_printk", "_prin");
        followNames(file, "\0");
        file.contents(".strtab").fill("t", file.section(".strtab", "sh_size") - 1);
      },
      ".strtab: the string table does not end with NUL",
      [
        "harmless",
        "harmless",
        "refused in symbol table: symbol string table isn't NUL terminated ENOEXEC",
      ],
    ],
    [
      "the name of a symbol of the module's own",
      (file) => {
        followNames(file, "\0foo\0");
        file.setSymbol("lp_cold", "st_name", 513);
      },
      ".strtab: the name of symbol 22 is at 513 of a string table of 512 bytes",
      [
        'wrong: it calls symbol 22 "foo" wherever it shows it',
        'wrong: it calls symbol 22 "foo" wherever it shows it',
        OUTSIDE,
      ],
    ],
    [
      "the name of an import",
      (file) => {
        followNames(file, "\0foo\0");
        file.setSymbol("_printk", "st_name", 513);
      },
      ".strtab: the name of symbol 37 is at 513 of a string table of 512 bytes",
      [
        "refused in imports: klp_fixture: Unknown symbol foo (err -2) ENOENT",
        "refused in imports: klp_fixture: Unknown symbol foo (err -2) ENOENT",
        OUTSIDE,
      ],
    ],
    [
      "the name of a weak import",
      (file) => {
        followNames(file, "\0foo\0");
        file.setSymbol("maybe_absent", "st_name", 513);
      },
      ".strtab: the name of symbol 39 is at 513 of a string table of 512 bytes",
      [
        'wrong: it reads the name of symbol 39 as "foo"',
        'wrong: it reads the name of symbol 39 as "foo"',
        OUTSIDE,
      ],
    ],
    [
      "a name beyond the file",
      (file) => file.setSymbol("_printk", "st_name", 0x7fffffff),
      ".strtab: the name of symbol 37 is at 2147483647 of a string table of 512 bytes",
      [
        "crash: it reads a symbol's name from beyond the file",
        "crash: it reads a symbol's name from beyond the file",
        OUTSIDE,
      ],
    ],
  ]);

  test("L07: cannot be tested without a table within the file", () => {
    expect(uncheckedOf("L07", (file) => file.setSection(".symtab", "sh_link", 0))).toEqual([
      "unchecked: no symbol table says where its names are",
    ]);
    expect(uncheckedOf("L07", (file) => file.setSection(".strtab", "sh_size", 1 << 20))).toEqual([
      "unchecked: the symbol table or its names are not within the file",
    ]);
  });
});
