// SPDX-License-Identifier: GPL-2.0-only

// Files made by hand to lead a reader astray, or to keep it busy: every function that takes a module
// says what is wrong, or works. Nothing is timed here; what is quadratic does not end within a test's
// time.

import { describe, expect, test } from "vitest";
import { diagnosticText } from "../../src/cli/diagnostic-text.js";
import { findingsText } from "../../src/cli/findings-text.js";
import { inspectionText } from "../../src/cli/inspection-text.js";
import { check, convert, type Diagnostic, inspect, SymbolSources } from "../../src/index.js";
import { buildElf, buildIndexedElf, type ElfDescription, SHF, SHT } from "../elf-builder.js";
import {
  buildIntermediate,
  describeIntermediate,
  LAYOUTS,
  symbolsList,
} from "../livepatch/intermediate.js";
import { type FieldName, peekNumber, poke, recordFields } from "./record-fields.js";

const SYMBOLS = symbolsList({ vmlinux: ["one"] });

/** Everything is tried; what conversion said, as `code: message`, errors only. */
function tryAll(module: Uint8Array): string[] {
  const { output, diagnostics } = convert(module, { file: "in.ko", symbols: SYMBOLS });
  const errors = errorsOf(diagnostics);
  expect(output === undefined).toBe(errors.length > 0);
  const checked = check(module, { symbols: SYMBOLS });
  expect(checked.examination ?? checked.plan ?? checked.form).toBeDefined();
  const inspected = inspect(module, { symbols: SYMBOLS });
  expect(inspected.module === null).toBe(errorsOf(inspected.diagnostics).length > 0 && !output);
  const sources = new SymbolSources();
  sources.add({ file: "in.ko", bytes: module });
  sources.list({ format: "0.2" });
  return errors;
}

function errorsOf(diagnostics: readonly Diagnostic[]): string[] {
  return diagnostics
    .filter(({ severity }) => severity === "error")
    .map(({ code, message }) => `${code}: ${message}`);
}

interface Built {
  readonly bytes: Uint8Array;
  readonly headerOffsets: readonly number[];
  readonly contentOffsets: readonly number[];
  readonly symbolOffsets: readonly number[];
  readonly sections: ReadonlyMap<string, number>;
}

/** A module with one of everything; `sections` are added at its end. */
function build(layout: (typeof LAYOUTS)[number], more: ElfDescription = {}): Built {
  const described = describeIntermediate({
    layout,
    undefined: ["one"],
    annotations: { vmlinux: [["one", 0]] },
    uses: { ".data": ["one"], ".debug_info": ["patched"] },
  });
  return buildIndexedElf({
    ...described,
    sections: [...described.sections!, ...(more.sections ?? [])],
    symbols: [...described.symbols!, ...(more.symbols ?? [])],
    relocations: [...described.relocations!, ...(more.relocations ?? [])],
  });
}

function setHeader(
  built: Built,
  section: string | number,
  field: FieldName,
  value: number | bigint,
) {
  const index = typeof section === "number" ? section : built.sections.get(section)!;
  poke(built.bytes, built.headerOffsets[index]!, field, value);
}

/** The file with new contents of a section behind its end. */
function withContents(built: Built, section: string, data: Uint8Array): Uint8Array {
  setHeader(built, section, "sh_offset", built.bytes.length);
  setHeader(built, section, "sh_size", data.length);
  const bytes = new Uint8Array(built.bytes.length + data.length);
  bytes.set(built.bytes);
  bytes.set(data, built.bytes.length);
  return bytes;
}

