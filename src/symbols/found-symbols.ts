/** Collects what a walk through lists finds, and answers for it afterwards. */

import type { Diagnostics } from "../diagnostics.js";
import {
  EXPORT_PREFIX,
  LIST_PREFIX,
  type ObjectFacts,
  parseFields,
  type SymbolFields,
} from "./list-format.js";
import { ListObjects } from "./list-objects.js";
import { type ListVisitor, type SymbolsListFile, walkList, walkObject } from "./list-walk.js";
import { type NearName, nearestNames } from "./nearest-names.js";
import { type Chunk, hasOnlyExports, isInNameOrder, type ObjectPart } from "./object-part.js";
import type { ListedSymbol, Occurrences, SymbolMap } from "./symbol-map.js";
import { WantedNames } from "./wanted-names.js";

/**
 * Scans one list for `names`, one character per byte.
 *
 * Adds every fault to `diagnostics` and throws Refusal if there is one, see {@link walkList}.
 */
export function scanSymbolsList(
  { file, bytes }: SymbolsListFile,
  names: Iterable<string>,
  diagnostics: Diagnostics,
): SymbolMap {
  const objects = new ListObjects(file, diagnostics);
  const search = new Search(names, diagnostics);
  const visitor: ListVisitor = {
    shapes: search.wanted.shapes,
    openObject: (spelled, facts, line) => objects.open(spelled, facts, line),
    symbol: (name, fields, _at, object, line) => search.symbol(name, fields, object, line),
  };
  const walked = walkList(bytes, visitor, diagnostics);
  objects.close(walked);
  diagnostics.throwIfFailed();
  // A list in format 0.2 says which objects it is about; one in 0.1 is taken for all there is.
  return new FoundSymbols(file, walked.header.version === "0.1", objects, search);
}

/** Scans the parts of several sources, one for each object; `file` names the sources. */
export function scanParts(
  parts: readonly ObjectPart[],
  file: string,
  names: Iterable<string>,
  diagnostics: Diagnostics,
): SymbolMap {
  const search = new Search(names, diagnostics);
  for (const [object, { chunks }] of parts.entries()) {
    for (const { lines, version, firstLine } of chunks) {
      const visitor: ListVisitor = {
        shapes: search.wanted.shapes,
        openObject: () => object,
        symbol: (name, fields, _at, _object, line) => {
          search.symbol(name, fields, object, firstLine === undefined ? undefined : line);
        },
      };
      walkObject(lines, version, object, firstLine ?? 1, visitor, diagnostics);
    }
  }
  diagnostics.throwIfFailed();
  const found = parts.map((part) => {
    return { name: part.object, facts: part, chunks: part.chunks, source: part.file };
  });
  return new FoundSymbols(file, false, inOrder(found), search);
}

/** What a walk looks for, to answer for `names`: them, and who exports them. */
export function* lookedFor(names: Iterable<string>): Iterable<string> {
  for (const name of names) {
    yield name;
    yield EXPORT_PREFIX + name;
  }
  // A second header in the middle, where two lists were put into one file, is no record.
  yield `${LIST_PREFIX}0.2`;
}

/** Adds the error for a wanted name with something else than fields behind it. */
export function addUnreadableLine(
  text: string,
  line: number | undefined,
  diagnostics: Diagnostics,
): void {
  const place = line === undefined ? {} : { line };
  const shown = text.slice(0, 80);
  diagnostics.error("list-line", `"${shown}" is not ADDRESS TYPE [FILE]`, place);
}

/** All that format 0.1 says beside a name. */
export const NO_FIELDS: SymbolFields = {
  address: undefined,
  type: undefined,
  kept: "always",
  file: undefined,
};

/** Not by spreading the fields: V8 would make each a hidden class of its own, or more memory. */
export function listedSymbol(
  { address, type, kept, file }: SymbolFields,
  line: number | undefined,
): ListedSymbol {
  return { address, type, kept, file, line };
}

/** The wanted names, and what was found of them. */
class Search implements Findings {
  readonly wanted: WantedNames;
  /** By wanted name. */
  readonly #found: (FindingsOfName | undefined)[] = [];
  readonly #diagnostics: Diagnostics;

  constructor(names: Iterable<string>, diagnostics: Diagnostics) {
    this.wanted = new WantedNames(lookedFor(names));
    this.#diagnostics = diagnostics;
  }

