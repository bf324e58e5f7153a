// SPDX-License-Identifier: GPL-2.0-only

// The data of livepatch modules for tests: klp_patch, klp_object[] and klp_func[] as compilers leave
// them before anything has an address, of any size and in any of the four layouts; what objtool writes
// in their place; and what DWARF says of them.

import {
  buildElf,
  type ElfDescription,
  type RelocationDescription,
  SHF,
  SHT,
  STB,
  STT,
  type SymbolDescription,
  type Word,
} from "../elf-builder.js";
import {
  describeIntermediate,
  type Intermediate,
  LAYOUTS,
  type TestLayout,
} from "./intermediate.js";

/** A place in a section, and the symbol that is there, if any. */
export interface Variable {
  readonly section: string;
  readonly offset: number;
  readonly symbol: string | undefined;
}

/** One klp_func. */
export interface FuncData {
  /** old_name; null for NULL. */
  readonly name: string | null;
  /** old_sympos. Default: 0. */
  readonly position?: Word;
  /** new_func: a place, a symbol, or null for NULL. Default: a function of its own. */
  readonly replacement?: Variable | string | null;
}

/** One klp_object. */
export interface ObjectData {
  /** name; null for NULL, which is vmlinux. */
  readonly name: string | null;
  /** funcs; null for NULL. An array without any is in .bss. */
  readonly funcs: readonly (FuncData | string)[] | null;
  /** Which of the four callbacks are set, from 0 on. */
  readonly callbacks?: readonly number[];
}

/** Where the members are and how large the structs, in words. */
export interface StructLayouts {
  readonly patch: { readonly mod: number; readonly objs: number; readonly size: number };
  readonly object: { readonly name: number; readonly funcs: number; readonly size: number };
  readonly func: {
    readonly old_name: number;
    readonly new_func: number;
    /** Undefined: there is none. */
    readonly old_sympos: number | undefined;
    readonly size: number;
  };
}

/** The structs of Linux 6.1 on 64-bit machines. */
export const LINUX_6_1: StructLayouts = {
  patch: { mod: 0, objs: 1, size: 25 },
  object: { name: 0, funcs: 1, size: 21 },
  func: { old_name: 0, new_func: 1, old_sympos: 2, size: 19 },
};

/** The same with other sizes. */
export function sized(object: number, func: number): StructLayouts {
  return {
    ...LINUX_6_1,
    object: { ...LINUX_6_1.object, size: object },
    func: { ...LINUX_6_1.func, size: func },
  };
}

export interface PatchData {
  readonly objects: readonly ObjectData[];
  /** Default: LINUX_6_1. */
  readonly structs?: StructLayouts;
  /** Behind the entries of which arrays there is an empty one. Default: both. */
  readonly ends?: { readonly objs?: boolean; readonly funcs?: boolean };
  /** Empty entries behind that one. Default: none. */
  readonly spare?: Partial<Record<"objs" | "funcs", number>>;
  /** Bytes to add to the sizes that symbols say; null: they say none. */
  readonly sizes?: Partial<Record<"patch" | "objs" | "funcs", number | null>>;
  /** Sections of the variables. Default: .data.rel for all. */
  readonly sections?: Partial<Record<"patch" | "objs" | "funcs", string>>;
  /** What symbols begin with, to tell several patches apart. */
  readonly prefix?: string;
  /** `.objs` is not set. */
  readonly isFilledLater?: boolean;
}

/** What {@link ModuleData.patch} has made. */
export interface MadePatch {
  readonly patch: Variable;
  readonly objs: Variable;
  /** One for each object that has an array. */
  readonly funcs: readonly Variable[];
}

interface Contents {
  size: number;
  readonly bytes: Map<number, number>;
  readonly relocations: RelocationDescription[];
}

export interface ModuleDataOptions {
  readonly layout?: TestLayout;
  /** Relocations are of section symbols, and variables are found by addends. */
  readonly bySection?: boolean;
  /** How pointers to the module say it. Default: by its symbol. */
  readonly thisModule?: "symbol" | "section" | "undefined";
}

/** Variables of a module, to be filled. */
export class ModuleData {
  readonly layout: TestLayout;
  /** Bytes of an address. */
  readonly word: 4 | 8;
  readonly #options: ModuleDataOptions;
  readonly #sections = new Map<string, Contents>();
  readonly #symbols: SymbolDescription[] = [];
  readonly #undefined = new Set<string>();
  readonly #sectionSymbols = new Set<string>();
  #functions = 0;

  constructor(options: ModuleDataOptions = {}) {
    this.#options = options;
    this.layout = options.layout ?? LAYOUTS[0];
    this.word = this.layout.class === 64 ? 8 : 4;
  }

