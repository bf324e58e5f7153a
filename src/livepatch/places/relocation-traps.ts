/**
 * What the kernel would make of a livepatch relocation where it stands: whether it can be applied, by
 * its type (relocation-types.ts), the bytes around its place, and the section it writes to.
 *
 * Whether the section is still there by then, and whether the kernel has read it before, is another
 * matter.
 */

import { hex } from "../../diagnostics.js";
import {
  EM_AARCH64,
  EM_X86_64,
  type Layout,
  type Section,
  SHF_EXECINSTR,
  SHF_WRITE,
} from "../../elf/index.js";
import { VMLINUX } from "../../symbols/index.js";
import { isBefore } from "../kernel-release.js";
import type { Machine } from "../machines.js";
import {
  type Limit,
  type RelocationType,
  reasonOfUnknownType,
  relocationType,
} from "../relocation-types.js";

/** A relocation of a livepatch symbol. */
export interface PlacedRelocation {
  /** The object whose loading has it applied. */
  readonly gate: string;
  /** The section that is relocated. */
  readonly target: Section;
  /** Bytes from the start of `target`. */
  readonly offset: number;
  /** The type part of r_info. */
  readonly type: number;
  /** The symbol's name, as in the kernel. */
  readonly symbol: string;
}

export interface RelocationFault {
  readonly severity: "error" | "warning";
  readonly code: string;
  readonly message: string;
  readonly notes: readonly string[];
}

/** A relocation with all that is known about it. */
interface Case extends PlacedRelocation {
  readonly machine: number;
  readonly layout: Layout;
  readonly release: string | undefined;
  readonly known: RelocationType;
}

/** In the order they are tried: the first that has something to say is right. */
const CHECKS = {
  /** The type is one that the kernel applies, and gets right with a livepatch symbol. */
  type: checkType,
  /** The place ends within the section. */
  end: checkEnd,
  /** x86: the place is zero. */
  zeros: checkZeros,
  /** powerpc64: there is a nop behind a call. */
  nop: checkNop,
  /** powerpc: what becomes a branch when a module is loaded is code. */
  branch: checkBranch,
  /** The section can still be written when a module is loaded. */
  late: checkLate,
  /** arm64: the kernel writes there when a module is loaded. */
  alignment: checkAlignment,
  /** What the kernel itself gets wrong, a warning. */
  risk: checkRisk,
} satisfies Readonly<Record<string, (relocation: Case) => RelocationFault | undefined>>;

/** One thing that can be wrong with a relocation. */
export type RelocationTrap = keyof typeof CHECKS;

const ALL_TRAPS = Object.keys(CHECKS) as RelocationTrap[];

/**
 * What the kernel of `release` (the first word of vermagic, undefined if unknown) would make of a
 * relocation, or undefined if it can be applied. Only `traps` are looked for, in their order; of a type
 * that is not known nothing but that can be said, as "type".
 */
export function faultOfRelocation(
  { machine }: Machine,
  layout: Layout,
  release: string | undefined,
  placed: PlacedRelocation,
  traps: readonly RelocationTrap[] = ALL_TRAPS,
): RelocationFault | undefined {
  const known = relocationType(machine, placed.type);
  if (known === undefined) {
    if (!traps.includes("type")) return undefined;
    const reason = reasonOfUnknownType(machine, placed.type);
    const name = `relocation type ${placed.type}`;
    return error("relocation-type", `${name} of ${placed.symbol} cannot be applied: ${reason}`, [
      "compile it with the flags that kbuild has for modules",
    ]);
  }
  const { gate, target, offset, type, symbol } = placed;
  // Field by field: spreading an object takes longer than all of the checks.
  const relocation: Case = {
    gate,
    target,
    offset,
    type,
    symbol,
    machine,
    layout,
    release,
    known,
  };
  return firstFault(relocation, traps);
}

function firstFault(
  relocation: Case,
  traps: readonly RelocationTrap[],
): RelocationFault | undefined {
  // Every relocation passes here: an iterator would make an object for each trap.
  for (let i = 0; i < traps.length; i++) {
    const fault = CHECKS[traps[i]!](relocation);
    if (fault !== undefined) return fault;
  }
  return undefined;
}

const TRAPS_OF_PLACE: readonly RelocationTrap[] = ["end", "zeros", "nop", "alignment"];
/** What depends on nothing but the type, the section and what the relocation waits for. */
const TRAPS_OF_KIND = ALL_TRAPS.filter((trap) => !TRAPS_OF_PLACE.includes(trap));

