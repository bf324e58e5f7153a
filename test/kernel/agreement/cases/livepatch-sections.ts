// What livepatch sections are called, and the fields of their headers.
import type { ModuleFile } from "../../module-file.js";
import { type Case, casesOf } from "../case.js";
import {
  SHF_ALLOC,
  SHF_EXECINSTR,
  SHF_GROUP,
  SHF_INFO_LINK,
  SHF_MERGE,
  SHF_RELA_LIVEPATCH,
  SHF_WRITE,
  SHN_ABS,
  SHT_PROGBITS,
  SHT_REL,
} from "../elf-values.js";
import { addLivepatchSection, commandLine, targetFunction } from "../livepatch-section.js";

const places = "livepatch-places";
const ofVmlinux = ".klp.rela.vmlinux.data";
const ofTarget = ".klp.rela.klp_target.data";

/** What `ld -r` makes of SHT_RELA in a section of these flags: SHT_LOOS + 4. */
const SHT_OF_LD = 0x6000_0004;

function renamed(from: string, to: string): readonly [string, (file: ModuleFile) => void] {
  return [`${from} is called ${to}`, (file) => file.renameSection(from, to)];
}

/** Moves the last relocation of a livepatch section to another one, of the same name. */
function split(file: ModuleFile, name: string, object: string, target: string): void {
  const relocations = file.relocations(name);
  file.setRelocations(name, relocations.slice(0, -1));
  addLivepatchSection(file, object, target, relocations.slice(-1));
}

