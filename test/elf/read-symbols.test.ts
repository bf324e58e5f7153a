// SPDX-License-Identifier: GPL-2.0-only

// The symbols of an ELF file, and the parts of it that are read for them.

import { describe, expect, test } from "vitest";
import { fileBytesOf, readSymbols } from "../../src/elf/index.js";
import { accepted } from "./outcome.js";
import { pairs, poke } from "./record-fields.js";
import { sample } from "./sample.js";

const read = (bytes: Uint8Array) =>
  accepted((diagnostics) => readSymbols(fileBytesOf(bytes), diagnostics));

describe.each(pairs)("the symbols of a file, $class bits and $order", (pair) => {
  test("are those of its table, with the sections they are in", () => {
    const { symbols, sections, header, layout } = read(sample(pair).bytes);
    const all = Array.from({ length: symbols.count }, (_, symbol) => [
      symbols.name(symbol),
      sections[symbols.sectionIndex(symbol)]?.name,
      symbols.value(symbol),
    ]);
    expect(all).toEqual([
      ["", "", 0],
      ["", ".data", 0],
      ["local_func", ".text", 0],
      ["once", ".text.once", 4],
      ["_printk", "", 0],
      ["maybe", "", 0],
    ]);
    expect(header.type).toBe(1);
    expect(layout.wordSize).toBe(pair.class / 8);
    expect(sections.map(({ name, index }) => [name, index])).toEqual(
      ["", ...sample(pair).sections.keys()].map((name, index) => [name, index]),
    );
  });

  test("have addresses of any size, in two halves", () => {
    const file = sample(pair);
    const value = pair.class === 64 ? 0xffffffff81000001n : 0x81000001n;
    poke(file.bytes, file.symbol(3), "st_value", value);
    poke(file.bytes, file.header(".text"), "sh_addr", value);
    const { symbols, sections } = read(file.bytes);
    const high = pair.class === 64 ? 0xffffffff : 0;
    expect([symbols.valueHigh(3), symbols.valueLow(3)]).toEqual([high, 0x81000001]);
    const { addressHigh, addressLow } = sections[2]!;
    expect([addressHigh, addressLow]).toEqual([high, 0x81000001]);
  });

  test("come with as much of a section's contents as is asked for", () => {
    const file = sample(pair);
    const at = (name: string, from: number, most: number, bytes = file.bytes) => {
      const symbolFile = read(bytes);
      const section = symbolFile.sections.find((each) => each.name === name)!;
      return Buffer.from(symbolFile.contents(section, from, most)).toString("latin1");
    };
    expect(at(".data", 0, 100)).toBe("datadata");
    expect(at(".data", 0, 3)).toBe("dat");
    expect(at(".data", 5, 100)).toBe("ata");
    expect(at(".data", 7, 1)).toBe("a");
    expect(at(".data", 8, 1)).toBe("");
    expect(at(".data", 1000, 1)).toBe("");
    expect(at(".bss", 0, 100)).toBe("");
    expect(at("", 0, 100)).toBe("");
    for (const [field, value] of [
      ["sh_offset", file.bytes.length + 1],
      ["sh_offset", file.bytes.length - 7],
      ["sh_size", 0x7fffffff],
      ["sh_offset", 0xffffffff],
    ] as const) {
      const bytes = file.bytes.slice();
      poke(bytes, file.header(".data"), field, value);
      expect(at(".data", 0, 100, bytes)).toBe("");
    }
  });

  test("are read without reading the rest", () => {
    const { bytes, header, contents } = sample(pair);
    const whole = fileBytesOf(bytes);
    let read = 0;
    const symbols = accepted((diagnostics) =>
      readSymbols(
        {
          size: whole.size,
          read: (offset, size) => {
            read += size;
            expect(offset + size).toBeLessThanOrEqual(whole.size);
            expect(offset).not.toBe(contents(".text"));
            return whole.read(offset, size);
          },
        },
        diagnostics,
      ),
    );
    expect(symbols.symbols.count).toBe(6);
    expect(read).toBeLessThan(bytes.length);
    expect(header(".text")).toBeLessThan(whole.size);
  });
});
