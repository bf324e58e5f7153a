// SPDX-License-Identifier: GPL-2.0-only

// Where the source cites rows of the matrix of kernels ("Shown by CELL CASE"), they are there, and kernels
// of those cells have filled them in.

import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";

const root = fileURLToPath(new URL("../", import.meta.url));
const matrix = readFileSync(`${root}test/kernel/matrix.md`, "utf8");
const rows = new Set(
  [...matrix.matchAll(/^\| (\S+) \| (\S+) \|/gm)].map(([, cell, name]) => `${cell} ${name}`),
);

const files = readdirSync(`${root}src`, { recursive: true, encoding: "utf8" })
  .filter((name) => name.endsWith(".ts"))
  .map((name) => [name, readFileSync(`${root}src/${name}`, "utf8")] as const);

/**
 * Cells are ARCHITECTURE-SERIES, some with a word between the two. The case is the next word, be it on
 * the next line of the comment.
 */
const cited = files.flatMap(([name, text]) =>
  [
    ...text.matchAll(/\b([a-z]\w+(?:-[a-z]\w+)?-\d\.\d+)(?:,? |\s+(?:\*|\/\/) )([a-z][a-z0-9-]*)/g),
  ].map(([, cell, row]) => [name, `${cell} ${row}`] as const),
);

describe("rows of the matrix that the source cites", () => {
  test("are found", () => {
    expect(new Set(cited.map(([name]) => name)).size).toBeGreaterThan(10);
  });

  test.each(cited)("%s: %s", (_name, row) => {
    expect([...rows]).toContain(row);
  });
});
