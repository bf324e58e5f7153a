/**
 * What each machine's module loader makes of its relocation types; relocation-types.ts explains it.
 *
 * Sources: apply_relocate_add in arch/x86/kernel/module.c, arch/s390/kernel/module.c,
 * arch/powerpc/kernel/module_64.c and module_32.c, arch/arm64/kernel/module.c and
 * arch/loongarch/kernel/module.c of Linux 7.3; the numbers are those of each machine's asm/elf.h and
 * ABI. 6.1 and 6.12 apply the same types, except powerpc64's of PC-relative code (6.12 has them, 6.1
 * has not) and loongarch's PCADD (neither has them).
 *
 * Each table cites the rows of test/kernel/matrix.md that showed it: in types-met are the types that a
 * kernel has applied to livepatch symbols, and docs/kernels.md says why some are not among them.
 */

import { EM_AARCH64, EM_LOONGARCH, EM_PPC, EM_PPC64, EM_S390, EM_X86_64 } from "../elf/index.js";
import type { Limit, Limits } from "./relocation-types.js";

export interface RelocationTable {
  readonly machine: number;
  /** What the names of all its types begin with. */
  readonly prefix: string;
  /** What the module loader prints about a type that it does not know. */
  readonly complaint: (type: number) => string;
  readonly groups: readonly RelocationGroup[];
}

/** Types that are alike. */
interface RelocationGroup extends Limits {
  /** Bytes that are written; 0 if absent. */
  readonly width?: number;
  /** The module loader has no case for them: what to do about it. */
  readonly unknown?: readonly string[];
  /** The first kernel known to have a case for them; all that are known have if absent. */
  readonly since?: string;
  readonly types: Readonly<Record<string, number>>;
}

const WHOLE_ADDRESS = ["store the whole address: a pointer or an unsigned long"];
const ALIGNED = ["take the pointer out of the packed structure, so that it is aligned"];

/**
 * arch/x86/Makefile has -fno-pic and -mcmodel=kernel. Shown by x86_64-6.1 types-met, x86_64-6.12 types-met
 * and x86_64-7.3 types-met: all.
 */
const X86_64: RelocationTable = {
  machine: EM_X86_64,
  prefix: "R_X86_64_",
  complaint: (type) => `Unknown rela relocation: ${type}`,
  groups: [
    { types: { NONE: 0 } },
    { width: 4, types: { PC32: 2, PLT32: 4, 32: 10, "32S": 11 } },
    { width: 8, types: { 64: 1, PC64: 24 } },
    {
      unknown: ["compile it as kbuild does, with -fno-pic -mcmodel=kernel and without -fno-plt"],
      types: {
        GOTPCREL: 9,
        GOTOFF64: 25,
        GOTPC32: 26,
        GOT64: 27,
        GOTPCREL64: 28,
        GOTPC64: 29,
        PLTOFF64: 31,
        GOTPCRELX: 41,
        REX_GOTPCRELX: 42,
      },
    },
    { unknown: WHOLE_ADDRESS, types: { 16: 12, PC16: 13, 8: 14, PC8: 15 } },
  ],
};

/**
 * A symbol's slot in the GOT or the PLT is filled in once: nothing resets got_initialized and
 * plt_initialized of struct mod_arch_syminfo. PLT32DBL, which is what calls have, goes without its
 * slot, since modules are less than 4 GiB apart. Shown by s390x-6.12 homonyms-1-2, when the
 * target comes back.
 */
const S390_SLOT: Limit = {
  reason:
    "the kernel fills in the symbol's slot once; if the module is unloaded and comes back at another address, the patch goes on using the old one",
  remedy: [
    'declare it extern with __attribute__((visibility("hidden"))): the compiler then does without a slot',
  ],
};

/**
 * arch/s390/Makefile has -fPIC for modules, so that variables are reached through the GOT. Shown by
 * s390x-6.12 types-met and s390x-6.12 trap-own-got.
 */
