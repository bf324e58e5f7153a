// SPDX-License-Identifier: GPL-2.0-only

// Converted modules for tests, from who uses what: functions in .text, livepatch symbols, and the
// livepatch sections that bind them.

import { buildElf, type ElfDescription, SHF, SHN, STB, STT } from "../elf-builder.js";

export interface ConvertedModule {
  /** By function: the livepatch symbols it uses, each as often as it stands there. */
  readonly functions: Readonly<Record<string, readonly string[]>>;
  /** Livepatch symbols that nothing uses. */
  readonly unused?: readonly string[];
  /** Undefined symbols; the first function uses each. */
  readonly imports?: readonly string[];
  readonly modinfo?: string;
}

/** Bytes of a function, at most: 8 for each use. */
const ROOM = 4096;

/** Describes a module for x86_64. */
export function describeConverted(module: ConvertedModule): ElfDescription {
  const { functions, unused = [], imports = [] } = module;
  const names = Object.keys(functions);
  const symbols = [...new Set([...Object.values(functions).flat(), ...unused])];
  const uses = names.flatMap((name, i) =>
    functions[name]!.map((symbol, j) => ({ symbol, offset: i * ROOM + 8 * j, type: 1 })),
  );
  const gates = [...new Set(uses.map(({ symbol }) => gateOf(symbol)))];
  return {
    sections: [
      {
        name: ".modinfo",
        flags: SHF.ALLOC,
        data: module.modinfo ?? "license=GPL\0livepatch=Y\0name=made\0",
      },
      { name: ".text", flags: SHF.ALLOC | SHF.EXECINSTR, size: ROOM * Math.max(1, names.length) },
    ],
    symbols: [
      ...names.map((name, i) => ({
        name,
        section: ".text",
        value: i * ROOM,
        size: ROOM,
        type: STT.FUNC,
        bind: STB.LOCAL,
      })),
      ...symbols.map((name) => ({ name, section: SHN.LIVEPATCH })),
      ...imports.map((name) => ({ name })),
    ],
    relocations: [
      ...gates.map((gate) => ({
        section: ".text",
        name: `.klp.rela.${gate}.text`,
        flags: SHF.ALLOC | SHF.INFO_LINK | SHF.RELA_LIVEPATCH,
        entries: uses.filter(({ symbol }) => gateOf(symbol) === gate),
      })),
      ...(imports.length === 0
        ? []
        : [
            {
              section: ".text",
              entries: imports.map((symbol, i) => ({ symbol, offset: ROOM - 8 - 8 * i, type: 1 })),
            },
          ]),
    ],
  };
}

export function buildConverted(module: ConvertedModule): Uint8Array {
  return buildElf(describeConverted(module));
}

/** The object in `.klp.sym.OBJECT.NAME,POS`. */
function gateOf(symbol: string): string {
  return /^\.klp\.sym\.([^.]*)\./.exec(symbol)?.[1] ?? "vmlinux";
}
