/**
 * The relocation types of each machine, as the kernel's module loader sees them when the symbol is a
 * livepatch symbol: the ones it applies, and those it does not know but compilers emit, so that they
 * can be named. The tables are in relocation-tables.ts.
 *
 * What is `refused` never comes out right with a livepatch symbol: the loader does not know it, or
 * means something else by it, or cuts the value off without a word. Whether a value is within reach of
 * a type that the loader does check is not judged here; that depends on addresses.
 *
 * `late` is about relocations that wait for a module. They are applied when the patch has long been
 * in place, its text and constants read-only, and again whenever the module is loaded. x86_64, s390x
 * and arm64 then write through an alias (text_poke, s390_kernel_write, aarch64_insn_copy), so that any
 * section will do. powerpc does so for instructions only (patch_instruction). loongarch has no
 * read-only module memory (no ARCH_HAS_STRICT_MODULE_RWX).
 */

import { RELOCATION_TABLES, type RelocationTable } from "./relocation-tables.js";

/** Why something does not work, and what to do instead. */
export interface Limit {
  /** What the kernel does, as the end of a sentence. */
  readonly reason: string;
  readonly remedy: readonly string[];
}

/** What a type cannot do; one without any of these can be applied wherever it stands. */
export interface Limits {
  /** A livepatch symbol can never have it. */
  readonly refused?: Limit;
  /** Where it cannot be applied when it has waited for a module. */
  readonly late?: Limit & { readonly in: "every section" | "read-only sections" };
  /** What may go wrong when it has waited for a module. */
  readonly lateWarning?: Limit;
  /** What may go wrong when the symbol is one of vmlinux. */
  readonly vmlinuxWarning?: Limit;
}

export interface RelocationType extends Limits {
  /** The type part of r_info. */
  readonly type: number;
  /** The ELF spelling: `R_X86_64_PC32`. */
  readonly name: string;
  /** Bytes at r_offset that the module loader writes; 0 if none, or if it is refused. */
  readonly width: number;
  /** The module loader has no case for it, whatever the symbol. */
  readonly isUnknown?: true;
  /** The first kernel that is known to have one; all if absent. */
  readonly since?: string;
}

/** By machine and type; a machine's types when they are first asked for, since a module has one machine. */
const known = new Map<number, ReadonlyMap<number, RelocationType>>();

/** What is known of a type, by e_machine and the type part of r_info. */
export function relocationType(machine: number, type: number): RelocationType | undefined {
  let types = known.get(machine);
  if (types === undefined) {
    types = new Map(relocationTypes(machine).map((row) => [row.type, row]));
    known.set(machine, types);
  }
  return types.get(type);
}

/** By relocation the bytes that it writes; 0 if none, or if nothing is known of its type. */
export function widthsOf(machine: number, types: Uint32Array): Uint8Array {
  const widths = new Uint8Array(types.length);
  let type = -1;
  let width = 0;
  for (let entry = 0; entry < types.length; entry++) {
    // Neighbours mostly have one type.
    if (types[entry] !== type) {
      type = types[entry]!;
      width = relocationType(machine, type)?.width ?? 0;
    }
    widths[entry] = width;
  }
  return widths;
}

/** All types of a machine that something is known of; none if it has no livepatch. */
export function relocationTypes(machine: number): RelocationType[] {
  const table = RELOCATION_TABLES.get(machine);
  return table === undefined ? [] : table.groups.flatMap((group) => typesOf(group, table));
}

/** What the module loader prints about a type that it does not know; undefined without livepatch. */
export function complaintAboutType(machine: number, type: number): string | undefined {
  return RELOCATION_TABLES.get(machine)?.complaint(type);
}

/** What the module loader does with a type that it does not know, as the end of a sentence. */
export function reasonOfUnknownType(machine: number, type: number): string {
  const complaint = complaintAboutType(machine, type);
  const words = complaint === undefined ? "" : ` and prints "${complaint}"`;
  return `the module loader does not know it${words}`;
}

function typesOf(
  { types, width = 0, unknown, ...limits }: RelocationTable["groups"][number],
  { machine, prefix }: RelocationTable,
): RelocationType[] {
  return Object.entries(types).map(([name, type]) => ({
    type,
    name: prefix + name,
    width,
    ...limits,
    ...(unknown && {
      refused: { reason: reasonOfUnknownType(machine, type), remedy: unknown },
      isUnknown: true as const,
    }),
  }));
}
