// SPDX-License-Identifier: GPL-2.0-only

// What conversion makes of good modules violates none of the rules about the file itself, and no file
// is too bad to be tested.

import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { examine } from "../../../src/check/examine.js";
import { Subject } from "../../../src/check/subject.js";
import { Diagnostics } from "../../../src/diagnostics.js";
import { readElf } from "../../../src/elf/index.js";
import { convert } from "../../../src/index.js";
import { FIXTURES, fixture, fixtureSymbols } from "../../fixtures.js";
import { ModuleFile } from "../../kernel/module-file.js";
import { ruleOf } from "./file-cases.js";

const IDS = [..."123456789"].map((digit) => `L0${digit}`);
IDS.push("L10", "L11", "L12", "L13", "L14", "L15", "L16", "L69", "L75");
const rules = IDS.map(ruleOf);

function findingsOf(bytes: Uint8Array, input: Uint8Array, release?: string): string[] {
  const before = readElf(input, new Diagnostics("input"));
  const { findings } = examine(new Subject("module", bytes, { input: before, release }), rules);
  return findings.map(({ rule, message }) => `${rule}: ${message}`);
}

describe("a converted module", () => {
  test.each(FIXTURES.filter((name) => name !== "x86_64-dup"))("has no finding: %s", (name) => {
    const input = fixture(name);
    const { output } = convert(input, { symbols: fixtureSymbols() });
    expect(findingsOf(output!, input)).toEqual([]);
  });

  test("has the sections of one name that it was given", () => {
    const input = fixture("x86_64-dup");
    const { output } = convert(input, { symbols: fixtureSymbols() });
    const found = ["L14: sections 5 and 7 have the same name"];
    expect(findingsOf(output!, input)).toEqual(found);
  });

  test.each(["livepatch-cmdline", "livepatch-demo"])("has no finding: %s", (name) => {
    const folder = new URL("../../../samples/prebuilt/", import.meta.url);
    const read = (file: string) => new Uint8Array(readFileSync(new URL(file, folder)));
    const symbols = { file: "Symbols.list", bytes: read("Symbols.list") };
    const input = read(`${name}.ko`);
    expect(findingsOf(convert(input, { symbols }).output!, input)).toEqual([]);
  });
});

describe("a damaged module", () => {
  const input = fixture("x86_64");
  const good = convert(input, { symbols: fixtureSymbols() }).output!;
  const headers = new ModuleFile(Buffer.from(good)).header("e_shoff");
  const value = fc.constantFrom(0, 1, 0x20, 0x7f, 0x80, 0xff);

  test("is tested, whatever its headers say", () => {
    const place = fc.oneof(
      fc.integer({ min: 0, max: 63 }),
      fc.integer({ min: headers, max: good.length - 1 }),
      fc.integer({ min: 0, max: good.length - 1 }),
    );
    const edits = fc.array(fc.tuple(place, value), { minLength: 1, maxLength: 6 });
    const release = fc.constantFrom("6.1.0", "6.12.0", "7.3.0", undefined);
    fc.assert(
      fc.property(edits, release, (changes, kernel) => {
        const bytes = good.slice();
        for (const [at, byte] of changes) bytes[at] = byte;
        findingsOf(bytes, input, kernel);
      }),
      { numRuns: 1500, seed: 20260 },
    );
  });

  test("is tested, wherever it is cut off", () => {
    for (let length = 0; length < good.length; length += 61) {
      expect(findingsOf(good.slice(0, length), input).length, `${length}`).toBeGreaterThan(0);
    }
  });

  test("with many faults of a kind is tested in no time", () => {
    const count = 20_000;
    const file = new ModuleFile(Buffer.from(good));
    const headersOf = Buffer.alloc(64 * count);
    for (let i = 1; i < count; i++) {
      // sh_name of .text, SHT_RELA, all flags, sh_info and sh_link of no section.
      headersOf.writeUInt32LE(file.section(".text", "sh_name"), 64 * i);
      headersOf.writeUInt32LE(4, 64 * i + 4);
      headersOf.writeUInt32LE(0x287, 64 * i + 8);
      headersOf.writeUInt32LE(1, 64 * i + 32);
      headersOf.writeUInt32LE(0xffffffff, 64 * i + 40);
      headersOf.writeUInt32LE(0xffffffff, 64 * i + 44);
    }
    const old = Buffer.from(file.bytes.subarray(headers, headers + 64 * file.header("e_shnum")));
    old.copy(headersOf);
    file.setHeader("e_shoff", file.bytes.length);
    file.appendToFile(headersOf);
    file.setHeader("e_shnum", count);
    const started = performance.now();
    expect(findingsOf(new Uint8Array(file.bytes), input, "7.3.0").length).toBeGreaterThan(20);
    expect(performance.now() - started).toBeLessThan(5000);
  });
});