export const livepatchSections: readonly Case[] = [
  // Kernels leave a symbol's address in the symbol table: ordinary relocations that come after a
  // livepatch section with the same symbol get it too, by luck.
  ...casesOf("L17", places, {
    "rodata-not-livepatch": [
      ".klp.rela.vmlinux.rodata: no SHF_RELA_LIVEPATCH",
      (file) => file.removeFlags(".klp.rela.vmlinux.rodata", SHF_RELA_LIVEPATCH),
    ],
    "vmlinux-not-livepatch": [
      `${ofVmlinux}: no SHF_RELA_LIVEPATCH`,
      (file) => file.removeFlags(ofVmlinux, SHF_RELA_LIVEPATCH),
    ],
    "target-not-livepatch": [
      `${ofTarget}: no SHF_RELA_LIVEPATCH`,
      (file) => file.removeFlags(ofTarget, SHF_RELA_LIVEPATCH),
    ],
    "init-not-livepatch": [
      ".klp.rela.vmlinux.init.data: no SHF_RELA_LIVEPATCH",
      (file) => file.removeFlags(".klp.rela.vmlinux.init.data", SHF_RELA_LIVEPATCH),
    ],
  }),
  ...casesOf(
    "L17",
    "livepatch-cmdline",
    {
      "code-not-livepatch": [
        ".klp.rela.vmlinux.text: no SHF_RELA_LIVEPATCH",
        (file) => file.removeFlags(".klp.rela.vmlinux.text", SHF_RELA_LIVEPATCH),
      ],
    },
    { isAlone: true },
  ),
  ...casesOf("L18", places, {
    "name-without-object": renamed(ofVmlinux, ".klp.rela..data"),
    "name-ordinary": renamed(ofVmlinux, ".rela.vmlinux.data"),
    "name-without-dot": renamed(ofVmlinux, "klp.rela.vmlinux.data"),
    "name-ends-early": renamed(ofVmlinux, ".klp.rela."),
    "target-name-ordinary": renamed(ofTarget, ".rela.klp_target.data"),
  }),
  ...casesOf("L19", places, {
    "section-unnamed": renamed(ofVmlinux, ".klp.rela.vmlinux"),
    "section-other": renamed(ofVmlinux, ".klp.rela.vmlinux.zzzzz"),
    "section-another": renamed(ofTarget, ".klp.rela.klp_target.bss"),
    "section-run-together": renamed(
      ".klp.rela.vmlinux.klp_test_places",
      ".klp.rela.vmlinuxklp_test_places",
    ),
    "target-section-run-together": renamed(
      ".klp.rela.klp_target.klp_test_places",
      ".klp.rela.klp_targetklp_test_places",
    ),
  }),
  ...casesOf("L20", places, {
    "object-not-patched": renamed(ofTarget, ".klp.rela.klp_helper.data"),
    "object-hyphenated": renamed(ofTarget, ".klp.rela.klp-target.data"),
    "object-unknown": renamed(ofVmlinux, ".klp.rela.vmlinuz.data"),
    "object-too-long": renamed(ofTarget, `.klp.rela.${"o".repeat(56)}.data`),
  }),
  ...casesOf("L21", places, {
    "type-progbits": [
      `${ofVmlinux}: sh_type SHT_PROGBITS`,
      (file) => file.setSection(ofVmlinux, "sh_type", SHT_PROGBITS),
    ],
    "type-rel": [
      `${ofVmlinux}: sh_type SHT_REL`,
      (file) => file.setSection(ofVmlinux, "sh_type", SHT_REL),
    ],
    "target-type-progbits": [
      `${ofTarget}: sh_type SHT_PROGBITS`,
      (file) => file.setSection(ofTarget, "sh_type", SHT_PROGBITS),
    ],
  }),
  ...casesOf("L22", places, {
    "vmlinux-not-loaded": [
      `${ofVmlinux}: no SHF_ALLOC`,
      (file) => file.removeFlags(ofVmlinux, SHF_ALLOC),
    ],
  }),
  ...casesOf(
    "L22",
    places,
    {
      "target-not-loaded": [
        `${ofTarget}: no SHF_ALLOC`,
        (file) => file.removeFlags(ofTarget, SHF_ALLOC),
      ],
    },
    { isAlone: true },
  ),
  ...casesOf("L28", places, {
    "alignment-3": [
      `${ofVmlinux}: sh_addralign 3`,
      (file) => file.setSection(ofVmlinux, "sh_addralign", 3),
    ],
    "alignment-1": [
      `${ofVmlinux}: sh_addralign 1`,
      (file) => file.setSection(ofVmlinux, "sh_addralign", 1),
    ],
    "entry-size-0": [
      `${ofVmlinux}: sh_entsize 0`,
      (file) => file.setSection(ofVmlinux, "sh_entsize", 0),
    ],
    "entry-size-16": [
      `${ofTarget}: sh_entsize 16`,
      (file) => file.setSection(ofTarget, "sh_entsize", 16),
    ],
    "size-uneven": [
      `${ofVmlinux}: sh_size one third more`,
      (file) =>
        file.setContents(ofVmlinux, Buffer.concat([file.contents(ofVmlinux), Buffer.alloc(8)])),
    ],
    "size-cut": [
      `${ofVmlinux}: sh_size 8 less`,
      (file) => file.setSection(ofVmlinux, "sh_size", file.section(ofVmlinux, "sh_size") - 8),
    ],
  }),
  ...casesOf("L29", places, {
    "link-0": [`${ofVmlinux}: sh_link 0`, (file) => file.setSection(ofVmlinux, "sh_link", 0)],
    "target-link-0": [`${ofTarget}: sh_link 0`, (file) => file.setSection(ofTarget, "sh_link", 0)],
    "no-info-link": [
      `${ofTarget}: no SHF_INFO_LINK`,
      (file) => file.removeFlags(ofTarget, SHF_INFO_LINK),
    ],
  }),
  ...casesOf("L30", places, {
    "livepatch-writable": [`${ofTarget}: SHF_WRITE`, (file) => file.addFlags(ofTarget, SHF_WRITE)],
    "livepatch-executable": [
      `${ofTarget}: SHF_EXECINSTR`,
      (file) => file.addFlags(ofTarget, SHF_EXECINSTR),
    ],
    "livepatch-mergeable": [`${ofTarget}: SHF_MERGE`, (file) => file.addFlags(ofTarget, SHF_MERGE)],
    "livepatch-grouped": [`${ofTarget}: SHF_GROUP`, (file) => file.addFlags(ofTarget, SHF_GROUP)],
  }),
  ...casesOf("L13", places, {
    "livepatch-writable-executable": [
      `${ofTarget}: SHF_WRITE and SHF_EXECINSTR`,
      (file) => file.addFlags(ofTarget, SHF_WRITE | SHF_EXECINSTR),
    ],
  }),
  ...casesOf("L74", places, {
    "vmlinux-in-two": [
      ".klp.rela.vmlinux.rodata: its last relocation in another section of that name",
      (file) => split(file, ".klp.rela.vmlinux.rodata", "vmlinux", ".rodata"),
    ],
    "target-in-two": [
      ".klp.rela.klp_target.rodata: its last relocation in another section of that name",
      (file) => split(file, ".klp.rela.klp_target.rodata", "klp_target", ".rodata"),
    ],
  }),
  ...casesOf("L75", places, {
    "type-of-ld": [
      `${ofVmlinux}: sh_type as ld -r leaves it, SHT_LOOS + 4`,
      (file) => file.setSection(ofVmlinux, "sh_type", SHT_OF_LD),
    ],
    "header-of-ld": [
      `${ofTarget}: sh_type, sh_link and sh_info as ld -r leaves them`,
      (file) => {
        file.setSection(ofTarget, "sh_type", SHT_OF_LD);
        file.setSection(ofTarget, "sh_link", 0);
        file.setSection(ofTarget, "sh_info", 0);
      },
    ],
    "symbol-of-ld": [
      `${commandLine}: st_shndx as ld -r leaves it, SHN_ABS`,
      (file) => file.setSymbol(commandLine, "st_shndx", SHN_ABS),
    ],
    "target-symbol-of-ld": [
      `${targetFunction}: st_shndx as ld -r leaves it, SHN_ABS`,
      (file) => file.setSymbol(targetFunction, "st_shndx", SHN_ABS),
    ],
  }),
];
