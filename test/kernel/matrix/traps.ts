// What a machine's module loader refuses or gets wrong of livepatch relocations: a converted module with
// one thing changed in each. The kernel says what it makes of that, and check has to have said it before.
import { machines } from "../machines.js";
import type { ModuleFile, Relocation } from "../module-file.js";

export interface Trap {
  readonly name: string;
  readonly about: string;
  /** By what machines.ts calls them. */
  readonly machines: readonly string[];
  /** The case whose livepatch is changed, and whose targets and file are tried. */
  readonly base: string;
  /** It is only when the target comes back that something is to be seen. */
  readonly comesBack?: true;
  /** What the kernel does there depends on what else is in memory. */
  readonly isByChance?: true;
  readonly edit: (file: ModuleFile) => void;
}

const everywhere = Object.keys(machines);

const SHF_WRITE = 1;
const SHT_PROGBITS = 1;

/** The livepatch relocations of code that wait for klp_target, and those of vmlinux. */
const ofTarget = ".klp.rela.klp_target.text";
const ofVmlinux = ".klp.rela.vmlinux.text";
const pointer = ".klp.rela.klp_target.klp_test_pointer";

const readOnly: Pick<Trap, "about" | "base" | "edit"> = {
  about: "a pointer to a module's data, in a section that is read-only when the module comes",
  base: "rodata",
  edit: (file) => file.removeFlags(".klp_test_pointer", SHF_WRITE),
};