  /** Makes a variable of `size` bytes, which its symbol says unless it is told something else. */
  variable(
    symbol: string | undefined,
    size: number,
    more: { section?: string; type?: number; saidSize?: number } = {},
  ): Variable {
    const section = more.section ?? ".data.rel";
    const contents = this.#contents(section);
    const offset = contents.size;
    contents.size += Math.ceil(size / this.word) * this.word;
    const type = more.type ?? STT.OBJECT;
    const saidSize = more.saidSize ?? size;
    if (symbol !== undefined) {
      const place = { section, value: offset, size: saidSize, bind: STB.LOCAL };
      this.#symbols.push({ name: symbol, type, ...place });
    }
    return { section, offset, symbol };
  }

  /** Makes a function. */
  func(symbol: string | undefined, saidSize = 16): Variable {
    return this.variable(symbol, 16, { section: ".text.new", type: STT.FUNC, saidSize });
  }

  /** Makes a text, with its NUL, that has no symbol. */
  text(text: string, section = ".rodata.str1.1"): Variable {
    const bytes = [...Buffer.from(`${text}\0`, "latin1")];
    const place = this.variable(undefined, bytes.length, { section });
    for (const [i, byte] of bytes.entries())
      this.#contents(section).bytes.set(place.offset + i, byte);
    return place;
  }

