// SPDX-License-Identifier: GPL-2.0-only
import { describe, expect, test } from "vitest";
import { Diagnostics, Refusal } from "../../src/diagnostics.js";
import { removeSections, writeElf } from "../../src/elf/index.js";
import { buildElf, type ElfDescription, SHF, SHN, SHT, STB, STT } from "../elf-builder.js";
import { accepted, type Fault, faultsIn, file, opened, written } from "./outcome.js";
import { outline } from "./outline.js";
import { expectNoWarningOfReadelf } from "./readelf.js";
import { type Pair, pairs } from "./record-fields.js";
import { filler, relayout } from "./relayout.js";

/**
 * What is to be removed (`.gone…`) stands between what stays, so that each index moves by another
 * amount. Whatever can refer to a section or symbol does, from both sides.
 */
function description(pair: Pair): ElfDescription {
  return {
    ...pair,
    sections: [
      {
        name: ".gone.first",
        flags: SHF.ALLOC,
        data: "first",
      },
      {
        name: ".group.a",
        type: SHT.GROUP,
        words: [1, ".text.a", ".gone.a", ".rela.gone.a", ".rela.text.a"],
        entsize: 4,
        addralign: 4,
        link: ".symtab",
        info: "a",
      },
      {
        name: ".group.b",
        type: SHT.GROUP,
        words: [1, ".rela.gone.b", ".gone.b"],
        entsize: 4,
        addralign: 4,
        link: ".symtab",
        info: "b",
      },
      { name: ".text", flags: SHF.ALLOC | SHF.EXECINSTR, size: 16, addralign: 16 },
      { name: ".gone.a", flags: SHF.ALLOC | SHF.GROUP, size: 8 },
      { name: ".text.a", flags: SHF.ALLOC | SHF.EXECINSTR | SHF.GROUP, size: 8, addralign: 4 },
      { name: ".gone.b", flags: SHF.ALLOC | SHF.GROUP, size: 8 },
      { name: ".ordered", flags: SHF.ALLOC | SHF.LINK_ORDER, size: 8, link: ".text.a" },
      { name: ".infoed", flags: SHF.INFO_LINK, data: "i", link: ".ordered", info: ".text.a" },
      { name: ".plain", type: 0x60000001, data: "p", info: 4 },
      { name: ".debug", size: 64 },
    ],
    symbols: [
      { name: "", section: ".gone.first", bind: STB.LOCAL, type: STT.SECTION },
      { name: "", section: ".text", bind: STB.LOCAL, type: STT.SECTION },
      { name: "gone_local", section: ".gone.first", bind: STB.LOCAL },
      { name: "", section: ".text.a", bind: STB.LOCAL, type: STT.SECTION },
      { name: "gone_b_local", section: ".gone.b", bind: STB.LOCAL },
      { name: "a_local", section: ".text.a", bind: STB.LOCAL, value: 4 },
      { name: "gone_global", section: ".gone.first" },
      { name: "a", section: ".text.a", type: STT.FUNC },
      { name: "gone_weak", section: ".gone.a", bind: STB.WEAK },
      { name: "b" },
      { name: "shared", section: "common" },
      { name: "fixed", section: "abs", value: 0x77 },
      { name: "names", section: ".shstrtab" },
      { name: "special", section: SHN.LORESERVE },
    ],
    relocations: [
      { section: ".gone.first", entries: [{ offset: 0, type: 1, symbol: "b" }] },
      {
        section: ".text",
        entries: [
          { offset: 0, type: 1, symbol: "b", addend: -4 },
          { offset: 4, type: 2, symbol: 4, addend: 8 },
          { offset: 8, type: 3, symbol: "a_local" },
        ],
      },
      {
        section: ".gone.a",
        flags: SHF.INFO_LINK | SHF.GROUP,
        entries: [{ offset: 0, type: 1, symbol: "gone_weak" }],
      },
      {
        section: ".text.a",
        flags: SHF.INFO_LINK | SHF.GROUP,
        entries: [{ offset: 0, type: 1, symbol: "fixed" }],
      },
      {
        section: ".gone.b",
        flags: SHF.INFO_LINK | SHF.GROUP,
        entries: [],
      },
      {
        section: ".debug",
        entries: [
          { offset: 0, type: 1, symbol: "gone_local" },
          { offset: 40, type: 1, symbol: "a_local", addend: 1 },
          { offset: 8, type: 1, symbol: "gone_weak" },
          { offset: 16, type: 1, symbol: 1, addend: 4 },
          { offset: 32, type: 1, symbol: "shared" },
          { offset: 24, type: 2, symbol: 0 },
          { offset: 0, type: 7, symbol: "a", addend: -1 },
          { offset: 48, type: 1, symbol: "gone_b_local" },
        ],
      },
    ],
  };
}

