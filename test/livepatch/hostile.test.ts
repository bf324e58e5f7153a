// SPDX-License-Identifier: GPL-2.0-only

// Files and lists made to be expensive: what they cost must follow from their size. Nothing is timed
// here; what is quadratic or worse does not end within a test's time.

import { describe, expect, test } from "vitest";
import { convert } from "../../src/index.js";
import { buildElf, SHF, SHT } from "../elf-builder.js";
import { buildIntermediate, describeIntermediate, MODINFO, symbolsList } from "./intermediate.js";

const LIST = symbolsList({ vmlinux: ["one"] });

function codes(module: Uint8Array, symbols = LIST): string[] {
  const { output, diagnostics } = convert(module, { symbols });
  expect(output).toBeUndefined();
  return [...new Set(diagnostics.map(({ code }) => code))];
}

describe("a module", () => {
  test("whose symbols share the tail of one long name is refused by the length", () => {
    const module = buildIntermediate({ undefined: ["x".repeat(100_000)] });
    expect(codes(module)).toEqual(["elf-symbol-name"]);
  });

  test("whose section has a name beyond all limits is refused", () => {
    const { sections = [], symbols = [] } = describeIntermediate({});
    const module = buildElf({ sections: [...sections, { name: "s".repeat(1025) }], symbols });
    expect(codes(module)).toEqual(["elf-section-name"]);
  });

  test("with many relocation sections over one table is refused", () => {
    const module = buildElf({
      sections: [{ name: ".modinfo", flags: SHF.ALLOC, data: MODINFO }],
      relocations: [{ section: ".modinfo", entries: [{ offset: 0, type: 1, symbol: 0 }] }],
    });
    // The second section header, .rela.modinfo, moved onto the contents of .modinfo.
    const view = new DataView(module.buffer);
    const table = Number(view.getBigUint64(40, true));
    view.setBigUint64(table + 2 * 64 + 24, view.getBigUint64(table + 64 + 24, true), true);
    expect(codes(module)).toEqual(["elf-overlap"]);
  });

  test("with an unused header that points at annotations is none the worse", () => {
    const {
      sections = [],
      symbols = [],
      relocations = [],
    } = describeIntermediate({
      undefined: ["one"],
      annotations: { vmlinux: [["one", 0]] },
    });
    const unused = { name: ".null", type: SHT.NULL, link: ".klp.module_relocs.vmlinux" };
    const module = buildElf({ sections: [...sections, unused], symbols, relocations });
    expect(convert(module, { symbols: LIST }).report.outcome).toBe("converted");
  });

  test("that calls its section names an annotation is refused", () => {
    const { sections = [], symbols = [] } = describeIntermediate({});
    const name = ".klp.module_relocs.vmlinux";
    const module = buildElf({ sections: [...sections, { name, type: SHT.STRTAB }], symbols });
    expect(codes(module)).toEqual(["annotation-section"]);
  });

  test("with thousands of annotation sections, gates and relocation sections ends", () => {
    const many = Array.from({ length: 3000 }, (_, i) => i);
    const names = many.map((i) => `.klp.sym.rela.m${i}.m${i}.foo.0`);
    const module = buildElf({
      sections: [
        { name: ".modinfo", flags: SHF.ALLOC, data: MODINFO },
        { name: ".text", flags: SHF.ALLOC, size: 8 * many.length },
        ...many.map((i) => ({ name: `.klp.module_relocs.m${i}`, flags: SHF.ALLOC })),
      ],
      symbols: names.map((name) => ({ name })),
      relocations: names.map((symbol, i) => ({
        section: ".text",
        entries: [{ offset: 8 * i, type: 1, symbol }],
      })),
    });
    const { report } = convert(module);
    expect(report.sections).toHaveLength(3000);
    expect(report.removedSections).toHaveLength(3000);
  });

  test("with thousands of unknown symbols and functions ends", () => {
    const names = Array.from({ length: 20_000 }, (_, i) => `unknown_${i}`);
    const module = buildIntermediate({
      undefined: names,
      symbols: names.map((name) => ({ name: `f_${name}`, section: ".data", size: 1, type: 2 })),
      sections: [{ name: ".big", flags: SHF.ALLOC, size: 8 * 20_000 }],
      uses: { ".big": names },
    });
    expect(codes(module)).toEqual(["unknown-symbol", "too-many"]);
  });
});

describe("a list", () => {
  test("is searched for a name with a hundred suffixes", () => {
    const name = `f${".cold.1".repeat(100)}x`;
    expect(codes(buildIntermediate({ undefined: [name] }))).toEqual(["unknown-symbol"]);
  });

  test("with 100,000 homonyms lists a thousand and counts the rest", () => {
    const symbols = symbolsList({ vmlinux: Array.from({ length: 100_000 }, () => "one") });
    const module = buildIntermediate({ undefined: Array.from({ length: 50 }, () => "one") });
    const { diagnostics } = convert(module, { symbols });
    expect(diagnostics).toHaveLength(50);
    expect(diagnostics[0]?.notes).toHaveLength(1002);
    expect(diagnostics[0]?.notes.at(-1)).toBe("and 99000 more");
  });
});
