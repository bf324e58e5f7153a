/**
 * Reads what the patch patches from the module's own data: klp_patch → klp_object[] → klp_func[]
 * (include/linux/livepatch.h), or what objtool leaves for its init code to make them of.
 *
 * Their sizes differ between kernels and configurations. DWARF says them where the module has it.
 * Without it there is one fact about their layout, which holds since Linux 4.0: klp_patch begins
 * with `mod` and `objs`, klp_object with `name` and `funcs`, klp_func with `old_name`, `new_func`
 * and `old_sympos`. All but the last are relocations, so that the pattern of relocations in an array
 * and the size of its symbol give the stride. What this leaves in doubt is not known.
 */

import { readDebugInfo, type StructLayout } from "../../dwarf/index.js";
import { type ElfObject, SHF_EXECINSTR, SHN_UNDEF } from "../../elf/index.js";
import { kernelSpelling, VMLINUX } from "../../symbols/index.js";
import type { Machine } from "../machines.js";
import { faultOfObject } from "../names.js";
import { ordinaryRelocations } from "../references.js";
import { Arrays, Unreadable } from "./arrays.js";
import type { Patch, PatchedFunction, PatchSource } from "./patch.js";
import { Pointers, type Spot } from "./pointers.js";

/** Reads the patch of a module. */
export function readPatch(object: ElfObject, machine: Machine): Patch {
  const { source, reason, objects } = read(new Reader(object, machine));
  const byObject = new Map<string, PatchedFunction[]>();
  const misnamed = new Map<string, Spot>();
  const repeated = new Map<string, Spot>();
  const seen = new Set<string>();
  for (const { name, at, functions } of objects ?? []) {
    const spelled = kernelSpelling(name ?? VMLINUX);
    if (seen.has(name ?? VMLINUX)) repeated.set(name ?? VMLINUX, at);
    seen.add(name ?? VMLINUX);
    const known = byObject.get(spelled);
    if (known === undefined) byObject.set(spelled, [...functions]);
    else for (const each of functions) known.push(each);
    if (name === undefined || misnamed.has(name)) continue;
    if (name === VMLINUX || name !== spelled) misnamed.set(name, at);
  }
  return { source, reason, objects: objects && byObject, misnamed, repeated };
}

function read(reader: Reader): Reading {
  const inSections = reader.fromSections();
  const inVariables = reader.fromVariables();
  if (inSections === undefined) return inVariables ?? unknown(reader.reasonOfNone);
  // The variable that objtool's init code fills from the sections has nothing to say itself.
  if (inSections.objects === undefined || inVariables?.objects === undefined) return inSections;
  return { ...inSections, objects: [...inSections.objects, ...inVariables.objects] };
}

/** One klp_object as it stands there. */
interface ReadObject {
  /** Undefined for one without a name, which is vmlinux. */
  readonly name: string | undefined;
  readonly at: Spot;
  readonly functions: readonly PatchedFunction[];
}

interface Reading {
  readonly source: PatchSource;
  /** Why the patch is unknown; empty if it is not. */
  readonly reason: string;
  /** Undefined if it is unknown. */
  readonly objects: readonly ReadObject[] | undefined;
}

const NO_FORM = "nothing in the module's data has the form of a klp_patch";

function unknown(reason: string): Reading {
  return { source: "unknown", reason, objects: undefined };
}

/** Where a struct has what is read of it; sizes in bytes. */
interface Layouts {
  /** Of klp_patch, likewise the next. */
  readonly size: number;
  readonly objs: number;
  readonly object: { readonly name: number; readonly funcs: number; readonly size: number };
  readonly func: {
    readonly old_name: number;
    readonly new_func: number;
    /** Undefined in a kernel whose klp_func has none. */
    readonly old_sympos: number | undefined;
    readonly size: number;
  };
}

class Reader {
  readonly #object: ElfObject;
  readonly #pointers: Pointers;
  readonly #word: number;
  /** Why nothing was found, if nothing was. */
  reasonOfNone = NO_FORM;
  readonly #arrays: Arrays;
  #functions = 0;

  constructor(object: ElfObject, machine: Machine) {
    this.#object = object;
    this.#pointers = new Pointers(object, machine);
    this.#word = object.layout.wordSize;
    this.#arrays = new Arrays(this.#pointers, this.#word);
  }