const GONE = [".gone.first", ".gone.a", ".gone.b"];

function removed(bytes: Uint8Array, ...batches: readonly (readonly string[])[]): Uint8Array {
  const original = bytes.slice();
  const object = opened(bytes);
  for (const names of batches) {
    accepted((diagnostics) => {
      const chosen = object.sections.filter((section) => names.includes(section.name));
      expect(chosen).toHaveLength(names.length);
      removeSections(object, chosen, diagnostics);
    });
  }
  const result = written(object);
  expect(Buffer.compare(bytes, original)).toBe(0);
  return result;
}

describe.each(pairs)("removing sections from ELF$class $order", (pair) => {
  const bytes = buildElf(description(pair));
  const result = removed(bytes, GONE);

  test("takes all that has no meaning without them, and corrects every index", () => {
    expect(outline(bytes)).toMatchInlineSnapshot(`
      "sections 21
      shstrndx 20
      sections
      [0] NULL flags 0x0 link 0 info 0
      [1] PROGBITS flags 0x2 link 0 info 0 .gone.first
      [2] GROUP flags 0x0 link 18 info 8 .group.a
      [3] GROUP flags 0x0 link 18 info 10 .group.b
      [4] PROGBITS flags 0x6 link 0 info 0 .text
      [5] PROGBITS flags 0x202 link 0 info 0 .gone.a
      [6] PROGBITS flags 0x206 link 0 info 0 .text.a
      [7] PROGBITS flags 0x202 link 0 info 0 .gone.b
      [8] PROGBITS flags 0x82 link 6 info 0 .ordered
      [9] PROGBITS flags 0x40 link 8 info 6 .infoed
      [10] 0x60000001 flags 0x0 link 0 info 4 .plain
      [11] PROGBITS flags 0x0 link 0 info 0 .debug
      [12] RELA flags 0x40 link 18 info 1 .rela.gone.first
      [13] RELA flags 0x40 link 18 info 4 .rela.text
      [14] RELA flags 0x240 link 18 info 5 .rela.gone.a
      [15] RELA flags 0x240 link 18 info 6 .rela.text.a
      [16] RELA flags 0x240 link 18 info 7 .rela.gone.b
      [17] RELA flags 0x40 link 18 info 11 .rela.debug
      [18] SYMTAB flags 0x0 link 19 info 7 .symtab
      [19] STRTAB flags 0x0 link 0 info 0 .strtab
      [20] STRTAB flags 0x0 link 0 info 0 .shstrtab
      symbols [18] .symtab
      0 0 NOTYPE LOCAL DEFAULT UND
      1 0 SECTION LOCAL DEFAULT 1 [.gone.first]
      2 0 SECTION LOCAL DEFAULT 4 [.text]
      3 0 NOTYPE LOCAL DEFAULT 1 gone_local
      4 0 SECTION LOCAL DEFAULT 6 [.text.a]
      5 0 NOTYPE LOCAL DEFAULT 7 gone_b_local
      6 4 NOTYPE LOCAL DEFAULT 6 a_local
      7 0 NOTYPE GLOBAL DEFAULT 1 gone_global
      8 0 FUNC GLOBAL DEFAULT 6 a
      9 0 NOTYPE WEAK DEFAULT 5 gone_weak
      10 0 NOTYPE GLOBAL DEFAULT UND b
      11 0 NOTYPE GLOBAL DEFAULT COM shared
      12 77 NOTYPE GLOBAL DEFAULT ABS fixed
      13 0 NOTYPE GLOBAL DEFAULT 20 names
      14 0 NOTYPE GLOBAL DEFAULT 0xff00 special
      relocations [12] .rela.gone.first for [1] .gone.first
      0 type 1 symbol 10 + 0 b
      relocations [13] .rela.text for [4] .text
      0 type 1 symbol 10 - 4 b
      4 type 2 symbol 4 + 8 [.text.a]
      8 type 3 symbol 6 + 0 a_local
      relocations [14] .rela.gone.a for [5] .gone.a
      0 type 1 symbol 9 + 0 gone_weak
      relocations [15] .rela.text.a for [6] .text.a
      0 type 1 symbol 12 + 0 fixed
      relocations [16] .rela.gone.b for [7] .gone.b
      relocations [17] .rela.debug for [11] .debug
      0 type 1 symbol 3 + 0 gone_local
      28 type 1 symbol 6 + 1 a_local
      8 type 1 symbol 9 + 0 gone_weak
      10 type 1 symbol 1 + 4 [.gone.first]
      20 type 1 symbol 11 + 0 shared
      18 type 2 symbol 0 + 0
      0 type 7 symbol 8 - 1 a
      30 type 1 symbol 5 + 0 gone_b_local
      group [2] .group.a flags 0x1 signature a
      [6] .text.a
      [5] .gone.a
      [14] .rela.gone.a
      [15] .rela.text.a
      group [3] .group.b flags 0x1 signature b
      [16] .rela.gone.b
      [7] .gone.b"
    `);
    expect(outline(result)).toMatchInlineSnapshot(`
      "sections 14
      shstrndx 13
      sections
      [0] NULL flags 0x0 link 0 info 0
      [1] GROUP flags 0x0 link 11 info 4 .group.a
      [2] PROGBITS flags 0x6 link 0 info 0 .text
      [3] PROGBITS flags 0x206 link 0 info 0 .text.a
      [4] PROGBITS flags 0x82 link 3 info 0 .ordered
      [5] PROGBITS flags 0x40 link 4 info 3 .infoed
      [6] 0x60000001 flags 0x0 link 0 info 4 .plain
      [7] PROGBITS flags 0x0 link 0 info 0 .debug
      [8] RELA flags 0x40 link 11 info 2 .rela.text
      [9] RELA flags 0x240 link 11 info 3 .rela.text.a
      [10] RELA flags 0x40 link 11 info 7 .rela.debug
      [11] SYMTAB flags 0x0 link 12 info 4 .symtab
      [12] STRTAB flags 0x0 link 0 info 0 .strtab
      [13] STRTAB flags 0x0 link 0 info 0 .shstrtab
      symbols [11] .symtab
      0 0 NOTYPE LOCAL DEFAULT UND
      1 0 SECTION LOCAL DEFAULT 2 [.text]
      2 0 SECTION LOCAL DEFAULT 3 [.text.a]
      3 4 NOTYPE LOCAL DEFAULT 3 a_local
      4 0 FUNC GLOBAL DEFAULT 3 a
      5 0 NOTYPE GLOBAL DEFAULT UND b
      6 0 NOTYPE GLOBAL DEFAULT COM shared
      7 77 NOTYPE GLOBAL DEFAULT ABS fixed
      8 0 NOTYPE GLOBAL DEFAULT 13 names
      9 0 NOTYPE GLOBAL DEFAULT 0xff00 special
      relocations [8] .rela.text for [2] .text
      0 type 1 symbol 5 - 4 b
      4 type 2 symbol 2 + 8 [.text.a]
      8 type 3 symbol 3 + 0 a_local
      relocations [9] .rela.text.a for [3] .text.a
      0 type 1 symbol 7 + 0 fixed
      relocations [10] .rela.debug for [7] .debug
      28 type 1 symbol 3 + 1 a_local
      20 type 1 symbol 6 + 0 shared
      18 type 2 symbol 0 + 0
      0 type 7 symbol 4 - 1 a
      group [1] .group.a flags 0x1 signature a
      [3] .text.a
      [9] .rela.text.a"
    `);
  });

  test("is no different for a file that never had them", () => {
    const { sections, symbols, relocations } = description(pair);
    const isGone = (name: unknown) => String(name).startsWith(".gone");
    const without = buildElf({
      ...pair,
      sections: sections!
        .filter(({ name }) => !isGone(name) && name !== ".group.b")
        .map((section) =>
          section.name === ".group.a"
            ? { ...section, words: [1, ".text.a", ".rela.text.a"] }
            : section,
        ),
      symbols: symbols!.filter(({ section }) => !isGone(section)),
      relocations: relocations!
        .filter(({ section }) => !isGone(section))
        .map(({ entries, ...relocation }) => ({
          ...relocation,
          entries: entries
            .filter(({ symbol }) => symbol !== 1 && !String(symbol).startsWith("gone"))
            .map((entry) => ({ ...entry, symbol: entry.symbol === 4 ? 2 : entry.symbol })),
        })),
    });
    expect(outline(result)).toBe(outline(without));
  });

  test("leaves what readelf reads without a warning", () => {
    expectNoWarningOfReadelf(bytes);
    expectNoWarningOfReadelf(result);
  });

  test("is the same in one step, in several, and once more", () => {
    expect(removed(bytes, [".gone.b"], [".gone.first"], [".gone.a"])).toEqual(result);
    expect(removed(bytes, GONE, [], GONE)).toEqual(result);
  });

  test("is the same wherever the contents lie", () => {
    const count = opened(bytes).sections.length;
    const indices = Array.from({ length: count - 1 }, (_, index) => count - 1 - index);
    const pieces = indices.flatMap((index) => [filler(index % 5, 0xbb), index]);
    const moved = removed(relayout(bytes, ["header table", ...pieces]), GONE);
    expect(outline(moved)).toBe(outline(result));
    expectNoWarningOfReadelf(moved);
  });

  test("of a group takes its memberships only with the last of them", () => {
    const one = outline(removed(bytes, [".gone.a"]));
    expect(one).toContain(
      "group [2] .group.a flags 0x1 signature a\n[5] .text.a\n[13] .rela.text.a\n",
    );
    expect(one).toContain(
      "group [3] .group.b flags 0x1 signature b\n[14] .rela.gone.b\n[6] .gone.b",
    );
    const object = opened(bytes);
    accepted((diagnostics) => {
      removeSections(object, [object.sections[7]!], diagnostics);
    });
    // .gone.b took .rela.gone.b with it, and both together the group.
    expect(object.sections.filter((section) => section.removed).map(({ name }) => name)).toEqual([
      ".group.b",
      ".gone.b",
      ".rela.gone.b",
    ]);
  });

  test("takes the padding in front of them, too", () => {
    const padded = buildElf({
      ...pair,
      sections: [
        { name: ".first", data: "first" },
        { name: ".gone", data: "gone", addralign: 4096 },
        { name: ".second", data: "second" },
      ],
    });
    expect(padded.length).toBeGreaterThan(4096);
    expect(removed(padded, [".gone"]).length).toBeLessThan(1024);
  });

  test("of none changes nothing", () => {
    expect(removed(bytes, [])).toEqual(bytes);
  });

  test("keeps a group that had no member to begin with", () => {
    const empty = buildElf({
      ...pair,
      sections: [
        { name: ".gone", data: "gone" },
        { name: ".group", type: SHT.GROUP, words: [0], link: ".symtab", info: "s", entsize: 4 },
      ],
      symbols: [{ name: "s" }],
    });
    expect(outline(removed(empty, [".gone"]))).toContain("group [1] .group flags 0x0 signature s");
  });

  test("tells apart sections of one name", () => {
    const twins = buildElf({
      ...pair,
      sections: [
        { name: ".twin", flags: SHF.ALLOC, data: "first" },
        { name: ".twin", flags: SHF.ALLOC, data: "second" },
      ],
      symbols: [{ name: "one", section: 1 }, { name: "two", section: 2 }, { name: "out" }],
      relocations: [
        { section: 1, entries: [{ offset: 1, type: 1, symbol: "out" }] },
        { section: 2, entries: [{ offset: 2, type: 1, symbol: "two" }] },
      ],
    });
    const object = opened(twins);
    accepted((diagnostics) => removeSections(object, [object.sections[1]!], diagnostics));
    expect(outline(written(object))).toBe(
      [
        "sections 6",
        "shstrndx 5",
        "sections",
        "[0] NULL flags 0x0 link 0 info 0",
        "[1] PROGBITS flags 0x2 link 0 info 0 .twin",
        "[2] RELA flags 0x40 link 3 info 1 .rela.twin",
        "[3] SYMTAB flags 0x0 link 4 info 1 .symtab",
        "[4] STRTAB flags 0x0 link 0 info 0 .strtab",
        "[5] STRTAB flags 0x0 link 0 info 0 .shstrtab",
        "symbols [3] .symtab",
        "0 0 NOTYPE LOCAL DEFAULT UND",
        "1 0 NOTYPE GLOBAL DEFAULT 1 two",
        "2 0 NOTYPE GLOBAL DEFAULT UND out",
        "relocations [2] .rela.twin for [1] .twin",
        "2 type 1 symbol 1 + 0 two",
      ].join("\n"),
    );
  });
});

