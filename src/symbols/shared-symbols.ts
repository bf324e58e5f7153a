/**
 * What many conversions ask of the same symbols. They are walked once, for the names that all of the
 * conversions want together; what was found is a table of numbers beside the very bytes that were
 * walked. Both are memory that threads share: a thread gets them without a copy, whatever their size,
 * and reads of a line what it says only when somebody asks.
 *
 * A conversion is answered for its own names and no others, so that it ends as it would alone.
 */

import { bytesOfName, nameOfBytes } from "../byte-string.js";
import type { Diagnostics } from "../diagnostics.js";
import {
  addUnreadableLine,
  type Finding,
  FindingsOfName,
  type FoundObject,
  type FoundObjects,
  FoundSymbols,
  listedSymbol,
  lookedFor,
  NO_FIELDS,
} from "./found-symbols.js";
import { type ObjectFacts, parseFields } from "./list-format.js";
import { ListObjects } from "./list-objects.js";
import { type ListVisitor, type SymbolsListFile, walkList, walkObject } from "./list-walk.js";
import type { Chunk, ObjectPart } from "./object-part.js";
import type { ListedSymbol, SymbolMap } from "./symbol-map.js";
import { WantedNames } from "./wanted-names.js";

const SPACE = 32;

/** All of it, as one thread can send it to another. */
export interface SharedSymbolsData {
  /** The file or files it is made from, for messages. */
  readonly file: string;
  readonly isList: boolean;
  /** The lines of all objects. */
  readonly bytes: Uint8Array;
  readonly objects: readonly SharedObject[];
  /** By chunk: where its lines begin and end in `bytes`, 1 for format 0.1 or 2, its first line or 0. */
  readonly chunks: Uint32Array;
  /** By symbol that was found, in the order of names: offset of its line, object, line number or 0. */
  readonly symbols: Uint32Array;
  /** {@link hashOfName} of each name that was asked for, sorted. */
  readonly asked: Float64Array;
  /** Lines of wanted names that make no sense. */
  readonly unreadable: readonly UnreadableLine[];
}

interface SharedObject {
  readonly name: string;
  readonly facts: ObjectFacts;
  readonly source: string;
  readonly firstChunk: number;
  readonly endChunk: number;
}

interface UnreadableLine {
  readonly name: string;
  readonly text: string;
  readonly line: number | undefined;
}

const WORDS_OF_CHUNK = 4;
const WORDS_OF_SYMBOL = 3;

/** A name was asked for that nobody had announced: the module has changed since it was looked at. */
export class UnaskedName extends Error {
  override readonly name = "UnaskedName";
}

/** Scans one list for `names`, as scanSymbolsList does; `bytes` are shared if they can be. */
export function shareSymbolsList(
  { file, bytes }: SymbolsListFile & { readonly bytes: Uint8Array },
  names: Iterable<string>,
  diagnostics: Diagnostics,
): SharedSymbols {
  const shared = bytes.buffer instanceof SharedArrayBuffer ? bytes : sharedCopy([bytes]);
  const asked = [...names];
  const objects = new ListObjects(file, diagnostics);
  const found = new FoundLines(asked);
  const walked = walkList(
    shared,
    {
      shapes: found.wanted.shapes,
      openObject: (spelled, facts, line) => objects.open(spelled, facts, line),
      symbol: (name, fields, at, object, line) => found.add(name, fields, at, object, line),
    },
    diagnostics,
  );
  objects.close(walked);
  diagnostics.throwIfFailed();
  const isList = walked.header.version === "0.1";
  return new SharedSymbols({ file, isList, ...found.tables(shared, objects.all, asked) });
}

