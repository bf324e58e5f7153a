// SPDX-License-Identifier: GPL-2.0-only

// Numbers that look random and are the same in every run, on any machine (sfc32 by Chris Doty-Humphrey).

export class Random {
  #a: number;
  #b: number;
  #c: number;
  #counter = 1;

  /** The same words give the same numbers. */
  constructor(...words: readonly number[]) {
    this.#a = (words[0] ?? 0) | 0;
    this.#b = (words[1] ?? 0) | 0;
    this.#c = (words[2] ?? 0) | 0;
    // Seeds that are alike are told apart after some rounds.
    for (let round = 0; round < 15; round++) this.next();
  }

  /** 32 bits. */
  next(): number {
    const sum = (((this.#a + this.#b) | 0) + this.#counter) | 0;
    this.#counter = (this.#counter + 1) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = ((this.#c << 21) | (this.#c >>> 11)) + sum;
    return sum >>> 0;
  }

  /** From 0 on, below `limit`; 0 if that is 0. */
  below(limit: number): number {
    return limit <= 1 ? 0 : Math.floor((this.next() / 2 ** 32) * limit);
  }

  /** True once in `times`. */
  oneIn(times: number): boolean {
    return this.below(times) === 0;
  }

  /** Throws RangeError if there is nothing to pick. */
  pick<Thing>(things: readonly Thing[]): Thing {
    if (things.length === 0) throw new RangeError("nothing to pick from");
    return things[this.below(things.length)]!;
  }

  /** 1 half of the time, 2 a quarter of it, and so on up to `most`. */
  few(most: number): number {
    let count = 1;
    while (count < most && this.oneIn(2)) count++;
    return count;
  }
}
