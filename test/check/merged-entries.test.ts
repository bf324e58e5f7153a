// SPDX-License-Identifier: GPL-2.0-only
import { expect, test } from "vitest";
import { isMergedFrom } from "../../src/check/merged-entries.js";
import { layoutOf, Relocations } from "../../src/elf/index.js";

const layout = layoutOf(2, true);
const { size, r_offset, symbol } = layout.rela;

function bytesOf(entries: readonly (readonly [offset: number, symbol: number])[]): Uint8Array {
  const bytes = new Uint8Array(entries.length * size);
  const view = new DataView(bytes.buffer);
  for (const [at, [offset, of]] of entries.entries()) {
    r_offset.set(view, at * size, offset);
    symbol.set(view, at * size, of);
  }
  return bytes;
}

function partOf(...entries: readonly (readonly [number, number])[]): Relocations {
  return new Relocations(bytesOf(entries), layout);
}

const whole = partOf([0, 1], [4, 2], [8, 3]);

test.each([
  ["two parts", [partOf([0, 1], [8, 3]), partOf([4, 2])], true],
  ["an empty part beside", [partOf(), partOf([0, 1], [4, 2], [8, 3])], true],
  ["one is lost", [partOf([0, 1]), partOf([8, 3])], false],
  ["one is there twice", [partOf([0, 1], [4, 2], [8, 3]), partOf([4, 2])], false],
  ["another order", [partOf([8, 3], [0, 1]), partOf([4, 2])], false],
  ["another symbol", [partOf([0, 1], [8, 2]), partOf([4, 2])], false],
] as const)("%s", (_, parts, isMerged) => {
  expect(isMergedFrom(whole, parts)).toBe(isMerged);
});

test.each([
  ["the same", 0, true],
  ["not the same", 1, false],
])("of a run of many, the last is %s", (_, change, isMerged) => {
  const entries = Array.from({ length: 200 }, (_each, i) => [8 * i, i] as const);
  const last = [8 * 199, 199 + change] as const;
  const parts = [partOf(...entries.slice(0, 1), ...entries.slice(2, -1), last)];
  parts.push(partOf(entries[1]!));
  expect(isMergedFrom(partOf(...entries), parts)).toBe(isMerged);
});

test("of two entries of one place it is not told which is which", () => {
  const twice = partOf([4, 1], [4, 1]);
  expect(isMergedFrom(twice, [twice])).toBe(false);
});
