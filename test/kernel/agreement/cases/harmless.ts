// Changes of no consequence: the kernel loads these modules and they work.
import { type Case, casesOf } from "../case.js";
import {
  GLOBAL_FUNC,
  GLOBAL_NOTYPE,
  GLOBAL_OBJECT,
  R_X86_64_NONE,
  SHF_STRINGS,
  SHN_ABS,
  SHN_LIVEPATCH,
  SHT_PROGBITS,
  WEAK_NOTYPE,
} from "../elf-values.js";
import {
  addLivepatchSection,
  commandLine,
  entryOf,
  helperLevel,
  secondElf,
  targetFunction,
  targetTwin,
  versionShow,
} from "../livepatch-section.js";

const places = "livepatch-places";
const unloaded = { sh_type: SHT_PROGBITS, sh_addralign: 1 };

export const harmless: readonly Case[] = [
  ...casesOf(undefined, "livepatch-cmdline", {
    "cmdline-as-converted": ["nothing", () => {}],
    "cmdline-two-dots": [
      ".klp.rela.vmlinux.text is called .klp.rela.vmlinux..text",
      (file) => file.renameSection(".klp.rela.vmlinux.text", ".klp.rela.vmlinux..text"),
    ],
    "cmdline-position-1": [
      ".klp.sym.vmlinux.saved_command_line,0: position 1",
      (file) => file.renameSymbol(commandLine, ".klp.sym.vmlinux.saved_command_line,1"),
    ],
  }),
  ...casesOf(undefined, "livepatch-demo", {
    "demo-as-converted": ["nothing", () => {}],
    "demo-two-dots": [
      ".klp.rela.klp_demo.text is called .klp.rela.klp_demo..text",
      (file) => file.renameSection(".klp.rela.klp_demo.text", ".klp.rela.klp_demo..text"),
    ],
    "demo-weak": [
      ".klp.sym.klp_demo.read_gauge,1: binding weak",
      (file) => file.setSymbol(".klp.sym.klp_demo.read_gauge,1", "st_info", WEAK_NOTYPE),
    ],
  }),
  ...casesOf(undefined, "livepatch-homonym", {
    "homonym-as-converted": ["nothing", () => {}],
    "homonym-position-1": [
      ".klp.sym.klp_homonyms.unique,0: position 1",
      (file) =>
        file.renameSymbol(".klp.sym.klp_homonyms.unique,0", ".klp.sym.klp_homonyms.unique,1"),
    ],
  }),
  ...casesOf(undefined, places, {
    "places-as-converted": ["nothing", () => {}],
    "two-dots": [
      ".klp.rela.vmlinux.data is called .klp.rela.vmlinux..data",
      (file) => file.renameSection(".klp.rela.vmlinux.data", ".klp.rela.vmlinux..data"),
    ],
    "target-two-dots": [
      ".klp.rela.klp_target.data is called .klp.rela.klp_target..data",
      (file) => file.renameSection(".klp.rela.klp_target.data", ".klp.rela.klp_target..data"),
    ],
    "symbol-weak": [
      `${commandLine}: binding weak`,
      (file) => file.setSymbol(commandLine, "st_info", WEAK_NOTYPE),
    ],
    "symbol-object": [
      `${commandLine}: STT_OBJECT`,
      (file) => file.setSymbol(commandLine, "st_info", GLOBAL_OBJECT),
    ],
    "symbol-function": [
      `${targetFunction}: STT_FUNC`,
      (file) => file.setSymbol(targetFunction, "st_info", GLOBAL_FUNC),
    ],
    "symbol-sized": [
      `${targetFunction}: st_size 11`,
      (file) => file.setSymbol(targetFunction, "st_size", 11),
    ],
    "symbol-hidden": [
      `${targetTwin}: STV_HIDDEN`,
      (file) => file.setSymbol(targetTwin, "st_other", 2),
    ],
    "position-1": [
      `${targetFunction}: position 1`,
      (file) => file.renameSymbol(targetFunction, ".klp.sym.klp_target.klp_target_function,1"),
    ],
    "position-padded": [
      `${secondElf}: position 02`,
      (file) => file.renameSymbol(secondElf, ".klp.sym.vmlinux.load_elf_binary,02"),
    ],
    "alignment-16": [
      ".klp.rela.vmlinux.data: sh_addralign 16",
      (file) => file.setSection(".klp.rela.vmlinux.data", "sh_addralign", 16),
    ],
    "livepatch-address": [
      ".klp.rela.klp_target.data: sh_addr 0x1000",
      (file) => file.setSection(".klp.rela.klp_target.data", "sh_addr", 0x1000),
    ],
    "data-address": [
      ".data: sh_addr 0x1000",
      (file) => file.setSection(".data", "sh_addr", 0x1000),
    ],
    "livepatch-no": [
      ".modinfo: livepatch=N, since only the field counts",
      (file) => file.replaceText(".modinfo", "livepatch=Y", "livepatch=N"),
    ],
    "entry-point": ["e_entry 0x1000", (file) => file.setHeader("e_entry", 0x1000)],
    "abi-linux": ["EI_OSABI ELFOSABI_LINUX", (file) => file.setIdent(7, 3)],
    "version-0": ["e_version 0", (file) => file.setHeader("e_version", 0)],
    "headers-moved": [
      "the section headers at the end of the file",
      (file) => file.moveSectionHeaders(),
    ],
    "strings-moved": [".strtab at the end of the file", (file) => file.moveContents(".strtab")],
    "symbols-moved": [".symtab at the end of the file", (file) => file.moveContents(".symtab")],
    "livepatch-moved": [
      ".klp.rela.klp_target.data at the end of the file",
      (file) => file.moveContents(".klp.rela.klp_target.data"),
    ],
    "strings-longer": [
      ".strtab: a name that nobody has at its end",
      (file) =>
        file.setContents(
          ".strtab",
          Buffer.concat([file.contents(".strtab"), Buffer.from("nobody\0", "latin1")]),
        ),
    ],
    "bytes-behind": ["100 zeros behind the file", (file) => file.appendToFile(Buffer.alloc(100))],
    "comment-renamed": [
      ".comment is called .remark",
      (file) => file.renameSection(".comment", ".remark"),
    ],
    "comment-changed": [".comment: x in it", (file) => file.contents(".comment").fill("x", 1, 9)],
    "comment-flags": [
      ".comment: no flag but SHF_STRINGS",
      (file) => file.setSection(".comment", "sh_flags", SHF_STRINGS),
    ],
    "section-more": [
      "another section, not loaded",
      (file) => file.addSection(".remark", Buffer.from("remark\0", "latin1"), unloaded),
    ],
    "livepatch-section-empty": [
      "another livepatch section, .klp.rela.klp_target.bss, empty",
      (file) => addLivepatchSection(file, "klp_target", ".bss", []),
    ],
    "vmlinux-section-empty": [
      "another livepatch section, .klp.rela.vmlinux.exit.data, empty",
      (file) => addLivepatchSection(file, "vmlinux", ".exit.data", []),
    ],
    "symbol-more": [
      "another symbol, absolute, that no relocation uses",
      (file) => file.addSymbol("klp_test_unused", { st_info: GLOBAL_OBJECT, st_shndx: SHN_ABS }),
    ],
    "livepatch-symbol-more": [
      "another livepatch symbol that no relocation uses, of nobody",
      (file) =>
        file.addSymbol(".klp.sym.vmlinux.klp_nobody_has_this,0", {
          st_info: GLOBAL_NOTYPE,
          st_shndx: SHN_LIVEPATCH,
        }),
    ],
    "livepatch-symbol-twice": [
      `${commandLine} once more, for .klp.rela.vmlinux.data`,
      (file) => {
        const symbol = file.addSymbol(commandLine, {
          st_info: GLOBAL_NOTYPE,
          st_shndx: SHN_LIVEPATCH,
        });
        file.setRelocation(".klp.rela.vmlinux.data", 0, { symbol });
      },
    ],
    "ordinary-nothing": [
      ".rela.data: another entry, R_X86_64_NONE of symbol 0",
      (file) =>
        file.setRelocations(".rela.data", [
          ...file.relocations(".rela.data"),
          { offset: 0, type: R_X86_64_NONE, symbol: 0, addend: 0 },
        ]),
    ],
    "ordinary-nothing-of-livepatch": [
      `.rela.data: another entry, R_X86_64_NONE of ${helperLevel}`,
      (file) =>
        file.setRelocations(".rela.data", [
          ...file.relocations(".rela.data"),
          { ...entryOf(file, helperLevel, 0), type: R_X86_64_NONE },
        ]),
    ],
    "livepatch-nothing": [
      `.klp.rela.vmlinux.text: another entry, R_X86_64_NONE of ${versionShow}`,
      (file) =>
        file.setRelocations(".klp.rela.vmlinux.text", [
          ...file.relocations(".klp.rela.vmlinux.text"),
          { ...entryOf(file, versionShow, 0), type: R_X86_64_NONE },
        ]),
    ],
    "debug-names-gone": [
      ".debug_str: no contents",
      (file) => file.setSection(".debug_str", "sh_size", 0),
    ],
  }),
];