  /** klp_patch variables, as DWARF or else their own form show them. */
  fromVariables(): Reading | undefined {
    const places = this.#placesOfThisModule();
    if (places.length === 0) return undefined;
    const described = this.#fromDebugInfo(places);
    if (described !== undefined) return described;
    const objects: ReadObject[] = [];
    for (const place of places) {
      try {
        objects.push(...this.#readFormed(place));
      } catch (error) {
        // Other structs begin with a pointer to their module too: this is none of a patch.
        if (!(error instanceof Unreadable)) throw error;
      }
    }
    if (objects.length === 0) return undefined;
    return { source: "layout", reason: "", objects };
  }

  /**
   * `.init.klp_objects` and `.init.klp_funcs`: arrays of struct klp_object_ext and klp_func_ext
   * (include/linux/livepatch_external.h), which objtool writes for its init code.
   */
  fromSections(): Reading | undefined {
    const section = this.#object.present().find(({ name }) => name === ".init.klp_objects");
    if (section === undefined) return undefined;
    const word = this.#word;
    const size = 8 * word;
    const functions = { old_name: 0, new_func: word, old_sympos: 2 * word, size: 3 * word };
    try {
      if (section.size === 0 || section.size % size !== 0) {
        throw new Unreadable(`${section.name} is no array of ${size} bytes an entry`);
      }
      const objects: ReadObject[] = [];
      for (let offset = 0; offset < section.size; offset += size) {
        const at = { section, offset };
        const count = this.#long({ section, offset: offset + 7 * word }, this.#object.layout.word);
        const funcs = this.#target({ section, offset: offset + word }, "funcs");
        const room = (funcs.section.data.length - funcs.offset) / functions.size;
        if (count > room) throw new Unreadable(`${section.name} counts ${count} functions`);
        const starts = Array.from({ length: count }, (_, i) => funcs.offset + i * functions.size);
        const read = starts.map((start) =>
          this.#function({ section: funcs.section, offset: start }, functions),
        );
        objects.push({ name: this.#objectName(at, 0), at, functions: read });
      }
      return { source: "sections", reason: "", objects };
    } catch (error) {
      return unreadable(error);
    }
  }

  /** Pointers to the module itself in data: struct klp_patch has one, as others have. */
  #placesOfThisModule(): Spot[] {
    const { symbols } = this.#object;
    const isThisModule = (symbol: number) => {
      const section = this.#object.sectionOfSymbol(symbol);
      if (section !== undefined) return section.name === THIS_MODULE_SECTION;
      return symbols.sectionIndex(symbol) === SHN_UNDEF && symbols.name(symbol) === "__this_module";
    };
    const answers = new Map<number, boolean>();
    const places: Spot[] = [];
    for (const [table, section] of ordinaryRelocations(this.#object)) {
      if ((section.flags & SHF_EXECINSTR) !== 0 || section.name === THIS_MODULE_SECTION) continue;
      const entries = table.relocations(this.#object.layout);
      for (let entry = 0; entry < entries.count; entry++) {
        const symbol = entries.symbol(entry);
        let answer = answers.get(symbol);
        if (answer === undefined) {
          answer = isThisModule(symbol);
          answers.set(symbol, answer);
        }
        if (!answer) continue;
        places.push({ section, offset: entries.offset(entry) });
        if (places.length === PLACES_MOST) return places;
      }
    }
    return places;
  }

  #fromDebugInfo(places: readonly Spot[]): Reading | undefined {
    const info = readDebugInfo(this.#object);
    if (!("variablesAt" in info)) {
      // That there is none says nothing; that it cannot be read may be mended.
      if (!info.reason.startsWith("there is no ")) this.reasonOfNone += `, and ${info.reason}`;
      return undefined;
    }
    const starts = new Map<string, { section: number; offset: number }>();
    for (const place of places) {
      const { section } = place;
      for (const offset of [place.offset, this.#pointers.variable(place)?.start]) {
        if (offset === undefined) continue;
        starts.set(`${section.index} ${offset}`, { section: section.index, offset });
      }
    }
    const variables = info.variablesAt([...starts.values()]);
    const objects: ReadObject[] = [];
    try {
      for (const variable of variables) {
        if (variable.structName !== "klp_patch") continue;
        const layouts = layoutsOf((name) => variable.struct(name));
        if (layouts === undefined) continue;
        const at = { section: this.#object.sections[variable.section]!, offset: variable.offset };
        for (const each of variable.isArray ? this.#arrays.elements(at, layouts.size) : [at]) {
          objects.push(...this.#readDescribed(each, layouts));
        }
      }
    } catch (error) {
      return unreadable(error);
    }
    if (objects.length === 0) return undefined;
    return { source: "debug info", reason: "", objects };
  }

  /** A klp_patch of known layout. Throws Unreadable. */
  #readDescribed({ section, offset }: Spot, { objs, object, func }: Layouts): ReadObject[] {
    const array = this.#target({ section, offset: offset + objs }, "objs");
    const found = this.#arrays.described(array, object.size, [object.name, object.funcs]);
    if (found.length === 0) throw new Unreadable("objs is filled when the module runs");
    return found.map((at) => {
      const funcs = this.#target({ ...at, offset: at.offset + object.funcs }, "funcs");
      const entries = this.#arrays.described(funcs, func.size, [func.old_name, func.new_func]);
      const functions = entries.map((each) => this.#function(each, func));
      return { name: this.#objectName(at, object.name), at, functions };
    });
  }

  /** A klp_patch of unknown layout at a pointer to the module. Throws Unreadable. */
  #readFormed({ section, offset }: Spot): ReadObject[] {
    const word = this.#word;
    const array = this.#target({ section, offset: offset + word }, "objs");
    // name and funcs, and since 4.15 up to four callbacks.
    const found = this.#arrays.inferred(
      array,
      4 * word,
      (within) => within.includes(word) && within.every((at) => at <= 5 * word),
    );
    if (found.length === 0) throw new Unreadable("no object is patched");
    return found.map((at) => {
      const funcs = this.#target({ ...at, offset: at.offset + word }, "funcs");
      const entries = this.#arrays.inferred(
        funcs,
        3 * word,
        (within) => within.length === 2 && within[0] === 0 && within[1] === word,
      );
      const members = { old_name: 0, new_func: word, old_sympos: 2 * word };
      const functions = entries.map((each) => this.#function(each, members));
      return { name: this.#objectName(at, 0), at, functions };
    });
  }

  #function(at: Spot, members: Omit<Layouts["func"], "size">): PatchedFunction {
    if (++this.#functions > FUNCTIONS_MOST) throw new Unreadable("there are too many functions");
    const member = (offset: number) => ({ section: at.section, offset: at.offset + offset });
    const name = this.#pointers.text(this.#target(member(members.old_name), "old_name"), NAME_MOST);
    if (name === undefined || !/^[\x21-\xff]+$/.test(name)) {
      throw new Unreadable("old_name is no name of a symbol");
    }
    const { old_sympos } = members;
    const position =
      old_sympos === undefined ? 0 : this.#long(member(old_sympos), this.#object.layout.long);
    return { name, position, replacement: this.#pointers.at(member(members.new_func)), at };
  }

  /** The name of a klp_object; undefined if it has none. */
  #objectName({ section, offset }: Spot, member: number): string | undefined {
    const at = { section, offset: offset + member };
    if (this.#pointers.at(at) === undefined) return undefined;
    const name = this.#pointers.text(this.#target(at, "name"), NAME_MOST);
    if (name === undefined || faultOfObject(name) !== undefined) {
      throw new Unreadable("the name of a patched object is none");
    }
    return name;
  }

  /** Where a pointer leads. Throws Unreadable if it is not set, or leads out of the module. */
  #target(at: Spot, member: string): Spot {
    const spot = this.#pointers.at(at)?.spot;
    if (spot === undefined || spot.offset < 0 || spot.offset > spot.section.size) {
      const where = `${at.section.name}+0x${at.offset.toString(16)}`;
      throw new Unreadable(`${member} at ${where} is not set before the module runs`);
    }
    return spot;
  }

  #long({ section, offset }: Spot, field: ElfObject["layout"]["long"]): number {
    const { data } = section;
    // In .bss, and so 0.
    if (offset + field.size > data.length) return 0;
    return field.get(new DataView(data.buffer, data.byteOffset, data.length), offset);
  }
}

const THIS_MODULE_SECTION = ".gnu.linkonce.this_module";
/** Pointers to the module that are looked at; each could be a patch's. */
const PLACES_MOST = 1000;
/** Functions that are read at most, many times what any patch has. */
const FUNCTIONS_MOST = 100_000;
/** KSYM_NAME_LEN less its NUL. */
const NAME_MOST = 511;

function unreadable(error: unknown): Reading {
  if (!(error instanceof Unreadable)) throw error;
  return unknown(error.message);
}

function layoutsOf(struct: (name: string) => StructLayout | undefined): Layouts | undefined {
  const member = (of: StructLayout | undefined, name: string) => of?.members.get(name);
  const [patch, object, func] = [struct("klp_patch"), struct("klp_object"), struct("klp_func")];
  const objs = member(patch, "objs");
  const [name, funcs] = [member(object, "name"), member(object, "funcs")];
  const [old_name, new_func] = [member(func, "old_name"), member(func, "new_func")];
  if (
    objs === undefined ||
    name === undefined ||
    funcs === undefined ||
    old_name === undefined ||
    new_func === undefined ||
    !patch!.size ||
    !object!.size ||
    !func!.size
  ) {
    return undefined;
  }
  const old_sympos = member(func, "old_sympos");
  return {
    size: patch!.size,
    objs,
    object: { name, funcs, size: object!.size },
    func: { old_name, new_func, old_sympos, size: func!.size },
  };
}
