// SPDX-License-Identifier: GPL-2.0-only

// Where each field of the ELF records lies, written down from the gABI's listings one by one and
// not computed, so that the program's own layouts can be held against it; and access to one field
// of a file by name, for tests that break or check exactly that one.

import type { Word } from "../elf-builder.js";

/** A class and byte order; the four of them are all there are. */
export interface Pair {
  readonly class: 32 | 64;
  readonly order: "little" | "big";
}

export const pairs: readonly Pair[] = [
  { class: 64, order: "little" },
  { class: 64, order: "big" },
  { class: 32, order: "little" },
  { class: 32, order: "big" },
];

/** Offset from the start of the record, and width; both in bytes. */
type OffsetAndWidth = readonly [offset: number, width: 1 | 2 | 4 | 8];

const EHDR32 = {
  e_type: [16, 2],
  e_machine: [18, 2],
  e_version: [20, 4],
  e_entry: [24, 4],
  e_phoff: [28, 4],
  e_shoff: [32, 4],
  e_flags: [36, 4],
  e_ehsize: [40, 2],
  e_phentsize: [42, 2],
  e_phnum: [44, 2],
  e_shentsize: [46, 2],
  e_shnum: [48, 2],
  e_shstrndx: [50, 2],
} as const satisfies Record<string, OffsetAndWidth>;

const EHDR64 = {
  e_type: [16, 2],
  e_machine: [18, 2],
  e_version: [20, 4],
  e_entry: [24, 8],
  e_phoff: [32, 8],
  e_shoff: [40, 8],
  e_flags: [48, 4],
  e_ehsize: [52, 2],
  e_phentsize: [54, 2],
  e_phnum: [56, 2],
  e_shentsize: [58, 2],
  e_shnum: [60, 2],
  e_shstrndx: [62, 2],
} as const satisfies Record<keyof typeof EHDR32, OffsetAndWidth>;

const SHDR32 = {
  sh_name: [0, 4],
  sh_type: [4, 4],
  sh_flags: [8, 4],
  sh_addr: [12, 4],
  sh_offset: [16, 4],
  sh_size: [20, 4],
  sh_link: [24, 4],
  sh_info: [28, 4],
  sh_addralign: [32, 4],
  sh_entsize: [36, 4],
} as const satisfies Record<string, OffsetAndWidth>;

const SHDR64 = {
  sh_name: [0, 4],
  sh_type: [4, 4],
  sh_flags: [8, 8],
  sh_addr: [16, 8],
  sh_offset: [24, 8],
  sh_size: [32, 8],
  sh_link: [40, 4],
  sh_info: [44, 4],
  sh_addralign: [48, 8],
  sh_entsize: [56, 8],
} as const satisfies Record<keyof typeof SHDR32, OffsetAndWidth>;

const SYM32 = {
  st_name: [0, 4],
  st_value: [4, 4],
  st_size: [8, 4],
  st_info: [12, 1],
  st_other: [13, 1],
  st_shndx: [14, 2],
} as const satisfies Record<string, OffsetAndWidth>;

const SYM64 = {
  st_name: [0, 4],
  st_info: [4, 1],
  st_other: [5, 1],
  st_shndx: [6, 2],
  st_value: [8, 8],
  st_size: [16, 8],
} as const satisfies Record<keyof typeof SYM32, OffsetAndWidth>;

const RELA32 = {
  r_offset: [0, 4],
  r_info: [4, 4],
  r_addend: [8, 4],
} as const satisfies Record<string, OffsetAndWidth>;

const RELA64 = {
  r_offset: [0, 8],
  r_info: [8, 8],
  r_addend: [16, 8],
} as const satisfies Record<keyof typeof RELA32, OffsetAndWidth>;

/** The fields of each record by class, and the record's size in bytes. */
export const recordFields = {
  32: {
    ehdr: { size: 52, fields: EHDR32 },
    shdr: { size: 40, fields: SHDR32 },
    sym: { size: 16, fields: SYM32 },
    rela: { size: 12, fields: RELA32 },
  },
  64: {
    ehdr: { size: 64, fields: EHDR64 },
    shdr: { size: 64, fields: SHDR64 },
    sym: { size: 24, fields: SYM64 },
    rela: { size: 24, fields: RELA64 },
  },
} as const;

const fieldsOf = {
  32: { ...EHDR32, ...SHDR32, ...SYM32, ...RELA32 },
  64: { ...EHDR64, ...SHDR64, ...SYM64, ...RELA64 },
} as const;

export type FieldName = keyof (typeof fieldsOf)[32];

/** The class and byte order that a file's first bytes declare. */
export function pairOf(bytes: Uint8Array): Pair {
  return { class: bytes[4] === 1 ? 32 : 64, order: bytes[5] === 1 ? "little" : "big" };
}

/** The field of the record that begins at `at`. */
export function peek(bytes: Uint8Array, at: number, field: FieldName): bigint {
  const { class: elfClass, order } = pairOf(bytes);
  const [offset, width] = fieldsOf[elfClass][field];
  const digits = [...bytes.subarray(at + offset, at + offset + width)];
  if (order === "little") digits.reverse();
  return digits.reduce((value, digit) => value * 256n + BigInt(digit), 0n);
}

/** As {@link peek}, for what a number holds exactly. */
export function peekNumber(bytes: Uint8Array, at: number, field: FieldName): number {
  return Number(peek(bytes, at, field));
}

/**
 * Overwrites the field of the record that begins at `at`; high bits that do not fit are cut off.
 * `pair` is for bytes that do not begin with the file's.
 */
export function poke(
  bytes: Uint8Array,
  at: number,
  field: FieldName,
  value: Word,
  { class: elfClass, order }: Pair = pairOf(bytes),
): void {
  const [offset, width] = fieldsOf[elfClass][field];
  let rest = BigInt.asUintN(64, BigInt(value));
  for (let digit = 0; digit < width; digit++) {
    bytes[at + offset + (order === "little" ? digit : width - 1 - digit)] = Number(rest & 0xffn);
    rest >>= 8n;
  }
}

/** File offset of a section's header. */
export function headerAt(bytes: Uint8Array, section: number): number {
  return peekNumber(bytes, 0, "e_shoff") + section * recordFields[pairOf(bytes).class].shdr.size;
}
