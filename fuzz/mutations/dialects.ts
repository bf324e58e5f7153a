// SPDX-License-Identifier: GPL-2.0-only

// What authors and tools leave in a module for a converter, made of a module's own symbols and sections:
// whole, or with one thing in it that should not be so.

import type { Draft, DraftRelocation } from "../draft.js";
import { RELOCATION_TYPES } from "../interesting.js";
import type { Random } from "../random.js";
import { type DraftMutation, number, plainSection, symbolName, symbolsOf } from "./parts.js";

const OBJECTS = ["vmlinux", "klp_demo", "klp-demo", "snd_hda_intel", "ext4", "m"];

/** The absolute type of a word, by e_machine. */
const ABSOLUTE: Readonly<Record<number, number>> = {
  20: 1,
  21: 38,
  22: 22,
  62: 1,
  183: 257,
  258: 2,
};

/** A value that is right, but for once in `times`. */
function mostly<Value>(random: Random, times: number, right: Value, wrong: () => Value): Value {
  return random.oneIn(times) ? wrong() : right;
}

function absoluteType(draft: Draft, random: Random): number {
  const right = ABSOLUTE[draft.machine] ?? 1;
  return mostly(random, 20, right, () => random.pick(RELOCATION_TYPES[draft.machine] ?? [0]));
}

/** A section of data with the relocations that fill it in. */
function addWithRelocations(
  draft: Draft,
  section: { readonly name: string; readonly data: Uint8Array; readonly flags: bigint },
  relocations: DraftRelocation[],
): void {
  const info = draft.sections.length;
  const link = draft.sections.findIndex(({ symbols }) => symbols !== undefined);
  draft.sections.push(
    { ...plainSection(section.name, section.data), flags: section.flags },
    {
      ...plainSection(`.rela${section.name}`, new Uint8Array()),
      type: 4,
      flags: 0x40n,
      link,
      info,
      addralign: draft.is64 ? 8n : 4n,
      entsize: draft.is64 ? 24n : 12n,
      relocations,
    },
  );
}

const WEAK = 0x20;

/** The index of an undefined symbol, which is made if there is none of the name. */
function undefinedSymbol(draft: Draft, name: string, info: number): number {
  const symbols = symbolsOf(draft)!;
  const found = symbols.findIndex((each) => each.name === name && each.section === 0);
  if (found > 0) return found;
  return symbols.push({ name, value: 0n, size: 0n, info, other: 0, section: 0 }) - 1;
}

/** An object and a name that a list may have, with a position. */
function meaning(draft: Draft, random: Random, other: Draft) {
  const names = (symbolsOf(draft) ?? []).filter(({ section }) => section === 0);
  const known = names.length > 0 ? random.pick(names).name : "one";
  const plain = known.replace(
    /^\.klp\.(?:tombstone\.|sym\.(?:rela\.[^.]*\.)?[^.]*\.)|[.,]\d+$/g,
    "",
  );
  return {
    object: random.pick(OBJECTS),
    name: mostly(random, 6, plain, () => symbolName(random, draft, other)),
    position: mostly(random, 6, random.below(3), () => number(random, 1)),
  };
}

/** KLP_SYMPOS lines with a symbol each. */
const addAnnotations: DraftMutation = (draft, random, other) => {
  const symbols = symbolsOf(draft);
  if (symbols === undefined) return;
  const count = random.few(4);
  const data = new Uint8Array(12 * count + mostly(random, 8, 0, () => random.below(40)));
  const view = new DataView(data.buffer);
  const relocations = Array.from({ length: count }, (_, entry): DraftRelocation => {
    const position = mostly(random, 4, random.below(3), () => number(random, 1));
    view.setUint32(12 * entry + 8, position, draft.little);
    return {
      offset: BigInt(12 * entry + mostly(random, 12, 0, () => random.below(12))),
      type: absoluteType(draft, random),
      symbol: random.below(symbols.length),
      addend: mostly(random, 12, 0n, () => 4n),
    };
  });
  const object = mostly(random, 8, random.pick(OBJECTS), () => symbolName(random, draft, other));
  addWithRelocations(draft, { name: `.klp.module_relocs.${object}`, data, flags: 3n }, relocations);
};

