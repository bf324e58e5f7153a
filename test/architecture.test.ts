// SPDX-License-Identifier: GPL-2.0-only

// Who may import whom. A layer that learns what it must not know shows here first.

import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { VERSION } from "../src/index.js";

const root = fileURLToPath(new URL("../", import.meta.url));
const source = join(root, "src");

/** What each part of src may import besides itself. */
const ALLOWED: Readonly<Record<string, readonly string[]>> = {
  "byte-string.ts": [],
  "diagnostics.ts": [],
  "modinfo.ts": ["byte-string.ts"],
  "sorted-numbers.ts": [],
  "version.ts": [],
  elf: ["byte-string.ts", "diagnostics.ts"],
  dwarf: ["byte-string.ts", "diagnostics.ts", "sorted-numbers.ts", "elf"],
  symbols: ["byte-string.ts", "diagnostics.ts", "modinfo.ts", "elf"],
  livepatch: [
    "byte-string.ts",
    "diagnostics.ts",
    "modinfo.ts",
    "sorted-numbers.ts",
    "elf",
    "dwarf",
    "symbols",
  ],
  check: ["byte-string.ts", "diagnostics.ts", "sorted-numbers.ts", "elf", "symbols", "livepatch"],
  batch: ["diagnostics.ts", "livepatch", "version.ts", "node:crypto"],
  inspect: ["diagnostics.ts", "modinfo.ts", "elf", "symbols", "livepatch"],
  "index.ts": ["check", "diagnostics.ts", "inspect", "livepatch", "symbols", "version.ts"],
  cli: [
    "diagnostics.ts",
    "elf",
    "symbols",
    "livepatch",
    "check",
    "inspect",
    "batch",
    "version.ts",
    "commander",
    "p-limit",
    "xz-decompress",
    "zstddec",
    "node:crypto",
    "node:fs",
    "node:os",
    "node:path",
    "node:tty",
    "node:util",
    "node:v8",
    "node:worker_threads",
    "node:zlib",
  ],
};

const files = readdirSync(source, { recursive: true, encoding: "utf8" })
  .filter((name) => name.endsWith(".ts"))
  .sort();

/** `livepatch/convert.ts` is part of `livepatch`, `index.ts` is a part of its own. */
const partOf = (file: string) => file.split("/")[0]!;

function importsOf(file: string): string[] {
  const text = readFileSync(join(source, file), "utf8");
  const specifiers = [...text.matchAll(/\bfrom "([^"]+)"|\bimport\("([^"]+)"\)/g)];
  return specifiers.map(([, from, dynamic]) => {
    const specifier = (from ?? dynamic)!;
    if (!specifier.startsWith(".")) return specifier;
    return relative(source, join(source, dirname(file), specifier.replace(/\.js$/, ".ts")));
  });
}

describe("src", () => {
  test.each(files)("%s imports what its part may know", (file) => {
    const part = partOf(file);
    const foreign = importsOf(file)
      .map((name) => (name.includes(":") ? name : partOf(name)))
      .filter((name) => name !== part);
    const allowed = ALLOWED[part];
    expect(allowed, `${part} is new: say here what it may import`).toBeDefined();
    for (const name of foreign) expect(allowed, file).toContain(name);
  });

  test("parts are entered by their doors", () => {
    for (const file of files) {
      for (const name of importsOf(file)) {
        const isForeign = name.endsWith(".ts") && partOf(name) !== partOf(file);
        if (isForeign && name.includes("/")) expect(name, file).toMatch(/\/index\.ts$/);
      }
    }
  });

  test("the library names nothing that only Node has", () => {
    // These take a Buffer where there is one, and are tested without.
    const faster = ["byte-string.ts", "check/same-bytes.ts"];
    const isLibrary = (name: string) => partOf(name) !== "cli" && !faster.includes(name);
    for (const file of files.filter(isLibrary)) {
      const text = readFileSync(join(source, file), "utf8").replace(/\/\*.*?\*\/|\/\/[^\n]*/gs, "");
      expect(text, file).not.toMatch(/\b(process|console|Buffer|require)\b(?! execution)/);
    }
  });

  test("the version is package.json's", () => {
    const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
    expect(VERSION).toBe(version);
  });
});
