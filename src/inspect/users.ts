/** Which function or variable of a module a place is in. */

import { type ElfObject, type Section, STT_FUNC, STT_OBJECT } from "../elf/index.js";
import type { Place, Use } from "./inspection.js";

/** A function or variable; one without a name stands for the whole section. */
export type User = Place & Pick<Use, "kind">;

interface Extent {
  readonly symbol: number;
  readonly start: number;
  readonly end: number;
}

interface ExtentsOfSection {
  /** By where they begin; of those that begin together the innermost last. */
  readonly extents: readonly Extent[];
  /** For each extent, where the last of those up to it ends. */
  readonly reach: readonly number[];
}

/** Extents that are looked at for one place: functions do not nest deeply, but a file may say so. */
const NESTED_MOST = 64;

export class Users {
  readonly #object: ElfObject;
  readonly #bySection: ReadonlyMap<number, ExtentsOfSection>;
  /** By symbol, or by section for those that no symbol names; each user is one object. */
  readonly #ofSymbol = new Map<number, User>();
  readonly #ofSection = new Map<number, User>();

  constructor(object: ElfObject) {
    this.#object = object;
    this.#bySection = collectExtents(object);
  }

  /** The innermost function or variable that byte `offset` of a section is in. */
  at(section: Section, offset: number): User {
    const found = this.#bySection.get(section.index);
    if (found !== undefined) {
      const { extents, reach } = found;
      const last = lastStartingBy(extents, offset);
      for (let i = last; i >= 0 && last - i < NESTED_MOST && reach[i]! > offset; i--) {
        if (extents[i]!.end > offset) return this.#user(extents[i]!, section);
      }
    }
    let user = this.#ofSection.get(section.index);
    if (user === undefined) {
      user = { name: null, kind: "section", section: section.name, offset: 0 };
      this.#ofSection.set(section.index, user);
    }
    return user;
  }

  #user({ symbol, start }: Extent, section: Section): User {
    let user = this.#ofSymbol.get(symbol);
    if (user === undefined) {
      const { symbols } = this.#object;
      const kind = symbols.type(symbol) === STT_FUNC ? "function" : "variable";
      user = { name: symbols.name(symbol), kind, section: section.name, offset: start };
      this.#ofSymbol.set(symbol, user);
    }
    return user;
  }
}

/** Index of the last extent that begins at `offset` or before; -1 if there is none. */
function lastStartingBy(extents: readonly Extent[], offset: number): number {
  let [low, high] = [0, extents.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (extents[middle]!.start <= offset) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

function collectExtents({ symbols }: ElfObject): ReadonlyMap<number, ExtentsOfSection> {
  const bySection = new Map<number, Extent[]>();
  for (let symbol = 1; symbol < symbols.count; symbol++) {
    const type = symbols.type(symbol);
    if (type !== STT_FUNC && type !== STT_OBJECT) continue;
    const start = symbols.value(symbol);
    const size = symbols.size(symbol);
    if (size === 0 || !symbols.isNamed(symbol)) continue;
    const section = symbols.sectionIndex(symbol);
    const extents = bySection.get(section) ?? [];
    if (extents.length === 0) bySection.set(section, extents);
    extents.push({ symbol, start, end: start + size });
  }
  const found = new Map<number, ExtentsOfSection>();
  for (const [section, extents] of bySection) {
    // Of two names of one function the first in the table is taken, as in convert's messages.
    extents.sort((a, b) => a.start - b.start || b.end - a.end || b.symbol - a.symbol);
    let most = 0;
    const reach = extents.map(({ end }) => {
      most = Math.max(most, end);
      return most;
    });
    found.set(section, { extents, reach });
  }
  return found;
}