const S390: RelocationTable = {
  machine: EM_S390,
  prefix: "R_390_",
  complaint: (type) => `unknown relocation: ${type}`,
  groups: [
    { types: { NONE: 0 } },
    { width: 1, types: { 8: 1 } },
    { width: 2, types: { 12: 2, 16: 3, PC16: 16, PC16DBL: 17, GOTOFF16: 27 } },
    { width: 4, types: { 32: 4, PC32: 5, GOTOFF32: 13, PC32DBL: 19, PLT32DBL: 20, 20: 57 } },
    { width: 8, types: { 64: 22, PC64: 23, GOTOFF64: 28 } },
    {
      width: 2,
      lateWarning: S390_SLOT,
      types: { GOT12: 6, GOT16: 15, PLT16DBL: 18, GOTPLT12: 29, GOTPLT16: 30, PLTOFF16: 34 },
    },
    {
      width: 4,
      lateWarning: S390_SLOT,
      types: {
        GOT32: 7,
        PLT32: 8,
        GOTENT: 26,
        GOTPLT32: 31,
        GOTPLTENT: 33,
        PLTOFF32: 35,
        GOT20: 58,
        GOTPLT20: 59,
      },
    },
    {
      width: 8,
      lateWarning: S390_SLOT,
      types: { GOT64: 24, PLT64: 25, GOTPLT64: 32, PLTOFF64: 36 },
    },
    {
      refused: {
        reason: "the module loader stores where the patch's own GOT is, whatever the symbol",
        remedy: ["it is meant for _GLOBAL_OFFSET_TABLE_, which stays an ordinary symbol"],
      },
      types: { GOTPC: 14, GOTPCDBL: 21 },
    },
  ],
};

/**
 * The module loader stores as if nothing were read-only, which CONFIG_STRICT_MODULE_RWX changes. Shown by
 * ppc64le-6.12 trap-read-only. A processor of PowerPC G3's kind lets the kernel write all the same
 * (ppc32-6.12 trap-read-only).
 */
const PLAIN_STORE: Limits = {
  late: {
    in: "read-only sections",
    reason: "the kernel stores there all the same and crashes",
    remedy: ["keep the address in a variable that is neither const nor __ro_after_init"],
  },
};

const PPC_NONE = [
  "remove what makes it, a .reloc directive: powerpc's module loader has no such type",
];

/**
 * arch/powerpc/Makefile has -mcmodel=large for modules, which keeps all addresses in .toc. Kernels
 * that are PC-relative themselves (CONFIG_PPC_KERNEL_PCREL) know PCREL34, GOT_PCREL34 and
 * REL24_NOTOC as well, and neither TOCSAVE nor a TOC. Shown by ppc64le-6.12 types-met and
 * ppc64le-power10-6.12 types-met, and what is refused by ppc64le-6.12 trap-toc16, ppc64le-6.12
 * trap-toc16-whole, ppc64le-6.12 trap-low-half and ppc64le-power10-6.12 trap-got-of-target.
 */