  /** Fills in an address: that of a variable, or of a symbol, which may be undefined. */
  pointer(at: Variable, offset: number, to: Variable | string, addend = 0, type?: number): void {
    this.#contents(at.section).relocations.push({
      offset: at.offset + offset,
      type: type ?? this.layout.absolute,
      ...this.#symbolFor(to, addend),
    });
  }

  /** Fills in a number of a word's size. */
  long(at: Variable, offset: number, value: Word, size: number = this.word): void {
    const { bytes } = this.#contents(at.section);
    for (let i = 0; i < size; i++) {
      const shift = BigInt(8 * (this.layout.order === "little" ? i : size - 1 - i));
      bytes.set(at.offset + offset + i, Number((BigInt(value) >> shift) & 0xffn));
    }
  }

  /** Fills in the address of the module, THIS_MODULE. */
  thisModule(at: Variable, offset: number): void {
    const { thisModule = "symbol" } = this.#options;
    if (thisModule === "undefined") {
      this.#undefined.add("__this_module");
      this.pointer(at, offset, "__this_module");
      return;
    }
    const section = ".gnu.linkonce.this_module";
    if (!this.#sections.has(section)) {
      this.variable("__this_module", 64, { section });
      // struct module has pointers of its own.
      this.pointer({ section, offset: 0, symbol: undefined }, 0, "__this_module");
    }
    const symbol = thisModule === "symbol" ? "__this_module" : undefined;
    this.pointer(at, offset, { section, offset: this.word, symbol });
  }

  /** Makes a klp_patch and all that it points to. */
  patch(data: PatchData): MadePatch {
    const { objects, prefix = "", ends = {}, spare = {} } = data;
    const { sections = {}, isFilledLater = false } = data;
    const { patch: ofPatch, object: ofObject } = data.structs ?? LINUX_6_1;
    const { word } = this;
    const funcs = objects.map(({ funcs }, i) =>
      funcs === null ? undefined : this.#funcs(data, funcs, `${prefix}funcs${i}`),
    );
    const entries = objects.length + (ends.objs === false ? 0 : 1) + (spare.objs ?? 0);
    const objs = this.#array(
      data,
      "objs",
      `${prefix}objs`,
      entries * ofObject.size * word,
      sections.objs,
    );
    for (const [i, { name, callbacks = [] }] of objects.entries()) {
      const start = i * ofObject.size;
      if (name !== null) this.pointer(objs, (start + ofObject.name) * word, this.text(name));
      const array = funcs[i];
      if (array !== undefined) this.pointer(objs, (start + ofObject.funcs) * word, array);
      for (const callback of callbacks) {
        this.pointer(objs, (start + 2 + callback) * word, this.func(this.#freshName()));
      }
    }
    const patch = this.#array(data, "patch", `${prefix}patch`, ofPatch.size * word, sections.patch);
    this.thisModule(patch, ofPatch.mod * word);
    if (!isFilledLater) this.pointer(patch, ofPatch.objs * word, objs);
    return { patch, objs, funcs: funcs.flatMap((array) => array ?? []) };
  }

  /** Makes .init.klp_objects and .init.klp_funcs, as objtool does. Returns the first. */
  klpSections(objects: readonly (ObjectData & { readonly count?: number })[]): Variable {
    const { word } = this;
    // Nothing is in front of the entries, and nothing behind.
    this.#sections.set(".init.klp_objects", { size: 0, bytes: new Map(), relocations: [] });
    this.#sections.set(".init.klp_funcs", { size: 0, bytes: new Map(), relocations: [] });
    const section = ".init.klp_objects";
    for (const { name, funcs, count } of objects) {
      const at = this.variable(undefined, 8 * word, { section });
      if (name !== null) this.pointer(at, 0, this.text(name));
      const array = this.variable(undefined, 0, { section: ".init.klp_funcs" });
      for (const each of funcs ?? []) {
        const entry = this.variable(undefined, 3 * word, { section: ".init.klp_funcs" });
        this.#fillFunc(entry, 0, each, LINUX_6_1);
      }
      if (funcs !== null) this.pointer(at, word, array);
      this.long(at, 7 * word, count ?? funcs?.length ?? 0, 4);
    }
    return { section, offset: 0, symbol: undefined };
  }

  /** Describes the module that has the data, and what else a test wants of it. */
  describe(module: Intermediate = {}, debug?: DebugData): ElfDescription {
    const added = debug === undefined ? undefined : debugSections(this, debug);
    const uses = Object.fromEntries(
      [...this.#sections].map(([name, { relocations }]) => [name, relocations]),
    );
    const description = describeIntermediate({
      ...module,
      layout: this.layout,
      undefined: [...this.#undefined, ...(module.undefined ?? [])],
      symbols: [
        ...[...this.#sectionSymbols, ...(added === undefined ? [] : [".debug_abbrev"])].map(
          (name) => ({ name, section: name, type: STT.SECTION, bind: STB.LOCAL }),
        ),
        ...this.#symbols,
        ...(module.symbols ?? []),
      ],
      sections: [
        ...[...this.#sections].map(([name, contents]) => this.#section(name, contents)),
        ...(module.sections ?? []),
        ...(added === undefined ? [] : [{ name: ".debug_abbrev", data: added.abbrev }]),
      ],
      uses: {
        ...module.uses,
        ...uses,
        ...(added === undefined ? {} : { ".debug_info": added.relocations }),
      },
    });
    if (added === undefined) return description;
    const sections = description.sections!.map((section) =>
      section.name === ".debug_info" ? { name: section.name, data: added.info } : section,
    );
    return { ...description, sections };
  }

  build(module: Intermediate = {}, debug?: DebugData): Uint8Array {
    return buildElf(this.describe(module, debug));
  }

  /** What a relocation says to mean a place. */
  symbolFor(to: Variable): Pick<RelocationDescription, "symbol" | "addend"> {
    return this.#symbolFor(to, 0);
  }

  #symbolFor(
    to: Variable | string,
    addend: number,
  ): Pick<RelocationDescription, "symbol" | "addend"> {
    if (typeof to === "string") return { symbol: to, addend };
    if (to.symbol !== undefined && this.#options.bySection !== true) {
      return { symbol: to.symbol, addend };
    }
    this.#sectionSymbols.add(to.section);
    return { symbol: to.section, addend: to.offset + addend };
  }

  #funcs(data: PatchData, funcs: readonly (FuncData | string)[], symbol: string): Variable {
    const { ends = {}, spare = {}, sections = {}, structs = LINUX_6_1 } = data;
    const { size } = structs.func;
    const entries = funcs.length + (ends.funcs === false ? 0 : 1) + (spare.funcs ?? 0);
    const section = funcs.length === 0 ? ".bss" : sections.funcs;
    const array = this.#array(data, "funcs", symbol, entries * size * this.word, section);
    for (const [i, each] of funcs.entries()) {
      this.#fillFunc(array, i * size * this.word, each, structs);
    }
    return array;
  }

  #fillFunc(at: Variable, start: number, given: FuncData | string, { func }: StructLayouts): void {
    const { word } = this;
    const {
      name,
      position = 0,
      replacement,
    }: FuncData = typeof given === "string" ? { name: given } : given;
    if (name !== null) this.pointer(at, start + func.old_name * word, this.text(name));
    const to = replacement === undefined ? this.func(`new_${this.#freshName()}`) : replacement;
    if (to !== null) this.pointer(at, start + func.new_func * word, to);
    if (func.old_sympos !== undefined && at.section !== ".bss") {
      this.long(at, start + func.old_sympos * word, position);
    }
  }

  #array(
    { sizes = {} }: PatchData,
    kind: "patch" | "objs" | "funcs",
    symbol: string,
    size: number,
    section: string | undefined,
  ): Variable {
    const added = sizes[kind];
    const saidSize = added === null ? 0 : size + (added ?? 0);
    return this.variable(symbol, size, { saidSize, ...(section !== undefined && { section }) });
  }

  #freshName(): string {
    return `f${this.#functions++}`;
  }

  /** Something is in front of all others, so that nothing is at the start of its section. */
  #contents(section: string): Contents {
    let contents = this.#sections.get(section);
    if (contents === undefined) {
      contents = { size: this.word, bytes: new Map(), relocations: [] };
      this.#sections.set(section, contents);
    }
    return contents;
  }

  #section(name: string, { size, bytes }: Contents) {
    const flags = name.startsWith(".text")
      ? SHF.EXECINSTR
      : name.startsWith(".rodata") || name.startsWith(".init.klp")
        ? 0
        : SHF.WRITE;
    const common = { name, flags: SHF.ALLOC | flags, addralign: this.word };
    if (name.startsWith(".bss")) return { ...common, type: SHT.NOBITS, size };
    return { ...common, data: Uint8Array.from({ length: size }, (_, i) => bytes.get(i) ?? 0) };
  }
}