/** Scans the parts of several sources, one for each object, as scanParts does. */
export function shareParts(
  parts: readonly ObjectPart[],
  file: string,
  names: Iterable<string>,
  diagnostics: Diagnostics,
): SharedSymbols {
  const shared = sharedCopy(parts.flatMap(({ chunks }) => chunks.map(({ lines }) => lines)));
  const asked = [...names];
  const found = new FoundLines(asked);
  let base = 0;
  const all = parts.map((part, object) => {
    const chunks = part.chunks.map(({ lines, version, firstLine }): Chunk => {
      const copy = shared.subarray(base, base + lines.length);
      const from = base;
      const visitor: ListVisitor = {
        shapes: found.wanted.shapes,
        openObject: () => object,
        symbol: (name, fields, at, _object, line) => {
          const lineInFile = firstLine === undefined ? undefined : line;
          found.add(name, fields, from + at, object, lineInFile);
        },
      };
      walkObject(copy, version, object, firstLine ?? 1, visitor, diagnostics);
      base += lines.length;
      return { lines: copy, version, firstLine };
    });
    const { order, release, arch, names, depends } = part;
    const facts = { order, release, arch, names, depends };
    return { name: part.object, source: part.file, facts, chunks };
  });
  diagnostics.throwIfFailed();
  return new SharedSymbols({ file, isList: false, ...found.tables(shared, all, asked) });
}

function sharedCopy(pieces: readonly Uint8Array[]): Uint8Array {
  const size = pieces.reduce((sum, { length }) => sum + length, 0);
  const shared = new Uint8Array(new SharedArrayBuffer(size));
  let at = 0;
  for (const piece of pieces) {
    shared.set(piece, at);
    at += piece.length;
  }
  return shared;
}

/** The lines that a walk finds of the wanted names. */
class FoundLines {
  readonly wanted: WantedNames;
  readonly #found: { name: string; at: number; object: number; line: number }[] = [];
  readonly #unreadable: UnreadableLine[] = [];

  constructor(names: Iterable<string>) {
    this.wanted = new WantedNames(lookedFor(names));
  }

  /** Notes a line at the offset `at` of all bytes, if anybody asked for its name. */
  add(
    name: string,
    text: string | undefined,
    at: number,
    object: number,
    line: number | undefined,
  ): void {
    if (this.wanted.indexOf(name) < 0) return;
    if (text !== undefined && parseFields(text) === undefined) {
      this.#unreadable.push({ name, text, line });
    } else {
      this.#found.push({ name, at, object, line: line ?? 0 });
    }
  }

