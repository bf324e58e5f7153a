// SPDX-License-Identifier: GPL-2.0-only
import { describe, expect, test } from "vitest";
import type { Layout } from "../../src/elf/index.js";
import { type Field, layoutOf } from "../../src/elf/layout.js";
import { type Pair, pairs, recordFields } from "./record-fields.js";

const names = ["ehdr", "shdr", "sym", "rela"] as const;

function layout({ class: elfClass, order }: Pair): Layout {
  return layoutOf(elfClass === 32 ? 1 : 2, order === "little");
}

/** A record of 0xaa bytes; a field that writes beside itself leaves a mark in them. */
function record(): DataView {
  return new DataView(new Uint8Array(80).fill(0xaa).buffer);
}

function bytesOf(view: DataView, at: number, length: number): string {
  return Buffer.from(view.buffer, view.byteOffset + at, length).toString("hex");
}

/** What `set` leaves of a record of 0xaa bytes that begins at 3, an offset aligned to nothing. */
function afterSet(field: Field, value: number): string {
  const view = record();
  field.set(view, 3, value);
  return bytesOf(view, 0, view.byteLength);
}

describe.each(pairs)("the layout of ELF$class $order", (pair) => {
  const made = layout(pair);
  const written = recordFields[pair.class];

  test("is of its class and byte order", () => {
    expect(made.elfClass).toBe(pair.class === 32 ? 1 : 2);
    expect(made.littleEndian).toBe(pair.order === "little");
    expect(made.wordSize).toBe(pair.class / 8);
  });

  test("is made once", () => {
    expect(layout(pair)).toBe(made);
  });

  test.each(names)("has the fields of %s where the gABI has them", (name) => {
    const { size, ...fields } = made[name];
    const places = Object.entries(fields)
      .filter(([key]) => key !== "symbol" && key !== "type") // parts of r_info, tested below
      .map(([key, field]) => [key, [field.offset, field.size]]);
    expect(Object.fromEntries(places)).toEqual(written[name].fields);
    expect(size).toBe(written[name].size);
  });

  test.each(names)("reads and writes the fields of %s at their place and nowhere else", (name) => {
    const fields = made[name] as unknown as Record<string, Field>;
    for (const [key, place] of Object.entries(written[name].fields)) {
      const [offset, width] = place as readonly [number, number];
      // 0x11, 0x1122, 0x11223344 and 0x0011223344556677: every byte another.
      const digits = width === 8 ? "0011223344556677" : "11223344".slice(0, 2 * width);
      const value = Number.parseInt(digits, 16);
      const stored = pair.order === "big" ? digits : digits.match(/../g)!.reverse().join("");
      const field = fields[key]!;
      const view = record();
      field.set(view, 3, value);
      const expected = "aa".repeat(3 + offset) + stored;
      expect(bytesOf(view, 0, 80), key).toBe(expected.padEnd(160, "a"));
      expect(field.get(view, 3), key).toBe(value);
      expect(field.low(view, 3), key).toBe(width === 8 ? 0x44556677 : value);
    }
  });

  test("refuses values that a field cannot hold, and leaves the record alone", () => {
    const { ehdr, shdr, sym } = made;
    const wordMost = pair.class === 32 ? 0xffffffff : Number.MAX_SAFE_INTEGER;
    const limits: [Field, number][] = [
      [sym.st_info, 0xff],
      [ehdr.e_shnum, 0xffff],
      [shdr.sh_link, 0xffffffff],
      [made.word, 0xffffffff],
      [shdr.sh_size, wordMost],
      [made.rela.r_offset, wordMost],
    ];
    for (const [field, most] of limits) {
      for (const value of [most + 1, -1, 0.5, Number.NaN, Number.POSITIVE_INFINITY]) {
        const view = record();
        expect(() => field.set(view, 0, value)).toThrow(
          new RangeError(`${value} does not fit: the field holds 0 to ${most}`),
        );
        expect(bytesOf(view, 0, 80)).toBe("aa".repeat(80));
      }
      for (const value of [0, most]) {
        const view = record();
        field.set(view, 0, value);
        expect(field.get(view, 0)).toBe(value);
      }
    }
  });

  test("has a bare word of 32 bits", () => {
    expect([made.word.offset, made.word.size]).toEqual([0, 4]);
    const stored = pair.order === "big" ? "12345678" : "78563412";
    expect(afterSet(made.word, 0x12345678)).toBe("aaaaaa".concat(stored).padEnd(160, "a"));
  });
});