/** What DWARF says of variables and structs. */
export interface DebugData {
  readonly variables: readonly {
    readonly name: string;
    readonly struct: string;
    readonly at: Variable;
    /** It is an array of the struct. */
    readonly isArray?: boolean;
  }[];
  /** Sizes and offsets in words; null for a struct that is only declared. */
  readonly structs: Readonly<Record<string, Readonly<Record<string, number | undefined>> | null>>;
}

/** As a compiler describes a patch: the variable, and the structs with a `size`. */
export function debugInfoOf(
  { patch }: Pick<MadePatch, "patch">,
  structs: StructLayouts = LINUX_6_1,
): DebugData {
  return {
    variables: [{ name: "patch", struct: "klp_patch", at: patch }],
    structs: { klp_func: structs.func, klp_object: structs.object, klp_patch: structs.patch },
  };
}

/** One compile unit of DWARF 4 (section 7.5), names in it, and two kinds of relocations. */
function debugSections(data: ModuleData, { variables, structs }: DebugData) {
  const { layout, word } = data;
  const text = (name: string) => [...Buffer.from(`${name}\0`, "latin1")];
  const uint = (value: number, size: number) => {
    const bytes = Array.from({ length: size }, (_, i) => (value >>> (8 * i)) & 0xff);
    return layout.order === "little" ? bytes : bytes.reverse();
  };
  // Code, tag, children, pairs of attribute and form.
  const abbrev = [
    [1, 0x11, 1, 0x03, 0x08, 0, 0],
    [2, 0x13, 1, 0x03, 0x08, 0x0b, 0x05, 0, 0],
    [3, 0x0d, 0, 0x03, 0x08, 0x38, 0x05, 0, 0],
    [4, 0x34, 0, 0x03, 0x08, 0x49, 0x13, 0x02, 0x18, 0, 0],
    [5, 0x13, 0, 0x03, 0x08, 0x3c, 0x19, 0, 0],
    [6, 0x01, 0, 0x49, 0x13, 0, 0],
    [0],
  ].flat();
  const four = new Map([
    [62, 10],
    [22, 4],
    [20, 1],
  ]).get(layout.machine)!;
  const relocations: RelocationDescription[] = [
    { offset: 6, type: four, symbol: ".debug_abbrev", addend: 0 },
  ];
  const info = [...uint(0, 4), ...uint(4, 2), ...uint(0, 4), word, 1, ...text("patch.c")];
  const offsets = new Map<string, number>();
  for (const [name, members] of Object.entries(structs)) {
    offsets.set(name, info.length);
    if (members === null) {
      info.push(5, ...text(name));
      continue;
    }
    const { size = 0, ...rest } = members;
    info.push(2, ...text(name), ...uint(size * word, 2));
    for (const [member, offset] of Object.entries(rest)) {
      if (offset !== undefined) info.push(3, ...text(member), ...uint(offset * word, 2));
    }
    info.push(0);
  }
  for (const { name, struct, at, isArray = false } of variables) {
    const arrayType = info.length;
    if (isArray) info.push(6, ...uint(offsets.get(struct)!, 4));
    const type = isArray ? arrayType : offsets.get(struct)!;
    info.push(4, ...text(name), ...uint(type, 4), 1 + word, 0x03);
    relocations.push({ offset: info.length, type: layout.absolute, ...data.symbolFor(at) });
    info.push(...uint(0, word));
  }
  info.push(0);
  info.splice(0, 4, ...uint(info.length - 4, 4));
  return { abbrev, info, relocations };
}
