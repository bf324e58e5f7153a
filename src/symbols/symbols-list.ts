/**
 * The symbols list, format `klp-convert-symbol-data.0.1`: a header line, then `*OBJECT` lines, each
 * followed by that object's symbols, one per line, in the order that positions count.
 *
 * A list of a whole distribution kernel has 700,000 lines, of which a patch wants a dozen. So the
 * wanted names are known before the list is looked at, and the bytes are walked once, with nothing
 * allocated for a line that nobody asked for.
 */

import { nameOfBytes } from "../byte-string.js";
import { counted, type Diagnostics } from "../diagnostics.js";
import type { Occurrences, SymbolMap } from "./symbol-map.js";
import { shapeOf, WantedNames } from "./wanted-names.js";

const FORMAT = "klp-convert-symbol-data.";
const VERSION = "0.1";
/** The header line of a list this tool reads. */
export const LIST_HEADER = `${FORMAT}${VERSION}`;

/** MODULE_NAME_LEN leaves 55 characters and a NUL (include/linux/moduleparam.h). */
export const OBJECT_NAME_MOST = 55;

const EXPORT_PREFIX = "__ksymtab_";
const NEWLINE = 10;
const RETURN = 13;
const SPACE = 32;
const ASTERISK = 42;

/** A symbols list as it came: bytes, and the name it has in messages. */
export interface SymbolsListFile {
  readonly file: string;
  readonly bytes: Uint8Array;
}

/**
 * Scans a list once for `names`, one character per byte.
 *
 * Adds every fault with its line number to `diagnostics` and throws Refusal if there is one:
 * another version, text before the first object, white space or NUL bytes in a line, an empty or
 * overlong object name, a last line without its newline. LF and CR LF both end a line. An object
 * named twice is merged with a warning, since lists are concatenated by scripts.
 */
export function scanSymbolsList(
  { file, bytes }: SymbolsListFile,
  names: Iterable<string>,
  diagnostics: Diagnostics,
): SymbolMap {
  const body = checkHeader(bytes, diagnostics);
  const found = new FoundSymbols(file, names);
  scanLines(bytes, body, found, diagnostics);
  found.reportSpelling(diagnostics);
  diagnostics.throwIfFailed();
  return found;
}

/** Returns the offset of the second line. */
function checkHeader(bytes: Uint8Array, diagnostics: Diagnostics): number {
  const newline = bytes.indexOf(NEWLINE);
  const end = newline < 0 ? bytes.length : newline;
  const text = printable(bytes, 0, end > 0 && bytes[end - 1] === RETURN ? end - 1 : end);
  const place = { line: 1 };
  if (bytes.length === 0) {
    diagnostics.error("list-header", "the symbols list is empty", place, [headerRemedy]);
    diagnostics.refuse();
  }
  if (text !== LIST_HEADER) {
    // biome-ignore lint/suspicious/noControlCharactersInRegex: text has none of these
    const isText = !/[\x00-\x08\x0e-\x1f]/.test(text);
    const version = text.startsWith(FORMAT) ? text.slice(FORMAT.length) : undefined;
    const message =
      version !== undefined
        ? `the list has version ${version} when this tool reads ${VERSION}`
        : `not a symbols list: ${isText ? `the first line is "${text}"` : "it is not text"}`;
    diagnostics.error("list-header", message, place, [headerRemedy]);
    diagnostics.refuse();
  }
  if (newline < 0) addTruncated(1, diagnostics);
  diagnostics.throwIfFailed();
  return newline + 1;
}

const headerRemedy = `a symbols list begins with the line ${LIST_HEADER}`;

function addTruncated(line: number, diagnostics: Diagnostics): void {
  diagnostics.error(
    "list-truncated",
    "the last line has no newline: the list is cut off",
    { line },
    ["make the list again; its maker or a copy of it was interrupted"],
  );
}

/** One pass over the lines from `body` to the end; line 2 begins at `body`. */
function scanLines(
  bytes: Uint8Array,
  body: number,
  found: FoundSymbols,
  diagnostics: Diagnostics,
): void {
  // Bytes after the last newline are a truncated line; up to it every line has its newline.
  const end = bytes.lastIndexOf(NEWLINE) + 1;
  const cursor = { at: body, line: 2 };
  let object: number | undefined;
  let complainedAboutOrder = false;
  while (cursor.at < end) {
    if (object !== undefined) scanSymbols(bytes, end, cursor, object, found);
    if (cursor.at === end) break;
    const { at: start, line } = cursor;
    const newline = bytes.indexOf(NEWLINE, start);
    const nameEnd = newline > start && bytes[newline - 1] === RETURN ? newline - 1 : newline;
    const stray = bytes.subarray(start, nameEnd).find((byte) => byte <= SPACE);
    if (stray !== undefined) {
      diagnostics.error("list-line", describeStray(stray), { line });
    } else if (nameEnd === start) {
      diagnostics.error("list-line", "the line is empty", { line });
    } else if (bytes[start] === ASTERISK) {
      object = found.openObject(printable(bytes, start + 1, nameEnd), line, diagnostics);
    } else if (!complainedAboutOrder) {
      complainedAboutOrder = true;
      diagnostics.error(
        "list-order",
        `the symbol "${printable(bytes, start, nameEnd)}" stands before the first object`,
        { line },
        ["a line *OBJECT, for example *vmlinux, has to come before an object's symbols"],
      );
    }
    cursor.at = newline + 1;
    cursor.line++;
  }
  if (end < bytes.length) addTruncated(cursor.line, diagnostics);
}

