/**
 * KLP_MODULE_RELOC annotations: sections `.klp.module_relocs.OBJECT`, arrays of
 *     struct klp_module_reloc { union { void *sym; u64 sym64; }; u32 sympos; }   (packed, 12 bytes)
 * in the module's byte order, each with one absolute relocation to the symbol it speaks of. On a
 * 32-bit machine the pointer is the union's first word, so the relocation's offset is 12 * i on
 * every machine.
 */

import { type Diagnostics, hex, type Place } from "../diagnostics.js";
import {
  type ElfObject,
  Relocations,
  type Section,
  SHN_UNDEF,
  SHT_NOBITS,
  SHT_RELA,
} from "../elf/index.js";
import type { Machine } from "./machines.js";
import {
  ANNOTATION_SECTION_PREFIX,
  annotatedDeclaration,
  faultOfObject,
  kernelSpelling,
} from "./names.js";

const ENTRY_SIZE = 12;
const POSITION_AT = 8;

/** One KLP_SYMPOS line: the symbol called `name` is `object`'s, at `position`. */
export interface Annotation {
  readonly name: string;
  readonly object: string;
  readonly position: number;
  readonly place: Place & { readonly section: string; readonly offset: number };
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
  const byName = new Map<string, Annotation>();
  const sections: Section[] = [];
  for (const section of object.present()) {
    if (!section.name.startsWith(ANNOTATION_SECTION_PREFIX) || section.type === SHT_RELA) continue;
    sections.push(section);
    const owner = kernelSpelling(section.name.slice(ANNOTATION_SECTION_PREFIX.length));
    const fault = faultOfObject(owner);
    if (fault !== undefined) {
      diagnostics.error("annotation-object", fault, { section: section.name });
    } else {
      for (const annotation of readEntries(object, section, owner, machine, diagnostics)) {
        const first = byName.get(annotation.name);
        if (first === undefined) byName.set(annotation.name, annotation);
        else compare(first, annotation, diagnostics);
      }
    }
  }
  return { byName, sections };
}

/** Saying the same twice is harmless; one name cannot mean two symbols. */
function compare(first: Annotation, second: Annotation, diagnostics: Diagnostics): void {
  const { name, object, position, place } = second;
  if (first.object === object && first.position === position) return;
  diagnostics.error(
    "annotation-contradiction",
    `the annotation says that ${name} is ${object}'s, position ${position}; the one at ${first.place.section}+${hex(first.place.offset)} says ${first.object}'s, position ${first.position}`,
    place,
    [
      "a name means one symbol throughout a module; to use two homonyms, give one its annotated name:",
      annotatedDeclaration({ gate: object, object, name, position }),
    ],
  );
}

function readEntries(
  object: ElfObject,
  section: Section,
  owner: string,
  machine: Machine,
  diagnostics: Diagnostics,
): Annotation[] {
  const { data } = section;
  if (section.type === SHT_NOBITS) {
    diagnostics.error("annotation-size", "the annotations are corrupt: they have no contents", {
      section: section.name,
    });
    return [];
  }
  if (data.length % ENTRY_SIZE !== 0) {
    diagnostics.error(
      "annotation-size",
      `the annotations are corrupt: size is ${data.length} when it should be a multiple of ${ENTRY_SIZE}`,
      { section: section.name },
    );
    return [];
  }
  const symbols = readEntrySymbols(object, section, machine, diagnostics);
  const view = new DataView(data.buffer, data.byteOffset, data.length);
  const entries: Annotation[] = [];
  for (let offset = 0; offset < data.length; offset += ENTRY_SIZE) {
    const symbol = symbols.get(offset);
    if (symbol === undefined) {
      diagnostics.error("annotation-relocation", "the annotation names no symbol", {
        section: section.name,
        offset,
      });
    } else if (symbol !== null) {
      const position = object.layout.word.get(view, offset + POSITION_AT);
      const name = object.symbols.name(symbol);
      const place = { section: section.name, offset, symbol: name };
      entries.push({ name, object: owner, position, place });
    }
  }
  return entries;
}

/** The symbol of each entry by the entry's offset; null where a fault was reported. */
function readEntrySymbols(
  object: ElfObject,
  section: Section,
  machine: Machine,
  diagnostics: Diagnostics,
): Map<number, number | null> {
  const found = new Map<number, number | null>();
  for (const relocating of object.present()) {
    if (relocating.type !== SHT_RELA || relocating.info !== section.index) continue;
    const entries = new Relocations(relocating.data, object.layout);
    for (let entry = 0; entry < entries.count; entry++) {
      const offset = entries.offset(entry);
      const symbol = entries.symbol(entry);
      const fault = faultOfRelocation(object, entries, entry, machine, found);
      if (fault === undefined) {
        found.set(offset, symbol);
        continue;
      }
      const place = { section: section.name, offset, symbol: object.symbols.name(symbol) };
      diagnostics.error("annotation-relocation", fault, place);
      found.set(offset - (offset % ENTRY_SIZE), null);
    }
  }
  return found;
}

function faultOfRelocation(
  object: ElfObject,
  entries: Relocations,
  entry: number,
  machine: Machine,
  found: ReadonlyMap<number, number | null>,
): string | undefined {
  const offset = entries.offset(entry);
  const symbol = entries.symbol(entry);
  const type = entries.type(entry);
  const name = object.symbols.name(symbol);
  if (offset % ENTRY_SIZE !== 0) {
    return `the relocation is at ${hex(offset)} when entries begin at multiples of ${ENTRY_SIZE}`;
  }
  if (!machine.absolute.includes(type)) {
    return `the relocation has type ${type} when an absolute one on ${machine.name} has ${machine.absolute.join(" or ")}`;
  }
  if (!entries.addendIsZero(entry)) return "the relocation has an addend when it should have none";
  if (found.has(offset)) return "the annotation names two symbols";
  if (symbol === 0) return "the annotation names no symbol";
  if (object.symbols.sectionIndex(symbol) !== SHN_UNDEF) {
    return `the annotation names ${name === "" ? "a symbol" : name}, which this module defines itself`;
  }
  return undefined;
}
