// SPDX-License-Identifier: GPL-2.0-only

// The tables of relocation types against what others say of the same types.

import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { MACHINES } from "../../src/livepatch/machines.js";
import {
  reasonOfUnknownType,
  relocationType,
  relocationTypes,
} from "../../src/livepatch/relocation-types.js";
import { buildElf, SHF } from "../elf-builder.js";

const PREFIXES: Readonly<Record<string, string>> = {
  x86_64: "R_X86_64_",
  s390x: "R_390_",
  powerpc64: "R_PPC64_",
  powerpc: "R_PPC_",
  arm64: "R_AARCH64_",
  loongarch: "R_LARCH_",
};

const range = (first: number, last: number) =>
  Array.from({ length: last - first + 1 }, (_, i) => first + i);

/**
 * The case labels of each apply_relocate_add in Linux 7.3, less what cannot be had with a livepatch
 * symbol, by the bytes written; read off once more, by number.
 */
const APPLIED: Readonly<Record<string, Readonly<Record<number, readonly number[]>>>> = {
  x86_64: { 0: [0], 4: [2, 4, 10, 11], 8: [1, 24] },
  s390x: {
    0: [0],
    1: [1],
    2: [2, 3, 6, 15, 16, 17, 18, 27, 29, 30, 34],
    4: [4, 5, 7, 8, 13, 19, 20, 26, 31, 33, 35, 57, 58, 59],
    8: [22, 23, 24, 25, 28, 32, 36],
  },
  powerpc64: { 0: [109], 4: [10, 26, 116], 8: [38, 44, 132, 133] },
  powerpc: { 2: [4, 5, 6], 4: [1, 10, 26] },
  arm64: {
    0: [0, 256],
    2: [259, 262],
    4: [258, 261, ...range(263, 280), ...range(282, 293), 299],
    8: [257, 260],
  },
  loongarch: { 0: [0, 20, 21], 4: [50, 55, 66, ...range(71, 76), 99], 8: [2, 51, 56, 109] },
};

/** Names that readelf of binutils 2.40 does not have yet. */
const NEWER = [
  "R_LARCH_ALIGN",
  "R_LARCH_PCREL20_S2",
  "R_LARCH_64_PCREL",
  "R_LARCH_CALL36",
  "R_LARCH_PCADD_HI20",
  "R_LARCH_PCADD_LO12",
  "R_LARCH_GOT_PCADD_HI20",
  "R_LARCH_GOT_PCADD_LO12",
];

test("every machine that has livepatch has a table, no other has", () => {
  expect(MACHINES.map(({ name }) => name)).toEqual(Object.keys(PREFIXES));
  for (const { machine } of MACHINES) expect(relocationTypes(machine)).not.toEqual([]);
  expect(relocationTypes(40)).toEqual([]);
  expect(relocationType(40, 2)).toBeUndefined();
});

describe.each(MACHINES)("the types of $name", ({ name, machine, absolute }) => {
  const types = relocationTypes(machine);

  test("have each number and each name once, in the ELF spelling", () => {
    expect(new Set(types.map(({ type }) => type)).size).toBe(types.length);
    expect(new Set(types.map((each) => each.name)).size).toBe(types.length);
    for (const each of types) {
      expect(each.name.startsWith(PREFIXES[name]!)).toBe(true);
      expect(each.name.slice(PREFIXES[name]!.length)).toMatch(/^[0-9A-Z_]+$/);
    }
  });

  test("are found by their numbers", () => {
    for (const each of types) expect(relocationType(machine, each.type)).toEqual(each);
    expect(relocationType(machine, 0xffffff)).toBeUndefined();
  });

  test("can be applied where the module loader does it, with its widths", () => {
    const applied: Record<number, number[]> = {};
    for (const { type, width, refused } of types) {
      if (refused !== undefined) continue;
      applied[width] = [...(applied[width] ?? []), type].sort((a, b) => a - b);
    }
    expect(applied).toEqual(APPLIED[name]);
  });

  test("have the one that a pointer has", () => {
    const [pointer] = absolute;
    const width = name === "powerpc" ? 4 : 8;
    expect(relocationType(machine, pointer!)).toMatchObject({ width });
    expect(relocationType(machine, pointer!)).not.toHaveProperty("refused");
  });

  test("say what is to be done, if something is", () => {
    for (const { refused, late, lateWarning, vmlinuxWarning } of types) {
      for (const limit of [refused, late, lateWarning, vmlinuxWarning]) {
        if (limit === undefined) continue;
        expect(limit.remedy.length).toBeGreaterThan(0);
        for (const line of [limit.reason, ...limit.remedy]) expect(line).toMatch(/^[^A-Z].*[^.]$/);
      }
    }
  });
});

