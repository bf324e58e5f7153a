// SPDX-License-Identifier: GPL-2.0-only

// What other readers of ELF think of the output.

import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { convert } from "../src/index.js";
import { FIXTURES, fixture, fixtureSymbols } from "./fixtures.js";

const folder = mkdtempSync(join(tmpdir(), "klp-convert-readelf-"));
afterAll(() => rmSync(folder, { recursive: true }));

for (const reader of ["readelf", "llvm-readelf"]) {
  const isThere = spawnSync(reader, ["--version"]).status === 0;
  if (!isThere) console.warn(`${reader} is not installed: its tests are skipped`);

  describe.skipIf(!isThere)(`${reader} -W -a`, () => {
    test.each(FIXTURES)("has no complaint about %s, converted", (name) => {
      const { output } = convert(fixture(name), { symbols: fixtureSymbols() });
      const file = join(folder, `${name}.ko`);
      writeFileSync(file, output!);
      const { stdout, stderr } = spawnSync(reader, ["-W", "-a", file], { encoding: "utf8" });
      expect(stderr).toBe("");
      expect(stdout).not.toMatch(/warning|error|corrupt|<unknown>/i);
      if (name !== "x86_64-plain") expect(stdout).toMatch(/\.klp\.rela\.vmlinux\.text/);
    });
  });
}
