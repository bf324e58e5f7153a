// SPDX-License-Identifier: GPL-2.0-only

import { describe, expect, test } from "vitest";
import { STB } from "../../elf-builder.js";
import { broken, build, LIVEPATCH, line, ONE, OTHER, theOne } from "./livepatch-module.js";

/** One more section of relocations: of .data, livepatch's if it has a gate. */
function relocated(
  gate: "vmlinux" | "ext4" | undefined,
  entry: { offset?: number; type?: number; symbol?: string | number },
  section = gate === "ext4" ? ".text" : ".data",
) {
  const symbol = gate === "ext4" ? OTHER : gate === "vmlinux" ? ONE : "patched";
  return build({
    relocations: [
      {
        name: gate === undefined ? ".rela.more" : `.klp.rela.${gate}.${section}`,
        section,
        ...(gate !== undefined && { flags: LIVEPATCH }),
        entries: [{ offset: 8, type: 1, symbol, ...entry }],
      },
    ],
  }).bytes;
}

describe("L31: places", () => {
  // .data has 64 bytes, R_X86_64_64 writes 8.
  test.each([
    "vmlinux",
    undefined,
  ] as const)("are within the section that is relocated: %s", (gate) => {
    const rules = (offset: number) => broken(relocated(gate, { offset })).map(({ rule }) => rule);
    expect(rules(56)).toEqual([]);
    expect(rules(57)).toEqual(["L31"]);
    expect(line(theOne(relocated(gate, { offset: 0x7fffffff })))).toBe(
      `L31 error at .data 2147483647 ${gate === undefined ? "patched" : ONE}: R_X86_64_64 has 8 bytes at 0x7fffffff, and .data ends at 0x40 => crash: the kernel writes beyond .data, over what is there`,
    );
  });

  test("are none of what does nothing", () => {
    expect(broken(relocated("vmlinux", { offset: 99, type: 0 }))).toEqual([]);
  });

  test("do not matter where nothing is applied", () => {
    const kinds = (gate: "vmlinux" | "ext4") =>
      broken(relocated(gate, { offset: 99 }, ".debug_info")).map(({ outcome }) => outcome.kind);
    // That the section is not loaded is another rule.
    expect(kinds("vmlinux")).toEqual(["harmless"]);
    expect(kinds("ext4")).toEqual(["crash"]);
  });
});

describe("L32: symbols", () => {
  const { symbols } = build();
  const count = Math.max(...symbols.values()) + 1;

  test("are of the table, or ordinary relocations use what is behind it", () => {
    expect(line(theOne(relocated(undefined, { symbol: count })))).toBe(
      `L32 error at .data 8: entry 0 of .rela.more is of symbol ${count}, and the symbol table has ${count} => wrong: what is behind the symbol table is taken for the symbol's value`,
    );
    expect(line(theOne(relocated(undefined, { symbol: 0x7fffffff })))).toContain(
      "=> crash: the kernel reads far behind the symbol table",
    );
    expect(theOne(relocated(undefined, { symbol: count }, ".debug_info")).outcome.kind).toBe(
      "harmless",
    );
  });

  // Behind the table are the names, and behind those zeros.
  test.each([
    ["vmlinux", "relocation"],
    ["ext4", "objects with ext4"],
  ] as const)("are no livepatch symbols behind the names: %s", (gate, stage) => {
    const bytes = relocated(gate, { symbol: count + 1000 });
    expect(line(theOne(bytes, { release: "6.1" }))).toContain(
      `=> ${stage}: EINVAL: livepatch: symbol  is not marked as a livepatch symbol`,
    );
    expect(line(theOne(bytes, { release: "7.3" }))).toContain(
      `=> ${stage}: EINVAL: livepatch: symbol  at rela sec ${build().sections.get(".symtab")! + 1} idx 0 is not marked as a livepatch symbol`,
    );
  });

  test("are garbage where the names are", () => {
    for (const gate of ["vmlinux", "ext4"] as const) {
      expect(line(theOne(relocated(gate, { symbol: count })))).toContain(
        "=> crash: the kernel reads a name far behind the names of symbols",
      );
    }
  });

  test("are told with the number that the kernel counts", () => {
    const bytes = build({
      symbols: [{ name: "mine", section: ".text", bind: STB.LOCAL }],
      relocations: [
        {
          name: ".klp.rela.vmlinux..data",
          section: ".data",
          flags: LIVEPATCH,
          entries: [9999, 9998, "mine", ONE].map((symbol, i) => ({
            offset: 16 + 8 * i,
            type: 1,
            symbol,
          })),
        },
      ],
    }).bytes;
    const messages = broken(bytes).map(({ message }) => message);
    expect(messages.map((text) => text.split(" of ")[0])).toEqual([
      "entry 0",
      "entry 1",
      "entry 2",
    ]);
  });
});
