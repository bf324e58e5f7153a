/**
 * Walks through the entries of a unit (DWARF 5 section 2.3). They stand in one row, each before
 * those below it and these before an end mark; so to come to one of them all before it have to be
 * passed, and as little as possible is done with each. Most are of a fixed size, and GCC has most
 * that have others below them say where those end.
 */

import { type Abbreviation, skipValues } from "./abbreviations.js";
import { type Cursor, unsignedAt } from "./cursor.js";
import { Entry } from "./entries.js";
import type { Unit } from "./units.js";

export interface Walk {
  /** Tags of the entries that are looked for. */
  readonly tags: readonly number[];
  /** Called with each of them, and with how deep it is below the top, from 1 on. */
  found(entry: Entry, depth: number): void;
  /**
   * Whether to walk through the entries below another, which take up the bytes from `start` to
   * `end`, if that is known. Asked with ascending starts.
   */
  enters(start: number, end: number | undefined): boolean;
}

/** Walks through the entries below `top`. Throws Unreadable if they are damaged. */
export function walkBelow(top: Entry, walk: Walk): void {
  const { unit, abbreviation } = top;
  if (!abbreviation.hasChildren) return;
  const cursor = unit.section.cursor(top.values, unit.end);
  try {
    skipValues(cursor, abbreviation, unit);
    walkOn(cursor, unit, walk);
  } finally {
    unit.file.work.spend(cursor.at - top.offset);
  }
}

function walkOn(cursor: Cursor, unit: Unit, { tags, found, enters }: Walk): void {
  const { abbreviations, end } = unit;
  let depth = 1;
  /** Entries that are deeper are passed. */
  let deepest = Number.POSITIVE_INFINITY;
  while (depth > 0 && cursor.at < end) {
    const offset = cursor.at;
    const code = cursor.uleb();
    if (code === 0) {
      depth--;
      if (depth <= deepest) deepest = Number.POSITIVE_INFINITY;
      continue;
    }
    const abbreviation = abbreviations.get(code);
    const { tag, size, hasChildren } = abbreviation;
    const values = cursor.at;
    if (size !== undefined) cursor.skip(size);
    else skipValues(cursor, abbreviation, unit);
    const isPassed = depth > deepest;
    if (!isPassed && tags.includes(tag)) {
      found(new Entry(unit, offset, abbreviation, values), depth);
    }
    if (!hasChildren) continue;
    const next = nextEntry(abbreviation, values, cursor.at, unit);
    if (!isPassed && enters(values, next)) {
      depth++;
    } else if (next !== undefined) {
      cursor.at = next;
    } else {
      if (!isPassed) deepest = depth;
      depth++;
    }
  }
}

/** What DW_AT_sibling says, if it can be true: nothing goes backwards. */
function nextEntry(
  { sibling }: Abbreviation,
  values: number,
  behind: number,
  { section, start, end }: Unit,
): number | undefined {
  if (sibling === undefined) return undefined;
  const { bytes, littleEndian } = section;
  const next = start + unsignedAt(bytes, values + sibling.offset, sibling.size, littleEndian);
  return next >= behind && next <= end ? next : undefined;
}