const PPC64: RelocationTable = {
  machine: EM_PPC64,
  prefix: "R_PPC64_",
  complaint: (type) => `Unknown ADD relocation: ${type}`,
  groups: [
    // A mark that nothing is made of.
    { types: { TOCSAVE: 109 } },
    { width: 4, types: { REL24: 10 } },
    { width: 4, since: "6.4", types: { REL24_NOTOC: 116 } },
    { width: 8, since: "6.4", types: { PCREL34: 132 } },
    { width: 4, ...PLAIN_STORE, types: { REL32: 26 } },
    { width: 8, ...PLAIN_STORE, types: { ADDR64: 38, REL64: 44 } },
    {
      width: 8,
      since: "6.4",
      late: {
        in: "every section",
        reason: "the kernel stores into text and GOT, which are read-only by then, and crashes",
        remedy: ["keep the address in a variable that is not const, and read it from there"],
      },
      types: { GOT_PCREL34: 133 },
    },
    {
      refused: {
        reason:
          "it is half of a distance from the patch's TOC, and the module loader cuts off without a word what is more than 32 bits of that",
        remedy: ["compile it as kbuild does modules, with -mcmodel=large"],
      },
      types: { TOC16_LO: 48, TOC16_HA: 50, TOC16_LO_DS: 64 },
    },
    {
      refused: {
        reason:
          'it is a distance of 16 bits from the patch\'s TOC, and the module loader prints "bad TOC16 relocation" about a symbol elsewhere',
        remedy: ["compile it as kbuild does modules, with -mcmodel=large"],
      },
      types: { TOC16: 47, TOC16_DS: 63 },
    },
    {
      refused: {
        reason:
          "it is half of a distance, and the module loader cuts off without a word what is more than 32 bits of that",
        remedy: ["compile it as kbuild does modules, with -mcmodel=large"],
      },
      types: { REL16_LO: 250, REL16_HA: 252 },
    },
    {
      refused: {
        reason: "the module loader keeps the low 32 bits of the address without a word",
        remedy: WHOLE_ADDRESS,
      },
      types: { ADDR32: 1 },
    },
    {
      refused: {
        reason: "it is about the patch's own TOC, whatever the symbol",
        remedy: ["it is meant for .TOC., which stays an ordinary symbol, or for none"],
      },
      types: { TOC: 51, ENTRY: 118 },
    },
    { unknown: PPC_NONE, types: { NONE: 0 } },
    {
      unknown: ["compile it as kbuild does modules, with -mcmodel=large"],
      types: {
        ADDR16_LO: 4,
        ADDR16_HI: 5,
        ADDR16_HA: 6,
        REL14: 11,
        ADDR16_HIGHER: 39,
        ADDR16_HIGHERA: 40,
        ADDR16_HIGHEST: 41,
        ADDR16_HIGHESTA: 42,
        ADDR16_LO_DS: 57,
        ADDR16_HIGH: 110,
        ADDR16_HIGHA: 111,
      },
    },
    {
      unknown: ["compile it as kbuild does modules, without -fno-plt"],
      types: {
        PLT16_LO: 29,
        PLT16_HI: 30,
        PLT16_HA: 31,
        PLT16_LO_DS: 60,
        PLTSEQ: 119,
        PLTCALL: 120,
        PLTSEQ_NOTOC: 121,
        PLTCALL_NOTOC: 122,
        PLT_PCREL34: 134,
        PLT_PCREL34_NOTOC: 135,
      },
    },
    {
      unknown: ["compile it as kbuild does modules, with -mno-pcrel unless the kernel has it"],
      types: { PCREL_OPT: 123, REL24_P9NOTOC: 124 },
    },
    { unknown: ALIGNED, types: { UADDR32: 24, UADDR64: 43 } },
  ],
};

/** ADDR16_* and REL24 are instructions. Shown by ppc32-6.12 types-met: all. */
const PPC: RelocationTable = {
  machine: EM_PPC,
  prefix: "R_PPC_",
  complaint: (type) => `unknown ADD relocation: ${type}`,
  groups: [
    { width: 2, types: { ADDR16_LO: 4, ADDR16_HI: 5, ADDR16_HA: 6 } },
    { width: 4, types: { REL24: 10 } },
    { width: 4, ...PLAIN_STORE, types: { ADDR32: 1, REL32: 26 } },
    { unknown: PPC_NONE, types: { NONE: 0 } },
    {
      unknown: ["compile it as kbuild does, without -fPIC"],
      types: {
        GOT16: 14,
        GOT16_LO: 15,
        GOT16_HI: 16,
        GOT16_HA: 17,
        PLTREL24: 18,
        LOCAL24PC: 23,
        PLT16_LO: 29,
        PLT16_HI: 30,
        PLT16_HA: 31,
        PLTSEQ: 119,
        PLTCALL: 120,
      },
    },
    { unknown: ["compile it as kbuild does, without -msdata"], types: { SDAREL16: 32 } },
    { unknown: WHOLE_ADDRESS, types: { ADDR24: 2, ADDR16: 3, ADDR14: 7, REL14: 11 } },
    { unknown: ALIGNED, types: { UADDR32: 24 } },
  ],
};