export const traps: readonly Trap[] = [
  {
    name: "trap-read-only",
    machines: everywhere.filter((machine) => machine !== "ppc32"),
    ...readOnly,
  },
  {
    name: "trap-read-only",
    machines: ["ppc32"],
    ...readOnly,
    // Some processors let the kernel write where it must not: this one's does.
    isByChance: true,
  },
  {
    name: "trap-nonzero",
    about: "the place of a relocation is not zero",
    machines: everywhere,
    base: "rodata",
    edit: (file) => file.contents(".klp_test_pointer").fill(1),
  },
  {
    name: "trap-unknown-type",
    about: "a relocation type that the module loader does not know",
    machines: everywhere,
    base: "rodata",
    // No machine's loader has one of so high a number.
    edit: (file) => file.setRelocation(pointer, 0, { type: 200 }),
  },
  {
    name: "trap-name-512",
    about: "a livepatch symbol whose name has 512 characters",
    machines: everywhere,
    base: "name-511",
    edit: (file) => {
      const name = (length: number) => `.klp.sym.klp_long.${"x".repeat(length)},0`;
      file.renameSymbol(name(511), name(512));
    },
  },
  {
    name: "trap-twice",
    about: "two relocations of one place",
    machines: ["x86_64"],
    base: "types",
    edit: (file) => {
      const [{ offset }] = file.relocations(ofTarget) as [Relocation];
      file.setRelocation(ofTarget, 1, { offset });
    },
  },
  {
    name: "trap-own-got",
    about: "R_390_GOTPC of a symbol elsewhere",
    machines: ["s390x"],
    base: "rodata",
    edit: (file) => file.setRelocation(pointer, 0, { type: 14 }),
  },
  {
    name: "trap-got-of-target",
    about: "R_PPC64_GOT_PCREL34, which waits",
    machines: ["ppc64le-power10"],
    base: "types",
    edit: (file) => {
      const near = file.relocations(ofTarget).findIndex(({ type }) => type === R_PPC64_PCREL34);
      file.setRelocation(ofTarget, near, { type: 133 });
    },
  },
  {
    name: "trap-low-half",
    about: "a pointer with the type of half a pointer",
    machines: ["ppc64le", "loongarch64"],
    base: "rodata",
    // R_PPC64_ADDR32 and R_LARCH_32
    edit: (file) => file.setRelocation(pointer, 0, { type: 1 }),
  },
  {
    name: "trap-sum",
    about: "R_LARCH_ADD64, which adds",
    machines: ["loongarch64"],
    base: "rodata",
    comesBack: true,
    edit: (file) => file.setRelocation(pointer, 0, { type: 51 }),
  },
  {
    name: "trap-stack",
    about: "R_LARCH_SOP_ADD, which adds what others have put on a stack",
    machines: ["loongarch64"],
    base: "rodata",
    edit: (file) => file.setRelocation(pointer, 0, { type: 35 }),
  },
  {
    name: "trap-half-alone",
    about: "R_LARCH_PCADD_LO12, which is of another relocation",
    machines: ["loongarch64"],
    base: "rodata",
    edit: (file) => file.setRelocation(pointer, 0, { type: 129 }),
  },
  {
    name: "trap-far",
    about: "R_LARCH_PCALA_HI20 and LO12 of a symbol of vmlinux",
    machines: ["loongarch64"],
    base: "types",
    edit: (file) => {
      // Those of the GOT, each 4 more.
      for (const [index, { type }] of file.relocations(ofVmlinux).entries()) {
        if (type === 75 || type === 76) file.setRelocation(ofVmlinux, index, { type: type - 4 });
      }
    },
  },
  {
    name: "trap-unaligned",
    about: "a relocation that waits, at no multiple of 4",
    machines: ["arm64"],
    base: "rodata",
    edit: (file) => file.setRelocation(pointer, 0, { offset: 2 }),
  },
  {
    name: "trap-section-type",
    about:
      "a livepatch section of calls that says SHT_PROGBITS, so that no slots are counted for it",
    machines: ["x86_64", "s390x", "ppc64le", "arm64", "loongarch64"],
    base: "types",
    isByChance: true,
    edit: (file) => file.setSection(ofTarget, "sh_type", SHT_PROGBITS),
  },
  {
    name: "trap-no-nop",
    about: "another instruction than nop behind a call",
    machines: ["ppc64le"],
    base: "types",
    // li r3,0
    edit: (file) => file.contents(".text").writeUInt32LE(0x3860_0000, callIn(file).offset + 4),
  },
  {
    name: "trap-restored-toc",
    about: "ld r2,24(r1) behind a call already",
    machines: ["ppc64le"],
    base: "types",
    edit: (file) => file.contents(".text").writeUInt32LE(0xe841_0018, callIn(file).offset + 4),
  },
  {
    name: "trap-toc16",
    about: "R_PPC64_TOC16_HA of a symbol elsewhere",
    machines: ["ppc64le"],
    base: "types",
    edit: (file) => file.setRelocation(ofTarget, callIndexIn(file), { type: 50 }),
  },
  {
    name: "trap-toc16-whole",
    about: "R_PPC64_TOC16 of a symbol elsewhere",
    machines: ["ppc64le"],
    base: "types",
    edit: (file) => file.setRelocation(ofTarget, callIndexIn(file), { type: 47 }),
  },
  {
    name: "trap-toc16-of-vmlinux",
    about: "R_PPC64_TOC16_HA of a symbol of vmlinux",
    machines: ["ppc64le"],
    base: "sections",
    edit: (file) => file.setRelocation(ofVmlinux, 0, { type: 50 }),
  },
  {
    name: "trap-abi",
    about: "e_flags 0: not the ABI that the kernel has",
    machines: ["ppc64le"],
    base: "types",
    edit: (file) => file.setHeader("e_flags", 0),
  },
  {
    name: "trap-no-stubs",
    about: ".stubs is called .stubz",
    machines: ["ppc64le"],
    base: "types",
    edit: (file) => file.renameSection(".stubs", ".stubz"),
  },
  {
    name: "trap-no-plt",
    about: ".plt is called .plx",
    machines: ["arm64", "ppc32", "loongarch64"],
    base: "types",
    edit: (file) => file.renameSection(".plt", ".plx"),
  },
  {
    name: "trap-got",
    about: "R_AARCH64_ADR_GOT_PAGE of a livepatch symbol",
    machines: ["arm64"],
    base: "types",
    edit: (file) => file.setRelocation(ofVmlinux, 0, { type: 311 }),
  },
];

const R_PPC64_REL24 = 10;
const R_PPC64_PCREL34 = 132;

function callIndexIn(file: ModuleFile): number {
  return file.relocations(ofTarget).findIndex(({ type }) => type === R_PPC64_REL24);
}

function callIn(file: ModuleFile): Relocation {
  return file.relocations(ofTarget)[callIndexIn(file)]!;
}
