/**
 * The entries of a section of relocations, each field an array. Many rules go through all of them, and
 * reading a field of a record takes longer than what a rule makes of it; an object for each entry would
 * take longer still. So an entry becomes an object when there is something to say of it.
 */

import type { Numbers, Relocations } from "../elf/index.js";

/** One entry of a section of relocations. */
export interface Entry {
  /** Its number in the section, those that were left out counted. */
  readonly index: number;
  readonly offset: number;
  /** The type part of r_info. */
  readonly type: number;
  readonly symbol: number;
  readonly addend: number;
}

function numbers(count: number, get: (at: number) => number): Numbers {
  let all: Numbers = new Int32Array(count);
  for (let at = 0; at < count; at++) {
    const number = get(at);
    if (number !== (number | 0) && all instanceof Int32Array) all = Float64Array.from(all);
    all[at] = number;
  }
  return all;
}

export class EntryTable {
  readonly count: number;
  readonly offsets: Numbers;
  readonly types: Uint32Array;
  readonly symbols: Uint32Array;
  readonly #relocations: Relocations;
  readonly #mostSymbol: number;
  /** Numbers of those that were left out, in their order. */
  readonly #leftOut: readonly number[];
  #addends: Numbers | undefined;
  #indices: Uint32Array | undefined;
  #firstUses: readonly number[] | undefined;

  constructor(relocations: Relocations, leftOut: readonly number[] = []) {
    const { offsets, types, symbols, mostSymbol } = relocations.all;
    this.#relocations = relocations;
    this.#leftOut = leftOut;
    this.count = relocations.count;
    this.offsets = offsets;
    this.types = types;
    this.symbols = symbols;
    this.#mostSymbol = mostSymbol;
  }

  get addends(): Numbers {
    this.#addends ??= numbers(this.count, (at) => this.#relocations.addend(at));
    return this.#addends;
  }

  /** Positions at which a symbol is used that none before is of. */
  get firstUses(): readonly number[] {
    if (this.#firstUses === undefined) {
      const found: number[] = [];
      const isUsed = new Uint8Array(this.#mostSymbol + 1);
      for (let at = 0; at < this.count; at++) {
        const symbol = this.symbols[at]!;
        if (isUsed[symbol] === 0) found.push(at);
        isUsed[symbol] = 1;
      }
      this.#firstUses = found;
    }
    return this.#firstUses;
  }

  entry(at: number): Entry {
    return {
      index: this.#index(at),
      offset: this.offsets[at]!,
      type: this.types[at]!,
      symbol: this.symbols[at]!,
      addend: this.#relocations.addend(at),
    };
  }

  #index(at: number): number {
    if (this.#leftOut.length === 0) return at;
    this.#indices ??= indicesBeside(this.#leftOut, this.count);
    return this.#indices[at]!;
  }
}

/** Numbers of `count` entries, of which some were left out. */
function indicesBeside(leftOut: readonly number[], count: number): Uint32Array {
  const indices = new Uint32Array(count);
  let before = 0;
  for (let at = 0; at < count; at++) {
    while (leftOut[before] === at + before) before++;
    indices[at] = at + before;
  }
  return indices;
}
