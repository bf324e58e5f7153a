// SPDX-License-Identifier: GPL-2.0-only

// What is done to a file that was taken apart: what comes of it is mostly a sound file that says
// something else, so that it gets further than its header.

import {
  bytesOfLatin1,
  copyOfSection,
  type Draft,
  type DraftRelocation,
  type DraftSection,
  latin1,
} from "../draft.js";
import {
  interestingNumber,
  RELOCATION_TYPES,
  SECTION_NAMES,
  SYMBOL_NAMES,
  TOKENS,
} from "../interesting.js";
import type { Random } from "../random.js";
import { DIALECT_MUTATIONS } from "./dialects.js";
import { type DraftMutation, number, plainSection, symbolName, symbolsOf } from "./parts.js";

function sectionOf(draft: Draft, random: Random): DraftSection | undefined {
  return draft.sections[1 + random.below(draft.sections.length - 1)];
}

function tableOf(draft: Draft, random: Random): DraftRelocation[] | undefined {
  const tables = draft.sections.flatMap(({ relocations }) =>
    relocations !== undefined && relocations.length > 0 ? [relocations] : [],
  );
  return tables.length === 0 ? undefined : random.pick(tables);
}

function sectionName(random: Random, draft: Draft, other: Draft): string {
  const known = sectionOf(random.oneIn(2) ? draft : other, random)?.name;
  const name = random.oneIn(3) && known !== undefined ? known : random.pick(SECTION_NAMES);
  if (!random.oneIn(6)) return name;
  const at = random.below(name.length + 1);
  return name.slice(0, at) + random.pick(TOKENS).replaceAll("\0", "") + name.slice(at + 1);
}

/** Removes, doubles, moves or swaps something in a list. */
function rearrange<Thing>(
  random: Random,
  things: Thing[],
  from: number,
  copy: (of: Thing) => Thing,
) {
  const range = things.length - from;
  if (range <= 0) return;
  const [at, to] = [from + random.below(range), from + random.below(range)];
  switch (random.below(4)) {
    case 0:
      things.splice(at, random.few(4));
      break;
    case 1:
      things.splice(to, 0, copy(things[at]!));
      break;
    case 2:
      things.splice(to, 0, ...things.splice(at, random.few(4)));
      break;
    default:
      [things[at], things[to]] = [things[to]!, things[at]!];
  }
}

const copyOfRecord = <Thing extends object>(thing: Thing): Thing => ({ ...thing });

function changeBytes(random: Random, data: Uint8Array): Uint8Array {
  const changed = data.slice();
  if (changed.length === 0)
    return Uint8Array.from({ length: random.few(8) }, () => random.below(256));
  const view = new DataView(changed.buffer);
  for (let left = random.few(4); left > 0; left--) {
    const at = random.below(changed.length);
    const width = random.pick([1, 1, 2, 4, 8]);
    const value = interestingNumber(random, BigInt(changed[at]!), [changed.length, at]);
    const little = random.oneIn(2);
    if (at + width > changed.length) continue;
    if (width === 1) view.setUint8(at, Number(value & 0xffn));
    else if (width === 2) view.setUint16(at, Number(value & 0xffffn), little);
    else if (width === 4) view.setUint32(at, Number(value & 0xffffffffn), little);
    else view.setBigUint64(at, BigInt.asUintN(64, value), little);
  }
  return changed;
}

function resized(random: Random, data: Uint8Array): Uint8Array {
  const size = Math.min(
    1 << 16,
    number(random, data.length, [data.length * 2, (data.length / 2) | 0]),
  );
  const made = new Uint8Array(size);
  made.set(data.subarray(0, size));
  return made;
}

function changedText(random: Random, data: Uint8Array): Uint8Array {
  let text = latin1(data);
  for (let left = random.few(3); left > 0; left--) {
    const at = random.below(text.length + 1);
    const until = at + random.pick([0, 0, 1, 4, 12]);
    text = text.slice(0, at) + random.pick(TOKENS) + text.slice(until);
  }
  return bytesOfLatin1(text.replace(/[^\0-\xff]/g, "?"));
}

function setContents(section: DraftSection, data: Uint8Array): void {
  section.data = data;
  delete section.symbols;
  delete section.relocations;
}

