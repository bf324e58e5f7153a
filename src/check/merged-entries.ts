/** Entries of relocations that were taken apart into several sections, as conversion does, found as bytes. */

import type { Numbers } from "../elf/index.js";
import { areSameAt } from "./same-bytes.js";

/** A section of relocations: its bytes, and the places of its entries. */
export interface Part {
  readonly data: Uint8Array;
  readonly offsets: Numbers;
}

/** Sections that one is taken apart into: one for each object, and the ordinary one. */
const PARTS_MOST = 8;

/**
 * The entries of `whole`, of `size` bytes each, rise by their places, and `parts` have them all, once,
 * byte for byte and in their order.
 */
export function isMergedFrom(whole: Part, parts: readonly Part[], size: number): boolean {
  const filled = parts.filter(({ offsets }) => offsets.length > 0);
  const count = filled.reduce((sum, { offsets }) => sum + offsets.length, 0);
  if (count !== whole.offsets.length || filled.length > PARTS_MOST) return false;
  if (!isRising(whole.offsets)) return false;
  // By part: its next entry.
  const next = filled.map(() => 0);
  for (let entry = 0; entry < count; ) {
    const part = partWithPlace(filled, next, whole.offsets[entry]!);
    if (part === filled.length) return false;
    const { data, offsets } = filled[part]!;
    const start = next[part]!;
    // Neighbours mostly stay together, and are compared in one go.
    const run = lengthOfRun(whole.offsets, entry, offsets, start);
    if (!areSameAt(whole.data, entry * size, data, start * size, run * size)) return false;
    next[part] = start + run;
    entry += run;
  }
  return true;
}

/** The first part of which the next entry has a place; the number of parts if there is none. */
function partWithPlace(parts: readonly Part[], next: readonly number[], offset: number): number {
  let part = 0;
  while (part < parts.length && parts[part]!.offsets[next[part]!] !== offset) part++;
  return part;
}

function isRising(offsets: Numbers): boolean {
  for (let at = 1; at < offsets.length; at++) if (offsets[at]! <= offsets[at - 1]!) return false;
  return true;
}

/** How many entries from `at` on have the places of those of `others` from `start` on. */
function lengthOfRun(offsets: Numbers, at: number, others: Numbers, start: number): number {
  const most = Math.min(offsets.length - at, others.length - start);
  let run = 0;
  while (run < most && offsets[at + run] === others[start + run]) run++;
  return run;
}
