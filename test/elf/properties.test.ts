// SPDX-License-Identifier: GPL-2.0-only

// Whatever is in a file, and wherever it lies: what an edit did not mean stays, by name, as it was.
// What an edit does mean is worked out here a second time, on names and without any index.

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Diagnostics } from "../../src/diagnostics.js";
import { Relocations, removeSections, SHN_LIVEPATCH } from "../../src/elf/index.js";
import {
  buildElf,
  type ElfDescription,
  type SectionDescription,
  SHF,
  SHN,
  SHT,
  STB,
  STT,
  type SymbolDescription,
} from "../elf-builder.js";
import { type Facts, factsOf, type RelocationFacts } from "./facts.js";
import { faultsIn, file, opened, written } from "./outcome.js";
import { headerAt, type Pair, pairs, peek, peekNumber } from "./record-fields.js";
import { contentsOf, filler, relayout } from "./relayout.js";

const runs = { numRuns: 400 };

/** Loaded or not, of any type, alignment and size; `.ordered` and `.bound` ones name another. */
function arbitrarySections(count: number): fc.Arbitrary<SectionDescription[]> {
  const other = fc.nat(count - 1).map((index) => `s${index}`);
  return fc.tuple(
    ...Array.from({ length: count }, (_, index) =>
      fc
        .record({
          type: fc.constantFrom(SHT.PROGBITS, SHT.PROGBITS, SHT.NOBITS, SHT.NOTE),
          loaded: fc.boolean(),
          data: fc.uint8Array({ maxLength: 24 }),
          addralign: fc.constantFrom(0, 1, 2, 4, 8, 16, 64),
          // Seldom, because what is linked to a removed section mostly ends a removal.
          ordered: fc.option(other, { freq: 12 }),
          bound: fc.option(other, { freq: 12 }),
        })
        .map(
          ({ type, loaded, data, addralign, ordered, bound }): SectionDescription => ({
            name: `s${index}`,
            type,
            flags:
              (loaded ? SHF.ALLOC : 0) |
              (ordered === null ? 0 : SHF.LINK_ORDER) |
              (bound === null ? 0 : SHF.INFO_LINK),
            ...(type === SHT.NOBITS ? { size: data.length } : { data }),
            addralign,
            link: ordered ?? 0,
            info: bound ?? 0,
          }),
        ),
    ),
  );
}

function arbitrarySymbols(count: number): fc.Arbitrary<SymbolDescription[]> {
  const defined = fc.nat(count - 1).map((index) => `s${index}`);
  const special = fc.constantFrom("undef", "abs", "common", SHN.LIVEPATCH);
  return fc
    .array(
      fc.record({
        section: fc.oneof({ weight: 2, arbitrary: defined }, { weight: 3, arbitrary: special }),
        bind: fc.constantFrom(STB.LOCAL, STB.GLOBAL, STB.WEAK),
        type: fc.constantFrom(STT.NOTYPE, STT.OBJECT, STT.FUNC),
        value: fc.nat(0xffffffff),
        size: fc.nat(100),
        other: fc.nat(255),
      }),
      { maxLength: 12 },
    )
    .map((symbols) => [
      ...Array.from({ length: count }, (_, index) => ({
        name: "",
        section: `s${index}`,
        bind: STB.LOCAL,
        type: STT.SECTION,
      })),
      ...symbols.map((symbol, index) => ({ ...symbol, name: `symbol${index}` })),
    ]);
}

interface Generated {
  readonly pair: Pair;
  readonly bytes: Uint8Array;
}

/** A valid file of any class and byte order, with its parts in any order and anything between. */
const arbitraryFile: fc.Arbitrary<Generated> = fc
  .tuple(fc.constantFrom(...pairs), fc.integer({ min: 1, max: 8 }))
  .chain(([pair, count]) =>
    fc
      .record({
        sections: arbitrarySections(count),
        symbols: arbitrarySymbols(count),
        relocated: fc.array(
          fc.record({
            section: fc.nat(count - 1),
            entries: fc.array(
              fc.record({
                offset: fc.nat(0xffff),
                type: fc.nat(255),
                symbol: fc.nat(),
                addend: fc.integer({ min: -0x80000000, max: 0x7fffffff }),
              }),
              { maxLength: 8 },
            ),
            isMember: fc.boolean(),
          }),
          { maxLength: 4 },
        ),
        groups: fc.array(
          fc.record({ first: fc.nat(count), length: fc.nat(3), signature: fc.nat() }),
          { maxLength: 2 },
        ),
        groupsFirst: fc.boolean(),
        places: fc.option(
          fc.record({
            ranks: fc.infiniteStream(fc.nat()).map((stream) => [...stream.take(40)]),
            gaps: fc
              .infiniteStream(fc.uint8Array({ maxLength: 9 }))
              .map((stream) => [...stream.take(40)]),
          }),
        ),
      })
      .map((made) => ({ pair, bytes: buildFile(pair, made) })),
  );

