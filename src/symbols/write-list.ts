/** Writes a symbols list of either format from the objects that sources had. */

import { bytesOfName } from "../byte-string.js";
import { counted, type Diagnostics } from "../diagnostics.js";
import {
  EXPORT_PREFIX,
  factsText,
  LIST_HEADER,
  LIST_PREFIX,
  type ListVersion,
  NO_FACTS,
  type ObjectFacts,
} from "./list-format.js";
import { ListLines } from "./list-lines.js";
import {
  eachLine,
  fieldsOfLine,
  isExport,
  isLasting,
  type Line,
  nameOfLine,
  type ObjectPart,
  sizeOfChunks,
} from "./object-part.js";

export interface WriteOptions {
  readonly version: ListVersion;
  /** Names to keep, with their exports; all if absent. */
  readonly keep?: readonly string[];
}

/** What was written, and how much of it. */
export interface WrittenList {
  /** The list in pieces, to be written one after the other. */
  readonly pieces: readonly Uint8Array[];
  readonly objects: number;
  readonly symbols: number;
}

/**
 * Writes the objects in the order given. The same objects give the same bytes.
 *
 * Format 0.1 cannot say which symbols a module has only for a while. So it leaves out what there is
 * of a name in a module that has such ones of it. If the module keeps others, their positions do
 * not last, and the name is left out everywhere: in a list in which only another object had it, it
 * would seem to be that object's. Such names are noted in `diagnostics`.
 */
export function writeList(
  objects: readonly ObjectPart[],
  { version, keep }: WriteOptions,
  diagnostics: Diagnostics,
): WrittenList {
  const kept = keep && new Set(keep.flatMap((name) => [name, EXPORT_PREFIX + name]));
  const header = headerFacts(objects, keep !== undefined);
  const first =
    version === "0.1" ? LIST_HEADER : `${LIST_PREFIX}0.2${factsText(header, HEADER_DEFAULTS)}`;
  const pieces = [bytesOfName(`${first}\n`)];
  const passing = objects.map((part) => (version === "0.1" ? passingNames(part) : NO_NAMES));
  const mixed = new Set(objects.flatMap((part, i) => mixedNames(part, passing[i]!)));
  const missed = new Set(keep);
  const passed = new Set<string>();
  let symbols = 0;
  for (const [i, part] of objects.entries()) {
    const facts = { ...part, names: keep === undefined ? part.names : header.names };
    const factsOfObject = version === "0.1" ? "" : factsText(facts, header);
    pieces.push(bytesOfName(`*${part.object}${factsOfObject}\n`));
    const lines = new ListLines(sizeOfChunks(part.chunks));
    const exports = new WrittenExports(part);
    const isAnyLeftOut = kept !== undefined || mixed.size > 0 || passing[i]!.size > 0;
    eachLine(part.chunks, (line) => {
      if (isExport(line) && !exports.isNext(line)) return;
      if (isAnyLeftOut) {
        const name = nameOfLine(line);
        if (kept?.has(name) === false) return;
        if (passing[i]!.has(name) || mixed.has(name)) {
          passed.add(name);
          return;
        }
        missed.delete(name);
        if (isExport(line)) missed.delete(name.slice(EXPORT_PREFIX.length));
      }
      addLine(lines, line, version);
      symbols++;
    });
    pieces.push(lines.bytes());
  }
  warnOfMissed(missed, passed, diagnostics);
  noteLeftOut(keep === undefined ? [...mixed] : [], diagnostics);
  return { pieces, objects: objects.length, symbols };
}

/** What the header says of all objects; what one says differently stands in its own line. */
function headerFacts(objects: readonly ObjectPart[], isLimited: boolean): ObjectFacts {
  return {
    names: isLimited || !objects.some(({ names }) => names === "all") ? "some" : "all",
    order: objects[0]?.order ?? "unknown",
    release: objects.find(({ release }) => release !== undefined)?.release,
    arch: objects.find(({ arch }) => arch !== undefined)?.arch,
    depends: undefined,
  };
}

const NO_NAMES: ReadonlySet<string> = new Set();
/** What a header need not say; the order it always says. */
const HEADER_DEFAULTS = { ...NO_FACTS, order: undefined };

/** Names of which an object has symbols that do not last. */
function passingNames({ chunks }: ObjectPart): ReadonlySet<string> {
  const names = new Set<string>();
  eachLine(chunks, (line) => {
    if (!isLasting(line)) names.add(nameOfLine(line));
  });
  return names;
}

/** Those of the names in `passing` of which an object also has a symbol that lasts. */
function mixedNames({ chunks }: ObjectPart, passing: ReadonlySet<string>): string[] {
  const mixed: string[] = [];
  if (passing.size === 0) return mixed;
  eachLine(chunks, (line) => {
    if (!isLasting(line)) return;
    const name = nameOfLine(line);
    if (passing.has(name)) mixed.push(name);
  });
  return mixed;
}

function addLine(
  lines: ListLines,
  { bytes, start, nameEnd, end }: Line,
  version: ListVersion,
): void {
  lines.name(bytes, start, version === "0.1" ? nameEnd : end);
  if (version === "0.2" && nameEnd === end) {
    lines.field("-");
    lines.field("-");
  }
  lines.end();
}

/** Sees to it that each export of an object is written once, with its namespace if it has one. */
class WrittenExports {
  /** Exports that a later line says more about. */
  readonly #later = new Set<string>();
  readonly #written = new Set<string>();

  readonly #isNeeded: boolean;

  constructor({ chunks }: ObjectPart) {
    // Only where sources were put together can an export stand twice.
    this.#isNeeded = chunks.length > 1;
    if (!this.#isNeeded) return;
    eachLine(chunks, (line) => {
      if (isExport(line) && fieldsOfLine(line)?.file !== undefined) {
        this.#later.add(nameOfLine(line));
      }
    });
  }

  isNext(line: Line): boolean {
    if (!this.#isNeeded) return true;
    const name = nameOfLine(line);
    if (this.#written.has(name)) return false;
    if (this.#later.has(name) && fieldsOfLine(line)?.file === undefined) return false;
    this.#written.add(name);
    return true;
  }
}

/** Says which names to be kept are not there, and which of them are in what was left out. */
function warnOfMissed(
  missed: ReadonlySet<string>,
  passed: ReadonlySet<string>,
  diagnostics: Diagnostics,
): void {
  for (const name of missed) {
    const message = passed.has(name)
      ? `symbol ${name} is not kept: a module has it for a while only`
      : `no object has a symbol ${name} to be kept`;
    const notes = passed.has(name) ? ["format 0.2 can say so: --format 0.2"] : [];
    diagnostics.warning("keep-unknown", message, {}, notes);
  }
}

function noteLeftOut(leftOut: readonly string[], diagnostics: Diagnostics): void {
  if (leftOut.length === 0) return;
  diagnostics.note(
    "list-left-out",
    `${counted(leftOut.length, "name")} left out, of which a module has symbols for a while only`,
    {},
    () => [
      `${leftOut.slice(0, 5).join(", ")}${leftOut.length > 5 ? ", …" : ""}`,
      "format 0.2 can tell them apart: --format 0.2",
    ],
  );
}
