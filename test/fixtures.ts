// SPDX-License-Identifier: GPL-2.0-only

// The cross-built modules of test/fixtures; README.md there says what is in each.

import { readFileSync } from "node:fs";

const folder = new URL("fixtures/", import.meta.url);

export const FIXTURES = [
  "aarch64",
  "aarch64-objtool",
  "ppc32",
  "ppc64le",
  "s390x",
  "x86_64",
  "x86_64-dup",
  "x86_64-llvm",
  "x86_64-mixed",
  "x86_64-objtool",
  "x86_64-plain",
] as const;

export function fixture(name: (typeof FIXTURES)[number]): Uint8Array {
  return new Uint8Array(readFileSync(new URL(`${name}.in.ko`, folder)));
}

/** The symbols list that resolves all of them. */
export function fixtureSymbols(): { file: string; bytes: Uint8Array } {
  return {
    file: "Symbols.list",
    bytes: new Uint8Array(readFileSync(new URL("Symbols.list", folder))),
  };
}
