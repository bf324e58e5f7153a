/**
 * The letter that nm prints for a symbol (binutils: bfd/syms.c, bfd_decode_symclass and
 * decode_section_type; flags of sections as bfd/elf.c sets them). kallsyms keeps or drops symbols by
 * it, and people read it.
 */

import {
  type SectionHead,
  SHF_ALLOC,
  SHF_EXECINSTR,
  SHF_WRITE,
  SHN_ABS,
  SHN_COMMON,
  SHN_UNDEF,
  SHT_NOBITS,
  STB_GLOBAL,
  STB_GNU_UNIQUE,
  STB_WEAK,
  STT_GNU_IFUNC,
  STT_OBJECT,
  type SymbolTable,
} from "../../elf/index.js";

/** Sections that are for debuggers, by their names. */
const DEBUGGING =
  /^\.(?:debug|gnu\.debuglto_\.debug_|gnu\.linkonce\.wi\.|zdebug|line$|stab|gdb_index$)/;

/** The letter as a character code. */
export function nmType(symbols: SymbolTable, symbol: number, section?: SectionHead): number {
  return letter(symbols, symbol, section).charCodeAt(0);
}

function letter(symbols: SymbolTable, symbol: number, section?: SectionHead): string {
  const binding = symbols.binding(symbol);
  const type = symbols.type(symbol);
  const index = symbols.sectionIndex(symbol);
  if (index === SHN_COMMON) return "C";
  if (index === SHN_UNDEF) {
    if (binding !== STB_WEAK) return "U";
    return type === STT_OBJECT ? "v" : "w";
  }
  if (type === STT_GNU_IFUNC) return "i";
  if (binding === STB_WEAK) return type === STT_OBJECT ? "V" : "W";
  if (binding === STB_GNU_UNIQUE) return "u";
  const local = index === SHN_ABS ? "a" : section === undefined ? "?" : sectionLetter(section);
  return binding === STB_GLOBAL ? local.toUpperCase() : local;
}

function sectionLetter({ name, type, flags }: SectionHead): string {
  const isLoaded = (flags & SHF_ALLOC) !== 0;
  const isReadOnly = (flags & SHF_WRITE) === 0;
  if ((flags & SHF_EXECINSTR) !== 0) return "t";
  if (isLoaded && type !== SHT_NOBITS) return isReadOnly ? "r" : "d";
  if (type === SHT_NOBITS) return "b";
  if (DEBUGGING.test(name)) return "N";
  return isReadOnly ? "n" : "?";
}
