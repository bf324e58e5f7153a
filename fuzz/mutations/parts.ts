// SPDX-License-Identifier: GPL-2.0-only

// What mutations of drafts take numbers, names and sections from.

import type { Draft, DraftSection } from "../draft.js";
import { interestingNumber, SYMBOL_NAMES, TOKENS } from "../interesting.js";
import type { Random } from "../random.js";

/** Edits a draft in place; `other` is one to take parts of. */
export type DraftMutation = (draft: Draft, random: Random, other: Draft) => void;

export const number = (random: Random, old: number, sizes: readonly number[] = []) =>
  Number(BigInt.asUintN(32, interestingNumber(random, BigInt(old), sizes)));

export const symbolsOf = (draft: Draft) =>
  draft.sections.find(({ symbols }) => symbols !== undefined)?.symbols;

/** An existing name, or one that was made to be odd. */
export function symbolName(random: Random, draft: Draft, other: Draft): string {
  const names = symbolsOf(random.oneIn(2) ? draft : other) ?? [];
  const known = names.length > 0 && random.oneIn(2) ? random.pick(names).name : undefined;
  const name = known ?? random.pick(SYMBOL_NAMES);
  if (!random.oneIn(4)) return name;
  const at = random.below(name.length + 1);
  return name.slice(0, at) + random.pick(TOKENS).replaceAll("\0", "") + name.slice(at + 1);
}

export function plainSection(name: string, data: Uint8Array): DraftSection {
  return {
    name,
    type: 1,
    flags: 0n,
    address: 0n,
    link: 0,
    info: 0,
    addralign: 4n,
    entsize: 0n,
    data,
  };
}
