// SPDX-License-Identifier: GPL-2.0-only

// Numbers that look random and are the same in every run, on any machine: nothing but integer
// arithmetic makes them (mulberry32).

/** A source of numbers from 0 on, below 1. */
export function randomNumbers(seed) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

export function pick(things, random) {
  return things[Math.floor(random() * things.length)];
}

/**
 * The number that `part`, 0 to 1, of a population are below, given as some of its quantiles: the
 * smallest, the largest, and others at even distances between them.
 */
export function fromQuantiles(quantiles, part) {
  const at = part * (quantiles.length - 1);
  const below = quantiles[Math.floor(at)];
  const above = quantiles[Math.ceil(at)];
  return Math.floor(below + (above - below) * (at - Math.floor(at)));
}
