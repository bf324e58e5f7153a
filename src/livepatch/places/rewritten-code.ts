/**
 * Code that the kernel rewrites when the module is loaded, by tables in the module itself: for
 * alternatives, retpolines, return thunks and the like. A relocation inside such code that waits for
 * a module comes too late. x86 refuses it, since the place is no longer zero; other machines write
 * over the new code.
 *
 * Not here are .call_sites: calls in them stay direct calls, and one whose target is not known yet
 * is left alone (arch/x86/kernel/callthunks.c, patch_dest).
 */

import {
  type ElfObject,
  EM_AARCH64,
  EM_LOONGARCH,
  EM_PPC,
  EM_PPC64,
  EM_S390,
  EM_X86_64,
  Relocations,
  relocationSections,
  type Section,
} from "../../elf/index.js";

interface SiteTable {
  /** The section's whole name, or its beginning if it ends with `*`. */
  readonly name: string;
  readonly machines: readonly number[];
  /** What the code is called in messages. */
  readonly what: string;
  /** Relocations of one entry. */
  readonly relocations: number;
  /** Offset of the relocation that leads to the code; in words of the class where it says so. */
  readonly site: (word: number) => number;
  /** The bytes of code, from the entry; undefined if entries of this size are not known. */
  readonly length: (entry: DataView, stride: number, machine: number) => number | undefined;
  /** The relocation of the end of the code, where there is one instead of a length. */
  readonly end?: (word: number) => number;
  /**
   * Machines on which the code to be put in is in .text too, behind the second relocation, its length
   * in the entry's last byte: what is in there is copied, and comes too late likewise.
   */
  readonly replacementInText?: readonly number[];
  /** An entry's offsets count from its beginning, not from each field's own place. */
  readonly fromEntry?: true;
}

/** Bytes of the longest code an entry can be about: its length is one byte. */
const LONGEST = 255;

/**
 * Where struct alt_instr has instrlen, by its size: on x86 before 6.3 and since, on s390 before 6.11
 * and since (arch/KIND/include/asm/alternative.h).
 */
const INSTRLEN_AT: ReadonlyMap<number, ReadonlyMap<number, number>> = new Map([
  [
    EM_X86_64,
    new Map([
      [12, 10],
      [13, 10],
      [14, 12],
    ]),
  ],
  [
    EM_S390,
    new Map([
      [11, 10],
      [12, 10],
      [13, 12],
    ]),
  ],
  [EM_AARCH64, new Map([[12, 10]])],
  [EM_LOONGARCH, new Map([[12, 10]])],
]);

const TABLES: readonly SiteTable[] = [
  {
    name: ".altinstructions",
    machines: [EM_X86_64, EM_S390, EM_AARCH64, EM_LOONGARCH],
    what: "code that alternatives replace",
    relocations: 2,
    replacementInText: [EM_AARCH64, EM_LOONGARCH],
    site: () => 0,
    length: (entry, stride, machine) => {
      const at = INSTRLEN_AT.get(machine)?.get(stride);
      return at === undefined ? undefined : entry.getUint8(at);
    },
  },
  // A call or jump of 5 bytes, a conditional jump of 6.
  {
    name: ".retpoline_sites",
    machines: [EM_X86_64],
    what: "a retpoline",
    relocations: 1,
    site: () => 0,
    length: () => 6,
  },
  {
    name: ".return_sites",
    machines: [EM_X86_64],
    what: "a return thunk",
    relocations: 1,
    site: () => 0,
    length: () => 5,
  },
  // struct paravirt_patch_site of kernels before 6.8: a pointer, a type, a length.
  {
    name: ".parainstructions",
    machines: [EM_X86_64],
    what: "code that paravirt replaces",
    relocations: 1,
    site: () => 0,
    length: (entry) => (entry.byteLength > 9 ? entry.getUint8(9) : undefined),
  },
  // brasl or brcl to the thunk.
  ...[".s390_indirect*", ".s390_return*"].map((name) => ({
    name,
    machines: [EM_S390],
    what: "an expoline",
    relocations: 1,
    site: () => 0,
    length: () => 6,
  })),
  // struct fixup_entry: mask, value, start_off, end_off, alt_start_off, alt_end_off.
  ...["__ftr_fixup", "__mmu_ftr_fixup", "__fw_ftr_fixup"].map((name) => ({
    name,
    machines: [EM_PPC64, EM_PPC],
    what: "code that feature fixups replace",
    relocations: 4,
    site: (word: number) => 2 * word,
    end: (word: number) => 3 * word,
    fromEntry: true as const,
    length: () => undefined,
  })),
];