interface Parts {
  readonly sections: SectionDescription[];
  readonly symbols: SymbolDescription[];
  readonly relocated: readonly {
    section: number;
    entries: readonly { offset: number; type: number; symbol: number; addend: number }[];
    isMember: boolean;
  }[];
  readonly groups: readonly { first: number; length: number; signature: number }[];
  readonly groupsFirst: boolean;
  readonly places: { ranks: readonly number[]; gaps: readonly Uint8Array[] } | null;
}

function buildFile(pair: Pair, parts: Parts): Uint8Array {
  const { sections, symbols, relocated, groupsFirst, places } = parts;
  const relocations = relocated.map(({ section, entries }, index) => {
    const target = sections[section]!;
    const size = target.size ?? (target.data as Uint8Array).length;
    const isLoaded = (Number(target.flags) & SHF.ALLOC) !== 0;
    return {
      section: target.name,
      name: `rela${index}`,
      entries: entries.map((entry) => ({
        ...entry,
        offset: isLoaded ? entry.offset % (size + 1) : entry.offset,
        symbol: entry.symbol % (symbols.length + 1),
      })),
    };
  });
  const groups = parts.groups.map(({ first, length, signature }, index): SectionDescription => {
    const members = sections.slice(first, first + length).map(({ name }) => name);
    const tables = relocated.flatMap(({ section, isMember }, at) =>
      isMember && members.includes(`s${section}`) ? [`rela${at}`] : [],
    );
    return {
      name: `group${index}`,
      type: SHT.GROUP,
      words: [1, ...tables, ...members],
      link: ".symtab",
      info: signature % (symbols.length + 1),
      entsize: 4,
      addralign: 4,
    };
  });
  const description: ElfDescription = {
    ...pair,
    sections: groupsFirst ? [...groups, ...sections] : [...sections, ...groups],
    symbols,
    relocations,
  };
  const bytes = buildElf(description);
  if (places === null) return bytes;
  const { ranks, gaps } = places;
  const count = peekNumber(bytes, 0, "e_shnum");
  const order = Array.from({ length: count }, (_, index) => index);
  order.sort((a, b) => ranks[a]! - ranks[b]!);
  // In the place of section 0, which has no contents, goes the header table.
  const pieces = order.flatMap((index) => [
    gaps[index] ?? filler(0),
    index === 0 ? ("header table" as const) : index,
  ]);
  return relayout(bytes, pieces);
}

/** Which sections go, by name; what they are is left to the file. */
const arbitraryChoice = fc.array(fc.boolean(), { minLength: 16, maxLength: 16 });

const RELA: number = SHT.RELA;
const GROUP: number = SHT.GROUP;

/** The names of the sections that go once `chosen` do. */
function closure({ sections, groups }: Facts, chosen: ReadonlySet<string>): ReadonlySet<string> {
  const gone = new Set(chosen);
  for (const { name, type, info } of sections) {
    if (type === RELA && chosen.has(info!)) gone.add(name);
  }
  const rest = new Set(gone);
  for (const [name, { members }] of groups) {
    if (members.length > 0 && members.every((member) => gone.has(member))) rest.add(name);
  }
  return rest;
}

/** What is left of a file without the sections that go. */
function without(facts: Facts, gone: ReadonlySet<string>): Facts {
  const isLeft = (name: string) => !gone.has(name);
  const goneSymbols = namesOfGoneSymbols(facts, gone);
  return {
    sections: facts.sections.filter(({ name }) => isLeft(name)),
    symbols: facts.symbols.filter(({ name }) => !goneSymbols.has(name)),
    relocations: new Map(
      [...facts.relocations]
        .filter(([name]) => isLeft(name))
        .map(([name, entries]) => [name, entries.filter(({ symbol }) => !goneSymbols.has(symbol))]),
    ),
    groups: new Map(
      [...facts.groups]
        .filter(([name]) => isLeft(name))
        .map(([name, { flags, members }]) => [name, { flags, members: members.filter(isLeft) }]),
    ),
  };
}

