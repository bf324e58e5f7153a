/**
 * Walks through a symbols list of either format.
 *
 * A list of a whole distribution kernel has 700,000 lines, of which a patch wants a dozen. So the
 * wanted names are known before the list is looked at, and the bytes are walked once, with nothing
 * allocated for a line that nobody asked for.
 */

import { nameOfBytes } from "../byte-string.js";
import type { Diagnostics } from "../diagnostics.js";
import { PartialBytes } from "../elf/index.js";
import {
  faultOfObjectName,
  LIST_HEADER,
  type ListHeader,
  type ListVersion,
  NO_FACTS,
  type ObjectFacts,
  parseFacts,
  parseHeader,
} from "./list-format.js";
import { NameScan } from "./name-scan.js";
import type { Chunk } from "./object-part.js";
import { mayBeWanted } from "./wanted-names.js";

const NEWLINE = 10;
const RETURN = 13;
const SPACE = 32;
const ASTERISK = 42;

/** A symbols list as it came: bytes, perhaps not all in memory, and the name it has in messages. */
export interface SymbolsListFile {
  readonly file: string;
  readonly bytes: Uint8Array | PartialBytes;
}

/** Who wants to know what is in a list. */
export interface ListVisitor {
  /** What names that are wanted look like, see {@link mayBeWanted}. */
  readonly shapes: Uint8Array;
  /** An object begins, spelled as in the list. Returns the number that its symbols come with. */
  openObject(spelled: string, facts: ObjectFacts, line: number): number;
  /**
   * A symbol whose name may be wanted; its line, `line`, begins at the offset `at`. `fields` is what format
   * 0.2 has behind the name.
   */
  symbol(name: string, fields: string | undefined, at: number, object: number, line: number): void;
}

/**
 * Where the symbols between one `*OBJECT` line and the next are. Of thousands of objects few are looked
 * at again, so a region is numbers until somebody does.
 */
export class Regions {
  readonly #list: PartialBytes;
  readonly #version: ListVersion;
  readonly #objects: number[] = [];
  readonly #firstLines: number[] = [];
  readonly #starts: number[] = [];
  readonly #ends: number[] = [];
  /** Numbers of regions by object, if one has several. */
  #byObject: ReadonlyMap<number, readonly number[]> | undefined;

  constructor(list: PartialBytes, version: ListVersion) {
    this.#list = list;
    this.#version = version;
  }

  /** A region begins, of an object by the number that the visitor gave it; the one before ends at `end`. */
  open(object: number, firstLine: number, end: number, start: number): void {
    this.close(end);
    this.#objects.push(object);
    this.#firstLines.push(firstLine);
    this.#starts.push(start);
  }

