// The names of livepatch symbols, what they mean to the kernel, and their positions.
import type { ModuleFile } from "../../module-file.js";
import { type Case, casesOf } from "../case.js";
import {
  GLOBAL_FILE,
  GLOBAL_SECTION,
  SHN_ABS,
  SHN_COMMON,
  SHN_UNDEF,
  WEAK_NOTYPE,
} from "../elf-values.js";
import {
  commandLine,
  firstElf,
  helperLevel,
  secondElf,
  targetFunction,
  targetTwin,
  versionShow,
} from "../livepatch-section.js";

const places = "livepatch-places";
const demo = "livepatch-demo";
const homonym = "livepatch-homonym";

function renamed(from: string, to: string): readonly [string, (file: ModuleFile) => void] {
  const name = to.length > 80 ? `${to.slice(0, 24)}…, ${to.length} characters` : to;
  return [`${from} is called ${name}`, (file) => file.renameSymbol(from, to)];
}

/** The pointer of livepatch-homonym, to another symbol than `unique`. */
function pointingTo(name: string, position: number): readonly [string, (file: ModuleFile) => void] {
  return renamed(".klp.sym.klp_homonyms.unique,0", `.klp.sym.klp_homonyms.${name},${position}`);
}

/** A case in which the homonym that stays is meant. */
function meaning(name: string, position: number): Case[] {
  const id = `${name.replaceAll("_", "-")}-${position}`;
  const edits = { [id]: pointingTo(name, position) };
  return casesOf("L46", homonym, edits, { patched: [["unique only", `${name} core`]] });
}

