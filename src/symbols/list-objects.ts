/** The objects of a list while it is walked through: each once, under the kernel's name for it. */

import { counted, type Diagnostics } from "../diagnostics.js";
import type { FoundObject, FoundObjects } from "./found-symbols.js";
import { factsText, kernelSpelling, type ObjectFacts } from "./list-format.js";
import type { Regions, WalkedList } from "./list-walk.js";
import type { Chunk } from "./object-part.js";

/** Known by their numbers in the order of the list; of thousands few are ever looked at. */
export class ListObjects implements FoundObjects {
  readonly #names: string[] = [];
  readonly #facts: ObjectFacts[] = [];
  /** The line that each begins at. */
  readonly #lines: number[] = [];
  readonly #byName = new Map<string, number>();
  #regions: Regions | undefined;
  readonly #made = new Map<number, FoundObject>();
  readonly #source: string;
  readonly #diagnostics: Diagnostics;
  #respelled = 0;
  #firstRespelled: { spelled: string; name: string; line: number } | undefined;

  /** `source` is the list's file. */
  constructor(source: string, diagnostics: Diagnostics) {
    this.#source = source;
    this.#diagnostics = diagnostics;
  }

  /**
   * The number of an object that begins at `line`. One that stands in the list before is merged
   * with a warning, since lists are concatenated by scripts.
   */
  open(spelled: string, facts: ObjectFacts, line: number): number {
    const name = kernelSpelling(spelled);
    if (name !== spelled) {
      this.#respelled++;
      this.#firstRespelled ??= { spelled, name, line };
    }
    const known = this.#byName.get(name);
    if (known !== undefined) {
      const before = this.#facts[known]!;
      if (factsText(facts, before) !== "") {
        this.#diagnostics.error(
          "list-object-twice",
          `object ${name} stands in the list before, at line ${this.#lines[known]}, and there it is ${factsText(before, facts).trim()}`,
          { line },
          ["these are two lists in one file; give them as two sources"],
        );
        return known;
      }
      this.#diagnostics.warning(
        "list-object-twice",
        `object ${name} stands in the list before, at line ${this.#lines[known]}; the two are merged`,
        { line },
        ["positions count on from the first; check the list if it was not put together on purpose"],
      );
      return known;
    }
    this.#facts.push(facts);
    this.#lines.push(line);
    const number = this.#names.push(name) - 1;
    this.#byName.set(name, number);
    return number;
  }

  /** Gives the objects their lines, once the walk is through. */
  close({ regions }: WalkedList): void {
    this.#regions = regions;
    this.#reportSpelling();
  }

  get all(): readonly FoundObject[] {
    return this.#names.map((_, object) => this.at(object));
  }

  at(object: number): FoundObject {
    let made = this.#made.get(object);
    if (made === undefined) {
      const regions = this.#regions;
      const objects = this.#names.length;
      made = {
        name: this.#names[object]!,
        facts: this.#facts[object]!,
        source: this.#source,
        get chunks(): readonly Chunk[] {
          return regions?.of(object, objects) ?? [];
        },
      };
      this.#made.set(object, made);
    }
    return made;
  }

  named(name: string): FoundObject | undefined {
    const object = this.#byName.get(name);
    return object === undefined ? undefined : this.at(object);
  }

  /** Warns of objects in the spelling of file names, in one go, since a list has all or none. */
  #reportSpelling(): void {
    if (this.#firstRespelled === undefined) return;
    const { spelled, name, line } = this.#firstRespelled;
    const others = this.#respelled - 1;
    this.#diagnostics.warning(
      "list-object-spelling",
      `object ${spelled} is taken for ${name}${others > 0 ? `, and ${counted(others, "other")} likewise` : ""}`,
      { line },
      ["the kernel spells module names with _ where the file name has -"],
    );
  }
}