  /** Notes a symbol if anybody asked for it; `text` is its fields, `line` is if it is one of a list. */
  symbol(name: string, text: string | undefined, object: number, line: number | undefined): void {
    const number = this.wanted.indexOf(name);
    if (number < 0) return;
    const fields = text === undefined ? NO_FIELDS : parseFields(text);
    if (fields === undefined) {
      addUnreadableLine(text!, line, this.#diagnostics);
      return;
    }
    const symbol = listedSymbol(fields, line);
    let found = this.#found[number];
    if (found === undefined) {
      found = new FindingsOfName();
      this.#found[number] = found;
    }
    found.add(object, symbol);
  }

  found(name: string): readonly Finding[] {
    return this.#found[this.wanted.indexOf(name)]?.list ?? NOTHING;
  }
}

/** What was found of names. */
export interface Findings {
  /** The symbols of a name, each object once. */
  found(name: string): readonly Finding[];
}

/** The symbols that an object, by its number, has of a name. */
export interface Finding {
  readonly object: number;
  readonly symbols: ListedSymbol[];
}

const NOTHING: readonly Finding[] = [];

/** Collects what is found of one name. */
export class FindingsOfName {
  #list: Finding[] | undefined;
  #highest = -1;
  /** Needed only once an object comes again that others were found behind. */
  #byObject: Map<number, Finding> | undefined;

  get list(): readonly Finding[] {
    return this.#list ?? NOTHING;
  }

  add(object: number, symbol: ListedSymbol): void {
    if (object > this.#highest) {
      this.#highest = object;
      this.#push(object, symbol);
      return;
    }
    const last = this.list[this.list.length - 1];
    const of = last?.object === object ? last : this.#find(object);
    if (of === undefined) this.#push(object, symbol);
    else of.symbols.push(symbol);
  }

  #find(object: number): Finding | undefined {
    this.#byObject ??= new Map(this.list.map((each) => [each.object, each]));
    return this.#byObject.get(object);
  }

  #push(object: number, symbol: ListedSymbol): void {
    const finding = { object, symbols: [symbol] };
    // Mostly there is one: an array that is pushed to at once has room for 17.
    if (this.#list === undefined) this.#list = [finding];
    else this.#list.push(finding);
    this.#byObject?.set(object, finding);
  }
}

/** The objects, whose numbers are their places. */
export interface FoundObjects {
  readonly all: readonly FoundObject[];
  at(object: number): FoundObject;
  named(name: string): FoundObject | undefined;
}

function inOrder(all: readonly FoundObject[]): FoundObjects {
  return {
    all,
    at: (object) => all[object]!,
    named: (name) => all.find((each) => each.name === name),
  };
}

export interface FoundObject {
  readonly name: string;
  readonly facts: ObjectFacts;
  readonly chunks: readonly Chunk[];
  /** The file it is from. */
  readonly source: string;
}

const NO_EXPORTERS: readonly string[] = [];

export class FoundSymbols implements SymbolMap {
  readonly #objects: FoundObjects;
  readonly #findings: Findings;
  #asked: string | undefined;
  #owners: readonly Occurrences[] = [];
  #askedExports: string | undefined;
  #exporters = NO_EXPORTERS;

  constructor(
    readonly file: string,
    readonly isList: boolean,
    objects: FoundObjects,
    findings: Findings,
  ) {
    this.#objects = objects;
    this.#findings = findings;
  }

  hasObject(object: string): boolean {
    const found = this.#objects.named(object);
    return found !== undefined && found.facts.names === "all" && !hasOnlyExports(found.chunks);
  }

  facts(object: string): ObjectFacts | undefined {
    return this.#objects.named(object)?.facts;
  }

  owners(name: string): readonly Occurrences[] {
    // Of one name several rules ask in a row.
    if (name !== this.#asked) {
      this.#asked = name;
      this.#owners = this.#findings.found(name).map(({ object, symbols }) => {
        const { name, source } = this.#objects.at(object);
        return { object: name, source, symbols };
      });
    }
    return this.#owners;
  }

  exporters(name: string): readonly string[] {
    // Likewise.
    if (name !== this.#askedExports) {
      this.#askedExports = name;
      const exports = this.#findings.found(EXPORT_PREFIX + name);
      this.#exporters =
        exports.length === 0
          ? NO_EXPORTERS
          : exports.map(({ object }) => this.#objects.at(object).name);
    }
    return this.#exporters;
  }

  namespace(name: string, object: string): string | undefined {
    const owner = this.owners(EXPORT_PREFIX + name).find((each) => each.object === object);
    return owner?.symbols.find(({ file }) => file !== undefined)?.file;
  }

  nearest(names: readonly string[]): ReadonlyMap<string, readonly NearName[]> {
    return nearestNames(this.#objects.all, names);
  }

  isOrderDoubtful(object: string): boolean {
    const found = this.#objects.named(object);
    return found !== undefined && found.facts.order === "unknown" && isInNameOrder(found.chunks);
  }
}
