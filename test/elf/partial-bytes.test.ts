// SPDX-License-Identifier: GPL-2.0-only

// A module of which not all was read comes out as if all had been, and what nobody looks at stays unread.

import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { checkOutput } from "../../src/check/index.js";
import { type ByteSource, PartialBytes, readPartially } from "../../src/elf/index.js";
import { convert, convertPartially } from "../../src/livepatch/index.js";
import { buildIntermediate } from "../livepatch/intermediate.js";

const fixtures = fileURLToPath(new URL("../fixtures/", import.meta.url));
const modules = readdirSync(fixtures).filter((name) => name.endsWith(".ko"));
const LIST = { file: "Symbols.list", bytes: readFileSync(`${fixtures}Symbols.list`) };

/** A file that notes what of it was read. */
class NotedFile implements ByteSource {
  readonly size: number;
  readonly #bytes: Uint8Array;
  readonly #read: { readonly from: number; readonly to: number }[] = [];

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.size = bytes.length;
  }

  readInto(bytes: Uint8Array, offset: number): void {
    bytes.set(this.#bytes.subarray(offset, offset + bytes.length));
    if (bytes.length > 0) this.#read.push({ from: offset, to: offset + bytes.length });
  }

  wasRead(offset: number): boolean {
    return this.#read.some(({ from, to }) => from <= offset && offset < to);
  }
}

function joined(file: PartialBytes): Buffer {
  // A piece is good until the next one.
  return Buffer.concat(Array.from(file.pieces(), (piece) => Buffer.from(piece)));
}

describe("partial and whole, a module is converted to the same", () => {
  test.each(modules)("%s", (name) => {
    const bytes = readFileSync(fixtures + name);
    const whole = convert(bytes, { symbols: LIST });
    const file = readPartially(new NotedFile(bytes), 1);
    const { output, ...rest } = convertPartially(file, { symbols: LIST });
    const { outcome, report, diagnostics } = whole;
    expect(rest).toEqual({ outcome, report, diagnostics });
    expect(output && joined(output)).toEqual(whole.output && Buffer.from(whole.output));
    if (output === undefined || whole.output === undefined) return;
    expect(checkOutput(output, file)).toEqual(checkOutput(whole.output, bytes));
  });
});

test("contents that nobody looks at are read when they are written, and not before", () => {
  const size = 5_000_000;
  const bytes = Buffer.from(
    buildIntermediate({
      undefined: ["cmdline_proc_show"],
      sections: [
        { name: ".text.more", flags: 6, size: 64 },
        { name: ".debug_info", size },
      ],
      uses: { ".text.more": [{ offset: 4, type: 2, symbol: "cmdline_proc_show", addend: -4 }] },
    }),
  );
  // The relocations before it get fewer, so it does not stay where it is.
  const at = bytes.lastIndexOf(Buffer.alloc(size));
  bytes.fill("debug", at, at + size);
  const list = "klp-convert-symbol-data.0.1\n*vmlinux\ncmdline_proc_show\n";
  const symbols = { file: "list", bytes: Buffer.from(list) };
  const options = { symbols, patchedObjects: ["vmlinux"] };
  const noted = new NotedFile(bytes);
  const file = readPartially(noted, 1 << 20);
  const { output, report } = convertPartially(file, options);
  expect(report.outcome).toBe("converted");
  expect(checkOutput(output!, file)).toEqual([]);
  expect(noted.wasRead(at + size / 2)).toBe(false);
  expect(joined(output!)).toEqual(Buffer.from(convert(bytes, options).output!));
  expect(noted.wasRead(at + size / 2)).toBe(true);
});

/** e_shoff. */
const tableOf = (bytes: Uint8Array) =>
  Number(new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(40, true));

/** A copy of an ELF64 file, little-endian, whose section 1 is SHT_PROGBITS and not loaded. */
function withSection(bytes: Uint8Array, offset: number, size: number): Uint8Array {
  const copy = Uint8Array.from(bytes);
  const view = new DataView(copy.buffer);
  const header = tableOf(copy) + 64;
  view.setUint32(header + 4, 1, true);
  view.setBigUint64(header + 8, 0n, true);
  view.setBigUint64(header + 24, BigInt(offset), true);
  view.setBigUint64(header + 32, BigInt(size), true);
  return copy;
}

describe("all is read at once", () => {
  const bytes = readFileSync(`${fixtures}x86_64.in.ko`);

  test.each([
    ["of what is no ELF file", Buffer.from("no ELF file")],
    ["of nothing", Buffer.alloc(0)],
    ["of a file that is cut off", bytes.subarray(0, bytes.length - 1)],
    ["where a section lies on the header", withSection(bytes, 0, 100)],
    ["where a section lies on the section headers", withSection(bytes, tableOf(bytes) + 64, 64)],
    [
      "where a section reaches to the end",
      withSection(Buffer.concat([bytes, Buffer.alloc(100)]), bytes.length, 100),
    ],
  ])("%s", (_, contents) => {
    const file = readPartially(new NotedFile(contents), 1);
    expect(file.has(0, file.size)).toBe(true);
    expect(Buffer.from(file.bytes)).toEqual(Buffer.from(contents));
  });
});

test("nothing is missing of no bytes, wherever they are", () => {
  const file = PartialBytes.unread(new NotedFile(new Uint8Array(8)));
  expect([0, 4, 8].map((offset) => file.has(offset, 0))).toEqual([true, true, true]);
  expect(file.has(4, 1)).toBe(false);
});

test("bytes that are read from partial ones are those of the file", () => {
  const bytes = Uint8Array.from({ length: 400 }, (_, i) => i % 251);
  const stretches = fc.uniqueArray(fc.nat(9), { maxLength: 5 });
  fc.assert(
    fc.property(stretches, fc.nat(400), fc.nat(400), (chosen, first, second) => {
      const missing = chosen.sort((a, b) => a - b).map((i) => ({ at: 40 * i, size: 1 + 4 * i }));
      const known = bytes.slice();
      for (const { at, size } of missing) known.fill(0, at, at + size);
      const file = new PartialBytes(
        known,
        missing.map((each) => ({ ...each, from: each.at })),
        new NotedFile(bytes),
      );
      const [from, to] = [Math.min(first, second), Math.max(first, second)];
      const read = new Uint8Array(to - from);
      file.readInto(read, from);
      expect(read).toEqual(bytes.slice(from, to));
      expect(joined(file)).toEqual(Buffer.from(bytes));
      file.load(from, to - from);
      expect(file.has(from, to - from)).toBe(true);
      expect(file.bytes.slice(from, to)).toEqual(bytes.slice(from, to));
    }),
  );
});
