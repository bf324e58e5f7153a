/**
 * The units of a .debug_info section (DWARF 5 section 7.5.1): one for each source file that went
 * into the object. A unit says in its first bytes how long it is, so one that nobody asks for costs
 * no more than that.
 */

import { hex } from "../diagnostics.js";
import { countBelow } from "../sorted-numbers.js";
import { type AbbreviationTable, readAbbreviations } from "./abbreviations.js";
import { DW_UT_compile, DW_UT_partial, DW_UT_type } from "./constants.js";
import { Cursor } from "./cursor.js";
import type { DebugFile } from "./debug-file.js";
import type { DebugSection } from "./debug-sections.js";
import type { Encoding } from "./forms.js";
import { tried, Unreadable } from "./unreadable.js";

/** Bytes that a table of abbreviations may have; those of a kernel's units have a few thousand. */
const TABLE_MOST = 0x40000;

export interface Unit extends Encoding {
  readonly file: DebugFile;
  readonly section: DebugSection;
  /** Offset of its header, which references within the unit count from. */
  readonly start: number;
  /** Offset of its first entry, which all others are below. */
  readonly root: number;
  /** Offset behind its last byte. */
  readonly end: number;
  readonly abbreviations: AbbreviationTable;
}

export class Units {
  readonly #file: DebugFile;
  readonly #section: DebugSection;
  /** Where units begin, as far as the section was walked. */
  readonly #starts: number[] = [];
  #walkedTo = 0;
  readonly #read = new Map<number, Unit | Unreadable>();

  constructor(file: DebugFile, section: DebugSection) {
    this.#file = file;
    this.#section = section;
  }

  /** The unit that has the byte at `offset`. Throws Unreadable if it cannot be read. */
  at(offset: number): Unit {
    while (this.#walkedTo <= offset) this.#walkOn();
    const start = this.#starts[countBelow(this.#starts, offset + 1) - 1]!;
    let unit = this.#read.get(start);
    if (unit === undefined) {
      unit = tried(() => this.#readUnit(start));
      this.#read.set(start, unit);
    }
    if (unit instanceof Unreadable) throw unit;
    return unit;
  }

  #walkOn(): void {
    const start = this.#walkedTo;
    const end = tried(() => readLength(this.#section.cursor(start)).end);
    this.#starts.push(start);
    // Behind a length that cannot be, all that is left is one unit that cannot be read.
    this.#walkedTo = end instanceof Unreadable ? Number.POSITIVE_INFINITY : end;
  }

  #readUnit(start: number): Unit {
    const section = this.#section;
    const { cursor, offsetSize } = readLength(section.cursor(start));
    const version = cursor.unsigned(2);
    if (version < 2 || version > 5) throw new Unreadable(`a unit has version ${version}`);
    const type = version < 5 ? DW_UT_compile : cursor.u8();
    if (type !== DW_UT_compile && type !== DW_UT_partial && type !== DW_UT_type) {
      throw new Unreadable(`a unit has type ${type}`);
    }
    let addressSize = version < 5 ? 0 : cursor.u8();
    const tableAt = cursor.at;
    cursor.skip(offsetSize);
    if (version < 5) addressSize = cursor.u8();
    const { wordSize } = this.#file;
    if (addressSize !== wordSize) {
      throw new Unreadable(`a unit has addresses of ${addressSize} bytes`);
    }
    // A signature, and the offset of the type that it stands for.
    if (type === DW_UT_type) cursor.skip(8 + offsetSize);
    const encoding = { version, offsetSize, addressSize: wordSize };
    const { at: root, end } = cursor;
    const abbreviations = this.#readTable(tableAt, encoding);
    return { ...encoding, file: this.#file, section, start, root, end, abbreviations };
  }

  #readTable(at: number, encoding: Encoding): AbbreviationTable {
    const { sections, tables } = this.#file;
    const { offsetSize } = encoding;
    const { section, offset } = sections.follow(this.#section, at, offsetSize, ".debug_abbrev");
    tables.spend(1);
    const most = Math.min(TABLE_MOST, tables.left, section.bytes.length - offset);
    const cursor = section.cursor(offset, offset + most);
    try {
      return readAbbreviations(cursor, encoding);
    } finally {
      tables.spend(cursor.at - offset);
    }
  }
}

/**
 * Reads the length that units, and tables in other sections, begin with (sections 7.2.2 and 7.4).
 * The cursor that comes of it ends where they end.
 */
export function readLength(cursor: Cursor): { cursor: Cursor; offsetSize: 4 | 8; end: number } {
  let length = cursor.unsigned(4);
  const offsetSize = length === 0xffffffff ? 8 : 4;
  if (offsetSize === 8) length = cursor.unsigned(8);
  const { bytes, littleEndian, at } = cursor;
  const end = at + length;
  if (length < 4 || end > cursor.end) {
    throw new Unreadable(`a length of ${length} at ${hex(at)} cannot be`);
  }
  return { cursor: new Cursor(bytes, littleEndian, at, end), offsetSize, end };
}
