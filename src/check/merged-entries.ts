/** Entries of relocations that were taken apart into several sections, as conversion does, found as bytes. */

import type { Numbers, Relocations } from "../elf/index.js";
import { areSameAt, SHORT } from "./same-bytes.js";

/** Sections that one is taken apart into: one for each object, and the ordinary one. */
const PARTS_MOST = 8;

/**
 * The entries of `whole` rise by their places, and `parts`, of the same layout, have them all, once, byte
 * for byte and in their order.
 */
export function isMergedFrom(whole: Relocations, parts: readonly Relocations[]): boolean {
  const filled = parts.filter(({ count }) => count > 0);
  const count = filled.reduce((sum, each) => sum + each.count, 0);
  if (count !== whole.count || filled.length > PARTS_MOST) return false;
  const { offsets } = whole.all;
  if (!isRising(offsets)) return false;
  const offsetsOf = filled.map((each) => each.all.offsets);
  // By part: its next entry.
  const next = filled.map(() => 0);
  for (let entry = 0; entry < count; ) {
    const part = partWithPlace(offsetsOf, next, offsets[entry]!);
    if (part === filled.length) return false;
    const start = next[part]!;
    // Neighbours mostly stay together.
    const run = lengthOfRun(offsets, entry, offsetsOf[part]!, start);
    if (!areSame(whole, entry, filled[part]!, start, run)) return false;
    next[part] = start + run;
    entry += run;
  }
  return true;
}

/** The `count` entries from `entry` on are those of `part` from `start` on, byte for byte. */
function areSame(
  whole: Relocations,
  entry: number,
  part: Relocations,
  start: number,
  count: number,
): boolean {
  const { size } = whole;
  if (count * size < SHORT) return whole.isSameRun(entry, count, part, start);
  return areSameAt(whole.bytes, entry * size, part.bytes, start * size, count * size);
}

/** The first part of which the next entry has a place; the number of parts if there is none. */
function partWithPlace(parts: readonly Numbers[], next: readonly number[], offset: number): number {
  let part = 0;
  while (part < parts.length && parts[part]![next[part]!] !== offset) part++;
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
