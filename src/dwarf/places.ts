/** Places in an object, before anything has an address. */

/** A byte of a section. */
export interface Place {
  /** Index of the section. */
  readonly section: number;
  /** Bytes from its start. */
  readonly offset: number;
}

export class PlaceSet {
  readonly #offsets = new Map<number, Set<number>>();

  constructor(places: Iterable<Place>) {
    for (const place of places) this.add(place);
  }

  add({ section, offset }: Place): void {
    const offsets = this.#offsets.get(section);
    if (offsets === undefined) this.#offsets.set(section, new Set([offset]));
    else offsets.add(offset);
  }

  has({ section, offset }: Place): boolean {
    return this.#offsets.get(section)?.has(offset) === true;
  }

  /** The offsets of places in a section; undefined if there are none. */
  offsetsIn(section: number): ReadonlySet<number> | undefined {
    return this.#offsets.get(section);
  }
}
