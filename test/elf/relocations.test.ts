// SPDX-License-Identifier: GPL-2.0-only
import { describe, expect, test } from "vitest";
import { Relocations } from "../../src/elf/index.js";
import { buildElf } from "../elf-builder.js";
import { opened } from "./outcome.js";
import { pairs } from "./record-fields.js";

describe.each(pairs)("the relocations of an ELF$class $order section", (pair) => {
  const symbols = Array.from({ length: 300 }, (_, index) => ({ name: `symbol${index}` }));
  const most = 2n ** BigInt(pair.class) - 1n;
  const object = opened(
    buildElf({
      ...pair,
      sections: [{ name: ".debug", size: 8 }],
      symbols,
      relocations: [
        {
          section: ".debug",
          entries: [
            { offset: 0, type: 0, symbol: 0 },
            { offset: 8, type: 255, symbol: 299, addend: -4 },
            { offset: 4, type: 1, symbol: 256, addend: 1 },
            { offset: 0xffffffff, type: 128, symbol: 1, addend: 0 },
            { offset: 4, type: 1, symbol: 256, addend: most },
            { offset: 1, type: 2, symbol: 3, addend: 1n << BigInt(pair.class - 1) },
          ],
        },
      ],
    }),
  );
  const { data } = object.sections[2]!;
  const entries = new Relocations(data, object.layout);
  const each = Array.from({ length: entries.count }, (_, entry) => entry);

  test("are read entry by entry", () => {
    expect(entries.count).toBe(6);
    expect(each.map((entry) => entries.offset(entry))).toEqual([0, 8, 4, 0xffffffff, 4, 1]);
    expect(each.map((entry) => entries.type(entry))).toEqual([0, 255, 1, 128, 1, 2]);
    expect(each.map((entry) => entries.symbol(entry))).toEqual([0, 299, 256, 1, 256, 3]);
    const least = -(2 ** (pair.class - 1));
    expect(each.map((entry) => entries.addend(entry))).toEqual([0, -4, 1, 0, -1, least]);
  });

  test("are the same wherever their bytes lie in memory", () => {
    const shifted = new Uint8Array(data.length + 1).subarray(1);
    shifted.set(data);
    const others = new Relocations(shifted, object.layout);
    const fields = (from: Relocations) =>
      each.map((entry) => [
        from.offset(entry),
        from.type(entry),
        from.symbol(entry),
        from.addend(entry),
      ]);
    expect(fields(others)).toEqual(fields(entries));
  });

  test.each([
    ["as they are", data],
    ["where no offset needs the highest bit", data.subarray(0, 3 * object.layout.rela.size)],
    ["where there are none", data.subarray(0, 0)],
  ])("are read all at once to the same, %s", (_, bytes) => {
    const shifted = new Uint8Array(bytes.length + 1).subarray(1);
    shifted.set(bytes);
    for (const from of [bytes, shifted]) {
      const some = new Relocations(from, object.layout);
      const numbers = Array.from({ length: some.count }, (_, entry) => entry);
      const { offsets, types, symbols, mostOffset, mostSymbol } = some.all;
      expect([...offsets]).toEqual(numbers.map((entry) => some.offset(entry)));
      expect([...types]).toEqual(numbers.map((entry) => some.type(entry)));
      expect([...symbols]).toEqual(numbers.map((entry) => some.symbol(entry)));
      expect(mostOffset).toBe(Math.max(-1, ...offsets));
      expect(mostSymbol).toBe(Math.max(-1, ...symbols));
    }
  });

  test("are those of the contents that a section has, also of new ones", () => {
    const section = opened(buildElf({ ...pair, sections: [{ name: ".data", size: 8 }] }))
      .sections[1]!;
    section.data = data;
    expect(section.relocations(object.layout).count).toBe(6);
    expect(section.relocations(object.layout)).toBe(section.relocations(object.layout));
    section.data = data.subarray(object.layout.rela.size);
    expect(section.relocations(object.layout).count).toBe(5);
    expect(section.relocations(object.layout).all.types[0]).toBe(255);
  });

  test("have more than 32 bits where the class has", () => {
    const { r_offset, r_addend, size } = object.layout.rela;
    const view = new DataView(new ArrayBuffer(size));
    const value = pair.class === 64 ? 2 ** 40 + 5 : 2 ** 31 + 5;
    r_offset.set(view, 0, value);
    r_addend.set(view, 0, value);
    const entry = new Relocations(new Uint8Array(view.buffer), object.layout);
    expect(entry.offset(0)).toBe(value);
    expect(entry.all).toMatchObject({ offsets: new Float64Array([value]), mostOffset: value });
    expect(entry.addend(0)).toBe(pair.class === 64 ? value : value - 2 ** 32);
  });

  test.each([0, 1])("are picked in runs of many, too, at offset %i of memory", (shift) => {
    const { size } = object.layout.rela;
    const many = new Uint8Array(shift + 400 * size).subarray(shift);
    for (let i = 0; i < many.length; i++) many[i] = (i * 7) % 251;
    const all = new Relocations(many, object.layout);
    const picked = all.pick((entry) => entry !== 2 && entry !== 200);
    const kept = [many.subarray(0, 2 * size), many.subarray(3 * size, 200 * size)];
    const expected = Buffer.concat([...kept, many.subarray(201 * size)]);
    expect(Buffer.compare(picked, expected)).toBe(0);
  });

  test("are the same run, byte for byte, wherever their bytes lie in memory", () => {
    const { size } = object.layout.rela;
    const copyAt = (offset: number, from: number) => {
      const bytes = new Uint8Array(offset + from + data.length).subarray(offset);
      bytes.set(data, from);
      return bytes;
    };
    for (const of of [copyAt(0, 0), copyAt(1, 0)]) {
      const some = new Relocations(of, object.layout);
      for (const copy of [copyAt(0, size), copyAt(1, size)]) {
        const others = new Relocations(copy, object.layout);
        expect(some.isSameRun(0, 6, others, 1)).toBe(true);
        expect(some.isSameRun(2, 3, others, 3)).toBe(true);
        expect(some.isSameRun(2, 3, others, 2)).toBe(false);
        // The last byte of the last one differs.
        copy[5 * size - 1]! ^= 1;
        expect(some.isSameRun(2, 2, others, 3)).toBe(false);
        expect(some.isSameRun(2, 1, others, 3)).toBe(true);
        copy[5 * size - 1]! ^= 1;
      }
    }
  });

  test("are none where there are no bytes", () => {
    expect(new Relocations(new Uint8Array(0), object.layout).count).toBe(0);
  });

  test.each([
    ["all", [0, 1, 2, 3, 4, 5]],
    ["none", []],
    ["the first", [0]],
    ["the last", [5]],
    ["every other", [1, 3, 5]],
    ["runs of them", [0, 1, 4, 5]],
  ])("are picked as their bytes, in order: %s", (_, chosen) => {
    const size = data.length / 6;
    const expected = chosen.flatMap((entry) => [
      ...data.subarray(entry * size, (entry + 1) * size),
    ]);
    const shifted = new Uint8Array(data.length + 1).subarray(1);
    shifted.set(data);
    for (const from of [data, shifted]) {
      const some = new Relocations(from, object.layout);
      const picked = some.pick((entry) => chosen.includes(entry));
      expect([...picked]).toEqual(expected);
      // A copy, also of all: what is picked may go into another section.
      expect(picked.buffer).not.toBe(from.buffer);
    }
  });
});