describe.each(LAYOUTS)("a number at the end of its range ($name)", (layout) => {
  const most = layout.class === 64 ? 2n ** 64n - 1n : 2n ** 32n - 1n;
  const contents = [
    ".text",
    ".data",
    ".debug_info",
    ".rela.data",
    ".symtab",
    ".strtab",
    ".shstrtab",
  ];

  test.each(contents)("as the size of %s", (section) => {
    for (const size of [most, most - 7n, most / 2n + 1n]) {
      const built = build(layout);
      setHeader(built, section, "sh_size", size);
      expect(tryAll(built.bytes)[0]).toMatch(
        /^elf-section-bounds: .* reach past the end of the file/,
      );
    }
  });

  test.each(contents)("as the offset of %s, which with the size begins anew at 0", (section) => {
    const built = build(layout);
    const header = built.headerOffsets[built.sections.get(section)!]!;
    const size = peekNumber(built.bytes, header, "sh_size");
    setHeader(built, section, "sh_offset", most - BigInt(size) + 1n);
    expect(tryAll(built.bytes)[0]).toMatch(/^elf-section-bounds: /);
  });

  test("as the offset of the section headers", () => {
    for (const offset of [most, most - 63n, most - 4095n]) {
      const built = build(layout);
      poke(built.bytes, 0, "e_shoff", offset);
      expect(tryAll(built.bytes)).toEqual([expect.stringMatching(/^elf-shoff: /)]);
    }
  });

  test("as a symbol's value and size, a relocation's offset, an alignment", () => {
    const built = build(layout);
    poke(built.bytes, built.symbolOffsets[1]!, "st_value", most);
    poke(built.bytes, built.symbolOffsets[1]!, "st_size", most);
    setHeader(built, ".data", "sh_addralign", most);
    setHeader(built, ".text", "sh_addr", most);
    expect(tryAll(built.bytes)).toEqual([]);
    const table = built.contentOffsets[built.sections.get(".rela.data")!]!;
    poke(built.bytes, table, "r_offset", most);
    expect(tryAll(built.bytes)).toEqual([expect.stringMatching(/^elf-relocation-offset: /)]);
  });

  test("as the size of a section that is not in the file", () => {
    const bss = { name: ".bss", type: SHT.NOBITS, flags: SHF.ALLOC | SHF.WRITE, size: 8 };
    const built = build(layout, { sections: [bss] });
    setHeader(built, ".bss", "sh_size", most);
    expect(tryAll(built.bytes)).toEqual([]);
  });
});

describe.each(LAYOUTS)("a size of 0 ($name)", (layout) => {
  test.each([".symtab", ".rela.data"])("of the entries of %s", (section) => {
    const built = build(layout);
    setHeader(built, section, "sh_entsize", 0);
    expect(tryAll(built.bytes)[0]).toMatch(
      /^elf-entsize: section \d+ is corrupt: sh_entsize is 0 /,
    );
  });

  test("of every section at once", () => {
    const built = build(layout);
    for (const index of built.headerOffsets.keys()) setHeader(built, index, "sh_size", 0);
    expect(tryAll(built.bytes)[0]).toMatch(/^elf-strtab: /);
  });

  test.each([
    ".modinfo",
    ".text",
    ".data",
    ".symtab",
    ".strtab",
    ".shstrtab",
    ".rela.data",
  ])("of %s", (section) => {
    const built = build(layout);
    setHeader(built, section, "sh_size", 0);
    tryAll(built.bytes);
  });

  test("of all there is between the ELF header and the section headers", () => {
    const { size } = recordFields[layout.class].ehdr;
    const built = build(layout);
    const table = peekNumber(built.bytes, 0, "e_shoff");
    const bytes = new Uint8Array([
      ...built.bytes.subarray(0, size),
      ...built.bytes.subarray(table),
    ]);
    poke(bytes, 0, "e_shoff", size);
    expect(tryAll(bytes).length).toBeGreaterThan(0);
  });
});

