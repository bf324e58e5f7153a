/**
 * objtool's intermediate form (Linux 6.19 and later, `objtool klp diff`): sections
 * `__klp_relocs.OBJECT`, arrays of
 *     struct klp_reloc { void *offset; void *sym; u32 type; }   (24 bytes, 12 on a 32-bit machine)
 * with two absolute relocations per entry. The one of `offset` says which place is to be relocated;
 * the one of `sym` names the symbol, called `.klp.sym.OBJECT.NAME,POS` already but undefined and
 * weak, with the addend. OBJECT is the object whose loading gates the relocation.
 *
 * Until then an ordinary relocation stands at the place, so that objtool and modpost see what is
 * used there. It names a weak undefined symbol that nobody has, `.klp.tombstone.NAME`, or NAME
 * itself in older versions. Of it nothing is left in the result.
 */

import { counted, type Diagnostics, hex, type Place } from "../../diagnostics.js";
import {
  type ElfObject,
  Relocations,
  relocationSections,
  type Section,
  SHF_COMPRESSED,
  SHN_LIVEPATCH,
  SHN_UNDEF,
  SHT_PROGBITS,
  SHT_RELA,
} from "../../elf/index.js";
import { kernelSpelling } from "../../symbols/index.js";
import type { Machine } from "../machines.js";
import {
  ANNOTATED_PREFIX,
  faultOfObject,
  KLP_RELOCS_PREFIX,
  LIVEPATCH_SYMBOL_PREFIX,
  parseLivepatchName,
} from "../names.js";
import { relocationType } from "../relocation-types.js";
import { findDead } from "./tombstones.js";

/** One entry: a livepatch relocation in the making. */
export interface KlpReloc {
  /** The object whose loading has it applied. */
  readonly gate: string;
  /** The section to be relocated. */
  readonly target: Section;
  /** Bytes from the start of `target`. */
  readonly offset: number;
  readonly type: number;
  readonly symbol: number;
  /** The relocation that names the symbol; it has the addend. */
  readonly named: { readonly entries: Relocations; readonly entry: number };
  /** Where the entry is. */
  readonly place: Place & { readonly offset: number };
}

export interface KlpRelocs {
  readonly entries: readonly KlpReloc[];
  /** The sections they came from, which the result must not have. */
  readonly sections: readonly Section[];
  /** Relocations that stand at the places until then: entries by relocation section. */
  readonly dead: ReadonlyMap<Section, ReadonlySet<number>>;
  /** The symbols of dead relocations, which the result must not have if nothing else uses them. */
  readonly tombstones: ReadonlySet<number>;
  /** An entry was refused: what it speaks of is not known. */
  readonly isFaulty: boolean;
}

export const NO_KLP_RELOCS: KlpRelocs = {
  entries: [],
  sections: [],
  dead: new Map(),
  tombstones: new Set(),
  isFaulty: false,
};

/**
 * Reads every entry of a module. What is malformed is added to `diagnostics` and left out. Sections in
 * `leaving` will not be there when relocations are applied.
 */
export function readKlpRelocs(
  object: ElfObject,
  machine: Machine,
  leaving: readonly Section[],
  diagnostics: Diagnostics,
): KlpRelocs {
  const faults = new Faults(diagnostics);
  const sections = object.present().filter(({ name }) => name.startsWith(KLP_RELOCS_PREFIX));
  const tables = relocationSections(object, sections);
  const gone = new Set([...leaving, ...sections]);
  const entries: KlpReloc[] = [];
  for (const section of sections) {
    const gate = kernelSpelling(section.name.slice(KLP_RELOCS_PREFIX.length));
    const fault = faultOfObject(gate) ?? faultOfSection(object, section);
    if (fault !== undefined) {
      faults.add("klp-relocs-section", fault, { section: section.name }, [
        `objtool klp diff makes sections ${KLP_RELOCS_PREFIX}OBJECT, arrays of ${entrySize(object)} bytes an entry`,
      ]);
      continue;
    }
    const slots = readSlots(object, section, tables.get(section.index) ?? [], faults);
    if (isConverted(object, slots)) {
      faults.add(
        "converted-before",
        "the module was converted already, by objtool klp post-link, which leaves this section",
        { section: section.name },
        ["give the module as it was before: klp-build keeps it as NAME.ko.orig"],
      );
      continue;
    }
    for (const [entry, pair] of slots.entries()) {
      const place = { section: section.name, offset: entry * entrySize(object) };
      const read = readEntry(object, machine, section, entry, pair);
      const isGone = typeof read === "object" && gone.has(read.target);
      if (typeof read === "string") faults.addEntry(read, entry, place);
      else if (!isGone) entries.push({ gate, place, ...read });
      else faults.addEntry(`says a place in ${read.target.name}, which goes`, entry, place);
    }
  }
  const found = findDead(object, entries, ({ target, offset, place }, fault) => {
    const at = place.offset / entrySize(object);
    faults.addEntry(`${fault}, ${target.name}+${hex(offset)}`, at, place);
  });
  return { sections, isFaulty: faults.isAny, ...found };
}

/** What every entry of the form has, said where one has not. */
const FORM = [
  "an entry has two absolute relocations: of its first word to the place, in a loaded section, of its second to the symbol, undefined and called .klp.sym.OBJECT.NAME,POS; behind them stands the relocation's type",
];

