// SPDX-License-Identifier: GPL-2.0-only

// Modules of objtool's form for tests: sections __klp_relocs.OBJECT, the relocations that make entries
// of their bytes, and what stands at the places of the entries until they are converted.

import {
  buildElf,
  type ElfDescription,
  type RelocationDescription,
  type RelocationSectionDescription,
  type SectionDescription,
  SHF,
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

/** One entry, and the relocation that stands at its place. */
export interface ObjtoolEntry {
  /** `OBJECT.NAME,POS`; the symbol is called this behind `.klp.sym.`. */
  readonly symbol: string;
  /** The section of the place, and its offset there. */
  readonly section: string;
  readonly offset: number;
  /** Default: 0. */
  readonly addend?: Word;
  /** Default: the layout's absolute one. */
  readonly type?: number;
  /** What the relocation at the place names. Default: `.klp.tombstone.NAME`, as objtool has it. */
  readonly standIn?: string;
  /** A symbol of the section, and its value, that says the place. Default: the section symbol. */
  readonly by?: readonly [symbol: string, value: number];
}

export interface ObjtoolForm extends Intermediate {
  /** Entries by the object that gates them. */
  readonly entries: Readonly<Record<string, readonly ObjtoolEntry[]>>;
}

/** sizeof(struct klp_reloc). */
export function entrySizeOf(layout: TestLayout): number {
  return layout.class === 64 ? 24 : 12;
}

/** `.klp.tombstone.NAME` of a symbol that is given as `OBJECT.NAME,POS`. */
export function tombstoneOf(symbol: string): string {
  const [, name] = /^[^.]*\.(.*),[^,]*$/s.exec(symbol) ?? [];
  if (name === undefined) throw new Error(`${symbol} is not OBJECT.NAME,POS`);
  return `.klp.tombstone.${name}`;
}

/**
 * Describes the module that {@link describeIntermediate} does, with entries. Sections of entries stand
 * behind .modinfo, their relocations before all others, and their symbols before all others that
 * are not local, so that nearly every index moves when they go. A section's relocations are in the
 * order of their offsets. Every section has a section symbol; they come first.
 */
export function describeObjtoolForm(wanted: ObjtoolForm): ElfDescription {
  const layout = wanted.layout ?? LAYOUTS[0];
  const base = describeIntermediate(wanted);
  const gates = Object.entries(wanted.entries).map(
    ([gate, entries]) => [`__klp_relocs.${gate}`, entries] as const,
  );
  const [modinfo, ...others] = base.sections!;
  const sections = [
    modinfo!,
    ...gates.map(([name, entries]) => sectionOfEntries(layout, name, entries)),
    ...others,
  ];
  const given = base.symbols!;
  const isGiven = new Set(given.map(({ name }) => name));
  const all = gates.flatMap(([, entries]) => entries);
  const names = all.flatMap((entry) => [standInOf(entry), `.klp.sym.${entry.symbol}`]);
  const symbols: SymbolDescription[] = [
    ...sections.map(({ name }) => ({
      name: "",
      type: STT.SECTION,
      bind: STB.LOCAL,
      section: name,
    })),
    ...[...new Set(names)]
      .filter((name) => !isGiven.has(name))
      .map((name) => ({ name, bind: STB.WEAK })),
    ...given,
  ];
  const index = new Map(sections.map(({ name }, i) => [name, 1 + i]));
  const relocations = base.relocations!;
  const standing = new Map<string | number, RelocationDescription[]>(
    relocations.map(({ section, entries }) => [section, [...entries]]),
  );
  for (const entry of all) {
    const { section, offset, type = layout.absolute, addend = 0 } = entry;
    const at = standing.get(section) ?? [];
    standing.set(section, at);
    at.push({ offset, type, symbol: standInOf(entry), addend });
  }
  return {
    ...base,
    sections,
    symbols,
    relocations: [
      ...gates.map(([section, entries]) => ({
        section,
        entries: entries.flatMap((entry, i) =>
          relocationsOfEntry(layout, i, entry, index.get(entry.section)!),
        ),
      })),
      ...[...standing].map(([section, entries]) => ({
        section,
        entries: entries.sort((a, b) => Number(a.offset) - Number(b.offset)),
      })),
    ],
  };
}

/** Builds what {@link describeObjtoolForm} describes. */
export function buildObjtoolForm(wanted: ObjtoolForm): Uint8Array {
  return buildElf(describeObjtoolForm(wanted));
}

function standInOf({ standIn, symbol }: ObjtoolEntry): string {
  return standIn ?? tombstoneOf(symbol);
}

/** struct klp_reloc { void *offset; void *sym; u32 type; }: the relocations fill in the pointers. */
function sectionOfEntries(
  layout: TestLayout,
  name: string,
  entries: readonly ObjtoolEntry[],
): SectionDescription {
  const words = entries.flatMap(({ type = layout.absolute }) =>
    layout.class === 64 ? [0, 0, 0, 0, type, 0] : [0, 0, type],
  );
  return { name, flags: SHF.ALLOC, addralign: layout.class / 8, words };
}

function relocationsOfEntry(
  layout: TestLayout,
  number: number,
  { symbol, offset, addend = 0, by }: ObjtoolEntry,
  sectionSymbol: number,
): RelocationDescription[] {
  const start = number * entrySizeOf(layout);
  const type = layout.absolute;
  const [place, value] = by ?? [sectionSymbol, 0];
  return [
    { offset: start, type, symbol: place, addend: offset - value },
    { offset: start + layout.class / 8, type, symbol: `.klp.sym.${symbol}`, addend },
  ];
}

/** The index of a section's symbol in the file that is built. */
export function sectionSymbolOf({ symbols = [] }: ElfDescription, section: string): number {
  const locals = symbols.filter(({ bind }) => bind === STB.LOCAL);
  const at = locals.findIndex((each) => each.type === STT.SECTION && each.section === section);
  if (at < 0) throw new Error(`section ${section} has no symbol`);
  return 1 + at;
}

/** The description with one section changed. */
export function changeSection(
  description: ElfDescription,
  section: string,
  change: Partial<SectionDescription>,
): ElfDescription {
  const rename = <Each extends { readonly section?: string | number }>(each: Each): Each =>
    change.name !== undefined && each.section === section
      ? { ...each, section: change.name }
      : each;
  return {
    ...description,
    sections: description.sections!.map((each) =>
      each.name === section ? { ...each, ...change } : each,
    ),
    symbols: description.symbols!.map(rename),
    relocations: description.relocations!.map(rename),
  };
}

/** The description with the relocations of one section changed; of one that has none, made. */
export function changeRelocations(
  description: ElfDescription,
  section: string,
  change: (entries: readonly RelocationDescription[]) => readonly RelocationDescription[],
): ElfDescription {
  const relocations: readonly RelocationSectionDescription[] = description.relocations!;
  const isThere = relocations.some((each) => each.section === section);
  return {
    ...description,
    relocations: isThere
      ? relocations.map((each) =>
          each.section === section ? { ...each, entries: change(each.entries) } : each,
        )
      : [...relocations, { section, entries: change([]) }],
  };
}
