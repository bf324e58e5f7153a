// SPDX-License-Identifier: GPL-2.0-only

// The two ways an operation on a file can end: with a result and nothing to say, or refused, with
// diagnostics that say why.

import { expect } from "vitest";
import { type Diagnostic, Diagnostics, Refusal } from "../../src/diagnostics.js";
import { type ElfObject, readElf, writeElf } from "../../src/elf/index.js";

/** An error as tests write it down; that it is one, and of which file, goes without saying. */
export type Fault = Omit<Diagnostic, "severity" | "file" | "notes"> & {
  readonly notes?: readonly string[];
};

export const file = "in.ko";

/** The result of `act`, which must neither refuse nor complain. */
export function accepted<Result>(act: (diagnostics: Diagnostics) => Result): Result {
  const diagnostics = new Diagnostics(file);
  try {
    return act(diagnostics);
  } finally {
    expect(diagnostics.list()).toEqual([]);
  }
}

/** The errors `act` adds, in their order; they must make it throw Refusal. */
export function refused(act: (diagnostics: Diagnostics) => unknown): Fault[] {
  const diagnostics = new Diagnostics(file);
  expect(() => act(diagnostics)).toThrow(new Refusal(file));
  return faultsIn(diagnostics);
}

/** The errors that were added, in their order; they must be all there is. */
export function faultsIn(diagnostics: Diagnostics): Fault[] {
  return diagnostics.list().map(({ severity, file: about, notes, ...fault }) => {
    expect({ severity, about }).toEqual({ severity: "error", about: file });
    return notes.length === 0 ? fault : { ...fault, notes };
  });
}

export function opened(bytes: Uint8Array): ElfObject {
  return accepted((diagnostics) => readElf(bytes, diagnostics));
}

export function written(object: ElfObject): Uint8Array {
  return accepted((diagnostics) => writeElf(object, diagnostics));
}
