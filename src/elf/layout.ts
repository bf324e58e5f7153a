/**
 * The on-disk records of ELF, once per (class, byte order).
 *
 * A record is a list of fields in file order; offsets and sizes follow from the list. A field
 * reads and writes one number at a record's start in a DataView, so no other file knows an offset,
 * a width or a byte order.
 *
 * 64-bit values are handled as two 32-bit halves joined into one double. Up to 2^53 that is exact,
 * and no offset, size, count or index of a file that fits in memory comes near it. A larger value
 * loses its low bits but stays larger than any file, so every bound check still refuses it. Where
 * low bits matter whatever the high ones are (sh_flags), `low` reads them exactly, and addresses of a
 * kernel, which lie above 2^53, are read as `high` and `low`. Nothing in here makes a BigInt: there
 * may be millions of relocations.
 */

import { ELFCLASS32, ELFCLASS64 } from "./constants.js";

export type ElfClass = typeof ELFCLASS32 | typeof ELFCLASS64;

/** One field of a record; `at` is the offset of the record's first byte in `view`. */
export interface Field {
  /** Bytes from the start of the record. */
  readonly offset: number;
  /** Width in bytes. */
  readonly size: number;
  /** Unsigned value; above 2^53 rounded, see the head of this file. */
  get(view: DataView, at: number): number;
  /** The low 32 bits, always exact, unsigned. */
  low(view: DataView, at: number): number;
  /** The bits above the low 32, unsigned: 0 in a field that has none. */
  high(view: DataView, at: number): number;
  /** Throws RangeError if `value` is not a whole number the field can hold. */
  set(view: DataView, at: number, value: number): void;
}

export type RecordLayout<Name extends string> = Readonly<Record<Name, Field>> & {
  /** Bytes of one record. */
  readonly size: number;
};

/** Width of a field: 1, 2 or 4 bytes, or the class's own 4 or 8 (Addr, Off, Xword). */
type Width = 1 | 2 | 4 | "class";

/** Elf32_Ehdr and Elf64_Ehdr after e_ident. */
const EHDR = {
  e_type: 2,
  e_machine: 2,
  e_version: 4,
  e_entry: "class",
  e_phoff: "class",
  e_shoff: "class",
  e_flags: 4,
  e_ehsize: 2,
  e_phentsize: 2,
  e_phnum: 2,
  e_shentsize: 2,
  e_shnum: 2,
  e_shstrndx: 2,
} as const;

/** Elf32_Shdr and Elf64_Shdr. */
const SHDR = {
  sh_name: 4,
  sh_type: 4,
  sh_flags: "class",
  sh_addr: "class",
  sh_offset: "class",
  sh_size: "class",
  sh_link: 4,
  sh_info: 4,
  sh_addralign: "class",
  sh_entsize: "class",
} as const;

/** Elf32_Sym; the 64-bit record has the same fields in another order. */
const SYM32 = {
  st_name: 4,
  st_value: "class",
  st_size: "class",
  st_info: 1,
  st_other: 1,
  st_shndx: 2,
} as const;

/** Elf64_Sym. */
const SYM64 = {
  st_name: 4,
  st_info: 1,
  st_other: 1,
  st_shndx: 2,
  st_value: "class",
  st_size: "class",
} as const;

/** Elf32_Rela and Elf64_Rela. */
const RELA = { r_offset: "class", r_info: "class", r_addend: "class" } as const;

/** The records of one class and byte order. */
export interface Layout {
  readonly elfClass: ElfClass;
  readonly littleEndian: boolean;
  /** Bytes of an address: 4 or 8; also the natural alignment of the class's tables. */
  readonly wordSize: 4 | 8;
  readonly ehdr: RecordLayout<keyof typeof EHDR>;
  readonly shdr: RecordLayout<keyof typeof SHDR>;
  readonly sym: RecordLayout<keyof typeof SYM64>;
  /** `symbol` and `type` are the two parts of r_info (ELF32_R_SYM and so on). */
  readonly rela: RecordLayout<keyof typeof RELA | "symbol" | "type">;
  /** The same of relocations by their 32-bit words. */
  readonly relaWords: RelaWords;
  /** A bare 32-bit word, as in the contents of SHT_GROUP. */
  readonly word: Field;
  /** A bare word of the class's size, as in an `unsigned long` of C. */
  readonly long: Field;
}

/**
 * Which words of an entry hold what. There may be millions of relocations, every pass reads a few
 * fields of each, and an element of an array is read with fewer calls than a field of a view.
 */
export interface RelaWords {
  /** Words of an entry. */
  readonly size: 3 | 6;
  readonly offsetLow: number;
  readonly addendLow: number;
  /** From a low word to the high one; 0 if there is none. */
  readonly toHigh: -1 | 0 | 1;
  readonly symbol: number;
  readonly type: number;
  /** Symbol and type are parts of one word: bits that the symbol is shifted by, 0 if they are not. */
  readonly symbolShift: 0 | 8;
}

const layouts = new Map<string, Layout>();

/** The layout for a class and byte order; made once, then shared. */
export function layoutOf(elfClass: ElfClass, littleEndian: boolean): Layout {
  const key = `${elfClass} ${littleEndian}`;
  let layout = layouts.get(key);
  if (layout === undefined) {
    layout = makeLayout(elfClass, littleEndian);
    layouts.set(key, layout);
  }
  return layout;
}

