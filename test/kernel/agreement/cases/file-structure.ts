// The file as the module loader reads it before it knows that it is a livepatch.
import { type Case, casesOf } from "../case.js";
import {
  LOCAL_NOTYPE,
  SHF_EXECINSTR,
  SHF_WRITE,
  SHN_XINDEX,
  SHT_PROGBITS,
  SHT_STRTAB,
  SHT_SYMTAB,
  SHT_SYMTAB_SHNDX,
} from "../elf-values.js";

const places = "livepatch-places";

export const fileStructure: readonly Case[] = [
  ...casesOf("L01", places, {
    "magic-wrong": ["e_ident: 0x7e for the first byte", (file) => file.setIdent(0, 0x7e)],
    "class-32": ["EI_CLASS ELFCLASS32", (file) => file.setIdent(4, 1)],
    "data-big": ["EI_DATA ELFDATA2MSB", (file) => file.setIdent(5, 2)],
    "type-executable": ["e_type ET_EXEC", (file) => file.setHeader("e_type", 2)],
    "type-shared": ["e_type ET_DYN", (file) => file.setHeader("e_type", 3)],
    "machine-i386": ["e_machine EM_386", (file) => file.setHeader("e_machine", 3)],
    "flags-set": ["e_flags 1", (file) => file.setHeader("e_flags", 1)],
  }),
  ...casesOf("L02", places, {
    "headers-outside": [
      "e_shoff at the end of the file",
      (file) => file.setHeader("e_shoff", file.bytes.length),
    ],
    "headers-cut": [
      "e_shoff with the last section header half outside",
      (file) => file.setHeader("e_shoff", file.bytes.length - 64 * file.header("e_shnum") + 32),
    ],
    "header-size": ["e_shentsize 40", (file) => file.setHeader("e_shentsize", 40)],
    "section-0-type": [
      "section 0: sh_type SHT_PROGBITS",
      (file) => file.setSection(0, "sh_type", SHT_PROGBITS),
    ],
    "section-0-size": ["section 0: sh_size 1", (file) => file.setSection(0, "sh_size", 1)],
    "section-0-address": ["section 0: sh_addr 1", (file) => file.setSection(0, "sh_addr", 1)],
  }),
  ...casesOf("L03", places, {
    "contents-outside": [
      ".comment: sh_offset at the end of the file",
      (file) => file.setSection(".comment", "sh_offset", file.bytes.length),
    ],
    "contents-too-long": [
      ".data: sh_size of the whole file",
      (file) => file.setSection(".data", "sh_size", file.bytes.length),
    ],
    "livepatch-contents-too-long": [
      ".klp.rela.vmlinux.data: sh_size of the whole file",
      (file) => file.setSection(".klp.rela.vmlinux.data", "sh_size", file.bytes.length),
    ],
  }),
  ...casesOf("L04", places, {
    "no-sections": ["e_shnum 0", (file) => file.setHeader("e_shnum", 0)],
    "section-index-extended": [
      "e_shstrndx SHN_XINDEX",
      (file) => file.setHeader("e_shstrndx", SHN_XINDEX),
    ],
    "symbol-extended": [
      "own_variable: st_shndx SHN_XINDEX",
      (file) => file.setSymbol("own_variable", "st_shndx", SHN_XINDEX),
    ],
    "symbol-beyond-sections": [
      "own_variable: st_shndx e_shnum",
      (file) => file.setSymbol("own_variable", "st_shndx", file.header("e_shnum")),
    ],
    "extended-indices": [
      "a section of type SHT_SYMTAB_SHNDX",
      (file) =>
        file.addSection(".symtab_shndx", Buffer.alloc(4 * file.symbolCount), {
          sh_type: SHT_SYMTAB_SHNDX,
          sh_link: file.sectionIndex(".symtab"),
          sh_addralign: 4,
          sh_entsize: 4,
        }),
    ],
  }),
  ...casesOf("L05", places, {
    "section-names-none": ["e_shstrndx 0", (file) => file.setHeader("e_shstrndx", 0)],
    "section-names-outside": [
      "e_shstrndx e_shnum",
      (file) => file.setHeader("e_shstrndx", file.header("e_shnum")),
    ],
    "section-names-type": [
      ".shstrtab: sh_type SHT_PROGBITS",
      (file) => file.setSection(".shstrtab", "sh_type", SHT_PROGBITS),
    ],
    "section-names-open": [
      ".shstrtab: no NUL at its end",
      (file) => file.contents(".shstrtab").fill("x", file.section(".shstrtab", "sh_size") - 1),
    ],
    "section-name-outside": [
      ".data: sh_name behind the end of .shstrtab",
      (file) => file.setSection(".data", "sh_name", file.section(".shstrtab", "sh_size") + 8),
    ],
    "unloaded-section-name-outside": [
      ".comment: sh_name behind the end of .shstrtab",
      (file) => file.setSection(".comment", "sh_name", file.section(".shstrtab", "sh_size") + 8),
    ],
  }),
  ...casesOf("L06", places, {
    "no-symbol-table": [
      ".symtab: sh_type SHT_PROGBITS",
      (file) => file.setSection(".symtab", "sh_type", SHT_PROGBITS),
    ],
    "two-symbol-tables": [
      "a second section of type SHT_SYMTAB",
      (file) =>
        file.addSection(".symtab2", Buffer.alloc(24), {
          sh_type: SHT_SYMTAB,
          sh_link: file.sectionIndex(".strtab"),
          sh_info: 1,
          sh_addralign: 8,
          sh_entsize: 24,
        }),
    ],
    "symbol-names-none": [".symtab: sh_link 0", (file) => file.setSection(".symtab", "sh_link", 0)],
    "symbol-names-outside": [
      ".symtab: sh_link e_shnum",
      (file) => file.setSection(".symtab", "sh_link", file.header("e_shnum")),
    ],
    "symbol-names-type": [
      ".strtab: sh_type SHT_PROGBITS",
      (file) => file.setSection(".strtab", "sh_type", SHT_PROGBITS),
    ],
  }),
  ...casesOf("L07", places, {
    "symbol-names-elsewhere": [
      ".symtab: sh_link .shstrtab",
      (file) => file.setSection(".symtab", "sh_link", file.sectionIndex(".shstrtab")),
    ],
    "symbol-names-begin": [
      ".strtab: no NUL at its start",
      (file) => file.contents(".strtab").fill("x", 0, 1),
    ],
    "symbol-names-open": [
      ".strtab: no NUL at its end",
      (file) => file.contents(".strtab").fill("x", file.section(".strtab", "sh_size") - 1),
    ],
  }),
  ...casesOf("L07", places, {
    "symbol-name-outside": [
      "own_variable: st_name behind the end of .strtab",
      (file) => file.setSymbol("own_variable", "st_name", file.section(".strtab", "sh_size") + 16),
    ],
  }),
  ...casesOf("L08", places, {
    "first-global-0": [".symtab: sh_info 0", (file) => file.setSection(".symtab", "sh_info", 0)],
    "first-global-beyond": [
      ".symtab: sh_info behind the last symbol",
      (file) => file.setSection(".symtab", "sh_info", file.symbolCount + 1),
    ],
    "local-behind-global": [
      "klp_enable_patch: binding local",
      (file) => file.setSymbol("klp_enable_patch", "st_info", LOCAL_NOTYPE),
    ],
  }),
  ...casesOf("L13", places, {
    "text-writable": [".text: SHF_WRITE", (file) => file.addFlags(".text", SHF_WRITE)],
    "data-executable": [".data: SHF_EXECINSTR", (file) => file.addFlags(".data", SHF_EXECINSTR)],
  }),
  ...casesOf("L14", places, {
    "two-of-a-name": [
      ".data..read_mostly is called .data",
      (file) => file.renameSection(".data..read_mostly", ".data"),
    ],
  }),
  ...casesOf(
    "L69",
    places,
    {
      "relocations-of-another": [
        ".rela.rodata: sh_info .data",
        (file) => file.setSection(".rela.rodata", "sh_info", file.sectionIndex(".data")),
      ],
    },
    { isAlone: true, isByChance: true },
  ),
  ...casesOf("L69", places, {
    "relocations-of-none": [
      ".rela.rodata: sh_info e_shnum",
      (file) => file.setSection(".rela.rodata", "sh_info", file.header("e_shnum")),
    ],
    "debug-relocations-of-none": [
      ".rela.debug_info: sh_info e_shnum",
      (file) => file.setSection(".rela.debug_info", "sh_info", file.header("e_shnum")),
    ],
    "symbol-of-neighbour": [
      "in_data: st_shndx, the section before",
      (file) => file.setSymbol("in_data", "st_shndx", file.symbol("in_data", "st_shndx") - 1),
    ],
  }),
  ...casesOf("L67", places, {
    "relocation-of-neighbour": [
      ".rela.rodata: r_info of to_own, the symbol before",
      (file) => {
        const { offset } = file.placeOf("to_own");
        const index = file.relocationAt(".rela.rodata", offset);
        const { symbol } = file.relocations(".rela.rodata")[index]!;
        file.setRelocation(".rela.rodata", index, { symbol: symbol - 1 });
      },
    ],
  }),
  ...casesOf("L06", places, {
    "symbols-in-strings": [
      ".symtab: sh_type SHT_STRTAB",
      (file) => file.setSection(".symtab", "sh_type", SHT_STRTAB),
    ],
  }),
];