function namesOfGoneSymbols({ symbols }: Facts, gone: ReadonlySet<string>): ReadonlySet<string> {
  return new Set(
    symbols
      .filter(({ section }) => typeof section === "string" && gone.has(section))
      .map(({ name }) => name),
  );
}

/** What is left and refers to what goes: the section that a message names, and what about it. */
function danglingReferences(facts: Facts, gone: ReadonlySet<string>): [string, string][] {
  const goneSymbols = namesOfGoneSymbols(facts, gone);
  const byName = new Map(facts.sections.map((section) => [section.name, section]));
  const found: [string, string][] = [];
  for (const section of facts.sections) {
    const { name, type, flags, link, info } = section;
    if (gone.has(name)) continue;
    const entries = facts.relocations.get(name) ?? [];
    const target = type === RELA ? byName.get(info!) : undefined;
    if (target !== undefined && (target.flags & BigInt(SHF.ALLOC)) !== 0n) {
      const dangling = entries.filter(({ symbol }) => goneSymbols.has(symbol));
      found.push(...dangling.map((): [string, string] => [target.name, "relocation"]));
    }
    if (gone.has(link)) found.push([name, "linked"]);
    const namesSection = type === RELA || (flags & BigInt(SHF.INFO_LINK)) !== 0n;
    if (namesSection && gone.has(info!)) found.push([name, "belongs"]);
    if (type === GROUP && goneSymbols.has(info!)) found.push([name, "signature"]);
  }
  return found;
}

/** Removes the chosen sections; undefined, once compared, if something left refers to them. */
function removal(bytes: Uint8Array, choice: readonly boolean[]) {
  const facts = factsOf(bytes);
  const object = opened(bytes);
  const chosen = object.sections.filter(
    ({ name }, index) => /^(s|rela|group)[0-9]/.test(name) && choice[index % choice.length]!,
  );
  const gone = closure(facts, new Set(chosen.map(({ name }) => name)));
  const diagnostics = new Diagnostics(file);
  removeSections(object, chosen, diagnostics);
  expect(
    faultsIn(diagnostics).map(({ section, message }) => [
      section,
      /relocation|linked|belongs|signature/.exec(message)?.[0],
    ]),
  ).toEqual(danglingReferences(facts, gone));
  return diagnostics.failed ? undefined : { object, expected: without(facts, gone) };
}

/** Contents lie within the file, apart from each other and from the headers. */
function expectSoundLayout(bytes: Uint8Array): void {
  const count = peekNumber(bytes, 0, "e_shnum");
  const extents = Array.from({ length: count }, (_, index) => {
    const start = peekNumber(bytes, headerAt(bytes, index), "sh_offset");
    return { start, end: start + contentsOf(bytes, index).length };
  }).filter(({ start, end }) => end > start);
  extents.push({ start: 0, end: peekNumber(bytes, 0, "e_ehsize") });
  extents.push({ start: headerAt(bytes, 0), end: headerAt(bytes, count) });
  extents.sort((a, b) => a.start - b.start);
  for (const [index, { start }] of extents.entries()) {
    if (index > 0) expect(start).toBeGreaterThanOrEqual(extents[index - 1]!.end);
  }
  expect(extents.at(-1)!.end).toBeLessThanOrEqual(bytes.length);
}

