// SPDX-License-Identifier: GPL-2.0-only

// Writes relocatables with DWARF from a description of its entries, in any form, for tests.
//
// Like elf-builder.ts it is an oracle: it imports nothing from src/ and spells numbers out. Names
// of entries and of sections stand for what is only known when all is laid out.

import { buildElf, type RelocationDescription, SHF, STB, STT } from "../elf-builder.js";

export const TAG = {
  array_type: 0x01,
  lexical_block: 0x0b,
  member: 0x0d,
  pointer_type: 0x0f,
  compile_unit: 0x11,
  structure_type: 0x13,
  typedef: 0x16,
  union_type: 0x17,
  const_type: 0x26,
  subprogram: 0x2e,
  variable: 0x34,
} as const;

export const AT = {
  sibling: 0x01,
  location: 0x02,
  name: 0x03,
  byte_size: 0x0b,
  bit_size: 0x0d,
  abstract_origin: 0x31,
  data_member_location: 0x38,
  declaration: 0x3c,
  external: 0x3f,
  specification: 0x47,
  type: 0x49,
  str_offsets_base: 0x72,
  addr_base: 0x73,
} as const;

export const FORM = {
  addr: 0x01,
  block2: 0x03,
  block4: 0x04,
  data2: 0x05,
  data4: 0x06,
  data8: 0x07,
  string: 0x08,
  block: 0x09,
  block1: 0x0a,
  data1: 0x0b,
  flag: 0x0c,
  sdata: 0x0d,
  strp: 0x0e,
  udata: 0x0f,
  ref_addr: 0x10,
  ref1: 0x11,
  ref2: 0x12,
  ref4: 0x13,
  ref8: 0x14,
  ref_udata: 0x15,
  indirect: 0x16,
  sec_offset: 0x17,
  exprloc: 0x18,
  flag_present: 0x19,
  strx: 0x1a,
  data16: 0x1e,
  line_strp: 0x1f,
  ref_sig8: 0x20,
  implicit_const: 0x21,
  strx1: 0x25,
  strx2: 0x26,
  strx3: 0x27,
  strx4: 0x28,
} as const;

/** What a relocation leads to; the symbols are `.data` and so on, of the sections. */
export interface Target {
  readonly symbol: string;
  readonly addend: number;
}

/** Bytes of an expression; a target is an address. */
export type Expression = readonly (number | Target)[];

/**
 * A number, the text of a string, the name of an entry, a section's place, the bytes of an
 * expression or block, or for FORM.indirect the form and the value.
 */
export type Value = number | string | Target | Expression | { form: number; value: Value };

export interface Entry {
  readonly tag: number;
  /** What other entries call it. */
  readonly as?: string;
  readonly attributes?: readonly (readonly [attribute: number, form: number, value: Value])[];
  /** Undefined: the abbreviation says that there are none. */
  readonly children?: readonly Entry[];
}

export interface Unit {
  /** Default: 5. */
  readonly version?: number;
  /** Default: 32. */
  readonly format?: 32 | 64;
  /** Default: DW_UT_compile. */
  readonly type?: number;
  /** Bytes of an address; default: those of the class. */
  readonly addressSize?: number;
  /** What stands in unit_length in place of the length. */
  readonly length?: number;
  readonly root: Entry;
  /** Its rows of .debug_addr. */
  readonly addresses?: readonly Target[];
  /** The codes of its abbreviations by how many there were before; default: 1, 2 and so on. */
  readonly code?: (index: number) => number;
}

export interface Dwarf {
  /** Default: 64. */
  readonly class?: 32 | 64;
  /** Default: little. */
  readonly order?: "little" | "big";
  /** Default: elf-builder's. */
  readonly machine?: number;
  /** Relocation types of 4 and 8 bytes; default: R_X86_64_32 and R_X86_64_64. */
  readonly types?: { readonly 4: number; readonly 8: number };
  readonly units: readonly Unit[];
  /** Changes the relocations of a debug section before they are written. */
  readonly relocations?: (
    section: string,
    entries: RelocationDescription[],
  ) => RelocationDescription[];
  /** sh_flags of sections by name. */
  readonly flags?: Readonly<Record<string, number>>;
  /** Relocations lead nowhere: their targets are in the bytes, there are no relocation sections. */
  readonly resolved?: boolean;
}

