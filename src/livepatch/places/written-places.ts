/** The bytes that relocations of one section write. */

/** Up to here 16 times an offset and a width is a number that is exact; no section is that large. */
const OFFSET_MOST = 2 ** 48;

/** By relocation its offset, and how many bytes, less than 16, it writes there. */
interface Writes {
  readonly offsets: ArrayLike<number>;
  readonly widths: ArrayLike<number>;
}

/** Tells where none can write what another does; to say which do takes more than this. */
export class WrittenPlaces {
  readonly #all: Writes[] = [];
  /** So far each is behind the last, as linkers write them: then there is nothing to sort. */
  #isInOrder = true;
  #end = 0;

  /** Relocations write `widths` bytes, less than 16 each, at `offsets`; both are kept. */
  addAll(offsets: ArrayLike<number>, widths: ArrayLike<number>): void {
    this.#all.push({ offsets, widths });
    if (!this.#isInOrder) return;
    let end = this.#end;
    for (let entry = 0; entry < offsets.length; entry++) {
      const offset = offsets[entry]!;
      if (widths[entry] === 0) continue;
      if (offset < end || offset > OFFSET_MOST) {
        this.#isInOrder = false;
        return;
      }
      end = offset + widths[entry]!;
    }
    this.#end = end;
  }

  /** It is certain that no two write to one byte: in their order each is behind the last. */
  areDisjoint(): boolean {
    if (this.#isInOrder) return true;
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
