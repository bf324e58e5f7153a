// SPDX-License-Identifier: GPL-2.0-only

// What is asked of debug information in tests.

import { Diagnostics } from "../../src/diagnostics.js";
import { DebugInfo, type DebugVariable, readDebugInfo } from "../../src/dwarf/index.js";
import { type ElfObject, readElf } from "../../src/elf/index.js";
import { buildDwarf, DATA, type Dwarf, type Entry, TAG, type Unit } from "./dwarf-builder.js";

export function opened(bytes: Uint8Array, file = "in.ko"): ElfObject {
  return readElf(bytes, new Diagnostics(file));
}

/** Throws an Error with the reason if there is none. */
export function debugInfoOf(object: ElfObject): DebugInfo {
  const info = readDebugInfo(object);
  if (!(info instanceof DebugInfo)) throw new Error(info.reason);
  return info;
}

export interface Answer {
  readonly variables: readonly DebugVariable[];
  /** Those that came up until now: structs are read when they are asked for. */
  readonly faults: readonly string[];
}

/** The variables at `offsets` of .data. */
export function ask(dwarf: Dwarf, ...offsets: number[]): Answer {
  const info = debugInfoOf(opened(buildDwarf(dwarf)));
  const places = offsets.map((offset) => ({ section: DATA, offset }));
  const variables = info.variablesAt(places);
  return {
    variables,
    get faults() {
      return info.faults;
    },
  };
}

/** A unit of these entries. */
export function unitOf(children: readonly Entry[], unit: Partial<Unit> = {}): Unit {
  return { ...unit, root: { tag: TAG.compile_unit, children, ...unit.root } };
}
