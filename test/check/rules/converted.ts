// SPDX-License-Identifier: GPL-2.0-only

// Small converted modules for tests, of any machine: what matters to a test, and no conversion.

import {
  buildElf,
  type ElfDescription,
  type RelocationDescription,
  type SectionDescription,
  SHF,
  SHN,
  STB,
  STT,
  type SymbolDescription,
} from "../../elf-builder.js";

const MACHINES = {
  x86_64: { machine: 62, class: 64, order: "little" },
  s390x: { machine: 22, class: 64, order: "big" },
  ppc64le: { machine: 21, class: 64, order: "little" },
  ppc32: { machine: 20, class: 32, order: "big" },
  aarch64: { machine: 183, class: 64, order: "little" },
  loongarch: { machine: 258, class: 64, order: "little" },
} as const;

export interface Converted {
  /** Default: x86_64. */
  readonly machine?: keyof typeof MACHINES;
  /** The first word of vermagic. Default: 6.1.0-1-test. */
  readonly release?: string;
  /** Contents of sections in place of zeros, by name. */
  readonly data?: Readonly<Record<string, readonly number[]>>;
  /** Sections beside .text, .data, .rodata and .debug_info. */
  readonly sections?: readonly SectionDescription[];
  readonly symbols?: readonly SymbolDescription[];
  /** Ordinary relocations by section. */
  readonly ordinary?: Readonly<Record<string, readonly RelocationDescription[]>>;
  /** Livepatch relocations by `OBJECT SECTION`; in the order of the sections to be. */
  readonly livepatch?: Readonly<Record<string, readonly RelocationDescription[]>>;
}

export const FOO = ".klp.sym.vmlinux.foo,0";
export const BAR = ".klp.sym.ext4.bar,0";

/** Describes the module; its sections are .modinfo 1, .text 2, .data 3, .rodata 4, .debug_info 5. */
export function describeConverted(wanted: Converted): ElfDescription {
  const { machine = "x86_64", release = "6.1.0-1-test", data = {} } = wanted;
  const modinfo = `name=out\0livepatch=Y\0vermagic=${release} SMP mod_unload \0`;
  const room = (name: string, flags: number) => ({
    name,
    flags,
    addralign: 8,
    ...(data[name] === undefined ? { size: 64 } : { data: data[name] }),
  });
  return {
    ...MACHINES[machine],
    sections: [
      { name: ".modinfo", flags: SHF.ALLOC, data: modinfo },
      room(".text", SHF.ALLOC | SHF.EXECINSTR),
      room(".data", SHF.ALLOC | SHF.WRITE),
      room(".rodata", SHF.ALLOC),
      { name: ".debug_info", size: 64 },
      ...(wanted.sections ?? []),
    ],
    symbols: [
      { name: "own", section: ".text", size: 64, type: STT.FUNC, bind: STB.LOCAL },
      ...(wanted.symbols ?? []),
      { name: "imported" },
      { name: FOO, section: SHN.LIVEPATCH },
      { name: BAR, section: SHN.LIVEPATCH },
    ],
    relocations: [
      ...Object.entries(wanted.ordinary ?? {}).map(([section, entries]) => ({ section, entries })),
      ...Object.entries(wanted.livepatch ?? {}).map(([key, entries]) => {
        const [gate = "", section = ""] = key.split(" ");
        const dot = section.startsWith(".") ? "" : ".";
        return {
          name: `.klp.rela.${gate}${dot}${section}`,
          section,
          entries,
          flags: SHF.ALLOC | SHF.INFO_LINK | SHF.RELA_LIVEPATCH,
        };
      }),
    ],
  };
}

export function buildConverted(wanted: Converted): Uint8Array {
  return buildElf(describeConverted(wanted));
}

/** A relocation of vmlinux's foo. */
export function ofFoo(type: number, offset = 0, addend = 0): RelocationDescription {
  return { type, offset, addend, symbol: FOO };
}

/** A relocation of ext4's bar. */
export function ofBar(type: number, offset = 0, addend = 0): RelocationDescription {
  return { type, offset, addend, symbol: BAR };
}