/**
 * A call that does not reach goes through .plt. When it has waited for a module, the module loader
 * writes .plt without an alias (arch/arm64/kernel/module-plts.c, module_emit_plt_entry) and crashes.
 * It is not warned of, since that takes more modules than 128 MiB have room for. Shown by arm64-7.3
 * types-met and arm64-7.3 trap-got.
 */
const AARCH64: RelocationTable = {
  machine: EM_AARCH64,
  prefix: "R_AARCH64_",
  complaint: (type) => `unsupported RELA relocation: ${type}`,
  groups: [
    // 256 is what 0 was in drafts of the ABI.
    { types: { NONE: 0, NULL: 256 } },
    { width: 2, types: { ABS16: 259, PREL16: 262 } },
    {
      width: 4,
      types: {
        ABS32: 258,
        PREL32: 261,
        MOVW_UABS_G0: 263,
        MOVW_UABS_G0_NC: 264,
        MOVW_UABS_G1: 265,
        MOVW_UABS_G1_NC: 266,
        MOVW_UABS_G2: 267,
        MOVW_UABS_G2_NC: 268,
        MOVW_UABS_G3: 269,
        MOVW_SABS_G0: 270,
        MOVW_SABS_G1: 271,
        MOVW_SABS_G2: 272,
        LD_PREL_LO19: 273,
        ADR_PREL_LO21: 274,
        ADR_PREL_PG_HI21: 275,
        ADR_PREL_PG_HI21_NC: 276,
        ADD_ABS_LO12_NC: 277,
        LDST8_ABS_LO12_NC: 278,
        TSTBR14: 279,
        CONDBR19: 280,
        JUMP26: 282,
        CALL26: 283,
        LDST16_ABS_LO12_NC: 284,
        LDST32_ABS_LO12_NC: 285,
        LDST64_ABS_LO12_NC: 286,
        MOVW_PREL_G0: 287,
        MOVW_PREL_G0_NC: 288,
        MOVW_PREL_G1: 289,
        MOVW_PREL_G1_NC: 290,
        MOVW_PREL_G2: 291,
        MOVW_PREL_G2_NC: 292,
        MOVW_PREL_G3: 293,
        LDST128_ABS_LO12_NC: 299,
      },
    },
    { width: 8, types: { ABS64: 257, PREL64: 260 } },
    {
      unknown: ["compile it as kbuild does, without -fPIC and -fno-plt"],
      types: {
        GOTREL64: 307,
        GOTREL32: 308,
        GOT_LD_PREL19: 309,
        LD64_GOTOFF_LO15: 310,
        ADR_GOT_PAGE: 311,
        LD64_GOT_LO12_NC: 312,
        LD64_GOTPAGE_LO15: 313,
      },
    },
  ],
};

/**
 * vmlinux is at 0x9000000000200000 (arch/loongarch/Makefile), modules are near the end of the address
 * space (vm_map_base, arch/loongarch/kernel/cpu-probe.c). Shown by loongarch64-7.3 trap-far.
 */
const LARCH_FAR: Limit = {
  reason:
    "the module loader keeps the low 32 bits of the distance without a word, and vmlinux is farther from modules than that",
  remedy: [
    "have it reached through the GOT, as kbuild does in modules: without -mdirect-extern-access, -fdirect-access-external-data and hidden visibility",
  ],
};

/**
 * module_emit_got_entry in arch/loongarch/kernel/module-sections.c looks for the address. Shown by
 * loongarch64-7.3 homonyms-1-2, when the target comes back.
 */
const LARCH_SLOT: Limit = {
  reason:
    "the GOT has one slot for the symbol; if the module is unloaded and comes back at another address, the kernel may have no room for that and refuse to load it",
  remedy: [
    'declare it extern with __attribute__((visibility("hidden"))): the compiler then does without a slot',
  ],
};

/** Shown by loongarch64-7.3 trap-sum. */
const LARCH_SUM: Limits = {
  late: {
    in: "every section",
    reason:
      "the kernel adds to what is there, and does so again when the module is loaded for the second time",
    remedy: ["store the symbol's address, and not its distance from another"],
  },
};

