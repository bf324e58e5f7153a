/**
 * KLP_MODULE_RELOC annotations: sections `.klp.module_relocs.OBJECT`, arrays of
 *     struct klp_module_reloc { union { void *sym; u64 sym64; }; u32 sympos; }   (packed, 12 bytes)
 * in the module's byte order, each with one absolute relocation to the symbol it speaks of. On a
 * 32-bit machine the pointer is the union's first word, so the relocation is at the entry's start
 * on every machine.
 *
 * A section may hold several arrays, and a compiler aligns them as it likes: GCC puts one of 32
 * bytes or more at a multiple of 32. So it is the relocations that say where entries are; between
 * entries there may be zero bytes and nothing else.
 */

import { type Diagnostics, hex, type Place } from "../../diagnostics.js";
import {
  type ElfObject,
  Relocations,
  relocationSections,
  type Section,
  SHF_COMPRESSED,
  SHN_LIVEPATCH,
  SHN_UNDEF,
  SHT_PROGBITS,
} from "../../elf/index.js";
import { kernelSpelling } from "../../symbols/index.js";
import type { Machine } from "../machines.js";
import { ANNOTATION_SECTION_PREFIX, annotatedDeclaration, faultOfObject } from "../names.js";

const ENTRY_SIZE = 12;
const POSITION_AT = 8;

/** One KLP_SYMPOS line: the symbol called `name` is `object`'s, at `position`. */
export interface Annotation {
  readonly name: string;
  readonly object: string;
  readonly position: number;
  readonly place: Place;
  /** What says so: `the annotation`, or an option as it was given. */
  readonly says: string;
  /** The same, told apart from others. */
  readonly where: string;
  /** Why the symbol becomes what the annotation says. */
  readonly why: string;
}

export interface Annotations {
  readonly byName: ReadonlyMap<string, Annotation>;
  /** The sections they came from, which the result must not have. */
  readonly sections: readonly Section[];
}

/**
 * Reads every annotation of a module. What is malformed, or says something else of a name than
 * another annotation does, is added to `diagnostics` and left out.
 */
export function readAnnotations(
  object: ElfObject,
  machine: Machine,
  diagnostics: Diagnostics,
): Annotations {
  const sections = object
    .present()
    .filter(({ name }) => name.startsWith(ANNOTATION_SECTION_PREFIX));
  const relocations = relocationSections(object, sections);
  const byName = new Map<string, Annotation>();
  for (const section of sections) {
    const owner = kernelSpelling(section.name.slice(ANNOTATION_SECTION_PREFIX.length));
    const fault = faultOfObject(owner) ?? faultOfSection(section);
    if (fault !== undefined) {
      diagnostics.error("annotation-section", fault, { section: section.name }, [
        `annotations are made by KLP_MODULE_RELOC(OBJECT), in sections ${ANNOTATION_SECTION_PREFIX}OBJECT`,
      ]);
      continue;
    }
    const entries = readEntries(object, section, relocations.get(section.index) ?? [], machine);
    for (const { name, position, place, fault } of entries) {
      if (fault !== undefined) {
        diagnostics.error("annotation-entry", fault, place, [
          `an entry is ${ENTRY_SIZE} bytes, KLP_SYMPOS(SYMBOL, POSITION), between entries are zeros`,
        ]);
        continue;
      }
      const says = "the annotation";
      const where = `the one at ${section.name}+${hex(place.offset)}`;
      const why = `annotated in ${section.name}`;
      const annotation = { name, object: owner, position, place, says, where, why };
      const first = byName.get(name);
      if (first === undefined) byName.set(name, annotation);
      else compareAnnotations(first, annotation, diagnostics);
    }
  }
  return { byName, sections };
}

function faultOfSection({ type, flags }: Section): string | undefined {
  if (type !== SHT_PROGBITS) return `the section has type ${type} when annotations have 1`;
  return (flags & SHF_COMPRESSED) === 0 ? undefined : "the section is compressed";
}

/** Saying the same twice is harmless; one name cannot mean two symbols. */
export function compareAnnotations(
  first: Annotation,
  second: Annotation,
  diagnostics: Diagnostics,
): void {
  const { name, object, position, place, says } = second;
  if (first.object === object && first.position === position) return;
  diagnostics.error(
    "annotation-contradiction",
    `${says} says that ${name} is ${object}'s, position ${position}; ${first.where} says ${first.object}'s, position ${first.position}`,
    place,
    [
      "a name means one symbol throughout a module; to use two homonyms, give one its annotated name:",
      annotatedDeclaration({ gate: object, object, name, position }),
    ],
  );
}

/** What one relocation, or the bytes that none explains, says. */
interface Entry {
  readonly name: string;
  readonly position: number;
  readonly place: Place & { readonly section: string; readonly offset: number };
  readonly fault: string | undefined;
}

function readEntries(
  object: ElfObject,
  section: Section,
  relocations: readonly Section[],
  machine: Machine,
): Entry[] {
  const { data } = section;
  const view = new DataView(data.buffer, data.byteOffset, data.length);
  const found = relocations.flatMap(({ data: table }) => {
    const entries = new Relocations(table, object.layout);
    return Array.from({ length: entries.count }, (_, entry) => ({ entries, entry }));
  });
  found.sort((a, b) => a.entries.offset(a.entry) - b.entries.offset(b.entry));
  const read: Entry[] = [];
  let end = 0;
  const addStray = (until: number) => {
    const stray = data.subarray(end, until).findIndex((byte) => byte !== 0);
    if (stray < 0) return;
    const place = { section: section.name, offset: end + stray };
    read.push({ name: "", position: 0, place, fault: "the annotation names no symbol" });
  };
  for (const { entries, entry } of found) {
    const offset = entries.offset(entry);
    const name = object.symbols.name(entries.symbol(entry));
    const place = { section: section.name, offset, symbol: name };
    if (offset > end) addStray(offset);
    const fault =
      offset < end
        ? `the annotation overlaps the one that ends at ${hex(end)}`
        : offset + ENTRY_SIZE > data.length
          ? `the annotation reaches past the end of the section at ${hex(data.length)}`
          : faultOfRelocation(object, entries, entry, machine);
    const position = fault === undefined ? object.layout.word.get(view, offset + POSITION_AT) : 0;
    read.push({ name, position, place, fault });
    end = Math.max(end, offset + ENTRY_SIZE);
  }
  addStray(data.length);
  return read;
}

function faultOfRelocation(
  object: ElfObject,
  entries: Relocations,
  entry: number,
  machine: Machine,
): string | undefined {
  const symbol = entries.symbol(entry);
  const type = entries.type(entry);
  if (!machine.absolute.includes(type)) {
    return `the relocation has type ${type} when an absolute one on ${machine.name} has ${machine.absolute.join(" or ")}`;
  }
  if (entries.addend(entry) !== 0) return "the relocation has an addend when it should have none";
  if (symbol === 0) return "the annotation names no symbol";
  const section = object.symbols.sectionIndex(symbol);
  if (section === SHN_LIVEPATCH) return "the annotation names a symbol that is converted already";
  if (section !== SHN_UNDEF) {
    return `the annotation names ${object.symbols.name(symbol) || "a symbol"}, which this module defines itself`;
  }
  return undefined;
}
