// SPDX-License-Identifier: GPL-2.0-only

// A valid vmlinux and a valid module, one field of them broken per row, and all that is then said.

import { describe, expect, test } from "vitest";
import { recordFields } from "../elf/record-fields.js";
import { SHF, STB, STT } from "../elf-builder.js";
import { type BuiltElf, broken, buildModule, buildVmlinux, TEXT } from "./elf-sources.js";
import { listOf, refusalOf } from "./reading.js";

const symbols = (value: bigint) => [
  { name: "a.c", bind: STB.LOCAL, type: STT.FILE, section: "abs" },
  { name: "f", bind: STB.LOCAL, section: ".text", value },
  { name: "g", section: ".text", value: value + 1n },
];

const FILES = {
  vmlinux: buildVmlinux({ symbols: symbols(TEXT) }),
  module: buildModule({ symbols: symbols(0n) }),
  // Of 32 bits and the other byte order.
  "small vmlinux": buildVmlinux({ class: 32, order: "big", symbols: symbols(0x81000000n) }),
  "small module": buildModule({ class: 32, order: "big", symbols: symbols(0n) }),
} satisfies Record<string, BuiltElf>;

test.each(Object.entries(FILES))("%s is valid", (_, { bytes }) => {
  expect(listOf({ bytes }).said).toEqual([]);
});

type Field = Parameters<typeof broken>[2];
interface Fault {
  readonly code: string;
  readonly message: string;
  readonly section?: string;
}
type Row = readonly [
  what: string,
  breaks: (file: BuiltElf) => Uint8Array,
  says: (file: BuiltElf) => readonly Fault[],
];

const is64 = ({ bytes }: BuiltElf) => bytes[4] === 2;
const sizes = (file: BuiltElf) => recordFields[is64(file) ? 64 : 32];
const count = (file: BuiltElf) => file.headerOffsets.length;
const index = (file: BuiltElf, section: string) => file.sections.get(section)!;
const hex = (value: number) => `0x${value.toString(16)}`;

const elf =
  (field: Field, value: number): Row[1] =>
  (file) =>
    broken(file, 0, field, value);
const header =
  (section: string, field: Field, value: number | ((file: BuiltElf) => number)): Row[1] =>
  (file) =>
    broken(
      file,
      file.headerOffsets[index(file, section)]!,
      field,
      typeof value === "number" ? value : value(file),
    );
const symbol =
  (at: number, field: Field, value: number | ((file: BuiltElf) => number)): Row[1] =>
  (file) =>
    broken(file, file.symbolOffsets[at]!, field, typeof value === "number" ? value : value(file));
const byte =
  (at: (file: BuiltElf) => number, value: number): Row[1] =>
  ({ ...file }) => {
    const bytes = file.bytes.slice();
    bytes[at(file)] = value;
    return bytes;
  };
const cut =
  (length: (file: BuiltElf) => number): Row[1] =>
  (file) =>
    file.bytes.slice(0, length(file));
const contents = (section: string, at: number) => (file: BuiltElf) => {
  const offset = file.contentOffsets[index(file, section)]!;
  return at < 0 ? file.contentOffsets[index(file, section) + 1]! + at : offset + at;
};
const sizeOf = (section: string) => (file: BuiltElf) => {
  const at = index(file, section);
  const next = file.contentOffsets[at + 1] ?? file.headerOffsets[0]!;
  // The header table that follows the last section is aligned.
  let size = next - file.contentOffsets[at]!;
  while (section === ".shstrtab" && file.bytes[file.contentOffsets[at]! + size - 2] === 0) size--;
  return size;
};
const one =
  (code: string, message: string | ((file: BuiltElf) => string), section?: string): Row[2] =>
  (file) => [
    {
      code,
      message: typeof message === "string" ? message : message(file),
      ...(section && { section }),
    },
  ];
const stringTable = (section: string, what: (file: BuiltElf) => string): Row[2] =>
  one("elf-strtab", (file) => `section ${index(file, section)} is corrupt: ${what(file)}`);
const nul = () => "a string table has to begin and end with a NUL byte";
const nobody = () => "its type is 8 when a string table's is 3 (SHT_STRTAB)";
const outside = (
  section: string,
  size: (file: BuiltElf) => number,
  offset: (file: BuiltElf) => number,
) =>
  one(
    "elf-section-bounds",
    (file) =>
      `section ${index(file, section)} is corrupt: ${hex(size(file))} bytes at ${hex(offset(file))} reach past the end of the file at ${hex(file.bytes.length)}`,
  );

