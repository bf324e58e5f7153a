// Values of ELF that the edits write.

export const SHT_NULL = 0;
export const SHT_PROGBITS = 1;
export const SHT_SYMTAB = 2;
export const SHT_STRTAB = 3;
export const SHT_RELA = 4;
export const SHT_NOBITS = 8;
export const SHT_REL = 9;
export const SHT_SYMTAB_SHNDX = 18;

export const SHF_WRITE = 0x1;
export const SHF_ALLOC = 0x2;
export const SHF_EXECINSTR = 0x4;
export const SHF_MERGE = 0x10;
export const SHF_STRINGS = 0x20;
export const SHF_INFO_LINK = 0x40;
export const SHF_GROUP = 0x200;
export const SHF_RELA_LIVEPATCH = 0x0010_0000;

export const SHN_UNDEF = 0;
export const SHN_LIVEPATCH = 0xff20;
export const SHN_ABS = 0xfff1;
export const SHN_COMMON = 0xfff2;
export const SHN_XINDEX = 0xffff;

/** st_info: the binding in the high half, the type in the low one. */
export const LOCAL_NOTYPE = 0x00;
export const LOCAL_OBJECT = 0x01;
export const LOCAL_SECTION = 0x03;
export const GLOBAL_NOTYPE = 0x10;
export const GLOBAL_OBJECT = 0x11;
export const GLOBAL_FUNC = 0x12;
export const GLOBAL_SECTION = 0x13;
export const GLOBAL_FILE = 0x14;
export const WEAK_NOTYPE = 0x20;

export const R_X86_64_NONE = 0;
export const R_X86_64_64 = 1;
export const R_X86_64_PC32 = 2;
export const R_X86_64_PLT32 = 4;
export const R_X86_64_GOTPCREL = 9;
export const R_X86_64_32 = 10;
export const R_X86_64_32S = 11;
export const R_X86_64_16 = 12;
export const R_X86_64_PC64 = 24;
export const R_X86_64_REX_GOTPCRELX = 42;
