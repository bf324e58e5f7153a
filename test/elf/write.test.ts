// SPDX-License-Identifier: GPL-2.0-only
import { describe, expect, test } from "vitest";
import {
  type ElfObject,
  type NewSection,
  Relocations,
  readElf,
  SHN_LIVEPATCH,
  writeElf,
} from "../../src/elf/index.js";
import { buildElf, SHF, SHT } from "../elf-builder.js";
import { dumpElf } from "../elf-dump.js";
import { accepted, opened, refused, written } from "./outcome.js";
import { outline, tidy } from "./outline.js";
import { expectNoWarningOfReadelf } from "./readelf.js";
import {
  headerAt,
  type Pair,
  pairOf,
  pairs,
  type peek,
  peekNumber,
  poke,
  recordFields,
} from "./record-fields.js";
import { contentsOf, filler, type Piece, relayout } from "./relayout.js";
import { sample, sampleDescription } from "./sample.js";

const indices = Array.from({ length: 13 }, (_, index) => index + 1);

function newSection(changes: Partial<NewSection> = {}): NewSection {
  return {
    name: ".new",
    type: SHT.PROGBITS,
    flags: 0,
    link: 0,
    info: 0,
    addralign: 1,
    entsize: 0,
    data: Uint8Array.of(1, 2, 3),
    ...changes,
  };
}

/** The lines of the dumps that differ, before and after. */
function changedLines(before: Uint8Array, after: Uint8Array): [string, string][] {
  const old = dumpElf(before).split("\n");
  const made = dumpElf(after).split("\n");
  expect(made).toHaveLength(old.length);
  return old.flatMap((line, at): [string, string][] =>
    line === made[at] ? [] : [[tidy(line), tidy(made[at]!)]],
  );
}

function offsets(bytes: Uint8Array): number[] {
  const count = peekNumber(bytes, 0, "e_shnum");
  return Array.from({ length: count }, (_, index) =>
    peekNumber(bytes, headerAt(bytes, index), "sh_offset"),
  );
}

function text(bytes: Uint8Array, section: number): string {
  return Buffer.from(contentsOf(bytes, section)).toString("latin1");
}

/** Everything about sections 1 to 13 but where they are, and but the size of those in `changed`. */
function expectSame(before: Uint8Array, after: Uint8Array, changed: readonly number[] = []): void {
  for (const index of indices) {
    if (!changed.includes(index)) expect(text(after, index)).toBe(text(before, index));
    const [old, made] = [before, after].map((bytes) => {
      const { size } = recordFields[pairOf(bytes).class].shdr;
      const at = headerAt(bytes, index);
      const header = bytes.slice(at, at + size);
      poke(header, 0, "sh_offset", 0, pairOf(bytes));
      if (changed.includes(index)) poke(header, 0, "sh_size", 0, pairOf(bytes));
      return header;
    });
    expect(made).toEqual(old);
  }
}

