/** The objects of a list while it is walked through: each once, under the kernel's name for it. */

import { counted, type Diagnostics } from "../diagnostics.js";
import type { FoundObject } from "./found-symbols.js";
import { factsText, kernelSpelling, type ObjectFacts } from "./list-format.js";
import type { WalkedList } from "./list-walk.js";
import type { Chunk } from "./object-part.js";

export class ListObject implements FoundObject {
  /** The first of its chunks, which nearly always is all. */
  private chunk: Chunk | undefined;
  private others: Chunk[] | undefined;

  constructor(
    readonly name: string,
    readonly facts: ObjectFacts,
    readonly source: string,
    /** The line it begins at. */
    readonly line: number,
  ) {}

  get chunks(): readonly Chunk[] {
    return this.chunk === undefined ? [] : [this.chunk, ...(this.others ?? [])];
  }

  add(chunk: Chunk): void {
    if (this.chunk === undefined) this.chunk = chunk;
    else {
      this.others ??= [];
      this.others.push(chunk);
    }
  }
}

export class ListObjects {
  /** In the order of the list; a walk knows them by their place in here. */
  readonly all: ListObject[] = [];
  readonly #byName = new Map<string, number>();
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
      const before = this.all[known]!.facts;
      if (factsText(facts, before) !== "") {
        this.#diagnostics.error(
          "list-object-twice",
          `object ${name} stands in the list before, at line ${this.all[known]!.line}, and there it is ${factsText(before, facts).trim()}`,
          { line },
          ["these are two lists in one file; give them as two sources"],
        );
        return known;
      }
      this.#diagnostics.warning(
        "list-object-twice",
        `object ${name} stands in the list before, at line ${this.all[known]!.line}; the two are merged`,
        { line },
        ["positions count on from the first; check the list if it was not put together on purpose"],
      );
      return known;
    }
    this.#byName.set(name, this.all.length);
    return this.all.push(new ListObject(name, facts, this.#source, line)) - 1;
  }

  /** Gives the objects their lines, once the walk is through. */
  close({ regions }: WalkedList): void {
    for (const region of regions) this.all[region.object]!.add(region);
    this.#reportSpelling();
  }

  get(name: string): ListObject | undefined {
    return this.all[this.#byName.get(name) ?? -1];
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
