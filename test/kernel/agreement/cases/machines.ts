// What is only of consequence on machines that cannot be booted here. No kernel answers these.
import type { ModuleFile } from "../../module-file.js";
import { type Case, casesOf } from "../case.js";
import { SHT_PROGBITS } from "../elf-values.js";
import { addLivepatchSection } from "../livepatch-section.js";

const R_PPC64_REL24 = 10;
const R_PPC64_TOC16_LO = 48;
const R_PPC64_TOC16_HA = 50;
const R_PPC64_REL16_HA = 252;
const R_390_GOTENT = 26;

function typed(section: string, type: number): (file: ModuleFile) => void {
  return (file) => file.setRelocation(section, 0, { type });
}

export const machines: readonly Case[] = [
  ...casesOf("L01", "ppc64le", {
    "ppc64-abi-lost": ["e_flags 0", (file) => file.setHeader("e_flags", 0)],
    "ppc64-abi-1": ["e_flags 1", (file) => file.setHeader("e_flags", 1)],
  }),
  ...casesOf("L16", "ppc64le", {
    "ppc64-no-stubs": [".stubs is called .stubz", (file) => file.renameSection(".stubs", ".stubz")],
  }),
  ...casesOf("L16", "aarch64", {
    "arm64-no-plt": [".plt is called .plx", (file) => file.renameSection(".plt", ".plx")],
    "arm64-no-trampoline": [
      ".text.ftrace_trampoline is called .text.ftrace_trampolinx",
      (file) => file.renameSection(".text.ftrace_trampoline", ".text.ftrace_trampolinx"),
    ],
  }),
  ...casesOf("L21", "ppc64le", {
    "ppc64-type": [
      ".klp.rela.vmlinux.text: sh_type SHT_PROGBITS",
      (file) => file.setSection(".klp.rela.vmlinux.text", "sh_type", SHT_PROGBITS),
    ],
  }),
  ...casesOf("L21", "s390x", {
    "s390-type": [
      ".klp.rela.vmlinux.text: sh_type SHT_PROGBITS",
      (file) => file.setSection(".klp.rela.vmlinux.text", "sh_type", SHT_PROGBITS),
    ],
  }),
  ...casesOf("L58", "aarch64", {
    "arm64-got": [
      ".klp.rela.vmlinux.text: R_AARCH64_ADR_GOT_PAGE",
      typed(".klp.rela.vmlinux.text", 311),
    ],
  }),
  ...casesOf("L60", "ppc64le", {
    "ppc64-no-nop": [
      ".text: another instruction than nop behind the call of vm_local_func",
      (file) => {
        const { offset } = file.relocations(".klp.rela.vmlinux.text")[0]!;
        // li r3,0
        file.contents(".text").writeUInt32LE(0x3860_0000, offset + 4);
      },
    ],
    "ppc64-ld": [
      ".text: ld r2,24(r1) behind the call of vm_local_func, which only later kernels accept",
      (file) => {
        const { offset } = file.relocations(".klp.rela.vmlinux.text")[0]!;
        file.contents(".text").writeUInt32LE(0xe841_0018, offset + 4);
      },
    ],
  }),
  ...casesOf("L61", "ppc64le", {
    "ppc64-toc16": [
      ".klp.rela.vmlinux.text: R_PPC64_TOC16_HA",
      typed(".klp.rela.vmlinux.text", R_PPC64_TOC16_HA),
    ],
    "ppc64-toc16-low": [
      ".klp.rela.klp_demo.text: R_PPC64_TOC16_LO",
      typed(".klp.rela.klp_demo.text", R_PPC64_TOC16_LO),
    ],
    "ppc64-rel16": [
      ".klp.rela.vmlinux.text: R_PPC64_REL16_HA",
      typed(".klp.rela.vmlinux.text", R_PPC64_REL16_HA),
    ],
  }),
  ...casesOf("L57", "ppc64le", {
    "ppc64-toc-is-livepatch": [
      ".TOC.: st_shndx SHN_LIVEPATCH, called .klp.sym.vmlinux..TOC.,0",
      (file) => {
        file.setSymbol(".TOC.", "st_shndx", 0xff20);
        file.renameSymbol(".TOC.", ".klp.sym.vmlinux..TOC.,0");
      },
    ],
  }),
  ...casesOf("L62", "ppc64le", {
    "ppc64-readonly": [
      "another livepatch section: demo_counter to .rodata+8, for klp_demo",
      (file) => {
        const [entry] = file.relocations(".klp.rela.klp_demo.toc");
        addLivepatchSection(file, "klp_demo", ".rodata", [{ ...entry!, offset: 8 }]);
      },
    ],
    "ppc64-branch-in-data": [
      ".klp.rela.klp_demo.data: R_PPC64_REL24",
      typed(".klp.rela.klp_demo.data", R_PPC64_REL24),
    ],
  }),
  ...casesOf("L63", "s390x", {
    "s390-got": [
      ".klp.rela.klp_demo.text: R_390_GOTENT",
      typed(".klp.rela.klp_demo.text", R_390_GOTENT),
    ],
  }),
  ...casesOf("L69", "ppc64le", {
    "ppc64-group-member": [
      ".group: e_shnum for its second member",
      (file) => file.contents(".group").writeUInt32LE(file.header("e_shnum"), 8),
    ],
    "ppc64-group-signature": [
      ".group: sh_info behind the last symbol",
      (file) => file.setSection(".group", "sh_info", file.symbolCount),
    ],
    "ppc64-link-order": [
      "__patchable_function_entries: sh_link e_shnum",
      (file) => file.setSection("__patchable_function_entries", "sh_link", file.header("e_shnum")),
    ],
  }),
];