describe.each(pairs)("writing ELF$class $order", (pair) => {
  const { bytes } = sample(pair);
  const { shdr, sym } = recordFields[pair.class];

  function edited(input: Uint8Array, edit: (object: ElfObject) => void): Uint8Array {
    const original = input.slice();
    const object = opened(input);
    edit(object);
    const result = written(object);
    // Writing twice gives the same, and neither run writes into the input.
    expect(Buffer.compare(written(object), result)).toBe(0);
    expect(Buffer.compare(input, original)).toBe(0);
    return result;
  }

  describe("a new section", () => {
    const added = newSection({
      name: ".klp.rela.vmlinux.text",
      type: SHT.RELA,
      flags: SHF.ALLOC | SHF.INFO_LINK | SHF.RELA_LIVEPATCH,
      link: 11,
      info: 2,
      addralign: pair.class / 8,
      entsize: recordFields[pair.class].rela.size,
      data: contentsOf(bytes, 8).slice(),
    });
    const result = edited(bytes, (object) => {
      const section = object.addSection(added);
      expect([section.index, section.name, section.fileOffset]).toEqual([
        14,
        added.name,
        undefined,
      ]);
      expect(section.isLoaded).toBe(true);
    });

    test("comes last, with every field that was asked for", () => {
      expect(peekNumber(result, 0, "e_shnum")).toBe(15);
      const at = headerAt(result, 14);
      const field = (name: Parameters<typeof peek>[2]) => peekNumber(result, at, name);
      expect(field("sh_type")).toBe(4);
      expect(field("sh_flags")).toBe(0x100042);
      expect(field("sh_addr")).toBe(0);
      expect(field("sh_size")).toBe(added.data.length);
      expect(field("sh_link")).toBe(11);
      expect(field("sh_info")).toBe(2);
      expect(field("sh_addralign")).toBe(pair.class / 8);
      expect(field("sh_entsize")).toBe(3 * (pair.class / 8));
      expect(field("sh_offset") % (pair.class / 8)).toBe(0);
      expect(text(result, 14)).toBe(text(bytes, 8));
      expect(dumpElf(result)).toMatch(/\[14\] +RELA .* \.klp\.rela\.vmlinux\.text\n/);
    });

    test("leaves all others as they were, and where they were", () => {
      expectSame(bytes, result, [13]);
      expect(offsets(result).slice(0, 14)).toEqual(offsets(bytes));
      const end = offsets(bytes)[13]!;
      expect(Buffer.compare(withoutTable(result, end), withoutTable(bytes, end))).toBe(0);
    });

    test("adds its name to the section names and nothing else", () => {
      expect(text(result, 13)).toBe(`${text(bytes, 13)}.klp.rela.vmlinux.text\0`);
    });

    test("leaves the section header table last", () => {
      expect(peekNumber(result, 0, "e_shoff") + 15 * shdr.size).toBe(result.length);
      expect(peekNumber(result, 0, "e_shoff") % (pair.class / 8)).toBe(0);
    });

    test("satisfies readelf", () => {
      expectNoWarningOfReadelf(result);
    });
  });

  test("new sections of one name share it and stay two, in the order they were added", () => {
    const result = edited(bytes, (object) => {
      object.addSection(newSection({ data: Uint8Array.of(1) }));
      object.addSection(newSection({ data: Uint8Array.of(2, 2) }));
      object.addSection(newSection({ name: ".other", data: new Uint8Array(0), link: 14 }));
    });
    expect(text(result, 13)).toBe(`${text(bytes, 13)}.new\0.other\0`);
    expect([14, 15, 16].map((index) => text(result, index))).toEqual(["\x01", "\x02\x02", ""]);
    expect(peekNumber(result, headerAt(result, 16), "sh_link")).toBe(14);
    expectSame(bytes, result, [13]);
    expectNoWarningOfReadelf(result);
  });

  test.each([
    ["first", ["header table", ...indices]],
    ["in the middle", [...indices.slice(0, 5), "header table", ...indices.slice(5)]],
  ] as [string, Piece[]][])("a section header table that is %s grows there", (_, pieces) => {
    const input = relayout(bytes, pieces);
    const result = edited(input, (object) => object.addSection(newSection({ addralign: 16 })));
    expect(peekNumber(result, 0, "e_shoff")).toBe(peekNumber(input, 0, "e_shoff"));
    expect(peekNumber(result, 0, "e_shnum")).toBe(15);
    expect(text(result, 14)).toBe("\x01\x02\x03");
    expect(offsets(result)[14]! % 16).toBe(0);
    expect(offsets(result)[14]! + 3).toBe(result.length);
    expectSame(input, result, [13]);
  });

  describe("a renamed symbol", () => {
    const result = edited(bytes, (object) => {
      object.symbols.rename(4, ".klp.sym.vmlinux._printk,0");
      object.symbols.setSectionIndex(4, SHN_LIVEPATCH);
      expect(object.symbols.name(4)).toBe(".klp.sym.vmlinux._printk,0");
    });

    test("changes in name and section index, and nothing else does", () => {
      const strtab = "[12] STRTAB flags 0x0 link 0 info 0 .strtab";
      expect(changedLines(bytes, result)).toEqual([
        [strtab, strtab], // its size
        [
          "4 0 NOTYPE GLOBAL DEFAULT UND _printk",
          "4 0 NOTYPE GLOBAL DEFAULT LIVEPATCH .klp.sym.vmlinux._printk,0",
        ],
        ["4 type 1 symbol 4 - 4 _printk", "4 type 1 symbol 4 - 4 .klp.sym.vmlinux._printk,0"],
      ]);
      expectSame(bytes, result, [11, 12]);
    });

    test("has its name behind the others, the old one among them", () => {
      expect(text(result, 12)).toBe(`${text(bytes, 12)}.klp.sym.vmlinux._printk,0\0`);
    });

    test("moves what lies behind the grown table by whole alignments", () => {
      const [before, after] = [offsets(bytes), offsets(result)];
      for (const index of indices) {
        const align = peekNumber(bytes, headerAt(bytes, index), "sh_addralign");
        if (index <= 12) expect(after[index]).toBe(before[index]);
        expect((after[index]! - before[index]!) % align).toBe(0);
      }
      expect(after[13]).toBe(before[13]! + 27);
    });

    test("satisfies readelf", () => {
      expectNoWarningOfReadelf(result);
    });
  });

  test("symbols renamed alike share the name, one renamed twice has the last", () => {
    const result = edited(bytes, (object) => {
      object.symbols.rename(3, "first");
      object.symbols.rename(4, "same");
      object.symbols.rename(5, "same");
      object.symbols.rename(3, "last");
    });
    expect(text(result, 12)).toBe(`${text(bytes, 12)}last\0same\0`);
    const at = (symbol: number) => offsets(result)[11]! + symbol * sym.size;
    const names = [0, 1, 2, 3, 4, 5].map((each) => peekNumber(result, at(each), "st_name"));
    expect(names).toEqual([0, 0, 1, 31, 36, 36]);
  });

  test("names of any byte go out as those bytes", () => {
    const name = Array.from({ length: 255 }, (_, at) => String.fromCharCode(at + 1)).join("");
    const result = edited(bytes, (object) => {
      object.symbols.rename(5, name);
      object.addSection(newSection({ name }));
    });
    expect(text(result, 12)).toBe(`${text(bytes, 12)}${name}\0`);
    expect(text(result, 13)).toBe(`${text(bytes, 13)}${name}\0`);
    expect(opened(result).symbols.name(5)).toBe(name);
    expect(opened(result).sections[14]?.name).toBe(name);
  });

  test("section and symbol names grow in one table where there is one", () => {
    const input = buildElf({ ...sampleDescription(pair), oneStringTable: true });
    const result = edited(input, (object) => {
      object.symbols.rename(4, "both");
      object.symbols.rename(5, "symbol");
      object.addSection(newSection({ name: "both" }));
      object.addSection(newSection({ name: "section" }));
    });
    const grown = text(result, 12).slice(text(input, 12).length);
    expect(text(result, 12).startsWith(text(input, 12))).toBe(true);
    expect(grown.split("\0").sort()).toEqual(["", "both", "section", "symbol"]);
    const object = opened(result);
    expect([4, 5].map((symbol) => object.symbols.name(symbol))).toEqual(["both", "symbol"]);
    expect(object.sections.slice(-2).map((section) => section.name)).toEqual(["both", "section"]);
    expectNoWarningOfReadelf(result);
  });

  test("relocations taken out leave the others, in order", () => {
    const result = edited(bytes, (object) => {
      const section = object.sections[8]!;
      const entries = new Relocations(section.data, object.layout);
      section.data = entries.pick((entry) => entries.symbol(entry) !== 4);
    });
    const { size } = recordFields[pair.class].rela;
    expect(text(result, 8)).toBe(text(bytes, 8).slice(size));
    expectSame(bytes, result, [8]);
    expectNoWarningOfReadelf(result);
  });

  test("relocations that were all taken out leave an empty section", () => {
    const result = edited(bytes, (object) => {
      object.sections[8]!.data = new Uint8Array(0);
    });
    expect(peekNumber(result, headerAt(result, 8), "sh_size")).toBe(0);
    expectSame(bytes, result, [8]);
    expectNoWarningOfReadelf(result);
  });

  describe("a removed symbol", () => {
    const result = edited(bytes, (object) => {
      object.symbols.remove(2); // local_func
      object.symbols.remove(4); // _printk
      const isLeft = (section: number) => {
        const entries = new Relocations(object.sections[section]!.data, object.layout);
        return entries.pick((entry) => ![2, 4].includes(entries.symbol(entry)));
      };
      for (const section of [8, 10]) object.sections[section]!.data = isLeft(section);
    });

    test("goes also if it was renamed, and changes no other's name", () => {
      const renamed = edited(bytes, (object) => {
        for (const section of [8, 10]) object.sections[section]!.data = new Uint8Array(0);
        object.symbols.rename(2, "gone");
        object.symbols.rename(5, "stays");
        object.symbols.remove(2);
      });
      const { symbols } = opened(renamed);
      const names = Array.from({ length: symbols.count }, (_, symbol) => symbols.name(symbol));
      expect(names).toEqual(["", "", "once", "_printk", "stays"]);
    });

    test("corrects the indices of all that come after it, and of no section", () => {
      const expected = outline(bytes)
        .split("\n")
        .filter((line) => !/ (local_func|_printk)$/.test(line))
        .join("\n")
        .replace("link 11 info 3 .group", "link 11 info 2 .group")
        .replace("link 12 info 3 .symtab", "link 12 info 2 .symtab")
        .replace("\n3 4 FUNC GLOBAL HIDDEN 3 once", "\n2 4 FUNC GLOBAL HIDDEN 3 once")
        .replace("\n5 0 NOTYPE WEAK DEFAULT UND maybe", "\n3 0 NOTYPE WEAK DEFAULT UND maybe")
        .replace("type 4 symbol 5 + 0 maybe", "type 4 symbol 3 + 0 maybe");
      expect(outline(result)).toBe(expected);
      for (const index of [2, 3, 4, 5, 6, 7, 12, 13]) {
        expect(text(result, index)).toBe(text(bytes, index));
      }
    });

    test("leaves what readelf reads without a warning", () => {
      expectNoWarningOfReadelf(result);
    });
  });

  describe("what no header describes", () => {
    const inFront = Uint8Array.of(0, 1, 0);
    const between = filler(5, 0xb7);
    const behind = Uint8Array.of(0, 0, 0xee, 0);

    test("travels with what surrounds it", () => {
      const input = relayout(bytes, [
        inFront,
        12,
        13,
        between,
        ...indices.slice(0, -2),
        filler(6),
        "header table",
        behind,
      ]);
      const result = edited(input, (object) => {
        object.symbols.rename(4, "a name that needs room");
        object.addSection(newSection());
      });
      expectSame(input, result, [11, 12, 13]);
      const header = recordFields[pair.class].ehdr.size;
      expect(result.slice(header, header + 3)).toEqual(inFront);
      // In the order it was in: behind the section names, and behind the header table.
      const gap = Buffer.from(result).indexOf(between);
      expect(gap).toBe(offsets(result)[13]! + contentsOf(result, 13).length);
      expect(offsets(result)[1]!).toBeGreaterThanOrEqual(gap + between.length);
      const table = peekNumber(result, 0, "e_shoff") + 15 * shdr.size;
      expect(result.slice(table, table + behind.length)).toEqual(behind);
      // The new section comes after all of it.
      expect(offsets(result)[14]).toBe(table + behind.length);
      expect(result.length).toBe(table + behind.length + 3);
    });

    test("is not kept if it is zeros, once offsets change", () => {
      const input = relayout(bytes, [
        12,
        filler(4096),
        ...indices.filter((each) => each !== 12),
        "header table",
        filler(512),
      ]);
      const result = edited(input, (object) => object.symbols.rename(4, "grown"));
      expect(result.length).toBeLessThan(bytes.length + 64);
      expectSame(input, result, [11, 12]);
    });
  });

  test("offsets keep their residue modulo the alignment, also where it is not 0", () => {
    const input = relayout(bytes, [
      12,
      ...indices.filter((each) => each !== 12).flatMap((index) => [filler(1 + (index % 3)), index]),
      filler(1),
      "header table",
    ]);
    const result = edited(input, (object) => object.symbols.rename(4, "n".repeat(100)));
    const [before, after] = [offsets(input), offsets(result)];
    for (const index of indices) {
      const align = peekNumber(input, headerAt(input, index), "sh_addralign");
      expect(after[index]! % align).toBe(before[index]! % align);
    }
    expect(
      (peekNumber(result, 0, "e_shoff") - peekNumber(input, 0, "e_shoff")) % (pair.class / 8),
    ).toBe(0);
    expectSame(input, result, [11, 12]);
  });

  test.each([
    3n,
    2n ** 31n,
    2n ** 63n,
    2n ** 64n - 1n,
  ])("an sh_addralign of %s asks for a page of padding at most", (addralign) => {
    const input = relayout(bytes, [12, ...indices.filter((each) => each !== 12), "header table"]);
    for (const index of indices) poke(input, headerAt(input, index), "sh_addralign", addralign);
    const result = edited(input, (object) => object.symbols.rename(4, "grown"));
    expect(result.length).toBeLessThan(input.length + 14 * 4096);
    expectSame(input, result, [11, 12]);
  });

  test.each([
    1n,
    2n ** 32n - 1n,
    2n ** 63n,
  ])("SHT_NOBITS at sh_offset %s takes no room", (offset) => {
    const input = relayout(bytes, [12, ...indices.filter((each) => each !== 12), "header table"]);
    poke(input, headerAt(input, 5), "sh_offset", offset);
    const result = edited(input, (object) => object.symbols.rename(4, "grown"));
    expect(result.length).toBeLessThan(input.length + 128);
    expect(peekNumber(result, headerAt(result, 5), "sh_size")).toBe(4096);
    expectSame(input, result, [11, 12]);
  });
});