describe.each(pairs)("what refers to a removed section of ELF$class $order is an error", (pair) => {
  const gone = { name: ".gone", flags: SHF.ALLOC, data: "gone" };
  const symbols = [
    { name: "", section: ".gone", bind: STB.LOCAL, type: STT.SECTION },
    { name: "gone", section: ".gone" },
  ];
  const note = "a section that is removed may be used by sections that are not loaded only";

  function faults(changes: ElfDescription): readonly Fault[] {
    const object = opened(buildElf({ ...pair, ...changes }));
    const chosen = object.sections.filter((section) => section.name === ".gone");
    const diagnostics = new Diagnostics(file);
    removeSections(object, chosen, diagnostics);
    // What was found then keeps the writer from writing anything.
    if (diagnostics.failed) {
      expect(() => writeElf(object, diagnostics)).toThrow(new Refusal(file));
    } else {
      expectNoWarningOfReadelf(written(object));
    }
    return faultsIn(diagnostics);
  }

  test("a relocation of a loaded section, each of them", () => {
    expect(
      faults({
        sections: [
          gone,
          { name: ".text", flags: SHF.ALLOC, size: 16 },
          { name: ".debug", size: 8 },
        ],
        symbols: [...symbols, { name: "out" }],
        relocations: [
          {
            section: ".text",
            entries: [
              { offset: 8, type: 1, symbol: "gone" },
              { offset: 4, type: 1, symbol: "out" },
              { offset: 0, type: 1, symbol: 1 },
            ],
          },
          { section: ".debug", entries: [{ offset: 0, type: 1, symbol: "gone" }] },
        ],
      }),
    ).toEqual([
      {
        code: "reference-to-removed",
        message: "the relocation refers to gone, which goes with section .gone",
        section: ".text",
        offset: 8,
        symbol: "gone",
        notes: [note],
      },
      {
        code: "reference-to-removed",
        message: "the relocation refers to .gone, which goes with section .gone",
        section: ".text",
        offset: 0,
        symbol: "",
        notes: [note],
      },
    ]);
  });

  test.each([
    ["in .data", SHF.ALLOC | SHF.WRITE, SHT.PROGBITS],
    ["in a note", SHF.ALLOC, SHT.NOTE],
  ])("a relocation %s", (_, flags, type) => {
    expect(
      faults({
        sections: [gone, { name: ".user", type, flags, size: 8 }],
        symbols,
        relocations: [{ section: ".user", entries: [{ offset: 0, type: 1, symbol: "gone" }] }],
      }),
    ).toHaveLength(1);
  });

  test("a section in the order of the removed one", () => {
    expect(
      faults({
        sections: [gone, { name: ".ordered", flags: SHF.LINK_ORDER, data: "x", link: ".gone" }],
      }),
    ).toEqual([
      {
        code: "reference-to-removed",
        message: "section 2 is linked to .gone, which is removed",
        section: ".ordered",
      },
    ]);
  });

  test("a section that SHF_INFO_LINK binds to the removed one", () => {
    expect(
      faults({
        sections: [{ name: ".bound", flags: SHF.INFO_LINK, data: "x", info: ".gone" }, gone],
      }),
    ).toEqual([
      {
        code: "reference-to-removed",
        message: "section 1 belongs to .gone, which is removed",
        section: ".bound",
      },
    ]);
  });

  test("a group whose signature goes, but not one that goes with it", () => {
    const group = (name: string, member: string) => ({
      name,
      type: SHT.GROUP,
      words: [1, member],
      entsize: 4,
      addralign: 4,
      link: ".symtab",
      info: "gone",
    });
    expect(
      faults({
        sections: [
          group(".group.stays", ".data"),
          gone,
          { name: ".data", data: "data" },
          group(".group.goes", ".gone"),
        ],
        symbols,
      }),
    ).toEqual([
      {
        code: "reference-to-removed",
        message: "the group's signature is gone, which is removed",
        section: ".group.stays",
      },
    ]);
  });

  test("the symbols' names", () => {
    expect(
      faults({
        sections: [{ name: ".gone", type: SHT.STRTAB, data: "\0" }],
      }),
    ).toEqual([]);
    const object = opened(buildElf(pair));
    const diagnostics = new Diagnostics(file);
    removeSections(object, [object.sections[2]!], diagnostics);
    expect(faultsIn(diagnostics)).toEqual([
      {
        code: "reference-to-removed",
        message: "section 1 is linked to .strtab, which is removed",
        section: ".symtab",
      },
    ]);
  });

  const addrsig = { name: ".llvm_addrsig", type: 0x6fff4c03, data: [1], link: ".symtab" };

  test("a section of unknown type that counts symbols", () => {
    expect(faults({ sections: [addrsig, gone], symbols })).toEqual([
      {
        code: "unknown-symbol-indices",
        message:
          "section 1 has type 0x6fff4c03 and refers to symbols in a way this tool does not know",
        section: ".llvm_addrsig",
        notes: [
          "if it is not needed, remove it first: objcopy --remove-section=.llvm_addrsig in.ko",
        ],
      },
    ]);
  });

  test("not a section of unknown type, while no symbol goes", () => {
    expect(faults({ sections: [addrsig, gone], symbols: [{ name: "stays" }] })).toEqual([]);
  });

  test("several at once, in section order", () => {
    expect(
      faults({
        sections: [
          addrsig,
          gone,
          { name: ".ordered", flags: SHF.ALLOC | SHF.LINK_ORDER, size: 8, link: ".gone" },
        ],
        symbols,
        relocations: [{ section: ".ordered", entries: [{ offset: 0, type: 1, symbol: "gone" }] }],
      }).map(({ section, code }) => [section, code]),
    ).toEqual([
      [".llvm_addrsig", "unknown-symbol-indices"],
      [".ordered", "reference-to-removed"],
      [".ordered", "reference-to-removed"],
    ]);
  });
});