const rows: readonly Row[] = [
  ["EI_CLASS", byte(() => 4, 3), one("elf-class", "EI_CLASS is 3 when it should be 1 or 2")],
  ["EI_DATA", byte(() => 5, 0), one("elf-data", "EI_DATA is 0 when it should be 1 or 2")],
  [
    "the length, 15 bytes left",
    cut(() => 15),
    one("elf-truncated", "the file is 15 bytes, shorter than an ELF file's identification"),
  ],
  [
    "the length, 40 bytes left",
    cut(() => 40),
    one(
      "elf-truncated",
      (file) => `the file is 40 bytes, shorter than the ELF header's ${sizes(file).ehdr.size}`,
    ),
  ],
  [
    "the length, the last byte gone",
    cut(({ bytes }) => bytes.length - 1),
    one(
      "elf-shoff",
      (file) =>
        `the section header table (${count(file)} entries at ${hex(file.headerOffsets[0]!)}) reaches past the end of the file at ${hex(file.bytes.length - 1)}`,
    ),
  ],
  [
    "e_shentsize",
    elf("e_shentsize", 1),
    one("elf-shentsize", (file) => `e_shentsize is 1 when it should be ${sizes(file).shdr.size}`),
  ],
  [
    "e_shnum, 0",
    elf("e_shnum", 0),
    one(
      "elf-shnum",
      "e_shnum is 0 when it should be 1 to 65279: the module loader knows no extended numbering",
    ),
  ],
  [
    "e_shnum, reserved",
    elf("e_shnum", 0xff00),
    one(
      "elf-shnum",
      "e_shnum is 65280 when it should be 1 to 65279: the module loader knows no extended numbering",
    ),
  ],
  [
    "e_shnum, too many",
    (file) => broken(file, 0, "e_shnum", count(file) + 1),
    one(
      "elf-shoff",
      (file) =>
        `the section header table (${count(file) + 1} entries at ${hex(file.headerOffsets[0]!)}) reaches past the end of the file at ${hex(file.bytes.length)}`,
    ),
  ],
  [
    "e_shstrndx, 0",
    elf("e_shstrndx", 0),
    one("elf-shstrndx", (file) => `e_shstrndx is 0 when it should be 1 to ${count(file) - 1}`),
  ],
  [
    "e_shstrndx, no section",
    (file) => broken(file, 0, "e_shstrndx", count(file)),
    one(
      "elf-shstrndx",
      (file) => `e_shstrndx is ${count(file)} when it should be 1 to ${count(file) - 1}`,
    ),
  ],
  ["the section names' type", header(".shstrtab", "sh_type", 8), stringTable(".shstrtab", nobody)],
  [
    "the section names' first byte",
    byte(contents(".shstrtab", 0), 1),
    stringTable(".shstrtab", nul),
  ],
  [
    "the section names' last byte",
    byte((file) => contents(".shstrtab", 0)(file) + sizeOf(".shstrtab")(file) - 1, 1),
    stringTable(".shstrtab", nul),
  ],
  [
    "the section names' offset",
    header(".shstrtab", "sh_offset", 0x7fffffff),
    outside(".shstrtab", sizeOf(".shstrtab"), () => 0x7fffffff),
  ],
  [
    "the section names' size",
    header(".shstrtab", "sh_size", 0x7fffffff),
    outside(".shstrtab", () => 0x7fffffff, contents(".shstrtab", 0)),
  ],
  [
    "a section's name",
    header(".text", "sh_name", 0x1000),
    one(
      "elf-section-name",
      (file) =>
        `section ${index(file, ".text")} is corrupt: its name is at 4096 of a string table of ${sizeOf(".shstrtab")(file)} bytes`,
    ),
  ],
  [
    "the symbol table's type",
    header(".symtab", "sh_type", 1),
    one("elf-symtab", "there is no symbol table; was the file stripped?"),
  ],
  [
    "another section's type",
    header(".text", "sh_type", 2),
    one(
      "elf-symtab",
      (file) =>
        `there are 2 symbol tables when there should be one: sections ${index(file, ".text")}, ${index(file, ".symtab")}`,
    ),
  ],
  [
    "the symbol table's offset",
    header(".symtab", "sh_offset", 0x7fffffff),
    outside(".symtab", sizeOf(".symtab"), () => 0x7fffffff),
  ],
  [
    "the symbol table's size, past the end",
    header(".symtab", "sh_size", 0x7fffffe0),
    outside(".symtab", () => 0x7fffffe0, contents(".symtab", 0)),
  ],
  [
    "the symbol table's size, half a symbol",
    header(".symtab", "sh_size", 20),
    one(
      "elf-table-size",
      (file) =>
        `section ${index(file, ".symtab")} is corrupt: size is 20 when it should be a multiple of ${sizes(file).sym.size}`,
      ".symtab",
    ),
  ],
  [
    "the symbol table's sh_entsize",
    header(".symtab", "sh_entsize", 8),
    one(
      "elf-entsize",
      (file) =>
        `section ${index(file, ".symtab")} is corrupt: sh_entsize is 8 when it should be ${sizes(file).sym.size}`,
      ".symtab",
    ),
  ],
  ...[0, 0xffff].map(
    (link): Row => [
      `the symbol table's sh_link, ${link}`,
      header(".symtab", "sh_link", link),
      one(
        "elf-link",
        (file) =>
          `section ${index(file, ".symtab")} is corrupt: sh_link is ${link} when it should name its string table, 1 to ${count(file) - 1}`,
        ".symtab",
      ),
    ],
  ),
  [
    "the symbol table's sh_link, itself",
    header(".symtab", "sh_link", (file) => index(file, ".symtab")),
    stringTable(".symtab", () => "its type is 2 when a string table's is 3 (SHT_STRTAB)"),
  ],
  ["the names' type", header(".strtab", "sh_type", 8), stringTable(".strtab", nobody)],
  ["the names' first byte", byte(contents(".strtab", 0), 1), stringTable(".strtab", nul)],
  ["the names' last byte", byte(contents(".strtab", -1), 1), stringTable(".strtab", nul)],
  ["the names' size, none", header(".strtab", "sh_size", 0), stringTable(".strtab", nul)],
  [
    "the names' offset",
    header(".strtab", "sh_offset", 0x7fffffff),
    outside(".strtab", sizeOf(".strtab"), () => 0x7fffffff),
  ],
  [
    "the names' size, past the end",
    header(".strtab", "sh_size", 0x7fffffff),
    outside(".strtab", () => 0x7fffffff, contents(".strtab", 0)),
  ],
  [
    "a symbol's name",
    symbol(2, "st_name", sizeOf(".strtab")),
    one(
      "elf-symbol-name",
      (file) => {
        const size = sizeOf(".strtab")(file);
        return `symbol 2 is corrupt: its name is at ${size} of a string table of ${size} bytes`;
      },
      ".symtab",
    ),
  ],
  [
    "a symbol's section, behind the last",
    symbol(2, "st_shndx", count),
    one(
      "elf-symbol-section",
      (file) =>
        `symbol 2 is corrupt: its section index is ${count(file)} in a file of ${count(file)} sections`,
      ".symtab",
    ),
  ],
  [
    "a symbol's section, the last that is not reserved",
    symbol(3, "st_shndx", 0xfeff),
    one(
      "elf-symbol-section",
      (file) =>
        `symbol 3 is corrupt: its section index is 65279 in a file of ${count(file)} sections`,
      ".symtab",
    ),
  ],
  [
    "a symbol's section, in a table of its own",
    symbol(1, "st_shndx", 0xffff),
    one(
      "elf-symbol-section",
      (file) =>
        `symbol 1 is corrupt: its section index is 65535 in a file of ${count(file)} sections`,
      ".symtab",
    ),
  ],
];

