// SPDX-License-Identifier: GPL-2.0-only

// No relocation is lost, changed or made up by a conversion: what the result should have is worked out
// here a second time, from the input alone and with a reader of its own.

import { type Draft, type DraftSection, type DraftSymbol, takeApart } from "./draft.js";
import { claim } from "./fault.js";

const SHT_RELA = 4;
const SHT_GROUP = 17;
const SHF_ALLOC = 2n;
const STB_WEAK = 2;

const isMark = (name: string) =>
  name.startsWith(".klp.module_relocs.") || name.startsWith("__klp_relocs.");

/** Throws Fault if the result of a conversion does not have the relocations of its input. */
export function claimRelocationsKept(input: Uint8Array, output: Uint8Array): void {
  const before = takeApart(input);
  const after = takeApart(output);
  const removed = removedSections(before);
  const kept = [...before.sections.keys()].filter((index) => !removed.has(index));
  for (const [at, index] of kept.entries()) {
    const [from, to] = [before.sections[index]!, after.sections[at]];
    claim(
      to !== undefined && to.type === from.type && to.name === from.name,
      "sections are kept",
      () => `section ${index} (${from.name}) became ${to?.name ?? "nothing"}`,
    );
  }
  const expected = expectedRelocations(before, removed);
  // New sections are behind those that were there, and relocate some of those.
  for (const relocation of relocationsOf(after, (at) => kept[at] ?? -1)) {
    const { key } = relocation;
    const count = expected.get(key) ?? 0;
    claim(count !== 0, "relocations are kept", () => `the result has one too many: ${key}`);
    expected.set(key, count - 1);
  }
  for (const [key, count] of expected) {
    // A name that stood for others goes with them; which do is not worked out again.
    const isDispensable = key.startsWith("unloaded") && key.includes(" stand-in ");
    claim(count === 0 || isDispensable, "relocations are kept", () => `the result lacks: ${key}`);
  }
}

/** Annotations, what relocates them, and groups that have nothing else. */
function removedSections({ sections, little }: Draft): Set<number> {
  const removed = new Set<number>();
  for (const [index, { name, type }] of sections.entries()) {
    if (index > 0 && type !== 0 && isMark(name)) removed.add(index);
  }
  for (const [index, { type, info }] of sections.entries()) {
    if (type === SHT_RELA && removed.has(info)) removed.add(index);
  }
  const groups = [...sections.entries()].filter(([, { type }]) => type === SHT_GROUP);
  for (const [index, { data }] of groups) {
    const view = new DataView(data.buffer, data.byteOffset, data.length);
    const members: number[] = [];
    for (let at = 4; at < data.length; at += 4) members.push(view.getUint32(at, little));
    if (members.length > 0 && members.every((member) => removed.has(member))) removed.add(index);
  }
  return removed;
}

interface Found {
  readonly key: string;
  readonly target: number;
  readonly offset: bigint;
  readonly type: number;
  readonly addend: bigint;
  readonly symbol: DraftSymbol;
}

const symbolsOf = (draft: Draft) => draft.sections.find(({ symbols }) => symbols)?.symbols ?? [];

/** All relocations, their sections numbered as in the input. */
function* relocationsOf(draft: Draft, original: (section: number) => number): Iterable<Found> {
  const symbols = symbolsOf(draft);
  for (const { relocations, info } of draft.sections) {
    const target = original(info);
    for (const { offset, type, symbol: index, addend } of relocations ?? []) {
      const symbol = symbols[index]!;
      const isLoaded = ((draft.sections[info]?.flags ?? 0n) & SHF_ALLOC) !== 0n;
      const name = describe(symbol, original);
      const key = `${isLoaded ? "loaded" : "unloaded"} ${target}+${offset} ${type} ${addend} ${name}`;
      yield { key, target, offset, type, addend, symbol };
    }
  }
}

/** What a symbol is, whatever it is called while a converter is at work. */
function describe(
  { name, section, value, info }: DraftSymbol,
  original: (section: number) => number,
) {
  const isOrdinary = section > 0 && section < 0xff00;
  if (isOrdinary) return `${name} in ${original(section)}+${value}`;
  if (section !== 0 && section !== 0xff20) return `${name} in ${section}`;
  const isStandIn = info >> 4 === STB_WEAK || name.startsWith(".klp.tombstone.");
  const standIn = isStandIn ? "stand-in " : "";
  return `${standIn}${plainName(name)}`;
}

function plainName(name: string): string {
  const annotated = /^\.klp\.sym\.rela\.[^.,]+\.[^.,]+\.([^,]+)[.,][0-9]{1,10}$/s.exec(name);
  const livepatch = /^\.klp\.sym\.[^.,]+\.([^,]+),[0-9]{1,10}$/s.exec(name);
  return annotated?.[1] ?? livepatch?.[1] ?? name;
}

/** What the result has to have, and how often. */
function expectedRelocations(draft: Draft, removed: ReadonlySet<number>): Map<string, number> {
  const gone = {
    ...draft,
    sections: draft.sections.map((section, index) => without(section, removed.has(index))),
  };
  const all = [...relocationsOf(gone, (index) => index)].filter(({ key, symbol }) => {
    const goes = symbol.section < 0xff00 && removed.has(symbol.section);
    return !(goes && key.startsWith("unloaded"));
  });
  const counts = new Map<string, number>();
  const add = (key: string, count: number) => counts.set(key, (counts.get(key) ?? 0) + count);
  for (const { key } of all) add(key, 1);
  const dead = new Set<Found>();
  for (const entry of entriesOfObjtool(draft)) {
    const stands = all.find(
      (each) =>
        each.target === entry.target &&
        each.offset === entry.offset &&
        each.type === entry.type &&
        each.addend === entry.addend &&
        each.symbol.section === 0 &&
        each.symbol.info >> 4 === STB_WEAK &&
        !dead.has(each),
    );
    claim(stands !== undefined, "relocations are kept", () => `nothing stood at ${entry.key}`);
    dead.add(stands!);
    add(stands!.key, -1);
    add(entry.key, 1);
  }
  return counts;
}

function without(section: DraftSection, isRemoved: boolean): DraftSection {
  if (!isRemoved || section.relocations === undefined) return section;
  return { ...section, relocations: [] };
}

/** Entries of struct klp_reloc: the place, the symbol, and the type behind them. */
function* entriesOfObjtool(draft: Draft): Iterable<Omit<Found, "symbol">> {
  const symbols = symbolsOf(draft);
  const word = draft.is64 ? 8 : 4;
  for (const [index, { name, data }] of draft.sections.entries()) {
    if (index === 0 || !name.startsWith("__klp_relocs.")) continue;
    const tables = draft.sections.filter(({ type, info }) => type === SHT_RELA && info === index);
    const byOffset = new Map(
      tables.flatMap(({ relocations = [] }) =>
        relocations.map((each) => [Number(each.offset), each]),
      ),
    );
    const view = new DataView(data.buffer, data.byteOffset, data.length);
    for (let at = 0; at < data.length; at += 3 * word) {
      const [place, named] = [byOffset.get(at)!, byOffset.get(at + word)!];
      const placed = symbols[place.symbol]!;
      const target = placed.section;
      const offset = placed.value + place.addend;
      const type = view.getUint32(at + 2 * word, draft.little);
      const symbol = symbols[named.symbol]!;
      const key = `loaded ${target}+${offset} ${type} ${named.addend} ${describe(symbol, (i) => i)}`;
      yield { key, target, offset, type, addend: named.addend };
    }
  }
}
