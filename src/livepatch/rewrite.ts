/**
 * Makes livepatch symbols of the symbols that were decided to be, and moves their relocations to
 * livepatch sections. A relocation moves, it is never copied: x86 refuses a place that was written
 * before (arch/x86/kernel/module.c), and its bytes are never touched.
 */

import {
  type ElfObject,
  type Section,
  SHF_ALLOC,
  SHF_INFO_LINK,
  SHF_RELA_LIVEPATCH,
  SHN_LIVEPATCH,
  SHT_RELA,
} from "../elf/index.js";
import type { KlpRelocs } from "./dialects/klp-relocs.js";
import { livepatchSectionName, livepatchSymbolName, objectOfLivepatchSection } from "./names.js";
import { isLivepatchSection, ordinaryRelocations } from "./references.js";
import type { Decision } from "./rules/verdict.js";

/** A livepatch section that relocations moved to. */
export interface MovedTo {
  readonly section: Section;
  readonly target: Section;
  /** The object whose loading has them applied. */
  readonly gate: string;
  /** Relocations moved there. */
  readonly count: number;
}

/**
 * Rewrites the object; new sections come in the order of those that relocations moved from, those of
 * objtool's form behind them in its entries' order.
 */
export function rewrite(
  object: ElfObject,
  decisions: readonly Decision[],
  gates: readonly (string | undefined)[],
  klpRelocs: KlpRelocs,
): MovedTo[] {
  for (const { reference, target } of decisions) {
    if (target === undefined) continue;
    object.symbols.rename(reference.symbol, livepatchSymbolName(target));
    object.symbols.setSectionIndex(reference.symbol, SHN_LIVEPATCH);
  }
  const destinations = new Destinations(object);
  for (const [section, target] of ordinaryRelocations(object)) {
    const entries = section.relocations(object.layout);
    const parts = entries.partition(entries.all.symbols, gates);
    for (const [gate, moved] of parts) {
      if (gate !== undefined) destinations.add(gate, target, moved);
    }
    const stays = parts.get(undefined);
    if (parts.size > (stays === undefined ? 0 : 1)) section.data = stays ?? new Uint8Array(0);
  }
  for (const { gate, target, offset, type, named } of klpRelocs.entries) {
    destinations.add(gate, target, named.entries.replaced(named.entry, offset, type));
  }
  return destinations.settle();
}

interface Destination {
  readonly gate: string;
  readonly target: Section;
  /** The livepatch section that is there already. */
  readonly existing: Section | undefined;
  readonly moved: Uint8Array[];
}

/**
 * Where relocations move to: one livepatch section per gate and target section. sh_info says which
 * section is relocated, so two targets of the same name have two; the kernel takes the gate from
 * the name and nothing else.
 */
class Destinations {
  readonly #object: ElfObject;
  readonly #byKey = new Map<string, Destination>();

  constructor(object: ElfObject) {
    this.#object = object;
    for (const section of object.present()) {
      // One that is not loaded would not be there when its relocations are applied.
      if (section.type !== SHT_RELA || !isLivepatchSection(section) || !section.isLoaded) continue;
      const gate = objectOfLivepatchSection(section.name);
      const target = object.sections[section.info]!;
      if (gate !== undefined) this.#find(gate, target, section);
    }
  }

  add(gate: string, target: Section, moved: Uint8Array): void {
    this.#find(gate, target, undefined).moved.push(moved);
  }

  /** Makes or extends the sections, and tells which they are. */
  settle(): MovedTo[] {
    const settled: MovedTo[] = [];
    for (const { gate, target, existing, moved } of this.#byKey.values()) {
      if (moved.length === 0) continue;
      const count = moved.reduce((sum, part) => sum + part.length, 0) / this.#entrySize;
      const data = joined(existing === undefined ? moved : [existing.data, ...moved]);
      const section = existing ?? this.#make(gate, target, data);
      section.data = data;
      settled.push({ section, target, gate, count });
    }
    return settled;
  }

  #find(gate: string, target: Section, existing: Section | undefined): Destination {
    const key = `${gate} ${target.index}`;
    let destination = this.#byKey.get(key);
    if (destination === undefined) {
      destination = { gate, target, existing, moved: [] };
      this.#byKey.set(key, destination);
    }
    return destination;
  }

  #make(gate: string, target: Section, data: Uint8Array): Section {
    return this.#object.addSection({
      name: livepatchSectionName(gate, target.name),
      type: SHT_RELA,
      flags: SHF_ALLOC | SHF_INFO_LINK | SHF_RELA_LIVEPATCH,
      link: this.#object.symbols.section,
      info: target.index,
      addralign: this.#object.layout.wordSize,
      entsize: this.#entrySize,
      data,
    });
  }

  get #entrySize(): number {
    return this.#object.layout.rela.size;
  }
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}
