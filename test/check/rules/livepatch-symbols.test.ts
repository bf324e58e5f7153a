// SPDX-License-Identifier: GPL-2.0-only

import { describe, expect, test } from "vitest";
import { SHN, STB, STT } from "../../elf-builder.js";
import {
  broken,
  build,
  inShort,
  LIVEPATCH,
  line,
  livepatchSection,
  livepatchSymbol,
  ONE,
  PPC64,
  theOne,
} from "./livepatch-module.js";

/** A module in which a livepatch section has one more symbol: of .data behind another, or of .text. */
function using(name: string, gate: "vmlinux" | "ext4" = "vmlinux", symbol = {}) {
  const relocated =
    gate === "vmlinux"
      ? livepatchSection(".klp.rela.vmlinux..data", ".data", [ONE, name])
      : livepatchSection(".klp.rela.ext4..text", ".text", [name]);
  return build({
    symbols: [{ ...livepatchSymbol(name), ...symbol }],
    relocations: [relocated],
  });
}

describe("L33: symbols of livepatch sections", () => {
  test.each([
    ["SHN_ABS", "abs", "0xfff1"],
    ["weak and undefined", "undef", "0x0"],
    ["defined", ".text", "0x2"],
  ])("are SHN_LIVEPATCH, not %s", (_, section, shndx) => {
    const name = ".klp.sym.vmlinux.two,0";
    const { bytes, sections } = using(name, "vmlinux", { section, bind: STB.WEAK });
    expect(line(theOne(bytes, { release: "6.12" }))).toBe(
      `L33 error at .data 8 ${name}: entry 1 of .klp.rela.vmlinux..data is of ${name}, whose st_shndx is ${shndx} when it should be 0xff20 (SHN_LIVEPATCH) => relocation: EINVAL: livepatch: symbol ${name} is not marked as a livepatch symbol`,
    );
    expect(line(theOne(bytes, { release: "7.3" }))).toContain(
      `livepatch: symbol ${name} at rela sec ${sections.get(".symtab")} idx 1 is not marked`,
    );
  });

  test.each([0, 1])("are so whatever the type is, also symbol 0: %i", (type) => {
    const entries = [{ offset: 0, type, symbol: 0 }];
    const bytes = build({
      relocations: [{ name: ".klp.rela.ext4..data", section: ".data", flags: LIVEPATCH, entries }],
    }).bytes;
    const found = broken(bytes, { release: "6.1" }).filter(({ rule }) => rule === "L33");
    expect(found.map(({ message, outcome }) => [message, outcome])).toEqual([
      [
        "entry 0 of .klp.rela.ext4..data is of no symbol, whose st_shndx is 0x0 when it should be 0xff20 (SHN_LIVEPATCH)",
        expect.objectContaining({
          when: { object: "ext4" },
          stage: "objects",
          message: "livepatch: symbol  is not marked as a livepatch symbol",
        }),
      ],
    ]);
  });

  test("are printed without their dot by powerpc64 if undefined", () => {
    const name = ".klp.sym.vmlinux.two,0";
    const bytes = build({
      layout: PPC64,
      symbols: [{ name, bind: STB.WEAK }],
      relocations: [livepatchSection(".klp.rela.vmlinux..data", ".data", [name], PPC64)],
    }).bytes;
    expect(line(theOne(bytes))).toContain("livepatch: symbol klp.sym.vmlinux.two,0 is not marked");
  });
});

