// SPDX-License-Identifier: GPL-2.0-only

// What is true of an object between any two passes.

import {
  type ElfObject,
  R_NONE,
  Relocations,
  SHF_RELA_LIVEPATCH,
  SHN_LIVEPATCH,
  SHN_UNDEF,
  SHT_GROUP,
  SHT_RELA,
} from "../src/elf/index.js";

/**
 * Every violation in words; none in a sound object. In objtool's form, which is intermediate,
 * symbols that are undefined yet have the names of livepatch symbols already.
 */
export function brokenInvariants(
  object: ElfObject,
  stage: "intermediate" | "converted" = "converted",
): string[] {
  const { symbols, sections, layout } = object;
  const broken: string[] = [];
  const claim = (holds: boolean, what: string) => {
    if (!holds) broken.push(what);
  };
  const isPresent = (index: number) => sections[index] !== undefined && !sections[index].removed;

  claim(isPresent(object.sectionNames), "the section names are there");
  claim(isPresent(symbols.section), "the symbol table is there");
  claim(isPresent(symbols.stringTable), "the symbol names are there");
  sections.forEach((section, i) => {
    claim(section.index === i, `section ${i} is at its index`);
  });

  for (let symbol = 0; symbol < symbols.count; symbol++) {
    if (symbols.removed.has(symbol)) continue;
    const section = object.sectionOfSymbol(symbol);
    claim(section === undefined || !section.removed, `symbol ${symbol} is in a section that stays`);
    const isLocal = symbol < symbols.firstGlobal;
    claim(isLocal === (symbols.binding(symbol) === 0), `symbol ${symbol} is among its like`);
    const isLivepatch = symbols.sectionIndex(symbol) === SHN_LIVEPATCH;
    const isToBe = stage === "intermediate" && symbols.sectionIndex(symbol) === SHN_UNDEF;
    const name = symbols.name(symbol);
    const isCalledSo = /^\.klp\.sym\.[^.]{1,55}\.[^,]{1,511},\d+$/.test(name);
    claim(
      isLivepatch === isCalledSo || (isToBe && isCalledSo),
      `symbol ${symbol} is called ${name} for a reason`,
    );
  }

  for (const section of object.present()) {
    const where = `section ${section.index} (${section.name})`;
    claim(isPresent(section.link), `${where} is linked to a section that stays`);
    if (section.infoIsSection) claim(isPresent(section.info), `${where} is about one that stays`);
    if (section.type === SHT_GROUP) {
      claim(!symbols.removed.has(section.info), `${where} has its signature`);
      const view = new DataView(section.data.buffer, section.data.byteOffset, section.data.length);
      claim(section.data.length > 4, `${where} has a member`);
      for (let at = 4; at < section.data.length; at += 4) {
        claim(isPresent(layout.word.get(view, at)), `${where} has members that stay`);
      }
    }
    if (section.type !== SHT_RELA) continue;
    claim(section.data.length % layout.rela.size === 0, `${where} is whole`);
    const isLivepatch = (section.flags & SHF_RELA_LIVEPATCH) !== 0;
    const isLoaded = sections[section.info]!.isLoaded;
    const entries = new Relocations(section.data, layout);
    for (let entry = 0; entry < entries.count; entry++) {
      const symbol = entries.symbol(entry);
      claim(symbol < symbols.count, `${where} entry ${entry} has a symbol`);
      claim(!symbols.removed.has(symbol), `${where} entry ${entry} has a symbol that stays`);
      const ofLivepatch = symbols.sectionIndex(symbol) === SHN_LIVEPATCH;
      if (isLivepatch) claim(ofLivepatch, `${where} entry ${entry} is of a livepatch symbol`);
      else if (isLoaded && entries.type(entry) !== R_NONE) {
        claim(!ofLivepatch, `${where} entry ${entry} is of an ordinary symbol`);
      }
    }
  }
  return broken;
}
