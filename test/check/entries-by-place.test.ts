// SPDX-License-Identifier: GPL-2.0-only
import { expect, test } from "vitest";
import { EntriesByPlace } from "../../src/check/entries-by-place.js";
import { EntryTable } from "../../src/check/entry-table.js";
import { layoutOf, Relocations } from "../../src/elf/index.js";

/** A table of entries with these offsets, types and addends; entry n is of symbol n. */
function tableOf(entries: readonly (readonly [number, number, number])[]): EntryTable {
  const layout = layoutOf(2, true);
  const view = new DataView(new ArrayBuffer(entries.length * layout.rela.size));
  for (const [i, [offset, type, addend]] of entries.entries()) {
    const at = i * layout.rela.size;
    layout.rela.r_offset.set(view, at, offset);
    layout.rela.type.set(view, at, type);
    layout.rela.symbol.set(view, at, i);
    layout.rela.r_addend.set(view, at, addend);
  }
  return new EntryTable(new Relocations(new Uint8Array(view.buffer), layout));
}

test("entries are found in whatever order they are asked for", () => {
  const found = new EntriesByPlace(
    tableOf([
      [4, 2, 1],
      [8, 4, 0],
      [16, 2, 1],
      [20, 1, 7],
    ]),
  );
  expect(found.find(4, 2, 1)).toBe(0);
  expect(found.find(8, 4, 0)).toBe(1);
  expect(found.find(20, 1, 7)).toBe(3);
  expect(found.find(4, 2, 1)).toBe(0);
  expect(found.find(16, 2, 1)).toBe(2);
});

test("what has another place, type or addend is not found", () => {
  const found = new EntriesByPlace(tableOf([[8, 2, 1]]));
  expect(found.find(4, 2, 1)).toBe(-1);
  expect(found.find(12, 2, 1)).toBe(-1);
  expect(found.find(8, 4, 1)).toBe(-1);
  expect(found.find(8, 2, 0)).toBe(-1);
  expect(found.find(8, 2, 1)).toBe(0);
});

test("entries of one place are told apart by type and addend", () => {
  const found = new EntriesByPlace(
    tableOf([
      [8, 47, 0],
      [8, 52, 0],
      [4, 1, 0],
    ]),
  );
  expect(found.find(8, 52, 0)).toBe(1);
  expect(found.find(8, 47, 0)).toBe(0);
  expect(found.find(4, 1, 0)).toBe(2);
  expect(found.find(4, 47, 0)).toBe(-1);
});

test("of two that are alike neither is found", () => {
  const found = new EntriesByPlace(
    tableOf([
      [8, 2, 0],
      [8, 2, 0],
      [12, 2, 0],
    ]),
  );
  expect(found.find(8, 2, 0)).toBe(-1);
  expect(found.find(12, 2, 0)).toBe(2);
});

test("entries are numbered with those that were left out", () => {
  const layout = layoutOf(2, true);
  const data = new Uint8Array(3 * layout.rela.size);
  const table = new EntryTable(new Relocations(data, layout), [0, 2, 3]);
  expect([0, 1, 2].map((at) => table.entry(at).index)).toEqual([1, 4, 5]);
});