/** Entries of struct klp_reloc, with what stands at their places until they are converted. */
const addKlpRelocs: DraftMutation = (draft, random, other) => {
  const symbols = symbolsOf(draft);
  const targets = [...draft.sections.entries()].filter(([, { type, flags, data }]) => {
    return type === 1 && (flags & 2n) !== 0n && data.length >= 8;
  });
  if (symbols === undefined || targets.length === 0) return;
  const word = draft.is64 ? 8 : 4;
  const count = random.few(4);
  const data = new Uint8Array(3 * word * count + mostly(random, 10, 0, () => random.below(40)));
  const view = new DataView(data.buffer);
  const relocations: DraftRelocation[] = [];
  for (let at = 0; at < 3 * word * count; at += 3 * word) {
    const [target, { data: contents }] = random.pick(targets);
    const { object, name, position } = meaning(draft, random, other);
    const offset = BigInt(random.below(contents.length - 7) & -8);
    const type = absoluteType(draft, random);
    const addend = mostly(random, 3, 0n, () => BigInt(random.below(16) - 8));
    view.setUint32(at + 2 * word, type, draft.little);
    const ofSection = symbols.findIndex(({ info, section }) => info === 3 && section === target);
    const place = mostly(random, 12, ofSection, () => random.below(symbols.length));
    const symbol = undefinedSymbol(draft, `.klp.sym.${object}.${name},${position}`, WEAK);
    const absolute = ABSOLUTE[draft.machine] ?? 1;
    relocations.push(
      { offset: BigInt(at), type: absolute, symbol: Math.max(place, 0), addend: offset },
      { offset: BigInt(at + word), type: absolute, symbol, addend },
    );
    const standIn = mostly(random, 4, `.klp.tombstone.${name}`, () => name);
    const dead = { offset, type, symbol: undefinedSymbol(draft, standIn, WEAK), addend };
    const table = draft.sections.find((each) => each.relocations && each.info === target);
    if (!random.oneIn(12)) table?.relocations?.push(dead);
  }
  const gate = mostly(random, 8, random.pick(OBJECTS), () => symbolName(random, draft, other));
  addWithRelocations(draft, { name: `__klp_relocs.${gate}`, data, flags: 2n }, relocations);
};

/** A symbol that says all by its name, in any of the forms. */
const annotateName: DraftMutation = (draft, random, other) => {
  const symbols = symbolsOf(draft)?.filter(({ section, name }) => section === 0 && name !== "");
  if (!symbols?.length) return;
  const symbol = random.pick(symbols);
  const { object, name, position } = meaning(draft, random, other);
  const gate = mostly(random, 3, object, () => random.pick(OBJECTS));
  const mark = random.pick([".", ","]);
  symbol.name = mostly(
    random,
    5,
    `.klp.sym.rela.${gate}.${object}.${name}${mark}${position}`,
    () => `.klp.sym.${object}.${name},${position}`,
  );
};

/** Entries of struct kpatch_patch_func: two addresses, and two texts of the module's own. */
const addKpatchFunctions: DraftMutation = (draft, random) => {
  const symbols = symbolsOf(draft);
  const texts = draft.sections.findIndex(({ name }) => name.startsWith(".rodata.str"));
  const target = texts < 0 ? draft.sections.findIndex(({ name }) => name === ".modinfo") : texts;
  if (symbols === undefined || target < 0) return;
  const ofTexts = symbols.findIndex(({ info, section }) => info === 3 && section === target);
  const functions = [...symbols.keys()].filter((index) => (symbols[index]!.info & 15) === 2);
  const word = draft.is64 ? 8 : 4;
  const count = random.few(3);
  const data = new Uint8Array(7 * word * count + mostly(random, 10, 0, () => random.below(40)));
  const relocations = Array.from({ length: count }, (_, entry) =>
    [0, 5, 6].map((member): DraftRelocation => {
      const right = member === 0 ? (functions[entry % functions.length] ?? 0) : ofTexts;
      const most = draft.sections[target]!.data.length;
      return {
        offset: BigInt(word * (7 * entry + mostly(random, 20, member, () => random.below(7)))),
        type: absoluteType(draft, random),
        symbol: Math.max(
          0,
          mostly(random, 12, right, () => random.below(symbols.length)),
        ),
        addend: member === 0 ? 0n : BigInt(random.below(most + mostly(random, 8, 0, () => 9))),
      };
    }),
  ).flat();
  const name = mostly(random, 4, ".kpatch.funcs", () =>
    random.pick([".kpatch.symbols", ".kpatch.relocations", ".kpatch.strings", ".klp.arch.vmlinux"]),
  );
  addWithRelocations(draft, { name, data, flags: 3n }, relocations);
};

export const DIALECT_MUTATIONS: Readonly<Record<string, DraftMutation>> = {
  "annotations more": addAnnotations,
  "entries of objtool's form more": addKlpRelocs,
  "a name that is annotated": annotateName,
  "functions of kpatch's form": addKpatchFunctions,
};
