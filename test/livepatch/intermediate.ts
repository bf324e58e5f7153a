// SPDX-License-Identifier: GPL-2.0-only

// Intermediate livepatch modules for tests, from the few lines that matter to a test.

import {
  buildElf,
  type ElfDescription,
  type RelocationDescription,
  type SectionDescription,
  SHF,
  STB,
  STT,
  type SymbolDescription,
} from "../elf-builder.js";

/** The four layouts, each with the machine and the absolute relocation type used for it. */
export const LAYOUTS = [
  { name: "ELF64 little", class: 64, order: "little", machine: 62, absolute: 1 },
  { name: "ELF64 big", class: 64, order: "big", machine: 22, absolute: 22 },
  { name: "ELF32 big", class: 32, order: "big", machine: 20, absolute: 1 },
  { name: "ELF32 little", class: 32, order: "little", machine: 20, absolute: 1 },
] as const satisfies readonly TestLayout[];

export interface TestLayout {
  readonly name: string;
  readonly class: 32 | 64;
  readonly order: "little" | "big";
  readonly machine: number;
  readonly absolute: number;
}

export interface Intermediate {
  readonly layout?: TestLayout;
  readonly modinfo?: string;
  /** Undefined symbols: names, or descriptions where binding matters. */
  readonly undefined?: readonly (string | SymbolDescription)[];
  readonly symbols?: readonly SymbolDescription[];
  readonly sections?: readonly SectionDescription[];
  /** Relocations by section name; each symbol at the next multiple of 8 unless an offset is given. */
  readonly uses?: Readonly<Record<string, readonly (string | RelocationDescription)[]>>;
  /** KLP_SYMPOS lines by object. */
  readonly annotations?: Readonly<Record<string, readonly (readonly [string, number])[]>>;
}

export const MODINFO = "license=GPL\0livepatch=Y\0vermagic=6.1.0-1-amd64 SMP \0";

/** Describes a module with .modinfo, .text, .data and .debug_info, and what the test adds. */
export function describeIntermediate(wanted: Intermediate): ElfDescription {
  const layout = wanted.layout ?? LAYOUTS[0];
  const annotations = Object.entries(wanted.annotations ?? {});
  const uses = Object.entries(wanted.uses ?? {});
  return {
    class: layout.class,
    order: layout.order,
    machine: layout.machine,
    sections: [
      { name: ".modinfo", flags: SHF.ALLOC, data: wanted.modinfo ?? MODINFO },
      ...annotations.map(([object, entries]) => ({
        name: `.klp.module_relocs.${object}`,
        flags: SHF.ALLOC | SHF.WRITE,
        words: entries.flatMap(([, position]) => [0, 0, position]),
      })),
      { name: ".text", flags: SHF.ALLOC | SHF.EXECINSTR, size: 64, addralign: 16 },
      { name: ".data", flags: SHF.ALLOC | SHF.WRITE, size: 64, addralign: 8 },
      { name: ".debug_info", size: 64 },
      ...(wanted.sections ?? []),
    ],
    symbols: [
      { name: "patched", section: ".text", size: 64, type: STT.FUNC, bind: STB.LOCAL },
      ...(wanted.symbols ?? []),
      ...(wanted.undefined ?? []).map((each) => (typeof each === "string" ? { name: each } : each)),
    ],
    relocations: [
      ...annotations.map(([object, entries]) => ({
        section: `.klp.module_relocs.${object}`,
        entries: entries.map(([symbol], i) => ({
          offset: 12 * i,
          type: layout.absolute,
          symbol,
        })),
      })),
      ...uses.map(([section, entries]) => ({
        section,
        entries: entries.map((each, i) =>
          typeof each === "string" ? { offset: 8 * i, type: layout.absolute, symbol: each } : each,
        ),
      })),
    ],
  };
}

/** Builds what {@link describeIntermediate} describes. */
export function buildIntermediate(wanted: Intermediate): Uint8Array {
  return buildElf(describeIntermediate(wanted));
}

/** A symbols list file of these objects. */
export function symbolsList(objects: Readonly<Record<string, readonly string[]>>): {
  file: string;
  bytes: Uint8Array;
} {
  const lines = Object.entries(objects).flatMap(([object, names]) => [`*${object}`, ...names]);
  const text = `klp-convert-symbol-data.0.1\n${lines.map((line) => `${line}\n`).join("")}`;
  return { file: "Symbols.list", bytes: new TextEncoder().encode(text) };
}
