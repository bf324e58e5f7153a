/** The bytes that relocations of one section write. */

/** Up to here 16 times an offset and a width is a number that is exact; no section is that large. */
const OFFSET_MOST = 2 ** 48;

/** By relocation its offset, and how many bytes, less than 16, it writes there. */
interface Writes {
  readonly offsets: ArrayLike<number>;
  readonly widths: ArrayLike<number>;
}

/** Tables of which the next entry is looked for in each; of more, all are sorted. */
const TABLES_MOST = 8;

/** Tells where none can write what another does; to say which do takes more than this. */
export class WrittenPlaces {
  readonly #all: Writes[] = [];

  /** Relocations write `widths` bytes, less than 16 each, at `offsets`; both are kept. */
  addAll(offsets: ArrayLike<number>, widths: ArrayLike<number>): void {
    this.#all.push({ offsets, widths });
  }

  /** It is certain that no two write to one byte: in the order of their places each is behind the last. */
  areDisjoint(): boolean {
    if (areInOrder(this.#all)) return true;
    const sorted = placesOf(this.#all)?.sort();
    if (sorted === undefined) return false;
    for (let at = 1; at < sorted.length; at++) {
      const before = sorted[at - 1]!;
      const width = before % 16;
      const end = before - width + 16 * width;
      if (sorted[at]! < end) return false;
    }
    return true;
  }
}

/**
 * In each table they are in the order of their places, as linkers and conversion write them, and each
 * writes behind the last of them all: then there is nothing to sort.
 */
function areInOrder(tables: readonly Writes[]): boolean {
  if (tables.length === 0) return true;
  if (tables.length > TABLES_MOST) return false;
  // By table: its next entry.
  const next = tables.map(() => 0);
  const place = (table: number) => tables[table]!.offsets[next[table]!] ?? Infinity;
  let end = 0;
  for (;;) {
    let first = 0;
    for (let table = 1; table < tables.length; table++) {
      if (place(table) < place(first)) first = table;
    }
    if (place(first) === Infinity) return true;
    let limit = Infinity;
    for (let table = 0; table < tables.length; table++) {
      if (table !== first) limit = Math.min(limit, place(table));
    }
    // Neighbours mostly are in one table.
    const { offsets, widths } = tables[first]!;
    let at = next[first]!;
    for (; at < offsets.length && offsets[at]! <= limit; at++) {
      if (widths[at] === 0) continue;
      if (offsets[at]! < end || offsets[at]! > OFFSET_MOST) return false;
      end = offsets[at]! + widths[at]!;
    }
    next[first] = at;
  }
}

/**
 * 16 times the offset and the width of each in one number, so that they can be sorted without objects.
 * Undefined if that is not exact.
 */
function placesOf(all: readonly Writes[]): Float64Array | undefined {
  const most = all.reduce((sum, { offsets }) => sum + offsets.length, 0);
  const places = new Float64Array(most);
  let count = 0;
  for (const { offsets, widths } of all) {
    for (let entry = 0; entry < offsets.length; entry++) {
      if (widths[entry] === 0) continue;
      if (offsets[entry]! > OFFSET_MOST) return undefined;
      places[count++] = offsets[entry]! * 16 + widths[entry]!;
    }
  }
  return places.subarray(0, count);
}