describe("L34: the form of a symbol's name", () => {
  test.each([
    ["klp.sym.vmlinux.two,0", 'the kernel finds no ".klp.sym." in the symbol\'s name'],
    [".klp.sym.", "the kernel finds no object in the symbol's name"],
    [".klp.sym..two,0", "the kernel finds no object in the symbol's name"],
    [".klp.sym.vmlinux", "the kernel finds no name behind the object in the symbol's name"],
    [".klp.sym.vmlinux.two", "the kernel finds no position behind the name in the symbol's name"],
    [".klp.sym.vmlinux.two,", "the kernel finds no position behind the name in the symbol's name"],
    [
      ".klp.sym.vmlinux.two,-1",
      "the kernel finds no position behind the name in the symbol's name",
    ],
  ])("has three parts: %s", (name, text) => {
    const { bytes } = using(name);
    expect(line(theOne(bytes))).toBe(
      `L34 error at .data 8 ${name}: ${text} => relocation: EINVAL: livepatch: symbol ${name} has an incorrectly formatted name`,
    );
    const late = broken(using(name, "ext4").bytes).filter(({ rule }) => rule === "L34");
    expect(late.map(({ outcome }) => inShort(outcome))).toEqual([
      `objects with ext4: EINVAL: livepatch: symbol ${name} has an incorrectly formatted name`,
    ]);
  });

  test.each([
    [" 1", 1, "harmless"],
    ["1abc", 1, "harmless"],
    ["01", 1, "harmless"],
    ["0x10", 0, "harmless"],
    ["3,0", 3, "harmless"],
  ])("ends with a decimal number: %s", (position, read, outcome) => {
    const { bytes } = using(`.klp.sym.vmlinux.two,${position}`);
    expect(line(theOne(bytes))).toMatch(
      new RegExp(
        `: the position is "${position}", which the kernel reads as ${read} => ${outcome}$`,
      ),
    );
  });

  test("may have dots in its middle", () => {
    expect(broken(using(".klp.sym.vmlinux.two.isra.0,17").bytes)).toEqual([]);
  });

  test("is told of once for each object that waits, and of the second section too", () => {
    const [both, second] = [".klp.sym.vmlinux.two", ".klp.sym.ext4.three"];
    const { bytes } = build({
      symbols: [livepatchSymbol(both), livepatchSymbol(second)],
      relocations: [
        livepatchSection(".klp.rela.vmlinux..data", ".data", [ONE, both, both]),
        livepatchSection(".klp.rela.ext4..text", ".text", [both, second]),
      ],
    });
    const found = broken(bytes).filter(({ rule }) => rule === "L34");
    const line = (name: string) => `livepatch: symbol ${name} has an incorrectly formatted name`;
    expect(found.map(({ outcome }) => inShort(outcome))).toEqual([
      `relocation: EINVAL: ${line(both)}`,
      `objects with ext4: EINVAL: ${line(both)}`,
      `objects with ext4: EINVAL: ${line(second)}`,
    ]);
  });

  test("matters only for what is used", () => {
    expect(broken(build({ symbols: [livepatchSymbol(".klp.sym.vmlinux.two")] }).bytes)).toEqual([]);
  });
});

describe("L50: lengths in a symbol's name", () => {
  const named = (object: number, name: number) =>
    using(`.klp.sym.${"o".repeat(object)}.${"n".repeat(name)},0`, "ext4").bytes;

  test.each([
    ["5.19", 127],
    ["6.1", 511],
    ["7.3", 511],
  ])("are at most 55 and what the kernel of the module reads: %s", (release, most) => {
    expect(broken(named(55, most), { release })).toEqual([]);
    const { rule, message, outcome } = theOne(named(55, most + 1), { release });
    expect([rule, message]).toEqual([
      "L50",
      `the name in it has ${most + 1} characters; the kernel reads ${most}`,
    ]);
    expect(outcome).toMatchObject({
      kind: "refused",
      stage: "objects",
      message: `livepatch: symbol .klp.sym.${"o".repeat(55)}.${"n".repeat(most + 1)},0 has an incorrectly formatted name`,
    });
    expect(theOne(named(56, 1), { release }).message).toBe(
      "the object in its name has 56 characters; the kernel reads 55",
    );
  });

  test("end at the first comma", () => {
    expect(line(theOne(using(".klp.sym.vmlinux.two,three,0").bytes))).toMatch(
      /^L50 error .*: the name in it, "two,three", has a comma => relocation: EINVAL: livepatch: symbol .klp.sym.vmlinux.two,three,0 has an incorrectly formatted name$/,
    );
  });
});

describe("L38: livepatch symbols", () => {
  test("have no value and no odd type, though the kernel does not mind", () => {
    const symbol = { ...livepatchSymbol(".klp.sym.vmlinux.two,0"), value: 16, size: 8 };
    expect(line(theOne(build({ symbols: [symbol] }).bytes))).toBe(
      "L38 warning at .klp.sym.vmlinux.two,0: st_value is 0x10 when it should be 0 => harmless",
    );
    const file = { ...symbol, type: STT.FILE, bind: STB.LOCAL };
    expect(theOne(build({ symbols: [file] }).bytes).message).toBe(
      "st_value is 0x10 when it should be 0, and its type is STT_FILE",
    );
    const sized = { ...symbol, value: 0, type: STT.FUNC };
    expect(broken(build({ symbols: [sized] }).bytes)).toEqual([]);
    expect(SHN.LIVEPATCH).toBe(0xff20);
  });
});