describe.each(pairs.filter((pair) => pair.class === 64))("64-bit values, $order", (pair) => {
  const { sh_flags, sh_size } = layout(pair).shdr;

  function holding(digits: string): DataView {
    const view = record();
    const bytes = digits.match(/../g)!;
    if (pair.order === "little") bytes.reverse();
    for (const [at, byte] of bytes.entries()) {
      view.setUint8(sh_flags.offset + at, Number.parseInt(byte, 16));
    }
    return view;
  }

  test.each([
    ["0000000000000000", 0, 0],
    ["00000000ffffffff", 0xffffffff, 0xffffffff],
    ["0000000100000000", 2 ** 32, 0],
    ["0000000180000000", 2 ** 32 + 2 ** 31, 0x80000000],
    ["001fffffffffffff", Number.MAX_SAFE_INTEGER, 0xffffffff],
  ])("are exact up to 2^53: %s", (digits, value, low) => {
    expect(sh_flags.get(holding(digits), 0)).toBe(value);
    expect(sh_flags.low(holding(digits), 0)).toBe(low);
    const view = holding("aaaaaaaaaaaaaaaa");
    sh_flags.set(view, 0, value);
    expect(bytesOf(view, 0, 80)).toBe(bytesOf(holding(digits), 0, 80));
  });

  test.each([
    ["0020000000000001", 2 ** 53, 1],
    ["8000000000100042", 2 ** 63 + 0x100000, 0x100042],
    ["ffffffffffffffff", 2 ** 64, 0xffffffff],
  ])("above that stay large, with their low half exact: %s", (digits, least, low) => {
    expect(sh_flags.get(holding(digits), 0)).toBeGreaterThanOrEqual(least);
    expect(sh_flags.low(holding(digits), 0)).toBe(low);
  });

  test("are written with both halves", () => {
    const stored = "0000000200000001";
    const bytes = pair.order === "big" ? stored : stored.match(/../g)!.reverse().join("");
    expect(afterSet(sh_size, 2 ** 33 + 1)).toBe("aa".repeat(35).concat(bytes).padEnd(160, "a"));
  });
});

describe("the parts of r_info", () => {
  // ELF32_R_INFO(0x123456, 0x78) and ELF64_R_INFO(0x12345678, 0x9abcdef0), gABI "Relocation".
  test.each([
    { class: 32, order: "little", symbol: 0x123456, type: 0x78, info: "78563412" },
    { class: 32, order: "big", symbol: 0x123456, type: 0x78, info: "12345678" },
    { class: 64, order: "little", symbol: 0x12345678, type: 0x9abcdef0, info: "f0debc9a78563412" },
    { class: 64, order: "big", symbol: 0x12345678, type: 0x9abcdef0, info: "123456789abcdef0" },
  ] as const)("lie in ELF$class $order as $info", ({ symbol, type, info, ...pair }) => {
    const { rela } = layout(pair);
    const at = 3 + pair.class / 8;
    const width = info.length / 2;
    const view = record();
    rela.symbol.set(view, 3, symbol);
    rela.type.set(view, 3, type);
    expect(bytesOf(view, 0, 80)).toBe("aa".repeat(at).concat(info).padEnd(160, "a"));
    expect([rela.symbol.get(view, 3), rela.type.get(view, 3)]).toEqual([symbol, type]);
    expect([rela.symbol.low(view, 3), rela.type.low(view, 3)]).toEqual([symbol, type]);

    // Each part is changed without the other, with all bits and with none.
    rela.symbol.set(view, 3, 0);
    expect([rela.symbol.get(view, 3), rela.type.get(view, 3)]).toEqual([0, type]);
    rela.symbol.set(view, 3, symbol);
    rela.type.set(view, 3, 0);
    expect([rela.symbol.get(view, 3), rela.type.get(view, 3)]).toEqual([symbol, 0]);
    const mostSymbol = pair.class === 32 ? 0xffffff : 0xffffffff;
    const mostType = pair.class === 32 ? 0xff : 0xffffffff;
    rela.symbol.set(view, 3, mostSymbol);
    expect([rela.symbol.get(view, 3), rela.type.get(view, 3)]).toEqual([mostSymbol, 0]);
    rela.type.set(view, 3, mostType);
    expect(bytesOf(view, at, width)).toBe("ff".repeat(width));

    for (const [part, most] of [
      [rela.symbol, mostSymbol],
      [rela.type, mostType],
    ] as const) {
      for (const value of [most + 1, -1, 1.5]) {
        expect(() => part.set(view, 3, value)).toThrow(
          new RangeError(`${value} does not fit: the field holds 0 to ${most}`),
        );
      }
    }
    expect(bytesOf(view, at, width)).toBe("ff".repeat(width));
  });
});
