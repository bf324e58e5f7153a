// What several edits have to do with livepatch sections.
import type { ModuleFile, Relocation, Which } from "../module-file.js";
import {
  R_X86_64_64,
  SHF_ALLOC,
  SHF_INFO_LINK,
  SHF_RELA_LIVEPATCH,
  SHT_RELA,
} from "./elf-values.js";

/** The livepatch symbols of livepatch-places. */
export const commandLine = ".klp.sym.vmlinux.saved_command_line,0";
export const versionShow = ".klp.sym.vmlinux.version_proc_show,0";
export const firstElf = ".klp.sym.vmlinux.load_elf_binary,1";
export const secondElf = ".klp.sym.vmlinux.load_elf_binary,2";
export const targetFunction = ".klp.sym.klp_target.klp_target_function,0";
export const targetTwin = ".klp.sym.klp_target.klp_target_twin,2";
export const helperLevel = ".klp.sym.klp_helper.klp_helper_level,0";

/** An entry that puts a symbol's address into eight bytes. */
export function entryOf(file: ModuleFile, symbol: string, offset: number): Relocation {
  return { offset, type: R_X86_64_64, symbol: file.symbolIndex(symbol), addend: 0 };
}

/** Adds a livepatch section as it has to be, with these entries. */
export function addLivepatchSection(
  file: ModuleFile,
  object: string,
  target: Which,
  entries: readonly Relocation[],
): number {
  const info = file.sectionIndex(target);
  const base = file.sectionName(info);
  const name = `.klp.rela.${object}${base.startsWith(".") ? "" : "."}${base}`;
  const index = file.addSection(name, Buffer.alloc(0), {
    sh_type: SHT_RELA,
    sh_flags: SHF_ALLOC | SHF_INFO_LINK | SHF_RELA_LIVEPATCH,
    sh_link: file.sectionIndex(".symtab"),
    sh_info: info,
    sh_addralign: 8,
    sh_entsize: 24,
  });
  file.setRelocations(index, entries);
  return index;
}

/** Has klp_target's loading put the address of its function into a section, at an offset. */
export function relocateForTarget(target: Which, offset: number): (file: ModuleFile) => void {
  return (file) => {
    addLivepatchSection(file, "klp_target", target, [entryOf(file, targetFunction, offset)]);
  };
}

/** Has vmlinux's relocations put the address of the command line into a section, at an offset. */
export function relocateForVmlinux(target: Which, offset: number): (file: ModuleFile) => void {
  return (file) => {
    addLivepatchSection(file, "vmlinux", target, [entryOf(file, commandLine, offset)]);
  };
}