/** A note of any sizes, true or not (gABI chapter 5, "Note Section"). */
function note(draft: Draft, random: Random): Uint8Array {
  const name = random.pick(["GNU\0", "Linux\0", "Xen\0", "", "x"]);
  const data = new Uint8Array(12 + Math.ceil(name.length / 4) * 4 + random.below(24));
  const view = new DataView(data.buffer);
  const sizes = [data.length, data.length - 12];
  const size = random.oneIn(2) ? name.length : number(random, name.length, sizes);
  view.setUint32(0, size, draft.little);
  view.setUint32(4, number(random, 20, sizes), draft.little);
  view.setUint32(8, random.below(5), draft.little);
  data.set(bytesOfLatin1(name), 12);
  return data;
}

/** Entries of struct modversion_info, of the module's own imports among others. */
function versions(draft: Draft, random: Random): Uint8Array {
  const names = (symbolsOf(draft) ?? []).map(({ name }) => name);
  const data = new Uint8Array(64 * random.few(8) + (random.oneIn(6) ? random.below(64) : 0));
  for (let at = 0; at + 64 <= data.length; at += 64) {
    const name =
      names.length > 0 && !random.oneIn(4) ? random.pick(names) : random.pick(SYMBOL_NAMES);
    const start = at + (draft.is64 ? 8 : 4);
    data.set(bytesOfLatin1(name).subarray(0, at + 64 - start), start);
    data[at] = random.below(256);
  }
  return data;
}

/** A relocation section of a section that has one already, or has none. */
function addTable(draft: Draft, random: Random): void {
  const symtab = draft.sections.findIndex(({ symbols }) => symbols !== undefined);
  const symbols = symbolsOf(draft) ?? [];
  const info = random.below(draft.sections.length + 1);
  const room = draft.sections[info]?.data.length ?? 8;
  const types = RELOCATION_TYPES[draft.machine] ?? [1];
  const gate = random.pick(["vmlinux", "klp_demo", "other"]);
  const isLivepatch = random.oneIn(2);
  draft.sections.push({
    name: isLivepatch ? `.klp.rela.${gate}${draft.sections[info]?.name ?? ""}` : ".rela.more",
    type: 4,
    flags: isLivepatch ? 0x100042n : 0x40n,
    address: 0n,
    link: random.oneIn(10) ? random.below(draft.sections.length) : symtab,
    info,
    addralign: 8n,
    entsize: draft.is64 ? 24n : 12n,
    data: new Uint8Array(),
    relocations: Array.from({ length: random.few(6) }, () => ({
      offset: BigInt(random.below(room + 2)),
      type: random.pick(types),
      symbol: random.below(symbols.length + (random.oneIn(20) ? 1 : 0)),
      addend: BigInt(random.below(16) - 8),
    })),
  });
}

/** Section groups, of some sections one after the other. */
function addGroup(draft: Draft, random: Random): void {
  const symtab = draft.sections.findIndex(({ symbols }) => symbols !== undefined);
  const count = random.few(6);
  const data = new Uint8Array(4 + 4 * count);
  const view = new DataView(data.buffer);
  view.setUint32(0, random.below(2), draft.little);
  const first = random.below(draft.sections.length);
  for (let at = 0; at < count; at++) view.setUint32(4 + 4 * at, first + at, draft.little);
  draft.sections.push({
    name: ".group",
    type: 17,
    flags: 0n,
    address: 0n,
    link: symtab,
    info: random.below((symbolsOf(draft)?.length ?? 0) + 1),
    addralign: 4n,
    entsize: 4n,
    data,
  });
}