  tables(
    bytes: Uint8Array,
    objects: readonly FoundObject[],
    asked: readonly string[],
  ): Omit<SharedSymbolsData, "file" | "isList"> {
    const chunkWords: number[] = [];
    const shared = objects.map(({ name, facts, source, chunks }): SharedObject => {
      const firstChunk = chunkWords.length / WORDS_OF_CHUNK;
      for (const { lines, version, firstLine } of chunks) {
        const start = lines.byteOffset - bytes.byteOffset;
        chunkWords.push(start, start + lines.length, version === "0.1" ? 1 : 2, firstLine ?? 0);
      }
      return { name, facts, source, firstChunk, endChunk: chunkWords.length / WORDS_OF_CHUNK };
    });
    // Sorting keeps the order of homonyms, by which positions count.
    this.#found.sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
    const symbols = sharedWords(this.#found.length * WORDS_OF_SYMBOL);
    for (const [i, { at, object, line }] of this.#found.entries()) {
      symbols.set([at, object, line], i * WORDS_OF_SYMBOL);
    }
    const chunks = sharedWords(chunkWords.length);
    chunks.set(chunkWords);
    const hashes = new Float64Array(new SharedArrayBuffer(8 * asked.length));
    hashes.set(asked.map(hashOfName).sort((a, b) => a - b));
    return { bytes, objects: shared, chunks, symbols, asked: hashes, unreadable: this.#unreadable };
  }
}

function sharedWords(length: number): Uint32Array {
  return new Uint32Array(new SharedArrayBuffer(4 * length));
}

/** What was found, in the thread that found it or in another. */
export class SharedSymbols {
  readonly file: string;
  readonly #objects: FoundObjects;
  /** Answers that were given before: modules of one batch want much the same. */
  readonly #answers = new Map<string, readonly Finding[]>();
  /** Names that were announced, as far as anybody has asked. */
  readonly #asked = new Set<string>();

  constructor(readonly data: SharedSymbolsData) {
    this.file = data.file;
    const all = data.objects.map((each) => new SharedFoundObject(each, data));
    const byName = new Map(all.map((each) => [each.name, each]));
    this.#objects = { all, at: (object) => all[object]!, named: (name) => byName.get(name) };
  }

  /**
   * The answers to `names`, which must be among those that were announced. Throws UnaskedName if one
   * is not, and Refusal if an error is added to `faults`: of a line that the names lead to.
   */
  map(names: Iterable<string>, faults: Diagnostics): SymbolMap {
    const own = new Set(names);
    for (const name of own) {
      if (!this.#wasAsked(name)) throw new UnaskedName(name);
    }
    const mayAnswer = new Set(lookedFor(own));
    for (const { name, text, line } of this.data.unreadable) {
      if (mayAnswer.has(name)) addUnreadableLine(text, line, faults);
    }
    faults.throwIfFailed();
    return new FoundSymbols(this.file, this.data.isList, this.#objects, {
      found: (name) => (mayAnswer.has(name) ? this.#found(name) : []),
    });
  }

  #wasAsked(name: string): boolean {
    if (this.#asked.has(name)) return true;
    const { asked } = this.data;
    const hash = hashOfName(name);
    const at = lowest(asked.length, (i) => asked[i]! >= hash);
    if (asked[at] !== hash) return false;
    this.#asked.add(name);
    return true;
  }

  #found(name: string): readonly Finding[] {
    const known = this.#answers.get(name);
    if (known !== undefined) return known;
    const { symbols } = this.data;
    const wanted = bytesOfName(name);
    const count = symbols.length / WORDS_OF_SYMBOL;
    const order = (i: number) => this.#compareName(symbols[i * WORDS_OF_SYMBOL]!, wanted);
    const answer = new FindingsOfName();
    for (let i = lowest(count, (i) => order(i) >= 0); i < count && order(i) === 0; i++) {
      const [at, object, line] = symbols.subarray(i * WORDS_OF_SYMBOL, (i + 1) * WORDS_OF_SYMBOL);
      const symbol = this.#symbol(at! + wanted.length, line === 0 ? undefined : line);
      answer.add(object!, symbol);
    }
    this.#answers.set(name, answer.list);
    return answer.list;
  }

  /** How the name of the line at an offset stands to another: below 0, 0 or above. */
  #compareName(at: number, wanted: Uint8Array): number {
    const { bytes } = this.data;
    for (let i = 0; i < wanted.length; i++) {
      const byte = bytes[at + i]!;
      if (byte !== wanted[i]) return byte <= SPACE ? -1 : byte - wanted[i]!;
    }
    return bytes[at + wanted.length]! > SPACE ? 1 : 0;
  }

  /** What stands behind a name that ends at an offset. */
  #symbol(nameEnd: number, line: number | undefined): ListedSymbol {
    const { bytes } = this.data;
    if (bytes[nameEnd] !== SPACE) return listedSymbol(NO_FIELDS, line);
    let end = nameEnd;
    while (bytes[end]! >= SPACE) end++;
    return listedSymbol(parseFields(nameOfBytes(bytes, nameEnd + 1, end))!, line);
  }
}

class SharedFoundObject implements FoundObject {
  readonly name: string;
  readonly facts: ObjectFacts;
  readonly source: string;

  constructor(
    private readonly object: SharedObject,
    private readonly data: SharedSymbolsData,
  ) {
    this.name = object.name;
    this.facts = object.facts;
    this.source = object.source;
  }

  get chunks(): Chunk[] {
    const { bytes, chunks } = this.data;
    const own: Chunk[] = [];
    for (let i = this.object.firstChunk; i < this.object.endChunk; i++) {
      const at = i * WORDS_OF_CHUNK;
      const firstLine = chunks[at + 3]!;
      own.push({
        lines: bytes.subarray(chunks[at], chunks[at + 1]),
        version: chunks[at + 2] === 1 ? "0.1" : "0.2",
        firstLine: firstLine === 0 ? undefined : firstLine,
      });
    }
    return own;
  }
}

/** The first number below `count` that a test which turns true once is true of; or `count`. */
function lowest(count: number, isReached: (i: number) => boolean): number {
  let [low, high] = [0, count];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (isReached(middle)) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** 53 bits of a name: two FNV-1a, of which one begins elsewhere. */
function hashOfName(name: string): number {
  let one = 0x811c9dc5;
  let two = 0x9747b28c;
  for (let i = 0; i < name.length; i++) {
    const code = name.charCodeAt(i);
    one = Math.imul(one ^ code, 0x01000193);
    two = Math.imul(two ^ code, 0x85ebca6b);
  }
  return (one >>> 0) * 0x20_0000 + (two >>> 11);
}
