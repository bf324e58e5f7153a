/**
 * Makes livepatch symbols of the symbols that were decided to be, and moves their relocations to
 * livepatch sections. A relocation moves, it is never copied: x86 refuses a place that was written
 * before (arch/x86/kernel/module.c), and its bytes are never touched.
 */

import {
  type ElfObject,
  Relocations,
  type Section,
  SHF_ALLOC,
  SHF_INFO_LINK,
  SHF_RELA_LIVEPATCH,
  SHN_LIVEPATCH,
  SHT_RELA,
} from "../elf/index.js";
import { livepatchSectionName, livepatchSymbolName, objectOfLivepatchSection } from "./names.js";
import { isLivepatchSection, ordinaryRelocations } from "./references.js";
import type { Decision } from "./resolve.js";

/** A livepatch section that relocations moved to. */
export interface MovedTo {
  readonly section: Section;
  readonly target: Section;
  /** The object whose loading has them applied. */
  readonly gate: string;
  /** Relocations moved there. */
  readonly count: number;
}

/** Rewrites the object; the sections come in the order of those they were moved from. */
export function rewrite(object: ElfObject, decisions: readonly Decision[]): MovedTo[] {
  const gates = new Map<number, string>();
  for (const { reference, target } of decisions) {
    if (target === undefined) continue;
    object.symbols.rename(reference.symbol, livepatchSymbolName(target));
    object.symbols.setSectionIndex(reference.symbol, SHN_LIVEPATCH);
    gates.set(reference.symbol, target.gate);
  }
  const livepatchSections = new LivepatchSections(object);
  // Listed first: moving adds sections to those that are walked.
  return [...ordinaryRelocations(object)].flatMap(([section, target]) => {
    const entries = new Relocations(section.data, object.layout);
    const gateOf = (entry: number) => gates.get(entries.symbol(entry));
    const counts = new Map<string, number>();
    for (let entry = 0; entry < entries.count; entry++) {
      const gate = gateOf(entry);
      if (gate !== undefined) counts.set(gate, (counts.get(gate) ?? 0) + 1);
    }
    if (counts.size === 0) return [];
    section.data = entries.pick((entry) => gateOf(entry) === undefined);
    return [...counts].map(([gate, count]) => {
      const moved = entries.pick((entry) => gateOf(entry) === gate);
      return { section: livepatchSections.add(gate, target, moved), target, gate, count };
    });
  });
}

/**
 * The livepatch sections of an object, one per gate and target section. sh_info says which section
 * is relocated, so two targets of the same name have two; the kernel takes the gate from the name
 * and nothing else.
 */
class LivepatchSections {
  readonly #byGateAndTarget = new Map<string, Section>();

  constructor(readonly object: ElfObject) {
    for (const section of object.present()) {
      if (section.type !== SHT_RELA || !isLivepatchSection(section)) continue;
      const gate = objectOfLivepatchSection(section.name);
      if (gate !== undefined) this.#byGateAndTarget.set(`${gate} ${section.info}`, section);
    }
  }

  /** Appends relocations to the section for `gate` and `target`, which is made if there is none. */
  add(gate: string, target: Section, moved: Uint8Array): Section {
    const key = `${gate} ${target.index}`;
    const existing = this.#byGateAndTarget.get(key);
    if (existing !== undefined) {
      const data = new Uint8Array(existing.data.length + moved.length);
      data.set(existing.data);
      data.set(moved, existing.data.length);
      existing.data = data;
      return existing;
    }
    const section = this.object.addSection({
      name: livepatchSectionName(gate, target.name),
      type: SHT_RELA,
      flags: SHF_ALLOC | SHF_INFO_LINK | SHF_RELA_LIVEPATCH,
      link: this.object.symbols.section,
      info: target.index,
      addralign: this.object.layout.wordSize,
      entsize: this.object.layout.rela.size,
      data: moved,
    });
    this.#byGateAndTarget.set(key, section);
    return section;
  }
}