/** The contents up to `end`, without the header's count and place of the section header table. */
function withoutTable(bytes: Uint8Array, end: number): Uint8Array {
  const copy = bytes.slice(0, end);
  poke(copy, 0, "e_shoff", 0);
  poke(copy, 0, "e_shnum", 0);
  return copy;
}

describe.each(pairs)("what cannot be written as ELF$class $order is refused", (pair) => {
  test("one section more than can be numbered", () => {
    const sections = Array.from({ length: 0xfeff - 4 }, () => ({ name: "same" }));
    const object = opened(buildElf({ ...pair, sections }));
    object.addSection(newSection());
    expect(refused((diagnostics) => writeElf(object, diagnostics))).toEqual([
      {
        code: "elf-too-many-sections",
        message: "the result would have 65280 sections; a module can number 65279",
      },
    ]);
    // In exchange for another it is written.
    object.sections[1]!.removed = true;
    const result = written(object);
    expect(peekNumber(result, 0, "e_shnum")).toBe(0xfeff);
    expect(text(result, 0xfefe)).toBe("\x01\x02\x03");
  });
});

describe.each(pairs.filter((pair) => pair.class === 32))("ELF32 $order", (pair) => {
  test("is refused with more bytes than it can number", () => {
    const { bytes } = sample(pair);
    const object = opened(bytes);
    // One block of zeros that nothing touches, 64 times over: 4 GiB for the price of none.
    const data = new Uint8Array(2 ** 26);
    for (let count = 0; count < 64; count++) object.addSection(newSection({ data }));
    const faults = refused((diagnostics) => writeElf(object, diagnostics));
    expect(faults).toHaveLength(1);
    const [, size] = /^the result would have ([0-9]+) bytes; /.exec(faults[0]!.message)!;
    expect(faults[0]).toEqual({
      code: "elf-too-large",
      message: `the result would have ${size} bytes; ELFCLASS32 can number 4294967295`,
    });
    expect(Number(size)).toBeGreaterThan(2 ** 32);
    expect(Number(size)).toBeLessThan(2 ** 32 + 2 * bytes.length + 64 * 40);
  });
});