/** Shown by loongarch64-7.3 types-met, loongarch64-7.3 trap-low-half and loongarch64-7.3 trap-stack. */
const LARCH: RelocationTable = {
  machine: EM_LOONGARCH,
  prefix: "R_LARCH_",
  // "Unsupport relocation type N" or "Unknown relocation type N", which differs between releases.
  complaint: (type) => `relocation type ${type}`,
  groups: [
    { types: { NONE: 0, MARK_LA: 20, MARK_PCREL: 21 } },
    { width: 4, types: { B26: 66, PCALA_LO12: 72, PCALA64_LO20: 73, PCALA64_HI12: 74 } },
    { width: 4, vmlinuxWarning: LARCH_FAR, types: { PCALA_HI20: 71, "32_PCREL": 99 } },
    { width: 4, lateWarning: LARCH_SLOT, types: { GOT_PC_HI20: 75, GOT_PC_LO12: 76 } },
    { width: 8, types: { 64: 2, "64_PCREL": 109 } },
    { width: 4, ...LARCH_SUM, types: { ADD32: 50, SUB32: 55 } },
    { width: 8, ...LARCH_SUM, types: { ADD64: 51, SUB64: 56 } },
    {
      refused: {
        reason: "the module loader keeps the low 32 bits of the address without a word",
        remedy: WHOLE_ADDRESS,
      },
      types: { 32: 1 },
    },
    {
      refused: {
        reason:
          "it is one of several that work on a stack, and those without a symbol cannot follow it into a livepatch section",
        remedy: ["build with binutils 2.40 and GCC 13 or later, which do without it"],
      },
      types: {
        SOP_PUSH_PCREL: 22,
        SOP_PUSH_ABSOLUTE: 23,
        SOP_PUSH_DUP: 24,
        SOP_PUSH_PLT_PCREL: 29,
        SOP_SUB: 32,
        SOP_SL: 33,
        SOP_SR: 34,
        SOP_ADD: 35,
        SOP_AND: 36,
        SOP_IF_ELSE: 37,
        SOP_POP_32_S_10_5: 38,
        SOP_POP_32_U_10_12: 39,
        SOP_POP_32_S_10_12: 40,
        SOP_POP_32_S_10_16: 41,
        SOP_POP_32_S_10_16_S2: 42,
        SOP_POP_32_S_5_20: 43,
        SOP_POP_32_S_0_5_10_16_S2: 44,
        SOP_POP_32_S_0_10_10_16_S2: 45,
        SOP_POP_32_U: 46,
      },
    },
    {
      since: "7.3",
      refused: {
        reason:
          "its HI20 and LO12 have to be in one section, and LO12, which is of a label, cannot follow into a livepatch section",
        remedy: ["compile it for loongarch64, where the compiler has R_LARCH_PCALA_HI20 instead"],
      },
      types: { PCADD_HI20: 128, PCADD_LO12: 129, GOT_PCADD_HI20: 130, GOT_PCADD_LO12: 131 },
    },
    {
      unknown: ["compile it as kbuild does, with -mno-relax"],
      types: { RELAX: 100, ALIGN: 102 },
    },
    {
      unknown: ["compile it as kbuild does, with -mcmodel=normal"],
      types: {
        B16: 64,
        B21: 65,
        ABS_HI20: 67,
        ABS_LO12: 68,
        ABS64_LO20: 69,
        ABS64_HI12: 70,
        GOT64_PC_LO20: 77,
        GOT64_PC_HI12: 78,
        GOT_HI20: 79,
        GOT_LO12: 80,
        PCREL20_S2: 103,
        CALL36: 110,
      },
    },
    { unknown: WHOLE_ADDRESS, types: { ADD8: 47, ADD16: 48, ADD24: 49 } },
    { unknown: WHOLE_ADDRESS, types: { SUB8: 52, SUB16: 53, SUB24: 54 } },
  ],
};

export const RELOCATION_TABLES: ReadonlyMap<number, RelocationTable> = new Map(
  [X86_64, S390, PPC64, PPC, AARCH64, LARCH].map((table) => [table.machine, table]),
);