  /** The last region ends. */
  close(end: number): void {
    if (this.#ends.length < this.#objects.length) this.#ends.push(end);
  }

  get count(): number {
    return this.#objects.length;
  }

  /** A region by its number, in the order of the list. */
  at(region: number): Chunk {
    const list = this.#list;
    const [start, end] = [this.#starts[region]!, this.#ends[region]!];
    const lines = list.bytes.subarray(start, end);
    return {
      lines,
      version: this.#version,
      firstLine: this.#firstLines[region],
      load: (at) => {
        const most = Math.min(lines.length, at + WINDOW);
        list.load(start + at, most - at);
        const loaded = most === lines.length ? most : lines.lastIndexOf(NEWLINE, most - 1) + 1;
        if (loaded > at) return loaded;
        // A line of that length.
        list.load(start, lines.length);
        return lines.length;
      },
    };
  }

  /** The regions of an object; there may be several only where `objects`, their number, is smaller. */
  of(object: number, objects: number): Chunk[] {
    if (objects === this.count) return [this.at(object)];
    this.#byObject ??= placesByValue(this.#objects);
    return (this.#byObject.get(object) ?? []).map((region) => this.at(region));
  }
}

function placesByValue(values: readonly number[]): Map<number, number[]> {
  const places = new Map<number, number[]>();
  for (const [place, value] of values.entries()) {
    const others = places.get(value);
    if (others === undefined) places.set(value, [place]);
    else others.push(place);
  }
  return places;
}

/** What is known of a list after the walk. */
export interface WalkedList {
  readonly header: ListHeader;
  readonly regions: Regions;
}

/**
 * Walks through a whole list and returns what its header says.
 *
 * Adds every fault with its line number to `diagnostics`: text before the first object, white space
 * or NUL bytes in a line, an empty or overlong object name, a last line without its newline. Throws
 * Refusal only of a first line that it cannot read, and what reading the list throws. LF and CR LF both
 * end a line.
 */
export function walkList(
  bytes: Uint8Array | PartialBytes,
  visitor: ListVisitor,
  diagnostics: Diagnostics,
): WalkedList {
  const list = PartialBytes.of(bytes);
  const { header, body } = readHeader(list, diagnostics);
  const { version, ...facts } = header;
  const start = { version, facts, line: 2, object: undefined };
  return { header, regions: walkLines(list, body, start, visitor, diagnostics) };
}

/** Walks through the lines of one object, of which line `firstLine` is the first. */
export function walkObject(
  lines: Uint8Array,
  version: ListVersion,
  object: number,
  firstLine: number,
  visitor: ListVisitor,
  diagnostics: Diagnostics,
): void {
  const start = { version, facts: NO_FACTS, line: firstLine, object };
  walkLines(PartialBytes.of(lines), 0, start, visitor, diagnostics);
}

/** Bytes of a list that are read for a line or two. */
const WINDOW = 1 << 14;

/** Bytes of a header; what can be said there takes less. */
const HEADER_MOST = 400;
/** Bytes of an object's line, which may name all modules that it depends on. */
const OBJECT_LINE_MOST = 4096;

/** Returns what the first line says, and the offset of the second. */
function readHeader(
  list: PartialBytes,
  diagnostics: Diagnostics,
): { header: ListHeader; body: number } {
  const { bytes } = list;
  const newline = findNewline(list, 0);
  const lineEnd = newline < 0 ? bytes.length : newline;
  const end = lineEnd > 0 && bytes[lineEnd - 1] === RETURN ? lineEnd - 1 : lineEnd;
  const header =
    end > HEADER_MOST
      ? `the first line begins with "${printable(bytes, 0, end)}" and is too long`
      : parseHeader(nameOfBytes(bytes, 0, end));
  if (typeof header === "string") {
    diagnostics.error("list-header", `${header}; this tool reads 0.1 and 0.2`, { line: 1 }, [
      `a symbols list begins with the line ${LIST_HEADER}; klp-convert symbols makes one`,
    ]);
    diagnostics.refuse();
  }
  if (newline < 0) addTruncated(1, diagnostics);
  diagnostics.throwIfFailed();
  return { header, body: newline + 1 };
}

/** Where a line ends that begins at `at`, or -1. Makes sure of its bytes. */
function findNewline(list: PartialBytes, at: number): number {
  const most = Math.min(list.size, at + WINDOW);
  list.load(at, most - at);
  const newline = list.bytes.subarray(at, most).indexOf(NEWLINE);
  if (newline >= 0) return at + newline;
  list.load(at, list.size - at);
  return list.bytes.indexOf(NEWLINE, most);
}

/** The end of the last line that has its newline. */
function findEnd(list: PartialBytes): number {
  const least = Math.max(0, list.size - WINDOW);
  list.load(least, list.size - least);
  const newline = list.bytes.subarray(least).lastIndexOf(NEWLINE);
  if (newline >= 0) return least + newline + 1;
  list.load(0, list.size);
  return list.bytes.lastIndexOf(NEWLINE) + 1;
}

/** Adds the error for a text whose last line, `line`, has no newline. */
function addTruncated(line: number, diagnostics: Diagnostics): void {
  diagnostics.error(
    "list-truncated",
    "the last line has no newline: the list is cut off",
    { line },
    ["make the list again; its maker or a copy of it was interrupted"],
  );
}

interface WalkStart {
  readonly version: ListVersion;
  /** What is known of all objects. */
  readonly facts: ObjectFacts;
  /** Number of the first line. */
  readonly line: number;
  /** The object that the first lines belong to, if any. */
  readonly object: number | undefined;
}

/** One pass over the lines from byte `body` to the end. */
function walkLines(
  list: PartialBytes,
  body: number,
  start: WalkStart,
  visitor: ListVisitor,
  diagnostics: Diagnostics,
): Regions {
  const { bytes } = list;
  // Bytes after the last newline are a truncated line; up to it every line has its newline.
  const end = findEnd(list);
  const cursor = { at: body, line: start.line };
  const passSymbols = start.version === "0.1" ? passNames : passRecords;
  const scan = start.version === "0.1" ? NameScan.of(list, visitor.shapes) : undefined;
  let { object } = start;
  const regions = new Regions(list, start.version);
  const open = (text: string, length: number, at: number, next: number, line: number) => {
    object =
      faultOfObjectName(text) === undefined
        ? visitor.openObject(text, start.facts, line)
        : openStated(text, length, start.facts, visitor, line, diagnostics);
    regions.open(object, line + 1, at, next);
  };
  const found = (text: string, at: number, line: number) => {
    if (text.charCodeAt(0) !== ASTERISK) visitor.symbol(text, undefined, at, object!, line);
    else {
      const length = text.length - 1;
      open(text.slice(1, 1 + OBJECT_LINE_MOST), length, at, at + text.length + 1, line);
    }
  };
  let complainedAboutOrder = false;
  while (cursor.at < end) {
    if (object !== undefined) {
      scan?.pass(end, cursor, found);
      if (cursor.at === end) break;
      // What is left for passSymbols is not long, or has lines of another form.
      list.load(cursor.at, end - cursor.at);
      passSymbols(bytes, end, cursor, object, visitor);
    }
    if (cursor.at === end) break;
    // Lines before the first object may be many, and each would be read by itself.
    if (complainedAboutOrder) list.load(cursor.at, end - cursor.at);
    const { at, line } = cursor;
    const newline = findNewline(list, at);
    const lineEnd = newline > at && bytes[newline - 1] === RETURN ? newline - 1 : newline;
    const fault = faultOfLine(bytes, at, lineEnd, start.version);
    if (fault !== undefined) {
      diagnostics.error("list-line", fault, { line });
    } else if (bytes[at] === ASTERISK) {
      const text = nameOfBytes(bytes, at + 1, Math.min(lineEnd, at + 1 + OBJECT_LINE_MOST));
      open(text, lineEnd - at - 1, at, newline + 1, line);
    } else if (object === undefined && !complainedAboutOrder) {
      complainedAboutOrder = true;
      diagnostics.error(
        "list-order",
        `the symbol "${printable(bytes, at, lineEnd)}" stands before the first object`,
        { line },
        ["a line *OBJECT, for example *vmlinux, has to come before an object's symbols"],
      );
    }
    cursor.at = newline + 1;
    cursor.line++;
  }
  regions.close(end);
  if (end < bytes.length) addTruncated(cursor.line, diagnostics);
  return regions;
}

/** Opens an object of which the line says more than a name, or something that is none. */
function openStated(
  text: string,
  length: number,
  inherited: ObjectFacts,
  visitor: ListVisitor,
  line: number,
  diagnostics: Diagnostics,
): number {
  const [name = "", ...words] = text.split(" ");
  const isTooLong = words.length > 0 && length > OBJECT_LINE_MOST;
  const facts = isTooLong
    ? `the line of ${name.slice(0, 80)} is too long`
    : parseFacts(words, inherited);
  if (typeof facts === "string") diagnostics.error("list-line", facts, { line });
  const fault = faultOfObjectName(name);
  if (fault !== undefined) diagnostics.error("list-object", fault, { line });
  return visitor.openObject(name, typeof facts === "string" ? inherited : facts, line);
}

/**
 * Moves the cursor over symbols of one object in format 0.1 up to a line that is anything else:
 * another object or a fault. Nearly all lines of a list pass through here or a NameScan, so there
 * is nothing in here that they do not need. The cursor moves with each line, and nothing
 * follows the loop: code that had not run when V8 optimised the loop would make it start over for
 * every object.
 */
function passNames(
  bytes: Uint8Array,
  end: number,
  cursor: { at: number; line: number },
  object: number,
  visitor: ListVisitor,
): void {
  const { shapes } = visitor;
  while (cursor.at < end && bytes[cursor.at] !== ASTERISK) {
    const start = cursor.at;
    let at = start;
    let byte = bytes[at]!;
    while (byte > SPACE) byte = bytes[++at]!;
    const nameEnd = at;
    if (byte === RETURN) byte = bytes[++at]!;
    if (byte !== NEWLINE || nameEnd === start) return;
    if (mayBeWanted(shapes, bytes, start, nameEnd)) {
      const name = nameOfBytes(bytes, start, nameEnd);
      visitor.symbol(name, undefined, start, object, cursor.line);
    }
    cursor.at = at + 1;
    cursor.line++;
  }
}

/** {@link passNames} for format 0.2: three fields and perhaps a fourth, which may hold spaces. */
function passRecords(
  bytes: Uint8Array,
  end: number,
  cursor: { at: number; line: number },
  object: number,
  visitor: ListVisitor,
): void {
  const { shapes } = visitor;
  while (cursor.at < end && bytes[cursor.at] !== ASTERISK) {
    const start = cursor.at;
    let at = start;
    let byte = bytes[at]!;
    while (byte > SPACE) byte = bytes[++at]!;
    const nameEnd = at;
    if (byte !== SPACE || nameEnd === start) return;
    byte = bytes[++at]!;
    const address = at;
    while (byte > SPACE) byte = bytes[++at]!;
    if (byte !== SPACE || at === address) return;
    byte = bytes[++at]!;
    const type = at;
    while (byte > SPACE) byte = bytes[++at]!;
    if (at === type) return;
    while (byte >= SPACE) byte = bytes[++at]!;
    const lineEnd = at;
    if (byte === RETURN) byte = bytes[++at]!;
    if (byte !== NEWLINE) return;
    if (mayBeWanted(shapes, bytes, start, nameEnd)) {
      const name = nameOfBytes(bytes, start, nameEnd);
      const fields = nameOfBytes(bytes, nameEnd + 1, lineEnd);
      visitor.symbol(name, fields, start, object, cursor.line);
    }
    cursor.at = at + 1;
    cursor.line++;
  }
}

/** What is wrong with a line whatever it means, or undefined. */
function faultOfLine(
  bytes: Uint8Array,
  start: number,
  end: number,
  version: ListVersion,
): string | undefined {
  if (end === start) return "the line is empty";
  const isObject = bytes[start] === ASTERISK;
  const mayHaveSpaces = version === "0.2";
  for (let at = start; at < end; at++) {
    const byte = bytes[at]!;
    if (byte > SPACE || (byte === SPACE && mayHaveSpaces)) continue;
    return describeStray(byte, version);
  }
  if (isObject || version === "0.1") return undefined;
  const fields = nameOfBytes(bytes, start, Math.min(end, start + 400)).split(" ");
  return fields.length < 3 || fields.slice(0, 3).includes("")
    ? `"${printable(bytes, start, end)}" is not NAME ADDRESS TYPE [FILE]`
    : undefined;
}

function describeStray(byte: number, version: ListVersion): string {
  if (byte === 0) return "the line holds a NUL byte";
  if ((byte === SPACE || byte === 9) && version === "0.1") {
    return "the line holds white space; a line is one name";
  }
  return `the line holds the control character 0x${byte.toString(16).padStart(2, "0")}`;
}

/** At most 80 characters of a line: enough for a message. */
function printable(bytes: Uint8Array, start: number, end: number): string {
  return nameOfBytes(bytes, start, Math.min(end, start + 80));
}