describe("of a generated file", () => {
  test("nothing changes without an edit", () => {
    fc.assert(
      fc.property(arbitraryFile, ({ bytes }) => {
        expect(Buffer.compare(written(opened(bytes)), bytes)).toBe(0);
      }),
      runs,
    );
  });

  test("removing sections takes what has no meaning without them, and nothing else", () => {
    let removals = 0;
    fc.assert(
      fc.property(arbitraryFile, arbitraryChoice, ({ bytes }, choice) => {
        const done = removal(bytes, choice);
        if (done === undefined) return;
        removals++;
        const result = written(done.object);
        expect(factsOf(result)).toEqual(done.expected);
        expectSoundLayout(result);
        expect(Buffer.compare(written(opened(result)), result)).toBe(0);
      }),
      { numRuns: 3 * runs.numRuns },
    );
    // Not all of them may have ended in errors, where there is nothing to compare.
    expect(removals).toBeGreaterThan(runs.numRuns / 2);
  });

  test("offsets keep their residue modulo the alignment", () => {
    fc.assert(
      fc.property(arbitraryFile, arbitraryChoice, ({ bytes }, choice) => {
        const before = residues(bytes);
        const done = removal(bytes, choice);
        if (done === undefined) return;
        for (const [name, residue] of residues(written(done.object))) {
          expect([name, residue]).toEqual([name, before.get(name)]);
        }
      }),
      runs,
    );
  });

  test("renamed symbols, new sections and moved relocations change nothing else", () => {
    fc.assert(
      fc.property(arbitraryFile, fc.func(fc.boolean()), ({ pair, bytes }, isChosen) => {
        const facts = factsOf(bytes);
        const object = opened(bytes);
        const { symbols } = object;
        const chosen = new Set<string>();
        for (let symbol = 1; symbol < symbols.count; symbol++) {
          const name = symbols.name(symbol);
          if (name === "" || !isChosen(name)) continue;
          chosen.add(name);
          symbols.rename(symbol, `new ${name}`);
          symbols.setSectionIndex(symbol, SHN_LIVEPATCH);
        }
        const isMoved = ({ symbol }: RelocationFacts) => chosen.has(symbol);
        for (const section of object.present()) {
          if (section.type !== RELA) continue;
          const entries = new Relocations(section.data, object.layout);
          const isOfChosen = (entry: number) => /^new /.test(symbols.name(entries.symbol(entry)));
          object.addSection({
            name: `moved from ${section.name}`,
            type: SHT.RELA,
            flags: SHF.ALLOC | SHF.INFO_LINK,
            link: symbols.section,
            info: section.info,
            addralign: object.layout.wordSize,
            entsize: object.layout.rela.size,
            data: entries.pick(isOfChosen),
          });
          section.data = entries.pick((entry) => !isOfChosen(entry));
        }
        const result = written(object);
        expectSoundLayout(result);

        const newName = (name: string) => (chosen.has(name) ? `new ${name}` : name);
        const renamed = (entries: readonly RelocationFacts[]) =>
          entries.map((entry) => ({ ...entry, symbol: newName(entry.symbol) }));
        const tables = [...facts.relocations];
        const made = factsOf(result);
        const stringTables = [".strtab", ".shstrtab"];
        const comparable = (sections: Facts["sections"]) =>
          sections.map((section) =>
            stringTables.includes(section.name) ? { ...section, contents: "" } : section,
          );
        expect({ ...made, sections: comparable(made.sections) }).toEqual({
          sections: [
            ...comparable(facts.sections).map((section) =>
              section.type === GROUP ? { ...section, info: newName(section.info!) } : section,
            ),
            ...facts.sections
              .filter(({ type }) => type === RELA)
              .map(({ name, info }) => ({
                name: `moved from ${name}`,
                type: RELA,
                flags: BigInt(SHF.ALLOC | SHF.INFO_LINK),
                link: ".symtab",
                info,
                addralign: BigInt(pair.class / 8),
                entsize: BigInt((3 * pair.class) / 8),
                contents: undefined,
                nobits: undefined,
              })),
          ],
          symbols: facts.symbols.map((symbol) =>
            chosen.has(symbol.name)
              ? { ...symbol, name: newName(symbol.name), section: SHN_LIVEPATCH }
              : symbol,
          ),
          relocations: new Map([
            ...tables.map(([name, all]) => [name, all.filter((each) => !isMoved(each))] as const),
            ...tables.map(
              ([name, all]) => [`moved from ${name}`, renamed(all.filter(isMoved))] as const,
            ),
          ]),
          groups: facts.groups,
        });
        // The string tables begin with what they were.
        for (const { name, contents } of facts.sections) {
          if (!stringTables.includes(name)) continue;
          const grown = made.sections.find((section) => section.name === name);
          expect(grown?.contents?.startsWith(contents!)).toBe(true);
        }
      }),
      runs,
    );
  });
});

function residues(bytes: Uint8Array): Map<string, bigint> {
  const { sections } = factsOf(bytes);
  return new Map(
    sections.map(({ name, addralign }, index) => {
      const offset = peek(bytes, headerAt(bytes, index + 1), "sh_offset");
      return [name, addralign === 0n ? 0n : offset % addralign];
    }),
  );
}
