// SPDX-License-Identifier: GPL-2.0-only

// Small sources of symbols as they come from a kernel's build: vmlinux and modules, from the few
// symbols that matter to a test.

import {
  buildElf,
  buildIndexedElf,
  type ElfDescription,
  SHF,
  STB,
  STT,
  type SymbolDescription,
  type Word,
} from "../elf-builder.js";

/** The release of every source that is not given another, and of intermediate modules in tests. */
export const RELEASE = "6.1.0-1-amd64";

/** A symbol of a section, at an address or an offset. */
export type PlacedSymbol = readonly [name: string, section: string, value: Word];

/** Local symbols, behind the name of the source file they are from. */
export function fromFile(
  file: string,
  ...symbols: readonly PlacedSymbol[]
): readonly SymbolDescription[] {
  const local = symbols.map(([name, section, value]) => {
    return { name, section, value, bind: STB.LOCAL, type: STT.FUNC };
  });
  return [{ name: file, section: "abs", bind: STB.LOCAL, type: STT.FILE }, ...local];
}

/** Global symbols. */
export function globals(...symbols: readonly PlacedSymbol[]): readonly SymbolDescription[] {
  return symbols.map(([name, section, value]) => ({ name, section, value, type: STT.FUNC }));
}

export interface SourceDescription {
  readonly symbols: readonly SymbolDescription[];
  /** {@link RELEASE} if absent; null for a source that does not say it. */
  readonly release?: string | null;
  readonly machine?: number;
}

const SECTIONS = [
  { name: ".text", flags: SHF.ALLOC | SHF.EXECINSTR, size: 256 },
  { name: ".data", flags: SHF.ALLOC | SHF.WRITE, size: 256 },
  { name: ".init.text", flags: SHF.ALLOC | SHF.EXECINSTR, size: 256 },
] as const;

/** A module as kbuild makes it, not converted and not a livepatch. */
export function buildModule(
  name: string,
  { symbols, release = RELEASE, machine = 62 }: SourceDescription,
): Uint8Array {
  const vermagic = release === null ? "" : `vermagic=${release} SMP preempt mod_unload \0`;
  return buildElf({
    machine,
    sections: [
      { name: ".modinfo", flags: SHF.ALLOC, data: `license=GPL\0name=${name}\0${vermagic}` },
      ...SECTIONS,
      { name: ".gnu.linkonce.this_module", flags: SHF.ALLOC | SHF.WRITE, size: 64 },
    ],
    symbols,
  });
}

/** A kernel's objects linked into one relocatable, as vmlinux.o is. */
export function buildVmlinuxObject({ symbols, machine = 62 }: SourceDescription): Uint8Array {
  return buildElf({ machine, sections: SECTIONS, symbols });
}

/** A linked vmlinux; its sections are at address 0, its symbols where they say. */
export function buildVmlinux({
  symbols,
  release = RELEASE,
  machine = 62,
}: SourceDescription): Uint8Array {
  const banner = `Linux version ${release} (builder@host) #1 SMP\n\0`;
  const description: ElfDescription = {
    machine,
    sections: [...SECTIONS, { name: ".rodata", flags: SHF.ALLOC, data: banner }],
    symbols: [...(release === null ? [] : globals(["linux_banner", ".rodata", 0])), ...symbols],
  };
  const { bytes } = buildIndexedElf(description);
  bytes[16] = 2; // e_type: ET_EXEC
  return bytes;
}

/** A symbols list from its lines behind the header. */
export function listOf(...lines: readonly string[]): string {
  return [LIST_HEADER, ...lines].map((line) => `${line}\n`).join("");
}

export const LIST_HEADER = "klp-convert-symbol-data.0.1";