export const symbols: readonly Case[] = [
  ...casesOf("L34", places, {
    "name-no-comma": renamed(commandLine, ".klp.sym.vmlinux.saved_command_line"),
    "name-no-position": renamed(commandLine, ".klp.sym.vmlinux.saved_command_line,"),
    "name-position-word": renamed(commandLine, ".klp.sym.vmlinux.saved_command_line,first"),
    "name-no-object": renamed(commandLine, ".klp.sym.saved_command_line,0"),
    "name-prefix-other": renamed(commandLine, ".klp.rel.vmlinux.saved_command_line,0"),
    "name-no-prefix": renamed(commandLine, "saved_command_line"),
    "name-empty": renamed(commandLine, ".klp.sym.vmlinux.,0"),
    "name-trailing-letters": renamed(commandLine, ".klp.sym.vmlinux.saved_command_line,0x1"),
    "name-two-positions": renamed(commandLine, ".klp.sym.vmlinux.saved_command_line,0,0"),
    "position-negative": renamed(commandLine, ".klp.sym.vmlinux.saved_command_line,-1"),
    "position-spaced": renamed(commandLine, ".klp.sym.vmlinux.saved_command_line, 0"),
    "target-name-no-comma": renamed(targetFunction, ".klp.sym.klp_target.klp_target_function"),
  }),
  ...casesOf("L37", places, {
    "symbol-undefined": [
      `${commandLine}: st_shndx SHN_UNDEF`,
      (file) => file.setSymbol(commandLine, "st_shndx", SHN_UNDEF),
    ],
    "target-symbol-undefined": [
      `${targetFunction}: st_shndx SHN_UNDEF`,
      (file) => file.setSymbol(targetFunction, "st_shndx", SHN_UNDEF),
    ],
    "annotation-left": [
      "another undefined symbol, .klp.sym.rela.vmlinux.vmlinux.saved_command_line.0, weak",
      (file) =>
        file.addSymbol(".klp.sym.rela.vmlinux.vmlinux.saved_command_line.0", {
          st_info: WEAK_NOTYPE,
        }),
    ],
    "annotations-left": [
      ".comment is called .klp.module_relocs.vmlinux",
      (file) => file.renameSection(".comment", ".klp.module_relocs.vmlinux"),
    ],
  }),
  ...casesOf("L33", places, {
    "symbol-absolute": [
      `${commandLine}: st_shndx SHN_ABS`,
      (file) => file.setSymbol(commandLine, "st_shndx", SHN_ABS),
    ],
    "symbol-weak-undefined": [
      `${targetFunction}: st_shndx SHN_UNDEF, binding weak`,
      (file) => {
        file.setSymbol(targetFunction, "st_shndx", SHN_UNDEF);
        file.setSymbol(targetFunction, "st_info", WEAK_NOTYPE);
      },
    ],
    "symbol-common": [
      `${commandLine}: st_shndx SHN_COMMON`,
      (file) => file.setSymbol(commandLine, "st_shndx", SHN_COMMON),
    ],
  }),
  ...casesOf("L38", places, {
    "symbol-with-value": [
      `${commandLine}: st_value 0x1000`,
      (file) => file.setSymbol(commandLine, "st_value", 0x1000),
    ],
    "symbol-of-section": [
      `${commandLine}: STT_SECTION`,
      (file) => file.setSymbol(commandLine, "st_info", GLOBAL_SECTION),
    ],
    "symbol-of-file": [
      `${targetFunction}: STT_FILE`,
      (file) => file.setSymbol(targetFunction, "st_info", GLOBAL_FILE),
    ],
  }),
  ...casesOf("L39", places, {
    "vmlinux-in-target": renamed(helperLevel, ".klp.sym.vmlinux.saved_command_line,0"),
    "vmlinux-entry-in-target": [
      `.klp.rela.klp_target.data: the symbol ${commandLine}`,
      (file) =>
        file.setRelocation(".klp.rela.klp_target.data", 0, {
          symbol: file.symbolIndex(commandLine),
        }),
    ],
  }),
  ...casesOf("L40", places, {
    "target-in-vmlinux": [
      `.klp.rela.vmlinux.data: the symbol ${targetFunction}`,
      (file) =>
        file.setRelocation(".klp.rela.vmlinux.data", 0, {
          symbol: file.symbolIndex(targetFunction),
        }),
    ],
    "helper-in-vmlinux": renamed(firstElf, ".klp.sym.klp_helper.klp_helper_level,0"),
  }),
  ...casesOf("L41", places, {
    "owner-not-loaded": renamed(helperLevel, ".klp.sym.klp_demo.klp_demo_show,0"),
    "owner-unknown": renamed(helperLevel, ".klp.sym.klp_nobody.klp_helper_level,0"),
    "owner-hyphenated": renamed(helperLevel, ".klp.sym.klp-helper.klp_helper_level,0"),
  }),
  ...casesOf("L42", places, {
    "vmlinux-has-not": renamed(commandLine, ".klp.sym.vmlinux.klp_nobody_has_this,0"),
    "target-has-not": renamed(targetFunction, ".klp.sym.klp_target.klp_nobody_has_this,0"),
    "helper-has-not": renamed(helperLevel, ".klp.sym.klp_helper.klp_nobody_has_this,0"),
    "owner-is-other": renamed(targetFunction, ".klp.sym.klp_helper.klp_target_function,0"),
    "imported-by-target": renamed(targetFunction, ".klp.sym.klp_target.seq_printf,0"),
    "checksum-of-vmlinux": renamed(commandLine, ".klp.sym.vmlinux.__crc_seq_printf,0"),
    "string-of-vmlinux": renamed(commandLine, ".klp.sym.vmlinux.__kstrtab_seq_printf,0"),
  }),
  ...casesOf("L43", places, {
    "vmlinux-ambiguous": renamed(firstElf, ".klp.sym.vmlinux.load_elf_binary,0"),
    "target-ambiguous": renamed(targetTwin, ".klp.sym.klp_target.klp_target_twin,0"),
  }),
  ...casesOf("L43", demo, {
    "demo-ambiguous": renamed(".klp.sym.klp_demo.read_gauge,1", ".klp.sym.klp_demo.read_gauge,0"),
  }),
  ...casesOf("L44", places, {
    "vmlinux-position-3": renamed(secondElf, ".klp.sym.vmlinux.load_elf_binary,3"),
    "target-position-3": renamed(targetTwin, ".klp.sym.klp_target.klp_target_twin,3"),
    "unique-position-2": renamed(commandLine, ".klp.sym.vmlinux.saved_command_line,2"),
    "position-huge": renamed(
      targetTwin,
      ".klp.sym.klp_target.klp_target_twin,99999999999999999999",
    ),
  }),
  ...casesOf("L45", places, {
    "vmlinux-positions-equal": renamed(firstElf, ".klp.sym.vmlinux.load_elf_binary,2"),
    "vmlinux-positions-equal-1": renamed(secondElf, ".klp.sym.vmlinux.load_elf_binary,1"),
    "target-position-1": renamed(targetTwin, ".klp.sym.klp_target.klp_target_twin,1"),
  }),
  ...casesOf("L45", demo, {
    "gauge-of-outlet": renamed(".klp.sym.klp_demo.read_gauge,1", ".klp.sym.klp_demo.read_gauge,2"),
    "limit-of-inlet": renamed(".klp.sym.klp_demo.gauge_limit,2", ".klp.sym.klp_demo.gauge_limit,1"),
  }),
  ...casesOf("L46", homonym, {
    "init-then-core-1": pointingTo("init_then_core", 1),
    "absolute-then-core-1": pointingTo("absolute_then_core", 1),
  }),
  // Right if it is found, which depends on what is loaded first.
  ...meaning("init_then_core", 2),
  ...meaning("core_then_init", 0),
  ...meaning("unloaded_then_core", 2),
  ...meaning("file_then_core", 1),
  ...casesOf("L47", homonym, {
    "init-only": pointingTo("init_only", 0),
    "init-position-2": pointingTo("core_then_init", 2),
  }),
  ...casesOf("L47", places, {
    "init-of-target": renamed(targetFunction, ".klp.sym.klp_target.klp_target_init,0"),
  }),
  // Since 6.15 nothing of x86_64 is at address 0.
  ...casesOf(
    "L48",
    places,
    {
      "address-0": renamed(commandLine, ".klp.sym.vmlinux.fixed_percpu_data,0"),
      "address-0-start": renamed(commandLine, ".klp.sym.vmlinux.__per_cpu_start,1"),
    },
    { before: "6.15" },
  ),
  ...casesOf(
    "L49",
    places,
    { "llvm-suffix": renamed(commandLine, ".klp.sym.vmlinux.saved_command_line.llvm.123,0") },
    { kernel: "6.6" },
  ),
  ...casesOf("L41", places, {
    "owner-dotted": renamed(helperLevel, ".klp.sym.klp.helper.klp_helper_level,0"),
  }),
  ...casesOf("L50", places, {
    "name-512": renamed(commandLine, `.klp.sym.vmlinux.${"n".repeat(512)},0`),
    "name-comma": renamed(commandLine, ".klp.sym.vmlinux.saved,command_line,0"),
    "owner-56": renamed(helperLevel, `.klp.sym.${"o".repeat(56)}.klp_helper_level,0`),
  }),
  ...casesOf("L51", places, {
    "call-of-data": renamed(versionShow, ".klp.sym.vmlinux.linux_proc_banner,0"),
  }),
];