/** Code from `start` up to `end` of a section. */
export interface RewrittenCode {
  readonly what: string;
  /** The table that says so. */
  readonly table: string;
  readonly start: number;
  readonly end: number;
  /** False if the end is only the last that there could be. */
  readonly isKnown: boolean;
}

/** All such code of a module, by section, in order and apart from each other. */
export function readRewrittenCode(
  object: ElfObject,
): ReadonlyMap<Section, readonly RewrittenCode[]> {
  const sections = object.present().filter(({ inMemory }) => inMemory.length > 0);
  const relocations = relocationSections(object, sections);
  const found = new Map<Section, RewrittenCode[]>();
  for (const section of sections) {
    const table = TABLES.find((each) => isOf(each, section, object.machine));
    if (table === undefined) continue;
    const places = readPlaces(object, relocations.get(section.index)!);
    for (const [code, site] of readTable(object, table, section, places)) {
      const of = found.get(code) ?? [];
      of.push(site);
      found.set(code, of);
    }
  }
  return new Map([...found].map(([section, code]) => [section, apart(code)]));
}

/** In order, what overlaps put together. */
function apart(code: RewrittenCode[]): RewrittenCode[] {
  code.sort((a, b) => a.start - b.start || b.end - a.end);
  const joined: RewrittenCode[] = [];
  for (const each of code) {
    const last = joined.at(-1);
    if (last === undefined || each.start >= last.end) joined.push(each);
    else if (each.end > last.end) {
      const isKnown = last.isKnown && each.isKnown;
      joined[joined.length - 1] = { ...last, end: each.end, isKnown };
    }
  }
  return joined;
}

/** The code that is at `offset`, of what {@link readRewrittenCode} has found in a section. */
export function codeAt(code: readonly RewrittenCode[], offset: number): RewrittenCode | undefined {
  let low = 0;
  let high = code.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (code[middle]!.start <= offset) low = middle + 1;
    else high = middle;
  }
  const last = code[low - 1];
  return last !== undefined && offset < last.end ? last : undefined;
}

function isOf({ name, machines }: SiteTable, section: Section, machine: number): boolean {
  if (!machines.includes(machine)) return false;
  return name.endsWith("*") ? section.name.startsWith(name.slice(0, -1)) : section.name === name;
}

function* readTable(
  object: ElfObject,
  table: SiteTable,
  section: Section,
  places: ReadonlyMap<number, Spot | undefined>,
): Iterable<[Section, RewrittenCode]> {
  const count = Math.round(places.size / table.relocations);
  const stride = count === 0 ? 0 : section.data.length / count;
  const { wordSize } = object.layout;
  const { what } = table;
  const made = (code: Spot, size: number | undefined): [Section, RewrittenCode] => {
    const [start, end] = [code.offset, code.offset + (size ?? LONGEST)];
    return [code.section, { what, table: section.name, start, end, isKnown: size !== undefined }];
  };
  const viewOf = (start: number) => {
    const bytes = section.data.subarray(start, start + stride);
    return new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  };
  const isKnown =
    Number.isInteger(stride) &&
    stride >= 4 &&
    (table.end !== undefined || table.length(viewOf(0), stride, object.machine) !== undefined);
  if (!isKnown) {
    for (const code of places.values()) if (code !== undefined) yield made(code, undefined);
    return;
  }
  for (let start = 0; start < section.data.length; start += stride) {
    const origin = (at: number) => {
      const place = places.get(start + at);
      return place && { ...place, offset: place.offset - (table.fromEntry ? at : 0) };
    };
    const view = viewOf(start);
    const site = origin(table.site(wordSize));
    const last = table.end && origin(table.end(wordSize))?.offset;
    if (site !== undefined) {
      const size = last === undefined ? undefined : last - site.offset;
      yield made(site, size ?? table.length(view, stride, object.machine));
    }
    const replacement = table.replacementInText?.includes(object.machine) && origin(4);
    if (replacement) yield made(replacement, view.getUint8(stride - 1));
  }
}

/** A byte of a section. */
interface Spot {
  readonly section: Section;
  readonly offset: number;
}

/** Where the relocations of a table lead, by their offset; undefined for out of the module. */
function readPlaces(
  object: ElfObject,
  relocations: readonly Section[],
): ReadonlyMap<number, Spot | undefined> {
  const places = new Map<number, Spot | undefined>();
  for (const { data } of relocations) {
    const entries = new Relocations(data, object.layout);
    for (let entry = 0; entry < entries.count; entry++) {
      const symbol = entries.symbol(entry);
      const target = object.sectionOfSymbol(symbol);
      const offset = object.symbols.value(symbol) + entries.addend(entry);
      // loongarch has two at a place: ADD32 of the code, then SUB32 of the place.
      const at = entries.offset(entry);
      if (!places.has(at)) places.set(at, target && { section: target, offset });
    }
  }
  return places;
}
