// SPDX-License-Identifier: GPL-2.0-only

// What inspect tells of each family of fixtures, as text. `npm run golden` writes the files anew; read
// what changed before committing it.

import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { comparisonText } from "../src/cli/comparison-text.js";
import { inspectionText } from "../src/cli/inspection-text.js";
import { compareModules, convert, inspect } from "../src/index.js";
import { FIXTURES, fixture, fixtureSymbols } from "./fixtures.js";

const symbols = fixtureSymbols();

function converted(name: (typeof FIXTURES)[number]): Uint8Array {
  return convert(fixture(name), { file: "in.ko", symbols }).output!;
}

const FAMILIES = ["ppc32", "x86_64-dup", "x86_64-mixed", "x86_64-objtool", "x86_64-plain"] as const;

test.each(FAMILIES)("%s, with symbols", async (name) => {
  const text = inspectionText(inspect(fixture(name), { file: `${name}.ko`, symbols }));
  await expect(text).toMatchFileSnapshot(`golden/inspect/${name}.txt`);
});

test("annotated names and sections, without symbols", async () => {
  const text = inspectionText(inspect(fixture("x86_64"), { file: "x86_64.ko" }));
  await expect(text).toMatchFileSnapshot("golden/inspect/x86_64-alone.txt");
});

test("a converted module, with symbols and without", async () => {
  const bytes = converted("x86_64-mixed");
  const texts = [
    inspectionText(inspect(bytes, { file: "mixed.klp.ko", symbols })),
    inspectionText(inspect(bytes, { file: "mixed.klp.ko" })),
  ];
  await expect(texts.join("\n")).toMatchFileSnapshot("golden/inspect/x86_64-mixed-converted.txt");
});

test("what a conversion changed", async () => {
  const before = { file: "mixed.ko", bytes: fixture("x86_64-mixed") };
  const after = { file: "mixed.klp.ko", bytes: converted("x86_64-mixed") };
  const { comparison } = compareModules(before, after);
  await expect(comparisonText(before.file, after.file, comparison!)).toMatchFileSnapshot(
    "golden/inspect/x86_64-mixed-diff.txt",
  );
});

test.each(FIXTURES)("%s fits 100 columns", (name) => {
  const before = { file: `${name}.ko`, bytes: fixture(name) };
  const after = { file: `${name}.klp.ko`, bytes: converted(name) };
  const texts = [
    inspectionText(inspect(before.bytes, { file: before.file })),
    inspectionText(inspect(after.bytes, { file: after.file, symbols })),
    comparisonText(before.file, after.file, compareModules(before, after).comparison!),
  ];
  const long = texts
    .join("")
    .split("\n")
    .filter((line) => line.length > 100);
  expect(long).toEqual([]);
});

test("docs/inspect.md shows what is printed", () => {
  const read = (name: string) =>
    new Uint8Array(readFileSync(new URL(`../${name}`, import.meta.url)));
  const list = { file: "Symbols.list", bytes: read("samples/prebuilt/Symbols.list") };
  const before = { file: "livepatch-demo.ko", bytes: read("samples/prebuilt/livepatch-demo.ko") };
  const after = {
    file: "livepatch-demo.klp.ko",
    bytes: convert(before.bytes, { symbols: list }).output!,
  };
  const texts = [
    inspectionText(inspect(after.bytes, { file: after.file, symbols: list })),
    comparisonText(before.file, after.file, compareModules(before, after).comparison!),
  ];
  const page = readFileSync(new URL("../docs/inspect.md", import.meta.url), "utf8");
  for (const text of texts) expect(page).toContain(text.replace(/^(?=.)/gm, "    "));
});
