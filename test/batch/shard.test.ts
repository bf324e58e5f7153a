// SPDX-License-Identifier: GPL-2.0-only

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { isInShard, parseShard } from "../../src/batch/index.js";

describe("shards", () => {
  test("are disjoint and complete, whatever the names", () => {
    fc.assert(
      fc.property(fc.string(), fc.integer({ min: 1, max: 50 }), (output, count) => {
        const all = Array.from({ length: count }, (_, i) => ({ index: i + 1, count }));
        expect(all.filter((shard) => isInShard(output, shard))).toHaveLength(1);
      }),
    );
  });

  test("are the same everywhere and at any time", () => {
    const of = (output: string) =>
      [1, 2, 3, 4].find((index) => isInShard(output, { index, count: 4 }));
    expect(["out/a.ko", "out/b.ko", "out/c.ko", "./out/a.ko"].map(of)).toEqual([1, 3, 2, 1]);
  });

  test("are of about one size", () => {
    const names = Array.from({ length: 4000 }, (_, i) => `out/${i}.ko`);
    for (const index of [1, 2, 3, 4]) {
      const own = names.filter((name) => isInShard(name, { index, count: 4 })).length;
      expect(own).toBeGreaterThan(900);
      expect(own).toBeLessThan(1100);
    }
  });

  test.each([
    "0/2",
    "3/2",
    "1",
    "1/0",
    "a/b",
    "-1/2",
    "1/2/3",
    "1/1234567",
    "",
  ])("%j is none", (text) => {
    expect(parseShard(text)).toBe(`"${text}" is not I/N, such as 1/4 to 4/4`);
  });

  test("are read", () => {
    expect(parseShard("2/4")).toEqual({ index: 2, count: 4 });
  });
});