/** Index of .data, which has 256 bytes; all other places do not matter. */
export const DATA = 1;

/** A place in .data, as relocations say it. */
export const data = (offset: number): Target => ({ symbol: ".data", addend: offset });

export const address = (offset: number): Expression => [0x03, data(offset)];

export function buildDwarf(description: Dwarf): Uint8Array {
  return new Builder(description).build();
}

class Bytes {
  readonly bytes: number[] = [];
  readonly relocations: RelocationDescription[] = [];

  constructor(
    readonly name: string,
    readonly description: Dwarf,
  ) {}

  get length(): number {
    return this.bytes.length;
  }

  uint(size: number, value: number): void {
    this.put(this.length, size, value);
  }

  /** Writes over what is there, or behind it. */
  put(at: number, size: number, value: number): void {
    const wide = BigInt.asUintN(64, BigInt(value));
    const little = (this.description.order ?? "little") === "little";
    for (let i = 0; i < size; i++) {
      const shift = BigInt(8 * (little ? i : size - 1 - i));
      this.bytes[at + i] = Number((wide >> shift) & 0xffn);
    }
  }

  uleb(value: number): void {
    let rest = value;
    for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) this.bytes.push((rest % 0x80) | 0x80);
    this.bytes.push(rest);
  }

  sleb(value: number): void {
    let rest = value;
    for (; rest < -0x40 || rest >= 0x40; rest >>= 7) this.bytes.push((rest & 0x7f) | 0x80);
    this.bytes.push(rest & 0x7f);
  }

  text(text: string): void {
    for (const char of text) this.bytes.push(char.charCodeAt(0));
    this.bytes.push(0);
  }

  target(size: number, { symbol, addend }: Target): void {
    const { types = { 4: 10, 8: 1 }, resolved = false } = this.description;
    if (!resolved) {
      const type = size === 4 ? types[4] : types[8];
      this.relocations.push({ offset: this.length, type, symbol, addend });
    }
    this.uint(size, resolved ? addend : 0);
  }
}

const SECTIONS = [
  ".debug_info",
  ".debug_abbrev",
  ".debug_str",
  ".debug_line_str",
  ".debug_str_offsets",
  ".debug_addr",
] as const;

class Builder {
  readonly #sections: Record<(typeof SECTIONS)[number], Bytes>;
  readonly #addressSize: number;
  /** Offsets of the entries that have a name, and where they are referred to. */
  readonly #entries = new Map<string, number>();
  readonly #references: (() => void)[] = [];

  constructor(readonly description: Dwarf) {
    const made = SECTIONS.map((name) => [name, new Bytes(name, description)]);
    this.#sections = Object.fromEntries(made);
    this.#addressSize = (description.class ?? 64) / 8;
  }

