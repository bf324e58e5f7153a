// SPDX-License-Identifier: GPL-2.0-only

// A second opinion on symbols, from GNU binutils.

import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { textOf } from "./reading.js";

export interface Binutils {
  /** What `nm` with these options prints of a file, as lines. */
  nm(bytes: Uint8Array, ...options: readonly string[]): string[];
  /** Assembles a source, as `as` and `ld` for x86_64 do it. */
  assemble(source: string): Uint8Array;
  /** Links objects. */
  link(options: readonly string[], objects: readonly Uint8Array[], script?: string): Uint8Array;
}

/**
 * Tests that need nm, as and ld for x86_64. Where they are missing the tests are skipped, which is
 * said; with KLP_REQUIRE_KERNEL=1 that is a failure.
 */
export function describeWithBinutils(subject: string, tests: (binutils: Binutils) => void): void {
  const missing = ["nm", "as", "ld"].filter((tool) => {
    const { status, stdout } = spawnSync(tool, ["--help"], { encoding: "utf8" });
    return status !== 0 || !/elf64-x86-64|--64/.test(stdout);
  });
  if (missing.length > 0) {
    const what = `no ${missing.join(", ")} of binutils for x86_64: tests of ${subject} are skipped`;
    console.warn(what);
    if (process.env.KLP_REQUIRE_KERNEL === "1") test(subject, () => expect.fail(what));
  }
  describe.skipIf(missing.length > 0)(subject, () => {
    const folder = mkdtempSync(join(tmpdir(), "klp-convert-symbols-"));
    afterAll(() => rmSync(folder, { recursive: true }));
    tests(inFolder(folder));
  });
}

function inFolder(folder: string): Binutils {
  const run = (tool: string, ...options: readonly string[]): string => {
    const { status, stdout, stderr } = spawnSync(tool, options, {
      cwd: folder,
      env: { ...process.env, LC_ALL: "C" },
      maxBuffer: 1 << 28,
    });
    expect({ status, stderr: stderr.toString() }).toEqual({ status: 0, stderr: "" });
    return textOf(stdout);
  };
  const write = (name: string, bytes: Uint8Array | string): string => {
    writeFileSync(join(folder, name), bytes);
    return name;
  };
  const read = (name: string) => new Uint8Array(readFileSync(join(folder, name)));
  return {
    nm: (bytes, ...options) => {
      const text = run("nm", ...options, write("file", bytes));
      return text.split("\n").slice(0, -1);
    },
    assemble: (source) => {
      run("as", "--64", "-o", "out.o", write("in.s", source));
      return read("out.o");
    },
    link: (options, objects, script) => {
      const names = objects.map((bytes, at) => write(`${at}.o`, bytes));
      const withScript = script === undefined ? [] : ["-T", write("script.lds", script)];
      run("ld", ...options, ...withScript, "-o", "linked", ...names);
      return read("linked");
    },
  };
}