/** Relocations of one type, in one section, that wait for one object: there may be very many. */
export class RelocationKind {
  readonly #relocation: Case & { offset: number };
  readonly #isSound: boolean;
  /** What is left to look for at each place. */
  readonly #traps: readonly RelocationTrap[];
  readonly #width: number;
  readonly #size: number;
  /** The section's contents, where they have to be zero. */
  readonly #zeros: Uint8Array | undefined;

  constructor(
    { machine }: Machine,
    layout: Layout,
    release: string | undefined,
    readonly gate: string,
    readonly target: Section,
    readonly known: RelocationType,
  ) {
    const { type } = known;
    const of = { gate, target, offset: 0, type, symbol: "" };
    this.#relocation = { machine, layout, release, known, ...of };
    this.#isSound = firstFault(this.#relocation, TRAPS_OF_KIND) === undefined;
    this.#traps = TRAPS_OF_PLACE.filter((trap) => {
      if (trap === "nop") return known.name === CALL_WITH_TOC;
      if (trap === "alignment") return machine === EM_AARCH64 && gate !== VMLINUX;
      // These isSoundAt looks for by itself.
      return trap !== "end" && trap !== "zeros";
    });
    this.#width = known.width;
    this.#size = target.size;
    // Contents that are not to be relocated are not read either.
    this.#zeros = machine === EM_X86_64 && known.width > 0 ? target.data : undefined;
  }

  /**
   * {@link faultOfRelocation} has nothing to say of one at `offset`, whatever its symbol; it may have
   * nothing to say of others either.
   */
  isSoundAt(offset: number): boolean {
    if (!this.#isSound) return false;
    // What nearly all are looked at for is looked at here: a call for each would take longer.
    const end = offset + this.#width;
    if (this.#width > 0 && end > this.#size) return false;
    const zeros = this.#zeros;
    if (zeros !== undefined) {
      for (let at = offset; at < end; at++) if (zeros[at] !== 0) return false;
    }
    if (this.#traps.length === 0) return true;
    this.#relocation.offset = offset;
    return firstFault(this.#relocation, this.#traps) === undefined;
  }
}

function checkType(relocation: Case): RelocationFault | undefined {
  const { machine, type, release, known } = relocation;
  const { refused, since } = known;
  if (since !== undefined && isBefore(release, since)) {
    return unappliable(relocation, "relocation-type", {
      reason: reasonOfUnknownType(machine, type),
      remedy: [`kernels since ${since} may know it; compile it with the flags that kbuild has`],
    });
  }
  return refused && unappliable(relocation, "relocation-type", refused);
}

/** The module loader does not look (apply_relocate_add of every machine). */
function checkEnd(relocation: Case): RelocationFault | undefined {
  const { known, offset, target } = relocation;
  if (known.width === 0 || offset + known.width <= target.size) return undefined;
  const where = `it has ${known.width} bytes at ${hex(offset)}`;
  return unappliable(relocation, "relocation-place", {
    reason: `${where}, and the section ends at ${hex(target.size)}: the kernel writes beyond`,
    remedy: ["the file is damaged; build the module again"],
  });
}

/** arch/x86/kernel/module.c, __write_relocate_add: a place is relocated once. */
function checkZeros(relocation: Case): RelocationFault | undefined {
  const { machine, known, offset, target } = relocation;
  if (machine !== EM_X86_64) return undefined;
  const { data } = target;
  const end = Math.min(offset + known.width, data.length);
  let at = offset;
  while (at < end && data[at] === 0) at++;
  if (at >= end) return undefined;
  const found = [...data.subarray(offset, end)]
    .map((byte) => byte.toString(16).padStart(2, "0"))
    .join(" ");
  return unappliable(relocation, "relocation-place", {
    reason: `its place has ${found}, where the module loader wants zeros and prints "existing value is nonzero"`,
    remedy: ["another tool has written there; build the module again, and link it with ld -r only"],
  });
}

const CALL_WITH_TOC = "R_PPC64_REL24";
const PPC_NOP = 0x60000000;
/** `ld r2,24(r1)`, which the module loader puts in the nop's place. */
const PPC_LD_TOC = 0xe8410018;

/**
 * arch/powerpc/kernel/module_64.c, restore_r2. The other module's function changes r2, so the module
 * loader needs room behind the call for the instruction that restores it. Since 6.3 that may be there
 * already.
 */
function checkNop(relocation: Case): RelocationFault | undefined {
  const { known, layout, release, offset, target, symbol } = relocation;
  // R_PPC64_REL24_NOTOC is of kernels that have no TOC to restore.
  if (known.name !== CALL_WITH_TOC) return undefined;
  const { buffer, byteOffset, byteLength } = target.data;
  if (offset + 4 > byteLength) return undefined;
  const view = new DataView(buffer, byteOffset, byteLength);
  if (!isRelativeLinkBranch(layout.word.get(view, offset))) return undefined;
  const remedy = [
    `declare ${symbol} extern in the patch's source, so that the compiler emits bl and nop: it took it for a function of the same module`,
  ];
  if (offset + 8 > byteLength) {
    const reason = "the section ends behind the call, where the module loader wants a nop";
    return unappliable(relocation, "relocation-place", { reason, remedy });
  }
  const next = layout.word.get(view, offset + 4);
  if (next === PPC_NOP || (next === PPC_LD_TOC && !isBefore(release, "6.3"))) return undefined;
  const found = next.toString(16).padStart(8, "0");
  return unappliable(relocation, "relocation-place", {
    reason: `behind the call the module loader prints "Expected nop after call, got ${found}"`,
    remedy,
  });
}

/** arch/powerpc/lib/code-patching.c, instr_is_relative_link_branch: AA is 0 and LK is 1. */
function isRelativeLinkBranch(instruction: number): boolean {
  const opcode = instruction >>> 26;
  return (opcode === 16 || opcode === 18) && (instruction & 3) === 1;
}

/** Of the types that powerpc writes as instructions, the one for calls; data has whole addresses. */
function checkBranch(relocation: Case): RelocationFault | undefined {
  const { known, gate, target } = relocation;
  if (gate === VMLINUX || (target.flags & SHF_EXECINSTR) !== 0) return undefined;
  if (!/^R_PPC(64)?_REL24(_NOTOC)?$/.test(known.name)) return undefined;
  return unappliable(relocation, "relocation-late", {
    reason: `${target.name} is no code, and what is there would be changed as if it were a branch`,
    remedy: ["have a whole address in data, R_PPC_ADDR32 or R_PPC64_ADDR64: that is what C makes"],
  });
}

/** kernel/module/strict_rwx.c, ro_after_init; 6.1 and 6.12 have the first two. */
const READ_ONLY_AFTER_INIT = [".data..ro_after_init", "__jump_table", ".static_call_sites"];

function checkLate(relocation: Case): RelocationFault | undefined {
  const { known, gate, target } = relocation;
  if (gate === VMLINUX || known.late === undefined) return undefined;
  const { in: where, reason, remedy } = known.late;
  if (where === "every section") {
    return unappliable(relocation, "relocation-late", { reason, remedy });
  }
  const isWritable =
    (target.flags & SHF_WRITE) !== 0 && !READ_ONLY_AFTER_INIT.includes(target.name);
  if (isWritable) return undefined;
  return unappliable(relocation, "relocation-late", {
    reason: `${target.name} is read-only by then, and ${reason}`,
    remedy,
  });
}

/** arch/arm64/kernel/patching.c, aarch64_insn_copy, whose result the module loader does not look at. */
function checkAlignment(relocation: Case): RelocationFault | undefined {
  const { machine, gate, known, offset } = relocation;
  if (machine !== EM_AARCH64 || gate === VMLINUX) return undefined;
  if (known.width === 0 || offset % 4 === 0) return undefined;
  return unappliable(relocation, "relocation-late", {
    reason: `${hex(offset)} is no multiple of 4, and the kernel then leaves the place as it is without a word`,
    remedy: ["take it out of the packed structure, so that it is aligned"],
  });
}

function checkRisk({ known, gate, symbol }: Case): RelocationFault | undefined {
  const limit = gate === VMLINUX ? known.vmlinuxWarning : known.lateWarning;
  if (limit === undefined) return undefined;
  const waiting = gate === VMLINUX ? "" : `, which waits for ${gate}`;
  return {
    severity: "warning",
    code: "relocation-risk",
    message: `${known.name} of ${symbol}${waiting}: ${limit.reason}`,
    notes: limit.remedy,
  };
}

function unappliable(
  { known, symbol, gate }: Case,
  code: string,
  { reason, remedy }: Limit,
): RelocationFault {
  const when = code === "relocation-late" ? ` when ${gate} is loaded` : "";
  return error(code, `${known.name} of ${symbol} cannot be applied${when}: ${reason}`, remedy);
}

function error(code: string, message: string, notes: readonly string[]): RelocationFault {
  return { severity: "error", code, message, notes };
}