/** Adds errors, and remembers whether there was one. */
class Faults {
  isAny = false;
  readonly #diagnostics: Diagnostics;

  constructor(diagnostics: Diagnostics) {
    this.#diagnostics = diagnostics;
  }

  add(code: string, message: string, place: Place, notes: readonly string[]): void {
    this.isAny = true;
    this.#diagnostics.error(code, message, place, notes);
  }

  addEntry(fault: string, entry: number, place: Place): void {
    this.add("klp-relocs-entry", `entry ${entry} ${fault}`, place, FORM);
  }
}

/** sizeof(struct klp_reloc): two pointers, a 32-bit word, and what aligns the next. */
function entrySize({ layout }: ElfObject): number {
  return 3 * layout.wordSize;
}

function faultOfSection(object: ElfObject, { type, flags, data }: Section): string | undefined {
  if (type !== SHT_PROGBITS) return `the section has type ${type} when entries have 1`;
  if ((flags & SHF_COMPRESSED) !== 0) return "the section is compressed";
  const size = entrySize(object);
  if (data.length % size === 0) return undefined;
  return `the section has ${counted(data.length, "byte")}, which is no multiple of ${size}`;
}

interface Slot {
  readonly entries: Relocations;
  readonly entry: number;
}

/** The two relocations of each entry, as far as they are there. */
interface Pair {
  place?: Slot;
  symbol?: Slot;
}

function readSlots(
  object: ElfObject,
  section: Section,
  tables: readonly Section[],
  faults: Faults,
): Pair[] {
  const size = entrySize(object);
  const { wordSize } = object.layout;
  const pairs = Array.from({ length: section.data.length / size }, (): Pair => ({}));
  for (const { data } of tables) {
    const entries = new Relocations(data, object.layout);
    for (let entry = 0; entry < entries.count; entry++) {
      const offset = entries.offset(entry);
      const pair = pairs[Math.floor(offset / size)];
      const within = offset % size;
      const role = within === 0 ? "place" : within === wordSize ? "symbol" : undefined;
      if (pair !== undefined && role !== undefined && pair[role] === undefined) {
        pair[role] = { entries, entry };
        continue;
      }
      faults.add(
        "klp-relocs-entry",
        pair !== undefined && role !== undefined
          ? `a second relocation says the ${role} of entry ${Math.floor(offset / size)}`
          : "the relocation is of no entry's first or second word",
        { section: section.name, offset },
        FORM,
      );
    }
  }
  return pairs;
}

function isConverted({ symbols }: ElfObject, pairs: readonly Pair[]): boolean {
  return pairs.some(
    ({ symbol }) =>
      symbol !== undefined &&
      symbols.sectionIndex(symbol.entries.symbol(symbol.entry)) === SHN_LIVEPATCH,
  );
}

/** What one entry says, or what is wrong with it. */
function readEntry(
  object: ElfObject,
  machine: Machine,
  section: Section,
  entry: number,
  { place, symbol }: Pair,
): Omit<KlpReloc, "gate" | "place"> | string {
  if (place === undefined) return "has no relocation that says the place";
  if (symbol === undefined) return "has no relocation that says the symbol";
  for (const { entries, entry: at } of [place, symbol]) {
    const type = entries.type(at);
    if (machine.absolute.includes(type)) continue;
    return `has a relocation of type ${type} when an absolute one on ${machine.name} has ${machine.absolute.join(" or ")}`;
  }
  const target = placeOf(object, place);
  if (typeof target === "string") return target;
  const index = symbol.entries.symbol(symbol.entry);
  const name = object.symbols.name(index);
  if (object.symbols.sectionIndex(index) !== SHN_UNDEF || index === 0) {
    return `names ${name || "no symbol"}, which is not undefined`;
  }
  if (parseLivepatchName(name) === undefined || name.startsWith(ANNOTATED_PREFIX)) {
    return `names ${name}, which is not called ${LIVEPATCH_SYMBOL_PREFIX}OBJECT.NAME,POS`;
  }
  const { data } = section;
  const view = new DataView(data.buffer, data.byteOffset, data.length);
  const at = entry * entrySize(object) + 2 * object.layout.wordSize;
  const type = object.layout.word.get(view, at);
  if (relocationType(machine.machine, type) === undefined) {
    return `says relocation type ${type}, which ${machine.name} does not have`;
  }
  return { type, symbol: index, named: symbol, ...target };
}

function placeOf(
  object: ElfObject,
  { entries, entry }: Slot,
): { readonly target: Section; readonly offset: number } | string {
  const { symbols } = object;
  const symbol = entries.symbol(entry);
  const target = object.sectionOfSymbol(symbol);
  if (target === undefined) {
    return `says a place by ${symbols.name(symbol) || "no symbol"}, which is in no section`;
  }
  const offset = symbols.value(symbol) + entries.addend(entry);
  if (offset < 0 || offset >= target.size) {
    const where = offset < 0 ? `-${hex(-offset)}` : hex(offset);
    return `says a place at ${where} of ${target.name}, which has ${counted(target.size, "byte")}`;
  }
  if (target.type === SHT_RELA) return `says a place in ${target.name}, which holds relocations`;
  if (!target.isLoaded) return `says a place in ${target.name}, which is not loaded`;
  return { target, offset };
}
