// SPDX-License-Identifier: GPL-2.0-only

// A second opinion on what was written, from a reader that others made.

import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "vitest";

const isThere = spawnSync("readelf", ["--version"]).status === 0;

/** `readelf -W -a` reads the file without a word of warning. Does nothing where there is none. */
export function expectNoWarningOfReadelf(bytes: Uint8Array): void {
  if (!isThere) return;
  const directory = mkdtempSync(join(tmpdir(), "klp-convert-readelf-"));
  try {
    const path = join(directory, "out.ko");
    writeFileSync(path, bytes);
    const { status, stdout, stderr } = spawnSync("readelf", ["-W", "-a", path], {
      encoding: "utf8",
    });
    expect(stderr).toBe("");
    expect(stdout).not.toMatch(/warning|<corrupt|<unknown/i);
    expect(status).toBe(0);
  } finally {
    rmSync(directory, { recursive: true });
  }
}