export const DRAFT_MUTATIONS: Readonly<Record<string, DraftMutation>> = {
  "a symbol's name": (draft, random, other) => {
    const symbols = symbolsOf(draft);
    if (!symbols?.length) return;
    random.pick(symbols).name = symbolName(random, draft, other);
  },
  "a symbol's field": (draft, random) => {
    const symbols = symbolsOf(draft);
    if (!symbols?.length) return;
    const symbol = random.pick(symbols);
    const sizes = [draft.sections.length, draft.sections[symbol.section]?.data.length ?? 0];
    switch (random.below(5)) {
      case 0:
        symbol.value = interestingNumber(random, symbol.value, sizes);
        break;
      case 1:
        symbol.size = interestingNumber(random, symbol.size, sizes);
        break;
      case 2:
        symbol.info = random.oneIn(3)
          ? random.below(256)
          : (random.below(3) << 4) | random.below(7);
        break;
      case 3:
        symbol.other = random.below(256);
        break;
      default:
        symbol.section = random.oneIn(2)
          ? random.pick([0, 0, 0xff20, 0xfff1, 0xfff2])
          : number(random, symbol.section, sizes) & 0xffff;
    }
  },
  "a symbol made undefined": (draft, random, other) => {
    const symbols = symbolsOf(draft);
    if (!symbols?.length) return;
    const symbol = random.pick(symbols);
    symbol.section = 0;
    symbol.info = random.pick([0x10, 0x20]);
    if (symbol.name === "" || random.oneIn(3)) symbol.name = symbolName(random, draft, other);
  },
  "the symbols' order": (draft, random) => {
    rearrange(random, symbolsOf(draft) ?? [], random.oneIn(10) ? 0 : 1, copyOfRecord);
  },
  "a symbol more": (draft, random, other) => {
    const symbols = symbolsOf(draft);
    if (!symbols?.length) return;
    const name = symbolName(random, draft, other);
    symbols.push({ ...random.pick(symbols), name, ...(random.oneIn(2) && { section: 0 }) });
  },
  "a relocation's field": (draft, random) => {
    const table = tableOf(draft, random);
    if (table === undefined) return;
    const relocation = random.pick(table);
    const most = draft.is64 ? 32 : 8;
    switch (random.below(5)) {
      case 0:
        relocation.offset = random.oneIn(2)
          ? random.pick(table).offset + BigInt(random.below(5))
          : interestingNumber(random, relocation.offset, [64]);
        break;
      case 1:
        relocation.type = Number(
          BigInt.asUintN(most, interestingNumber(random, BigInt(relocation.type))),
        );
        break;
      case 2:
        relocation.type = random.pick(RELOCATION_TYPES[draft.machine] ?? [0]);
        if (!draft.is64) relocation.type &= 0xff;
        break;
      case 3:
        relocation.symbol = random.below(
          (symbolsOf(draft)?.length ?? 0) + (random.oneIn(10) ? 1 : 0),
        );
        break;
      default:
        relocation.addend = interestingNumber(random, relocation.addend, [64]);
    }
  },
  "the relocations' order": (draft, random) => {
    const table = tableOf(draft, random);
    if (table !== undefined) rearrange(random, table, 0, copyOfRecord);
  },
  "a table of relocations more": addTable,
  ...DIALECT_MUTATIONS,
  "a group more": addGroup,
  "a section's name": (draft, random, other) => {
    const section = sectionOf(draft, random);
    if (section !== undefined) section.name = sectionName(random, draft, other);
  },
  "a section's field": (draft, random) => {
    const section = sectionOf(draft, random);
    if (section === undefined) return;
    const sizes = [draft.sections.length, section.data.length, symbolsOf(draft)?.length ?? 0];
    switch (random.below(8)) {
      case 0:
        section.type = random.pick([0, 1, 2, 3, 4, 7, 8, 9, 14, 17, 18, 0x40000014, 0x6fff4c03]);
        if (section.type === 4 || section.type === 2) break;
        delete section.relocations;
        delete section.symbols;
        break;
      case 1:
        section.flags ^=
          1n << BigInt(random.pick([0, 1, 1, 2, 4, 5, 6, 7, 9, 10, 11, 20, 20, 31, 63]));
        break;
      case 2:
        section.link = number(random, section.link, sizes);
        break;
      case 3:
        section.info = number(random, section.info, sizes);
        break;
      case 4:
        section.addralign = interestingNumber(random, section.addralign);
        break;
      case 5:
        section.entsize = interestingNumber(random, section.entsize, sizes);
        break;
      case 6:
        section.address = interestingNumber(random, section.address);
        break;
      default:
        section.size = interestingNumber(random, BigInt(section.data.length), sizes);
    }
  },
  "the sections' order": (draft, random) => {
    rearrange(random, draft.sections, random.oneIn(10) ? 0 : 1, copyOfSection);
  },
  "a section of another file": (draft, random, other) => {
    const section = sectionOf(other, random);
    if (section === undefined) return;
    const at = random.oneIn(2) ? draft.sections.length : 1 + random.below(draft.sections.length);
    draft.sections.splice(at, random.below(2), copyOfSection(section));
  },
  "a section of another file in the place of its namesake": (draft, random, other) => {
    const section = sectionOf(other, random);
    const at = draft.sections.findIndex(({ name }) => name === section?.name);
    if (section === undefined || at < 1) return;
    draft.sections[at] = {
      ...copyOfSection(section),
      link: draft.sections[at]!.link,
      info: draft.sections[at]!.info,
    };
  },
  "a section's contents": (draft, random) => {
    const section = sectionOf(draft, random);
    if (section === undefined || section.relocations || section.symbols) return;
    section.data = changeBytes(random, section.data);
  },
  "a section's size": (draft, random) => {
    const section = sectionOf(draft, random);
    if (section === undefined || section.relocations || section.symbols) return;
    section.data = resized(random, section.data);
  },
  "debug info": (draft, random) => {
    const debug = draft.sections.filter(({ name }) => name.startsWith(".debug_"));
    if (debug.length === 0) return;
    const section = random.pick(debug);
    if (section.relocations !== undefined) return;
    section.data = random.oneIn(4)
      ? resized(random, section.data)
      : changeBytes(random, section.data);
  },
  "data with pointers": (draft, random) => {
    const data = draft.sections.filter(({ name }) => /^\.(data|rodata|bss)|^__/.test(name));
    if (data.length === 0) return;
    const section = random.pick(data);
    if (section.relocations !== undefined) return;
    section.data = random.oneIn(3)
      ? resized(random, section.data)
      : changeBytes(random, section.data);
  },
  ".modinfo": (draft, random) => {
    const section = draft.sections.find(({ name }) => name === ".modinfo");
    if (section !== undefined) setContents(section, changedText(random, section.data));
  },
  "annotations, entries": (draft, random) => {
    const marks = draft.sections.filter(
      ({ name, relocations }) =>
        /^(\.klp\.module_relocs|__klp_)/.test(name) && relocations === undefined,
    );
    if (marks.length === 0) return;
    const section = random.pick(marks);
    section.data = random.oneIn(4)
      ? resized(random, section.data)
      : changeBytes(random, section.data);
  },
  notes: (draft, random) => {
    const name = random.pick([".note.gnu.build-id", ".note.Linux", ".note.gnu.property", ".note"]);
    const section = draft.sections.find((each) => each.name.startsWith(".note"));
    const made = note(draft, random);
    if (section !== undefined && random.oneIn(2)) return setContents(section, made);
    draft.sections.push({ ...plainSection(name, made), type: 7, flags: 2n });
  },
  __versions: (draft, random) => {
    const section = draft.sections.find(({ name }) => name === "__versions");
    const made = versions(draft, random);
    if (section !== undefined && random.oneIn(2)) return setContents(section, made);
    draft.sections.push({ ...plainSection("__versions", made), flags: 2n });
  },
  strings: (draft, random) => {
    const strings = draft.sections.filter(({ name }) => /str|klp_objects/.test(name));
    if (strings.length === 0) return;
    const section = random.pick(strings);
    if (section.relocations === undefined) setContents(section, changedText(random, section.data));
  },
  "the machine": (draft, random) => {
    draft.machine = random.pick([0, 20, 21, 22, 62, 183, 258, 243, 0xffff]);
  },
  "very many of something": (draft, random, other) => {
    if (!random.oneIn(25)) return;
    const count = random.pick([300, 1000, 3000]);
    const symbols = symbolsOf(draft);
    const section = sectionOf(draft, random);
    const table = tableOf(draft, random);
    switch (random.below(4)) {
      case 0:
        if (section === undefined) return;
        for (let i = 0; i < count; i++) draft.sections.push(copyOfSection(section));
        break;
      case 1:
        if (!symbols?.length) return;
        for (let i = 0; i < 3 * count; i++) symbols.push({ ...random.pick(symbols) });
        break;
      case 2:
        if (table === undefined) return;
        for (let i = 0; i < 5 * count; i++) table.push({ ...random.pick(table) });
        break;
      default:
        if (!symbols?.length) return;
        for (let i = 0; i < count; i++) {
          const name = `${symbolName(random, draft, other)}${i}`;
          symbols.push({ name, value: 0n, size: 0n, info: 0x10, other: 0, section: 0 });
        }
    }
  },
};
