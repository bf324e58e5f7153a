// SPDX-License-Identifier: GPL-2.0-only

// Sources that are small, or large, and want a great deal of time or memory.

import { describe, expect, test } from "vitest";
import { Diagnostics } from "../../src/diagnostics.js";
import { poke } from "../elf/record-fields.js";
import { buildModule, buildVmlinux, TEXT } from "./elf-sources.js";
import { bytesOf, listOf, sourcesOf } from "./reading.js";

const hex = (value: number) => value.toString(16).padStart(8, "0");
const MANY = 200_000;

function sizeOfList(source: Uint8Array): number {
  const written = sourcesOf({ source }).list({ format: "0.2" })!;
  return written.pieces.reduce((size, piece) => size + piece.length, 0);
}

/** A symbol table of many symbols, all of which have their names at one place. */
function withMany(
  built: {
    bytes: Uint8Array;
    headerOffsets: readonly number[];
    symbolOffsets: readonly number[];
    sections: ReadonlyMap<string, number>;
  },
  count: number,
): Uint8Array {
  const at = built.symbolOffsets[0]!;
  const size = built.symbolOffsets[1]! - at;
  // One null symbol, one file, one function, the last of which is repeated.
  const file = built.bytes.subarray(at, at + 2 * size);
  const last = built.bytes.subarray(at + 2 * size, at + 3 * size);
  const bytes = new Uint8Array(built.bytes.length + (count + 2) * size);
  bytes.set(built.bytes);
  bytes.set(file, built.bytes.length);
  for (let i = 0; i < count; i++) bytes.set(last, built.bytes.length + (2 + i) * size);
  const header = built.headerOffsets[built.sections.get(".symtab")!]!;
  poke(bytes, header, "sh_offset", built.bytes.length);
  poke(bytes, header, "sh_size", (count + 2) * size);
  return bytes;
}

describe("a file ends in time that", () => {
  const symbols = (name: string, file: string, value: bigint) => [
    { name: file, bind: 0, type: 4, section: "abs" },
    { name, bind: 0, section: ".text", value },
  ];

  test.each([
    ["one long name for all", "n".repeat(400_000), "a.c"],
    ["a long source file for all", "f", "n".repeat(400_000)],
    ["names and files at the limit", "n".repeat(511), "m".repeat(511)],
  ])("is a vmlinux with 50,000 symbols and %s", (_, name, file) => {
    const built = buildVmlinux({ symbols: symbols(name, file, TEXT) });
    const bytes = withMany(built, 50_000);
    expect(sizeOfList(bytes)).toBeLessThan(50 * bytes.length);
  });

  test.each([
    ["one long name for all", "n".repeat(400_000), "a.c"],
    ["a long source file for all", "f", "n".repeat(400_000)],
    ["names and files at the limit", "n".repeat(511), "m".repeat(511)],
  ])("is a module with 50,000 symbols and %s", (_, name, file) => {
    const bytes = withMany(buildModule({ symbols: symbols(name, file, 0n) }), 50_000);
    expect(sizeOfList(bytes)).toBeLessThan(50 * bytes.length);
  });

  test("is a module with a section of a long name for 50,000 symbols", () => {
    const built = buildModule({
      sections: [{ name: "s".repeat(1024), flags: 2, size: 8 }],
      symbols: [
        { name: "a.c", bind: 0, type: 4, section: "abs" },
        { name: "f", bind: 0, section: 6 },
      ],
    });
    const bytes = withMany(built, 50_000);
    expect(sizeOfList(bytes)).toBeLessThan(20 * bytes.length);
  });

  test("is kallsyms with 100,000 modules", () => {
    // Neither by name nor by address, which is how somebody would have sorted them.
    const lines = Array.from(
      { length: 100_000 },
      (_, at) => `${hex(200_000 - at)} t f\t[m${at}]\n`,
    );
    lines.unshift(`${hex(0)} t z\t[m0]\n`);
    const sources = sourcesOf({ kallsyms: bytesOf(lines.join("")) });
    expect(sources.list()).toMatchObject({ objects: 100_000, symbols: 100_001 });
    const map = sources.map(["f"], new Diagnostics("symbols"));
    expect(map.owners("f")).toHaveLength(100_000);
    // None of them may cost memory that its one line does not need.
    const before = process.memoryUsage().arrayBuffers;
    const again = sourcesOf({ kallsyms: bytesOf(lines.join("")) });
    const held = process.memoryUsage().arrayBuffers - before;
    expect(again.diagnostics).toEqual([]);
    expect(held).toBeLessThan(100e6);
  });

  test("is kallsyms with 200,000 homonyms", () => {
    const lines = Array.from({ length: MANY }, (_, at) => `${hex(at)} t f\n`).join("");
    const sources = sourcesOf({ lines });
    expect(sources.list()).toMatchObject({ objects: 1, symbols: MANY });
    expect(sources.map(["f"], new Diagnostics("symbols")).owners("f")[0]!.symbols).toHaveLength(
      MANY,
    );
  });

  test("is System.map with 200,000 homonyms at one address, upside down", () => {
    const lines = Array.from({ length: MANY }, (_, at) => `${hex((MANY - at) >> 10)} W f\n`).join(
      "",
    );
    const sources = sourcesOf({ lines });
    expect(sources.list()).toMatchObject({ objects: 1, symbols: MANY });
  });

  test("is a list with 200,000 objects, or the same one as often", () => {
    const header = "klp-convert-symbol-data.0.1\n";
    const objects = Array.from({ length: MANY }, (_, at) => `*m${at}\nf\n`).join("");
    expect(sourcesOf({ list: header + objects }).list()).toMatchObject({ objects: MANY });
    const same = sourcesOf({ list: header + "*m\nf\n__ksymtab_f\n".repeat(MANY) });
    expect(same.list()).toMatchObject({ objects: 1, symbols: MANY + 1 });
  });

  test("are two lists that agree about 200,000 symbols", () => {
    const list = (every: number) =>
      `klp-convert-symbol-data.0.1\n*m\n${Array.from({ length: MANY }, (_, at) => `f${at}\n`)
        .filter((_, at) => at % every !== 0)
        .join("")}`;
    expect(listOf({ one: list(7), two: list(5) }).said).toEqual([]);
  });

  test("are 3,000 sources of exports of one object", () => {
    const given = Object.fromEntries(
      Array.from({ length: 3000 }, (_, at) => [
        `${at}`,
        `0x00000001\tf${at}\tvmlinux\tEXPORT_SYMBOL\t\n`,
      ]),
    );
    expect(sourcesOf(given).list()).toMatchObject({ objects: 1, symbols: 3000 });
  });

  test("is one line", () => {
    const long = "x".repeat(5_000_000);
    const texts = [
      long,
      `${long}\n`,
      `ffffffff81000000 T ${long}\n`,
      `ffffffff81000000 T f\t[${long}]\n`,
      `g T 0 ${long}\n`,
      `0x00000001\tf\t${long}\tEXPORT_SYMBOL\t\n`,
      `klp-convert-symbol-data.0.1\n*${long}\n`,
      `klp-convert-symbol-data.0.1\n*m\n${long}\n`,
      `klp-convert-symbol-data.0.2 release=${long}\n`,
      `klp-convert-symbol-data.0.2\n*m\nf ${"+0x".repeat(1_000_000)} t\n`,
      `klp-convert-symbol-data.0.2\n*m\nf - t ${long}\n`,
    ];
    for (const text of texts) {
      const sources = sourcesOf({ text });
      sources.list();
      for (const { message } of sources.diagnostics) expect(message.length).toBeLessThan(1000);
    }
  });
});
