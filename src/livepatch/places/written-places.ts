/** The bytes that relocations of one section write. */

/** Up to here 16 times an offset and a width is a number that is exact. */
const OFFSET_MOST = 2 ** 48;

/** Tells where none can write what another does; to say which do takes more than this. */
export class WrittenPlaces {
  /** 16 times the offset and the width, in one number, so that they can be sorted without objects. */
  readonly #places: number[] = [];
  #isExact = true;
  /** So far each is behind the last, as linkers write them: then there is nothing to sort. */
  #isInOrder = true;
  #end = 0;

  /** Relocations write `widths` bytes, less than 16 each, at `offsets`. */
  addAll(offsets: ArrayLike<number>, widths: ArrayLike<number>): void {
    let end = this.#end;
    for (let entry = 0; entry < offsets.length; entry++) {
      const offset = offsets[entry]!;
      const width = widths[entry]!;
      if (width === 0) continue;
      if (offset > OFFSET_MOST) this.#isExact = false;
      if (offset < end) this.#isInOrder = false;
      end = offset + width;
      this.#places.push(offset * 16 + width);
    }
    this.#end = end;
  }

  /** It is certain that no two write to one byte: in their order each is behind the last. */
  areDisjoint(): boolean {
    if (!this.#isExact) return false;
    if (this.#isInOrder) return true;
    const sorted = Float64Array.from(this.#places).sort();
    for (let at = 1; at < sorted.length; at++) {
      const before = sorted[at - 1]!;
      const width = before % 16;
      const end = before - width + 16 * width;
      if (sorted[at]! < end) return false;
    }
    return true;
  }
}
