/**
 * Which section and which symbol of one module is which of another, when indices have changed and
 * some have new names.
 *
 * Sections are known by name and type; where several have both, by their order. Symbols are known by
 * all that the table says of them. What is left then goes by another name: a symbol that livepatch
 * resolves says which one it was, `.klp.sym.OBJECT.NAME,POS`.
 */

import { type ElfObject, type Section, SHN_LIVEPATCH, SHN_LORESERVE } from "../elf/index.js";
import { parseAnnotatedName, parseLivepatchName } from "../livepatch/index.js";

/** Indices of one file by those of the other. */
export interface Pairs {
  readonly after: ReadonlyMap<number, number>;
  readonly before: ReadonlyMap<number, number>;
}

/** Sections that both have. */
export function pairSections(before: ElfObject, after: ElfObject): Pairs {
  const keyOf = ({ name, type, flags }: Section) => `${type} ${flags} ${name}`;
  const pairs = new PairsBuilder();
  pairs.add(0, 0);
  const exact = (object: ElfObject) =>
    object.present().map((section): [string, number] => [keyOf(section), section.index]);
  pairs.addInOrder(exact(before), exact(after));
  // The flags may be what has changed.
  const byName = (object: ElfObject) =>
    object.present().map(({ name, index }): [string, number] => [name, index]);
  pairs.addInOrder(byName(before), byName(after));
  return pairs;
}

/** Symbols that both have, by whatever name. */
export function pairSymbols(before: ElfObject, after: ElfObject, sections: Pairs): Pairs {
  const pairs = new PairsBuilder();
  pairs.add(0, 0);
  // A section that only the second has is told from all of the first.
  const ofBefore = (index: number) => index;
  const ofAfter = (index: number) => sections.before.get(index) ?? -1 - index;
  pairs.addInOrder(keys(before, ofBefore, exactKey), keys(after, ofAfter, exactKey));
  pairs.addInOrder(keys(before, ofBefore, meantKey), keys(after, ofAfter, meantKey));
  pairs.addInOrder(keys(before, ofBefore, nameKey), keys(after, ofAfter, nameKey));
  pairs.addInOrder(keys(before, ofBefore, bareKey), keys(after, ofAfter, bareKey));
  return pairs;
}

type KeyOf = (object: ElfObject, symbol: number, section: number) => string | undefined;

function keys(
  object: ElfObject,
  sectionOf: (index: number) => number,
  keyOf: KeyOf,
): [string, number][] {
  const { symbols } = object;
  const found: [string, number][] = [];
  for (let symbol = 1; symbol < symbols.count; symbol++) {
    const index = symbols.sectionIndex(symbol);
    const section = index >= SHN_LORESERVE ? index : sectionOf(index);
    const key = keyOf(object, symbol, section);
    if (key !== undefined) found.push([key, symbol]);
  }
  return found;
}

const exactKey: KeyOf = ({ symbols }, symbol, section) => {
  const place = `${section} ${symbols.valueHigh(symbol)} ${symbols.valueLow(symbol)}`;
  const kind = `${symbols.type(symbol)} ${symbols.binding(symbol)} ${symbols.size(symbol)}`;
  return `${place} ${kind} ${symbols.name(symbol)}`;
};

/** The livepatch symbol that a symbol is, or that its annotated name or objtool's says. */
const meantKey: KeyOf = ({ symbols }, symbol, section) => {
  if (section !== 0 && section !== SHN_LIVEPATCH) return undefined;
  const name = symbols.name(symbol);
  const said = parseAnnotatedName(name) ?? parseLivepatchName(name);
  return said && `${said.object}.${said.name},${said.position}`;
};

const nameKey: KeyOf = ({ symbols }, symbol) =>
  symbols.isNamed(symbol) ? symbols.name(symbol) : undefined;

/** What the source calls a symbol, whatever livepatch does. */
const bareKey: KeyOf = ({ symbols }, symbol, section) => {
  if (section !== 0 && section !== SHN_LIVEPATCH) return undefined;
  const name = symbols.name(symbol);
  return (parseAnnotatedName(name) ?? parseLivepatchName(name))?.name ?? name;
};

class PairsBuilder implements Pairs {
  readonly after = new Map<number, number>();
  readonly before = new Map<number, number>();

  add(before: number, after: number): void {
    this.after.set(before, after);
    this.before.set(after, before);
  }

  /** Pairs what is not paired yet by equal keys; of equal keys the first with the first. */
  addInOrder(
    before: readonly (readonly [string, number])[],
    after: readonly (readonly [string, number])[],
  ): void {
    const waiting = new Map<string, number[]>();
    for (const [key, index] of before) {
      if (this.after.has(index)) continue;
      const same = waiting.get(key);
      if (same === undefined) waiting.set(key, [index]);
      else same.push(index);
    }
    for (const same of waiting.values()) same.reverse();
    for (const [key, index] of after) {
      if (this.before.has(index)) continue;
      const first = waiting.get(key)?.pop();
      if (first !== undefined) this.add(first, index);
    }
  }
}

/** True if what is paired does not stand in the same order in both. */
export function isReordered({ after }: Pairs): boolean {
  let last = -1;
  for (const index of [...after.keys()].sort((a, b) => a - b)) {
    const at = after.get(index)!;
    if (at < last) return true;
    last = at;
  }
  return false;
}