function makeLayout(elfClass: ElfClass, littleEndian: boolean): Layout {
  const wordSize = elfClass === ELFCLASS64 ? 8 : 4;
  const record = <Name extends string>(fields: Readonly<Record<Name, Width>>, start = 0) =>
    makeRecord(fields, start, wordSize, littleEndian);
  const rela = record(RELA);
  return {
    elfClass,
    littleEndian,
    wordSize,
    ehdr: record(EHDR, 16),
    shdr: record(SHDR),
    // One cast: both tables have the same names, only their order differs.
    sym: elfClass === ELFCLASS32 ? record<keyof typeof SYM64>(SYM32) : record(SYM64),
    rela: { ...rela, ...infoParts(rela.r_info, littleEndian) },
    relaWords: elfClass === ELFCLASS32 ? RELA32_WORDS : rela64Words(littleEndian),
    word: number32(0, littleEndian),
    long: makeField(wordSize, 0, littleEndian),
  };
}

const RELA32_WORDS: RelaWords = {
  size: 3,
  offsetLow: 0,
  addendLow: 2,
  toHigh: 0,
  symbol: 1,
  type: 1,
  symbolShift: 8,
};

function rela64Words(littleEndian: boolean): RelaWords {
  return littleEndian
    ? { size: 6, offsetLow: 0, addendLow: 4, toHigh: 1, symbol: 3, type: 2, symbolShift: 0 }
    : { size: 6, offsetLow: 1, addendLow: 5, toHigh: -1, symbol: 2, type: 3, symbolShift: 0 };
}

function makeRecord<Name extends string>(
  fields: Readonly<Record<Name, Width>>,
  start: number,
  wordSize: 4 | 8,
  littleEndian: boolean,
): RecordLayout<Name> {
  const made: Record<string, Field> = {};
  let offset = start;
  for (const [name, width] of Object.entries(fields) as [Name, Width][]) {
    const field = makeField(width === "class" ? wordSize : width, offset, littleEndian);
    made[name] = field;
    offset += field.size;
  }
  return { ...(made as Record<Name, Field>), size: offset };
}

function makeField(size: 1 | 2 | 4 | 8, offset: number, littleEndian: boolean): Field {
  switch (size) {
    case 1:
      return narrowField(
        offset,
        size,
        (view, at) => view.getUint8(at + offset),
        (view, at, value) => view.setUint8(at, value),
      );
    case 2:
      return narrowField(
        offset,
        size,
        (view, at) => view.getUint16(at + offset, littleEndian),
        (view, at, value) => view.setUint16(at, value, littleEndian),
      );
    case 4:
      return number32(offset, littleEndian);
    case 8:
      return number64(offset, littleEndian);
  }
}

function number32(offset: number, littleEndian: boolean): Field {
  return narrowField(
    offset,
    4,
    (view, at) => view.getUint32(at + offset, littleEndian),
    (view, at, value) => view.setUint32(at, value, littleEndian),
  );
}

/** A field of at most 32 bits; `write` takes the offset of its first byte, `get` that of the record. */
function narrowField(
  offset: number,
  size: 1 | 2 | 4,
  get: (view: DataView, at: number) => number,
  write: (view: DataView, at: number, value: number) => void,
): Field {
  const most = 2 ** (8 * size) - 1;
  return {
    offset,
    size,
    get,
    low: get,
    high: noHighBits,
    set(view, at, value) {
      checkRange(value, most);
      write(view, at + offset, value);
    },
  };
}

const noHighBits = () => 0;

function number64(offset: number, littleEndian: boolean): Field {
  const lowAt = offset + (littleEndian ? 0 : 4);
  const highAt = offset + (littleEndian ? 4 : 0);
  return {
    offset,
    size: 8,
    get(view, at) {
      const low = view.getUint32(at + lowAt, littleEndian);
      const high = view.getUint32(at + highAt, littleEndian);
      // What comes of a multiplication V8 keeps on the heap, even if it is small.
      return high === 0 ? low : high * 2 ** 32 + low;
    },
    low: (view, at) => view.getUint32(at + lowAt, littleEndian),
    high: (view, at) => view.getUint32(at + highAt, littleEndian),
    set(view, at, value) {
      checkRange(value, Number.MAX_SAFE_INTEGER);
      view.setUint32(at + highAt, Math.floor(value / 2 ** 32), littleEndian);
      view.setUint32(at + lowAt, value >>> 0, littleEndian);
    },
  };
}

/** ELF32_R_SYM, ELF32_R_TYPE (8 and 24 bits of one word), ELF64_R_SYM, ELF64_R_TYPE (32 each). */
function infoParts(info: Field, littleEndian: boolean): { symbol: Field; type: Field } {
  if (info.size === 8) {
    return {
      symbol: number32(info.offset + (littleEndian ? 4 : 0), littleEndian),
      type: number32(info.offset + (littleEndian ? 0 : 4), littleEndian),
    };
  }
  const symbol = (view: DataView, at: number) => info.get(view, at) >>> 8;
  const type = (view: DataView, at: number) => info.get(view, at) & 0xff;
  return {
    symbol: {
      offset: info.offset,
      size: 4,
      get: symbol,
      low: symbol,
      high: noHighBits,
      set(view, at, value) {
        checkRange(value, 0xffffff);
        info.set(view, at, ((value << 8) | type(view, at)) >>> 0);
      },
    },
    type: {
      offset: info.offset,
      size: 4,
      get: type,
      low: type,
      high: noHighBits,
      set(view, at, value) {
        checkRange(value, 0xff);
        info.set(view, at, ((symbol(view, at) << 8) | value) >>> 0);
      },
    },
  };
}

function checkRange(value: number, most: number): void {
  if (!Number.isInteger(value) || value < 0 || value > most) {
    throw new RangeError(`${value} does not fit: the field holds 0 to ${most}`);
  }
}
