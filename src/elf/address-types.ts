/**
 * Relocation types that store a symbol's full address, by how many bytes they fill in. Assemblers
 * use the same ones for offsets in debug sections, which are addresses of sections that have none.
 * Source: each machine's ELF ABI.
 */

import { EM_AARCH64, EM_LOONGARCH, EM_PPC, EM_PPC64, EM_S390, EM_X86_64 } from "./constants.js";

export interface AddressTypes {
  readonly 4: readonly number[];
  readonly 8: readonly number[];
}

const ADDRESS_TYPES: ReadonlyMap<number, AddressTypes> = new Map([
  // R_X86_64_32; R_X86_64_64
  [EM_X86_64, { 4: [10], 8: [1] }],
  // R_390_32; R_390_64
  [EM_S390, { 4: [4], 8: [22] }],
  // R_PPC64_ADDR32, R_PPC64_UADDR32; R_PPC64_ADDR64, R_PPC64_UADDR64
  [EM_PPC64, { 4: [1, 24], 8: [38, 43] }],
  // R_PPC_ADDR32, R_PPC_UADDR32
  [EM_PPC, { 4: [1, 24], 8: [] }],
  // R_AARCH64_ABS32; R_AARCH64_ABS64
  [EM_AARCH64, { 4: [258], 8: [257] }],
  // R_LARCH_32; R_LARCH_64
  [EM_LOONGARCH, { 4: [1], 8: [2] }],
]);

/** Those of e_machine `machine`; undefined if they are not known. */
export function addressTypes(machine: number): AddressTypes | undefined {
  return ADDRESS_TYPES.get(machine);
}