test("R_NONE does nothing, but powerpc's module loader does not have it", () => {
  const none = MACHINES.map(({ machine }) => relocationType(machine, 0)!);
  expect(none.map(({ name, refused }) => [name, refused?.reason])).toEqual([
    ["R_X86_64_NONE", undefined],
    ["R_390_NONE", undefined],
    ["R_PPC64_NONE", reasonOfUnknownType(21, 0)],
    ["R_PPC_NONE", reasonOfUnknownType(20, 0)],
    ["R_AARCH64_NONE", undefined],
    ["R_LARCH_NONE", undefined],
  ]);
});

test("an unknown type is told in the module loader's words", () => {
  expect(MACHINES.map(({ machine }) => reasonOfUnknownType(machine, 250))).toEqual([
    'the module loader does not know it and prints "Unknown rela relocation: 250"',
    'the module loader does not know it and prints "unknown relocation: 250"',
    'the module loader does not know it and prints "Unknown ADD relocation: 250"',
    'the module loader does not know it and prints "unknown ADD relocation: 250"',
    'the module loader does not know it and prints "unsupported RELA relocation: 250"',
    'the module loader does not know it and prints "relocation type 250"',
  ]);
  expect(reasonOfUnknownType(40, 250)).toBe("the module loader does not know it");
});

test("what waits for a module is limited on powerpc and loongarch only", () => {
  const late = MACHINES.map(({ name, machine }) => [
    name,
    relocationTypes(machine).flatMap((row) => (row.late ? [`${row.name}: ${row.late.in}`] : [])),
  ]);
  expect(Object.fromEntries(late)).toEqual({
    x86_64: [],
    s390x: [],
    powerpc64: [
      "R_PPC64_REL32: read-only sections",
      "R_PPC64_ADDR64: read-only sections",
      "R_PPC64_REL64: read-only sections",
      "R_PPC64_GOT_PCREL34: every section",
    ],
    powerpc: ["R_PPC_ADDR32: read-only sections", "R_PPC_REL32: read-only sections"],
    arm64: [],
    loongarch: [
      "R_LARCH_ADD32: every section",
      "R_LARCH_SUB32: every section",
      "R_LARCH_ADD64: every section",
      "R_LARCH_SUB64: every section",
    ],
  });
});

/** A file with one relocation of each of the types, in their order. */
function fileWith(machine: number, types: readonly number[], is64: boolean, isLittle: boolean) {
  return buildElf({
    class: is64 ? 64 : 32,
    order: isLittle ? "little" : "big",
    machine,
    sections: [{ name: ".text", flags: SHF.ALLOC | SHF.EXECINSTR, size: 8 * types.length }],
    symbols: [{ name: "symbol" }],
    relocations: [
      {
        section: ".text",
        entries: types.map((type, i) => ({ offset: 8 * i, type, symbol: "symbol" })),
      },
    ],
  });
}

const version = spawnSync("readelf", ["--version"], { encoding: "utf8" }).stdout ?? "";
const isGnu = version.startsWith("GNU readelf");
if (!isGnu)
  console.warn("GNU readelf is not installed: its names of relocation types are not seen");

describe.skipIf(!isGnu)("readelf -r", () => {
  test.each(MACHINES)("has the same names ($name)", ({ machine, name, byteOrder }) => {
    const types = relocationTypes(machine);
    const numbers = types.map(({ type }) => type);
    const folder = mkdtempSync(join(tmpdir(), "klp-convert-relocations-"));
    try {
      const file = join(folder, "types.o");
      writeFileSync(file, fileWith(machine, numbers, name !== "powerpc", byteOrder !== "big"));
      const { stdout } = spawnSync("readelf", ["-r", "-W", file], { encoding: "utf8" });
      const rows = stdout.split("\n").filter((line) => /^[0-9a-f]{8}/.test(line));
      const theirs = rows.map((row) =>
        /unrecognized: /.test(row) ? undefined : row.split(/\s+/)[2]!,
      );
      expect(theirs.length).toBe(types.length);
      // Older ones cut names off at 22 characters.
      const ours = types.map((each, i) =>
        theirs[i]?.length === 22 ? each.name.slice(0, 22) : each.name,
      );
      const seen = theirs.map((each, i) => each ?? (NEWER.includes(ours[i]!) ? ours[i] : "?"));
      expect(seen).toEqual(ours);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