  build(): Uint8Array {
    // Nothing is at offset 0 of a table, so that a 0 in its place is seen to be wrong.
    for (const name of [".debug_str", ".debug_line_str"] as const) {
      this.#sections[name].text("not this one");
    }
    for (const unit of this.description.units) this.#unit(unit);
    for (const resolve of this.#references) resolve();
    const { description } = this;
    const present = SECTIONS.map((name) => this.#sections[name]);
    const { relocations = (_, entries) => entries } = description;
    return buildElf({
      class: description.class ?? 64,
      order: description.order ?? "little",
      ...(description.machine === undefined ? {} : { machine: description.machine }),
      sections: [
        { name: ".data", flags: SHF.ALLOC | SHF.WRITE, size: 256 },
        ...present.map(({ name, bytes }) => ({
          name,
          data: bytes,
          flags: description.flags?.[name] ?? 0,
        })),
      ],
      symbols: [".data", ...SECTIONS].map((name) => ({
        name,
        section: name,
        bind: STB.LOCAL,
        type: STT.SECTION,
      })),
      relocations: present
        .map(({ name, relocations: entries }) => ({
          section: name,
          entries: relocations(name, entries),
        }))
        .filter(({ entries }) => entries.length > 0),
    });
  }

  #unit(unit: Unit): void {
    const { version = 5, format = 32, type = 1, addressSize = this.#addressSize } = unit;
    const info = this.#sections[".debug_info"];
    const abbrev = this.#sections[".debug_abbrev"];
    const start = info.length;
    const end = this.#length(info, format, unit.length);
    const table = { symbol: ".debug_abbrev", addend: abbrev.length };
    info.uint(2, version);
    if (version >= 5) {
      info.uint(1, type);
      info.uint(1, addressSize);
    }
    info.target(format / 8, table);
    if (version < 5) info.uint(1, addressSize);
    const strings: string[] = [];
    this.#entry(unit.root, { unit, start, strings, codes: new Map() });
    end();
    abbrev.uint(1, 0);
    this.#strings(strings, format);
    this.#addresses(unit, format);
  }

  /** Begins with a length, which is known when what comes of it is called. */
  #length(bytes: Bytes, format: 32 | 64, lie?: number): () => void {
    if (format === 64) bytes.uint(4, 0xffffffff);
    const at = bytes.length;
    const size = format / 8;
    bytes.uint(size, 0);
    return () => bytes.put(at, size, lie ?? bytes.length - at - size);
  }

  #strings(strings: readonly string[], format: 32 | 64): void {
    if (strings.length === 0) return;
    const offsets = this.#sections[".debug_str_offsets"];
    const end = this.#length(offsets, format);
    offsets.uint(4, 5);
    for (const text of strings) offsets.target(format / 8, this.#string(".debug_str", text));
    end();
  }

  #addresses({ addresses = [] }: Unit, format: 32 | 64): void {
    if (addresses.length === 0) return;
    const addr = this.#sections[".debug_addr"];
    const end = this.#length(addr, format);
    addr.uint(2, 5);
    addr.uint(1, this.#addressSize);
    addr.uint(1, 0);
    for (const target of addresses) addr.target(this.#addressSize, target);
    end();
  }

  #string(section: ".debug_str" | ".debug_line_str", text: string): Target {
    const strings = this.#sections[section];
    const addend = strings.length;
    strings.text(text);
    return { symbol: section, addend };
  }

  #entry(entry: Entry, context: Context): void {
    const info = this.#sections[".debug_info"];
    if (entry.as !== undefined) this.#entries.set(entry.as, info.length);
    info.uleb(this.#code(entry, context));
    for (const [, form, value] of entry.attributes ?? []) this.#value(form, value, context);
    if (entry.children === undefined) return;
    for (const child of entry.children) this.#entry(child, context);
    info.uint(1, 0);
  }

  /** The code of an entry's abbreviation, which is added if there is none. */
  #code({ tag, attributes = [], children }: Entry, { unit, codes }: Context): number {
    const abbrev = this.#sections[".debug_abbrev"];
    const shape = new Bytes("", this.description);
    shape.uleb(tag);
    shape.uint(1, children === undefined ? 0 : 1);
    for (const [attribute, form, value] of attributes) {
      shape.uleb(attribute);
      shape.uleb(form);
      if (form === FORM.implicit_const) shape.sleb(value as number);
    }
    shape.bytes.push(0, 0);
    const key = shape.bytes.join();
    let code = codes.get(key);
    if (code === undefined) {
      code = unit.code?.(codes.size) ?? codes.size + 1;
      codes.set(key, code);
      abbrev.uleb(code);
      abbrev.bytes.push(...shape.bytes);
    }
    return code;
  }