describe.each(LAYOUTS)("a reference that leads back ($name)", (layout) => {
  test.each([".symtab", ".strtab", ".rela.data", ".data"])("from %s to itself", (section) => {
    const built = build(layout);
    const index = built.sections.get(section)!;
    setHeader(built, index, "sh_link", index);
    setHeader(built, index, "sh_info", index);
    tryAll(built.bytes);
  });

  test("from every section to the next, and from the last to the first", () => {
    const built = build(layout);
    const count = built.headerOffsets.length;
    for (let index = 1; index < count; index++) {
      setHeader(built, index, "sh_link", index === count - 1 ? 1 : index + 1);
      setHeader(built, index, "sh_flags", SHF.LINK_ORDER | SHF.INFO_LINK | SHF.ALLOC);
      setHeader(built, index, "sh_info", index === count - 1 ? 1 : index + 1);
    }
    expect(tryAll(built.bytes).length).toBeGreaterThan(0);
  });

  test("from relocations to relocations", () => {
    const built = build(layout);
    const [one, two] = [".rela.data", ".rela.debug_info"].map((name) => built.sections.get(name)!);
    setHeader(built, one!, "sh_info", two!);
    setHeader(built, two!, "sh_info", one!);
    setHeader(built, one!, "sh_flags", SHF.ALLOC);
    setHeader(built, two!, "sh_flags", SHF.ALLOC);
    expect(tryAll(built.bytes)).toEqual([
      expect.stringMatching(
        /^relocated-table: one is used in \.rela\.debug_info, which has type 4/,
      ),
    ]);
  });

  test("from a group to itself", () => {
    const group = {
      name: ".group",
      type: SHT.GROUP,
      words: [1, ".group"],
      link: ".symtab",
      info: 1,
    };
    const built = build(layout, { sections: [group] });
    expect(tryAll(built.bytes)).toEqual([]);
  });
});

describe("what there should be one of", () => {
  test("a second symbol table, of its own and on the same bytes", () => {
    const second = { name: ".symtab2", type: SHT.SYMTAB, link: ".strtab", entsize: 24, size: 48 };
    const built = build(LAYOUTS[0], { sections: [second] });
    const [index, own] = [built.sections.get(".symtab2")!, built.sections.get(".symtab")!];
    const two = `elf-symtab: there are 2 symbol tables when a module has one: sections ${index}, ${own}`;
    expect(tryAll(built.bytes)).toEqual([two]);
    setHeader(built, index, "sh_offset", built.contentOffsets[own]!);
    expect(tryAll(built.bytes)).toEqual([expect.stringMatching(/^elf-overlap: /)]);
  });

  test("a string table that is the symbol table", () => {
    const built = build(LAYOUTS[0]);
    setHeader(built, ".symtab", "sh_link", built.sections.get(".symtab")!);
    expect(tryAll(built.bytes)).toEqual([expect.stringMatching(/^elf-strtab: /)]);
  });
});

describe("very many", () => {
  /** The sections of a module up to `count` of them, the null section among them. */
  function withSections(count: number): Uint8Array {
    const described = describeIntermediate({ undefined: ["one"], uses: { ".text": ["one"] } });
    const have = described.sections!.length + described.relocations!.length + 4;
    const more = Array.from({ length: count - have }, () => ({ name: "x" }));
    return buildElf({ ...described, sections: [...described.sections!, ...more] });
  }

  test("sections: 65,279 can be numbered, and not one more", () => {
    expect(tryAll(withSections(0xfeff - 1))).toEqual([]);
    expect(tryAll(withSections(0xfeff))).toEqual([
      "elf-too-many-sections: the result would have 65280 sections; a module can number 65279",
    ]);
    expect(tryAll(withSections(0xff00))).toEqual([
      "elf-shnum: e_shnum is 65280 when it should be 1 to 65279: the module loader knows no extended numbering",
    ]);
  }, 120_000);

  test("tables of relocations on the same bytes", () => {
    const [count, entries] = [3000, 10_000];
    for (const flags of [SHF.INFO_LINK, SHF.ALLOC | SHF.INFO_LINK | SHF.RELA_LIVEPATCH]) {
      const name = flags === SHF.INFO_LINK ? ".rela.text" : ".klp.rela.vmlinux.text";
      const table = { name, type: SHT.RELA, flags, link: ".symtab", info: ".text", entsize: 24 };
      const built = build(LAYOUTS[0], { sections: Array.from({ length: count }, () => table) });
      const first = built.sections.get(name)!;
      const data = new Uint8Array(24 * entries);
      for (let entry = 0; entry < entries; entry++) {
        poke(data, 24 * entry, "r_offset", entry % 64, LAYOUTS[0]);
        poke(data, 24 * entry, "r_info", (2n << 32n) | BigInt(entry % 5), LAYOUTS[0]);
      }
      const bytes = withContents(built, name, data);
      for (let index = first; index < first + count; index++) {
        poke(bytes, built.headerOffsets[index]!, "sh_offset", built.bytes.length);
        poke(bytes, built.headerOffsets[index]!, "sh_size", data.length);
      }
      const errors = tryAll(bytes);
      expect(errors[0]).toMatch(/^elf-overlap: /);
      expect(errors.at(-1)).toBe(`too-many: ${count - 101} more errors not shown`);
    }
  }, 120_000);

  test.each(["undefined", "defined"])("symbols: a million, %s", (kind) => {
    const built = build(LAYOUTS[0]);
    const table = new Uint8Array(24 * 1_000_000);
    const start = built.contentOffsets[built.sections.get(".symtab")!]!;
    const end = built.contentOffsets[built.sections.get(".strtab")!]!;
    if (kind === "defined") {
      const record = built.bytes.subarray(start + 24, start + 48);
      for (let at = 24; at < table.length; at += 24) table.set(record, at);
    }
    table.set(built.bytes.subarray(start, end));
    expect(tryAll(withContents(built, ".symtab", table))).toEqual([]);
  }, 120_000);
});