describe.each(pairs)("a removal that leaves ELF$class $order pointing at nothing", (pair) => {
  const { bytes } = sample(pair);

  function failure(remove: (object: ElfObject) => void): unknown {
    const object = accepted((diagnostics) => readElf(bytes, diagnostics));
    remove(object);
    return () => written(object);
  }

  const section = (index: number) => (object: ElfObject) => {
    object.sections[index]!.removed = true;
  };
  const symbol = (index: number) => (object: ElfObject) => object.symbols.remove(index);
  const both =
    (...edits: ((object: ElfObject) => void)[]) =>
    (object: ElfObject) => {
      for (const edit of edits) edit(object);
    };

  // Faults of the caller, not of a file: the text is for whoever finds one.
  test.each([
    ["a symbol's section", section(4), "symbol 1 refers to 4, which was removed"],
    ["a group's member", both(section(3), symbol(3)), "group 1 refers to 3, which was removed"],
    [
      "a link",
      both(section(2), section(8), symbol(2)),
      "section 6 (.ordered) refers to 2, which was removed",
    ],
    ["an info", section(7), "section 10 (.rela.debug_info) refers to 7, which was removed"],
    ["the section names", section(13), "the header's e_shstrndx refers to 13, which was removed"],
    ["the symbols' names", section(12), "section 11 (.symtab) refers to 12, which was removed"],
    ["a relocation's symbol", symbol(4), "section 8 (.rela.text) refers to 4, which was removed"],
    ["a group's signature", symbol(3), "section 1 (.group) refers to 3, which was removed"],
  ])("is an Error: %s", (_, remove, message) => {
    expect(failure(remove)).toThrow(new Error(message));
  });
});

test("an object is made of views of the input, and a written one of none", () => {
  const pair: Pair = pairs[0]!;
  const { bytes } = sample(pair);
  const object = opened(bytes);
  expect(object.sections[2]!.data.buffer).toBe(bytes.buffer);
  const result = written(object);
  result.fill(0);
  expect(opened(bytes).sections[2]!.data).toEqual(object.sections[2]!.data);
});
