/**
 * The names of a list that an unknown name may have been meant for: first the same function under
 * another compiler suffix (GCC's `.isra.0`, LLVM's `.llvm.123`), then what is a few keystrokes
 * away.
 *
 * This is a second pass over the list, made only once something was not found, so it may be slower
 * than the first; still no line becomes a string before it has come close.
 */

import { bytesOfName, nameOfBytes } from "../byte-string.js";
import { type Chunk, eachLine } from "./object-part.js";

/** A name of the list and the object that has it. */
export interface NearName {
  readonly object: string;
  readonly name: string;
  /** True if only the compiler's suffix differs, or nothing. */
  readonly isVariant: boolean;
  /** How often the object has it. */
  readonly count: number;
}

/** Names beyond these are not searched for: by then it is the list that is wrong. */
const SEARCHED_MOST = 20;
const SUGGESTED_MOST = 5;
// Each suffix matches in one way only: the name is hostile, and there may be many suffixes.
const COMPILER_SUFFIX = /(?:\.(?:isra|constprop|part|llvm)\.[0-9]+|\.cold|\.[0-9]+)+$/;
/** No line this long is near to anything: the kernel reads names of 511 characters. */
const LENGTH_MOST = 1024;
const DOT = 46;

interface Search {
  /** The name without compiler suffixes; variants share it. */
  readonly base: Uint8Array;
  readonly name: Uint8Array;
  /** Edits beyond which a name is another name. */
  readonly most: number;
  /** The best so far, nearest first. */
  readonly found: Found[];
}

interface Found {
  readonly object: string;
  readonly name: string;
  readonly distance: number;
  count: number;
}

/**
 * For each of `names` up to five near names of the objects, nearest first, in the objects' order at
 * the same distance. The lines must have passed a walk.
 */
export function nearestNames(
  objects: readonly { readonly name: string; readonly chunks: readonly Chunk[] }[],
  names: readonly string[],
): ReadonlyMap<string, readonly NearName[]> {
  const searches = new Map<string, Search>();
  for (const name of names.slice(0, SEARCHED_MOST)) {
    const most = Math.max(1, Math.min(3, Math.floor(name.length / 4)));
    const base = bytesOfName(name.replace(COMPILER_SUFFIX, ""));
    searches.set(name, { base, name: bytesOfName(name), most, found: [] });
  }
  for (const { name: object, chunks } of objects) {
    eachLine(chunks, ({ bytes, start, nameEnd }) => {
      for (const search of searches.values()) compare(search, bytes, start, nameEnd, object);
    });
  }
  return new Map([...searches].map(([name, search]) => [name, nearest(search)]));
}

function compare(
  search: Search,
  list: Uint8Array,
  start: number,
  end: number,
  object: string,
): void {
  const { base, name, most } = search;
  const length = end - start;
  if (isVariant(base, list, start, end)) {
    keep(search.found, object, nameOfBytes(list, start, end), 0);
  } else if (Math.abs(length - name.length) <= most) {
    const distance = editDistance(name, list, start, end, most);
    if (distance <= most) keep(search.found, object, nameOfBytes(list, start, end), distance);
  }
}

function isVariant(base: Uint8Array, list: Uint8Array, start: number, end: number): boolean {
  if (end - start < base.length || end - start >= LENGTH_MOST) return false;
  for (let i = 0; i < base.length; i++) if (base[i] !== list[start + i]) return false;
  if (end - start === base.length) return true;
  if (list[start + base.length] !== DOT) return false;
  const name = nameOfBytes(list, start, end);
  return name.replace(COMPILER_SUFFIX, "").length === base.length;
}

/** Two rows of the distance table, with room for what lies on either side of the band. */
const rows: [Uint16Array, Uint16Array] = [
  new Uint16Array(LENGTH_MOST + 2),
  new Uint16Array(LENGTH_MOST + 2),
];

/** Levenshtein's distance, or `most` + 1 as soon as it is certain to be larger than `most`. */
function editDistance(
  name: Uint8Array,
  list: Uint8Array,
  start: number,
  end: number,
  most: number,
): number {
  const width = end - start;
  let [row, next] = rows;
  if (width >= LENGTH_MOST) return most + 1;
  // Further than `most` from the diagonal a distance is larger than `most`; only a band is filled,
  // with such a distance on either side of it.
  for (let j = 0; j <= most + 1; j++) row[j] = j;
  for (let i = 1; i <= name.length; i++) {
    const first = Math.max(1, i - most);
    const last = Math.min(width, i + most);
    next[first - 1] = first === 1 ? i : most + 1;
    let smallest = next[first - 1]!;
    for (let j = first; j <= last; j++) {
      const same = name[i - 1] === list[start + j - 1] ? 0 : 1;
      const cost = Math.min(row[j]! + 1, next[j - 1]! + 1, row[j - 1]! + same);
      next[j] = cost;
      if (cost < smallest) smallest = cost;
    }
    next[last + 1] = most + 1;
    if (smallest > most) return most + 1;
    [row, next] = [next, row];
  }
  return row[width]!;
}

/** Puts a name where it belongs among the best, unless there are enough better ones. */
function keep(found: Found[], object: string, name: string, distance: number): void {
  const known = found.find((each) => each.name === name && each.object === object);
  if (known !== undefined) {
    known.count++;
    return;
  }
  const place = found.findIndex((each) => each.distance > distance);
  found.splice(place < 0 ? found.length : place, 0, { object, name, distance, count: 1 });
  if (found.length > SUGGESTED_MOST) found.pop();
}

function nearest({ found }: Search): NearName[] {
  return found.map(({ object, name, distance, count }) => {
    return { object, name, isVariant: distance === 0, count };
  });
}