describe("a name", () => {
  const long = "n".repeat(1 << 16);

  test("of a section, 64 kB long, is refused", () => {
    const built = build(LAYOUTS[0], { sections: [{ name: long }] });
    const index = built.sections.get(long)!;
    expect(tryAll(built.bytes)).toEqual([
      `elf-section-name: section ${index} is corrupt: its name has more than 1024 bytes`,
    ]);
  });

  test("of a symbol, 64 kB long, is refused if the symbol is undefined", () => {
    expect(tryAll(build(LAYOUTS[0], { symbols: [{ name: long }] }).bytes)).toEqual([
      expect.stringMatching(
        /^elf-symbol-name: symbol \d+ is corrupt: its name has more than 1024 bytes$/,
      ),
    ]);
    const defined = { name: long, section: ".text" };
    expect(tryAll(build(LAYOUTS[0], { symbols: [defined] }).bytes)).toEqual([]);
  });

  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are the ones to find
  const OBEYED = /[\x00-\x09\x0b-\x1f\x7f-\x9f]/;
  const hostile = "a\nklp-convert: error: b\r\x1b[31m\x1b]0;title\x07\x9b2J\x7f";

  test("with newlines and what a terminal obeys is shown as what it is", () => {
    const module = buildIntermediate({
      undefined: [hostile, `.klp.sym.rela.vmlinux.${hostile}.one.0`],
      annotations: { [hostile]: [[hostile, 0]] },
      sections: [{ name: `.${hostile}`, flags: SHF.ALLOC, size: 8 }],
      uses: { [`.${hostile}`]: [hostile] },
      modinfo: `livepatch=Y\0vermagic=${hostile}\0name=${hostile}\0depends=${hostile}\0`,
    });
    const { diagnostics, output } = convert(module, { file: hostile, symbols: SYMBOLS });
    expect(output).toBeUndefined();
    for (const each of diagnostics) {
      const lines = diagnosticText(each, false).split("\n");
      expect(lines).toHaveLength(2 + each.notes.length);
      expect(lines.join("\n")).not.toMatch(OBEYED);
    }
    const result = check(module, { file: hostile, symbols: SYMBOLS });
    const checked = { file: hostile, result, diagnostics: result.diagnostics };
    expect(findingsText(checked, "never")).not.toMatch(OBEYED);
    const inspected = inspect(module, { file: hostile, symbols: SYMBOLS });
    expect(inspectionText(inspected)).not.toMatch(OBEYED);
    expect(inspectionText(inspected)).not.toMatch(/^klp-convert: error: b/m);
  });
});
