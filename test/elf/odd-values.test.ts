// SPDX-License-Identifier: GPL-2.0-only

// Files that are sound but for one odd value, which must neither be misread nor be said twice.

import { describe, expect, test } from "vitest";
import { Diagnostics } from "../../src/diagnostics.js";
import { readElf, removeSections, writeElf } from "../../src/elf/index.js";
import { SHF } from "../elf-builder.js";
import { faultsIn, opened, refused, written } from "./outcome.js";
import { outline } from "./outline.js";
import { pairs, poke } from "./record-fields.js";
import { sample } from "./sample.js";

describe.each(pairs)("ELF$class $order", (pair) => {
  test.each([
    ".symtab",
    ".group",
  ])("sh_info of %s is no section, whatever its flags say", (name) => {
    const { bytes, header } = sample(pair);
    const without = (flags: number) => {
      const copy = bytes.slice();
      poke(copy, header(name), "sh_flags", flags);
      const diagnostics = new Diagnostics("in.ko");
      const object = readElf(copy, diagnostics);
      removeSections(object, [object.sections[4]!, object.sections[8]!], diagnostics);
      return outline(written(object)).replace(/flags 0x\w+ (.*\.(?:symtab|group))$/gm, "$1");
    };
    expect(without(SHF.INFO_LINK)).toBe(without(0));
  });

  test("symbol 0 is not defined in any section", () => {
    const { bytes, symbol } = sample(pair);
    poke(bytes, symbol(0), "st_shndx", 4);
    expect(refused((diagnostics) => readElf(bytes, diagnostics))).toEqual([
      {
        code: "elf-null-symbol",
        section: ".symtab",
        message: "symbol 0 is corrupt: its section index is 4 when it should be 0",
      },
    ]);
  });

  test("e_shnum 0 is said once", () => {
    const { bytes } = sample(pair);
    poke(bytes, 0, "e_shnum", 0);
    expect(refused((diagnostics) => readElf(bytes, diagnostics))).toHaveLength(1);
  });

  test("a wrong sh_link is said once", () => {
    const { bytes, header } = sample(pair);
    poke(bytes, header(".rela.text"), "sh_link", 99);
    expect(refused((diagnostics) => readElf(bytes, diagnostics))).toHaveLength(1);
  });

  test("what an unused header holds does not make the result unreadable", () => {
    const { bytes, headerOffsets } = sample(pair);
    poke(bytes, headerOffsets[0]!, "sh_link", 13);
    const object = opened(bytes);
    const diagnostics = new Diagnostics("in.ko");
    removeSections(object, [object.sections[7]!], diagnostics);
    opened(written(object));
  });

  test("e_shstrndx refers to the section names", () => {
    const object = opened(sample(pair).bytes);
    const diagnostics = new Diagnostics("in.ko");
    removeSections(object, [object.sections[13]!], diagnostics);
    expect(faultsIn(diagnostics).map(({ message }) => message)).toEqual([
      "section 13 holds the sections' names and cannot be removed",
    ]);
  });

  test("an empty section that gets contents overwrites nothing", () => {
    for (const offset of [0, sample(pair).contents(".text") + 4]) {
      const { bytes, header } = sample(pair);
      poke(bytes, header(".ordered"), "sh_size", 0);
      poke(bytes, header(".ordered"), "sh_offset", offset);
      const object = opened(bytes);
      object.sections[6]!.data = new Uint8Array(8).fill(0xff);
      const again = opened(writeElf(object, new Diagnostics("in.ko")));
      expect(again.sections[2]!.data).toEqual(opened(bytes).sections[2]!.data);
    }
  });
});