/**
 * Moves the cursor over symbols of one object up to a line that is anything else: another object or
 * a fault. Nearly all lines of a list pass through here and nowhere else, so there is nothing in
 * here that they do not need. The cursor moves with each line, and nothing follows the loop: code
 * that had not run when V8 optimised the loop would make it start over for every object.
 */
function scanSymbols(
  bytes: Uint8Array,
  end: number,
  cursor: { at: number; line: number },
  object: number,
  found: FoundSymbols,
): void {
  const { shapes } = found.wanted;
  while (cursor.at < end && bytes[cursor.at] !== ASTERISK) {
    const start = cursor.at;
    let at = start;
    let byte = bytes[at]!;
    while (byte > SPACE) byte = bytes[++at]!;
    const nameEnd = at;
    if (byte === RETURN) byte = bytes[++at]!;
    if (byte !== NEWLINE || nameEnd === start) return;
    if (shapes[shapeOf(bytes, start, nameEnd)] === 1) {
      found.addIfWanted(nameOfBytes(bytes, start, nameEnd), object, cursor.line);
    }
    cursor.at = at + 1;
    cursor.line++;
  }
}

function describeStray(byte: number): string {
  if (byte === 0) return "the line holds a NUL byte";
  if (byte === SPACE || byte === 9) return "the line holds white space; a line is one name";
  return `the line holds the control character 0x${byte.toString(16).padStart(2, "0")}`;
}

/** At most 80 characters of a line: enough for a message, and more than an object's name has. */
function printable(bytes: Uint8Array, start: number, end: number): string {
  return nameOfBytes(bytes, start, Math.min(end, start + 80));
}

/** Collects what the scan finds, and answers for it afterwards. */
class FoundSymbols implements SymbolMap {
  readonly wanted: WantedNames;
  readonly #objects = new Map<string, number>();
  readonly #objectNames: string[] = [];
  readonly #objectLines: number[] = [];
  /** By wanted name: object number to lines. */
  readonly #lines: (Map<number, number[]> | undefined)[] = [];
  #respelled = 0;
  #firstRespelled: { spelled: string; name: string; line: number } | undefined;

  constructor(
    readonly file: string,
    names: Iterable<string>,
  ) {
    const both = new Set<string>();
    for (const name of names) both.add(name).add(EXPORT_PREFIX + name);
    this.wanted = new WantedNames(both);
  }

  openObject(spelled: string, line: number, diagnostics: Diagnostics): number {
    const name = spelled.replaceAll("-", "_");
    if (name === "" || name.length > OBJECT_NAME_MOST || name.includes(".")) {
      diagnostics.error(
        "list-object",
        name === ""
          ? "the object has no name"
          : `"${name}" is no object: a name has at most ${OBJECT_NAME_MOST} characters and no dot`,
        { line },
      );
    }
    if (name !== spelled) {
      this.#respelled++;
      this.#firstRespelled ??= { spelled, name, line };
    }
    let object = this.#objects.get(name);
    if (object === undefined) {
      object = this.#objectNames.length;
      this.#objects.set(name, object);
      this.#objectNames.push(name);
      this.#objectLines.push(line);
    } else {
      diagnostics.warning(
        "list-object-twice",
        `object ${name} stands in the list before, at line ${this.#objectLines[object]}; the two are merged`,
        { line },
        ["positions count on from the first; check the list if it was not put together on purpose"],
      );
    }
    return object;
  }

  /** Notes a symbol of the list if anybody asked for it. */
  addIfWanted(symbol: string, object: number, line: number): void {
    const name = this.wanted.indexOf(symbol);
    if (name < 0) return;
    let byObject = this.#lines[name];
    if (byObject === undefined) {
      byObject = new Map();
      this.#lines[name] = byObject;
    }
    const lines = byObject.get(object);
    if (lines === undefined) byObject.set(object, [line]);
    else lines.push(line);
  }

  /** Warns of objects in the spelling of file names, in one go, since a list has all or none. */
  reportSpelling(diagnostics: Diagnostics): void {
    if (this.#firstRespelled === undefined) return;
    const { spelled, name, line } = this.#firstRespelled;
    const others = this.#respelled - 1;
    diagnostics.warning(
      "list-object-spelling",
      `object ${spelled} is taken for ${name}${others > 0 ? `, and ${counted(others, "other")} likewise` : ""}`,
      { line },
      ["the kernel spells module names with _ where the file name has -"],
    );
  }

  hasObject(object: string): boolean {
    return this.#objects.has(object);
  }

  owners(name: string): Occurrences[] {
    const found = this.#lines[this.wanted.indexOf(name)] ?? [];
    return [...found].map(([object, lines]) => ({ object: this.#objectNames[object]!, lines }));
  }

  exporters(name: string): string[] {
    return this.owners(EXPORT_PREFIX + name).map((each) => each.object);
  }
}