  #value(form: number, value: Value, context: Context): void {
    const info = this.#sections[".debug_info"];
    const { unit, start, strings } = context;
    const { version = 5, format = 32 } = unit;
    const offsetSize = format / 8;
    const index = () => strings.push(value as string) - 1;
    switch (form) {
      case FORM.flag_present:
      case FORM.implicit_const:
        break;
      case FORM.flag:
      case FORM.data1:
        info.uint(1, value as number);
        break;
      case FORM.data2:
        info.uint(2, value as number);
        break;
      case FORM.data4:
        info.uint(4, value as number);
        break;
      case FORM.data8:
      case FORM.ref_sig8:
        info.uint(8, value as number);
        break;
      case FORM.data16:
        info.uint(8, value as number);
        info.uint(8, 0);
        break;
      case FORM.udata:
        info.uleb(value as number);
        break;
      case FORM.sdata:
        info.sleb(value as number);
        break;
      case FORM.addr:
        info.target(this.#addressSize, value as Target);
        break;
      case FORM.sec_offset:
        info.target(offsetSize, value as Target);
        break;
      case FORM.string:
        info.text(value as string);
        break;
      case FORM.strp:
        info.target(offsetSize, this.#string(".debug_str", value as string));
        break;
      case FORM.line_strp:
        info.target(offsetSize, this.#string(".debug_line_str", value as string));
        break;
      case FORM.strx:
        info.uleb(index());
        break;
      case FORM.strx1:
      case FORM.strx2:
      case FORM.strx3:
      case FORM.strx4:
        info.uint(form - FORM.strx1 + 1, index());
        break;
      case FORM.ref1:
      case FORM.ref2:
      case FORM.ref4:
      case FORM.ref8:
        this.#reference(2 ** (form - FORM.ref1), value as string | number, start);
        break;
      case FORM.ref_udata: {
        // Of five bytes, whatever the value.
        const at = info.length;
        info.bytes.push(0x80, 0x80, 0x80, 0x80, 0);
        this.#references.push(() => {
          let rest = this.#offset(value as string) - start;
          for (let i = 0; i < 5; i++, rest = Math.floor(rest / 0x80)) {
            info.bytes[at + i] = (rest % 0x80) | (i < 4 ? 0x80 : 0);
          }
        });
        break;
      }
      case FORM.ref_addr: {
        const size = version === 2 ? this.#addressSize : offsetSize;
        const at = info.length;
        info.target(size, { symbol: ".debug_info", addend: 0 });
        this.#references.push(() => {
          const offset = this.#offset(value as string);
          if (this.description.resolved) {
            info.put(at, size, offset);
            return;
          }
          const entry = info.relocations.findIndex((each) => each.offset === at);
          info.relocations[entry] = { ...info.relocations[entry]!, addend: offset };
        });
        break;
      }
      case FORM.block1:
      case FORM.block2:
      case FORM.block4:
      case FORM.block:
      case FORM.exprloc:
        this.#block(form, value as Expression);
        break;
      case FORM.indirect: {
        const { form: actual, value: actualValue } = value as { form: number; value: Value };
        info.uleb(actual);
        this.#value(actual, actualValue, context);
        break;
      }
      default:
        // A form that nobody knows has a value that nobody can read.
        info.uint(1, value as number);
        break;
    }
  }

  #reference(size: number, value: string | number, start: number): void {
    const info = this.#sections[".debug_info"];
    const at = info.length;
    info.uint(size, 0);
    this.#references.push(() => {
      info.put(at, size, typeof value === "number" ? value : this.#offset(value) - start);
    });
  }

  #block(form: number, expression: Expression): void {
    const info = this.#sections[".debug_info"];
    const sizes = expression.map((item) => (typeof item === "number" ? 1 : this.#addressSize));
    const size = sizes.reduce((sum, each) => sum + each, 0);
    if (form === FORM.block || form === FORM.exprloc) info.uleb(size);
    else info.uint(form === FORM.block1 ? 1 : form === FORM.block2 ? 2 : 4, size);
    for (const item of expression) {
      if (typeof item === "number") info.uint(1, item);
      else info.target(this.#addressSize, item);
    }
  }

  #offset(name: string): number {
    const offset = this.#entries.get(name);
    if (offset === undefined) throw new Error(`no entry is called ${name}`);
    return offset;
  }
}

interface Context {
  readonly unit: Unit;
  /** Offset of the unit. */
  readonly start: number;
  /** Its rows of .debug_str_offsets, as they come up. */
  readonly strings: string[];
  /** Codes of its abbreviations by their bytes. */
  readonly codes: Map<string, number>;
}
