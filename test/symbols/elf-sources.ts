// SPDX-License-Identifier: GPL-2.0-only

// A vmlinux and modules for tests, from the symbols that matter to one.

import { pairOf, poke } from "../elf/record-fields.js";
import {
  buildIndexedElf,
  type ElfDescription,
  type ElfIndex,
  type SectionDescription,
  SHF,
  SHT,
  type SymbolDescription,
  type Word,
} from "../elf-builder.js";

export type BuiltElf = ElfIndex & { readonly bytes: Uint8Array };

export const ET = { NONE: 0, REL: 1, EXEC: 2, DYN: 3, CORE: 4 } as const;

export interface VmlinuxDescription extends Omit<ElfDescription, "sections"> {
  /** Sections with their addresses; these are always there: .text, .data, .bss, .data..percpu. */
  readonly sections?: readonly (SectionDescription & { readonly address?: Word })[];
  /** Default: ET_EXEC. */
  readonly type?: number;
}

/** Where the sections of every vmlinux made here begin. */
export const TEXT = 0xffffffff81000000n;
export const DATA = 0xffffffff82000000n;
export const BSS = 0xffffffff83000000n;

const SECTIONS = [
  { name: ".text", flags: SHF.ALLOC | SHF.EXECINSTR, size: 4096, address: TEXT },
  { name: ".data", flags: SHF.ALLOC | SHF.WRITE, size: 4096, address: DATA },
  { name: ".bss", type: SHT.NOBITS, flags: SHF.ALLOC | SHF.WRITE, size: 4096, address: BSS },
  { name: ".data..percpu", flags: SHF.ALLOC | SHF.WRITE, size: 4096, address: 0n },
];

/** A linked file: what the builder of relocatables makes, with another e_type and addresses. */
export function buildVmlinux({ type, ...description }: VmlinuxDescription = {}): BuiltElf {
  const sections = [...SECTIONS, ...(description.sections ?? [])];
  const built = buildIndexedElf({ ...description, sections });
  poke(built.bytes, 0, "e_type", type ?? ET.EXEC);
  for (const [at, { address }] of sections.entries()) {
    if (address === undefined) continue;
    poke(built.bytes, built.headerOffsets[at + 1]!, "sh_addr", address);
  }
  return built;
}

export function vmlinux(...symbols: readonly SymbolDescription[]): Uint8Array {
  return buildVmlinux({ symbols }).bytes;
}

export interface ModuleDescription extends Omit<ElfDescription, "sections"> {
  /** Default: a name and a vermagic, `name=demo` and `vermagic=6.1.0-1-amd64 SMP mod_unload `. */
  readonly modinfo?: string | undefined;
  /** The name in struct module. */
  readonly thisModule?: string;
  /** Behind .modinfo, .gnu.linkonce.this_module, .text, .init.text and .data. */
  readonly sections?: readonly SectionDescription[];
}

export const MODINFO = "name=demo\0vermagic=6.1.0-1-amd64 SMP mod_unload \0";

/** A module, ET_REL with a struct module. */
export function buildModule(wanted: ModuleDescription = {}): BuiltElf {
  const { modinfo, thisModule = "", sections = [], ...description } = wanted;
  const text = "modinfo" in wanted ? modinfo : MODINFO;
  const structModule = new Uint8Array(256);
  const word = (description.class ?? 64) / 8;
  structModule.set(Buffer.from(thisModule, "latin1"), 3 * word);
  return buildIndexedElf({
    ...description,
    sections: [
      ...(text === undefined
        ? []
        : [{ name: ".modinfo", flags: SHF.ALLOC, data: Buffer.from(text, "latin1") }]),
      {
        name: ".gnu.linkonce.this_module",
        flags: SHF.ALLOC | SHF.WRITE,
        data: structModule,
        addralign: 8,
      },
      { name: ".text", flags: SHF.ALLOC | SHF.EXECINSTR, size: 64 },
      { name: ".init.text", flags: SHF.ALLOC | SHF.EXECINSTR, size: 64 },
      { name: ".data", flags: SHF.ALLOC | SHF.WRITE, size: 64 },
      ...sections,
    ],
  });
}

export function moduleOf(...symbols: readonly SymbolDescription[]): Uint8Array {
  return buildModule({ symbols }).bytes;
}

/** Breaks one field of the record at `at`; returns the file. */
export function broken(
  { bytes }: BuiltElf,
  at: number,
  field: Parameters<typeof poke>[2],
  value: Word,
): Uint8Array {
  const copy = bytes.slice();
  poke(copy, at, field, value, pairOf(bytes));
  return copy;
}