describe.each(Object.entries(FILES))("%s is refused for", (_, file) => {
  test.each(rows)("%s", (_, breaks, says) => {
    expect(refusalOf(breaks(file))).toEqual(says(file));
  });
});

describe("what is read only for the symbols", () => {
  test("is not judged beyond them", () => {
    const file = FILES.vmlinux;
    const harmless: readonly Uint8Array[] = [
      header(".text", "sh_offset", 0x7fffffff)(file),
      header(".text", "sh_size", 0x7fffffff)(file),
      header(".symtab", "sh_info", 1000)(file),
      header(".strtab", "sh_link", 1000)(file),
      header(".data", "sh_addralign", 3)(file),
      broken(file, 0, "e_phnum", 3),
      broken(file, 0, "e_ehsize", 3),
    ];
    for (const bytes of harmless) expect(listOf({ bytes })).toEqual(listOf({ bytes: file.bytes }));
  });

  test("may be a name of a section up to 1024 bytes", () => {
    const named = (length: number) =>
      buildModule({ sections: [{ name: "s".repeat(length), flags: SHF.ALLOC }] });
    expect(listOf({ bytes: named(1024).bytes }).said).toEqual([]);
    expect(refusalOf(named(1025).bytes)).toEqual([
      {
        code: "elf-section-name",
        message: "section 6 is corrupt: its name has more than 1024 bytes",
      },
    ]);
  });

  test("may be an empty table", () => {
    expect(listOf({ bytes: header(".symtab", "sh_size", 0)(FILES.module) })).toEqual({
      list: "klp-convert-symbol-data.0.1\n*demo\n",
      said: [],
    });
  });

  test.each([
    [".modinfo", "sh_offset", 0x7fffffff],
    [".modinfo", "sh_size", 0x7fffffff],
    [".modinfo", "sh_type", 8],
    [".modinfo", "sh_size", 0],
  ] as const)("leaves a module without a name if it cannot be had: %s, %s", (section, field, value) => {
    expect(refusalOf(header(section, field, value)(FILES.module))).toEqual([
      {
        code: "source-object",
        message: "the module does not say its name: .modinfo has no name=",
      },
    ]);
  });

  test("all faults come out of one run, up to a hundred", () => {
    const many = buildModule({
      symbols: Array.from({ length: 150 }, (_, at) => ({ name: `f${at}`, section: 0x1000 })),
    });
    const faults = refusalOf(many.bytes);
    expect(faults).toHaveLength(101);
    expect(faults[100]!.message).toBe("50 more errors not shown");
  });
});
